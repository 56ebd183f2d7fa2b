"""The messages between a kernel and a front end that is not ours, such as Colab's or VS Code's.

Those front ends cannot be run in a test. What they rely on is the widget protocol: a view in the
output, a `comm_open` with the module and the state, `update` messages in both directions, and
`request_state`, with which a window that was opened later catches up.
"""

import json

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

VIEW = "application/vnd.jupyter.widget-view+json"
pytestmark = pytest.mark.slow


class FrontEnd:
    """The least a front end has to be: it runs code, keeps the messages, and answers."""

    def __init__(self, client):
        self.client, self.messages = client, []

    def run(self, code):
        """Run a cell; return the messages that came back, in order."""
        before = len(self.messages)
        self.client.execute_interactive(code, output_hook=self.messages.append, timeout=120)
        return self.messages[before:]

    def send(self, comm_id, data, buffers=()):
        """Send a message to a widget; what comes back arrives before the next cell's output."""
        content = {"comm_id": comm_id, "data": data}
        message = self.client.session.msg("comm_msg", content)
        self.client.session.send(self.client.shell_channel.socket, message, buffers=list(buffers))
        return self._until_idle(message["header"]["msg_id"])

    def _until_idle(self, msg_id):
        found = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            if message["content"].get("execution_state") == "idle":
                return found
            found.append(message)

    def printed(self, code):
        """Run a cell that prints JSON, and return the value."""
        text = "".join(m["content"]["text"] for m in self.run(code) if m["msg_type"] == "stream")
        return json.loads(text)


@pytest.fixture(scope="module")
def front_end():
    manager, client = start_new_kernel()
    front_end = FrontEnd(client)
    front_end.run(
        "import json\nimport numpy as np\nfrom lecture_utils.widgets import ConvolutionLab"
    )
    yield front_end
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def opened(front_end):
    """Show a demo; return the message that opened its model, and the view in the output."""
    messages = front_end.run("lab = ConvolutionLab()\nlab")
    (view,) = (m["content"]["data"][VIEW] for m in messages if VIEW in m["content"].get("data", {}))
    opens = {m["content"]["comm_id"]: m for m in messages if m["msg_type"] == "comm_open"}
    return opens[view["model_id"]], view


def test_the_view_and_the_model_are_what_the_protocol_wants(opened):
    message, view = opened
    assert view["version_major"] == 2
    content, state = message["content"], message["content"]["data"]["state"]
    assert content["target_name"] == "jupyter.widget"
    assert message["metadata"]["version"].split(".")[0] == "2"
    assert (state["_model_module"], state["_view_module"]) == ("anywidget", "anywidget")
    # One module with no import that a front end would have to resolve.
    assert "export default" in state["_esm"]
    assert not any(line.startswith("import ") for line in state["_esm"].splitlines())


def test_arrays_travel_as_buffers(opened, front_end):
    messages = front_end.run("lab.image = np.linspace(0, 1, 35, dtype=np.float32).reshape(5, 7)")
    updates = [m for m in messages if m["msg_type"] == "comm_msg"]
    (update,) = (m for m in updates if "image" in m["content"]["data"]["state"])
    state, paths = (update["content"]["data"][key] for key in ("state", "buffer_paths"))
    buffers = dict(zip(map(tuple, paths), update["buffers"], strict=True))
    array = np.frombuffer(buffers["image", "data"], state["image"]["dtype"])
    np.testing.assert_allclose(
        array.reshape(state["image"]["shape"]), np.linspace(0, 1, 35).reshape(5, 7), atol=1e-6
    )


def test_what_the_reader_changes_arrives_in_python(opened, front_end):
    comm_id = opened[1]["model_id"]
    front_end.send(comm_id, {"method": "update", "state": {"stride": 2}, "buffer_paths": []})
    assert front_end.printed("print(lab.stride)") == 2


def test_what_python_changes_is_sent(opened, front_end):
    messages = front_end.run("lab.stride = 3")
    updates = [m["content"]["data"] for m in messages if m["msg_type"] == "comm_msg"]
    assert any(u["method"] == "update" and u["state"].get("stride") == 3 for u in updates)


def test_a_window_that_is_opened_later_catches_up(opened, front_end):
    front_end.run("lab.stride = 2")
    answers = front_end.send(opened[1]["model_id"], {"method": "request_state"})
    states = [
        m["content"]["data"]["state"]
        for m in answers
        if m["msg_type"] == "comm_msg" and m["content"]["data"]["method"] == "update"
    ]
    assert states[0]["stride"] == 2
    assert "export default" in states[0]["_esm"]


def test_nonsense_from_a_front_end_changes_nothing(opened, front_end):
    comm_id = opened[1]["model_id"]
    front_end.send(comm_id, {"method": "update", "state": {"stride": -1}, "buffer_paths": []})
    assert front_end.printed("print(lab.stride)") >= 1

"""Latency of a control: keys at the rate of auto-repeat, and when their results are painted."""

import itertools
import json
import statistics
import sys
import time

import numpy as np
import websocket
from _common import chromium, jupyterlab

KEY_REPEAT = 0.033  # seconds between two events of a held key
#: What Windows calls them; the browser wants to know.
CODES = {
    "PageUp": 33,
    "PageDown": 34,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
}

# In the page: when was which key pressed, and when was it painted?
#
# `shown(value)` records when the drawing that has just finished is painted: by the frame whose
# callbacks are running, or by the next one. If a frame gets several values, it shows the last one.
# An urgent task that one of the frame's callbacks posts runs after its paint; an ordinary message
# would also wait for all key presses that have arrived in the meantime.
CLOCK = """
window.bench = { presses: [], paints: [] };
const nextFrame = window.requestAnimationFrame.bind(window);
let frame = null;
window.requestAnimationFrame = (callback) => nextFrame((now) => {
  frame = now;
  try { callback(now); } finally { frame = null; }
});
const values = new Map();
function paintedBy(now, value) {
  if (!values.has(now)) {
    let noted = false;
    const note = () => {
      if (noted) return;
      noted = true;
      bench.paints.push({ at: performance.now(), value: values.get(now) });
    };
    scheduler.postTask(note, { priority: "user-blocking" });
    // On a busy page, a task may wait much longer than for the paint.
    nextFrame(note);
  }
  values.set(now, value);
}
bench.shown = (value) => {
  if (frame !== null) paintedBy(frame, value);
  else nextFrame((now) => paintedBy(now, value));
};
addEventListener("keydown", (event) => {
  if (event.isTrusted) bench.presses.push(event.timeStamp);
}, true);
"""


class Keyboard:
    """A browser with a keyboard that does not wait.

    Playwright's keyboard sends the next key when the page has handled the one before. A person's
    keyboard does not, so a slow page falls behind. Here, keys go to the browser directly.
    """

    def __init__(self, playwright):
        self._port = jupyterlab.free_port()
        self.browser = chromium.launch(playwright, f"--remote-debugging-port={self._port}")
        self._socket = None

    def new_page(self):
        """Return a page that notes presses and paints in `bench`; `hold` then presses its keys."""
        page = self.browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(CLOCK)
        session = page.context.new_cdp_session(page)
        target = session.send("Target.getTargetInfo")["targetInfo"]["targetId"]
        address = f"ws://127.0.0.1:{self._port}/devtools/page/{target}"
        self._socket = websocket.create_connection(address, suppress_origin=True)
        return page

    def hold(self, keys):
        """Press keys at the rate of auto-repeat; return when the page has handled all of them.

        The same key several times in a row is held down. There is a warning if this machine was
        too busy to press them in time.
        """
        messages = [("rawKeyDown", keys[0], False)]
        for before, key in itertools.pairwise(keys):
            messages += [] if key == before else [("keyUp", before, False)]
            messages.append(("rawKeyDown", key, key == before))
        messages.append(("keyUp", keys[-1], False))
        late = 0.0
        due = time.perf_counter()
        for number, (kind, key, again) in enumerate(messages):
            if kind == "rawKeyDown":
                time.sleep(max(0.0, due - time.perf_counter()))
                late = max(late, time.perf_counter() - due)
                due += KEY_REPEAT
            event = {"type": kind, "key": key, "code": key, "autoRepeat": again}
            event["windowsVirtualKeyCode"] = CODES[key]
            message = {"id": number, "method": "Input.dispatchKeyEvent", "params": event}
            self._socket.send(json.dumps(message))
        for _ in messages:
            if "error" in (answer := json.loads(self._socket.recv())):
                raise RuntimeError(f"the browser refused a key: {answer['error']['message']}")
        if late > KEY_REPEAT:
            print(f"warning: a key was {1000 * late:.0f} ms late; is it busy?", file=sys.stderr)


def wait_until_quiet(page, seconds=1.0):
    """Wait until nothing new has been painted for a while."""
    page.wait_for_function(
        """(quiet) => {
            const count = bench.paints.length;
            if (count !== bench.before) [bench.before, bench.since] = [count, performance.now()];
            return performance.now() - bench.since > quiet;
        }""",
        arg=1000 * seconds,
        polling=100,
        timeout=120_000,
    )


def describe(times, count):
    """Return minimum, median, 95th percentile and maximum as a row of the table."""
    if not times:
        return f"{'nothing shown':>40}"
    cells = (min(times), statistics.median(times), np.percentile(times, 95), max(times))
    return "".join(f"{ms:>10.1f}" for ms in cells) + f"{len(times):>8} of {count}"

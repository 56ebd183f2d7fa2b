"""The demos in a real JupyterLab: the same source, and traits in sync with Python both ways."""

import jupyterlab
import numpy as np
import pytest
from playwright.sync_api import expect

from lecture_utils.convolution import KERNELS, convolve2d

CELLS = (
    "import json\nimport numpy as np\n"
    "from lecture_utils.widgets import ConvolutionLab, ConvolutionSteps\nlab = ConvolutionLab()\nlab",
    "steps = ConvolutionSteps()\nsteps",
)
STATE = """print(json.dumps({
    "image": lab.image.tolist(), "kernel": lab.kernel.tolist(), "output": lab.output.tolist(),
    "source": lab.source, "kernel_name": lab.kernel_name, "stride": lab.stride,
    "padding": lab.padding, "dilation": lab.dilation, "position": lab.position}))"""
LISTEN = """addEventListener("convolution", ({ detail }) => {
  window.drawn = { output: [...detail.output], shape: [detail.rows, detail.columns] };
});"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    jupyterlab.write_notebook(folder / "demos.ipynb", *CELLS)
    with jupyterlab.server(folder) as address:
        yield address


@pytest.fixture(scope="module")
def notebook(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1300})
    page.add_init_script(LISTEN)
    jupyterlab.open_and_run(page, address, "demos.ipynb")
    page.locator(".lu-convolution-lab").wait_for()
    yield page
    page.close()


def wait_until_drawn(notebook, output):
    """Wait until the page shows an output, to rounding."""
    notebook.wait_for_function(
        """({ values, shape }) => drawn.shape.join() === shape.join()
             && drawn.output.every((value, i) => Math.abs(value - values[i]) < 1e-4)""",
        arg={"values": output.ravel().tolist(), "shape": output.shape},
    )


def test_what_python_sets_is_drawn(notebook):
    jupyterlab.run_cell(notebook, 'lab.kernel_name = "gaussian blur 5x5"; lab.padding = "same"')
    state = jupyterlab.run_json(notebook, STATE)
    wait_until_drawn(notebook, np.array(state["output"]))
    lab = notebook.locator(".lu-convolution-lab")
    expect(lab.get_by_role("combobox")).to_have_value("gaussian blur 5x5")
    expect(lab.get_by_role("slider", name="Padding")).to_have_value("2")
    jupyterlab.run_cell(notebook, "lab.image = np.linspace(0, 1, 120).reshape(10, 12) ** 2")
    state = jupyterlab.run_json(notebook, STATE)
    assert state["source"] == "your array"
    expect(lab.get_by_role("radio", name="Your array")).to_be_checked()
    expected = convolve2d(
        np.linspace(0, 1, 120).reshape(10, 12) ** 2, KERNELS["gaussian blur 5x5"], padding="same"
    )
    wait_until_drawn(notebook, expected)


def test_what_the_reader_does_arrives_in_python(notebook):
    lab = notebook.locator(".lu-convolution-lab")
    lab.get_by_role("radio", name="cat", exact=True).check(force=True)
    lab.get_by_role("combobox").select_option("emboss")
    lab.get_by_role("slider", name="Stride").fill("2")
    lab.get_by_role("slider", name="Padding").fill("1")
    lab.get_by_role("gridcell").nth(4).click()
    notebook.keyboard.type("-3")
    notebook.keyboard.press("Enter")
    lab.get_by_role("application", name="Output").click(position={"x": 40, "y": 60})
    notebook.wait_for_timeout(400)  # edits are sent when the hand rests
    state = jupyterlab.run_json(notebook, STATE)
    kernel = KERNELS["emboss"].copy()
    kernel[1, 1] = -3
    np.testing.assert_array_equal(state["kernel"], kernel)
    assert (state["source"], state["kernel_name"]) == ("cat", "custom")
    assert (state["stride"], state["padding"], state["dilation"]) == (2, 1, 1)
    place = [int(lab.get_attribute(f"data-{name}")) for name in ("row", "column")]
    assert state["position"] == place
    expected = convolve2d(np.array(state["image"]), kernel, stride=2, padding=1)
    np.testing.assert_allclose(state["output"], expected, atol=1e-5)
    wait_until_drawn(notebook, expected)


def test_steps_are_in_sync_too(notebook):
    steps = notebook.locator(".lu-convolution-steps")
    jupyterlab.run_cell(notebook, 'steps.source = "cat"; steps.position = (100, 20)')
    expect(steps.get_by_role("slider", name="Row")).to_have_value("100")
    expect(steps.get_by_role("radio", name="cat", exact=True)).to_be_checked()
    steps.get_by_role("slider", name="Row").fill("7")
    notebook.wait_for_timeout(400)
    assert jupyterlab.run_json(notebook, "print(json.dumps(steps.position))") == [7, 125]


def test_the_look_follows_jupyterlabs_theme(notebook):
    lab = notebook.locator(".lu-convolution-lab")
    assert lab.evaluate("(e) => getComputedStyle(e).getPropertyValue('--lu-dark')") == "0"
    notebook.evaluate("document.body.dataset.jpThemeLight = 'false'")
    assert lab.evaluate("(e) => getComputedStyle(e).getPropertyValue('--lu-dark')") == "1"
    notebook.evaluate("document.body.dataset.jpThemeLight = 'true'")

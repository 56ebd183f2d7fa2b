"""The demos in a real JupyterLab: the same source, and traits in sync with Python both ways."""

import json
import time
from urllib.parse import urljoin

import demo_data
import jupyterlab
import numpy as np
import pytest
from conftest import PATIENCE
from page_tools import on_drawn, wait_for_frames
from playwright.sync_api import expect

from lecture_utils import widgets
from lecture_utils.convolution import KERNELS, convolve2d

CHAPTER = "book/01_convolution.html"
CELLS = (
    "import json\nimport numpy as np\n"
    "from lecture_utils.widgets import ConvolutionLab, ConvolutionSteps, Quiz\n"
    "lab = ConvolutionLab()\nlab",
    "steps = ConvolutionSteps()\nsteps",
    'Quiz([{"question": "2 + 2?", "options": [("3", "One more."), ("4", "Yes.", True)]}])',
    "from lecture_utils.challenges import chapter_3\ntask = chapter_3.two_by_two()\ntask",
)
STATE = """print(json.dumps({
    "image": lab.image.tolist(), "kernel": lab.kernel.tolist(), "output": lab.output.tolist(),
    "source": lab.source, "kernel_name": lab.kernel_name, "stride": lab.stride,
    "padding": lab.padding, "dilation": lab.dilation, "position": lab.position}))"""
LISTEN = on_drawn(
    "ConvolutionLab",
    """window.drawn = { output: [...detail.output], shape: [detail.rows, detail.columns] };""",
)
# Both front ends run a demo from a Blob: this keeps what was in it.
KEEP_MODULES = """
window.modules = [];
const { createObjectURL } = URL;
URL.createObjectURL = function (blob) {
  if (blob instanceof Blob && blob.type === "text/javascript") window.modules.push(blob.text());
  return createObjectURL.call(URL, blob);
};
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    jupyterlab.write_notebook(folder / "demos.ipynb", *CELLS)
    with jupyterlab.server(folder) as address:
        yield address


@pytest.fixture(scope="module")
def notebook(address, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1300})
    page.set_default_timeout(PATIENCE)
    page.add_init_script(LISTEN)
    page.add_init_script(KEEP_MODULES)
    jupyterlab.open_and_run(page, address, "demos.ipynb")
    for demo in ("convolution-lab", "convolution-steps", "quiz", "layer-lab"):
        page.locator(f".lu-{demo}").wait_for()
    yield page
    page.close()


def arrives(notebook, expression, expected, timeout=60):
    """Ask Python for a value until it is the expected one: an edit on the page travels a moment."""
    end = time.monotonic() + timeout
    source = f"print(json.dumps({expression}))"
    while (value := jupyterlab.run_json(notebook, source)) != expected and time.monotonic() < end:
        pass
    assert value == expected


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
    # The label is what is seen and clicked: a click there waits until
    # JupyterLab has scrolled.
    lab.locator("label:has([value=cat])").click()
    expect(lab.get_by_role("radio", name="cat", exact=True)).to_be_checked()
    lab.get_by_role("combobox").select_option("emboss")
    lab.get_by_role("slider", name="Stride").fill("2")
    lab.get_by_role("slider", name="Padding").fill("1")
    lab.get_by_role("gridcell").nth(4).click()
    notebook.keyboard.type("-3")
    notebook.keyboard.press("Enter")
    lab.get_by_role("application", name="Output").click(position={"x": 40, "y": 60})
    wait_for_frames(notebook)  # Python's answer to an earlier edit may be drawn just now.
    place = [int(lab.get_attribute(f"data-{name}")) for name in ("row", "column")]
    # All of it is sent together when the hand rests, the position last changed among it.
    arrives(notebook, "lab.position", place)
    state = jupyterlab.run_json(notebook, STATE)
    kernel = KERNELS["emboss"].copy()
    kernel[1, 1] = -3
    np.testing.assert_array_equal(state["kernel"], kernel)
    assert (state["source"], state["kernel_name"]) == ("cat", "custom")
    assert (state["stride"], state["padding"], state["dilation"]) == (2, 1, 1)
    expected = convolve2d(np.array(state["image"]), kernel, stride=2, padding=1)
    np.testing.assert_allclose(state["output"], expected, atol=1e-5)
    wait_until_drawn(notebook, expected)


def test_steps_are_in_sync_too(notebook):
    steps = notebook.locator(".lu-convolution-steps")
    jupyterlab.run_cell(notebook, 'steps.source = "cat"; steps.position = (100, 20)')
    expect(steps.get_by_role("slider", name="Row")).to_have_value("100")
    expect(steps.get_by_role("radio", name="cat", exact=True)).to_be_checked()
    steps.get_by_role("slider", name="Row").fill("7")
    arrives(notebook, "steps.position", [7, 125])


@pytest.mark.parametrize("name", ["ConvolutionLab", "ConvolutionSteps", "Quiz"])
def test_both_run_the_same_source_byte_for_byte(notebook, page, site, name):
    page.goto(f"{site}/{CHAPTER}")
    state = page.locator('script[type="application/vnd.jupyter.widget-state+json"]').text_content()
    files = {
        urljoin(page.url, model["code_file"])
        for model in json.loads(state)["state"].values()
        if "code_file" in model
    }
    demo = getattr(widgets, name)
    assert demo_data.code_script(str(demo._esm), str(demo._css)) in {
        page.request.get(file).text() for file in files
    }
    assert str(demo._esm) in notebook.evaluate("Promise.all(modules)")


def test_a_quiz_answers_in_jupyterlab(notebook):
    quiz = notebook.locator(".lu-quiz")
    quiz.get_by_text("3", exact=True).click()
    expect(quiz.locator(".quiz-verdict")).to_have_text("Not quite. One more.")
    quiz.get_by_text("4", exact=True).click()
    expect(quiz.locator(".quiz-verdict")).to_have_text("Correct. Yes.")


def test_a_challenge_shows_its_demo_and_python_judges_what_the_reader_did(notebook):
    card = notebook.locator(".lu-challenge")
    expect(card.locator(".goal-lack").first).to_have_text("Rows of the output: 3.")
    assert jupyterlab.run_json(notebook, "print(json.dumps(task.check().missing))") == [
        "Rows of the output: 3.",
        "Columns of the output: 3.",
    ]
    card.get_by_role("slider", name="Stride").fill("2")
    expect(card.locator(".challenge-verdict")).to_contain_text("Solved!")
    arrives(notebook, "bool(task.check())", True)
    # What is tried out in Python leaves the demo as it is.
    tried = jupyterlab.run_json(notebook, "print(json.dumps(bool(task.check(stride=1))))")
    assert tried is False
    expect(card.locator(".challenge-verdict")).to_contain_text("Solved!")


def test_the_demos_turn_dark_with_jupyterlab(notebook):
    # In the middle of the legend is the color of zero: white in the light look, black in the dark
    # one.
    middle = """() => {
        const strip = document.querySelector(".lu-convolution-lab .lu-legend-strip");
        return Math.max(...strip.getContext("2d").getImageData(strip.width / 2, 0, 1, 1).data.slice(0, 3));
    }"""
    assert notebook.evaluate(middle) > 200
    notebook.get_by_role("menuitem", name="Settings", exact=True).click()
    notebook.get_by_text("Theme", exact=True).click()
    notebook.get_by_text("JupyterLab Dark", exact=True).click()
    notebook.wait_for_function(f"({middle})() < 80")
    quiz = notebook.locator(".lu-quiz")
    expect(quiz.locator("legend")).to_be_visible()
    ink = quiz.locator("legend").evaluate("(e) => getComputedStyle(e).color")
    assert min(map(int, ink.removeprefix("rgb(").removesuffix(")").split(","))) > 150

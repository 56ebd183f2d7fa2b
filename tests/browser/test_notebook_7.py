"""A demo in Notebook 7, which many universities' servers open: it draws, and is in sync."""

import jupyterlab
import numpy as np
import pytest
from conftest import PATIENCE
from playwright.sync_api import expect

from lecture_utils.convolution import KERNELS, convolve2d

CELLS = (
    "import json\nimport numpy as np\nfrom lecture_utils.widgets import ConvolutionLab\n"
    "lab = ConvolutionLab()\nlab",
)
STATE = """print(json.dumps({
    "image": lab.image.tolist(), "output": lab.output.tolist(), "stride": lab.stride,
    "kernel_name": lab.kernel_name}))"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory, browser):
    folder = tmp_path_factory.mktemp("notebook")
    jupyterlab.write_notebook(folder / "demos.ipynb", *CELLS)
    with jupyterlab.server(folder, application="notebook") as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1300})
        page.set_default_timeout(PATIENCE)
        jupyterlab.open_and_run(page, address, "demos.ipynb", view="notebooks")
        page.locator(".lu-convolution-lab").wait_for()
        yield page
        page.close()


def test_what_python_sets_shows(notebook):
    jupyterlab.run_cell(notebook, 'lab.kernel_name = "gaussian blur 5x5"')
    lab = notebook.locator(".lu-convolution-lab")
    expect(lab.get_by_role("combobox")).to_have_value("gaussian blur 5x5")


def test_what_the_reader_does_arrives_in_python(notebook):
    lab = notebook.locator(".lu-convolution-lab")
    lab.get_by_role("combobox").select_option("emboss")
    lab.get_by_role("slider", name="Stride").fill("2")
    for _ in range(100):  # an edit on the page travels a moment
        state = jupyterlab.run_json(notebook, STATE)
        if (state["kernel_name"], state["stride"]) == ("emboss", 2):
            break
    assert (state["kernel_name"], state["stride"]) == ("emboss", 2)
    expected = convolve2d(np.array(state["image"]), KERNELS["emboss"], stride=2)
    np.testing.assert_allclose(state["output"], expected, atol=1e-5)

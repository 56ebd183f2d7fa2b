"""ConvolutionSteps in Chromium: the walk, the images and the numbers."""

import numpy as np
import pytest
from page_tools import pixels, play_until, settled_box, wait_for_frames
from playwright.sync_api import expect

from lecture_utils.convolution import KERNELS, convolve2d
from lecture_utils.datasets import FASHION_MNIST_CLASSES, fashion_mnist_examples, photo
from lecture_utils.palette import signed_colors
from lecture_utils.widgets import ConvolutionSteps

NAMES = ("horizontal edge", "diagonal edge", "edge detect")


def shirt():
    return fashion_mnist_examples()[FASHION_MNIST_CLASSES.index("T-shirt/top")] / 255


@pytest.fixture
def steps(mount):
    page = mount(ConvolutionSteps())
    return page.locator(".lu-convolution-steps")


def settle(steps):
    wait_for_frames(steps.page)


def position(steps):
    settle(steps)
    return tuple(int(steps.get_attribute(f"data-{name}")) for name in ("row", "column"))


def check(steps, image):
    """Compare every output's pixels, and the values under the window, with Python."""
    row, column = position(steps)
    values = steps.locator(".steps-value").all_inner_texts()
    for name, text in zip(NAMES, values, strict=True):
        expected = convolve2d(image, KERNELS[name])
        assert float(text.replace("−", "-")) == pytest.approx(
            expected[row, column], rel=0.05, abs=0.0051
        )
        canvas = steps.get_by_role("application", name=f"Output of {name}").locator("canvas")
        drawn = pixels(canvas)[..., :3]
        assert drawn.shape[:2] == expected.shape
        # One step of a table of 511 colors may go either way.
        assert np.abs(drawn - signed_colors(expected).astype(int)).max() <= 2


def test_it_starts_in_the_middle_of_a_walk(steps):
    check(steps, shirt())
    row, _ = position(steps)
    assert 5 < row < 24
    canvas = steps.get_by_role("application", name="Output of edge detect").locator("canvas")
    assert canvas.evaluate("(c) => c.style.clipPath").startswith("polygon")


def test_the_kernels_are_shown_in_numbers(steps):
    for number, name in enumerate(NAMES):
        cells = steps.get_by_role("table").nth(number).locator("td").all_inner_texts()
        weights = [float(cell.replace("−", "-")) for cell in cells]
        np.testing.assert_array_equal(np.reshape(weights, (3, 3)), KERNELS[name])


def test_no_walk_for_readers_who_want_none(mount, new_page):
    page = mount(ConvolutionSteps(), page=new_page(reduced_motion="reduce"))
    expect(page.get_by_role("button", name="Play")).to_be_hidden()


def test_the_slider_computes_row_by_row(steps):
    slider = steps.get_by_role("slider", name="Row")
    slider.fill("3")
    assert position(steps) == (3, 25)
    check(steps, shirt())
    slider.focus()
    steps.page.keyboard.press("ArrowRight")
    assert position(steps) == (4, 25)
    slider.fill("25")
    canvas = steps.get_by_role("application", name="Output of edge detect").locator("canvas")
    settle(steps)
    # All is shown: the polygon leaves nothing out.
    assert "100% 96.1" in canvas.evaluate("(c) => c.style.clipPath")
    check(steps, shirt())


@pytest.mark.parametrize("name", ["Bag", "cat"])
def test_images(steps, name):
    before = position(steps)
    steps.get_by_role("radio", name=name).check(force=True)
    if name == "cat":
        image = photo("cat", size=128, gray=True) / 255
    else:
        image = fashion_mnist_examples()[FASHION_MNIST_CLASSES.index(name)] / 255
    check(steps, image)
    row, _ = position(steps)
    rows = image.shape[0] - 2
    assert row / rows == pytest.approx(before[0] / 26, abs=0.05)
    assert steps.get_by_role("slider", name="Row").get_attribute("max") == str(rows - 1)


def test_play_pause_and_the_end(steps):
    steps.get_by_role("slider", name="Row").fill("23")
    steps.evaluate(
        """(root) => {
          const label = root.querySelector(".lu-play span");
          window.labels = [];
          new MutationObserver(() => window.labels.push(label.textContent))
            .observe(label, { characterData: true, childList: true, subtree: true });
        }"""
    )
    steps.get_by_role("button", name="Play").click()
    steps.page.wait_for_function("window.labels.length > 1")
    assert steps.page.evaluate("window.labels") == ["Pause", "Play"]
    assert position(steps) == (25, 25)
    play = steps.get_by_role("button", name="Play")
    assert play_until(play, "root.dataset.row === '1'") == "Pause"
    stopped = position(steps)
    wait_for_frames(steps.page, 10)
    assert position(steps) == stopped
    check(steps, shirt())


def test_pointer_and_keys_move_the_window(steps):
    page = steps.page
    plane = steps.get_by_role("application", name="Image")
    box = settled_box(plane)
    page.mouse.click(box["x"] + box["width"] * 10.5 / 28, box["y"] + box["height"] * 5.5 / 28)
    page.mouse.move(2, 2)
    assert position(steps) == (4, 9)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert position(steps) == (5, 8)
    check(steps, shirt())
    expect(steps.get_by_text("Window at row 5, column 8")).to_be_visible()


def test_copied_python_gives_the_same_outputs(steps):
    steps.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    steps.get_by_role("button", name="Copy as Python").click()
    expect(steps.get_by_text("Copied")).to_be_visible()
    scope = {}
    exec(steps.page.evaluate("navigator.clipboard.readText()"), scope)
    for name in NAMES:
        np.testing.assert_allclose(scope["outputs"][name], convolve2d(shirt(), KERNELS[name]))


@pytest.mark.parametrize("width", [320, 390, 800])
def test_nothing_sticks_out(mount, new_page, width):
    page = mount(ConvolutionSteps(), page=new_page(width, 800))
    assert page.evaluate("document.documentElement.scrollWidth") <= width

"""ConvolutionLab in Chromium: every control is moved, and the page's numbers are Python's."""

import re

import numpy as np
import pytest
from page_tools import on_drawn, press_before_a_drawing, read, settled_box, swipe, wait_for_frames
from PIL import Image
from playwright.sync_api import expect

from lecture_utils.convolution import KERNELS, convolve2d
from lecture_utils.datasets import FASHION_MNIST_CLASSES, draw_shape, fashion_mnist_examples, photo
from lecture_utils.widgets import ConvolutionLab, ConvolutionSteps, _gallery

LISTEN = on_drawn(
    "ConvolutionLab",
    """const { output, pixels, weights, layer, h, w, kh, kw, rows, columns } = detail;
  window.drawn = { output: output.slice(), pixels: pixels.slice(), weights: weights.slice(), layer,
    size: [h, w], kernel: [kh, kw], shape: [rows, columns] };
  window.count = (window.count ?? 0) + 1;""",
)


class Page:
    """The lab on a page, as a reader and as a test see it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lu-convolution-lab")
        self.input = self.root.get_by_role("application", name="Input")
        self.output = self.root.get_by_role("application", name="Output")
        self.cells = self.root.get_by_role("gridcell")

    def settle(self):
        """Wait until everything asked for is painted."""
        wait_for_frames(self.page, 4)  # a key may still be on its way when the first are painted

    def drawn(self):
        """What the page says it computed: image, kernel, layer and output."""
        self.settle()
        state = read(self.page, "() => window.drawn")
        image = np.reshape(np.array(state["pixels"], np.float64), state["size"])
        kernel = np.reshape(np.array(state["weights"], np.float64), state["kernel"])
        output = np.reshape(np.array(state["output"], np.float64), state["shape"])
        return image, kernel, state["layer"], output

    def check(self):
        """Compare output, window, arithmetic and colors with Python; return what was drawn."""
        image, kernel, layer, output = self.drawn()
        expected = convolve2d(image, kernel, **layer)
        np.testing.assert_allclose(output, expected, atol=1e-5 * max(1e-9, np.abs(expected).max()))
        row, column = self.position()
        assert number(self.root.locator(".lab-value")) == pytest.approx(
            expected[row, column], rel=0.01, abs=0.0051
        )
        assert self.root.locator(".lab-value-name").inner_text() == f"output[{row}, {column}]"
        size = "×".join(map(str, expected.shape))
        assert size in self.root.locator(".lab-formula").inner_text()
        return image, kernel, layer, expected

    def position(self):
        return tuple(int(self.root.get_attribute(f"data-{name}")) for name in ("row", "column"))

    def choose_image(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)

    def choose_kernel(self, name):
        self.root.get_by_role("combobox", name="Kernel").select_option(name)

    def slide(self, name, value):
        self.root.get_by_role("slider", name=name).fill(str(value))

    def point(self, plane, row, column, rows, columns):
        """The place on the screen of a pixel's middle."""
        plane.scroll_into_view_if_needed()
        box = settled_box(plane)
        x = box["x"] + (column + 0.5) / columns * box["width"]
        y = box["y"] + (row + 0.5) / rows * box["height"]
        return x, y

    def message(self):
        self.settle()
        return self.root.locator(".lu-message").inner_text()


def number(locator):
    return float(locator.inner_text().replace("\N{MINUS SIGN}", "-").replace("\u2009", ""))


@pytest.fixture
def open_lab(mount, page):
    def show(*labs, page=page):
        page.add_init_script(LISTEN)
        mount(*(labs or [ConvolutionLab()]), page=page)
        return Page(page)

    return show


@pytest.fixture
def lab(open_lab):
    return open_lab()


def test_it_starts_with_a_convolution_worth_seeing(lab):
    image, kernel, layer, output = lab.check()
    boot = fashion_mnist_examples()[FASHION_MNIST_CLASSES.index("Ankle boot")] / 255
    np.testing.assert_allclose(image, boot, atol=1e-6)
    np.testing.assert_array_equal(kernel, KERNELS["horizontal edge"])
    assert layer == {"stride": 1, "padding": 0, "dilation": 1}
    assert abs(output[lab.position()]) == np.abs(output).max()
    limits = lab.root.locator(".lu-legend > span:not(.lu-legend-bar)").all_inner_texts()
    assert [float(t.replace("−", "-")) for t in limits] == pytest.approx(
        [-np.abs(output).max(), np.abs(output).max()], abs=0.006
    )


@pytest.mark.parametrize("name", ["Sneaker", "T-shirt/top", "triangle", "stripes", "cat"])
def test_images(lab, name):
    lab.choose_image(name)
    image, *_ = lab.check()
    if name in FASHION_MNIST_CLASSES:
        expected = fashion_mnist_examples()[FASHION_MNIST_CLASSES.index(name)] / 255
    elif name == "cat":
        expected = photo("cat", size=256, gray=True) / 255
    else:
        expected = np.rint(draw_shape(name) * 255) / 255
    np.testing.assert_allclose(image, expected, atol=1e-6)


def test_every_preset(lab):
    for name, kernel in KERNELS.items():
        lab.choose_kernel(name)
        _, shown, _, _ = lab.check()
        np.testing.assert_array_equal(shown, kernel)
        total = lab.root.locator(".lab-total").first
        assert number(total) == pytest.approx(kernel.sum(), abs=0.005)


def test_sliders_by_hand_and_by_number(lab):
    for name, values in {"Stride": (2, 4), "Padding": (1, 5), "Dilation": (3, 4)}.items():
        for value in values:
            lab.slide(name, value)
            _, _, layer, _ = lab.check()
            assert layer[name.lower()] == value
    lab.root.get_by_role("spinbutton", name="Stride").fill("3")
    assert lab.check()[2]["stride"] == 3
    slider = lab.root.get_by_role("slider", name="Stride")
    slider.focus()
    lab.page.keyboard.press("ArrowLeft")
    assert lab.check()[2]["stride"] == 2
    field = lab.root.get_by_role("spinbutton", name="Stride")
    field.fill("99")
    field.press("Enter")
    assert lab.check()[2]["stride"] == 4
    assert field.input_value() == "4"
    field.fill("")
    field.press("Tab")
    assert field.input_value() == "4"


def test_the_formula_names_all_numbers(lab):
    for name, value in {"Stride": 2, "Padding": 3, "Dilation": 2}.items():
        lab.slide(name, value)
    lab.check()
    text = lab.root.locator(".lab-formula").inner_text()
    assert text == "28×28 → 15×15: ⌊(28 + 2·3 − 2·(3 − 1) − 1) / 2⌋ + 1 = 15"


# ---- The kernel


def test_typing_into_a_cell(lab):
    lab.cells.nth(4).click()
    lab.page.keyboard.type("-2,5")
    lab.page.keyboard.press("Enter")
    assert lab.check()[1][1, 1] == -2.5
    assert lab.root.get_by_role("combobox").input_value() == "custom"
    lab.page.keyboard.press("Enter")
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type("1/9")
    lab.page.keyboard.press("Escape")
    assert lab.check()[1][1, 1] == -2.5
    lab.page.keyboard.type("1/9")
    lab.page.keyboard.press("Tab")
    assert lab.check()[1][1, 1] == pytest.approx(1 / 9)


def test_a_cell_that_is_opened_and_left_keeps_its_weight(lab):
    lab.choose_kernel("box blur")  # 1/9 has more digits than a cell shows
    for leave in ("Enter", "Tab"):
        lab.cells.nth(4).focus()
        lab.page.keyboard.press("Enter")
        expect(lab.root.get_by_role("textbox")).to_have_value("0.111111")
        lab.page.keyboard.press(leave)
        np.testing.assert_array_equal(lab.check()[1], KERNELS["box blur"])
        expect(lab.root.get_by_role("combobox")).to_have_value("box blur")
    # A single digit that is typed is a weight, although the field opens with it.
    lab.cells.nth(4).focus()
    lab.page.keyboard.press("3")
    lab.page.keyboard.press("Enter")
    assert lab.check()[1][1, 1] == 3


def test_what_is_no_number_is_refused_with_a_sentence(lab):
    before = lab.check()[1]
    for nonsense in ("-", "1e999", "-1.2.3", "9999999999", "1,000"):
        lab.cells.nth(0).click()
        lab.page.keyboard.type(nonsense)
        lab.page.keyboard.press("Enter")
        assert "number" in lab.message()
        np.testing.assert_array_equal(lab.check()[1], before)
    lab.page.keyboard.type("3")
    lab.page.keyboard.press("Enter")
    expect(lab.root.locator(".lu-message")).to_be_hidden()


def test_keys_walk_over_the_kernel(lab):
    lab.cells.nth(4).focus()
    lab.page.keyboard.press("ArrowUp")
    lab.page.keyboard.press("ArrowLeft")
    expect(lab.cells.nth(0)).to_be_focused()
    lab.page.keyboard.press("End")
    lab.page.keyboard.press("PageUp")
    assert lab.check()[1][0, 2] == pytest.approx(1.1)
    lab.page.keyboard.press("PageDown")
    lab.page.keyboard.press("PageDown")
    assert lab.check()[1][0, 2] == pytest.approx(0.9)
    lab.page.keyboard.press("Delete")
    assert lab.check()[1][0, 2] == 0
    assert lab.root.locator(".lu-cell[tabindex='0']").count() == 1


def test_keys_before_a_drawing_all_count(lab):
    lab.cells.nth(2).evaluate(press_before_a_drawing("PageUp", "PageUp"))
    lab.cells.nth(2).evaluate(
        f"""(cell) => {{
          const cells = [...cell.closest("[role=grid]").querySelectorAll("[role=gridcell]")];
          for (const each of [cells[0], cells[1]]) ({press_before_a_drawing("PageUp")})(each);
        }}"""
    )
    expected = KERNELS["horizontal edge"].astype(float)
    expected[0] += 0.1, 0.1, 0.2
    np.testing.assert_allclose(lab.check()[1], expected)


def test_dragging_a_cell(lab):
    box = settled_box(lab.cells.nth(3))
    x, y = box["x"] + 20, box["y"] + 20
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x, y - 60, steps=6)
    assert lab.check()[1][1, 0] == pytest.approx(1)
    lab.page.mouse.move(x, y + 30, steps=4)
    lab.page.mouse.up()
    lab.page.mouse.move(x, y + 200)
    assert lab.check()[1][1, 0] == pytest.approx(-0.5)


def test_the_wheel_turns_only_the_chosen_cell(lab):
    before = lab.check()[1]
    lab.cells.nth(3).hover()
    lab.page.mouse.wheel(0, -100)
    np.testing.assert_array_equal(lab.check()[1], before)
    lab.cells.nth(3).focus()
    lab.cells.nth(3).hover()
    lab.page.mouse.wheel(0, -100)
    expect(lab.cells.nth(3)).to_have_text("0.1")
    assert lab.check()[1][1, 0] == pytest.approx(0.1)


def test_kernel_buttons(lab):
    lab.choose_kernel("emboss")
    kernel = KERNELS["emboss"]
    lab.root.get_by_role("button", name="Rotate").click()
    np.testing.assert_array_equal(lab.check()[1], np.rot90(kernel, -1))
    lab.root.get_by_role("button", name="Flip").click()
    np.testing.assert_array_equal(lab.check()[1], np.rot90(kernel, -1)[:, ::-1])
    lab.root.get_by_role("button", name="Normalize").click()
    weights = lab.check()[1]
    assert weights.sum() == pytest.approx(1)
    assert "sum to 1" in lab.message()
    lab.choose_kernel("sobel x")
    lab.root.get_by_role("button", name="Normalize").click()
    np.testing.assert_allclose(lab.check()[1], KERNELS["sobel x"] / 8)
    assert "±1" in lab.message()
    lab.root.get_by_role("radio", name="5 by 5").check(force=True)
    lab.settle()
    expect(lab.root.locator(".lu-message")).to_be_hidden()


def test_every_kernel_size_keeps_the_middle(lab):
    for size in (5, 7, 9, 11):
        lab.root.get_by_role("radio", name=f"{size} by {size}").check(force=True)
        _, kernel, _, output = lab.check()
        pad = (size - 3) // 2
        np.testing.assert_array_equal(kernel, np.pad(KERNELS["horizontal edge"], pad))
        assert output.shape == (29 - size, 29 - size)
    lab.root.get_by_role("radio", name="3 by 3").check(force=True)
    np.testing.assert_array_equal(lab.check()[1], KERNELS["horizontal edge"])
    assert lab.root.get_by_role("combobox").input_value() == "horizontal edge"


def test_even_and_rectangular_kernels_from_python(open_lab):
    kernel = np.random.default_rng(0).normal(size=(2, 5))
    lab = open_lab(ConvolutionLab(kernel=kernel, padding=1, dilation=2))
    np.testing.assert_array_equal(lab.check()[1], kernel)
    assert lab.cells.count() == 10
    lab.cells.nth(7).click()
    lab.page.keyboard.type("4")
    lab.page.keyboard.press("Enter")
    assert lab.check()[1][1, 2] == 4


# ---- The window


def shown(lab, index):
    table = lab.root.locator(".lab-numbers").nth(index)
    rows = [row.locator("td").all_inner_texts() for row in table.locator("tr").all()]
    return np.array([[float(cell.replace("−", "-")) for cell in row] for row in rows])


@pytest.mark.parametrize("stride, padding, dilation", [(1, 0, 1), (2, 3, 2), (3, 1, 1)])
def test_patch_times_kernel_is_shown_number_by_number(lab, stride, padding, dilation):
    for name, value in {"Stride": stride, "Padding": padding, "Dilation": dilation}.items():
        lab.slide(name, value)
    *_, output = lab.check()
    rows, columns = output.shape
    for row, column in [(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 3)]:
        lab.page.mouse.click(*lab.point(lab.output, row, column, rows, columns))
        image, kernel, _, _ = lab.check()
        assert lab.position() == (row, column)
        padded = np.pad(image, padding)[row * stride :, column * stride :]
        patch = padded[: 3 * dilation : dilation, : 3 * dilation : dilation]
        np.testing.assert_allclose(shown(lab, 0), patch, atol=0.0051)
        np.testing.assert_array_equal(shown(lab, 1), kernel)
        np.testing.assert_allclose(shown(lab, 2), patch * kernel, atol=0.0051)


def test_hovering_visits_and_clicking_stays(lab):
    start = lab.position()
    lab.page.mouse.move(*lab.point(lab.output, 20, 4, 26, 26))
    lab.check()
    assert lab.position() == (20, 4)
    lab.page.mouse.move(5, 5)
    lab.settle()
    assert lab.position() == start
    lab.page.mouse.click(*lab.point(lab.input, 11, 7, 28, 28))
    lab.page.mouse.move(5, 5)
    lab.check()
    assert lab.position() == (10, 6)  # the window's middle is where the pointer was


def test_keys_move_the_window(lab):
    lab.page.mouse.click(*lab.point(lab.output, 10, 10, 26, 26))
    walk = [
        ("ArrowDown", (11, 10)),
        ("ArrowRight", (11, 11)),
        ("Shift+ArrowLeft", (11, 6)),
        ("Home", (11, 0)),
        ("End", (11, 25)),
        ("PageDown", (25, 25)),
        ("ArrowDown", (25, 25)),
        ("PageUp", (0, 25)),
    ]
    for key, to in walk:
        lab.page.keyboard.press(key)
        lab.check()
        assert lab.position() == to
    lab.input.focus()
    lab.page.keyboard.press("ArrowLeft")
    lab.check()
    assert lab.position() == (0, 24)


def test_touch_moves_the_window(open_lab, new_page):
    lab = open_lab(page=new_page(390, 900, has_touch=True, is_mobile=True))
    lab.page.touchscreen.tap(*lab.point(lab.input, 9, 20, 28, 28))
    lab.check()
    assert lab.position() == (8, 19)
    lab.page.touchscreen.tap(*lab.point(lab.output, 3, 5, 26, 26))
    lab.check()
    assert lab.position() == (3, 5)


def test_a_finger_that_scrolls_moves_nothing(open_lab, new_page):
    lab = open_lab(page=new_page(390, 600, has_touch=True, is_mobile=True))
    before = lab.position()
    lab.input.scroll_into_view_if_needed()
    scrolled = lab.page.evaluate("scrollY")
    x, y = lab.point(lab.input, 9, 20, 28, 28)
    swipe(lab.page, *[(x, y - step) for step in (0, 20, 40, 60, 80)])
    lab.page.wait_for_function("(before) => scrollY > before", arg=scrolled)
    lab.check()
    assert lab.position() == before
    # Sideways, the window follows it.
    swipe(lab.page, *[lab.point(lab.input, 9, column, 28, 28) for column in (5, 10, 15, 20)])
    lab.check()
    assert lab.position() == (8, 19)


def test_a_finger_edits_a_cell_by_two_taps(open_lab, new_page):
    lab = open_lab(page=new_page(390, 900, has_touch=True, is_mobile=True))
    lab.cells.nth(0).tap()
    # The browser gives the focus after the tap has ended; only then can the next one edit.
    expect(lab.cells.nth(0)).to_be_focused()
    assert lab.root.get_by_role("textbox").count() == 0
    lab.cells.nth(0).tap()
    lab.root.get_by_role("textbox").fill("7")
    lab.page.keyboard.press("Enter")
    assert lab.check()[1][0, 0] == 7


def test_large_kernels_show_colors_instead_of_numbers(lab):
    lab.root.get_by_role("radio", name="7 by 7").check(force=True)
    lab.check()
    assert lab.root.locator(".lab-numbers:visible").count() == 0
    assert lab.root.locator(".lab-image:visible").count() == 3


def test_a_screen_reader_hears_position_and_value(lab):
    lab.output.focus()
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("PageUp")
    *_, output = lab.check()
    live = lab.root.locator(".lu-visually-hidden[role=status]")
    expect(live).to_contain_text("Row 0, column 0: ")
    value = float(re.search(r"column 0: (.*)\.$", live.inner_text())[1].replace("−", "-"))
    assert value == pytest.approx(output[0, 0], abs=0.006)


def test_play_walks_and_pause_stays(lab):
    lab.page.mouse.click(*lab.point(lab.output, 0, 0, 26, 26))
    lab.page.mouse.move(5, 5)
    lab.root.get_by_role("button", name="Play").click()
    lab.page.wait_for_function("document.querySelector('.lu-convolution-lab').dataset.row > 1")
    covered = lab.output.locator("canvas").evaluate("(c) => c.style.clipPath")
    assert covered.startswith("polygon")
    lab.root.get_by_role("button", name="Pause").click()
    lab.check()
    stopped = lab.position()
    wait_for_frames(lab.page, 10)
    assert lab.position() == stopped
    lab.page.mouse.move(*lab.point(lab.output, 3, 3, 26, 26))
    lab.settle()
    assert lab.output.locator("canvas").evaluate("(c) => c.style.clipPath") == ""


def test_no_walk_for_readers_who_want_none(new_page, open_lab):
    lab = open_lab(page=new_page(reduced_motion="reduce"))
    expect(lab.root.get_by_role("button", name="Play")).to_be_hidden()
    lab.output.focus()
    before = lab.position()
    lab.page.keyboard.press("ArrowRight")
    lab.settle()
    assert lab.position() == (before[0], before[1] + 1)


# ---- Own images


def test_the_thumbnail_of_an_array_keeps_the_focus(open_lab):
    lab = open_lab(ConvolutionLab(np.eye(20)))
    lab.choose_image("cat")
    array = lab.root.get_by_role("radio", name="Your array")
    array.focus()
    lab.page.keyboard.press("Space")
    np.testing.assert_array_equal(lab.check()[0], np.eye(20))
    expect(array).to_be_focused()


def test_drawing_by_mouse(lab):
    lab.choose_image("Draw your own")
    image, *_ = lab.check()
    assert image.shape == (28, 28) and image.max() == 0
    lab.page.mouse.move(*lab.point(lab.input, 5, 5, 28, 28))
    lab.page.mouse.down()
    lab.page.mouse.move(*lab.point(lab.input, 5, 20, 28, 28), steps=3)
    lab.page.mouse.up()
    image, *_ = lab.check()
    assert (image[5, 5:21] == 1).all(), "the line has no gaps between two pointer events"
    assert image[9:].max() == 0
    assert ((image > 0) & (image < 1)).any(), "its rim is soft"
    lab.root.get_by_text("Eraser").click()
    lab.page.mouse.click(*lab.point(lab.input, 5, 12, 28, 28))
    image, *_ = lab.check()
    assert image[5, 12] == 0 and image[5, 5] == 1
    lab.choose_image("Bag")
    lab.choose_image("Draw your own")
    np.testing.assert_array_equal(lab.check()[0], image)
    lab.root.get_by_role("button", name="Clear").click()
    assert lab.check()[0].max() == 0


def test_a_drawing_that_is_restored_goes_on(open_lab):
    demo = ConvolutionLab()
    demo.image = np.eye(28)
    demo.source = "your drawing"
    lab = open_lab(demo)
    lab.input.focus()
    for key in ("Home", "PageDown", "Space"):
        lab.page.keyboard.press(key)
    image, *_ = lab.check()
    assert (np.diag(image) == 1).all() and image[26, 1] == 1


def test_drawing_by_keyboard(lab):
    lab.choose_image("Draw your own")
    lab.input.focus()
    for key in ("Home", "PageUp", "Space", "ArrowRight", "Space"):
        lab.page.keyboard.press(key)
    image, *_ = lab.check()
    assert image[1, 1] == 1 and image[1, 2] == 1 and image[8:].max() == 0


def upload(lab, name, data, mime="image/png"):
    lab.root.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": mime, "buffer": data}
    )


def png(image, **options):
    import io

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", **options)
    return file.getvalue()


def test_a_small_file_arrives_exactly(lab):
    image = np.random.default_rng(2).integers(0, 256, (40, 30), dtype=np.uint8)
    upload(lab, "noise.png", png(image))
    expect(lab.root.get_by_role("radio", name="Your file: noise.png")).to_be_checked()
    shown, *_ = lab.check()
    np.testing.assert_allclose(shown, image / 255, atol=1e-6)


def test_a_large_color_file_is_made_smaller(lab):
    y, x = np.mgrid[:600, :900] / 900
    image = np.stack([y, x, 1 - x], axis=2)
    upload(lab, "ramp.png", png((image * 255).astype(np.uint8)))
    expect(lab.root.get_by_role("radio", name="Your file: ramp.png")).to_be_checked()
    shown, *_ = lab.check()
    assert shown.shape == (171, 256)
    gray = image @ [0.2125, 0.7154, 0.0721]
    np.testing.assert_allclose(shown[85, 128], gray[300, 450], atol=0.01)
    np.testing.assert_allclose(shown[0, 0], gray[0, 0], atol=0.02)


@pytest.mark.parametrize(
    "name, data, mime",
    [
        ("notes.txt", b"no image at all", "text/plain"),
        ("broken.png", png(np.zeros((9, 9), np.uint8))[:40], "image/png"),
        ("empty.png", b"", "image/png"),
    ],
)
def test_a_file_that_is_no_image_ends_in_a_sentence(lab, name, data, mime):
    before = lab.check()[0]
    upload(lab, name, data, mime)
    expect(lab.root.locator(".lu-message")).to_contain_text(f"“{name}” is not an image")
    # It is read aloud, once.
    told = lab.root.get_by_role("status").filter(has_text=f"“{name}” is not an image")
    expect(told).to_have_count(1)
    np.testing.assert_array_equal(lab.check()[0], before)
    upload(lab, "good.png", png(np.full((8, 8), 51, np.uint8)))
    expect(lab.root.locator(".lu-message")).to_be_hidden()
    np.testing.assert_allclose(lab.check()[0], np.full((8, 8), 0.2), atol=1e-6)


@pytest.mark.parametrize("choice", ["cat", "Start over"])
def test_a_file_that_is_read_slowly_does_not_replace_a_later_choice(lab, choice):
    lab.page.evaluate(
        """() => {
          const read = createImageBitmap;
          const waits = new Promise((done) => (window.goOn = done));
          window.over = 0;
          window.createImageBitmap = async (...given) => {
            await waits;
            return read(...given).finally(() => setTimeout(() => (window.over += 1)));
          };
        }"""
    )
    upload(lab, "slow.png", png(np.full((9, 12), 102, np.uint8)))
    upload(lab, "notes.txt", b"no image at all", "text/plain")
    if choice == "Start over":
        lab.root.get_by_role("button", name=choice).click()
    else:
        lab.choose_image(choice)
    before = lab.check()[0]
    lab.page.evaluate("goOn()")
    lab.page.wait_for_function("over === 2")
    np.testing.assert_array_equal(lab.check()[0], before)
    expect(lab.root.locator(".lu-message")).to_be_hidden()


def test_a_file_can_be_dropped(lab):
    data = list(png(np.full((9, 12), 102, np.uint8)))
    lab.root.evaluate(
        """(root, bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
          root.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        data,
    )
    expect(lab.root.get_by_role("radio", name="Your file: dropped.png")).to_be_checked()
    np.testing.assert_allclose(lab.check()[0], np.full((9, 12), 0.4), atol=1e-6)


# ---- What does not fit, what leaves, what is copied


def test_a_kernel_that_does_not_fit_says_so_and_recovers(lab):
    lab.root.get_by_role("radio", name="11 by 11").check(force=True)
    lab.slide("Dilation", 4)
    text = lab.message()
    assert text.startswith("An 11×11 kernel spread by dilation 4 covers 41×41") and "28×28" in text
    # A padding of 7 would do, but the slider ends at 5.
    assert text.endswith("Use a smaller kernel or dilation.")
    lab.slide("Dilation", 3)
    assert lab.message().endswith("kernel or dilation, or a padding of at least 2.")
    assert lab.root.locator(".lab-value").is_hidden()
    lab.root.get_by_role("button", name="Play").click()
    lab.output.focus()
    lab.page.keyboard.press("ArrowDown")
    lab.page.mouse.move(*lab.point(lab.input, 3, 3, 28, 28))
    lab.slide("Dilation", 2)
    lab.check()
    expect(lab.root.locator(".lu-message")).to_be_hidden()


def test_start_over(lab):
    first = lab.check()
    lab.choose_image("cat")
    lab.choose_kernel("sharpen")
    lab.slide("Padding", 4)
    lab.root.get_by_role("button", name="Start over").click()
    again = lab.check()
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a, b)
    assert lab.root.get_by_role("combobox").input_value() == "horizontal edge"


def run_python(code):
    scope = {}
    exec(compile(code, "copied", "exec"), scope)
    return scope


@pytest.mark.parametrize("name", ["Sneaker", "circle", "cat"])
def test_copied_python_gives_the_same_output(lab, name, capsys):
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.choose_image(name)
    lab.choose_kernel("emboss")
    for setting, value in {"Stride": 2, "Padding": 3, "Dilation": 2}.items():
        lab.slide(setting, value)
    *_, output = lab.check()
    lab.root.get_by_role("button", name="Copy as Python").click()
    expect(lab.root.get_by_text("Copied")).to_be_visible()
    scope = run_python(lab.page.evaluate("navigator.clipboard.readText()"))
    atol = 0.03 if name == "circle" else 1e-5  # the gallery keeps shapes as bytes
    np.testing.assert_allclose(scope["output"], output, atol=atol)
    np.testing.assert_allclose(scope["same"].numpy(), scope["output"], atol=1e-12)
    assert "True" in capsys.readouterr().out


def test_copied_python_of_a_drawing_has_a_line_to_replace(lab):
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.choose_image("Draw your own")
    lab.root.get_by_role("button", name="Normalize").click()
    lab.settle()
    lab.root.get_by_role("button", name="Copy as Python").click()
    expect(lab.root.get_by_text("Copied")).to_be_visible()
    code = lab.page.evaluate("navigator.clipboard.readText()")
    assert "# Put your drawing here" in code
    scope = run_python(code)
    np.testing.assert_array_equal(scope["kernel"], KERNELS["horizontal edge"] / 8)


def test_copying_the_old_way_leaves_the_focus_to_the_button(lab):
    lab.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    button = lab.root.get_by_role("button", name="Copy as Python")
    button.press("Enter")
    expect(lab.root.get_by_text("Copied")).to_be_visible()
    expect(button).to_be_focused()


def test_copying_where_the_browser_refuses(lab):
    lab.page.evaluate(
        """() => {
          Object.defineProperty(navigator, "clipboard", { value: undefined });
          document.execCommand = () => false;
        }"""
    )
    lab.root.get_by_role("button", name="Copy as Python").click()
    expect(lab.root.get_by_text("Ctrl+C")).to_be_visible()  # first, because it does not stay
    area = lab.root.get_by_role("textbox", name="Python code")
    expect(area).to_be_focused()
    assert "conv2d" in area.input_value()
    assert area.evaluate("(a) => a.selectionEnd - a.selectionStart") == len(area.input_value())


def test_two_labs_on_one_page_are_independent_and_share_no_id(open_lab):
    lab = open_lab(ConvolutionLab(), ConvolutionLab(kernel="identity", source="circle"))
    first, second = lab.root.first, lab.root.last
    first.get_by_role("radio", name="Bag").check(force=True)
    first.get_by_role("slider", name="Stride").fill("4")
    lab.settle()
    expect(second.get_by_role("radio", name="circle")).to_be_checked()
    assert second.get_by_role("slider", name="Stride").input_value() == "1"
    ids = lab.page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


LOOK = """() => [".lab-value", ".lu-upload", ".lu-play", ".lu-cell", ".lab-numbers td", ".lu-thumb"].map((name) => {
  const { fontSize, padding, borderStyle, minHeight, width, height } =
    getComputedStyle(document.querySelector(`.lu-convolution-lab ${name}`));
  return { name, fontSize, padding, borderStyle, minHeight, width, height };
})"""


def test_another_demo_after_it_does_not_change_its_look(open_lab, new_page):
    alone = open_lab().page.evaluate(LOOK)
    beside = open_lab(ConvolutionLab(), ConvolutionSteps(), page=new_page()).page.evaluate(LOOK)
    assert beside == alone


def test_two_views_of_one_lab_agree(open_lab):
    widget = ConvolutionLab()
    lab = open_lab(widget, widget)
    lab.root.first.get_by_role("slider", name="Padding").fill("2")
    lab.root.last.get_by_role("combobox").select_option("sharpen")
    lab.settle()
    assert lab.root.last.get_by_role("slider", name="Padding").input_value() == "2"
    assert lab.root.first.get_by_role("combobox").input_value() == "sharpen"


def test_clean_up_leaves_nothing_behind(lab):
    """Render the demo by hand with a model that counts its listeners, and take it away again."""
    source = (
        ConvolutionLab._esm if isinstance(ConvolutionLab._esm, str) else str(ConvolutionLab._esm)
    )
    left = lab.page.evaluate(
        """async (source) => {
          const { default: demo } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
          const values = (() => {
            const array = (shape, Type, dtype) => ({ shape, dtype, data: new DataView(new Type(shape.reduce((a, b) => a * b)).fill(1).buffer) });
            return { image: array([9, 9], Float32Array, "float32"), kernel: array([3, 3], Float64Array, "float64"),
              kernel_name: "custom", stride: 1, padding: 0, dilation: 1, source: "a", position: [0, 0], presets: [],
              gallery: [{ name: "a", group: "", shape: [9, 9] }], gallery_pixels: array([81], Uint8Array, "uint8") };
          })();
          const listeners = new Set();
          const model = {
            get: (name) => values[name], set: (name, value) => { values[name] = value; },
            on: (event, f) => listeners.add(event), off: (event, f) => listeners.delete(event),
            save_changes: () => {},
          };
          const live = { resize: 0, mutation: 0, frames: new Set() };
          const { requestAnimationFrame: request, cancelAnimationFrame: cancel } = window;
          const frames = async (count) => { while (count--) await new Promise((done) => request(done)); };
          window.requestAnimationFrame = (f) => {
            const handle = request((now) => { live.frames.delete(handle); f(now); });
            live.frames.add(handle);
            return handle;
          };
          window.cancelAnimationFrame = (handle) => { live.frames.delete(handle); cancel(handle); };
          for (const [name, key] of [["ResizeObserver", "resize"], ["MutationObserver", "mutation"]]) {
            const { observe, disconnect } = window[name].prototype;
            const seen = new Set();
            window[name].prototype.observe = function (...a) { seen.add(this); live[key] = seen.size; return observe.apply(this, a); };
            window[name].prototype.disconnect = function () { seen.delete(this); live[key] = seen.size; return disconnect.call(this); };
          }
          const el = document.body.appendChild(document.createElement("div"));
          const cleanUp = demo.render({ model, el });
          const during = [listeners.size > 5, live.resize, live.mutation];
          const { dataset } = el.firstElementChild;
          const place = () => [dataset.row, dataset.column].join();
          const start = place();
          el.querySelector(".lu-play").click();
          while (place() === start) await frames(1);  // it plays
          during.push(live.frames.size > 0);
          cleanUp();
          const last = place();
          const html = el.innerHTML;
          await frames(10);
          return { during, after: [listeners.size, live.resize, live.mutation, live.frames.size], html,
            still: place() === last };
        }""",
        source,
    )
    assert left["during"] == [True, 2, 1, True]
    assert left["after"] == [0, 0, 0, 0]
    assert left["html"] == ""
    assert left["still"]


def test_colors_follow_the_theme(lab):
    def corner():
        lab.settle()
        return lab.output.locator("canvas").evaluate(
            "(c) => [...c.getContext('2d').getImageData(0, 0, 1, 1).data]"
        )

    assert corner()[0] > 200
    lab.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert corner()[0] < 60
    lab.page.evaluate(
        "document.documentElement.dataset.theme = ''; document.body.dataset.jpThemeLight = 'false'"
    )
    assert corner()[0] < 60
    lab.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert corner()[0] > 200
    lab.page.evaluate("document.documentElement.setAttribute('theme', 'dark')")
    assert corner()[0] < 60
    lab.page.evaluate("document.documentElement.removeAttribute('theme')")
    lab.page.evaluate("document.body.classList.add('vscode-dark')")
    assert corner()[0] < 60


@pytest.mark.parametrize("width", [320, 390, 720, 1280])
def test_nothing_sticks_out(open_lab, new_page, width):
    lab = open_lab(page=new_page(width, 900))
    lab.root.get_by_role("radio", name="11 by 11").check(force=True)
    lab.check()
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= width
    for cell in (0, 60, 120):
        box = settled_box(lab.cells.nth(cell))
        assert min(box["width"], box["height"]) >= 23.9


def test_the_gallery_is_packed_as_the_page_reads_it():
    images = _gallery.shapes()
    entries, pixels = _gallery.pack(images)
    assert pixels.size == sum(np.prod(entry["shape"]) for entry in entries)
    with pytest.raises(ValueError, match="circle"):
        _gallery.pack([*images, images[0]])

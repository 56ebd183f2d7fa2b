"""GaborLab in Chromium: every control is moved, and the numbers on the page are `GaborBank`'s."""

import io
import warnings

import numpy as np
import pytest
from page_tools import (
    fingers,
    on_drawn,
    pixels,
    press_before_a_drawing,
    read,
    settled_box,
    wait_for_frames,
)
from PIL import Image
from playwright.sync_api import expect

from lecture_utils.filter_banks import GaborBank
from lecture_utils.palette import cyclic_lut, sequential_colors, signed_colors
from lecture_utils.widgets import GaborLab

LISTEN = on_drawn(
    "GaborLab",
    """const { pixels, h, w, frequency, theta, sigma, sigmaY, phase } = detail;
  const image = (target.drawn?.image ?? 0) + (target.drawn?.pixels !== pixels);
  target.drawn = { image, pixels, size: [h, w], settings: [frequency, theta, sigma, sigmaY, phase] };
  window.frames = (window.frames ?? 0) + 1;""",
)
PRESETS = [(0.16, 1.2, 4.0), (0.31, 0.0, 3.6), (0.36, 1.6, 1.3)]


class Page:
    """The lab on a page, as a reader and as a test see it."""

    def __init__(self, page, nth=0):
        self.page = page
        self.root = page.locator(".lu-gabor-lab").nth(nth)
        self.input = self.root.get_by_role("application", name="Input")
        self.response = self.root.get_by_role("application", name="Response")
        self.known = (0, None)
        self.plane = self.root.get_by_role("application", name="Frequency plane")

    def settle(self):
        """Wait until everything asked for is painted."""
        wait_for_frames(self.page)

    def number(self, name):
        """A number as it stands on the page, complex or not."""
        text = self.root.locator(f'[data-number="{name}"]').inner_text()
        text = text.replace("\N{MINUS SIGN}", "-").removesuffix(" rad").replace(" ", "")
        return complex(text.replace("i", "j"))

    def settings(self):
        self.settle()
        return self.root.evaluate("(root) => root.drawn.settings")

    def image(self):
        """The image that the page filters, fetched only when it has changed."""
        number = self.root.evaluate("(root) => root.drawn.image")
        if self.known[0] != number:
            drawn = read(self.root, "(root) => [root.drawn.pixels, root.drawn.size]")
            self.known = (number, np.reshape(drawn[0].astype(float), drawn[1]))
        return self.known[1]

    def position(self):
        return tuple(int(self.root.get_attribute(f"data-{name}")) for name in ("row", "column"))

    def check(self):
        """Compare every number on the page with Python's; return settings, image and response."""
        settings = self.settings()
        frequency, theta, sigma, sigma_y, phase = settings
        image = self.image()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # A wave may be above Nyquist.
            bank = GaborBank.from_list([(frequency, theta, (sigma, sigma_y))], phase=phase)
        response = bank.responses(image)[0]
        largest = np.abs(response).max()
        row, column = self.position()
        kernel = bank.kernels[0]
        rounding = 1e-6 * largest  # The page computes with float32.
        assert self.number("energy").real == pytest.approx(
            (np.abs(response) ** 2).mean(), rel=1e-4, abs=1e-12
        )
        assert self.number("largest").real == pytest.approx(largest, rel=1e-4, abs=1e-12)
        value = self.number("value")
        assert abs(value - response[row, column]) <= 1e-4 * abs(value) + rounding
        assert self.number("magnitude").real == pytest.approx(abs(value), rel=1e-4, abs=rounding)
        if abs(value) > 1e-3 * largest > 0:
            angle = np.exp(1j * (self.number("phase").real - np.angle(response[row, column])))
            assert np.angle(angle) == pytest.approx(0, abs=1e-3)
        assert abs(self.number("sum") - kernel.sum()) <= 1e-4 * abs(kernel.sum()) + 1e-11
        size = self.root.locator('[data-number="size"]').inner_text()
        assert size == "×".join(map(str, kernel.shape))
        shown = self.root.locator(".gabor-facts .lu-title").first.inner_text()
        assert shown == f"At row {row}, column {column}"
        return settings, image, response

    def slider(self, name):
        return self.root.get_by_role("slider", name=name)

    def slide(self, name, value):
        self.slider(name).fill(str(value))

    def more(self):
        self.root.get_by_text("More: phase and aspect ratio").click()

    def choose(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)

    def show(self, panel, part):
        group = self.root.get_by_role("group", name=panel, exact=True)
        group.get_by_role("radio", name=part).check(force=True)
        self.settle()

    def pixels(self, selector):
        return pixels(self.root.locator(selector))[..., :3].astype(int)

    def place(self, u, v):
        """The place on the screen of a pair of frequencies."""
        self.plane.scroll_into_view_if_needed()
        box = settled_box(self.plane)
        at = [(frequency / 1.01 + 0.5) for frequency in (u, v)]
        return box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"]

    def drag(self, start, end, steps=5):
        self.page.mouse.move(*self.place(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.place(*end), steps=steps)
        self.page.mouse.up()

    def message(self):
        self.settle()
        return self.root.locator(".lu-message").inner_text()


@pytest.fixture
def open_lab(mount, page):
    def show(*labs, page=page):
        page.add_init_script(LISTEN)
        mount(*(labs or [GaborLab()]), page=page)
        return Page(page)

    return show


@pytest.fixture
def lab(open_lab):
    return open_lab()


def test_the_phase_can_be_typed(lab):
    lab.more()
    number = lab.root.get_by_role("spinbutton", name="Phase")
    for typed in (1.57, 0):
        number.fill(str(typed))
        number.press("Enter")
        assert lab.check()[0][-1] == typed
        assert number.input_value() == str(typed)


def test_it_starts_on_the_zone_plate_at_its_strongest_place(lab):
    settings, _, response = lab.check()
    assert settings == [0.16, 1.2, 4, 4, 0]
    assert abs(response[lab.position()]) == pytest.approx(np.abs(response).max(), rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_random_settings(open_lab, seed):
    rng = np.random.default_rng(seed)
    shape = rng.integers(20, 257, 2)
    lab = open_lab(
        GaborLab(
            rng.random(shape),
            rng.uniform(0.01, 0.75),
            rng.uniform(0, np.pi),
            rng.uniform(0.5, 10),
            aspect=rng.uniform(0.5, 3) if seed % 2 else 1,
            phase=rng.uniform(-3, 3),
        )
    )
    lab.check()
    lab.more()
    for name, low, high, step in (
        ("Frequency", 0.01, 0.75, 0.01),
        ("Theta", 0, 3.14, 0.01),
        ("Sigma", 0.5, 8, 0.1),
        ("Phase", -3.1, 3.1, 0.01),
    ):
        value = low + step * rng.integers(0, round((high - low) / step))
        lab.slide(name, f"{value:.3f}" if name != "Phase" else f"{-np.pi + round(value, 2) + 3.1}")
        lab.check()


def test_every_slider_by_mouse_keyboard_and_number(lab):
    lab.more()
    for i, (name, low, high) in enumerate(
        [("Frequency", 0.01, 0.75), ("Theta", 0, np.pi), ("Sigma", 0.5, 10)]
    ):
        slider = lab.slider(name)
        slider.scroll_into_view_if_needed()
        box = settled_box(slider)
        lab.page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        by_mouse = lab.check()[0][i]
        assert by_mouse == pytest.approx(low + 0.3 * (high - low), abs=0.02 * (high - low))
        lab.page.keyboard.press("ArrowRight")
        step = 0.1 if name == "Sigma" else 0.01
        assert lab.check()[0][i] == pytest.approx(by_mouse + step)
        field = lab.root.get_by_role("spinbutton", name=name)
        field.fill("0.6")
        assert lab.check()[0][i] == pytest.approx(0.6)
        field.fill("99")
        field.press("Enter")
        assert lab.check()[0][i] == pytest.approx(high, abs=0.011)
        field.fill("")
        field.press("Tab")
        assert lab.check()[0][i] == pytest.approx(high, abs=0.011)
    lab.slide("Sigma", 3)
    lab.slider("Aspect ratio").focus()
    lab.page.keyboard.press("ArrowRight")
    assert lab.check()[0][2:4] == pytest.approx([3, 3.3])
    lab.slider("Phase").focus()
    lab.page.keyboard.press("End")
    assert lab.check()[0][4] == pytest.approx(np.pi, abs=0.011)
    assert "°" in lab.root.locator(".gabor-note").nth(1).inner_text()


def test_no_key_press_is_dropped(lab):
    lab.slide("Frequency", 0.1)
    lab.slider("Frequency").focus()
    for _ in range(30):
        lab.page.keyboard.press("ArrowRight")
    assert lab.check()[0][0] == pytest.approx(0.4)


def test_presets(lab):
    for values in reversed(PRESETS):
        name = "frequency {:g}, theta {:g}, sigma {:g}".format(*values)
        button = lab.root.get_by_role("button", name=name)
        button.click()
        settings = lab.check()[0]
        assert settings[:3] == list(values)
        expect(button).to_have_attribute("aria-pressed", "true")
    lab.slide("Sigma", 2)
    lab.settle()
    assert lab.root.locator('.gabor-preset[aria-pressed="true"]').count() == 0


# ---- The frequency plane


def test_dragging_the_spot_steers_frequency_and_theta(lab):
    spot = (0.16 * np.cos(1.2), 0.16 * np.sin(1.2))
    lab.drag(spot, (0.3, 0.2))
    settings, *_ = lab.check()
    # A pixel of the screen is about 0.005 cycles per pixel.
    assert settings[0] == pytest.approx(np.hypot(0.3, 0.2), abs=0.006)
    assert settings[1] == pytest.approx(np.arctan2(0.2, 0.3), abs=0.02)
    assert settings[2:] == [4, 4, 0]
    label = lab.plane.get_attribute("aria-label")
    assert "0.3" in label and "0.2" in label


def test_grabbing_the_spot_beside_its_middle_does_not_move_it(lab):
    u, v = 0.16 * np.cos(1.2), 0.16 * np.sin(1.2)
    lab.drag((u + 0.02, v), (u + 0.02, v))
    assert lab.check()[0][:2] == [0.16, 1.2]


def test_the_other_half_of_the_plane_is_the_same_wave_travelling_back(lab):
    lab.drag((0.1, -0.2), (0.1, -0.2))
    settings, *_ = lab.check()
    assert settings[0] == pytest.approx(np.hypot(0.1, 0.2), abs=0.006)
    assert settings[1] == pytest.approx(np.arctan2(0.2, -0.1), abs=0.03)


def test_the_spot_stays_inside_when_the_pointer_leaves(lab):
    lab.drag((0.1, 0.1), (0.9, 0.4))
    settings, *_ = lab.check()
    assert settings[0] * np.cos(settings[1]) == pytest.approx(0.5, abs=0.002)
    lab.drag((0.3, 0.3), (0, 0))
    settings, *_ = lab.check()
    assert settings[0] == pytest.approx(0.01, abs=0.006)


def test_only_the_finger_that_has_the_spot_moves_it(new_page, open_lab):
    lab = open_lab(page=new_page(width=390, height=800, has_touch=True))
    resting, other, end = lab.place(0.3, -0.1), lab.place(-0.4, 0.3), lab.place(0.3, 0.2)
    fingers(
        lab.page,
        {0: resting},
        {0: resting, 1: other},
        {0: resting, 1: lab.place(-0.3, -0.3)},
        {0: end, 1: lab.place(-0.3, -0.3)},
        {1: lab.place(-0.3, -0.3)},
        {1: lab.place(0.2, -0.3)},  # not even when the first is gone
    )
    settings, *_ = lab.check()
    pixel = 1.01 / settled_box(lab.plane)["width"]
    assert settings[0] == pytest.approx(np.hypot(0.3, 0.2), abs=2 * pixel)
    assert settings[1] == pytest.approx(np.arctan2(0.2, 0.3), abs=2 * pixel / 0.36)


def test_arrow_keys_move_the_spot(lab):
    lab.slide("Theta", 0)
    lab.slide("Frequency", 0.2)
    lab.settle()
    lab.plane.focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowDown", "ArrowUp", "ArrowLeft"):
        lab.page.keyboard.press(key)
        lab.settle()
    settings, *_ = lab.check()
    assert settings[0] * np.cos(settings[1]) == pytest.approx(0.21, abs=0.003)
    assert settings[0] * np.sin(settings[1]) == pytest.approx(0.05, abs=0.003)
    # Keys before a drawing count, too.
    lab.plane.evaluate(press_before_a_drawing("ArrowRight", "ArrowDown", "ArrowRight"))
    settings, *_ = lab.check()
    assert settings[0] * np.cos(settings[1]) == pytest.approx(0.23, abs=0.003)
    assert settings[0] * np.sin(settings[1]) == pytest.approx(0.06, abs=0.003)


@pytest.mark.parametrize("part", ["Real", "Imaginary", "Envelope"])
def test_the_plane_shows_the_transfer_function(lab, part):
    lab.show("Kernel", part)
    frequency, theta, sigma, *_ = lab.settings()
    shown = lab.pixels(".gabor-plane > canvas")
    at = np.linspace(-0.5, 0.5, 101)
    v, u = at[:, None], at[None, :]

    def spot(u0, v0):
        return np.exp(-2 * (np.pi * sigma) ** 2 * ((u - u0) ** 2 + (v - v0) ** 2))

    u0, v0 = frequency * np.cos(theta), frequency * np.sin(theta)
    if part == "Envelope":
        expected = spot(0, 0)
    else:
        sign = 1 if part == "Real" else -1
        expected = np.abs(spot(u0, v0) + sign * spot(-u0, -v0)) / 2
    # Python's kernels end at three sigmas, a Gaussian does not.
    difference = np.abs(shown - sequential_colors(expected).astype(float))
    assert difference.mean() < 2 and difference.max() < 25


# ---- Views


def test_views_of_the_kernel(lab):
    for part in ("Real", "Imaginary", "Envelope"):
        lab.show("Kernel", part)
        frequency, theta, sigma, *_ = lab.settings()
        kernel = GaborBank([frequency], [theta], [sigma]).kernels[0]
        limit = np.abs(kernel).max()
        expected = {
            "Real": signed_colors(kernel.real, limit),
            "Imaginary": signed_colors(kernel.imag, limit),
            "Envelope": sequential_colors(np.abs(kernel), limit),
        }[part]
        shown = lab.pixels(".gabor-kernel canvas")
        assert np.abs(shown - expected.astype(int)).max() <= 3


def test_views_of_the_response(lab):
    _, _, response = lab.check()
    largest = np.abs(response).max()
    lab.show("Response", "Magnitude")
    shown = lab.pixels(".gabor-panel-response .lu-plane canvas")
    expected = sequential_colors(np.abs(response)).astype(int)
    assert np.abs(shown - expected).max() <= 3
    lab.show("Response", "Real")
    shown = lab.pixels(".gabor-panel-response .lu-plane canvas")
    assert np.abs(shown - signed_colors(response.real, largest).astype(int)).max() <= 3
    limits = lab.root.locator(".gabor-panel-response .lu-legend > span").all_inner_texts()
    assert float(limits[-1]) == pytest.approx(largest, rel=6e-3)
    assert float(limits[0].replace("−", "-")) == pytest.approx(-largest, rel=6e-3)
    lab.show("Response", "Phase")
    shown = lab.pixels(".gabor-panel-response .lu-plane canvas")
    strong = np.abs(response) > 0.5 * largest
    index = np.rint((np.angle(response[strong]) + np.pi) / (2 * np.pi) * 256).astype(int)
    assert np.abs(shown[strong] - cyclic_lut()[index].astype(int)).max() <= 16
    assert (shown[np.abs(response) < 0.01 * largest] > 235).all()  # the paper
    assert "π" in lab.root.locator(".gabor-panel-response .lu-legend").inner_text()


def test_pointing_at_a_pixel(lab):
    box = settled_box(lab.response)
    x, y = (box[k] + 0.25 * box[side] for k, side in (("x", "width"), ("y", "height")))
    lab.page.mouse.move(x, y)
    lab.check()
    assert lab.position() == pytest.approx((64, 64), abs=1)
    lab.page.mouse.move(box["x"] - 30, box["y"])
    lab.check()
    assert lab.position() != pytest.approx((64, 64), abs=1)
    lab.page.mouse.click(x, y)
    lab.page.mouse.move(box["x"] - 30, box["y"])
    lab.check()
    row, column = lab.position()
    assert (row, column) == pytest.approx((64, 64), abs=1)
    lab.input.focus()
    for key in ("ArrowDown", "Shift+ArrowRight", "ArrowUp", "ArrowDown"):
        lab.page.keyboard.press(key)
    lab.check()
    assert lab.position() == (row + 1, column + 5)


# ---- Pictures


@pytest.mark.parametrize("name", ["cat", "dot", "Ankle boot", "zone plate"])
def test_pictures(lab, name):
    lab.choose(name)
    _, image, _ = lab.check()
    expected = GaborLab(source=name).image
    np.testing.assert_allclose(image, expected, atol=1e-7)


def test_a_dot_shows_the_kernel(lab):
    lab.choose("dot")
    lab.slide("Sigma", 3)
    _, _, response = lab.check()
    frequency, theta, sigma, *_ = lab.settings()
    kernel = GaborBank([frequency], [theta], [sigma]).kernels[0]
    np.testing.assert_allclose(response[5:24, 5:24], kernel, atol=1e-12)


def test_drawing(lab):
    lab.choose("Draw your own")
    lab.settle()
    assert lab.number("energy") == 0
    box = settled_box(lab.input)
    lab.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    lab.page.mouse.up()
    _, image, _ = lab.check()
    assert image.shape == (28, 28)
    assert 5 < image.sum() < 100
    assert lab.number("energy").real > 0
    lab.root.get_by_role("button", name="Clear").click()
    assert lab.check()[1].sum() == 0


def test_a_file_of_the_reader(lab):
    rng = np.random.default_rng(2)
    values = rng.integers(0, 256, (30, 50), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    upload = {"name": "noise.png", "mimeType": "image/png", "buffer": file.getvalue()}
    lab.root.locator("input[type=file]").set_input_files(upload)
    expect(lab.root.locator(".gabor-panel-input .gabor-head")).to_contain_text("30×50")
    _, image, _ = lab.check()
    np.testing.assert_allclose(image, values / 255, atol=1e-6)


def test_a_file_that_is_no_image(lab):
    before = lab.check()
    upload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    lab.root.locator("input[type=file]").set_input_files(upload)
    expect(lab.root.locator(".lu-message")).to_contain_text("“notes.txt” is not an image")
    np.testing.assert_array_equal(lab.check()[1], before[1])
    lab.choose("cat")
    expect(lab.root.locator(".lu-message")).to_be_hidden()


# ---- The rest


def test_aliasing_is_explained(lab):
    lab.slide("Theta", 0)
    lab.slide("Frequency", 0.5)
    lab.settle()
    assert lab.root.locator(".lu-message").is_hidden()
    lab.slide("Frequency", 0.6)
    text = lab.message()
    assert "Aliasing" in text and "frequency 0.4" in text
    _, image, response = lab.check()
    alias = GaborBank.from_list([(0.4, np.pi, 4.0)]).responses(image)[0]
    np.testing.assert_allclose(response, alias, atol=1e-12)
    lab.slide("Frequency", 0.4)
    lab.settle()
    assert lab.root.locator(".lu-message").is_hidden()


def test_copy_as_python_gives_a_program_that_runs(new_page, open_lab):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab = open_lab(page=page)
    lab.choose("cat")
    lab.more()
    lab.slide("Sigma", 2.5)
    lab.slide("Aspect ratio", 1.4)
    lab.slide("Theta", 0.7)
    settings, image, response = lab.check()
    lab.root.get_by_role("button", name="Copy as Python").click()
    expect(lab.root.get_by_text("Copied.")).to_be_visible()
    code = page.evaluate("navigator.clipboard.readText()")
    names = {"print": lambda *parts: printed.append(parts)}
    printed = []
    exec(compile(code, "copied", "exec"), names)
    np.testing.assert_allclose(names["image"], image, atol=1e-7)
    np.testing.assert_allclose(names["response"], response, atol=1e-6)
    assert names["frequency"] == settings[0]
    assert printed[-1] == (True,)
    assert lab.number("energy").real == pytest.approx(printed[1][1], rel=1e-4)


def test_another_demo_can_open_a_filter(lab):
    lab.more()
    lab.slide("Phase", -1.57)
    send = "(detail) => document.dispatchEvent(new CustomEvent('lu:gabor-open', { detail }))"
    lab.page.evaluate(send, {"frequency": 0.22, "theta": 4.0, "sigma": 2.2})
    settings, *_ = lab.check()
    assert settings == pytest.approx([0.22, 4.0 - np.pi, 2.2, 2.2, 0])
    for nonsense in (None, {}, {"frequency": "x", "theta": 1, "sigma": 1}):
        lab.page.evaluate(send, nonsense)
        assert lab.check()[0] == settings
    lab.page.evaluate(send, {"frequency": 3, "theta": 1, "sigma": 99})
    assert lab.check()[0][:3] == [0.75, 1, 10]


def test_start_over(lab):
    lab.choose("cat")
    lab.slide("Sigma", 7)
    lab.show("Response", "Phase")
    lab.root.get_by_role("button", name="Start over").click()
    settings, image, _ = lab.check()
    assert settings == [0.16, 1.2, 4, 4, 0]
    np.testing.assert_array_equal(image, GaborLab().image)
    assert lab.root.get_by_role("radio", name="Magnitude").is_checked()


def test_start_over_drops_a_file_that_is_still_being_read(lab):
    lab.page.evaluate(
        """() => {
          const read = createImageBitmap;
          const waits = new Promise((done) => (window.goOn = done));
          window.over = false;
          window.createImageBitmap = async (...given) => {
            await waits;
            return read(...given).finally(() => setTimeout(() => (window.over = true)));
          };
        }"""
    )
    file = io.BytesIO()
    Image.new("L", (30, 20), 102).save(file, "PNG")
    upload = {"name": "slow.png", "mimeType": "image/png", "buffer": file.getvalue()}
    lab.root.locator("input[type=file]").set_input_files(upload)
    lab.root.get_by_role("button", name="Start over").click()
    lab.page.evaluate("goOn()")
    lab.page.wait_for_function("over")
    np.testing.assert_array_equal(lab.check()[1], GaborLab().image)


def test_python_and_page_agree_through_the_model(lab):
    """What the reader does arrives in the traits that Python knows, with values it accepts."""
    lab.drag((0.1, 0.1), (-0.4, 0.001))
    settings, *_ = lab.check()
    python = GaborLab()
    python.frequency, python.theta = settings[:2]
    assert np.pi - 0.1 < python.theta <= np.pi


def test_two_labs_on_a_page_do_not_disturb_each_other(open_lab):
    first = open_lab(GaborLab(sigma=2), GaborLab(np.eye(24), 0.3, 0.7, 1.5))
    second = Page(first.page, 1)
    first.slide("Frequency", 0.25)
    assert first.check()[0] == [0.25, 1.2, 2, 2, 0]
    settings, image, _ = second.check()
    assert settings == [0.3, 0.7, 1.5, 1.5, 0]
    np.testing.assert_array_equal(image, np.eye(24))
    ids = first.page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_nothing_hangs_over(new_page, open_lab, width):
    lab = open_lab(page=new_page(width=width))
    lab.more()
    lab.settle()
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= width
    outside = lab.root.evaluate(
        """(root) => {
          const card = root.getBoundingClientRect();
          const hidden = ".lu-visually-hidden, svg *, .gabor-handle, input[type=radio]";
          return [...root.querySelectorAll("*")].filter((e) => !e.matches(hidden)).filter((e) => {
            const box = e.getBoundingClientRect();
            return box.width && (box.left < card.left - 1 || box.right > card.right + 1);
          }).map((e) => e.outerHTML.slice(0, 80));
        }"""
    )
    assert outside == []


def test_dark_colors(new_page, open_lab):
    lab = open_lab()
    lab.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    _, _, response = lab.check()
    shown = lab.pixels(".gabor-panel-response .lu-plane canvas")
    expected = sequential_colors(np.abs(response), dark=True).astype(int)
    assert np.abs(shown - expected).max() <= 3


def test_a_hand_that_rests_costs_nothing(lab):
    lab.check()
    before = lab.page.evaluate("window.frames")
    lab.page.mouse.move(400, 300)
    wait_for_frames(lab.page, 20)
    assert lab.page.evaluate("window.frames") == before

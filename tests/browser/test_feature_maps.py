"""FeatureMaps in Chromium: every control is moved, and the page's numbers are torch's."""

import io

import numpy as np
import pytest
from page_tools import KEEP_COPIES, on_drawn, read, violations, wait_for_fading, wait_for_frames
from PIL import Image
from playwright.sync_api import expect

from lecture_utils.widgets import FeatureMaps
from lecture_utils.widgets.feature_maps import PHOTOS

rng = np.random.default_rng(22)
LISTEN = on_drawn(
    "FeatureMaps",
    """const { maps, sums, parts, mapSize, size, pooled, before, follows, changed, drift, chosen, position: place, shift } = detail;
  window.drawn = { maps: maps.map((map) => map.slice()), mapSize, size, pooled, before, follows, changed,
    drift, chosen, place, shift, here: [...parts[chosen], sums[chosen]].map((map) => map[place[0] * size + place[1]]) };""",
)


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lu-feature-maps")
        self.cards = self.root.get_by_role("radiogroup", name="Feature maps").get_by_role("radio")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.page, "() => window.drawn")

    def check(self, demo):
        drawn = self.drawn()
        maps = demo.maps
        size = maps.shape[1]
        assert drawn["mapSize"] == size
        found = np.reshape(drawn["maps"], maps.shape)
        scale = np.abs(maps).max()
        np.testing.assert_allclose(found, maps, atol=1e-5 * scale)
        np.testing.assert_allclose(drawn["pooled"], demo.pooled, atol=1e-5 * scale)
        d, _, k, _ = demo.filters.shape
        text = self.root.locator(".maps-shape").inner_text()
        assert f"({size}, {size}, {d})" in text and f"= {3 * k * k * d + d:,}" in text
        assert self.cards.count() == d
        return drawn

    def slide(self, name, value):
        self.root.get_by_role("slider", name=name).fill(str(value))

    def choose(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)


@pytest.fixture
def show(mount, page):
    def open_page(demo, page=page):
        page.add_init_script(LISTEN)
        mount(demo, page=page)
        return Page(page)

    return open_page


def test_every_setting_gives_torchs_maps(show):
    demo = FeatureMaps()
    page = show(demo)
    page.check(demo)
    borders = {"no padding": "valid", "zeros": "zeros", "wrap around": "wrap"}
    for bank, border, stride, relu, pool, shift in [
        ("random", "zeros", 2, False, False, (3, -8)),
        ("hand-designed", "wrap around", 3, True, True, (-16, 16)),
        ("random", "no padding", 1, True, True, (0, 1)),
    ]:
        page.choose(bank)
        page.choose(border)
        page.slide("Stride", stride)
        page.root.get_by_role("checkbox", name="ReLU").set_checked(relu)
        page.root.get_by_role("checkbox", name="2×2 max pooling").set_checked(pool)
        page.slide("Shift down", shift[0])
        page.slide("Shift right", shift[1])
        filters = "random" if bank == "random" else "named"
        settings = {"stride": stride, "padding": borders[border], "relu": relu, "pool": pool}
        page.check(FeatureMaps("coffee", filters, **settings, shift=shift))


def test_filters_of_ones_own_and_every_photo(show):
    filters = rng.normal(size=(3, 3, 7, 7))
    demo = FeatureMaps("cat", filters)
    page = show(demo)
    page.check(demo)
    for name in ("astronaut", "rocket", "coffee"):
        page.root.get_by_role("combobox", name="Image").select_option(name)
        page.check(FeatureMaps(name, filters))
    page.slide("Filters d", 2)
    page.check(FeatureMaps("coffee", filters[:2]))


def test_shift_numbers(show):
    page = show(FeatureMaps(padding="wrap"))
    page.slide("Shift down", 6)
    page.slide("Shift right", -3)
    drawn = page.drawn()
    assert drawn["follows"] < 1e-6 and drawn["drift"] < 1e-6 and drawn["changed"] > 0.1
    page.root.get_by_role("checkbox", name="2×2 max pooling").check()
    still = FeatureMaps(padding="wrap", pool=True)
    moved = FeatureMaps(padding="wrap", pool=True, shift=(6, -3))
    drawn = page.drawn()

    def apart(a, b):
        return np.linalg.norm(a - b) / np.linalg.norm(b)

    # JavaScript rounds half steps up: -1.5 becomes -1.
    expected = apart(moved.maps, np.roll(still.maps, (3, -1), axis=(1, 2)))
    assert drawn["follows"] == pytest.approx(expected, rel=1e-4) and expected > 0.01
    assert drawn["changed"] == pytest.approx(apart(moved.maps, still.maps), rel=1e-4)
    assert drawn["drift"] == pytest.approx(apart(moved.pooled, still.pooled), rel=1e-3)
    assert (
        f"the difference is {100 * expected:.1f}"[:-1]
        in page.root.locator(".maps-effect").inner_text()
    )
    # Other places in the sum change nothing about it.
    page.page.evaluate(
        "addEventListener('lu:drawn', ({ detail }) => { window.vectors = [...(window.vectors ?? []), detail.pooled]; })"
    )
    plane = page.root.get_by_role("application", name="Sum")
    for x in (10, 30, 50):
        plane.hover(position={"x": x, "y": 20})
        page.drawn()
    assert page.page.evaluate("[window.vectors.length > 1, new Set(window.vectors).size]") == [
        True,
        1,
    ]
    page.root.get_by_role("button", name="Shift back").click()
    assert page.drawn()["shift"] == [0, 0] and page.drawn()["changed"] == 0


def test_keyboard_and_pointer_read_single_numbers(show):
    demo = FeatureMaps(stride=2)
    page = show(demo)
    page.cards.first.focus()
    page.page.keyboard.press("ArrowRight")
    drawn = page.drawn()
    assert drawn["chosen"] == 1
    expect(page.cards.nth(1)).to_be_focused()
    expect(page.cards.nth(1)).to_be_checked()
    total = page.root.get_by_role("application", name="Sum")
    total.focus()
    for key in ("Home", "PageUp", "ArrowRight", "ArrowDown", "ArrowDown"):
        page.page.keyboard.press(key)
    drawn = page.drawn()
    assert drawn["place"] == [2, 1]
    patch = demo.image[4:9, 2:7].astype(float).transpose(2, 0, 1) / 255
    products = (patch * demo.filters[1]).sum(axis=(1, 2))
    np.testing.assert_allclose(drawn["here"], [*products, products.sum()], atol=1e-5)
    assert "row 2, column 1" in page.root.locator(".maps-reading").inner_text()
    page.root.get_by_role("application", name="Green channel").click(position={"x": 40, "y": 30})
    assert page.drawn()["place"] != [2, 1]


def test_a_file_of_ones_own(show):
    demo = FeatureMaps()
    page = show(demo)
    file = io.BytesIO()
    Image.new("RGB", (90, 128), (200, 40, 10)).save(file, "PNG")
    chooser = page.root.locator("input[type=file]")
    chooser.set_input_files({"name": "red.png", "mimeType": "image/png", "buffer": file.getvalue()})
    page.page.wait_for_function("window.drawn.maps[3][100] > 0.5")
    drawn = page.check(FeatureMaps(np.full((64, 64, 3), (200, 40, 10), np.uint8)))
    assert drawn["pooled"][0] == pytest.approx(0, abs=1e-6)
    chooser.set_input_files({"name": "no.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.root.locator(".lu-message")).to_contain_text("“no.png” is not an image")
    page.check(FeatureMaps(np.full((64, 64, 3), (200, 40, 10), np.uint8)))


def test_an_array_can_be_chosen_again(show):
    array = np.full((64, 64, 3), (200, 40, 10), np.uint8)
    page = show(FeatureMaps(array))
    menu = page.root.get_by_role("combobox", name="Image")
    menu.select_option("cat")
    page.check(FeatureMaps("cat"))
    menu.select_option("your array")
    page.check(FeatureMaps(array))


def test_only_images_that_are_there_are_offered(show):
    page = show(FeatureMaps())
    menu = page.root.get_by_role("combobox", name="Image")
    # By the keyboard, each option on the way is chosen.
    assert menu.locator("option").all_inner_texts() == list(PHOTOS)
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 40, 10)).save(file, "PNG")
    upload = {"name": "red.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.root.locator("input[type=file]").set_input_files(upload)
    expect(menu).to_have_value("your file")
    menu.select_option("cat")
    page.check(FeatureMaps("cat"))
    menu.select_option("your file")
    page.check(FeatureMaps(np.full((64, 64, 3), (200, 40, 10), np.uint8)))
    assert menu.locator("option").all_inner_texts() == [*PHOTOS, "your file"]


def test_a_file_that_is_restored_can_be_chosen_again(show):
    array = np.full((64, 64, 3), (200, 40, 10), np.uint8)
    demo = FeatureMaps(array)
    demo.source = "your file"
    page = show(demo)
    menu = page.root.get_by_role("combobox", name="Image")
    expect(menu).to_have_value("your file")
    menu.select_option("cat")
    page.check(FeatureMaps("cat"))
    menu.select_option("your file")
    page.check(FeatureMaps(array))


@pytest.mark.parametrize("padding", ["valid", "zeros", "wrap"])
def test_the_copied_program_computes_the_same(show, padding):
    page = show(FeatureMaps("cat", padding=padding, pool=padding == "wrap", shift=(2, -5)))
    page.page.evaluate(KEEP_COPIES)
    page.root.get_by_role("button", name="Copy as Python").click()
    scope = {}
    exec(page.page.evaluate("window.copied"), scope)
    maps = scope["maps"][0].numpy()
    np.testing.assert_allclose(np.reshape(page.drawn()["maps"], maps.shape), maps, atol=1e-5)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_accessible_and_not_wider_than_the_page(new_page, show, theme, width):
    page = show(FeatureMaps(shift=(2, 2)), page=new_page(width, theme=theme))
    if theme == "dark":
        page.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.drawn()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    wait_for_fading(page.page)
    assert violations(page.page, ".lu-feature-maps") == []

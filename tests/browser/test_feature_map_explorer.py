"""FeatureMapExplorer in Chromium: maps, numbers and order are Python's; every control by mouse and
by keys.
"""

import subprocess
import sys

import numpy as np
import pytest
import torch
from page_tools import (
    KEEP_COPIES,
    on_drawn,
    pixels,
    read,
    settled_box,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect
from torch import nn

from lecture_utils import palette
from lecture_utils.widgets import FeatureMapExplorer

LISTEN = on_drawn("FeatureMapExplorer")


def make_images():
    """Return three images of patches: two of noise, one all black."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, 14, 14, 3), dtype=np.uint8)
    patches = [np.kron(each, np.ones((16, 16, 1), np.uint8)) for each in noise]
    return {"one": patches[0], "two": patches[1], "black": np.zeros((224, 224, 3), np.uint8)}


def networks():
    torch.manual_seed(1)
    first = nn.Sequential(nn.Conv2d(3, 60, 9, stride=8), nn.ReLU(), nn.Conv2d(60, 5, 3, stride=2))
    with torch.no_grad():
        first[0].weight[[7, 9]] = 0
        first[0].bias[[7, 9]] = -1
        first[0].bias[:7] = 0  # silent for black
    second = nn.Sequential(nn.Conv2d(3, 4, 5, stride=4), nn.ReLU())
    return {"deep": (first,), "flat": (second,)}


class Page:
    """The explorer on a page, as a reader and as a test see it."""

    def __init__(self, mount, page, explorer):
        page.add_init_script(LISTEN)
        page.add_init_script(KEEP_COPIES)
        mount(explorer)
        self.page, self.explorer = page, explorer
        self.root = page.locator(".lu-feature-map-explorer")

    def drawn(self, **expected):
        """Wait until what is expected has been drawn."""
        for name, value in expected.items():
            self.page.wait_for_function(
                "([root, name, value]) => JSON.stringify(root.drawn?.[name]) === JSON.stringify(value)",
                arg=[self.root.element_handle(), name, value],
            )
        return read(self.root, "(root) => root.drawn")

    def card(self, number):
        return self.root.locator(".fme-card:not([hidden])").nth(number)

    def check(self, sort, dark=False):
        """Compare order, numbers and maps of all cards on screen with Python's."""
        drawn = self.drawn()
        layer = self.explorer.maps[drawn["model"]][drawn["layer"]]
        left, right = drawn["sides"]
        a, b = layer.responses[left], layer.responses[right]
        merit = {"number": 0 * a, "response": np.maximum(a, b), "difference": np.abs(a - b)}[sort]
        expected = np.argsort(-merit, kind="stable")[: len(drawn["filters"])]
        # Numbers travel in half precision: filters that differ by less may change places.
        tolerance = 2e-3 * max(a.max(), b.max())
        np.testing.assert_allclose(merit[drawn["filters"]], merit[expected], rtol=0, atol=tolerance)
        colors = palette.signed_colors if layer.is_signed else palette.sequential_colors
        for i in (0, 1, len(drawn["filters"]) - 1):
            filter = drawn["filters"][i]
            for side, index in enumerate((left, right)):
                image = pixels(self.card(i).locator("canvas").nth(side))[..., :3]
                shown = layer.shown[index, filter]
                wanted = colors(shown, layer.limit, dark)
                assert image.shape == wanted.shape
                if not layer.maps[index, filter].any():
                    assert (image == wanted).all()  # perfectly empty
                else:
                    assert np.abs(image - wanted.astype(int)).mean() < 12
            label = self.card(i).get_attribute("aria-label")
            assert label.startswith(f"Filter {filter}: ")
            names = self.explorer.image_names
            assert f"“{names[left]}” {written(layer.responses[left, filter])}" in label
            assert label.endswith(", dead") == (filter in layer.dead)
        return drawn


def written(value):
    """Write a number as the page does with three decimals, as far as the tests need it."""
    value = float(np.float16(value))
    if value < 1e-12:
        return "0"
    text = f"{value:.3f}" if value >= 0.0005 else f"{value:.2g}"
    return text.rstrip("0").rstrip(".") if "e" not in text else text


@pytest.fixture
def explorer(mount, page):
    return Page(
        mount, page, FeatureMapExplorer(networks(), images=make_images(), layer="convolution 1")
    )


def test_maps_numbers_and_order_are_pythons(explorer):
    root = explorer.root
    drawn = explorer.check("response")
    assert drawn["model"] == "deep" and len(drawn["filters"]) == 48
    assert "60 filters with maps of 27×27" in root.inner_text()
    assert f"Dead (silent for all 3 images): {len(drawn['dead'])}." in root.inner_text()
    orders = {
        "difference": "Largest difference",
        "number": "In the order",
        "response": "Strongest",
    }
    for sort, name in orders.items():
        root.get_by_role("radio", name=name).check(force=True)
        wait_for_frames(explorer.page)
        explorer.check(sort)
    root.get_by_role("button", name="Show more of the 60 filters").click()
    assert len(explorer.check("response")["filters"]) == 60
    expect(root.locator(".fme-card.dead")).to_have_count(len(drawn["dead"]))
    root.get_by_label("Second image").locator("select").select_option("black")
    explorer.drawn(sides=[0, 2])
    explorer.check("response")
    root.get_by_role("radio", name="convolution 2").check(force=True)
    explorer.drawn(layer="convolution 2")
    explorer.check("response")
    assert explorer.explorer.maps["deep"]["convolution 2"].is_signed
    explorer.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    wait_for_frames(explorer.page)
    explorer.check("response", dark=True)
    root.get_by_label("Network", exact=True).select_option("flat")
    explorer.drawn(model="flat")
    explorer.check("response", dark=True)
    # Back where one was.
    root.get_by_label("Network", exact=True).select_option("deep")
    explorer.drawn(model="deep", layer="convolution 2")


def test_one_filter_enlarged_over_the_images(explorer):
    explorer.card(4).click()
    drawn = explorer.drawn()
    filter = drawn["filters"][4]
    explorer.drawn(filter=filter)
    layer = explorer.explorer.maps["deep"]["convolution 1"]
    for side in (0, 1):
        panel = explorer.root.locator(".fme-side").nth(side)
        ranks = (layer.responses[side] > layer.responses[side, filter]).sum() + 1
        text = panel.inner_text()
        assert f"Filter {filter}: response {written(layer.responses[side, filter])}" in text
        assert f"{ranks}" in text and "of 60" in text
        # The map lies over the middles of what it sees: 9 pixels, every 8.
        box = settled_box(panel.locator(".fme-stack"))
        over = settled_box(panel.locator(".fme-map"))
        assert (over["x"] - box["x"]) / box["width"] == pytest.approx(0.5 / 224, abs=0.003)
        assert over["width"] / box["width"] == pytest.approx(216 / 224, abs=0.003)
    rows = explorer.root.locator(".fme-table tbody tr")
    expect(rows).to_have_count(0)  # until a reader opens the table
    explorer.root.get_by_text("in numbers").click()
    expect(rows).to_have_count(3)
    for i in range(3):
        expect(rows.nth(i)).to_contain_text(written(layer.responses[i, filter]))
    other = drawn["filters"][1]
    explorer.card(1).click()
    for i in range(3):
        expect(rows.nth(i)).to_contain_text(written(layer.responses[i, other]))
    explorer.root.evaluate("(root) => { root.drawn = null; }")
    slider = explorer.root.get_by_role("slider")
    slider.fill("0")
    image = explorer.root.locator(".fme-image").first
    opacity = "canvas => [canvas.style.opacity, canvas.nextSibling.style.opacity]"
    assert image.evaluate(opacity) == ["0", "1"]
    assert explorer.drawn(filter=other)["layer"] == "convolution 1"
    slider.focus()
    explorer.page.keyboard.press("End")
    assert image.evaluate(opacity) == ["1", "0"]


def test_the_keyboard_walks_the_cards(explorer):
    page, root = explorer.page, explorer.root
    assert root.locator('.fme-card[tabindex="0"]').count() == 1
    root.locator('.fme-card[tabindex="0"]').focus()
    filters = explorer.drawn()["filters"]
    columns = explorer.root.evaluate(
        "root => { const all = [...root.querySelectorAll('.fme-card')]; return all.filter((c) => c.offsetTop === all[0].offsetTop).length; }"
    )
    moves = [
        ("ArrowRight", 1),
        ("ArrowDown", 1 + columns),
        ("ArrowLeft", columns),
        ("ArrowUp", 0),
        ("ArrowUp", 0),
        ("End", 47),
        ("Home", 0),
    ]
    for key, at in moves:
        page.keyboard.press(key)
        explorer.drawn(filter=filters[at])
        assert root.locator('.fme-card[aria-checked="true"]').count() == 1
    root.get_by_role("radio", name="convolution 1").focus()
    page.keyboard.press("ArrowRight")
    drawn = explorer.drawn(layer="convolution 2")
    assert drawn["filter"] == drawn["filters"][0]


def test_another_filter_paints_only_the_enlarged_maps(explorer):
    explorer.drawn()
    explorer.page.evaluate(
        """() => {
          const { prototype } = CanvasRenderingContext2D;
          const put = prototype.putImageData;
          window.painted = 0;
          prototype.putImageData = function (...rest) {
            window.painted += this.canvas.closest(".fme-card") ? 1 : 0;
            return put.apply(this, rest);
          };
        }"""
    )
    explorer.card(3).click()
    explorer.drawn(filter=int(explorer.card(3).locator(".fme-number").inner_text()))
    assert explorer.page.evaluate("window.painted") == 0
    expect(explorer.card(3)).to_have_attribute("aria-checked", "true")
    explorer.root.get_by_text("difference", exact=True).click()
    explorer.check("difference")
    assert explorer.page.evaluate("window.painted") > 0


def test_an_empty_map_is_said_to_be_empty(explorer):
    explorer.root.get_by_label("First image").locator("select").select_option("black")
    explorer.drawn(sides=[2, 1])
    explorer.root.get_by_role("radio", name="In the order").check(force=True)
    explorer.page.wait_for_function("document.querySelector('.fme-number').textContent === '0'")
    explorer.card(7).click()
    explorer.drawn(filter=7)
    assert explorer.root.get_by_text("Filter 7: an empty map").count() == 2
    assert "dead" in explorer.card(7).inner_text()


def test_what_python_sets_is_shown(mount, page):
    explorer = FeatureMapExplorer(networks(), images=make_images())
    explorer.model, explorer.sort, explorer.filter = "flat", "number", 2
    explorer.left, explorer.right = "two", "two"
    drawn = Page(mount, page, explorer).drawn(model="flat", filter=2)
    assert drawn["sides"] == [1, 1] and drawn["filters"] == [0, 1, 2, 3]


def test_the_copied_program_runs_and_agrees(mount, page):
    explorer = Page(mount, page, FeatureMapExplorer("cats-vs-dogs/augmented"))
    filter = explorer.drawn()["filter"]
    explorer.root.get_by_role("button", name="Copy as Python").click()
    done = subprocess.run(
        [sys.executable, "-c", page.evaluate("window.copied")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    layer = explorer.explorer.maps["cats-vs-dogs/augmented"]["convolution 1"]
    line = next(line for line in done.stdout.splitlines() if line.startswith(f"filter {filter}:"))
    numbers = [float(text) for text in line.partition("[")[2].partition("]")[0].split(",")]
    np.testing.assert_allclose(numbers, layer.responses[:2, filter], rtol=1e-3, atol=1e-4)


def test_a_damaged_sprite_is_said(mount, page):
    explorer = FeatureMapExplorer(networks(), images=make_images())
    explorer.sprites = np.zeros_like(explorer.sprites)
    page.add_init_script(LISTEN)
    mount(explorer)
    expect(page.locator(".fme-summary")).to_contain_text(
        "The maps of convolution 1 cannot be shown"
    )


def test_two_beside_each_other_and_accessibility(mount, page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    both = [FeatureMapExplorer(networks(), images=make_images()) for _ in range(2)]
    page.add_init_script(LISTEN)
    mount(*both)
    roots = page.locator(".lu-feature-map-explorer")
    roots.nth(1).get_by_role("radio", name="convolution 2").check(force=True)
    page.wait_for_function(
        "document.querySelectorAll('.lu-feature-map-explorer')[1].drawn.layer === 'convolution 2'"
    )
    assert roots.nth(0).evaluate("root => root.drawn.layer") == "convolution 1"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        wait_for_fading(page)
        assert violations(page, ".lu-feature-map-explorer") == []

"""FilterGallery in Chromium: pictures and numbers are the recording's; every control by mouse and
by keys.
"""

import io
import subprocess
import sys

import numpy as np
import pytest
from page_tools import KEEP_COPIES, on_drawn, pixels, read, violations, wait_for_fading
from PIL import Image
from playwright.sync_api import expect

from lecture_utils.interpretation import recordings
from lecture_utils.widgets import FilterGallery

LISTEN = on_drawn("FilterGallery")
CATS, IMAGENET = recordings.PLANS
METHODS = recordings.METHODS


class Page:
    """The gallery on a page, as a reader and as a test see it."""

    def __init__(self, mount, page, gallery):
        page.add_init_script(LISTEN)
        page.add_init_script(KEEP_COPIES)
        mount(gallery)
        self.page, self.gallery = page, gallery
        self.root = page.locator(".lu-filter-gallery")

    def drawn(self, **expected):
        """Wait until what is expected has been drawn."""
        for name, value in expected.items():
            self.page.wait_for_function(
                "([root, name, value]) => root.drawn?.[name] === value",
                arg=[self.root.element_handle(), name, value],
            )
        return read(self.root, "(root) => root.drawn")

    def layer(self, label):
        self.root.locator(f'.lu-layer input[value="{label}"]').check(force=True)
        self.drawn(layer=label)

    def check(self):
        """Compare the pictures and numbers on screen with the recording."""
        drawn, gallery = self.drawn(), self.gallery
        gallery.network, gallery.layer = drawn["network"], drawn["layer"]
        entry = gallery._entry
        index = entry["channels"].index(drawn["filter"])
        frame = gallery._plan["frames"].index(drawn["step"])
        for m, method in enumerate(METHODS):
            images = gallery.images(method)
            large = self.root.locator(".gallery-large").nth(m)
            same(large.locator("canvas"), images[index, frame])
            value = entry[method]["activations"][index][frame]
            measure = "logit" if entry["names"] else "mean activation"
            assert f"{measure} {written(value)} (start" in large.inner_text()
            for i in range(len(entry["channels"])):
                card = self.root.locator(".gallery-card:not([hidden])").nth(i)
                same(card.locator("canvas").nth(m), images[i, frame])
        examples = self.root.locator(".gallery-examples figure")
        assert examples.count() == len(entry["examples"]["activations"][index])
        for i, value in enumerate(entry["examples"]["activations"][index]):
            same(examples.nth(i).locator("canvas"), gallery.images("examples")[index, i])
            assert examples.nth(i).inner_text().strip() == written(value)
        return drawn


def same(canvas, picture):
    image = pixels(canvas)[..., :3]
    assert image.shape == picture.shape
    # Decoders may round the colors of a compressed picture a little differently.
    assert np.abs(image - picture.astype(int)).mean() < 3


def written(value):
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 100 else 2
    text = f"{float(f'{size:.2g}'):f}" if 0 < size < 0.005 else f"{size:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("\N{MINUS SIGN}" if value < 0 and text != "0" else "") + (text or "0")


@pytest.fixture
def gallery(mount, page):
    return Page(mount, page, FilterGallery())


def test_pictures_and_numbers_are_the_recordings(gallery):
    root = gallery.root
    assert gallery.check()["step"] == gallery.gallery._plan["frames"][-1]
    slider = root.get_by_role("slider")
    for at in (0, 2):
        slider.fill(f"{at}")
        gallery.drawn(step=gallery.gallery._plan["frames"][at])
        gallery.check()
    gallery.layer("convolution 4")
    gallery.check()
    fourth = gallery.gallery._entry["channels"][3]
    root.locator(".gallery-card").nth(3).click()
    gallery.drawn(filter=fourth)  # not before the next frame
    gallery.check()
    root.get_by_label("Network", exact=True).select_option(IMAGENET)
    gallery.drawn(network=IMAGENET, layer="stem")
    gallery.check()
    gallery.layer("classes")
    gallery.check()
    entry = gallery.gallery._entry
    assert root.locator(".gallery-card:not([hidden])").first.inner_text() == entry["names"][0]
    root.get_by_label("Network", exact=True).select_option(CATS)
    gallery.drawn(network=CATS, layer="convolution 4")  # back where one was
    root.get_by_text("All steps in numbers").click()
    rows = root.locator(".gallery-table tbody tr").all_inner_texts()
    assert len(rows) == len(gallery.gallery._plan["frames"])
    assert root.get_by_text("This network was retrained").is_hidden()


def test_keys_and_play(gallery):
    page, root = gallery.page, gallery.root
    frames = gallery.gallery._plan["frames"]
    root.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    gallery.drawn(step=frames[-2])
    page.keyboard.press("Home")
    gallery.drawn(step=0)
    assert "random start" in root.get_by_role("slider").get_attribute("aria-valuetext")
    root.locator('.gallery-card[tabindex="0"]').focus()
    channels = gallery.gallery._entry["channels"]
    for key, at in (("ArrowRight", 1), ("End", len(channels) - 1), ("Home", 0)):
        page.keyboard.press(key)
        gallery.drawn(filter=channels[at])
    root.get_by_role("radio", name="convolution 1").focus()
    page.keyboard.press("ArrowRight")
    gallery.drawn(layer="convolution 2")
    root.get_by_role("button", name="Play").click()
    gallery.drawn(step=frames[1])
    gallery.drawn(step=frames[-1])
    gallery.check()


def test_what_python_sets_is_shown(mount, page):
    gallery = FilterGallery(IMAGENET, layer="classes", step=0)
    gallery.filter = gallery._entry["channels"][2]
    shown = Page(mount, page, gallery)
    assert shown.check() == {
        "demo": "filter_gallery",
        "network": IMAGENET, "layer": "classes", "filter": gallery.filter, "step": 0,
    }  # fmt: skip
    assert shown.root.get_by_label("Network", exact=True).count() == 0


def test_the_copied_program_runs_and_agrees(mount, page):
    shown = Page(mount, page, FilterGallery(CATS))
    shown.root.get_by_role("button", name="Copy as Python").click()
    done = subprocess.run(
        [sys.executable, "-c", page.evaluate("window.copied")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    reached = dict(
        line.split() for line in done.stdout.splitlines() if line.startswith(tuple(METHODS))
    )
    entry = shown.gallery._entry
    for method in METHODS:
        recorded = entry[method]["activations"][0]
        # Alone in its batch a filter starts from other noise.
        climbed = (float(reached[method]) - recorded[0]) / (recorded[-1] - recorded[0])
        assert 0.6 < climbed < 1.7


def test_damaged_pictures_and_new_weights_are_said(mount, page):
    gallery = FilterGallery(CATS)
    gallery.sprites = np.zeros_like(gallery.sprites)
    networks = [{**gallery.networks[0], "outdated": True}]
    gallery.networks = networks
    page.add_init_script(LISTEN)
    mount(gallery)
    expect(page.locator(".gallery-heading")).to_contain_text("cannot be shown")
    assert page.get_by_text("This network was retrained").is_visible()


def test_two_beside_each_other_and_accessibility(mount, page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(LISTEN)
    mount(FilterGallery(CATS), FilterGallery())
    roots = page.locator(".lu-filter-gallery")
    roots.nth(1).get_by_role("radio", name="convolution 3").check(force=True)
    page.wait_for_function(
        "document.querySelectorAll('.lu-filter-gallery')[1].drawn.layer === 'convolution 3'"
    )
    assert roots.nth(0).evaluate("root => root.drawn.layer") == "convolution 1"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        wait_for_fading(page)
        assert violations(page, ".lu-filter-gallery") == []


def test_the_fallback_has_pictures_and_numbers():
    html = FilterGallery().figure_html()
    data = html.partition("base64,")[2].partition('"')[0]
    import base64

    assert Image.open(io.BytesIO(base64.b64decode(data))).width > 800

"""FilterGallery in Chromium: images and numbers are the recording's; every control by mouse and by
keys; images of a layer are loaded when it is chosen.
"""

import json
import subprocess
import sys

import demo_data
import numpy as np
import pytest
from page_tools import KEEP_COPIES, on_drawn, pixels, read, violations, wait_for_fading
from playwright.sync_api import expect

from lecture_utils.interpretation.recordings import SWEEPS
from lecture_utils.widgets import FilterGallery

LISTEN = on_drawn("FilterGallery")
CATS, LITE = "cats-vs-dogs/augmented", "efficientnet_lite0"
SLIDERS = {
    "fourier": "Fourier: power of 1/f",
    "color": "Decorrelated color",
    "transformations": "Transformations",
    "total_variation": "Total variation",
}


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
        self.page.wait_for_function("(root) => root.drawn", arg=self.root.element_handle())
        for name, value in expected.items():
            self.page.wait_for_function(
                "([root, name, value]) => root.drawn?.[name] === value",
                arg=[self.root.element_handle(), name, value],
            )
        return read(self.root, "(root) => root.drawn")

    def layer(self, label):
        self.root.locator(f'.lu-layer input[value="{label}"]').check(force=True)
        self.drawn(layer=label)

    def slider(self, prior):
        return self.root.get_by_label(SLIDERS[prior], exact=True)

    def check(self):
        """Compare the images and numbers on screen with the recording."""
        drawn, gallery = self.drawn(), self.gallery
        gallery.set_state({k: v for k, v in drawn.items() if k != "demo"})
        entry, root = gallery._entry, self.root
        at = entry["channels"].index(drawn["filter"])
        is_neuron = drawn["objective"] == "neuron"
        is_swept = at < len(entry["swept"]) and not is_neuron
        images = {kind: gallery.images(kind) for kind in ("optima", "minimum", "swept")}
        if is_neuron:
            large, value = gallery.images("neuron")[at, 0], entry["neuron"][at]
        elif is_swept:
            large = images["swept"][at, drawn["setting"]]
            value = entry["swept"][at][drawn["setting"]]
        else:
            large, value = images["optima"][at, 0], entry["optima"][at][0]
        same(root.locator(".gallery-large canvas"), large)
        measure = {"channel": "Mean activation", "neuron": "Activation in the middle"}
        assert root.locator(".gallery-value").inner_text() == (
            f"{measure.get(drawn['objective'], 'Logit')} {written(value)}"
        )
        thumbnails = gallery.images("neuron") if is_neuron else images["optima"]
        for i in range(len(entry["channels"])):
            card = root.locator(".gallery-card:not([hidden])").nth(i)
            same(card.locator("canvas"), thumbnails[i, 0])
        self.check_row(".optima", images["optima"][at], entry["optima"][at])
        self.check_row(".minimum", images["minimum"][at], [entry["minimum"][at]])
        self.check_examples(entry, at, is_neuron)
        assert all(self.slider(prior).is_disabled() != is_swept for prior in SLIDERS)
        return drawn

    def check_row(self, name, images, values):
        figures = self.root.locator(f"{name} figure")
        assert figures.all_inner_texts() == [written(value) for value in values]
        for i, image in enumerate(images):
            same(figures.nth(i).locator("canvas"), image)

    def check_examples(self, entry, at, is_neuron):
        pool = self.gallery.pool()
        for kind in ("most", "least"):
            examples = entry["examples"]["local" if is_neuron else "whole"][kind][at]
            figures = self.root.locator(f".gallery-row.{kind} figure")
            assert figures.all_inner_texts() == [written(value) for _, value, *_ in examples]
            for i, (image, _, *position) in enumerate(examples):
                shown = pixels(figures.nth(i).locator("canvas"))[..., :3]
                if position:
                    assert len(shown) == min(pool.shape[1], max(24, entry["field"]))
                else:
                    same(figures.nth(i).locator("canvas"), pool[image])


def same(canvas, image):
    found = pixels(canvas)[..., :3]
    assert found.shape == image.shape
    # Decoders may round the colors of a compressed image a little differently.
    assert np.abs(found - image.astype(int)).mean() < 3


def written(value):
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 100 else 2
    text = f"{float(f'{size:.2g}'):f}" if 0 < size < 0.005 else f"{size:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("\N{MINUS SIGN}" if value < 0 and text != "0" else "") + (text or "0")


@pytest.fixture
def gallery(mount, page):
    return Page(mount, page, FilterGallery(CATS, LITE))


def test_images_and_numbers_are_the_recordings(gallery):
    root = gallery.root
    assert gallery.check()["setting"] == 0
    gallery.layer("layer 9")
    gallery.check()
    fourth = gallery.gallery._entry["channels"][3]
    root.locator(".gallery-card").nth(3).click()
    gallery.drawn(filter=fourth)  # not before the next frame
    gallery.check()
    root.get_by_text("neuron (middle)").click()
    gallery.drawn(objective="neuron")
    gallery.check()
    root.get_by_label("Network", exact=True).select_option(LITE)
    gallery.drawn(model=LITE, layer="stage2.0", objective="neuron")
    gallery.check()
    gallery.layer("stage5.1")
    gallery.check()
    root.get_by_text("class logit").click()
    gallery.drawn(layer="classes", objective="logit")
    gallery.check()
    names = gallery.gallery._entry["names"]
    assert root.locator(".gallery-card:not([hidden])").first.inner_text() == names[0]
    root.get_by_text("channel (mean)").click()
    gallery.drawn(layer="stage7.0", objective="channel")
    root.get_by_label("Network", exact=True).select_option(CATS)
    gallery.drawn(model=CATS, layer="layer 9")  # back where one was
    assert root.get_by_label("class logit").is_disabled()
    assert root.get_by_text("This network was retrained").is_hidden()


def test_every_slider_shows_its_prior_and_the_plot_its_activation(mount, page):
    gallery = Page(mount, page, FilterGallery(LITE, layer="stage4.1"))
    settings = gallery.gallery._network["settings"]
    swept = gallery.gallery._entry["swept"][0]
    for prior, strengths in SWEEPS.items():
        for at, strength in enumerate(strengths):
            gallery.slider(prior).fill(f"{at}")
            setting = settings.index({**settings[0], prior: strength})
            gallery.drawn(setting=setting)
            gallery.check()
            value = written(swept[setting])
            assert value in gallery.slider(prior).get_attribute("aria-valuetext")
            plot = gallery.slider(prior).locator("xpath=../..").locator(".gallery-plot")
            assert plot.locator("text").text_content() == value
            heights = [float(dot.get_attribute("cy")) for dot in plot.locator("circle").all()]
            values = [swept[settings.index({**settings[0], prior: s})] for s in strengths]
            # Higher activations are higher up, in proportion.
            np.testing.assert_allclose(
                np.diff(heights) * (max(0, *swept) - min(0, *swept)),
                -36 * np.diff(values),
                atol=0.1,
            )
            for other in set(SWEEPS) - {prior}:
                default = SWEEPS[other].index(settings[0][other])
                assert gallery.slider(other).input_value() == str(default)
    rows = gallery.root.locator(".gallery-table tbody tr")
    expect(rows).to_have_count(0)  # until a reader opens the table
    gallery.root.get_by_text("The priors in numbers").click()
    expect(rows).to_have_count(sum(map(len, SWEEPS.values())))
    chosen = gallery.root.locator(".gallery-table tr.now td").last
    expect(chosen).to_have_text(written(swept[setting]))
    gallery.slider("fourier").fill("0")
    setting = settings.index({**settings[0], "fourier": SWEEPS["fourier"][0]})
    expect(chosen).to_have_text(written(swept[setting]))


def test_a_prior_paints_only_the_large_image(gallery):
    gallery.drawn()
    gallery.page.evaluate(
        """() => {
          const { prototype } = CanvasRenderingContext2D;
          const { drawImage } = prototype;
          window.painted = new Set();
          prototype.drawImage = function (...rest) {
            window.painted.add(this.canvas);
            return drawImage.apply(this, rest);
          };
        }"""
    )
    gallery.slider("fourier").fill("0")
    settings = gallery.gallery._network["settings"]
    gallery.drawn(setting=settings.index({**settings[0], "fourier": SWEEPS["fourier"][0]}))
    assert gallery.page.evaluate("window.painted.size") == 1
    gallery.root.locator(".gallery-card").nth(1).click()
    gallery.drawn(filter=gallery.gallery._entry["channels"][1])
    inside = "(root) => [...root.querySelectorAll('.gallery-card canvas')].some((each) => window.painted.has(each))"
    assert not gallery.root.evaluate(inside)
    gallery.check()


def test_keys(gallery):
    page, root = gallery.page, gallery.root
    settings = gallery.gallery._network["settings"]
    gallery.slider("fourier").focus()
    page.keyboard.press("Home")
    gallery.drawn(setting=settings.index({**settings[0], "fourier": 0}))
    root.locator('.gallery-card[tabindex="0"]').focus()
    channels = gallery.gallery._entry["channels"]
    for key, at in (("ArrowRight", 1), ("End", len(channels) - 1), ("Home", 0)):
        page.keyboard.press(key)
        gallery.drawn(filter=channels[at])
    root.get_by_role("radio", name="layer 0").focus()
    page.keyboard.press("ArrowRight")
    gallery.drawn(layer="layer 3")
    root.get_by_role("radio", name="channel (mean)").focus()
    page.keyboard.press("ArrowRight")
    gallery.drawn(objective="neuron")
    gallery.check()


def test_what_python_sets_is_shown(mount, page):
    gallery = FilterGallery(LITE, layer="classes", setting=3)
    gallery.filter = gallery._entry["channels"][1]
    shown = Page(mount, page, gallery)
    assert shown.check() == {
        "demo": "filter_gallery",
        "model": LITE, "layer": "classes", "filter": 207, "objective": "logit", "setting": 3,
    }  # fmt: skip
    assert shown.root.get_by_label("Network", exact=True).count() == 0


@pytest.mark.parametrize("objective", ["channel", "neuron"])
def test_the_copied_program_runs_and_agrees(mount, page, objective):
    shown = Page(mount, page, FilterGallery(CATS, layer="layer 3", objective=objective))
    entry = shown.gallery._entry
    shown.root.locator(".gallery-card").nth(2).click()
    shown.drawn(filter=entry["channels"][2])
    shown.root.get_by_role("button", name="Copy as Python").click()
    done = subprocess.run(
        [sys.executable, "-c", page.evaluate("window.copied")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("activation")]
    reached = np.array([float(value) for value in line.split()[1:]])
    recorded = entry["neuron"][2] if objective == "neuron" else entry["optima"][2]
    # In another batch a filter starts from other noise.
    assert reached.size == np.size(recorded)
    assert 0.6 < reached.mean() / np.mean(recorded) < 1.7


def test_images_of_a_layer_are_loaded_when_it_is_chosen(mount, page, tmp_path):
    """As in the built book: every deferred array is in a script of its own."""
    gallery = FilterGallery(CATS)
    page.add_init_script(LISTEN)
    mount(gallery)
    index = tmp_path / "index.html"
    head, start, rest = index.read_text().partition('widget-state+json">')
    body, end, tail = rest.partition("</script>")
    state = json.loads(body)
    names = iter(range(100))

    def write(_, text):
        name = f"data-{next(names)}.js"
        (tmp_path / name).write_text(text)
        return name

    for model in state["state"].values():
        demo_data.defer_bytes(model, write)
    index.write_text(head + start + json.dumps(state).replace("</", "<\\/") + end + tail)
    loaded = []
    page.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    page.reload()
    shown = Page.__new__(Page)
    shown.page, shown.gallery = page, gallery
    shown.root = page.locator(".lu-filter-gallery")
    shown.check()
    first = [name for name in loaded if name.startswith("data-")]
    assert len(first) == 2  # this layer and the data set
    shown.layer("layer 6")
    shown.check()
    second = [name for name in loaded if name.startswith("data-")]
    assert len(second) == 3 and len(set(second)) == 3
    shown.layer("layer 0")
    assert [name for name in loaded if name.startswith("data-")] == second
    page.route("**/data-*.js", lambda route: route.abort())
    page.get_by_role("radio", name="layer 3").check(force=True)
    expect(page.locator(".gallery-heading")).to_contain_text("cannot be shown: ")
    page.trouble.clear()  # the request was aborted by this test


def test_damaged_images_and_new_weights_are_said(mount, page):
    gallery = FilterGallery(CATS)
    gallery.deferred = {key: b"no image" for key in gallery.deferred}
    gallery.networks = [{**gallery.networks[0], "outdated": True}]
    page.add_init_script(LISTEN)
    mount(gallery)
    expect(page.locator(".gallery-heading")).to_contain_text("cannot be shown")
    assert page.get_by_text("This network was retrained").is_visible()


def test_two_beside_each_other_and_accessibility(mount, page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(LISTEN)
    mount(FilterGallery(CATS), FilterGallery(CATS, LITE))
    roots = page.locator(".lu-filter-gallery")
    roots.nth(1).get_by_role("radio", name="layer 6").check(force=True)
    page.wait_for_function(
        "document.querySelectorAll('.lu-filter-gallery')[1].drawn?.layer === 'layer 6'"
    )
    page.wait_for_function(
        "document.querySelectorAll('.lu-filter-gallery')[0].drawn?.layer === 'layer 0'"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        wait_for_fading(page)
        assert violations(page, ".lu-filter-gallery") == []

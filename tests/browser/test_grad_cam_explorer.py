"""GradCamExplorer in Chromium: every control is moved, and the page's numbers are Grad-CAM's in
Python.
"""

import numpy as np
import pytest
from page_tools import (
    KEEP_COPIES,
    on_drawn,
    read,
    settled_box,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect

from lecture_utils import interpretation, pretrained
from lecture_utils.widgets import GradCamExplorer
from lecture_utils.widgets.grad_cam_explorer.images import COLLAGE, known_photo

rng = np.random.default_rng(81)
LISTEN = on_drawn(
    "GradCamExplorer",
    """const list = ({ channel, weight, part }) => ({ channel, weight, part: [...part] });
  const { rows, columns, limit, c, other, second, photo, layer, away, gap, position: place } = detail;
  window.drawn = { rows, columns, limit, c, other, away, gap, place, photo: photo.name, layer: layer.name,
    map: [...detail.map], shown: [...detail.shown], sum: [...detail.sum], list: detail.list.map(list),
    second: { ...second, map: [...second.map] } };""",
)
STAGES = ("features.stage3", "features.stage5", "features.head")


@pytest.fixture(scope="module")
def net():
    return pretrained.load("efficientnet_lite0")


@pytest.fixture(scope="module")
def demo():
    return GradCamExplorer([COLLAGE, "rocket"])


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, page, demo):
        self.page, self.demo = page, demo
        self.root = page.locator(".lu-grad-cam-explorer")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.page, "() => window.drawn")

    def choose(self, name):
        self.root.get_by_role("radio", name=name).check(force=True)

    def find(self, c, picker="Class"):
        """Choose a class by its name; of two with the same name, the right one."""
        group = self.root.get_by_role("group", name=picker, exact=True)
        group.get_by_role("searchbox").fill(self.demo.class_names[c])
        place = list(self.demo.explanations[self.drawn()["photo"]].top(1000)).index(c) + 1
        group.get_by_role(
            "button", name=f"{self.demo.class_names[c]} · rank {place}", exact=True
        ).click()
        assert self.drawn()["c" if picker == "Class" else "other"] == c

    def check_map(self, expected):
        drawn = self.drawn()
        layer = next(one for one in self.demo.layers if one["name"] == drawn["layer"])
        limit = self.demo.explanations[drawn["photo"]].limit(drawn["layer"])
        assert drawn["limit"] == pytest.approx(limit, rel=0.015)
        found = np.reshape(drawn["map"], expected.shape)
        np.testing.assert_allclose(found, expected, atol=(layer["error"] + 1e-4) * limit)
        return drawn


@pytest.fixture
def show(mount, page, demo):
    def open_page(demo=demo, page=page):
        page.add_init_script(LISTEN)
        page.add_init_script(KEEP_COPIES)
        mount(demo, page=page)
        return Page(page, demo)

    return open_page


def test_maps_of_any_class_at_any_layer_are_grad_cams(show, demo, net):
    page = show()
    for name in ("rocket", COLLAGE):
        page.choose(name)
        assert page.drawn()["c"] == demo.explanations[name].top(1)[0]
        images = net.preprocess(known_photo(name))
        for stage in STAGES:
            c = int(rng.integers(1000) if stage == STAGES[-1] else rng.choice(demo.listed))
            page.find(c)
            page.choose(f"{stage}:")
            expected = interpretation.grad_cam(net.model, stage, images, c, signed=True)[0].numpy()
            drawn = page.check_map(expected)
            assert drawn["photo"] == name and drawn["layer"] == stage
            for sign, kept in (
                ("for and against", expected),
                ("against", expected.clip(max=0)),
                ("Grad-CAM", expected.clip(0)),
            ):
                names = {
                    "for and against": "both: Evidence for and against the class",
                    "against": "Evidence against the class",
                    "Grad-CAM": "Evidence for the class: Grad-CAM",
                }
                page.choose(names[sign])
                found = np.reshape(page.drawn()["shown"], kept.shape)
                np.testing.assert_allclose(found, kept, atol=0.015 * drawn["limit"])


def test_the_last_map_adds_up_to_the_logit(show, demo):
    page = show()
    one = demo.explanations[COLLAGE]
    c = int(one.top(1)[0])
    assert np.sum(page.drawn()["map"]) + demo.biases[c] == pytest.approx(one.logits[c], abs=0.05)
    text = page.root.locator(".cam-line").inner_text()
    assert f"that makes the logit, {one.logits[c]:.1f}" in text


def test_occlusion_another_class_and_difference(show, demo, net):
    page = show()
    images = net.preprocess(known_photo(COLLAGE))
    one = demo.explanations[COLLAGE]
    drawn = page.drawn()
    falls = interpretation.occlusion(net.model, images, drawn["c"], window=64, stride=32)[0].numpy()
    assert (drawn["second"]["rows"], drawn["second"]["columns"]) == (7, 7)
    np.testing.assert_allclose(
        np.reshape(drawn["second"]["map"], (7, 7)), falls[16::32, 16::32], atol=2e-3
    )
    page.choose("another class")
    other = int(one.top(4)[3])
    page.root.get_by_role("group", name="Compare with").get_by_role(
        "radio", name=demo.class_names[other]
    ).check(force=True)
    cams = {c: one.layers[STAGES[-1]].cam(c) for c in (drawn["c"], other)}
    close = {"atol": 0.01 * drawn["limit"]}
    np.testing.assert_allclose(page.drawn()["second"]["map"], cams[other].clip(0).ravel(), **close)
    page.choose("difference")
    apart = cams[drawn["c"]] - cams[other]
    np.testing.assert_allclose(page.drawn()["second"]["map"], apart.ravel(), **close)
    assert page.drawn()["gap"] == pytest.approx(apart.sum(), abs=0.05)
    outside = next(c for c in range(1000) if c not in demo.listed)
    page.find(outside, "Compare with")
    page.choose(f"{STAGES[0]}:")
    expect(page.root.locator(".cam-view").last).to_contain_text("was not computed")


@pytest.mark.parametrize("stage", STAGES)
def test_channels_add_up_one_by_one(show, demo, net, stage):
    page = show(GradCamExplorer([COLLAGE, "rocket"], photo="rocket", layer=stage, order="weight"))
    images = net.preprocess(known_photo("rocket"))
    c = page.drawn()["c"]
    python = interpretation.grad_cam_channels(net.model, stage, images, c)
    weights, parts = python.weights[0].numpy(), python.contributions[0].numpy()
    drawn = page.drawn()
    shown = [one["channel"] for one in drawn["list"]]
    if stage == STAGES[-1]:
        assert shown == python.top(8)[0].tolist()
    # Inside, weights travel in half precision: two that are equal to three digits may change
    # places.
    np.testing.assert_allclose(weights[shown], np.sort(weights)[::-1][:8], rtol=2e-3)
    limit = demo.explanations["rocket"].limit(stage)
    for order in ("weight", "effect"):
        page.choose(f"largest {order}")
        drawn = page.drawn()
        shown = [one["channel"] for one in drawn["list"]]
        if order == "effect":
            effects = np.abs(parts).sum(axis=(1, 2))
            # Neighbors in the ranking may change places where their bytes are rounded.
            np.testing.assert_allclose(effects[shown], np.sort(effects)[::-1][:8], rtol=0.03)
        for one in drawn["list"]:
            assert one["weight"] == pytest.approx(
                weights[one["channel"]], abs=0.006 * float(np.abs(weights[shown]).max())
            )
            np.testing.assert_allclose(
                one["part"], parts[one["channel"]].ravel(), atol=0.01 * limit
            )
        for count in (0, 3, 8):
            page.root.get_by_role("slider", name="Channels added up").fill(str(count))
            drawn = page.drawn()
            total = parts[shown[:count]].sum(axis=0).ravel()
            np.testing.assert_allclose(drawn["sum"], total, atol=0.015 * limit)
            whole = parts.sum(axis=0).ravel()
            expected = np.linalg.norm(total - whole) / np.linalg.norm(whole)
            assert drawn["away"] == pytest.approx(expected, abs=0.02)
    page.root.locator(".cam-card").nth(1).click()
    expect(page.root.get_by_role("slider", name="Channels added up")).to_have_value("2")


def test_what_was_found_shows_the_ranks_of_the_photo(show, demo):
    page = show()
    group = page.root.get_by_role("group", name="Class", exact=True)
    group.get_by_role("searchbox").fill("goldfish")
    for photo in ("rocket", COLLAGE):
        page.choose(photo)
        ranked = list(demo.explanations[photo].top(1000))
        place = ranked.index(demo.class_names.index("goldfish")) + 1
        expect(group.locator(".cam-found button").first).to_have_text(f"goldfish · rank {place}")


def test_search_keyboard_and_classes_that_only_the_last_layer_has(show, demo):
    page = show()
    field = page.root.get_by_role("searchbox").first
    field.fill("zzz")
    expect(page.root.locator(".cam-picker").first).to_contain_text("no class has this name")
    field.fill("gold")
    expect(page.root.locator(".cam-found").first).to_contain_text("goldfish")
    page.choose(f"{STAGES[1]}:")
    field.fill("goldfish")
    field.press("Enter")
    drawn = page.drawn()
    assert demo.class_names[drawn["c"]] == "goldfish" and drawn["layer"] == STAGES[2]
    expect(page.root.get_by_role("radio", name=f"{STAGES[1]}:")).to_be_disabled()
    expect(page.root.locator(".lu-message")).to_contain_text("This page has no map of “goldfish”")
    expect(page.root.locator(".cam-view").last).to_contain_text("Occlusion was computed for")
    page.root.get_by_role("radio", name="goldfish").focus()
    page.page.keyboard.press("Home")
    page.page.keyboard.press("ArrowRight")
    assert demo.class_names[page.drawn()["c"]] != "goldfish"
    assert page.drawn()["layer"] == STAGES[1]  # what was asked for before


def test_cells_by_keyboard_and_pointer(show, demo):
    page = show()
    view = page.root.get_by_role("application", name="Grad-CAM over the image")
    view.focus()
    for key in ("PageUp", "Home", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.page.keyboard.press(key)
    drawn = page.drawn()
    assert drawn["place"] == [1, 2]
    value = drawn["map"][9]
    reading = page.root.locator(".cam-reading")
    expect(reading).to_contain_text("Row 1, column 2: ")
    assert (
        abs(float(reading.inner_text().split(": ")[1].split()[2].replace("−", "-")) - value) < 6e-4
    )
    box = settled_box(view)
    view.hover(position={"x": box["width"] - 4, "y": box["height"] - 4})
    assert page.drawn()["place"] == [6, 6]
    second = page.root.get_by_role("application", name="The second map")
    second.hover(position={"x": 4, "y": 4})
    assert page.drawn()["place"] == [0, 0]


def test_opacity_and_smoothness(show):
    page = show()
    page.choose(f"{STAGES[0]}:")
    page.drawn()
    lists = (
        "addEventListener('lu:drawn', ({ detail }) => { (window.lists ??= []).push(detail.list); })"
    )
    page.page.evaluate(lists)
    for opacity in ("40", "60"):
        page.root.get_by_role("slider", name="Opacity").fill(opacity)
        page.drawn()
    # Nothing is computed again.
    assert page.page.evaluate("[window.lists.length, new Set(window.lists).size]") == [2, 1]
    page.choose(f"{STAGES[-1]}:")
    canvas = page.root.locator(".cam-view canvas").first
    page.root.get_by_role("slider", name="Opacity").fill("0")
    page.drawn()
    expect(canvas).to_have_css("opacity", "0")
    expect(page.root.locator(".cam-photo").first).to_have_css("filter", "grayscale(0)")
    page.root.get_by_role("slider", name="Opacity").fill("100")
    page.root.get_by_role("checkbox", name="smooth").uncheck()
    page.drawn()
    expect(canvas).to_have_css("opacity", "1")
    expect(canvas).to_have_css("image-rendering", "pixelated")
    pixel = "(c) => [...c.getContext('2d').getImageData(0, 0, 7, 7).data]"
    rgba = np.reshape(canvas.evaluate(pixel), (49, 4))
    drawn = page.drawn()
    shares = np.array(drawn["shown"]) / drawn["limit"]
    np.testing.assert_allclose(rgba[:, 3] / 255, shares, atol=1.01 / 255)


def test_a_class_without_evidence(show, demo):
    page = show()
    strongest = demo.explanations[COLLAGE].layers[STAGES[-1]].cam(slice(None)).max(axis=(1, 2))
    nothing = int(strongest.argmin())
    assert strongest[nothing] < 0.03 * demo.explanations[COLLAGE].limit(STAGES[-1])
    page.find(nothing)
    expect(page.root.locator(".lu-message")).to_contain_text("almost no evidence for")
    page.choose("Evidence against the class")
    expect(page.root.locator(".lu-message")).to_be_hidden()


@pytest.mark.parametrize(
    ("evidence", "beside"),
    [("positive", "occlusion"), ("negative", "class"), ("both", "difference")],
)
def test_the_copied_program_computes_the_same(show, demo, evidence, beside):
    page = show(GradCamExplorer([COLLAGE, "rocket"], evidence=evidence, beside=beside))
    page.root.get_by_role("button", name="Copy as Python").click()
    scope = {}
    exec(page.page.evaluate("window.copied"), scope)
    drawn = page.drawn()
    limit = drawn["limit"]
    np.testing.assert_allclose(drawn["shown"], scope["cam"].numpy().ravel(), atol=0.01 * limit)
    if beside == "occlusion":
        np.testing.assert_allclose(
            drawn["second"]["map"], scope["falls"].numpy()[16::32, 16::32].ravel(), atol=2e-3
        )
    else:
        second = scope["other" if beside == "class" else "difference"].numpy().ravel()
        np.testing.assert_allclose(drawn["second"]["map"], second, atol=0.015 * limit)


def test_an_own_picture(show):
    own = GradCamExplorer(
        {"noise": rng.integers(0, 256, (50, 60, 3), dtype=np.uint8)}, layers=[STAGES[-1]]
    )
    page = show(own)
    page.check_map(own.map)
    page.root.get_by_role("button", name="Copy as Python").click()
    assert "photo = ...  # your image" in page.page.evaluate("window.copied")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_accessible_and_not_wider_than_the_page(new_page, show, demo, theme, width):
    page = show(demo, page=new_page(width, theme=theme))
    if theme == "dark":
        page.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.choose("difference")
    page.find(1)
    page.root.get_by_role("searchbox").first.fill("dog")
    page.drawn()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    wait_for_fading(page.page)
    assert violations(page.page, ".lu-grad-cam-explorer") == []

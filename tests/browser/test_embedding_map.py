"""EmbeddingMap in Chromium: points are where Python puts them; mouse, touch and keys find them."""

import functools
import subprocess
import sys

import numpy as np
import pytest
from page_tools import (
    AS_ON_A_SLIDE,
    KEEP_COPIES,
    fingers,
    on_drawn,
    read,
    settled_box,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from PIL import Image
from playwright.sync_api import expect

from lecture_utils.transfer import EmbeddingMaps, agreement, make_maps, nearest
from lecture_utils.widgets import EmbeddingMap

LISTEN = on_drawn(
    "EmbeddingMap",
    """target.drawn = detail;
  window.frames = (window.frames ?? 0) + 1;
  if (detail.moving) window.moved = (window.moved ?? 0) + 1;""",
)
INK = """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .filter((value, i) => i % 4 === 3 && value > 0).length"""
STAGES = ("before training", "pretrained", "fine-tuned")
CLASSES = ["cat", "dog", "bear"]
METHODS = ("PCA", "t-SNE")


def settings(seed=0, count=60, images=True):
    """Make three stages that tell the classes apart better and better, and flat images."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    centers = rng.normal(size=(3, 40))
    predictions, stages = {}, {}
    for stage, apart in zip(STAGES, (0, 0.7, 2), strict=True):
        stages[stage] = apart * centers[labels] + rng.normal(size=(count, 40))
        guess = rng.integers(0, 3, count)
        predictions[stage] = np.where(rng.random(count) < apart / 2.2, labels, guess)
    colors = [(200, 30, 30), (30, 160, 30), (30, 30, 200)]
    sheet = [Image.new("RGB", (90, 70), colors[label]) for label in labels] if images else None
    return {
        "stages": stages,
        "labels": labels,
        "class_names": CLASSES,
        "images": sheet,
        "predictions": predictions,
    }


@functools.cache
def maps_of(seed, count):
    """t-SNE takes seconds; tests that do not compare it need it once."""
    stages = settings(seed, count, images=False)["stages"]
    return {name: make_maps(features) for name, features in stages.items()}


def ready_made(seed=0, count=60, images=True):
    return settings(seed, count, images) | {"stages": maps_of(seed, count)}


@functools.cache
def usual_demo():
    """The demo of all tests that do not change it."""
    return EmbeddingMap(**ready_made())


class Page:
    """The map on a page, as a reader and as a test see it."""

    def __init__(self, page, demo):
        self.page, self.demo = page, demo
        self.root = page.locator(".lu-embedding-map")
        self.stage = self.root.get_by_role("application")

    def drawn(self):
        """Wait until nothing moves."""
        # What is drawn at first may be from before a change that waits for its frame.
        wait_for_frames(self.page)
        self.page.wait_for_function(
            """() => { const { drawn } = document.querySelector(".lu-embedding-map");
                return drawn && !drawn.moving && (drawn.ready || window.noSheet); }"""
        )
        drawn = read(self.root, "(root) => root.drawn")
        return {**drawn, "positions": drawn["positions"].astype(float)}

    def choose(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)

    def tick(self, name, on):
        self.root.get_by_role("checkbox", name=name).set_checked(on)

    def at(self, image):
        """Return where an image's point is on the page."""
        x, y = self.drawn()["positions"][2 * image : 2 * image + 2]
        box = settled_box(self.stage)
        return box["x"] + 1 + x, box["y"] + 1 + y

    def check(self):
        """Compare what is drawn with Python's maps; return it."""
        drawn = self.drawn()
        stage = [each["name"] for each in self.demo.stages].index(drawn["stage"])
        points = self.demo.points[stage, METHODS.index(drawn["method"])].astype(float)
        places = np.reshape(drawn["positions"], (-1, 2))
        # One scale for both directions, up is up, and all of it in view when it is not zoomed.
        centered, seen = points - points.mean(axis=0), places - places.mean(axis=0)
        scale = np.sqrt((seen**2).sum() / (centered**2).sum())
        np.testing.assert_allclose(seen, centered * [scale, -scale], atol=0.02 * drawn["zoom"])
        if drawn["zoom"] == 1:
            size = self.stage.evaluate("(stage) => [stage.clientWidth, stage.clientHeight]")
            assert (places > 20).all() and (places < np.array(size) - 20).all()
            spans = np.ptp(places, axis=0) / (np.array(size) - 44)
            assert spans.max() == pytest.approx(1, abs=1e-3)
        wrong = self.demo.wrong(drawn["stage"])
        hidden = [
            self.demo.class_names.index(name)
            for name in self.demo.class_names
            if not self.root.get_by_role("checkbox", name=name).is_checked()
        ]
        only = self.root.get_by_role("checkbox", name="misclassified images only").is_checked()
        expected = ~np.isin(self.demo.labels, hidden) & (wrong if only else True)
        assert drawn["visible"] == np.flatnonzero(expected).tolist()
        self.check_table(drawn)
        self.check_detail(drawn, stage)
        return drawn

    def check_table(self, drawn):
        rows = self.root.locator(".map-table tbody tr").evaluate_all(
            "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
        way, k = METHODS.index(drawn["method"]), self.demo.neighbors.shape[2]
        for i, (cells, stage) in enumerate(zip(rows, self.demo.stages, strict=True)):
            known = (self.demo.predicted[i] != 255).any()
            wrong = int(self.demo.wrong(stage["name"]).sum())
            on_map = agreement(nearest(self.demo.points[i, way], k), self.demo.labels)
            assert drawn["agreements"][i] == pytest.approx(on_map, abs=1e-9)
            assert cells[0] == stage["name"]
            assert cells[1] == (f"{wrong} of {len(self.demo.labels)}" if known else "–")
            for cell, share in zip(
                cells[2:], (stage["agreement"], on_map, stage["explained"]), strict=True
            ):
                assert float(cell.rstrip("%")) == pytest.approx(100 * share, abs=0.0501)

    def check_detail(self, drawn, stage):
        shown = drawn["hovered"] if drawn["hovered"] >= 0 else drawn["selected"]
        text = self.root.locator(".map-detail").inner_text()
        label, predicted = self.demo.labels[shown], self.demo.predicted[stage, shown]
        assert self.demo.names[shown] in text
        if predicted != 255 and predicted != label:
            assert f"{CLASSES[label]}, classified as {CLASSES[predicted]}" in text
        others = self.root.locator(".map-detail .map-other").evaluate_all(
            "(all) => all.map((each) => Number(each.dataset.image))"
        )
        assert others == self.demo.neighbors[stage, shown].tolist()
        same = int((self.demo.labels[others] == label).sum())
        assert f"in all dimensions, {same} of its {len(others)} nearest neighbors " in text


@pytest.fixture
def open_demo(mount, page):
    def show(demo=None, page=page):
        page.add_init_script(LISTEN)
        page.add_init_script(KEEP_COPIES)
        demo = demo or usual_demo()
        if not demo.sheet.size:
            page.add_init_script("window.noSheet = true")
        mount(demo, page=page)
        return Page(page, demo)

    return show


@pytest.fixture
def demo(open_demo):
    return open_demo()


def test_every_stage_and_method_is_where_python_puts_it(demo):
    assert demo.check()["stage"] == "pretrained"
    # It starts with something to think about: a misclassified image.
    assert demo.demo.wrong("pretrained")[demo.drawn()["selected"]]
    for stage in STAGES:
        for method in METHODS:
            demo.choose(stage)
            demo.choose(method)
            drawn = demo.check()
            assert (drawn["stage"], drawn["method"]) == (stage, method)
            # A shape covers at least a dozen pixels; none of them lies on all others.
            assert demo.stage.locator("canvas").evaluate(INK) > 12 * 40
            expect(demo.root.locator(".map-table .current th")).to_have_text(stage)
    assert "PCA projects" not in demo.root.inner_text()


def test_points_travel_and_stand_still_for_who_wants_calm(new_page, open_demo):
    demo = open_demo()
    demo.drawn()
    demo.choose("fine-tuned")
    demo.drawn()
    assert demo.page.evaluate("window.moved") > 2
    calm = open_demo(page=new_page(reduced_motion="reduce"))
    calm.drawn()
    calm.choose("fine-tuned")
    assert calm.check()["stage"] == "fine-tuned"
    assert calm.page.evaluate("window.moved ?? 0") == 0


def test_colors_are_read_once_per_theme(demo):
    demo.drawn()
    demo.page.evaluate(
        """() => {
          const get = window.getComputedStyle;
          window.asked = 0;
          window.getComputedStyle = (...what) => { window.asked += 1; return get(...what); };
        }"""
    )
    demo.choose("fine-tuned")
    demo.drawn()
    assert demo.page.evaluate("window.asked") == 0
    canvas = "(stage) => stage.querySelector('canvas').toDataURL()"
    before = demo.stage.evaluate(canvas)
    demo.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    demo.drawn()
    assert demo.page.evaluate("window.asked") > 0 and demo.stage.evaluate(canvas) != before


def test_a_change_on_the_way_goes_on_from_there(demo):
    demo.drawn()
    before = demo.page.evaluate("window.moved ?? 0")
    demo.choose("fine-tuned")
    demo.page.wait_for_function("(before) => window.moved > before", arg=before)
    demo.choose("before training")
    demo.choose("PCA")
    drawn = demo.check()
    assert (drawn["stage"], drawn["method"]) == ("before training", "PCA")


def test_mouse_hovers_and_chooses(demo):
    before = demo.check()["selected"]
    demo.choose("PCA")
    rng = np.random.default_rng(0)
    for image in rng.choice(60, 4, replace=False).tolist():
        demo.page.mouse.move(*demo.at(image))
        drawn = demo.check()
        places = np.reshape(drawn["positions"], (-1, 2))
        distances = np.linalg.norm(places - places[image], axis=1)
        assert distances[drawn["hovered"]] == pytest.approx(0, abs=0.5)
    assert drawn["selected"] == before
    demo.page.mouse.down()
    demo.page.mouse.up()
    demo.page.mouse.move(3, 3)
    drawn = demo.check()
    assert drawn["hovered"] == -1 and distances[drawn["selected"]] < 0.5
    neighbor = demo.root.locator(".map-detail .map-other").nth(2)
    other = int(neighbor.get_attribute("data-image"))
    neighbor.click()
    assert demo.check()["selected"] == other


def test_the_mouse_chooses_where_the_map_is_enlarged(demo):
    demo.choose("PCA")
    demo.page.set_viewport_size({"width": 1600, "height": 1600})
    demo.page.add_style_tag(content=AS_ON_A_SLIDE)
    wait_for_frames(demo.page)
    places = np.reshape(demo.check()["positions"], (-1, 2))
    box = settled_box(demo.stage)
    # The points at the ends: a wrong scale is furthest off there.
    for image in (places[:, 0].argmax(), places[:, 1].argmax()):
        x, y = 1.8 * (1 + places[image])
        demo.page.mouse.move(box["x"] + x, box["y"] + y)
        hovered = places[demo.check()["hovered"]]
        assert hovered == pytest.approx(places[image], abs=0.5)


def test_keys_go_to_the_nearest_in_a_direction(demo):
    demo.choose("PCA")
    demo.stage.focus()
    demo.page.keyboard.press("Home")
    assert demo.check()["selected"] == 0
    aims = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}
    rng = np.random.default_rng(3)
    for key in rng.choice(list(aims), 25).tolist():
        before = demo.drawn()
        places = np.reshape(before["positions"], (-1, 2))
        steps = places - places[before["selected"]]
        along = steps @ aims[key]
        distance = np.linalg.norm(steps, axis=1)
        # Within 45 degrees of the arrow.
        there = (along > 0) & (along >= distance * np.sqrt(0.5) - 1e-9)
        expected = before["selected"]
        if there.any():
            expected = int(np.where(there, distance, np.inf).argmin())
        demo.page.keyboard.press(key)
        assert demo.drawn()["selected"] == expected, key
    demo.check()
    demo.page.keyboard.press("End")
    assert demo.drawn()["selected"] == 59
    demo.page.keyboard.press("PageUp")
    assert demo.drawn()["selected"] == 58
    demo.page.keyboard.press("PageDown")
    demo.page.keyboard.press("PageDown")
    assert demo.drawn()["selected"] == 0  # around the end
    wrong = np.flatnonzero(demo.demo.wrong("pretrained"))
    demo.page.keyboard.press("x")
    assert demo.drawn()["selected"] == wrong[wrong > 0][0]
    spoken = demo.stage.get_attribute("aria-label")
    assert f"Chosen: {demo.demo.names[wrong[wrong > 0][0]]}" in spoken and "classified as" in spoken
    live = demo.root.locator(".lu-visually-hidden[role=status]")
    expect(live).to_contain_text("classified as")


def test_filters_images_and_the_list_of_wrong_ones(demo):
    demo.tick("dog", False)
    demo.check()
    demo.tick("misclassified images only", True)
    drawn = demo.check()
    assert 0 < len(drawn["visible"]) < 40
    # Only what is drawn can be reached.
    demo.stage.focus()
    for key in ("Home", "ArrowRight", "End", "x"):
        demo.page.keyboard.press(key)
        assert demo.drawn()["selected"] in drawn["visible"]
    demo.tick("cat", False)
    demo.tick("bear", False)
    assert demo.check()["visible"] == []
    expect(demo.root.get_by_text("Nothing to draw")).to_be_visible()
    demo.page.keyboard.press("Home")
    for name in CLASSES:
        demo.tick(name, True)
    demo.tick("images instead of shapes", True)
    demo.check()
    wrong = np.flatnonzero(demo.demo.wrong("pretrained"))
    demo.root.get_by_text(f"{len(wrong)} misclassified images").click()
    buttons = demo.root.locator(".map-wrong button")
    expect(buttons).to_have_count(len(wrong))
    buttons.nth(3).click()
    assert demo.check()["selected"] == wrong[3]
    demo.choose("fine-tuned")
    expect(buttons).to_have_count(int(demo.demo.wrong("fine-tuned").sum()))


def test_thumbnails_are_those_of_the_images(demo):
    """Each class has a color of its own, which WebP keeps nearly."""
    demo.stage.focus()
    for image, color in ((0, 0), (1, 1), (59, 2)):
        demo.page.keyboard.press("Home")
        for _ in range(image if image < 5 else 0):
            demo.page.keyboard.press("PageDown")
        if image == 59:
            demo.page.keyboard.press("End")
        assert demo.drawn()["selected"] == image
        pixel = demo.root.locator(".map-detail canvas").first.evaluate(
            "(canvas) => [...canvas.getContext('2d').getImageData(140, 140, 1, 1).data]"
        )
        assert np.argmax(pixel[:3]) == color


def test_zoom_by_keys_buttons_wheel_and_drag(demo):
    demo.drawn()
    demo.stage.focus()
    demo.page.keyboard.press("+")
    drawn = demo.check()
    assert drawn["zoom"] == pytest.approx(1.6)
    demo.root.get_by_role("button", name="Zoom in").click()
    demo.root.get_by_role("button", name="Zoom in").click()
    assert demo.check()["zoom"] == pytest.approx(1.6**3)
    # The chosen one is still in view, and so is the next one.
    for key in ("Home", "End", "ArrowLeft", "ArrowUp"):
        demo.stage.focus()
        demo.page.keyboard.press(key)
        drawn = demo.check()
        x, y = drawn["positions"][2 * drawn["selected"] : 2 * drawn["selected"] + 2]
        size = demo.stage.evaluate("(stage) => [stage.clientWidth, stage.clientHeight]")
        assert 0 <= x <= size[0] and 0 <= y <= size[1]
    demo.page.keyboard.press("0")
    assert demo.check()["zoom"] == 1
    x, y = demo.at(7)
    demo.page.mouse.move(x, y)
    demo.page.mouse.wheel(0, -80)
    assert demo.check()["zoom"] == 1  # that scrolls the page
    demo.page.keyboard.down("Control")
    x, y = demo.at(7)
    demo.page.mouse.move(x, y)
    demo.page.mouse.wheel(0, -160)
    demo.page.keyboard.up("Control")
    assert demo.check()["zoom"] == pytest.approx(np.exp(0.8), rel=1e-6)
    np.testing.assert_allclose(demo.at(7), (x, y), atol=1.5)  # it stays under the pointer
    before, selected = demo.at(7), demo.drawn()["selected"]
    demo.page.mouse.down()
    demo.page.mouse.move(x + 25, y - 15, steps=4)
    demo.page.mouse.up()
    after = demo.at(7)
    assert np.hypot(after[0] - before[0], after[1] - before[1]) > 5
    assert demo.drawn()["selected"] == selected  # a drag does not choose
    demo.root.get_by_role("button", name="Show the whole map").click()
    assert demo.check()["zoom"] == 1
    demo.root.get_by_role("button", name="Zoom out").click()
    assert demo.check()["zoom"] == 1


def test_a_button_released_elsewhere_does_not_drag(demo):
    demo.root.get_by_role("button", name="Zoom in").click()
    before = demo.check()["positions"]
    demo.stage.evaluate(
        """(stage) => {
          const { left, top } = stage.getBoundingClientRect();
          const mouse = (type, at, buttons) => stage.dispatchEvent(new PointerEvent(type, { pointerId: 1,
            pointerType: "mouse", button: 0, buttons, clientX: left + at, clientY: top + at, bubbles: true }));
          mouse("pointerdown", 90, 1);
          mouse("pointermove", 92, 1);  // The hand trembles, and the button is released outside.
          mouse("pointermove", 150, 0);
        }"""
    )
    np.testing.assert_array_equal(demo.check()["positions"], before)


def test_fingers_tap_and_pinch(new_page, open_demo):
    demo = open_demo(page=new_page(width=390, has_touch=True, is_mobile=True))
    demo.choose("PCA")
    x, y = demo.at(11)
    demo.page.touchscreen.tap(x, y)
    assert np.hypot(*np.subtract(demo.at(demo.drawn()["selected"]), (x, y))) < 1
    demo.stage.scroll_into_view_if_needed()
    box = settled_box(demo.stage)
    cx, cy = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    selected = demo.drawn()["selected"]
    pinch = [{0: (cx - apart, cy), 1: (cx + apart, cy)} for apart in (30, 40, 60, 90)]
    fingers(demo.page, *pinch)
    drawn = demo.check()
    assert drawn["zoom"] == pytest.approx(3, rel=0.1) and drawn["selected"] == selected


def test_the_copied_program_gives_the_same_points(open_demo, tmp_path):
    given = settings()
    np.savez(tmp_path / "given.npz", labels=given["labels"], **given["stages"])
    code = (
        f"given = np.load({str(tmp_path / 'given.npz')!r})\nlabels = given['labels']\n"
        f"stages = {{name: given[name] for name in {STAGES}}}"
    )
    demo = open_demo(EmbeddingMap(**given, code=code, seed=4))
    for way, method in enumerate(METHODS):
        demo.choose(method)
        demo.drawn()
        demo.root.get_by_role("button", name="Copy as Python").click()
        demo.page.wait_for_function("window.copied")
        program = demo.page.evaluate("window.copied")
        save = f"np.savez({str(tmp_path / 'out.npz')!r}, *(r['points'] for r in results.values()))"
        done = subprocess.run(
            [sys.executable, "-c", f"import matplotlib\nmatplotlib.use('Agg')\n{program}\n{save}"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found = np.load(tmp_path / "out.npz")
        for i, stage in enumerate(demo.demo.stages):
            mine, theirs = demo.demo.points[i, way], found[f"arr_{i}"]
            np.testing.assert_allclose(
                mine - mine.mean(axis=0), theirs - theirs.mean(axis=0), atol=1e-3
            )
            assert f"{stage['name']}: {stage['agreement']:.1%} of the nearest" in done.stdout
        demo.page.evaluate("window.copied = ''")
    bare = open_demo()
    bare.root.get_by_role("button", name="Copy as Python").click()
    bare.page.wait_for_function("window.copied")
    assert "# stages: a dict from names to embeddings" in bare.page.evaluate("window.copied")


def test_a_broken_sheet_and_no_sheet_end_in_words(open_demo, page):
    broken = EmbeddingMap(**ready_made())
    broken.sheet = np.arange(100, dtype=np.uint8)
    page.add_init_script("window.noSheet = true")
    demo = open_demo(broken)
    expect(demo.root.locator(".lu-message")).to_contain_text("cannot read the thumbnails")
    demo.check()
    demo = open_demo(EmbeddingMap(**ready_made(images=False)))
    demo.check()
    expect(demo.root.get_by_role("checkbox", name="images instead")).to_be_hidden()
    assert demo.root.locator(".map-detail canvas").count() == 0


def test_extreme_maps_and_no_predictions(open_demo):
    """All on one point, and on a line; nobody has predicted anything."""
    same = np.zeros((8, 2), dtype=np.float32)
    line = np.stack([np.arange(8), np.zeros(8)], axis=1).astype(np.float32)
    neighbors = nearest(line, 2)
    demo = open_demo(
        EmbeddingMap(
            {
                "one point": EmbeddingMaps(same, same, 1.0, 2, neighbors),
                "a line": EmbeddingMaps(line * 1e6, line * 1e-6, 1.0, 2, neighbors),
            },
            np.arange(8) % 2,
            ["a <b>", "c"],
        )
    )
    for stage in ("one point", "a line"):
        for method in METHODS:
            demo.choose(stage)
            demo.choose(method)
            assert np.isfinite(demo.drawn()["positions"]).all()
    demo.stage.focus()
    demo.page.keyboard.press("Home")
    demo.page.keyboard.press("ArrowRight")
    assert demo.drawn()["selected"] == 1
    assert "classified as" not in demo.root.locator(".map-detail").inner_text()
    expect(demo.root.locator(".lu-disclosure")).to_be_hidden()


def test_two_maps_live_side_by_side(mount, page):
    page.add_init_script(LISTEN)
    mount(EmbeddingMap(**ready_made(1)), EmbeddingMap(**ready_made(2, images=False)))
    first, second = page.locator(".lu-embedding-map").all()
    second.get_by_role("radio", name="fine-tuned").check(force=True)
    page.wait_for_function(
        "document.querySelectorAll('.lu-embedding-map')[1].drawn.stage === 'fine-tuned'"
    )
    assert first.evaluate("(root) => root.drawn.stage") == "pretrained"
    assert second.evaluate("(root) => root.drawn.stage") == "fine-tuned"
    ids = page.evaluate("[...document.querySelectorAll('.lu-demo [id]')].map((each) => each.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (700, "dark"), (390, "light")])
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, open_demo, width, theme):
    demo = open_demo(page=new_page(width=width, reduced_motion="reduce"))
    demo.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    demo.check()
    demo.root.locator("summary").click()
    wait_for_fading(demo.page)
    assert violations(demo.page, ".lu-embedding-map") == []
    assert demo.root.evaluate("(root) => root.scrollWidth <= root.clientWidth")
    assert demo.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_hand_that_rests_costs_nothing(demo):
    demo.drawn()
    before = demo.page.evaluate("window.frames")
    wait_for_frames(demo.page, 20)
    assert demo.page.evaluate("window.frames") == before


def test_maps_that_were_made_before_are_taken_as_they_are(open_demo):
    given = settings()
    made = {name: make_maps(features) for name, features in given["stages"].items()}
    demo = open_demo(EmbeddingMap(**{**given, "stages": made}))
    demo.check()
    np.testing.assert_array_equal(
        EmbeddingMap(**given).points, EmbeddingMap(**{**given, "stages": made}).points
    )


def test_maps_without_neighbors_leave_out_what_is_not_known(open_demo):
    points = np.random.default_rng(5).normal(size=(2, 12, 2)).astype(np.float32)
    maps = {"read from a file": EmbeddingMaps(*points)}
    demo = open_demo(EmbeddingMap(maps, np.arange(12) % 2, CLASSES[:2]))
    drawn = demo.drawn()
    on_map = agreement(nearest(demo.demo.points[0, 1], 5), demo.demo.labels)
    assert drawn["agreements"] == [pytest.approx(on_map)]
    row = demo.root.locator(".map-table tbody tr").first.locator("td").all_inner_texts()
    assert row == ["–", "–", f"{on_map:.1%}", "–"]
    assert "nearest" not in demo.root.locator(".map-detail").inner_text()
    demo.stage.focus()
    demo.page.keyboard.press("PageDown")
    assert demo.drawn()["selected"] == 1

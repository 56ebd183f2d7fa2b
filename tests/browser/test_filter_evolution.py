"""FilterEvolution in Chromium: every control is moved, and the numbers are NumPy's."""

import io
from contextlib import redirect_stdout

import matplotlib
import numpy as np
import pytest
import recorded_filters
from page_tools import (
    AS_ON_A_SLIDE,
    on_drawn,
    pixels,
    play_until,
    read,
    settled_box,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect

from lecture_utils import runs
from lecture_utils.palette import signed_lut
from lecture_utils.widgets import FilterEvolution

LISTEN = on_drawn(
    "FilterEvolution", "target.drawn = detail; window.frames = (window.frames ?? 0) + 1;"
)
RUNS = recorded_filters.runs()
PIXELS = 6  # on the canvas, per weight


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, page, recorded=RUNS):
        self.page, self.runs = page, recorded
        self.root = page.locator(".lu-filter-evolution")
        self.time = self.root.get_by_role("slider", name="Optimizer steps")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.root, "(root) => root.drawn")

    def choose(self, group, name):
        found = self.root.get_by_role("group", name=group)
        found.get_by_role("radio", name=name, exact=True).check(force=True)

    def column(self, number):
        return self.root.locator(".evolution-run").nth(number)

    def check(self):
        """Compare numbers and colors with those of the recorded runs."""
        drawn = self.drawn()
        dark = self.page.evaluate("document.documentElement.dataset.theme") == "dark"
        everywhere = max(np.abs(run.snapshots[1]).max() for run in self.runs.values())
        for i, (size, run) in enumerate(self.runs.items()):
            steps, weights = run.snapshots
            moment = list(steps).index(drawn["step"])
            start, now = (weights[at].reshape(weights.shape[1], -1) for at in (0, moment))
            tolerance = 0.51 / 127 * np.abs(now).max()
            np.testing.assert_allclose(drawn["weights"][i], now.ravel(), atol=tolerance)
            cosines = (start * now).sum(1)
            cosines /= np.linalg.norm(start, axis=1) * np.linalg.norm(now, axis=1)
            assert drawn["similarity"][i] == pytest.approx(cosines.mean(), abs=1e-6)
            similarity, accuracy = self.column(i).locator("dd").all_inner_texts()
            shown = float(similarity.replace("\N{MINUS SIGN}", "-"))
            assert shown == pytest.approx(cosines.mean(), abs=0.0051)
            ends = 100 * np.array(run.history["epoch"])
            nearest = int(np.abs(ends - drawn["step"]).argmin())
            assert accuracy == f"{run.history['val_accuracy'][nearest]:.1%}"
            assert f"after step {ends[nearest]}" in self.column(i).inner_text()
            assert (
                f"{shown:.2f} with {size:,} images".replace("-", "\N{MINUS SIGN}") in self.words()
            )
            self.check_colors(i, drawn, everywhere, dark, weights.shape)
        return drawn

    def check_colors(self, i, drawn, everywhere, dark, shape):
        """Compare the color of each weight with that of the palette."""
        if not self.column(i).is_visible():
            return
        count, height, width = shape[1], *shape[3:]
        weights = drawn["weights"][i].reshape(count, height, width)
        canvas = pixels(self.column(i).locator("canvas"))
        assert canvas.shape[1] == (8 * (width + 1) - 1) * PIXELS
        for number, each in enumerate(weights):
            limit = everywhere if drawn["common"] else np.abs(each).max()
            top, left = (number // 8) * (height + 1), (number % 8) * (width + 1)
            part = canvas[top * PIXELS :: PIXELS, left * PIXELS :: PIXELS][:height, :width]
            entries = np.floor((each / limit + 1) / 2 * 510 + 0.5).astype(int)
            difference = np.abs(part[..., :3].astype(int) - signed_lut(dark)[entries].astype(int))
            assert difference.max() <= 3, "a neighboring color, at most"

    def words(self):
        return self.root.locator(".evolution-summary").inner_text()


@pytest.fixture
def open_demo(mount, page):
    def show(demo=None, page=page, recorded=RUNS):
        page.add_init_script(LISTEN)
        mount(demo or FilterEvolution(recorded, recorded_filters.curves()), page=page)
        return Page(page, recorded)

    return show


@pytest.fixture
def demo(open_demo):
    return open_demo()


def test_the_slider_goes_through_all_steps(demo):
    drawn = demo.check()
    assert (drawn["step"], drawn["selected"]) == (400, 0)
    for at, step in enumerate(recorded_filters.STEPS):
        demo.time.fill(str(at))
        assert demo.check()["step"] == step
        assert demo.time.get_attribute("aria-valuetext") == f"{step} of 400 steps"
        assert f"After {step} of 400 steps" in demo.words()
    demo.time.focus()
    demo.page.keyboard.press("ArrowLeft")
    assert demo.check()["step"] == recorded_filters.STEPS[-2]
    status = demo.root.get_by_role("status").filter(has_text="After 200 of 400 steps")
    expect(status).to_have_count(1)
    demo.page.keyboard.press("Home")
    assert demo.check()["similarity"] == pytest.approx([1, 1, 1])


def test_a_size_is_chosen_in_the_list_or_on_the_curve(demo):
    widths = [settled_box(demo.column(i))["width"] for i in range(3)]
    assert np.ptp(widths) < 1
    weights = demo.root.evaluate_handle("(root) => root.drawn.weights[0]")
    demo.choose("Training images", "500")
    assert demo.check()["selected"] == 500
    # Filters that are on screen already are not decoded again.
    assert demo.root.evaluate("(root, weights) => root.drawn.weights[0] === weights", weights)
    widths = [settled_box(demo.column(i))["width"] for i in range(3)]
    assert widths[1] > 1.9 * widths[0] and abs(widths[0] - widths[2]) < 1
    chart = demo.root.locator(".evolution-chart svg")
    mark = chart.locator(".evolution-mark").nth(2)
    box, place = settled_box(chart), settled_box(mark.locator("text"))
    x = place["x"] + place["width"] / 2 - box["x"]
    chart.click(position={"x": x + 5, "y": box["height"] / 2}, force=True)
    assert demo.check()["selected"] == 1000
    expect(mark).to_have_class("evolution-mark selected")
    expect(demo.root.get_by_role("radio", name="1,000", exact=True)).to_be_checked()
    # Far from every mark there is nothing to choose.
    chart.click(position={"x": 3, "y": 100}, force=True)
    assert demo.check()["selected"] == 1000
    demo.choose("Training images", "all")
    assert demo.check()["selected"] == 0


def test_a_size_is_chosen_on_the_curve_where_the_demo_is_enlarged(demo):
    demo.page.set_viewport_size({"width": 1600, "height": 1600})
    demo.page.add_style_tag(content=AS_ON_A_SLIDE)
    marks = demo.root.locator(".evolution-chart .evolution-mark text")
    for i in range(1, marks.count()):
        place = settled_box(marks.nth(i))
        demo.page.mouse.click(place["x"] + place["width"] / 2, place["y"] + 100)
        assert demo.check()["selected"] == int(marks.nth(i).text_content().replace(",", ""))


def test_one_scale_for_all_filters(demo):
    expect(demo.root.locator(".evolution-settings .lu-legend")).to_be_hidden()
    demo.choose("Color scale", "one for all")
    assert demo.check()["common"]
    demo.time.fill("1")
    demo.check()
    expect(demo.root.locator(".evolution-settings .lu-legend")).to_be_visible()
    assert "share one color scale" in demo.root.inner_text()
    demo.choose("Color scale", "one per filter")
    assert not demo.check()["common"]
    assert "Each filter has its own color scale" in demo.root.inner_text()


def test_the_curve_shows_means_and_margins(demo):
    python = FilterEvolution(RUNS, recorded_filters.curves())
    demo.root.get_by_text("The accuracies as a table").click()
    rows = demo.root.locator(".evolution-scroll tbody tr")
    assert rows.count() == 4
    chart = demo.root.locator(".evolution-chart svg")
    labels = chart.locator(".curves-text text").all_text_contents()
    ticks = [text for text in labels if text.endswith("%")]
    ys = [
        chart.locator(".curves-text text", has_text=text).first.get_attribute("y") for text in ticks
    ]
    slope, offset = np.polyfit([float(tick[:-1]) for tick in ticks], [float(y) - 4 for y in ys], 1)
    for i, curve in enumerate(python.curves):
        cells = rows.nth(i).locator("td").all_inner_texts()
        for cell, point in zip(cells, curve["points"], strict=True):
            assert cell == f"{100 * point['mean']:.1f} ± {100 * point['margin']:.1f}%"
        group = chart.locator(f".run-{i}")
        line = group.locator(".line").get_attribute("d").strip("M").split("L")
        drawn = np.array([[float(part) for part in point.split()] for point in line])
        means = np.array([100 * point["mean"] for point in curve["points"]])
        np.testing.assert_allclose(drawn[:, 1], slope * means + offset, atol=0.05)
        # Equal factors are equal distances.
        steps = np.diff(drawn[:, 0]) / np.diff(np.log([p["size"] for p in curve["points"]]))
        np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
        band = group.locator(".band").get_attribute("d").strip("Mz").split("L")
        edges = np.array([float(point.split()[1]) for point in band])
        margins = np.array([100 * point["margin"] for point in curve["points"]])
        np.testing.assert_allclose(
            (edges[::-1][: len(means)] - edges[: len(means)]) / 2, -slope * margins, atol=0.05
        )


def test_without_curves_there_are_filters_only(open_demo):
    demo = open_demo(FilterEvolution(RUNS, step=10, selected=100, common_scale=True))
    drawn = demo.check()
    assert (drawn["step"], drawn["selected"], drawn["common"]) == (10, 100, True)
    assert demo.root.locator(".evolution-chart").count() == 0


def test_play_goes_to_the_end_and_can_be_stopped(demo):
    play = demo.root.get_by_role("button", name="Play")
    assert play_until(play, "root.drawn.step === 2") == "Pause"  # from the end: begins anew
    expect(demo.root.get_by_role("button", name="Play")).to_be_visible()
    assert demo.check()["step"] == 2
    demo.time.fill("7")
    demo.root.get_by_role("button", name="Play").click()
    demo.page.wait_for_function("(root) => root.drawn.step === 400", arg=demo.root.element_handle())
    expect(demo.root.get_by_role("button", name="Play")).to_be_visible()
    demo.check()


def test_no_play_for_readers_who_want_calm(new_page, open_demo):
    demo = open_demo(page=new_page(reduced_motion="reduce"))
    expect(demo.root.get_by_role("button", name="Play")).to_be_hidden()
    demo.time.fill("3")
    assert demo.check()["step"] == 5


def test_phones_show_one_size_at_a_time(new_page, open_demo):
    demo = open_demo(page=new_page(width=390))
    tops = [settled_box(demo.column(i))["y"] for i in range(3)]
    assert tops == sorted(tops) and tops[0] < tops[1]
    demo.choose("Training images", "1,000")
    demo.check()
    assert [demo.column(i).is_visible() for i in range(3)] == [False, False, True]


def test_copied_python_gives_the_same_numbers(new_page, open_demo, tmp_path):
    recorded = {
        size: runs.train(
            "fashion_mnist/gap", 1, root=tmp_path / str(size), data_dir="sample",
            model="one-layer", epochs=1, batch_size=20, train_size=size, validation_size=50,
            repeats=60 // size, snapshots=[0, 1, 3],
        )
        for size in (20, 60)
    }  # fmt: skip
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    demo = open_demo(FilterEvolution(recorded), page=page, recorded=recorded)
    demo.time.fill("1")
    drawn = demo.drawn()
    demo.root.get_by_role("button", name="Copy as Python").click()
    expect(demo.root.get_by_text("Copied.")).to_be_visible()
    matplotlib.use("agg")
    names, printed = {}, io.StringIO()
    code = page.evaluate("navigator.clipboard.readText()")
    with redirect_stdout(printed):
        exec(compile(code, "copied", "exec"), names)
    names["plt"].close("all")
    assert names["step"] == drawn["step"] == 1
    found = list(names["similarity"].values())
    np.testing.assert_allclose(found, drawn["similarity"], atol=1e-5)
    assert f"{found[0]:.3f}".rstrip("0") in printed.getvalue()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (700, "dark"), (390, "light")])
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, open_demo, width, theme):
    demo = open_demo(page=new_page(width=width))
    demo.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    demo.root.get_by_text("The accuracies as a table").click()
    demo.choose("Training images", "500")
    demo.check()
    wait_for_fading(demo.page)
    assert violations(demo.page, ".lu-filter-evolution") == []
    assert demo.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_hand_that_rests_costs_nothing(demo):
    demo.drawn()
    before = demo.page.evaluate("window.frames")
    wait_for_frames(demo.page, 20)
    assert demo.page.evaluate("window.frames") == before

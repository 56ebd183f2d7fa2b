"""TrainingCurves in Chromium: every control is moved, and the numbers on the page are Python's."""

import re

import matplotlib
import numpy as np
import pytest
from page_tools import (
    AS_ON_A_SLIDE,
    on_drawn,
    read,
    settled_box,
    swipe,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect

from lecture_utils.widgets import TrainingCurves
from lecture_utils.widgets._histories import COLUMNS
from lecture_utils.widgets.training_curves import early_stopping
from lecture_utils.widgets.training_curves.curves import spread

matplotlib.use("Agg")

LISTEN = on_drawn(
    "TrainingCurves",
    """target.drawn = detail;
  window.frames = (window.frames ?? 0) + 1;""",
)
STOP_NAMES = {
    "stopped": "stopped",
    "epochs": "epochs",
    "kept": "kept",
    "best": "best",
    "accuracy": "accuracy",
    "against_best": "againstBest",
    "against_last": "againstLast",
    "epochs_saved": "epochsSaved",
}


def history(rng, epochs):
    """Make a training that overfits, with noise."""
    t = np.arange(epochs)
    return {
        "train_loss": 0.7 * np.exp(-t / 9) + rng.uniform(0, 0.02, epochs),
        "train_accuracy": 1 - 0.5 * np.exp(-t / 9) - rng.uniform(0, 0.01, epochs),
        # Two digits: early stopping must get equal values right.
        "val_loss": (0.5 + 0.2 * np.exp(-t / 4) + rng.normal(0.01 * t, 0.03)).round(2),
        "val_accuracy": (0.8 - 0.3 * np.exp(-t / 5) + rng.uniform(-0.03, 0.03, epochs)).round(2),
    }


def synthetic(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "plain": [history(rng, epochs) for epochs in (20, 17, 20)],
        "augmented": history(rng, 34),
    }


def value(text):
    """Read a number as the page writes it; percentages as shares."""
    number = float(re.sub("[+%]", "", text.replace("\N{MINUS SIGN}", "-")))
    return number / 100 if "%" in text else number


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, page, demo):
        self.page, self.demo = page, demo
        self.root = page.locator(".lu-training-curves")
        self.stage = self.root.locator(".curves-stage")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.root, "(root) => root.drawn")

    def slide(self, name, value):
        self.root.get_by_role("slider", name=name).fill(str(value))

    def tick(self, name, on):
        self.root.get_by_role("checkbox", name=name).set_checked(on)

    def rows(self, table):
        """Cells of a table's body, each as its value and its remark."""
        return self.root.locator(f"table.{table} tbody").evaluate(
            """(body) => [...body.rows].map((row) => [...row.cells].slice(1)
                .map((cell) => [...cell.children].map((part) => part.textContent)))"""
        )

    def marks(self, panel, event):
        paths = self.root.locator(".curves-panel").nth(panel).locator(f"g.{event} path:last-child")
        return paths.count()

    def check(self):
        """Compare every number on the page with Python's; return what is drawn."""
        drawn = self.drawn()
        runs = [
            run for run in self.demo.runs if run["label"] in {r["label"] for r in drawn["runs"]}
        ]
        stop_rows = iter(self.rows("stops"))
        for run, shown, cells in zip(runs, drawn["runs"], self.rows("values"), strict=True):
            for column in COLUMNS:
                for name, weight in (("values", 0), ("lines", drawn["smoothing"])):
                    for part, expected in zip(
                        ("mean", "low", "high"), spread(run["seeds"], column, weight), strict=True
                    ):
                        np.testing.assert_allclose(shown[name][column][part], expected, rtol=1e-12)
            for seed, stop in zip(run["seeds"], shown["stops"], strict=True):
                ours = early_stopping(seed, drawn["patience"], drawn["monitor"])
                for python, javascript in STOP_NAMES.items():
                    assert stop[javascript] == getattr(ours, python), python
                if seed["seconds"] is not None:
                    share = ours.epochs_saved / len(seed["val_loss"])
                    assert stop["secondsSaved"] == pytest.approx(seed["seconds"] * share)
                self.check_stop_row(next(stop_rows), ours, len(seed["val_loss"]))
            self.check_value_row(cells, run["seeds"], drawn["epoch"])
        assert next(stop_rows, None) is None
        assert self.stage.get_attribute("aria-valuenow") == str(drawn["epoch"])
        if not drawn["problem"]:
            self.check_marks(drawn)
        return drawn

    def check_stop_row(self, cells, stop, epochs):
        texts, remarks = zip(*cells, strict=True)
        assert texts[0] == f"{stop.epochs} of {epochs}"
        assert texts[1] == str(stop.kept)
        assert remarks[1] == ("" if stop.kept == stop.best else f"best: {stop.best}")
        assert value(texts[2]) == pytest.approx(stop.accuracy, abs=5.1e-5)
        assert value(texts[3]) == pytest.approx(100 * stop.against_best, abs=5.1e-3)
        assert value(texts[4]) == pytest.approx(100 * stop.against_last, abs=5.1e-3)
        assert int(texts[5].split()[0] if stop.epochs_saved else 0) == stop.epochs_saved

    def check_value_row(self, cells, seeds, epoch):
        order = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
        for (text, remark), column in zip(cells, order, strict=True):
            there = [seed[column][epoch - 1] for seed in seeds if epoch <= len(seed[column])]
            if not there:
                assert text == "–"
                continue
            assert value(text) == pytest.approx(np.mean(there), abs=5.1e-5)
            if len(there) > 1:
                ends = [value(end) for end in remark.split(" ")[0].split("–")]
                assert ends == pytest.approx([min(there), max(there)], abs=5.1e-5)
            assert ("seeds" in remark) == (len(there) < len(seeds))

    def check_marks(self, drawn):
        stops = [stop for run in drawn["runs"] for stop in run["stops"]]
        seen = "val" in drawn["splits"]
        early = sum(stop["epochsSaved"] > 0 for stop in stops)
        for panel in (0, 1):
            assert self.marks(panel, "best") == self.marks(panel, "kept") == seen * len(stops)
            assert self.marks(panel, "stop") == seen * early


@pytest.fixture
def open_demo(mount, page):
    def show(demo=None, page=page):
        demo = demo or TrainingCurves(synthetic(), patience=3)
        page.add_init_script(LISTEN)
        mount(demo, page=page)
        return Page(page, demo)

    return show


@pytest.fixture
def demo(open_demo):
    return open_demo()


@pytest.mark.parametrize("seed", range(3))
def test_random_settings_have_pythons_numbers(open_demo, seed):
    rng = np.random.default_rng(seed)
    python = TrainingCurves(
        synthetic(seed),
        "mnist/dense",
        patience=int(rng.integers(1, 8)),
        monitor=("val_accuracy", "val_loss")[seed % 2],
        smoothing=round(float(rng.uniform(0, 0.95)), 2),
        log_loss=bool(seed % 2),
    )
    python.epoch = int(rng.integers(1, 35))
    drawn = open_demo(python).check()
    assert drawn["patience"] == python.patience and drawn["epoch"] == python.epoch


def test_every_control(demo):
    assert [stop["epochsSaved"] > 0 for stop in demo.check()["runs"][0]["stops"]] == [True] * 3
    for patience in (1, 5, 34):
        demo.slide("Patience, in epochs", patience)
        assert demo.check()["patience"] == patience
    expect(demo.root.locator(".curves-summary")).to_contain_text("nothing is saved")
    demo.slide("Patience, in epochs", 2)
    demo.root.get_by_role("radio", name="validation accuracy").check(force=True)
    assert demo.check()["monitor"] == "val_accuracy"
    demo.slide("Smoothing of the curves", 0.6)
    assert demo.check()["smoothing"] == 0.6
    ticks = demo.root.locator(".curves-panel").first.locator(".curves-text text")
    before = ticks.all_text_contents()
    demo.tick("logarithmic loss", True)
    assert demo.check()["log"] and ticks.all_text_contents() != before
    demo.tick("training", False)
    assert demo.check()["splits"] == ["val"]
    assert demo.root.locator(".curves-panel").first.locator("g.curves-curve.train").count() == 0
    demo.tick("validation", False)
    demo.tick("training", True)
    assert demo.check()["splits"] == ["train"]
    demo.tick("augmented", False)
    drawn = demo.check()
    assert [run["label"] for run in drawn["runs"]] == ["plain"] and drawn["longest"] == 20


def test_the_summary_adds_up(demo):
    for patience in (1, 2, 4):
        demo.slide("Patience, in epochs", patience)
        demo.drawn()
        stops = [early_stopping(seed, patience) for run in demo.demo.runs for seed in run["seeds"]]
        text = demo.root.locator(".curves-summary").inner_text()
        early = sum(stop.epochs_saved > 0 for stop in stops)
        assert f"{early} of 4 runs" in text
        assert f"{sum(stop.epochs_saved for stop in stops)} of 91 epochs saved" in text
        missed = sum(stop.kept != stop.best for stop in stops)
        assert (f"{missed} of 4 miss" in text) == (missed > 0)
        if missed:
            points = re.search(r"([+−][\d.]+) points", text)[1]
            mean = 100 * np.mean([stop.against_best for stop in stops])
            assert value(points) == pytest.approx(mean, abs=5.1e-3)


def test_crosshair_by_keyboard(demo):
    demo.root.get_by_role("slider", name="Epoch of the crosshair").focus()
    for key, epoch in (
        ("Home", 1),
        ("ArrowRight", 2),
        ("ArrowUp", 3),
        ("ArrowLeft", 2),
        ("End", 34),
        ("PageDown", 31),
        ("ArrowDown", 30),
    ):
        demo.page.keyboard.press(key)
        assert demo.check()["epoch"] == epoch
    spoken = demo.stage.get_attribute("aria-valuetext")
    at = demo.demo.runs[1]["seeds"][0]
    assert spoken.startswith("epoch 30 of 34. plain has ended. augmented: training loss")
    assert f"accuracy {at['val_accuracy'][29]:.2%}" in spoken


def test_a_step_of_the_crosshair_prepares_no_curves(demo):
    demo.drawn()
    demo.root.evaluate("(root) => { window.runs = root.drawn.runs; }")
    demo.stage.focus()
    same_runs = "(root) => root.drawn.runs === window.runs"
    demo.page.keyboard.press("Home")
    assert demo.check()["epoch"] == 1 and demo.root.evaluate(same_runs)
    demo.slide("Patience, in epochs", 1)
    demo.check()
    assert not demo.root.evaluate(same_runs)


def test_crosshair_by_mouse(demo):
    before = demo.check()["epoch"]
    for panel in (0, 1):
        box = settled_box(demo.root.locator(".curves-panel svg").nth(panel))
        span = box["width"] - 64  # between the margins of the panel
        for epoch in (1, 12, 34):
            x = box["x"] + 50 + span * (epoch - 1) / 33
            demo.page.mouse.move(x, box["y"] + 90)
            assert demo.check()["epoch"] == epoch
    demo.page.mouse.move(5, 5)
    assert demo.check()["epoch"] == before
    demo.page.mouse.click(x, box["y"] + 90)
    demo.page.mouse.move(5, 5)
    assert demo.check()["epoch"] == 34


def test_crosshair_by_mouse_where_the_demo_is_enlarged(new_page, open_demo):
    demo = open_demo(page=new_page(1600, 1600))
    demo.page.add_style_tag(content=AS_ON_A_SLIDE)
    box = settled_box(demo.root.locator(".curves-panel svg").first)
    places = demo.root.locator(".curves-panel").first.locator('.curves-text [text-anchor="middle"]')
    for i in range(places.count()):
        place = settled_box(places.nth(i))
        demo.page.mouse.move(place["x"] + place["width"] / 2, box["y"] + box["height"] / 2)
        assert demo.check()["epoch"] == int(places.nth(i).text_content())


def test_crosshair_by_touch(new_page, open_demo):
    demo = open_demo(page=new_page(width=390, has_touch=True, is_mobile=True))
    box = settled_box(demo.root.locator(".curves-panel svg").nth(1))
    demo.page.touchscreen.tap(box["x"] + 50 + (box["width"] - 64) * 9 / 33, box["y"] + 60)
    assert demo.check()["epoch"] == 10


def test_a_finger_that_scrolls_leaves_the_crosshair(new_page, open_demo):
    demo = open_demo(page=new_page(width=390, height=700, has_touch=True, is_mobile=True))
    before = demo.check()["epoch"]
    demo.stage.scroll_into_view_if_needed()
    box = settled_box(demo.root.locator(".curves-panel svg").nth(0))
    x, y = box["x"] + 90, box["y"] + 60
    scrolled = demo.page.evaluate("scrollY")
    swipe(demo.page, *[(x, y - step) for step in (0, 20, 40, 60, 80)])
    demo.page.wait_for_function("(before) => scrollY > before", arg=scrolled)
    assert demo.check()["epoch"] == before
    # Sideways, the crosshair follows it.
    box = settled_box(demo.root.locator(".curves-panel svg").nth(1))
    x, y = box["x"] + 50 + (box["width"] - 64) * 9 / 33, box["y"] + 60
    swipe(demo.page, *[(x + step, y) for step in (-90, -60, -30, 0)])
    assert demo.check()["epoch"] == 10


def test_curves_go_through_their_values(demo):
    """The line's corners, read back through the axis' own labels."""
    for log in (False, True):
        demo.tick("logarithmic loss", log)
        drawn = demo.drawn()
        for panel, what in enumerate(("loss", "accuracy")):
            svg = demo.root.locator(".curves-panel svg").nth(panel)
            ticks = svg.locator(".curves-text text").evaluate_all(
                """(texts) => texts.filter((text) => text.getAttribute("text-anchor") === "end")
                    .map((text) => [text.textContent, text.getAttribute("y") - 4])"""
            )
            scale = np.log if log and what == "loss" else np.asarray
            labels = [(value(text), y) for text, y in ticks if text != "epoch"]
            (low, y0), (high, y1) = labels[0], labels[-1]
            paths = svg.locator("g.curves-curve").evaluate_all(
                """(groups) => groups.map((group) => ["line", "rest"].map((name) =>
                    group.querySelector(`.${name}`).getAttribute("d")))"""
            )
            columns = [
                run["lines"][f"{split}_{what}"]["mean"]
                for run in drawn["runs"]
                for split in ("train", "val")
            ]
            for (line, rest), mean in zip(paths, columns, strict=True):
                # The pale rest begins where the line ends.
                corners = re.findall(r"[ML]([\d.]+) ([\d.-]+)", line)
                corners += re.findall(r"L([\d.]+) ([\d.-]+)", rest)
                heights = np.array([float(y) for _, y in corners])
                slope = (scale(high) - scale(low)) / (y1 - y0)
                back = scale(low) + (heights - y0) * slope
                np.testing.assert_allclose(back, scale(mean), atol=abs(slope) * 0.11)


def test_copied_python_gives_the_same_numbers(new_page, open_demo):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    python = TrainingCurves(synthetic(7), {'own "name"': "mnist/dense"}, patience=2)
    demo = open_demo(python, page=page)
    for smoothing, monitor in ((0, "validation loss"), (0.5, "validation accuracy")):
        demo.slide("Smoothing of the curves", smoothing)
        demo.root.get_by_role("radio", name=monitor).check(force=True)
        demo.tick("logarithmic loss", smoothing > 0)
        drawn = demo.check()
        # What the copy before has said stays for seconds, and would be taken for the answer.
        status = demo.root.locator(".lu-copied [role=status]")
        status.evaluate("(status) => status.replaceChildren()")
        demo.root.get_by_role("button", name="Copy as Python").click()
        expect(demo.root.get_by_text("Copied.")).to_be_visible()
        names = {}
        code = page.evaluate("navigator.clipboard.readText()")
        exec(compile(code, "copied", "exec"), names)
        shown = [
            (
                run["label"],
                number,
                stop["epochs"],
                stop["kept"],
                stop["accuracy"],
                stop["againstLast"],
            )
            for run in drawn["runs"]
            for number, stop in enumerate(run["stops"])
        ]
        assert names["stops"] == shown
        for axis, what in zip(names["axes"], ("loss", "accuracy"), strict=True):
            lines = {line.get_label(): line.get_ydata() for line in axis.get_lines()}
            for run in drawn["runs"]:
                for split in ("train", "val"):
                    expected = run["lines"][f"{split}_{what}"]["mean"]
                    np.testing.assert_allclose(lines[f"{run['label']} {split}"], expected)
        assert names["axes"][0].get_yscale() == ("log" if smoothing else "linear")
        matplotlib.pyplot.close("all")


def test_nothing_to_draw_is_a_sentence(demo):
    message = demo.root.locator(".lu-message")
    for names, words in (
        (("training", "validation"), "Select training"),
        (("plain", "augmented"), "No run is selected"),
    ):
        for name in names:
            demo.tick(name, False)
        expect(message).to_contain_text(words)
        expect(demo.stage).to_be_hidden()
        for name in names:
            demo.tick(name, True)
        expect(message).to_be_hidden()
        expect(demo.stage).to_be_visible()
    demo.check()


def test_extreme_histories(open_demo):
    flat = {column: [0.0] for column in COLUMNS}
    wild = {**{column: [1.0, 0.0, 1.0] for column in COLUMNS}, "val_loss": [1e30, 0.0, 1e-30]}
    demo = open_demo(TrainingCurves({"flat": flat, "wild": wild}, log_loss=True))
    demo.check()
    for name in ("flat", "wild"):
        demo.tick(name, False)
        demo.check()
        demo.tick("logarithmic loss", False)
        demo.check()
        paths = demo.root.locator(".curves-stage path").evaluate_all(
            "(paths) => paths.map((path) => path.getAttribute('d') ?? '').join(' ')"
        )
        assert not re.search("NaN|Infinity|undefined", paths)
        demo.tick(name, True)
        demo.tick("logarithmic loss", True)
    demo.tick("wild", False)
    expect(demo.root.locator(".lu-message")).to_contain_text("No loss is above zero")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (700, "dark"), (390, "light")])
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, open_demo, width, theme):
    names = "a quite long name of a network, with dropout", "cats-vs-dogs/from-scratch"
    histories = dict(zip(names, synthetic().values(), strict=True))
    demo = open_demo(TrainingCurves(histories, "mnist/dense"), page=new_page(width=width))
    demo.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    demo.check()
    wait_for_fading(demo.page)
    assert violations(demo.page, ".lu-training-curves") == []
    inside = "(root) => root.scrollWidth <= root.clientWidth"
    assert demo.root.evaluate(inside)
    assert demo.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_hand_that_rests_costs_nothing(demo):
    demo.drawn()
    before = demo.page.evaluate("window.frames")
    wait_for_frames(demo.page, 20)
    assert demo.page.evaluate("window.frames") == before

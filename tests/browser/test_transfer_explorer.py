"""TransferExplorer in Chromium: every boundary counts what torch would train; nothing is made up in
between.
"""

import math
import re
import subprocess
import sys

import numpy as np
import pytest
from page_tools import (
    KEEP_COPIES,
    on_drawn,
    press_before_a_drawing,
    read,
    settled_box,
    swipe,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect

from lecture_utils.statistics import wilson
from lecture_utils.widgets import TransferExplorer
from lecture_utils.widgets.training_curves.curves import spread

LISTEN = on_drawn(
    "TransferExplorer",
    """target.drawn = detail;
  window.frames = (window.frames ?? 0) + 1;""",
)
LITE, RESNET = "efficientnet_lite0", "resnet18"
RECORDED = ("head", "stage6", "stem")


def history(rng, epochs, top):
    t = np.arange(epochs)
    return {
        "train_loss": (0.7 * np.exp(-t / 2) + rng.uniform(0, 0.02, epochs)).tolist(),
        "train_accuracy": (1 - 0.5 * np.exp(-t / 2)).tolist(),
        "val_loss": (0.5 * np.exp(-t / 2) + 0.1).tolist(),
        "val_accuracy": (top - 0.4 * np.exp(-t / 2)).tolist(),
    }


def made_up(seed=0):
    """Make runs that nobody trained, to test the demo with."""
    rng = np.random.default_rng(seed)
    runs = []
    for i, (label, train_from) in enumerate(
        zip(("only the head", "from stage6", "all"), RECORDED, strict=True)
    ):
        seeds = [
            {
                **history(rng, 4 + i, 0.98),
                "seed": number,
                "test_accuracy": round(0.98 + 0.001 * (i + number), 4),
                "test_count": 1000,
                # Of one seed, the time isn't known.
                "seconds": None if (i, number) == (0, 1) else 40.0 * (i + 1) + number,
            }
            for number in range(3 - i)
        ]
        runs.append(
            {
                "label": label,
                "model": LITE,
                "train_from": train_from,
                "pretrained": True,
                "seeds": seeds,
            }
        )
    scratch = {**history(rng, 9, 0.8), "test_accuracy": 0.775, "test_count": 1000}
    runs.append(
        {
            "label": "from scratch",
            "model": LITE,
            "train_from": None,
            "pretrained": False,
            "seeds": [scratch],
        }
    )
    return runs


class Page:
    """The explorer on a page, as a reader and as a test see it."""

    def __init__(self, page, demo):
        self.page, self.demo = page, demo
        self.root = page.locator(".lu-transfer-explorer")
        self.slider = self.root.get_by_role("slider", name="Boundary between")
        self.facts = self.root.locator(".transfer-facts")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.root, "(root) => root.drawn")

    def choose(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)

    def fact(self, term):
        row = self.facts.locator("div", has=self.page.locator("dt", has_text=term))
        return row.locator("dd").inner_text()

    def check(self):
        """Compare every number on the page with Python's; return what is drawn."""
        drawn = self.drawn()
        python = TransferExplorer(
            *self.demo.runs,
            models=[LITE, RESNET],
            model=drawn["model"],
            train_from=drawn["trainFrom"],
            outputs=drawn["outputs"],
        )
        network = next(each for each in python.networks if each["name"] == drawn["model"])
        stage = next(each for each in network["stages"] if each["name"] == drawn["trainFrom"])
        backbone = sum(each["parameters"] for each in network["stages"][:-1])
        total = backbone + drawn["outputs"] * (network["features"] + 1)
        assert (drawn["trainable"], drawn["total"]) == (python.trainable, total)
        assert drawn["held"] == 12 * python.trainable and drawn["kept"] == 32 * stage["kept"]
        assert drawn["memory"] == python.memory
        memory = python.memory / 2**20
        written = float(self.fact("memory per training step").removesuffix(" MiB").replace(",", ""))
        assert written == pytest.approx(memory, abs=0.06 if memory < 100 else 0.51)
        assert self.fact("trained parameters") == f"{python.trainable:,}"
        spoken = self.slider.get_attribute("aria-valuetext")
        assert f"{python.trainable:,} of {total:,} parameters" in spoken
        self.check_blocks(drawn, network)
        self.check_recorded(drawn)
        return drawn

    def check_blocks(self, drawn, network):
        rows = self.root.locator(".transfer-row").evaluate_all(
            """(rows) => rows.map((row) => [row.className.replace("transfer-row", "").replace("boundary", "").trim(),
                row.querySelector(".transfer-name").textContent, row.querySelector(".transfer-count").textContent,
                parseFloat(row.querySelector(".transfer-bar").style.width)])"""
        )
        sizes = [each["parameters"] for each in network["stages"]]
        sizes[-1] *= drawn["outputs"]
        at = [each["name"] for each in network["stages"]].index(drawn["trainFrom"])
        for i, (row, each, size) in enumerate(zip(rows, network["stages"], sizes, strict=True)):
            state = "" if not size else "learns" if i >= at else "frozen"
            name = "new head" if each["name"] == "head" else each["name"]
            count = f"{size:,}" if size else "no parameters"
            assert row[:3] == [state, name, count]
            assert row[3] == pytest.approx(100 * size / max(sizes), abs=0.006)

    def check_recorded(self, drawn):
        here = [
            run
            for run in self.demo.runs
            if run["pretrained"]
            and run["model"] == drawn["model"]
            and run["train_from"] == drawn["trainFrom"]
        ]
        nearest = self.root.locator(".transfer-nearest")
        terms = ("test accuracy", "time per epoch")
        texts = [self.fact(term) for term in terms]
        if not here:
            assert texts == ["no run recorded here"] * 2
            expect(nearest).to_be_visible()
            return
        expect(nearest).to_be_hidden()
        (run,) = here
        mean = np.mean([seed["test_accuracy"] for seed in run["seeds"]])
        low, high = wilson(math.floor(1000 * mean + 0.5), 1000)
        assert texts[0].startswith(f"{mean:.1%} (95%: {100 * low:.1f}–{high:.1%}")
        assert (f"{len(run['seeds'])} seeds" in texts[0]) == (len(run["seeds"]) > 1)
        timed = [seed for seed in run["seeds"] if seed["seconds"] is not None]
        seconds = np.mean([seed["seconds"] / len(seed["val_loss"]) for seed in timed])
        assert float(texts[1].removesuffix(" s (processor time)")) == pytest.approx(
            seconds, abs=0.51
        )

    def check_curves(self, drawn):
        assert [each["label"] for each in drawn["curves"]] == [
            each["label"] for each in drawn["runs"] if each["shown"]
        ]
        by_label = {run["label"]: run for run in self.demo.runs}
        for curve in drawn["curves"]:
            for column in ("train_loss", "val_accuracy"):
                mean, low, _ = spread(by_label[curve["label"]]["seeds"], column)
                np.testing.assert_allclose(curve["values"][column]["mean"], mean, rtol=1e-12)
                np.testing.assert_allclose(curve["values"][column]["low"], low, rtol=1e-12)


@pytest.fixture
def open_demo(mount, page):
    def show(demo=None, page=page):
        page.add_init_script(LISTEN)
        page.add_init_script(KEEP_COPIES)
        demo = demo or TransferExplorer(*made_up())
        mount(demo, page=page)
        return Page(page, demo)

    return show


@pytest.fixture
def demo(open_demo):
    return open_demo()


def test_keys_slide_through_every_boundary(demo):
    demo.slider.focus()
    stages = [s["name"] for s in demo.demo.networks[0]["stages"] if s["parameters"]]
    assert demo.check()["trainFrom"] == "head"
    for train_from in reversed(stages[:-1]):
        demo.page.keyboard.press("ArrowUp")
        drawn = demo.check()
        assert drawn["trainFrom"] == train_from
        learning = len(stages) - stages.index(train_from)
        assert demo.slider.get_attribute("aria-valuenow") == str(learning)
    demo.page.keyboard.press("ArrowUp")
    assert demo.check()["trainFrom"] == "stem"  # the end
    for key, train_from in (
        ("ArrowDown", "stage1"),
        ("PageDown", "stage6"),
        ("PageDown", "head"),
        ("PageDown", "head"),
        ("PageUp", "stage6"),
        ("ArrowLeft", "stage7"),
        ("ArrowRight", "stage6"),
        ("End", "stem"),
        ("Home", "head"),
    ):
        demo.page.keyboard.press(key)
        assert demo.check()["trainFrom"] == train_from
    live = demo.root.locator(".lu-visually-hidden[role=status]")
    expect(live).to_contain_text("only the new head is trained")


def test_two_keys_before_a_drawing_both_count(demo):
    stages = [s["name"] for s in demo.demo.networks[0]["stages"] if s["parameters"]]
    demo.slider.evaluate(press_before_a_drawing("ArrowUp", "ArrowUp", "ArrowDown", "ArrowUp"))
    assert demo.check()["trainFrom"] == stages[-3]


def test_the_lectures_counts(demo):
    demo.root.get_by_label("Network").select_option(RESNET)
    for way, count, share in (
        ("feature extraction", "513", "0.0046%"),
        ("partial fine-tuning", "8,394,241", "75.1%"),
        ("end to end", "11,177,025", "100%"),
    ):
        demo.choose(way)
        demo.check()
        expect(demo.root.locator(".transfer-sentence")).to_contain_text(
            f"{count} of 11,177,025 parameters ({share})"
        )
    # No run of it: it says so, and the chart has no runs of others.
    expect(demo.root.locator(".transfer-nearest")).to_contain_text("No run of ResNet18 was")
    assert demo.root.locator(".transfer-point").count() == 0
    demo.root.get_by_label("Network").select_option(LITE)
    assert demo.check()["trainFrom"] == "stem"  # the same way


def test_mouse_drags_the_boundary_and_clicks_move_it(demo):
    demo.check()
    rows = demo.root.locator(".transfer-row")
    box = settled_box(rows.nth(6))  # stage6
    handle = settled_box(demo.root.locator(".transfer-handle"))
    demo.page.mouse.move(handle["x"] + 14, handle["y"] + 14)
    demo.page.mouse.down()
    for y in np.linspace(handle["y"] + 14, box["y"] - 3, 5):
        demo.page.mouse.move(handle["x"] + 14, y)
        demo.check()
    demo.page.mouse.up()
    assert demo.check()["trainFrom"] == "stage6"
    demo.page.mouse.move(handle["x"], box["y"] + 200)
    assert demo.drawn()["trainFrom"] == "stage6"  # released
    box = settled_box(rows.nth(2))
    demo.page.mouse.click(box["x"] + 80, box["y"] + 4)
    assert demo.check()["trainFrom"] == "stage2"
    assert demo.slider.evaluate("(slider) => document.activeElement === slider")


def test_fingers_move_it_by_its_handle_and_by_a_tap(new_page, open_demo):
    demo = open_demo(page=new_page(width=390, height=1200, has_touch=True, is_mobile=True))
    demo.check()
    box = settled_box(demo.root.locator(".transfer-row").nth(4))
    demo.page.touchscreen.tap(box["x"] + 60, box["y"] + 3)
    assert demo.check()["trainFrom"] == "stage4"
    wait_for_fading(demo.page)  # the handle slides there
    handle = settled_box(demo.root.locator(".transfer-handle"))
    x, y = handle["x"] + 14, handle["y"] + 14
    swipe(demo.page, *[(x, y + step) for step in (0, 20, 40, 60, 76)])
    assert demo.check()["trainFrom"] == "stage6"


def test_a_finger_that_scrolls_does_not_move_it(new_page, open_demo):
    demo = open_demo(page=new_page(width=390, height=700, has_touch=True, is_mobile=True))
    before = demo.check()["trainFrom"]
    demo.root.locator(".transfer-row").nth(4).scroll_into_view_if_needed()
    box = settled_box(demo.root.locator(".transfer-row").nth(4))
    x, y = box["x"] + 60, box["y"] + 3
    swipe(demo.page, *[(x, y - step) for step in (0, 20, 40, 60, 80)])
    demo.page.wait_for_function("scrollY > 0")
    assert demo.check()["trainFrom"] == before


def test_where_nothing_was_recorded_it_points_to_the_nearest(demo):
    demo.slider.focus()
    for _ in range(2):
        demo.page.keyboard.press("ArrowUp")
    assert demo.check()["trainFrom"] == "stage7"
    nearest = demo.root.locator(".transfer-nearest")
    expect(nearest).to_contain_text("No run was recorded at this boundary")
    assert nearest.get_by_role("button").all_inner_texts() == ["from stage6", "only the head"]
    # A button that goes away when it is pressed leaves the focus to the boundary.
    nearest.get_by_role("button", name="from stage6").press("Enter")
    assert demo.check()["trainFrom"] == "stage6"
    expect(demo.slider).to_be_focused()
    demo.root.get_by_role("button", name="Move the boundary to: all").press("Enter")
    assert demo.check()["trainFrom"] == "stem"
    expect(demo.slider).to_be_focused()
    # A new head with other outputs changes the count, not what was recorded.
    demo.choose("feature extraction")
    demo.root.get_by_role("slider", name="Outputs of the new head", exact=True).fill("20")
    drawn = demo.check()
    assert drawn["trainable"] == 20 * 1281
    assert [run["trainable"] for run in drawn["runs"]] == [1281, 2671521, 3372289, 3372289]


def test_recorded_runs_and_their_curves(demo):
    drawn = demo.check()
    demo.check_curves(drawn)
    assert [each["label"] for each in drawn["curves"]] == ["only the head", "from scratch"]
    box = demo.root.get_by_role("checkbox", name="only the head")
    assert box.is_checked() and box.is_disabled()  # it is the one of the boundary
    demo.root.get_by_role("checkbox", name="from stage6").check()
    demo.root.get_by_role("checkbox", name="from scratch").uncheck()
    drawn = demo.check()
    demo.check_curves(drawn)
    assert [each["label"] for each in drawn["curves"]] == ["only the head", "from stage6"]
    assert demo.root.locator(".curves-panel").first.locator("g.curves-curve").count() == 4
    lines = demo.root.locator("g.curves-curve .line").evaluate_all(
        "(lines) => lines.map((line) => line.getAttribute('d'))"
    )
    # Each line has as many corners as there are epochs.
    assert [len(re.findall("[ML]", line)) for line in lines] == [4, 4, 5, 5] * 2
    demo.root.get_by_role("slider", name="Epoch of the crosshair").focus()
    demo.page.keyboard.press("Home")
    assert demo.drawn()["epoch"] == 1
    demo.page.keyboard.press("End")
    assert demo.drawn()["epoch"] == 5
    cells = demo.root.locator("table.values tbody tr").nth(1).locator("td span").all_inner_texts()
    losses = [seed["val_loss"][4] for seed in demo.demo.runs[1]["seeds"]]
    assert float(cells[1]) == pytest.approx(np.mean(losses), abs=6e-5)
    # With no run at the boundary and none selected there is nothing to draw.
    demo.root.get_by_role("checkbox", name="from stage6").uncheck()
    demo.slider.focus()
    demo.page.keyboard.press("ArrowUp")
    expect(demo.root.locator(".curves-stage")).to_be_hidden()
    expect(demo.root.get_by_text("No curves: select")).to_be_visible()


def test_the_table_has_the_runs_numbers(demo):
    rows = demo.root.locator(".transfer-runs tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => [...cell.children].map((c) => c.textContent)))"
    )
    for run, cells in zip(demo.demo.runs, rows, strict=True):
        accuracies = [seed["test_accuracy"] for seed in run["seeds"]]
        low, high = wilson(math.floor(1000 * np.mean(accuracies) + 0.5), 1000)
        assert cells[1][0] == f"{np.mean(accuracies):.1%}"
        assert f"95%: {100 * low:.1f}–{high:.1%}" in cells[1][1]
        known = run["seeds"][0]["seconds"] is not None
        assert cells[2][1] == ("processor time" if known else "not recorded")
    assert [cells[0][0] for cells in rows] == ["1,281", "2,671,521", "3,372,289", "3,372,289"]
    expect(demo.root.locator(".transfer-runs caption")).to_contain_text("tested on 1,000 photos")


def test_the_chart_has_recorded_runs_and_nothing_else(demo):
    def places():
        return demo.root.locator(".transfer-point .mark").evaluate_all(
            """(marks) => marks.map((mark) => { const box = mark.getBBox();
                return [box.x + box.width / 2, box.y + box.height / 2]; })"""
        )

    demo.check()
    points = places()
    assert len(points) == 4
    # More parameters lie to the right, better ones above; from scratch far below.
    assert points[0][0] < points[1][0] < points[2][0] == pytest.approx(points[3][0], abs=2)
    assert points[3][1] > max(y for _, y in points[:3]) + 20
    ticks = demo.root.locator(".transfer-scatter .curves-text text").evaluate_all(
        """(texts) => texts.filter((text) => text.textContent.endsWith("%"))
            .map((text) => [parseFloat(text.textContent) / 100, text.getAttribute("y") - 4])"""
    )
    # Equal steps are equal factors of errors: read the values back.
    (a, ya), (b, yb) = ticks[0], ticks[-1]
    slope = (np.log(1 - b) - np.log(1 - a)) / (yb - ya)
    scratch = 1 - np.exp(np.log(1 - a) + slope * (points[3][1] - ya))
    assert scratch == pytest.approx(0.775, abs=0.02)
    demo.choose("Seconds per epoch")
    demo.drawn()
    assert len(places()) == 3
    demo.choose("Memory")
    demo.drawn()
    # That is counted at every boundary: the fewer parameters learn, the less.
    assert len(places()) == 10
    heights = [y for _, y in sorted(places())]
    assert heights == sorted(heights, reverse=True)


def test_the_copied_program_counts_the_same(open_demo):
    runs = made_up()
    demo = open_demo(TransferExplorer(*runs, model=RESNET, train_from="layer4", outputs=3))
    drawn = demo.check()
    demo.root.get_by_role("button", name="Copy as Python").click()
    demo.page.wait_for_function("window.copied")
    done = subprocess.run(
        [sys.executable, "-c", demo.page.evaluate("window.copied")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert f"{drawn['trainable']:,} of {drawn['total']:,} parameters are trained" in done.stdout
    assert f"takes {drawn['memory']:,} bytes" in done.stdout
    assert "frozen layer3.1.bn2.bias" in done.stdout
    assert "trained layer4.0.conv1.weight" in done.stdout


def test_no_runs_at_all(open_demo):
    python = TransferExplorer(*made_up(), models=[RESNET])
    python.runs = []
    demo = open_demo(python)
    expect(demo.root.get_by_label("Network")).to_be_hidden()
    for part in (".transfer-runs", ".transfer-scatter svg", ".curves-stage", "table.values"):
        expect(demo.root.locator(part)).to_be_hidden()
    expect(demo.root.locator(".transfer-nearest")).to_contain_text("No run of ResNet18")
    assert demo.drawn()["trainable"] == 513


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (700, "dark"), (390, "light")])
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, open_demo, width, theme):
    demo = open_demo(page=new_page(width=width))
    demo.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    for strategy in ("partial fine-tuning", "end to end"):
        demo.choose(strategy)
    demo.slider.focus()
    demo.page.keyboard.press("ArrowDown")
    demo.check()
    wait_for_fading(demo.page)
    assert violations(demo.page, ".lu-transfer-explorer") == []
    assert demo.root.evaluate("(root) => root.scrollWidth <= root.clientWidth")
    assert demo.page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_explorers_live_side_by_side_and_rest(mount, page):
    page.add_init_script(LISTEN)
    mount(TransferExplorer(*made_up()), TransferExplorer(*made_up(1), model=RESNET))
    first, second = page.locator(".lu-transfer-explorer").all()
    second.get_by_role("radio", name="end to end").check(force=True)
    page.wait_for_function(
        "document.querySelectorAll('.lu-transfer-explorer')[1].drawn.trainable === 11177025"
    )
    assert first.evaluate("(root) => root.drawn.trainFrom") == "head"
    assert second.evaluate("(root) => root.drawn.trainable") == 11177025
    ids = page.evaluate("[...document.querySelectorAll('.lu-demo [id]')].map((each) => each.id)")
    assert len(ids) == len(set(ids))
    before = page.evaluate("window.frames")
    wait_for_frames(page, 20)
    assert page.evaluate("window.frames") == before

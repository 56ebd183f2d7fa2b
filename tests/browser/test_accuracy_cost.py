"""AccuracyCost in Chromium: the front on the page is Python's; mouse, finger and keys name
networks.
"""

import json
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from page_tools import (
    AS_ON_A_SLIDE,
    KEEP_COPIES,
    on_drawn,
    read,
    settled_box,
    swipe,
    violations,
    wait_for_fading,
    wait_for_frames,
)

from lecture_utils.architectures import published
from lecture_utils.widgets import AccuracyCost
from lecture_utils.widgets.accuracy_cost.choose import WEIGHTS, chosen

matplotlib.use("Agg")

LISTEN = on_drawn("AccuracyCost")
LABELS = {
    "macs": "MACs",
    "parameters": "Parameters",
    "first": "first",
    "best": "best on ImageNet",
    "all": "best of all",
}


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, mount, page):
        page.add_init_script(LISTEN)
        page.add_init_script(KEEP_COPIES)
        page.emulate_media(reduced_motion="reduce")
        mount(AccuracyCost(), page=page)
        self.page = page
        self.root = page.locator(".lu-accuracy-cost")
        self.stage = self.root.get_by_role("slider")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.root, "(root) => root.drawn")

    def choose(self, name):
        self.root.get_by_role("radio", name=LABELS[name], exact=True).check(force=True)

    def point(self, name):
        """Where a network's point is on the screen: the axes are logarithmic and linear."""
        order = [row.name for row in chosen(published(), self.drawn()["weights"])]
        box = settled_box(self.root.locator(".cost-point").nth(order.index(name)))
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def demo(mount, page):
    return Page(mount, page)


# One process for all programs: importing the package takes far longer than they do.
RUN_ALL = """
import contextlib, io, json, sys
printed = []
for program in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(program, {"__name__": "__main__"})
    printed.append(out.getvalue())
json.dump(printed, sys.stdout)
"""


def run_all(programs):
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL], input=json.dumps(programs), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_fronts_are_pythons_and_the_program_agrees(demo):
    programs, drawn_fronts, fronts = [], [], []
    for cost in ("parameters", "macs"):
        for weights in WEIGHTS:
            demo.choose(cost)
            demo.choose(weights)
            drawn = demo.drawn()
            front = AccuracyCost(cost=cost, weights=weights).front
            assert drawn["front"] == [row.name for row in front]
            assert drawn["shown"] == len(chosen(published(), weights))
            assert demo.root.locator(".cost-point").count() == drawn["shown"]
            assert demo.root.locator(".cost-point.best").count() == len(front)
            demo.root.get_by_role("button", name="Copy as Python").click()
            programs.append(demo.page.evaluate("window.copied"))
            drawn_fronts.append(drawn["front"])
            fronts.append((cost, front))
    for printed, names, (cost, front) in zip(run_all(programs), drawn_fronts, fronts, strict=True):
        lines = [line.split() for line in printed.splitlines()]
        assert [line[0] for line in lines] == names
        for (_, accuracy, amount), row in zip(lines, front, strict=True):
            assert float(accuracy) == pytest.approx(100 * row.accuracy)
            assert int(amount) == pytest.approx(getattr(row, cost))
    demo.root.get_by_text("The front as a table").click()
    cells = demo.root.locator(".cost-table tbody tr").last.locator("th, td").all_inner_texts()
    last = front[-1]
    assert cells[0] == last.title and cells[-1] == f"{last.accuracy:.1%}"


def test_points_are_where_their_figures_say(demo):
    rows = {row.name: row for row in chosen(published(), "best")}
    places = {name: demo.point(name) for name in ("vgg16", "resnet18", "resnet152", "swin_t")}
    x, y = np.array(list(places.values())).T
    macs = np.log10([rows[name].macs for name in places])
    accuracy = [rows[name].accuracy for name in places]
    for got, expected in ((x, macs), (y, accuracy)):
        line = np.polyfit(expected, got, 1)
        assert np.abs(np.polyval(line, expected) - got).max() < 0.5
    assert np.polyfit(accuracy, y, 1)[0] < 0 < np.polyfit(macs, x, 1)[0]


def test_mouse_keys_and_menus_name_networks(demo):
    page = demo.page
    assert demo.drawn()["named"] == "resnet50"
    page.mouse.move(*demo.point("vgg19"))
    assert demo.drawn()["named"] == "vgg19"
    assert "VGG19" in demo.root.locator(".cost-panel").inner_text()
    page.mouse.move(5, 5)
    assert demo.drawn()["named"] == "resnet50"
    page.mouse.click(*demo.point("alexnet"))
    page.mouse.move(5, 5)
    assert demo.drawn()["named"] == "alexnet"
    order = sorted(chosen(published(), "best"), key=lambda row: (row.macs, -row.accuracy))
    names = [row.name for row in order]
    front = demo.drawn()["front"]
    demo.stage.focus()
    page.keyboard.press("Home")
    assert demo.drawn()["named"] == names[0]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert demo.drawn()["named"] == names[1]
    assert demo.stage.get_attribute("aria-valuenow") == "2"
    assert demo.stage.get_attribute("aria-valuetext").startswith(order[1].title)
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    assert demo.drawn()["named"] == front[1]
    page.keyboard.press("PageDown")
    assert demo.drawn()["named"] == front[0]
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert demo.drawn()["named"] == names[-1]
    demo.root.get_by_label("Network to select").select_option("vgg16")
    drawn = demo.drawn()
    assert drawn["named"] == "vgg16"
    # What beats VGG16: the cheapest network that is as accurate.
    vgg = next(row for row in order if row.name == "vgg16")
    better = next(row for row in order if row.accuracy >= vgg.accuracy)
    assert drawn["standing"].startswith(f"{better.title} reaches {better.accuracy:.1%};")
    assert f"{vgg.macs / better.macs:.0f} times as many MACs" in drawn["standing"]
    demo.root.get_by_label("Network to select").select_option(front[3])
    assert demo.drawn()["standing"] == "No network here is as accurate with fewer MACs."
    # A network that is not on screen is said to be so.
    demo.root.get_by_label("Network to select").select_option("vit_h_14")
    assert demo.drawn()["named"] is None
    assert "more images than ImageNet" in demo.root.locator(".cost-panel").inner_text()
    demo.choose("all")
    assert demo.drawn()["named"] == "vit_h_14"
    demo.root.get_by_label("Family to highlight").select_option("VGG")
    demo.drawn()
    assert demo.root.locator(".cost-point.kin").count() == 8


def test_naming_a_network_leaves_axes_and_points_alone(demo):
    demo.drawn()
    demo.root.evaluate(
        """(root) => {
          window.changes = [];
          const watcher = new MutationObserver((records) => window.changes.push(...records));
          for (const element of root.querySelectorAll(".cost-text, .cost-stage svg > g:has(.cost-point)"))
            watcher.observe(element, { attributes: true, childList: true, subtree: true });
        }"""
    )
    demo.page.mouse.move(*demo.point("vgg19"))
    assert demo.drawn()["named"] == "vgg19"
    assert demo.root.locator(".cost-labels .selected").text_content() == "VGG19"
    demo.stage.focus()
    demo.page.keyboard.press("End")
    demo.drawn()
    assert demo.page.evaluate("window.changes.length") == 0
    demo.choose("parameters")
    demo.drawn()
    assert demo.page.evaluate("window.changes.length") > 0


def test_the_mouse_names_networks_where_the_demo_is_enlarged(demo):
    demo.page.set_viewport_size({"width": 1600, "height": 1600})
    demo.page.add_style_tag(content=AS_ON_A_SLIDE)
    for name in ("vgg19", "alexnet"):
        demo.page.mouse.move(*demo.point(name))
        assert demo.drawn()["named"] == name


def test_a_finger_selects_by_a_tap_and_not_when_it_scrolls(mount, new_page):
    demo = Page(mount, new_page(width=390, height=700, has_touch=True, is_mobile=True))
    demo.page.touchscreen.tap(*demo.point("alexnet"))
    assert demo.drawn()["named"] == "alexnet"
    x, y = demo.point("resnet50")
    swipe(demo.page, *[(x, y - step) for step in (0, 20, 40, 60, 80)])
    demo.page.wait_for_function("scrollY > 0")
    assert demo.drawn()["named"] == "alexnet"


def test_narrow_dark_and_accessible(mount, page):
    page.set_viewport_size({"width": 390, "height": 900})
    demo = Page(mount, page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        wait_for_fading(page)
        assert demo.drawn()["shown"] == len(chosen(published(), "best"))
        assert violations(page, ".lu-accuracy-cost") == []

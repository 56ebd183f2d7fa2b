"""ArchitectureExplorer in Chromium: blocks and numbers are Python's; keys walk the tree."""

import subprocess
import sys

import pytest
from page_tools import (
    KEEP_COPIES,
    on_drawn,
    read,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect
from torch import nn

from lecture_utils.widgets import ArchitectureExplorer

LISTEN = on_drawn("ArchitectureExplorer")
COSTS = {"parameters": "Parameters", "macs": "MACs", "memory": "Activation memory"}


class Page:
    """The explorer on a page, as a reader and as a test see it."""

    def __init__(self, mount, page, explorer):
        page.add_init_script(LISTEN)
        page.add_init_script(KEEP_COPIES)
        mount(explorer)
        self.page, self.explorer = page, explorer
        self.root = page.locator(".lu-architecture-explorer")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.root, "(root) => root.drawn")

    def tree(self, side):
        return self.root.get_by_role("tree").nth(("left", "right").index(side))

    def item(self, side, name):
        return self.tree(side).get_by_role("treeitem", name=name).first

    def facts(self, side):
        panel = self.root.locator(".arch-panel").nth(("left", "right").index(side))
        return panel.inner_text()

    def check(self, side):
        """Compare every block on screen with Python's; return their names."""
        drawn = self.drawn()
        shown, cost = drawn[side], drawn["cost"]
        tree = self.explorer.trees[shown["name"]]
        known = {(b.name, b.kind): b for b in tree.walk()}
        items = self.tree(side).locator(".arch-item")
        assert items.count() == len(shown["blocks"])
        compared = [drawn["left"], drawn["right"]] if drawn["sameScale"] else [shown]
        largest = max(
            getattr(block, cost)
            for each in compared
            for block in self.explorer.trees[each["name"]].children
        )
        widths = items.evaluate_all(
            "(all) => all.map((n) => parseFloat(n.firstChild.firstChild.style.width))"
        )
        labels = items.evaluate_all("(all) => all.map((n) => n.getAttribute('aria-label'))")
        for data, width, label in zip(shown["blocks"], widths, labels, strict=True):
            block = known[data["name"], data["kind"]]
            assert width == pytest.approx(100 * min(1, getattr(block, cost) / largest), abs=0.006)
            assert data["shape"] == (list(block.shape) if block.shape else 0)
            assert data["field"] == (list(block.receptive_field) if block.receptive_field else 0)
            assert [data[name] for name in COSTS] == [getattr(block, name) for name in COSTS]
            assert f"Parameters {block.parameters:,}" in label
            if block.shape:
                assert f"Output {'×'.join(map(str, block.shape))}," in label
        return [data["name"] for data in shown["blocks"]]


@pytest.fixture
def explorer(mount, page):
    return Page(mount, page, ArchitectureExplorer("vgg16", "resnet50", "inception_v3", "strong"))


def test_blocks_branches_and_costs_are_pythons(explorer):
    root = explorer.root
    assert explorer.check("left")[-3:] == ["classifier.0", "classifier.3", "classifier.6"]
    names = explorer.check("right")
    assert "layer2.0.downsample.0" in names and "layer2.1" in names
    shortcut = explorer.item("right", "Conv 1×1, stride 2")
    branch = shortcut.locator("xpath=ancestor::*[@role='treeitem'][1]")
    assert branch.get_attribute("aria-label") == "Branch 2 of 2"
    for cost, label in COSTS.items():
        root.get_by_role("radio", name=label).check(force=True)
        same = cost != "macs"
        root.get_by_label("same scale for both").set_checked(same)
        assert (explorer.drawn()["cost"], explorer.drawn()["sameScale"]) == (cost, same)
        explorer.check("left")
        explorer.check("right")
    assert "138,357,544 parameters, image 3×224×224" in root.inner_text()
    explorer.root.get_by_label("First network").locator("select").select_option("inception_v3")
    assert "Mixed_5b.branch5x5_2" in explorer.check("left")
    explorer.item("left", "Mixed_7b,").locator(".arch-row").first.click()
    explorer.check("left")
    within = explorer.item("left", "Mixed_7b,")
    assert within.locator(".arch-branch .arch-branch").count() == 4  # 1×3 beside 3×1, twice.
    explorer.item("left", "AuxLogits").locator(".arch-row").first.click()
    assert "5×5" in explorer.item("left", "AuxLogits").inner_text()
    assert "only in training" in explorer.item("left", "AuxLogits").inner_text()
    # Opened down to single layers.
    explorer.item("left", "Conv 5×5, Mixed_5b").locator(".arch-row").first.click()
    assert "Mixed_5b.branch5x5_2.bn" in explorer.check("left")


def test_the_facts_of_a_block(explorer):
    explorer.item("right", "layer2.1,").locator(".arch-row").first.click()
    text = explorer.facts("right")
    block = explorer.explorer.trees["resnet50"].find("layer2.1")
    assert block.receptive_field == (59, 59)
    for words in ("layer2.1", "512×28×28", f"{block.parameters:,} (1.1%)", "218.4 M", "59×59"):
        assert words in text
    assert explorer.drawn()["right"]["selected"]["name"] == "layer2.1"
    identity = explorer.item("right", "layer2.1,").locator(".arch-branch.shortcut")
    assert identity.get_attribute("aria-label") == (
        "Branch 2 of 2, a shortcut: nothing is computed"
    )


def test_the_keyboard_walks_the_tree(explorer):
    page, tree = explorer.page, explorer.tree("right")
    focused = lambda: page.evaluate("document.activeElement.getAttribute('aria-label')")  # noqa: E731
    assert tree.locator('[tabindex="0"]').count() == 1
    tree.locator('[tabindex="0"]').focus()
    assert focused().startswith("layer2.0,")
    page.keyboard.press("Home")
    assert focused().startswith("stem,")
    page.keyboard.press("ArrowRight")
    expect(explorer.item("right", "stem,")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    assert focused().startswith("Conv 7×7, stride 2, conv1")
    page.keyboard.press("ArrowDown")
    assert focused().startswith("Max pool 3×3, stride 2")
    page.keyboard.press("ArrowLeft")
    assert focused().startswith("stem,")
    page.keyboard.press("ArrowLeft")
    expect(explorer.item("right", "stem,")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("End")
    assert focused().startswith("head,")
    page.keyboard.press("Enter")
    assert "fc" in explorer.check("right")
    page.keyboard.press("ArrowUp")
    assert focused().startswith("layer4,")
    # On a slow machine, letters typed in a row may be seconds apart.
    page.evaluate("() => { Object.defineProperty(Event.prototype, 'timeStamp', { value: 1 }); }")
    page.keyboard.type("layer2.3")
    assert focused().startswith("layer2.3,")
    page.keyboard.press("*")
    names = explorer.check("right")
    assert {"layer2.1.conv2", "layer2.2.conv2", "layer2.3.conv2"} <= set(names)
    assert explorer.drawn()["opened"]["resnet50"] == [
        "layer2", "layer2.0", "head", "layer2.1", "layer2.2", "layer2.3"
    ]  # fmt: skip
    assert tree.locator('[tabindex="0"]').count() == 1
    # A branch closes like a block; closing what holds the focus keeps the focus.
    page.keyboard.press("ArrowRight")
    assert focused() == "Branch 1 of 2"
    page.keyboard.press("Space")
    assert "layer2.3.conv2" not in explorer.check("right")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert focused().startswith("layer2,")
    page.keyboard.press("ArrowLeft")
    assert not any(name.startswith("layer2.") for name in explorer.check("right"))
    # Closing a block above does not lose the focus that was inside.
    page.keyboard.press("ArrowRight")
    explorer.item("right", "layer2.3,").focus()
    explorer.item("right", "layer2,").locator(".arch-row").first.click()
    assert focused().startswith("layer2,")


def test_the_copied_program_runs_and_agrees(mount, page):
    explorer = Page(mount, page, ArchitectureExplorer("gap", "resnet18", "strong"))
    explorer.root.get_by_label("First network").locator("select").select_option("strong")
    explorer.root.get_by_role("button", name="Copy as Python").click()
    program = explorer.page.evaluate("window.copied")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in ("strong", "resnet18"):
        tree = explorer.explorer.trees[name]
        assert f"{name} {tree.parameters} {tree.macs} {tree.memory}\n" in done.stdout
        for block in tree.children:
            assert f"{block.name} {block.shape} {block.parameters} {block.macs}" in done.stdout


class Undecided(nn.Module):
    def __init__(self):
        super().__init__()
        self.only = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.only(x) if x.shape[0] < 5 else x


def test_one_network_of_ones_own_and_accessibility(mount, page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    explorer = Page(mount, page, ArchitectureExplorer({"mine": (Undecided(), 8)}, "inception_v3"))
    assert explorer.check("left") == ["only"]
    assert "torch.fx cannot trace" in explorer.root.inner_text()
    explorer.item("right", "Mixed_7c,").locator(".arch-row").first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        wait_for_fading(page)
        assert violations(page, ".lu-architecture-explorer") == []

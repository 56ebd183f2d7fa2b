"""Every demo looks the same beside others as alone: all their styles end up in one page."""

import numpy as np
import pytest
import recorded_filters
import recorded_regularization
from page_tools import read

from lecture_utils import widgets
from lecture_utils.challenges import chapter_1

# They are measured until nothing moves: some demos go on drawing after they are ready.
SIZES = """async () => {
  const sizes = () => [...document.querySelectorAll(".lu-demo:not(.lu-demo .lu-demo)")].map((demo) =>
    [...demo.querySelectorAll("*")].map((element) => {
      const { width, height } = element.getBoundingClientRect();
      return [`${element.tagName}.${element.getAttribute("class")}`, width, height, element.textContent];
    }));
  const found = [JSON.stringify(sizes())];
  while (found.length < 4 || found.at(-1) !== found.at(-4)) {
    for (let i = 0; i < 12; i++) await new Promise((done) => requestAnimationFrame(done));
    // Frames come although a demo waits for its turn.
    await new Promise((done) => requestIdleCallback(done, { timeout: 500 }));
    // Words have another width in a font that is still on its way.
    await document.fonts.ready;
    found.push(JSON.stringify(sizes()));
  }
  return sizes();
}"""
QUESTION = [{"question": "2 + 2?", "options": [("3", "One more."), ("4", "Yes.", True)]}]
MAP = [{"random": np.random.default_rng(0).normal(size=(8, 4))}, np.arange(8) % 2, ["cat", "dog"]]
ARGUMENTS = {
    "EmbeddingMap": MAP,
    "FilterEvolution": [recorded_filters.runs(), recorded_filters.curves()],
    "GradCamExplorer": [["cat"]],
    "Quiz": [QUESTION],
    "TrainingCurves": ["mnist/dense", "mnist/gap"],
}


@pytest.fixture(scope="module")
def demos(tmp_path_factory):
    recorded = recorded_regularization.record_all(tmp_path_factory.mktemp("runs"), photos=200)
    arguments = {**ARGUMENTS, "RegularizationLab": [recorded]}
    names = [name for name in widgets.__all__ if name != "Challenge"]
    made = {name: getattr(widgets, name)(*arguments.get(name, ())) for name in names}
    return {**made, "Challenge": chapter_1.same_size()}


WIDTHS = (1280, 390)


def sizes_at_all_widths(page):
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = read(page, SIZES)
    return found


# Of two equally specific rules the later one holds, hence both orders.
def test_a_demo_looks_the_same_beside_others(mount, demos):
    alone = {name: sizes_at_all_widths(mount(demo)) for name, demo in demos.items()}
    for order in (list(demos), list(demos)[::-1]):
        together = sizes_at_all_widths(mount(*(demos[name] for name in order)))
        moved = [
            f"{width}, {name}: {a[0]} {a[1]:.0f}x{a[2]:.0f} alone, {b[1]:.0f}x{b[2]:.0f} beside others"
            for width in WIDTHS
            for name, found in zip(order, together[width], strict=True)
            for a, b in zip(alone[name][width][0], found, strict=True)
            # Some texts differ: one names another demo that is there, one a time that was measured.
            if a[0] != b[0] or (a[3] == b[3] and not np.allclose(a[1:3], b[1:3], atol=1))
        ]
        assert not moved, "\n".join(moved)

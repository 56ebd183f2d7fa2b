"""FactorizationLab in Chromium: the page's numbers are Python's, and its program's."""

import subprocess
import sys

import numpy as np
import pytest
from page_tools import KEEP_COPIES, on_drawn, read, violations, wait_for_fading, wait_for_frames

from lecture_utils.widgets import FactorizationLab
from lecture_utils.widgets.factorization_lab.plans import KINDS

LISTEN = on_drawn("FactorizationLab")
LABELS = {
    "kernel": "Kernel n",
    "inputs": "Channels in",
    "outputs": "Channels out",
    "middle": "Bottleneck channels",
    "size": "Image side",
}
NAMES = ("1×n, n×1", "3×3 layers", "1×1 bottleneck", "Depthwise separable")


def test_controls_numbers_program_and_accessibility(mount, page):
    page.add_init_script(LISTEN)
    page.add_init_script(KEEP_COPIES)
    page.set_viewport_size({"width": 390, "height": 900})
    mount(FactorizationLab(measure=False))
    root = page.locator(".lu-factorization-lab")
    assert "33.3% cheaper" in root.locator(".fact-verdict").inner_text()
    rng = np.random.default_rng(3)
    for kind, name in zip(KINDS, NAMES, strict=True):
        root.get_by_role("radio", name=name).check(force=True)
        values = {"kernel": int(rng.choice([3, 5, 7]))}
        values |= {key: int(rng.integers(1, 60)) for key in ("inputs", "outputs", "middle", "size")}
        for key, value in values.items():
            if key != "middle" or kind == "bottleneck":
                box = root.get_by_label(f"{LABELS[key]}, as a number")
                box.fill(str(value))
        wait_for_frames(page)
        drawn = read(root, "(element) => element.drawn")
        settings = {key: drawn[key] for key in values}
        hidden = {} if kind == "bottleneck" else {"middle": drawn["middle"]}
        assert settings == values | hidden
        expected = FactorizationLab(measure=False, kind=kind, **settings).summary
        for side, row in expected.items():
            assert drawn[side]["parameters"] == row["parameters"]
            assert drawn[side]["macs"] == row["macs"]
            assert tuple(drawn[side]["field"]) == row["receptive_field"]
    root.get_by_role("button", name="Copy as Python").click()
    program = page.evaluate("window.copied")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for side, line in zip(("before", "after"), done.stdout.splitlines(), strict=True):
        assert line.startswith(f"{expected[side]['parameters']} {expected[side]['macs']} ")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        wait_for_fading(page)
        dark = root.evaluate("element => getComputedStyle(element).getPropertyValue('--lu-dark')")
        assert dark.strip() == str(int(theme == "dark"))
        assert violations(page, ".lu-factorization-lab") == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "asymmetric", "kernel": 3, "inputs": 1, "outputs": 2}, "Both cost the same."),
        ({"kind": "asymmetric", "kernel": 3, "inputs": 1, "outputs": 9}, "233.3% more expensive"),
        ({"kind": "stacked", "kernel": 5, "inputs": 287, "outputs": 510}, "Less than 0.1% cheaper"),
        (
            {"kind": "bottleneck", "kernel": 11, "inputs": 512, "outputs": 512, "middle": 1},
            "More than 99.9% cheaper",
        ),
    ],
)
def test_something_is_left_and_a_difference_is_not_zero(mount, settings, words):
    verdict = mount(FactorizationLab(measure=False, **settings)).locator(".fact-verdict")
    assert verdict.inner_text().startswith(words)

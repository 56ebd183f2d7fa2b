"""What demos leave to the page and to its reader: silence, shortcuts, and work not done."""

import pytest
from page_tools import wait_for_frames
from playwright.sync_api import expect

from lecture_utils.widgets import (
    AccuracyCost,
    AugmentationLab,
    ConvolutionSteps,
    FeatureMapExplorer,
    FeatureMaps,
    FilterGallery,
    GradCamExplorer,
    ReceptiveFieldLab,
    TrainingCurves,
)

REMEMBER = """window.demos = [];
addEventListener("lu:drawn", ({ detail }) => demos.push(detail.demo));"""
#: What is due to be read aloud is written half a second later at most, in the order of the timers.
TOLD = "() => new Promise((done) => setTimeout(done, 500))"


def test_no_demo_speaks_when_it_appears(mount, page):
    page.add_init_script(REMEMBER)
    demos = (
        AugmentationLab(),
        ConvolutionSteps(),
        FeatureMapExplorer(),
        FeatureMaps(),
        FilterGallery(),
        GradCamExplorer(["cat"]),
        ReceptiveFieldLab(),
    )
    mount(*demos)
    page.wait_for_function("(count) => new Set(demos).size === count", arg=len(demos))
    # Drawing the same state again is no news either.
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    wait_for_frames(page)
    page.evaluate(TOLD)
    live = page.locator(".lu-demo > .lu-visually-hidden[role=status]")
    expect(live).to_have_text([""] * len(demos))
    page.locator(".lu-convolution-steps").get_by_role("slider", name="Row").fill("3")
    expect(live.nth(1)).to_contain_text("Row 3, column 25")


PREVENTED = """(element, [key, modifier]) => !element.dispatchEvent(
  new KeyboardEvent("keydown", { key, [modifier]: true, bubbles: true, cancelable: true }))"""


@pytest.mark.parametrize(
    "make, role, name",
    [
        (lambda: TrainingCurves("mnist/dense", "mnist/gap"), "slider", "Epoch of the crosshair"),
        (AccuracyCost, "slider", "Network, from cheap to expensive"),
        (AugmentationLab, "radio", "Version 2"),
        (FeatureMaps, "radio", "horizontal edges"),
    ],
)
def test_shortcuts_of_the_browser_pass(mount, page, make, role, name):
    demo = mount(make()).locator(".lu-demo")
    element = demo.get_by_role(role, name=name, exact=True).first
    element.focus()
    for modifier in ("ctrlKey", "altKey", "metaKey"):
        assert not element.evaluate(PREVENTED, ["ArrowRight", modifier])
        expect(element).to_be_focused()
    assert element.evaluate(PREVENTED, ["ArrowRight", "none"])


def test_what_is_chosen_is_seen_in_the_readers_own_colors(mount, new_page):
    page = new_page(forced_colors="active")
    demo = mount(AugmentationLab(), FeatureMaps(), page=page).locator(".lu-demo")
    frame = "(element) => getComputedStyle(element).outlineStyle"
    for i, (chosen, others) in enumerate(
        [
            (".lu-thumb:has(:checked)", ".lu-thumb:not(:has(:checked))"),
            (".lu-segmented label:has(:checked)", ".lu-segmented label:not(:has(:checked))"),
        ]
    ):
        assert demo.nth(i).locator(chosen).first.evaluate(frame) == "solid"
        assert demo.nth(i).locator(others).first.evaluate(frame) == "none"
    assert demo.nth(1).locator('[aria-checked="true"]').first.evaluate(frame) == "solid"
    assert demo.nth(1).locator('[aria-checked="false"]').first.evaluate(frame) == "none"


def test_only_another_theme_draws_again(mount, page):
    page.add_init_script(REMEMBER)
    mount(ConvolutionSteps())

    def drawn(change):
        page.evaluate("demos.length = 0")
        page.evaluate(change)
        wait_for_frames(page)
        return page.evaluate("demos.length")

    wait_for_frames(page)
    assert drawn("document.body.classList.toggle('scrolled')") == 0
    assert drawn("document.documentElement.dataset.theme = 'light'") == 0
    assert drawn("document.documentElement.dataset.theme = 'dark'") == 1

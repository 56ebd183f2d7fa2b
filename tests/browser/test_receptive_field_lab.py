"""ReceptiveFieldLab in Chromium: every control is moved, and the page's numbers are Python's."""

import numpy as np
import pytest
import torch
from page_tools import KEEP_COPIES, on_drawn, read, violations, wait_for_fading, wait_for_frames
from playwright.sync_api import expect

from lecture_utils.widgets import ReceptiveFieldLab
from lecture_utils.widgets.receptive_field_lab import PRESETS, side_holding

rng = np.random.default_rng(12)
LISTEN = on_drawn(
    "ReceptiveFieldLab",
    """window.drawn = { ...detail, map: [...detail.map],
    kernels: detail.kernels?.map((draw) => draw.map((kernel) => [...kernel])) };""",
)


class Page:
    """The lab on a page, as a reader and as a test see it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lu-receptive-field-lab")
        self.rows = self.root.locator("tbody tr")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.page, "() => window.drawn")

    def check(self, lab):
        """Compare fields, map and what is written with Python's lab of the same layers."""
        drawn = self.drawn()
        assert drawn["layers"] == lab.layers
        fields = lab.receptive_fields
        assert [f["size"] for f in drawn["fields"][1:]] == [f.size[0] for f in fields]
        assert [f["jump"] for f in drawn["fields"][1:]] == [f.jump[0] for f in fields]
        size = fields[-1].size[0]
        expected = np.outer(lab.profile, lab.profile)
        found = np.reshape(drawn["map"], (size, size))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-12)
        assert drawn["side"] == side_holding(0.95, expected)
        assert drawn["seen"] == np.count_nonzero(lab.profile)
        text = self.root.locator(".field-facts").inner_text()
        assert f"{size}×{size}" in text and f"{drawn['side']}×{drawn['side']}" in text
        numbers = self.rows.locator(".field-number").all_inner_texts()
        assert numbers[-2:] == [str(size), str(fields[-1].jump[0])]
        return drawn

    def number(self, row, name):
        return self.root.get_by_role("spinbutton", name=f"Layer {row}, {name}")


@pytest.fixture
def show(mount, page):
    def open_page(*arguments, page=page, **options):
        page.add_init_script(LISTEN)
        mount(ReceptiveFieldLab(*arguments, **options), page=page)
        return Page(page)

    return open_page


def test_every_preset(show):
    lab = show()
    for name in PRESETS:
        chip = lab.root.get_by_role("button", name=name)
        chip.click()
        lab.check(ReceptiveFieldLab(name))
        assert chip.get_attribute("aria-pressed") == "true"
    assert lab.root.locator("[aria-pressed=true]").count() == 1


def test_random_stacks_typed_number_by_number(show):
    rng = np.random.default_rng(12)
    lab = show([{"kernel": 3}] * 3)
    for _ in range(4):
        layers = []
        for row in range(1, 4):
            kind = str(rng.choice(["conv", "max", "average"]))
            low, high = [1, 1, 1], [8, 4, 4]
            numbers = [int(n) for n in rng.integers(low, high)]
            layers.append(
                {"kind": kind, **dict(zip(("kernel", "stride", "dilation"), numbers, strict=True))}
            )
            lab.root.get_by_role("combobox", name=f"Layer {row}, kind").select_option(kind)
            for name in ("kernel", "stride", "dilation"):
                lab.number(row, name).fill(str(layers[-1][name]))
        lab.check(ReceptiveFieldLab(layers))


def test_changes_within_one_frame_are_all_kept(show):
    lab = show([{"kernel": 3}] * 2)
    # Nothing is drawn between these events.
    lab.page.evaluate(
        """() => {
          const set = (name, value) => {
            const input = document.querySelector(`[aria-label="${name}"]`);
            input.value = value;
            input.dispatchEvent(new Event(input.type === "number" ? "input" : "change", { bubbles: true }));
          };
          set("Layer 1, kernel", "5");
          set("Layer 2, kind", "max");
          set("Layer 2, dilation", "2");
          document.querySelector('[title="Move up layer 2"], [aria-label="Move up layer 2"]').click();
        }"""
    )
    lab.check(
        ReceptiveFieldLab(
            [{"kind": "max", "kernel": 3, "dilation": 2}, {"kind": "conv", "kernel": 5}]
        )
    )


def test_layers_are_added_moved_and_removed_by_keyboard(show):
    lab = show([{"kernel": 5, "stride": 2}, {"kernel": 3, "dilation": 3}])
    lab.root.get_by_role("button", name="Move up layer 2").press("Enter")
    lab.check(ReceptiveFieldLab([{"kernel": 3, "dilation": 3}, {"kernel": 5, "stride": 2}]))
    expect(lab.root.get_by_role("button", name="Move up layer 1")).to_be_disabled()
    lab.root.get_by_role("button", name="Add a layer").press("Enter")
    assert len(lab.drawn()["layers"]) == 3
    lab.root.get_by_role("button", name="Remove layer 1").press("Enter")
    lab.check(ReceptiveFieldLab([{"kernel": 5, "stride": 2}] * 2))
    expect(lab.root.get_by_role("button", name="Remove layer 1")).to_be_focused()
    lab.root.get_by_role("button", name="Move down layer 1").press("Enter")
    lab.root.get_by_role("button", name="Remove layer 2").press("Enter")
    expect(lab.root.get_by_role("button", name="Remove layer 1")).to_be_disabled()
    # No button of the row is left to take the focus.
    expect(lab.root.get_by_role("combobox", name="Layer 1, kind")).to_be_focused()


def test_the_focus_stays_in_the_list(show):
    lab = show([{"kernel": 3}] * 3)
    lab.root.get_by_role("button", name="Remove layer 3").press("Enter")
    expect(lab.root.get_by_role("button", name="Remove layer 2")).to_be_focused()
    lab.root.get_by_role("button", name="Move up layer 2").press("Enter")
    expect(lab.root.get_by_role("button", name="Move down layer 1")).to_be_focused()
    lab.page.keyboard.press("Enter")
    expect(lab.root.get_by_role("button", name="Move up layer 2")).to_be_focused()


def test_random_kernels_weigh_as_torch_says(show):
    stack = [
        {"kernel": 3, "stride": 2},
        {"kernel": 2, "kind": "max", "stride": 2},
        {"kernel": 3, "dilation": 2},
    ]
    lab = show(stack)
    lab.root.get_by_role("radio", name="random kernels").check(force=True)
    drawn = lab.drawn()
    size = drawn["fields"][-1]["size"]
    expected = np.zeros((size, size))
    for kernels in drawn["kernels"]:
        x = torch.zeros(1, 1, size, size, dtype=torch.float64, requires_grad=True)
        y = x
        for layer, weights in zip(drawn["layers"], kernels, strict=True):
            k = layer["kernel"]
            w = torch.tensor(weights, dtype=torch.float64).reshape(1, 1, k, k)
            y = torch.nn.functional.conv2d(y, w, stride=layer["stride"], dilation=layer["dilation"])
        y.sum().backward()
        gradient = x.grad[0, 0].abs().numpy()
        expected += gradient / gradient.sum() / len(drawn["kernels"])
    np.testing.assert_allclose(
        np.reshape(drawn["map"], (size, size)), expected, rtol=1e-4, atol=1e-9
    )
    assert drawn["side"] == side_holding(0.95, expected)
    draws = np.array(drawn["kernels"][0][0])
    assert len(drawn["kernels"]) == 8 and len(np.unique(draws)) == 9
    lab.root.get_by_role("radio", name="averaging kernels").check(force=True)
    lab.check(ReceptiveFieldLab(stack))


def test_holes_are_seen_and_said(show):
    lab = show("dilated 2-2-2")
    assert "only 7 of the 13 pixels" in lab.root.locator(".field-holes").inner_text()
    lit = lab.root.locator(".field-lit").get_attribute("d")
    units = lab.root.locator(".field-units").get_attribute("d")
    assert lit.count("M") == 1 + 3 + 5 + 7
    assert units.count("M") > lit.count("M")


def test_another_output_and_another_scale(show):
    lab = show("plain 3×3")
    first = lab.root.locator(".field-lit").get_attribute("d")
    lab.root.get_by_role("slider", name="Output").press("ArrowRight")
    assert lab.drawn()["output"] == 3
    assert lab.root.locator(".field-lit").get_attribute("d") != first
    line = lab.root.locator(".field-line").get_attribute("d")
    lab.root.get_by_role("radio", name="logarithmic").check(force=True)
    lab.drawn()
    assert lab.root.locator(".field-line").get_attribute("d") != line


def test_what_is_too_large_or_nonsense_ends_in_a_sentence(show):
    lab = show([{"kernel": 11, "dilation": 16}] * 6)
    before = lab.drawn()["layers"]
    lab.root.get_by_role("button", name="Add a layer").click()
    expect(lab.root.locator(".lu-message")).to_contain_text("more than the lab draws (1000)")
    assert lab.drawn()["layers"] == before
    assert lab.rows.count() == 6
    expect(lab.root.get_by_role("radio", name="random kernels")).to_be_disabled()
    lab.number(1, "kernel").fill("99")
    lab.number(1, "kernel").blur()
    expect(lab.number(1, "kernel")).to_have_value("11")
    assert lab.drawn()["layers"] == before
    for _ in range(5):
        lab.root.get_by_role("button", name="Remove layer 1").click()
    lab.number(1, "dilation").fill("1")
    for _ in range(24):
        lab.root.get_by_role("button", name="Add a layer").click()
    expect(lab.root.locator(".lu-message")).to_contain_text("at most 24 layers")
    assert len(lab.drawn()["layers"]) == 24


def test_the_copied_program_computes_the_same(show):
    lab = show("ResNet's stem")
    lab.page.evaluate(KEEP_COPIES)
    lab.root.get_by_role("button", name="Copy as Python").click()
    scope = {}
    exec(lab.page.evaluate("window.copied"), scope)
    drawn = lab.drawn()
    assert [f.size[0] for f in scope["fields"]] == [f["size"] for f in drawn["fields"][1:]]
    size = len(scope["profile"])
    map_ = np.reshape(drawn["map"], (size, size))
    np.testing.assert_allclose(map_, np.outer(scope["profile"], scope["profile"]), rtol=1e-5)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_accessible_and_not_wider_than_the_page(new_page, show, theme, width):
    lab = show("VGG16", page=new_page(width, theme=theme))
    if theme == "dark":
        lab.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    lab.drawn()
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= width
    wait_for_fading(lab.page)
    assert violations(lab.page, ".lu-receptive-field-lab") == []

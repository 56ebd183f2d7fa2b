"""ModelBuilder in Chromium: its arithmetic is torch's, and every control does what it says."""

import numpy as np
import pytest
import torch
import torchinfo
from conftest import ROOT
from page_tools import on_drawn, read, settled_box, violations, wait_for_fading, wait_for_frames
from playwright.sync_api import expect
from random_stacks import sloppy_stack, valid_stack

from lecture_utils.geometry import count_macs, receptive_field
from lecture_utils.widgets import ModelBuilder
from lecture_utils.widgets.model_builder.kinds import KINDS
from lecture_utils.widgets.model_builder.presets import PRESETS
from lecture_utils.widgets.model_builder.stack import describe

LISTEN = on_drawn("ModelBuilder")


@pytest.fixture
def call(page, serve, tmp_path):
    """Run JavaScript with the exports ``m`` of one of the demo's modules."""
    (tmp_path / "widgets").symlink_to(ROOT / "lecture_utils" / "widgets")
    (tmp_path / "bare.html").write_text('<!doctype html><link rel="icon" href="data:,"><body>')
    base = serve(tmp_path)
    page.goto(f"{base}/bare.html")

    def run(module, code, **values):
        url = f"{base}/widgets/model_builder/{module}.js"
        names = ", ".join(values)
        return read(
            page, f"async ({{{names}}}) => {{ const m = await import('{url}'); {code} }}", values
        )

    return run


def described(call, stacks):
    return call(
        "stack",
        "return stacks.map(({ layers, shape }) => m.describe(layers, shape, 3));",
        stacks=[{"layers": layers, "shape": shape} for layers, shape, _ in stacks],
    )


def test_200_random_stacks_are_torchinfos(call):
    rng = np.random.default_rng(11)
    stacks = [valid_stack(rng) for _ in range(200)]
    for (_, shape, network), rows in zip(stacks, described(call, stacks), strict=True):
        info = torchinfo.summary(network, (1, *shape), verbose=0)
        found = info.summary_list[1:]
        assert [row["problem"] for row in rows] == [None] * len(found)
        assert [[1, *row["output"]] for row in rows] == [list(f.output_size) for f in found]
        assert [row["parameters"] for row in rows] == [max(f.num_params, 0) for f in found]
        assert sum(row["multAdds"] for row in rows) == info.total_mult_adds
        assert sum(row["macs"] for row in rows) == count_macs(network, shape)
        assert [row["bytes"] for row in rows] == [12 * np.prod(f.output_size) for f in found]
        for field in receptive_field(network):
            assert rows[int(field.name)]["field"] == list(field.size)


def test_what_torch_refuses_is_explained_in_the_words_of_python(call):
    rng = np.random.default_rng(12)
    stacks = [sloppy_stack(rng) for _ in range(300)]
    refusals = set()
    for (layers, shape, refused), rows in zip(stacks, described(call, stacks), strict=True):
        problems = [row["problem"] for row in rows]
        assert next((i for i, text in enumerate(problems) if text), None) == refused
        python = describe(layers, shape, 3)
        assert problems == [row["problem"] for row in python]
        for row, ours in zip(rows, python, strict=True):
            field = ours["receptive_field"]
            assert row.get("field") == (list(field) if field else None)
        if refused is not None:
            refusals.add(layers[refused]["type"])
    assert refusals == set(KINDS) - {"ReLU", "Dropout", "Flatten"}


def test_every_fix_mends_its_layer(call):
    rng = np.random.default_rng(13)
    stacks = [stack for stack in (sloppy_stack(rng) for _ in range(300)) if stack[2] is not None]
    fixed = 0
    for (layers, shape, refused), rows in zip(stacks, described(call, stacks), strict=True):
        if not (fix := rows[refused].get("fix")):
            assert "Move it up" in rows[refused]["problem"]
            continue
        mended = [*layers]
        mended[refused] = layers[refused] | fix.get("set", {})
        if fix.get("flatten"):
            mended.insert(refused, {"type": "Flatten"})
        after = [row["problem"] for row in describe(mended, shape)]
        wrong = next((i for i, text in enumerate(after) if text), len(after))
        # Wrong groups may hide a kernel that is too large: then that is told next.
        assert wrong > refused or (fix["set"] == {"groups": 1} and "kernel" in after[wrong])
        fixed += 1
    assert fixed > 80


def test_a_layer_has_100_percent_only_if_it_has_all(call):
    counts = [[1000, 1], [1000, 0], [3, 1], [0, 0]]
    words = call(
        "totals",
        """
        const panel = m.totalsPanel();
        const layers = [{ type: "Linear" }, { type: "Conv2d" }];
        return counts.map((values) => {
          const rows = values.map((parameters) => ({ parameters }));
          panel.update({ parameters: 0, macs: 0, bytes: 0 }, layers, rows, "macs");
          return panel.element.querySelector(".builder-share .lu-label").textContent;
        });""",
        counts=counts,
    )
    assert words == [
        "Layer 1 (Linear) has more than 99% of them.",
        "Layer 1 (Linear) has 100% of them.",
        "Layer 1 (Linear) has 75% of them.",
        "There are none.",
    ]


def test_copied_programs_build_the_same_networks(call):
    rng = np.random.default_rng(14)
    stacks = [valid_stack(rng) for _ in range(25)]
    programs = call(
        "python_code",
        "return stacks.map(([layers, rows, shape]) => m.pythonCode(layers, rows, shape, 2));",
        stacks=[
            [layers, [{"problem": None, "input": r["input_shape"]} for r in describe(layers, shape)], shape]
            for layers, shape, _ in stacks
        ],
    )  # fmt: skip
    for (_, _, network), program in zip(stacks, programs, strict=True):
        names = {}
        exec(compile(program, "copied", "exec"), names)
        assert repr(names["model"]) == repr(network)


class Page:
    """The builder on a page, as a reader and as a test see it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lu-model-builder")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.root, "(root) => root.drawn")

    def layer(self, number):
        return self.root.get_by_role("listitem").nth(number - 1)

    def field(self, name):
        return self.root.get_by_label(name, exact=True)

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def types(self):
        return [layer["type"] for layer in self.drawn()["layers"]]

    def check(self):
        """Compare rows, texts and totals with Python's; return what is drawn."""
        drawn = self.drawn()
        rows = describe(drawn["layers"], drawn["inputShape"], drawn["batchSize"])
        items = self.root.get_by_role("listitem")
        assert items.count() == len(rows)
        for i, row in enumerate(rows):
            item = items.nth(i)
            assert row["layer"] in item.inner_text()
            if row["problem"]:
                expect(item).to_contain_text(row["problem"])
                continue
            shape, parameters, _, _, field = item.locator(".builder-value").all_inner_texts()
            assert shape == "×".join(map(str, row["output_shape"]))
            assert parameters == f"{row['parameters']:,}"
            assert field == (
                "×".join(map(str, row["receptive_field"])) if row["receptive_field"] else "–"
            )
        for name in ("parameters", "mult_adds"):
            total = sum(row[name] or 0 for row in rows)
            expect(self.root.locator(".builder-totals")).to_contain_text(f"{total:,}")
        return drawn


@pytest.fixture
def open_builder(mount, page):
    def show(builder=None, page=page):
        page.add_init_script(LISTEN)
        mount(builder or ModelBuilder(), page=page)
        return Page(page)

    return show


@pytest.fixture
def builder(open_builder):
    return open_builder()


def test_presets_and_input_shapes(builder):
    for preset in reversed(PRESETS.values()):
        builder.press(preset["title"])
        drawn = builder.check()
        assert (drawn["layers"], drawn["inputShape"]) == (preset["layers"], preset["shape"])
        button = builder.root.get_by_role("button", name=preset["title"], exact=True)
        expect(button).to_have_attribute("aria-pressed", "true")
    for name, shape in (("CIFAR", [3, 32, 32]), ("Photo", [3, 150, 150])):
        builder.press(name)
        assert builder.check()["inputShape"] == shape
    builder.press("ImageNet")
    builder.press("MNIST")
    builder.field("channels of the input").fill("2")
    builder.field("height of the input").fill("40")
    builder.field("width of the input").fill("50")
    builder.field("batch size").fill("64")
    drawn = builder.check()
    assert (drawn["inputShape"], drawn["batchSize"]) == ([2, 40, 50], 64)
    assert drawn["rows"][0]["bytes"] == 64 * 4 * 32 * 38 * 48


def test_every_setting(builder):
    builder.press("VGG-like")
    builder.root.get_by_role("checkbox", name="All settings").check()
    values = {"out": "8", "kernel": "5", "stride": "2", "padding": "1", "dilation": "2"}
    for name, value in (values | {"groups": "3"}).items():
        builder.field(f"{name} of layer 1, Conv2d").fill(value)
    builder.field("bias of layer 1, Conv2d").uncheck()
    builder.check()
    expect(builder.layer(1)).to_contain_text(
        "8 outgoing channels cannot be divided into 3 equal groups"
    )
    builder.press("Fix: one group")
    for name, value in {"kernel": "3", "stride": "1", "padding": "1"}.items():
        builder.field(f"{name} of layer 5, MaxPool2d").fill(value)
    builder.field("ceil mode of layer 5, MaxPool2d").check()
    builder.field("p of layer 19, Dropout").fill("0.25")
    builder.field("in of layer 17, Linear").fill("100")
    builder.field("out of layer 17, Linear").fill("20")
    builder.field("bias of layer 17, Linear").uncheck()
    layers = builder.check()["layers"]
    assert layers[0] == {
        "type": "Conv2d", "out_channels": 8, "kernel_size": 5, "stride": 2, "padding": 1,
        "dilation": 2, "groups": 1, "bias": False,
    }  # fmt: skip
    assert layers[4] == {
        "type": "MaxPool2d", "kernel_size": 3, "stride": 1, "padding": 1, "ceil_mode": True,
    }  # fmt: skip
    assert layers[18] == {"type": "Dropout", "p": 0.25}
    assert layers[16] == {"type": "Linear", "in_features": 100, "out_features": 20, "bias": False}


def test_a_wrong_in_features_is_mended_by_a_click(builder):
    builder.field("kernel of layer 4, Conv2d").fill("5")
    drawn = builder.check()
    expect(builder.layer(10)).to_contain_text(
        "in_features is 576, but the layer receives 256 values"
    )
    expect(builder.layer(12)).to_contain_text("Waits for layer 10.")
    expect(builder.root.get_by_role("status").filter(has_text="Layer 10, Linear")).to_have_count(1)
    assert not drawn["totals"]["valid"]
    builder.press("Fix: use 256")
    assert builder.check()["totals"]["valid"]
    expect(builder.field("in of layer 10, Linear")).to_be_focused()


def test_a_missing_flatten_and_a_kernel_that_is_too_large(builder):
    builder.press("Remove layer 9, Flatten")
    builder.check()
    builder.press("Fix: add Flatten")
    assert builder.types()[8] == "Flatten" and builder.check()["totals"]["valid"]
    builder.field("kernel of layer 7, Conv2d").fill("7")
    builder.check()
    expect(builder.layer(7)).to_contain_text("covers 7×7 pixels, but its input has only 5×5")
    builder.press("Fix: kernel 5")
    builder.check()
    expect(builder.layer(10)).to_contain_text(
        "but the layer receives 64 values (64×1×1, flattened)"
    )


def test_add_remove_undo_and_start_over(builder):
    start = builder.drawn()["layers"]
    places = builder.root.get_by_role("combobox", name="Add after")
    places.select_option("2")
    for kind in ("BatchNorm2d", "AvgPool2d"):
        builder.press(kind)
    assert builder.types()[2:5] == ["BatchNorm2d", "AvgPool2d", "MaxPool2d"]
    places.select_option("end")
    for kind in KINDS:
        builder.press(kind)
    assert builder.types()[-len(KINDS) :] == list(KINDS)
    builder.check()
    for _ in range(len(KINDS) + 2):
        builder.press("Undo")
    assert builder.check()["layers"] == start
    undo = builder.root.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    expect(undo).to_be_focused()
    for number in range(12, 0, -1):
        builder.layer(number).get_by_role("button", name="Remove").click()
    assert builder.check()["layers"] == []
    builder.press("Linear")
    builder.check()
    builder.press("Start over")
    assert builder.check()["layers"] == start
    # Digits typed in a row are undone together. On a slow machine they may be seconds apart.
    builder.page.evaluate("() => { const now = performance.now(); performance.now = () => now; }")
    builder.field("out of layer 1, Conv2d").press("Control+a")
    builder.page.keyboard.type("128")
    assert builder.check()["layers"][0]["out_channels"] == 128
    builder.press("Undo")
    assert builder.check()["layers"] == start
    # A new dense layer fits.
    builder.press("Linear")
    assert builder.check()["layers"][-1]["in_features"] == 10


def test_reorder_by_keyboard_and_by_drag(builder):
    types = builder.types()
    button = builder.root.get_by_role("button", name="Move layer 3, MaxPool2d up")
    button.focus()
    builder.page.keyboard.press("Enter")
    expect(builder.root.get_by_role("button", name="Move layer 2, MaxPool2d up")).to_be_focused()
    builder.page.keyboard.press("Enter")
    # At the top there is no further up.
    expect(builder.root.get_by_role("button", name="Move layer 1, MaxPool2d down")).to_be_focused()
    builder.check()
    assert builder.types() == ["MaxPool2d", "Conv2d", "ReLU", *types[3:]]
    for _ in range(2):
        builder.page.keyboard.press("Enter")
    assert builder.types() == types

    def drag(from_, to, steps=6):
        ends = [settled_box(builder.layer(n).locator(".builder-handle")) for n in (from_, to)]
        (x, y), (_, end) = [(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2) for b in ends]
        builder.page.mouse.move(x, y)
        builder.page.mouse.down()
        builder.page.mouse.move(x, end + (12 if to > from_ else -12), steps=steps)
        builder.page.mouse.up()

    drag(2, 5)
    moved = [types[0], *types[2:5], types[1], *types[5:]]
    assert builder.types() == moved
    builder.check()
    drag(5, 2)
    assert builder.types() == types and builder.check()["totals"]["valid"]
    drag(4, 4)
    assert builder.types() == types


def test_nonsense_is_answered_with_a_sentence(builder):
    kernel = builder.field("kernel of layer 1, Conv2d")
    for typed in ("0", "-3", "2.5", "", "1000"):
        kernel.fill(typed)
        expect(builder.layer(1)).to_contain_text("“kernel” must be a whole number from 1 to 99")
        assert builder.drawn()["layers"][0]["kernel_size"] == 3
    expect(builder.root.get_by_role("status").filter(has_text="“kernel” must be")).to_have_count(1)
    kernel.press("Tab")
    expect(kernel).to_have_value("3")
    kernel.fill("4")
    assert builder.check()["layers"][0]["kernel_size"] == 4
    expect(builder.layer(1).locator(".builder-problem")).to_be_hidden()
    kernel.fill("0")
    builder.press("Undo")
    expect(kernel).to_have_value("3")
    expect(builder.layer(1).locator(".builder-problem")).to_be_hidden()
    builder.field("height of the input").fill("0")
    message = builder.root.locator(".lu-message", has_text="“height” must be a whole number")
    expect(message).to_contain_text("from 1 to 2048, not 0")
    expect(message).to_be_visible()
    builder.press("Start over")
    expect(message).to_have_count(0)
    for _ in range(50):
        builder.root.get_by_role("button", name="Add ReLU").or_(
            builder.root.get_by_role("button", name="ReLU", exact=True)
        ).first.click()
    full = builder.root.locator(".lu-message", has_text="There is room for 60 layers")
    expect(full).to_be_visible()
    assert len(builder.drawn()["layers"]) == 60


def test_two_ways_of_counting(builder):
    totals = builder.root.locator(".builder-totals")
    network = ModelBuilder().model
    expect(totals).to_contain_text("2,824,266 MACs")
    builder.root.get_by_role("radio", name="weights only").check(force=True)
    expect(totals).to_contain_text(f"{count_macs(network, (1, 28, 28)):,} MACs")


@pytest.mark.parametrize("preset", ["gap", "all-convolutional"])
def test_copied_python(new_page, open_builder, preset):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    builder = open_builder(ModelBuilder(preset=preset), page)
    builder.press("Copy as Python")
    expect(builder.root.get_by_text("Copied.")).to_be_visible()
    program, names = page.evaluate("navigator.clipboard.readText()"), {}
    exec(compile(program, "copied", "exec"), names)
    assert names["parameters"] == builder.check()["totals"]["parameters"]
    assert tuple(names["output"].shape) == (1, 10)
    builder.root.get_by_text("The network in PyTorch").click()
    assert builder.root.locator("pre").inner_text().strip() == program.strip()
    # What does not fit yet is left out, and the program says so.
    builder.field("kernel of layer 1, Conv2d").fill("99")
    builder.drawn()
    assert "# Layer 1, Conv2d, does not fit yet:" in builder.root.locator("pre").inner_text()
    exec(compile(builder.root.locator("pre").inner_text(), "shown", "exec"), names)
    assert len(names["model"]) == 0 and isinstance(names["output"], torch.Tensor)


@pytest.mark.parametrize("width", [320, 390])
def test_the_name_of_a_layer_is_not_under_its_tools(new_page, open_builder, width):
    builder = open_builder(page=new_page(width, 900, has_touch=True))
    for kind in ("BatchNorm2d", "AvgPool2d"):
        add = builder.root.get_by_role("button", name=kind, exact=True)
        add.click()
    builder.drawn()
    boxes = builder.root.evaluate(
        """(root) => [...root.querySelectorAll(".builder-layer")].map((layer) => [".builder-type", ".builder-tools"]
          .map((part) => layer.querySelector(part).getBoundingClientRect().toJSON()))"""
    )
    assert len(boxes) > 12
    for name, tools in boxes:
        assert name["right"] <= tools["left"] or name["bottom"] <= tools["top"]
        assert tools["width"] >= 3 * 44
    assert builder.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (700, "dark"), (390, "light")])
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, open_builder, width, theme):
    builder = open_builder(page=new_page(width=width))
    builder.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    builder.root.get_by_role("checkbox", name="All settings").check()
    builder.root.get_by_text("The network in PyTorch").click()
    for kernel in ("3", "6"):
        builder.field("kernel of layer 7, Conv2d").fill(kernel)
        builder.drawn()
        wait_for_fading(builder.page)
        assert violations(builder.page, ".lu-model-builder") == []
    builder.press("ImageNet")
    builder.drawn()
    assert builder.page.evaluate("document.documentElement.scrollWidth") <= width
    assert builder.root.evaluate(
        "(root) => [...root.querySelectorAll('.builder-layer *')].every((e) => !e.offsetParent || "
        "e.getBoundingClientRect().right <= root.getBoundingClientRect().right)"
    )

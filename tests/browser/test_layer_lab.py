"""LayerLab in Chromium: every control is moved, and the numbers on the page are PyTorch's."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from page_tools import (
    on_drawn,
    play_until,
    read,
    settled_box,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect

from lecture_utils.widgets import LayerLab
from lecture_utils.widgets.layer_lab.layer import find_problem

LISTEN = on_drawn(
    "LayerLab",
    """const plain = { ...detail, pixels: [...detail.pixels], weights: [...detail.weights] };
  target.drawn = { ...plain, output: [...detail.output] };
  window.frames = (window.frames ?? 0) + 1;""",
)
SETTINGS = ("operation", "stride", "padding", "dilation", "ceil")


def by_torch(image, kernel, operation, stride, padding, dilation, ceil_mode):
    batch, size = image[None, None], kernel.shape
    if operation == "convolution":
        return F.conv2d(batch, kernel[None, None], None, stride, padding, dilation)[0, 0]
    if operation == "max":
        return F.max_pool2d(batch, size, stride, padding, dilation, ceil_mode)[0, 0]
    return F.avg_pool2d(batch, size, stride, padding, ceil_mode)[0, 0]


def influence(image, kernel, operation, settings, outputs):
    """Which outputs each input cell feeds, from gradients: shape (outputs, H, W), True or False."""
    x = torch.zeros_like(image).requires_grad_()
    # The gradient of a maximum goes to one cell; a sum over the same window reads all.
    if operation == "max":
        _, stride, padding, dilation, _ = settings
        size = outputs[0] * stride + 20, outputs[1] * stride + 20
        wide = torch.zeros(size, dtype=torch.float64)
        wide[padding : padding + x.shape[0], padding : padding + x.shape[1]] = 1
        wide.requires_grad_()
        y = F.conv2d(
            wide[None, None], torch.ones_like(kernel)[None, None], None, stride, 0, dilation
        )
        y, x = y[0, 0, : outputs[0], : outputs[1]], wide
        cut = np.s_[:, padding : padding + image.shape[0], padding : padding + image.shape[1]]
    else:
        y, cut = by_torch(x, torch.ones_like(kernel), *settings), np.s_[:]
    rows = [torch.autograd.grad(value, x, retain_graph=True)[0].numpy() for value in y.flatten()]
    return (np.array(rows) != 0)[cut]


class Page:
    """The lab on a page, as a reader and as a test see it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lu-layer-lab")

    def drawn(self):
        wait_for_frames(self.page)
        drawn = read(self.root, "(root) => root.drawn")
        drawn["image"] = np.reshape(drawn["pixels"], (drawn["h"], drawn["w"]))
        drawn["kernel"] = np.reshape(drawn["weights"], (drawn["kh"], drawn["kw"]))
        drawn["output"] = np.reshape(drawn["output"], (drawn["rows"], drawn["columns"]))
        return drawn

    def grid(self, name):
        return self.root.get_by_role("grid", name=name)

    def cell(self, name, row, column):
        return self.grid(name).get_by_role("row").nth(row).get_by_role("gridcell").nth(column)

    def marked(self, name, mark):
        """Row and column, in the grid, of the cells with a mark."""
        return self.grid(name).evaluate(
            """(grid, mark) => [...grid.children].flatMap((row, i) => [...row.children]
                .flatMap((cell, j) => cell.classList.contains(mark) ? [[i, j]] : []))""",
            mark,
        )

    def text(self, name):
        return self.root.locator(f".layer-{name}").inner_text()

    def slide(self, name, value):
        self.root.get_by_role("slider", name=name).fill(str(value))

    def operate(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)

    def check(self):
        """Compare the numbers on the page with torch's; return what is drawn."""
        drawn = self.drawn()
        settings = [drawn[name] for name in SETTINGS]
        image, kernel = (
            torch.tensor(drawn["image"]).double(),
            torch.tensor(drawn["kernel"]).double(),
        )
        expected = by_torch(image, kernel, *settings).numpy()
        np.testing.assert_allclose(drawn["output"], expected, atol=1e-12)
        shown = [
            [
                float(text.replace("\N{MINUS SIGN}", "-"))
                for text in row.get_by_role("gridcell").all_inner_texts()
            ]
            for row in self.grid("Output").get_by_role("row").all()
        ]
        np.testing.assert_allclose(shown, expected, atol=0.051, rtol=1e-3)
        reads = influence(image, kernel, drawn["operation"], settings, expected.shape)
        np.testing.assert_array_equal(drawn["reads"], reads.sum(0))
        unread = np.argwhere(reads.sum(0) == 0) + drawn["padding"]
        assert self.marked("Input", "unread") == unread.tolist()
        assert ("No window reads" in self.text("facts")) == bool(len(unread))
        assert self.text("numbers").startswith("{h}×{w} → {rows}×{columns}".format(**drawn))
        return drawn, reads


@pytest.fixture
def open_lab(mount, page):
    def show(lab=None, page=page):
        page.add_init_script(LISTEN)
        mount(lab or LayerLab(), page=page)
        return Page(page)

    return show


@pytest.fixture
def lab(open_lab):
    return open_lab()


@pytest.mark.parametrize("seed", range(6))
def test_random_layers_have_torchs_numbers(open_lab, seed):
    rng = np.random.default_rng(seed)
    while True:
        operation = ("convolution", "max", "average")[seed % 3]
        kernel = rng.integers(-9, 10, rng.integers(1, 6, 2))
        image = rng.integers(-99, 100, rng.integers(3, 13, 2))
        layer = {
            "operation": operation,
            "stride": int(rng.integers(1, 5)),
            "padding": int(rng.integers(0, 4)),
            "dilation": 1 if operation == "average" else int(rng.integers(1, 4)),
            "ceil_mode": seed > 2,
        }
        if not find_problem(image.shape, kernel.shape, *layer.values()):
            break
    python = LayerLab(image, kernel, **layer)
    page = open_lab(python)
    drawn, reads = page.check()
    np.testing.assert_allclose(drawn["output"], python.output, atol=1e-12)
    # Both ways: from an output cell to what it reads, from an input cell to what it feeds.
    padding = drawn["padding"]
    row, column = (int(rng.integers(size)) for size in python.output.shape)
    page.cell("Output", row, column).hover()
    page.drawn()
    assert page.marked("Output", "chosen") == [[row, column]]
    inside = np.argwhere(reads[row * drawn["columns"] + column]) + padding
    lit = [
        cell
        for cell in page.marked("Input", "lit")
        if (np.array(cell) >= padding).all()
        and (np.array(cell) < np.add(image.shape, padding)).all()
    ]
    assert lit == inside.tolist()
    y, x = (int(rng.integers(size)) for size in image.shape)
    page.cell("Input", y + padding, x + padding).hover()
    page.drawn()
    assert page.marked("Input", "chosen") == [[y + padding, x + padding]]
    fed = np.argwhere(reads[:, y, x].reshape(python.output.shape))
    assert page.marked("Output", "lit") == fed.tolist()
    assert (f"feeds {len(fed)} output cell" if len(fed) else "by no window") in page.text("worked")


def test_every_slider(lab):
    lab.slide("Input size", 12)
    assert lab.check()[0]["image"].shape == (12, 12)
    lab.slide("Padding", 3)
    lab.slide("Stride", 3)
    lab.slide("Dilation", 2)
    drawn, _ = lab.check()
    assert [drawn[name] for name in SETTINGS[:4]] == ["convolution", 3, 3, 2]
    lab.slide("Kernel size", 5)
    assert lab.check()[0]["kernel"].shape == (5, 5)
    lab.slide("Input size", 5)
    drawn, _ = lab.check()
    np.testing.assert_array_equal(drawn["image"], LayerLab().image)
    lab.root.get_by_role("button", name="New numbers").click()
    assert (lab.check()[0]["image"] != drawn["image"]).any()


def test_operations_and_the_padding_they_allow(lab):
    lab.slide("Padding", 3)
    lab.slide("Dilation", 2)
    lab.operate("Max pooling")
    drawn, _ = lab.check()
    assert (drawn["operation"], drawn["padding"], drawn["dilation"]) == ("max", 1, 2)
    assert lab.root.get_by_role("slider", name="Padding").get_attribute("max") == "1"
    assert "at most half the window (here 1)" in lab.text("note")
    lab.operate("Average pooling")
    assert lab.check()[0]["dilation"] == 1
    expect(lab.root.get_by_role("slider", name="Dilation")).to_be_disabled()
    lab.slide("Stride", 3)
    lab.slide("Input size", 6)
    before = lab.check()[0]["rows"]
    lab.root.get_by_role("checkbox", name="Ceil mode").check()
    assert lab.check()[0]["rows"] == before + 1
    lab.cell("Output", 2, 2).hover()
    lab.drawn()
    assert "hang over the edge" in lab.text("worked")
    lab.operate("Convolution")
    lab.check()
    expect(lab.root.get_by_role("checkbox", name="Ceil mode")).to_be_hidden()


def test_presets(lab):
    presets = lab.root.get_by_role("group", name="Presets").get_by_role("button")
    assert presets.count() == 8
    for button in reversed(presets.all()):
        button.click()
        lab.check()
        expect(button).to_have_attribute("aria-pressed", "true")
    lab.slide("Stride", 3)
    lab.drawn()
    assert lab.root.locator('[aria-pressed="true"]').count() == 0


def test_one_cell_worked_out(lab):
    lab.cell("Output", 0, 1).hover()
    drawn = lab.drawn()
    name, products, value = lab.text("worked").replace("\N{MINUS SIGN}", "-").split(" = ")
    assert name == "y[0, 1]" and float(value) == drawn["output"][0, 1]
    patch = drawn["image"][0:3, 1:4].ravel()
    terms = [
        [float(part.strip("()")) for part in term.split("·")] for term in products.split(" + ")
    ]
    np.testing.assert_array_equal(terms, np.stack([patch, drawn["kernel"].ravel()], 1))
    lab.operate("Max pooling")
    lab.cell("Output", 0, 1).hover()
    drawn = lab.drawn()
    assert lab.text("worked").endswith(f"= {drawn['output'][0, 1]:g}")
    best = [drawn["image"][tuple(cell)] for cell in lab.marked("Input", "best")]
    assert set(best) == {drawn["output"][0, 1]}


def test_numbers_are_typed_into_the_grids(lab):
    lab.cell("Input", 1, 1).click()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.type("-7")
    lab.page.keyboard.press("Enter")
    assert lab.check()[0]["image"][1, 2] == -7
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Enter")
    lab.page.keyboard.press("ArrowUp")
    lab.page.keyboard.press("Enter")
    assert lab.check()[0]["image"][2, 2] == LayerLab().image[2, 2] + 1
    lab.page.keyboard.press("Delete")
    assert lab.check()[0]["image"][2, 2] == 0
    # A second click on a cell opens it, too; kernels may have fractions.
    for _ in range(2):
        lab.cell("Kernel", 0, 0).click()
    lab.page.keyboard.type("1/4")
    lab.page.keyboard.press("Enter")
    before = lab.check()[0]
    assert before["kernel"][0, 0] == 0.25
    for grid, typed in (("Input", "2.5"), ("Input", "dog"), ("Kernel", "100"), ("Input", "")):
        lab.cell(grid, 0, 0).focus()
        lab.page.keyboard.press("F2")
        lab.page.keyboard.press("Control+a")
        lab.page.keyboard.press("Delete")
        lab.page.keyboard.type(typed)
        lab.page.keyboard.press("Enter")
        expect(lab.root.locator(".lu-message")).to_contain_text("from −99 to 99")
        after = lab.check()[0]
        np.testing.assert_array_equal(after["image"], before["image"])
        np.testing.assert_array_equal(after["kernel"], before["kernel"])
    lab.slide("Padding", 1)
    expect(lab.root.locator(".lu-message")).to_be_hidden()
    lab.cell("Input", 0, 0).click()  # padding now
    lab.page.keyboard.type("5")
    assert lab.root.locator(".lu-grid-input").count() == 0


def test_a_cell_that_is_opened_and_left_keeps_its_number(open_lab):
    lab = open_lab(LayerLab(kernel=np.full((3, 3), 1 / 9)))
    for leave in ("Enter", "Tab"):
        lab.cell("Kernel", 1, 1).focus()
        lab.page.keyboard.press("F2")
        expect(lab.root.locator(".lu-grid-input")).to_have_value("0.111111")
        lab.page.keyboard.press(leave)
        expect(lab.root.locator(".lu-grid-input")).to_have_count(0)
        assert (lab.check()[0]["kernel"] == 1 / 9).all()


def test_arrow_keys_walk_over_the_output(lab):
    lab.cell("Output", 1, 1).focus()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("ArrowUp")
    assert lab.drawn()["subject"] == {"grid": "output", "row": 0, "column": 2}
    status = lab.root.get_by_role("status").filter(has_text="y[0, 2]")
    expect(status).to_have_count(1)
    lab.root.get_by_role("button", name="Step").click()
    assert lab.drawn()["subject"] == {"grid": "output", "row": 1, "column": 0}


def test_times_read(lab):
    lab.operate("Max pooling")
    lab.slide("Stride", 2)
    lab.slide("Input size", 6)
    lab.drawn()  # A larger input moves the option, and a forced click does not wait for that.
    # The name of the option begins with its words on the screen.
    lab.operate("times read: how many outputs read each cell")
    drawn, _ = lab.check()
    texts = lab.grid("Input").get_by_role("gridcell").all_inner_texts()
    np.testing.assert_array_equal(np.reshape(texts, (6, 6)).astype(int), drawn["reads"])
    assert "row 5 or column 5: 11 of 36 cells" in lab.text("facts")


def test_play_walks_and_can_be_stopped(lab):
    play = lab.root.get_by_role("button", name="Play")
    # On its way through the last row, the walk has not come to the last cell.
    is_empty = (
        "root.querySelector('[aria-label=Output] > :last-child > :last-child').innerText === ''"
    )
    assert play_until(play, f"root.drawn.subject.row === 2 && {is_empty}") == "Pause"
    expect(play).to_be_visible()
    assert lab.check()[0]["subject"]["row"] == 2


def test_no_walk_for_readers_who_want_none(new_page, open_lab):
    lab = open_lab(page=new_page(reduced_motion="reduce"))
    expect(lab.root.get_by_role("button", name="Play")).to_be_hidden()
    expect(lab.root.get_by_role("button", name="Step")).to_be_visible()


def test_a_layer_that_does_not_fit_is_explained(lab):
    lab.slide("Kernel size", 5)
    lab.slide("Dilation", 3)
    expect(lab.root.locator(".lu-message")).to_contain_text("covers 13×13 cells")
    assert lab.drawn()["output"].size == 0
    expect(lab.grid("Output")).to_be_hidden()
    lab.cell("Input", 1, 1).click()
    lab.slide("Input size", 12)
    lab.slide("Padding", 1)
    expect(lab.root.locator(".lu-message")).to_be_hidden()
    assert lab.check()[0]["output"].shape == (2, 2)


@pytest.mark.parametrize(
    "preset", ["Zero padding", "Dilation 2", "Ceil mode", "3×3 average pooling"]
)
def test_copied_python_gives_the_same_numbers(new_page, open_lab, preset):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab = open_lab(page=page)
    lab.root.get_by_role("button", name=preset).click()
    lab.root.get_by_role("button", name="New numbers").click()
    drawn, _ = lab.check()
    lab.root.get_by_role("button", name="Copy as Python").click()
    expect(lab.root.get_by_text("Copied.")).to_be_visible()
    names = {}
    exec(compile(page.evaluate("navigator.clipboard.readText()"), "copied", "exec"), names)
    np.testing.assert_allclose(names["output"].numpy(), drawn["output"], atol=1e-12)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (700, "dark"), (390, "light")])
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, open_lab, width, theme):
    lab = open_lab(page=new_page(width=width))
    lab.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    preset = "Leftover row" if width > 700 else "Zero padding"
    lab.root.get_by_role("button", name=preset).click()
    lab.drawn()
    wait_for_fading(lab.page)
    assert violations(lab.page, ".lu-layer-lab") == []
    lab.slide("Input size", 12)
    lab.slide("Padding", 3)
    lab.drawn()
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_narrow_page_cells_are_large_enough_and_grids_follow(new_page, open_lab):
    lab = open_lab(page=new_page(width=320))
    lab.slide("Input size", 12)
    lab.slide("Padding", 3)
    lab.drawn()
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= 320
    for name in ("Input", "Kernel", "Output"):
        cell = settled_box(lab.cell(name, 0, 0))
        assert min(cell["width"], cell["height"]) >= 23.9
    lab.cell("Output", 0, 0).focus()
    for key, place in (("End", 15), ("Home", 0)):
        lab.page.keyboard.press(key)
        assert lab.drawn()["subject"] == {"grid": "output", "row": 0, "column": place}
        grid = settled_box(lab.grid("Input"))
        lit = [settled_box(lab.cell("Input", *cell)) for cell in lab.marked("Input", "lit")]
        assert len(lit) == 9
        assert min(cell["x"] for cell in lit) >= grid["x"] - 0.5
        assert max(cell["x"] + cell["width"] for cell in lit) <= grid["x"] + grid["width"] + 0.5


def test_a_hand_that_rests_costs_nothing(lab):
    lab.drawn()
    before = lab.page.evaluate("window.frames")
    wait_for_frames(lab.page, 20)
    assert lab.page.evaluate("window.frames") == before

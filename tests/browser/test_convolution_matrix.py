"""ConvolutionMatrix in Chromium: every control is moved, and the numbers are PyTorch's."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from page_tools import (
    TWICE_AS_MANY_PIXELS,
    on_drawn,
    pixels,
    play_until,
    read,
    settled_box,
    swipe,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect

from lecture_utils.widgets import ConvolutionMatrix

LISTEN = on_drawn(
    "ConvolutionMatrix", "target.drawn = detail; window.frames = (window.frames ?? 0) + 1;"
)


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-").replace(",", ""))


def jacobian(drawn):
    """What each output changes by with each pixel, from PyTorch: (outputs, pixels)."""
    settings = drawn["stride"], drawn["padding"]
    weight = torch.tensor(drawn["kernel"])[None, None]
    columns = torch.autograd.functional.jacobian(
        lambda x: F.conv2d(x[None, None], weight, None, *settings).flatten(),
        torch.tensor(drawn["image"]),
    )
    return columns.flatten(1).numpy()


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lu-convolution-matrix")
        self.matrix = self.root.get_by_role("application", name="Matrix W")

    def drawn(self):
        wait_for_frames(self.page)
        drawn = read(self.root, "(root) => root.drawn")
        drawn["image"] = np.reshape(drawn["pixels"], (drawn["h"], drawn["w"]))
        drawn["kernel"] = np.reshape(drawn["weights"], (drawn["kh"], drawn["kw"]))
        return drawn

    def grid(self, name):
        return self.root.get_by_role("grid", name=name)

    def cell(self, name, index):
        return self.grid(name).get_by_role("gridcell").nth(index)

    def numbers(self, name):
        return [number(text) for text in self.grid(name).get_by_role("gridcell").all_inner_texts()]

    def letters(self, name, mark="lit"):
        """The letters of the marked cells by the cells' numbers."""
        found = self.grid(name).evaluate(
            """(grid, mark) => [...grid.querySelectorAll('[role="gridcell"]')].map((cell, i) =>
                cell.classList.contains(mark) ? [i, cell.dataset.weight ?? ""] : null).filter(Boolean)""",
            mark,
        )
        return dict(found)

    def choose(self, group, name):
        self.root.get_by_role("group", name=group).get_by_role("radio", name=name).check(force=True)

    def words(self):
        return self.root.locator(".matrix-words").inner_text().replace("\N{NO-BREAK SPACE}", " ")

    def entry(self, row, column):
        """Where an entry of the matrix is on the page, relative to the matrix."""
        drawn, box = self.drawn(), settled_box(self.matrix)
        down, across = drawn["rows"] * drawn["columns"], drawn["h"] * drawn["w"]
        return {
            "x": (column + 0.5) * box["width"] / across,
            "y": (row + 0.5) * box["height"] / down,
        }

    def check(self):
        """Compare the numbers on the page with PyTorch's; return what is drawn, and the matrix."""
        drawn = self.drawn()
        matrix = jacobian(drawn)
        weights = np.append(drawn["kernel"].ravel(), 0)  # tap -1 is the zero at the end
        np.testing.assert_array_equal(weights[drawn["taps"]].reshape(matrix.shape), matrix)
        expected = {
            "output": matrix @ drawn["pixels"],
            "gradient": matrix.T @ drawn["error"],
        }
        for name, values in expected.items():
            np.testing.assert_allclose(drawn[name], values, atol=1e-10)
        shown = ("gradient", "error") if drawn["transpose"] else ("pixels", "output")
        for name, values in zip(("Pixels", "Outputs"), shown, strict=True):
            np.testing.assert_allclose(self.numbers(name), drawn[values], atol=0.051, rtol=1e-3)
        np.testing.assert_allclose(self.numbers("Kernel"), drawn["weights"], atol=0.051)
        cells = self.root.locator(".matrix-counts td").all_inner_texts()
        held = (drawn["taps"] >= 0).sum()
        assert [number(cell) for cell in cells] == [matrix.size, held, drawn["weights"].size]
        return drawn, matrix


@pytest.fixture
def open_demo(mount, page):
    def show(demo=None, page=page):
        page.add_init_script(LISTEN)
        mount(demo or ConvolutionMatrix(), page=page)
        return Page(page)

    return show


@pytest.fixture
def demo(open_demo):
    return open_demo()


@pytest.mark.parametrize("seed", range(4))
def test_random_matrices_and_what_rows_and_columns_connect(open_demo, seed):
    rng = np.random.default_rng(seed)
    python = ConvolutionMatrix(
        rng.integers(-99, 100, rng.integers(3, 9, 2)),
        rng.integers(1, 100, (seed % 2 + 2, 3)),
        stride=1 + seed // 2,
        padding=seed % 2,
        error=rng.integers(-9, 10, (9, 9)),
        transpose=seed == 3,
    )
    demo = open_demo(python)
    drawn, matrix = demo.check()
    np.testing.assert_allclose(drawn["output"], python.output.ravel(), atol=1e-10)
    np.testing.assert_allclose(drawn["gradient"], python.gradient.ravel(), atol=1e-10)
    assert (drawn["entries"], drawn["nonzero"], drawn["distinct"]) == python.counts
    row, column = (int(rng.integers(size)) for size in matrix.shape)
    # From an output to its window, from a pixel to its outputs, and both ways in the matrix.
    for place in ("grid", "matrix"):
        for kind, index, line in (("row", row, matrix[row]), ("column", column, matrix[:, column])):
            chosen, other = ("Outputs", "Pixels") if kind == "row" else ("Pixels", "Outputs")
            if place == "grid":
                demo.cell(chosen, index).hover()
            elif (kind == "column") == drawn["transpose"]:
                demo.matrix.hover(position=demo.entry(row, column))
            else:
                continue
            assert demo.drawn()["subject"] == {"kind": kind, "index": index}
            assert list(demo.letters(chosen, "chosen")) == [index]
            lit = demo.letters(other)
            assert list(lit) == np.flatnonzero(line).tolist()
            held = [drawn["kernel"].ravel()["ABCDEFGHI".index(letter)] for letter in lit.values()]
            assert held == line[line != 0].tolist()
            assert f"{kind} {index} " in demo.words().lower()


def test_every_control(demo):
    drawn, matrix = demo.check()
    assert matrix.shape == (16, 36) and (drawn["nonzero"], drawn["distinct"]) == (144, 9)
    demo.choose("Padding", "1")
    assert demo.check()[1].shape == (36, 36)
    demo.choose("Stride", "2")
    assert demo.check()[1].shape == (9, 36)
    demo.choose("Kernel size", "2×2")
    drawn, matrix = demo.check()
    assert matrix.shape == (16, 36) and drawn["distinct"] == 4
    demo.choose("Direction", "Backward")
    assert demo.check()[0]["transpose"]
    demo.choose("Kernel size", "3×3")
    drawn, _ = demo.check()
    np.testing.assert_array_equal(drawn["kernel"], ConvolutionMatrix().kernel)
    demo.root.get_by_role("button", name="New numbers").click()
    new, _ = demo.check()
    assert (new["image"] != drawn["image"]).any() and (new["error"] != drawn["error"]).any()
    demo.choose("Padding", "0")
    demo.choose("Stride", "1")
    demo.choose("Direction", "Forward")
    np.testing.assert_array_equal(demo.check()[0]["image"], new["image"])


def test_the_words_work_out_a_row_and_a_column(demo):
    demo.cell("Outputs", 5).hover()
    drawn, matrix = demo.check()
    head, products, value = (
        demo.words().split(" = ")[0],
        *demo.words().split("\n= ")[1].split(" = "),
    )
    assert head == "Row 5 makes y[1, 1]"
    terms = [
        [number(part.strip("()")) for part in term.split("·")] for term in products.split(" + ")
    ]
    expected = [matrix[5][matrix[5] != 0], drawn["pixels"][matrix[5] != 0]]
    np.testing.assert_array_equal(np.transpose(terms), expected)
    assert number(value.rstrip(".")) == drawn["output"][5] == np.prod(terms, axis=1).sum()
    demo.cell("Pixels", 0).hover()
    wait_for_frames(demo.page)
    assert "x[0, 0] = 1 (column 0 of the matrix) feeds 1 output:" in demo.words()
    demo.choose("Direction", "Backward")
    demo.cell("Pixels", 14).hover()
    wait_for_frames(demo.page)
    assert "Column 14 collects the gradient of x[2, 2]: I·e[0, 0] + H·e[0, 1]" in demo.words()
    value = drawn["gradient"][14]
    assert demo.words().endswith(f"= {value:.0f}.".replace("-", "\N{MINUS SIGN}"))
    demo.cell("Outputs", 5).hover()
    wait_for_frames(demo.page)
    assert "Row 5 carries the error e[1, 1]" in demo.words()


def test_padding_and_pixels_that_no_window_reads_are_explained(demo):
    demo.choose("Stride", "2")
    demo.cell("Pixels", 35).hover()
    wait_for_frames(demo.page)
    assert "Column 35 is empty: no window reads the pixel x[5, 5]" in demo.words()
    demo.choose("Padding", "1")
    demo.cell("Outputs", 0).hover()
    wait_for_frames(demo.page)
    assert "5 weights of the window fall on the padding" in demo.words()


def test_a_weight_is_tied(demo):
    canvas = demo.matrix.locator("canvas")
    demo.drawn()  # The matrix is painted when it knows its width.
    before = pixels(canvas)
    demo.cell("Kernel", 4).hover()
    assert demo.drawn()["subject"] == {"kind": "weight", "index": 4}
    assert "The weight E = 5 appears in 16 of the 576 entries" in demo.words()
    assert (pixels(canvas) != before).any(), "the other weights fade"
    demo.cell("Kernel", 4).click()
    demo.page.keyboard.type("-8")
    demo.page.keyboard.press("Enter")
    drawn, matrix = demo.check()
    assert drawn["kernel"][1, 1] == -8 and (matrix == -8).sum() == 16
    demo.matrix.hover(position=demo.entry(3, 3))
    assert demo.drawn()["subject"] == {"kind": "row", "index": 3}


def test_numbers_are_typed_into_the_grids(demo):
    def type_into(name, index, text):
        demo.cell(name, index).focus()
        demo.page.keyboard.press("F2")
        demo.page.keyboard.press("Control+a")
        demo.page.keyboard.type(text)
        demo.page.keyboard.press("Enter")

    type_into("Pixels", 7, "-7")
    assert demo.check()[0]["image"][1, 1] == -7
    for name, text in (("Pixels", "2.5"), ("Kernel", "100"), ("Kernel", "dog")):
        type_into(name, 0, text)
        expect(demo.root.locator(".lu-message")).to_contain_text("from −99 to 99")
    type_into("Kernel", 0, "1/4")
    expect(demo.root.locator(".lu-message")).to_be_hidden()
    assert demo.check()[0]["kernel"][0, 0] == 0.25
    # What is computed cannot be typed.
    demo.cell("Outputs", 0).focus()
    demo.page.keyboard.type("5")
    assert demo.root.locator(".lu-grid-input").count() == 0
    demo.choose("Direction", "Backward")
    type_into("Outputs", 5, "9")
    assert demo.check()[0]["error"][5] == 9


def test_arrow_keys_walk_through_rows_and_columns(demo):
    demo.matrix.focus()
    start = demo.drawn()["subject"]
    assert start["kind"] == "row"
    demo.page.keyboard.press("ArrowDown")
    assert demo.drawn()["subject"] == {"kind": "row", "index": start["index"] + 1}
    demo.page.keyboard.press("End")
    assert demo.drawn()["subject"] == {"kind": "column", "index": 35}
    demo.page.keyboard.press("ArrowLeft")
    assert demo.drawn()["subject"] == {"kind": "column", "index": 34}
    demo.page.keyboard.press("PageUp")
    assert demo.drawn()["subject"] == {"kind": "row", "index": 0}
    expect(demo.root.get_by_role("status").filter(has_text="Row 0 makes")).to_have_count(1)
    # The grids lead to the same rows and columns.
    demo.cell("Outputs", 0).focus()
    demo.page.keyboard.press("ArrowDown")
    assert demo.drawn()["subject"] == {"kind": "row", "index": 4}
    demo.cell("Pixels", 0).focus()
    demo.page.keyboard.press("ArrowRight")
    assert demo.drawn()["subject"] == {"kind": "column", "index": 1}
    demo.choose("Direction", "Backward")
    assert demo.drawn()["subject"]["kind"] == "column"


def test_a_tap_chooses_a_row(demo):
    demo.matrix.click(position=demo.entry(9, 20))
    demo.page.mouse.move(0, 0)
    assert demo.drawn()["subject"] == {"kind": "row", "index": 9}
    demo.choose("Direction", "Backward")
    demo.matrix.click(position=demo.entry(9, 20))
    demo.page.mouse.move(0, 0)
    assert demo.drawn()["subject"] == {"kind": "column", "index": 20}


def test_a_finger_that_scrolls_chooses_nothing_and_leaves_the_walk(new_page, open_demo):
    demo = open_demo(page=new_page(390, 600, has_touch=True, is_mobile=True))
    demo.matrix.scroll_into_view_if_needed()
    demo.root.get_by_role("button", name="Play").evaluate("(play) => play.click()")
    scrolled = demo.page.evaluate("scrollY")
    box, place = settled_box(demo.matrix), demo.entry(9, 20)
    x, y = box["x"] + place["x"], box["y"] + place["y"]
    swipe(demo.page, *[(x, y - step) for step in (0, 20, 40, 60, 80)])
    demo.page.wait_for_function("(before) => scrollY > before", arg=scrolled)
    # A walk that ends by itself ends at the last row.
    expect(demo.root.get_by_role("button", name="Play")).to_be_visible()
    assert demo.drawn()["subject"] == {"kind": "row", "index": 15}


def test_a_finger_that_taps_or_moves_sideways_chooses(new_page, open_demo):
    demo = open_demo(page=new_page(390, 900, has_touch=True, is_mobile=True))
    demo.matrix.tap(position=demo.entry(9, 20))
    assert demo.drawn()["subject"] == {"kind": "row", "index": 9}
    demo.choose("Direction", "Backward")
    box, places = settled_box(demo.matrix), [demo.entry(9, column) for column in (5, 15, 25)]
    swipe(demo.page, *[(box["x"] + at["x"], box["y"] + at["y"]) for at in places])
    assert demo.drawn()["subject"] == {"kind": "column", "index": 25}


def test_play_walks_and_can_be_stopped(demo):
    play = demo.root.get_by_role("button", name="Play")
    assert play_until(play, "root.drawn.subject.index === 9") == "Pause"
    expect(demo.root.get_by_role("button", name="Play")).to_be_visible()
    assert demo.drawn()["subject"] == {"kind": "row", "index": 9}


def test_the_matrix_is_sharp_after_zooming(open_demo):
    demo = open_demo()
    canvas = demo.matrix.locator("canvas")
    wait_for_frames(demo.page)
    before = canvas.evaluate("(canvas) => canvas.width")
    demo.page.evaluate(TWICE_AS_MANY_PIXELS)
    wait_for_frames(demo.page)
    assert canvas.evaluate("(canvas) => canvas.width") == pytest.approx(2 * before, abs=1)


def test_no_walk_for_readers_who_want_none(new_page, open_demo):
    demo = open_demo(page=new_page(reduced_motion="reduce"))
    expect(demo.root.get_by_role("button", name="Play")).to_be_hidden()


@pytest.mark.parametrize(
    "settings", [{}, {"stride": 2, "padding": 1, "kernel": [[0.5, 0], [1, -2]]}]
)
def test_copied_python_gives_the_same_numbers(new_page, open_demo, settings, capsys):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    demo = open_demo(ConvolutionMatrix(**settings), page=page)
    demo.root.get_by_role("button", name="New numbers").click()
    drawn, matrix = demo.check()
    demo.root.get_by_role("button", name="Copy as Python").click()
    expect(demo.root.get_by_text("Copied.")).to_be_visible()
    names = {}
    exec(compile(page.evaluate("navigator.clipboard.readText()"), "copied", "exec"), names)
    np.testing.assert_array_equal(names["matrix"].toarray(), matrix)
    np.testing.assert_allclose(names["output"].ravel(), drawn["output"])
    np.testing.assert_allclose(names["gradient"].ravel(), drawn["gradient"])
    assert len(re.findall("True", capsys.readouterr().out)) == 2


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (700, "dark"), (390, "light")])
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, open_demo, width, theme):
    demo = open_demo(page=new_page(width=width))
    demo.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    demo.choose("Direction", "Backward")
    demo.drawn()
    wait_for_fading(demo.page)
    assert violations(demo.page, ".lu-convolution-matrix") == []
    demo.choose("Padding", "1")
    demo.drawn()
    assert demo.page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_narrow_page_cells_are_large_enough_for_a_finger(new_page, open_demo):
    demo = open_demo(ConvolutionMatrix(np.ones((8, 8)), padding=1), page=new_page(width=320))
    demo.drawn()
    assert demo.page.evaluate("document.documentElement.scrollWidth") <= 320
    for name in ("Pixels", "Outputs", "Kernel"):
        cell = settled_box(demo.cell(name, 0))
        assert min(cell["width"], cell["height"]) >= 23.9


def test_a_hand_that_rests_costs_nothing(demo):
    demo.drawn()
    before = demo.page.evaluate("window.frames")
    wait_for_frames(demo.page, 20)
    assert demo.page.evaluate("window.frames") == before

"""FilterBankExplorer in Chromium: every control is moved, and the page's numbers are Python's."""

import numpy as np
import pytest
from page_tools import (
    TWICE_AS_MANY_PIXELS,
    on_drawn,
    read,
    settled_box,
    violations,
    wait_for_fading,
    wait_for_frames,
)
from playwright.sync_api import expect

from lecture_utils.challenges import chapter_2
from lecture_utils.filter_banks import FilterBank, GaborBank
from lecture_utils.widgets import FilterBankExplorer, GaborLab

rng = np.random.default_rng(5)

LISTEN = on_drawn(
    "FilterBankExplorer",
    """const { filters, images: pictures, responses: answers, measured, judged, order, bank } = detail;
  window.drawn = { bank, order, marks: judged.marks, redundancy: [...judged.redundancy],
    names: filters.map((f) => f.name), images: pictures.map((p) => p.name),
    energies: [...measured.energies], correlations: [...measured.correlations] };
  window.answers = answers;""",
)


class Page:
    """The explorer on a page, as a reader and as a test see it."""

    def __init__(self, page, root):
        self.page, self.root = page, root
        self.rows = root.locator("tbody tr")
        self.detail = root.get_by_role("group", name="Enlarged")
        self.scroll = root.get_by_role("group", name="Matrix of responses")

    def settle(self, out_of_sight=False):
        """Wait until what was asked for is painted; rows out of sight follow when nothing moves."""
        results = self.root.locator(".bank-results")
        expect(results).not_to_have_attribute("aria-busy", "true")
        wait_for_frames(self.page)
        # A drawing that waited for its frame has begun only now, and may take several.
        expect(results).not_to_have_attribute("aria-busy", "true")
        if out_of_sight:
            expect(self.root.locator(".bank-scroll[data-unpainted]")).to_have_count(0)

    def check(self, expected):
        """Compare what the page measured with Python's explorer; return the page's state."""
        self.settle()
        drawn = read(self.page, "() => window.drawn")
        assert drawn["bank"] == expected.bank
        assert drawn["images"] == expected.images
        energies, n = expected.energies, len(expected.energies)
        np.testing.assert_allclose(drawn["energies"], energies, rtol=1e-4, atol=0)
        correlations = np.reshape(drawn["correlations"], (n, n))
        np.testing.assert_allclose(correlations, expected.correlations, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(drawn["redundancy"], expected.redundancy, rtol=1e-4, atol=1e-6)
        assert drawn["marks"] == expected.marks
        counts = [expected.marks.count(mark) for mark in ("weak", "redundant", "kept")]
        if counts[2]:
            noun = "filter" if n == 1 else "filters"
            words = f"{n} {noun}: {counts[0]} weak, {counts[1]} redundant, {counts[2]} kept"
            assert words in self.root.locator(".bank-summary").inner_text()
        assert self.rows.count() == len(drawn["order"])
        texts = self.rows.locator(".bank-mark").all_text_contents()
        strength = self.rows.locator(".bank-energy").all_text_contents()
        for i, text, energy in zip(drawn["order"], texts, strength, strict=True):
            assert text.startswith(expected.marks[i])
            assert number(energy.removeprefix("energy ")) == pytest.approx(energies[i], rel=5e-3)
            if expected.marks[i] == "weak":
                part = number(text.removeprefix("weak, ").removesuffix("%"))
                top = energies.max() or 1
                assert part == pytest.approx(100 * energies[i] / top, rel=0.06)
            elif "strongest" not in text:
                assert f"r {expected.redundancy[i]:.2f}"[:-1] in text
        assert self.rows.locator(".bank-mark svg").count() == len(drawn["order"])
        return drawn

    def slide(self, name, value):
        self.root.get_by_role("slider", name=name).fill(str(value))

    def choose(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)

    def cell(self, row, column):
        return self.rows.nth(row).locator("td").nth(column)

    def focused(self):
        """Row and column of the cell that has the focus; the first column is 0."""
        return tuple(
            self.page.evaluate(
                """() => { const cell = document.activeElement.closest("td, th");
                const row = cell.parentNode; return [[...row.parentNode.children].indexOf(row), cell.cellIndex]; }"""
            )
        )


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-"))


@pytest.fixture
def show(mount, page):
    def open_page(*demos, page=page):
        page.add_init_script(LISTEN)
        mount(*demos, page=page)
        return Page(page, page.locator(".lu-filter-bank-explorer").first)

    return open_page


# ---- What is measured


def test_it_starts_with_weak_and_redundant_filters_among_others(show):
    explorer = FilterBankExplorer()
    drawn = show(explorer).check(explorer)
    assert len(drawn["images"]) == 10 and len(drawn["names"]) == 32
    assert min(drawn["marks"].count(mark) for mark in ("weak", "redundant", "kept")) >= 4
    assert drawn["order"] == np.argsort(-explorer.energies, kind="stable").tolist()


@pytest.mark.parametrize("bank", ["Sobel", "Haar", "Laplacian of Gaussian", "Gabor"])
def test_every_bank_on_images_of_several_sizes(show, bank):
    explorer = FilterBankExplorer("Gabor" if bank != "Gabor" else "Haar")
    page = show(explorer)
    page.choose({"Laplacian of Gaussian": "LoG: Laplacian of Gaussian"}.get(bank, bank))
    page.root.get_by_role("button", name="Photos").click()
    page.root.get_by_role("checkbox", name="triangle").check(force=True)
    page.root.get_by_role("checkbox", name="Bag").uncheck(force=True)
    explorer.bank = bank
    explorer.images = [
        n for n in (*explorer.images, "cat", "brick", "coins", "triangle") if n != "Bag"
    ]
    drawn = page.check(explorer)
    # The maps themselves, pixel by pixel.
    answers = read(page.page, "() => answers.map(({ maps }) => maps)")
    for name, maps in zip(drawn["images"], answers, strict=True):
        image = explorer._gallery_images[name].image / 255
        expected = explorer.filter_bank.magnitudes(image).reshape(len(maps), -1)
        np.testing.assert_allclose(maps, expected, atol=1e-5 * expected.max())


def test_size_and_envelope_of_the_gabor_bank(show):
    explorer = FilterBankExplorer()
    page = show(explorer)
    for frequencies, orientations, envelope, sigma in [
        (6, 12, "3", 3.0),
        (1, 1, "1.5", 1.5),
        (2, 5, "", None),
        (5, 3, "4", 4.0),
    ]:
        page.slide("Frequencies", frequencies)
        page.slide("Orientations", orientations)
        page.root.get_by_role("combobox", name="Envelope").select_option(envelope)
        explorer.frequencies, explorer.orientations = frequencies, orientations
        explorer.sigma = sigma
        page.check(explorer)


def random_bank():
    shapes = [(1, 1), (2, 2), (3, 5), (4, 7), (65, 3), (8, 1)]
    kernels = [rng.normal(size=shape) for shape in shapes]
    kernels[2] = kernels[2] + 1j * rng.normal(size=shapes[2])
    kernels += [-kernels[3], np.zeros((3, 3)), np.ones((2, 2))]
    return FilterBank(kernels, [f"<b>{k}</b>" for k in range(len(kernels))])


def lecture_bank():
    listed = [(0.16, 1.2, 4.0), (0.31, 0, 3.6), (0.36, 1.6, (1.3, 3.0)), (0.31, np.pi, 3.6)]
    return GaborBank.from_list(listed, phase=0.7)


def short_bank():
    return GaborBank([0.2, 0.3], [0.4], [2.0], n_stds=2)


@pytest.mark.parametrize("make", [random_bank, lecture_bank, short_bank])
def test_a_bank_of_ones_own(show, make):
    bank = make()
    explorer = FilterBankExplorer(bank, ["Sneaker", "circle", "cat"])
    page = show(explorer)
    drawn = page.check(explorer)
    if make is random_bank:
        assert drawn["names"] == bank.names
        assert drawn["marks"][7] == "weak" and "redundant" in (drawn["marks"][3], drawn["marks"][6])
    page.choose("Sobel")
    page.choose("your bank")
    page.check(explorer)


def test_images_smaller_than_the_kernels_and_flat_ones(show):
    sources = {"tiny": rng.random((3, 5)), "flat": np.full((20, 20), 0.5), "one": np.ones((1, 1))}
    explorer = FilterBankExplorer("Laplacian of Gaussian", sources=sources)
    page = show(explorer)
    page.check(explorer)
    page.root.get_by_role("checkbox", name="tiny").uncheck(force=True)
    page.choose("Haar")
    explorer.images, explorer.bank = ["flat", "one"], "Haar"
    drawn = page.check(explorer)
    assert set(drawn["marks"]) == {"weak"} and max(drawn["energies"]) == 0
    assert "none of them responds" in page.root.locator(".bank-summary").inner_text()
    assert "does not respond" in page.detail.inner_text()


# ---- Limits, order, scale


def test_limits_move_the_marks(show):
    explorer = FilterBankExplorer()
    page = show(explorer)
    seen = set()
    for weak, redundant in [(0, 1), (0.5, 0.95), (0.05, 0.6), (1, 0), (0.02, 0.99)]:
        page.slide("Weak", weak)
        page.slide("Redundant", redundant)
        explorer.weak_below, explorer.redundant_above = weak, redundant
        seen.add(tuple(page.check(explorer)["marks"]))
    assert len(seen) == 5
    page.root.get_by_role("spinbutton", name="Weak").fill("0.3")
    explorer.weak_below = 0.3
    page.check(explorer)
    page.root.get_by_role("slider", name="Redundant").press("ArrowLeft")
    explorer.redundant_above = 0.98
    page.check(explorer)


def test_nonsense_in_a_number_field_is_put_right(show):
    explorer = FilterBankExplorer(weak_below=0.2)
    page = show(explorer)
    field = page.root.get_by_role("spinbutton", name="Weak")
    for typed, becomes in [("", 0.2), ("7", 1), ("-3", 0)]:
        field.fill(typed)
        field.press("Tab")
        explorer.weak_below = becomes
        page.check(explorer)
        assert number(field.input_value()) == becomes


@pytest.mark.parametrize("sort", ["energy", "frequency", "angle", "redundancy", "bank"])
def test_order_of_the_rows(show, sort):
    explorer = FilterBankExplorer()
    page = show(explorer)
    page.root.get_by_role("combobox", name="Sort by").select_option(sort)
    drawn = page.check(explorer)
    parameters = explorer.filter_bank.parameters
    key = {
        "energy": -explorer.energies,
        "frequency": [p.frequency for p in parameters],
        "angle": [p.theta for p in parameters],
        "redundancy": -explorer.redundancy,
        "bank": np.zeros(32),
    }[sort]
    values = np.asarray(key)[drawn["order"]]
    assert (np.diff(values) >= -1e-6).all()
    assert sorted(drawn["order"]) == list(range(32))
    names = page.rows.locator(".bank-name").all_text_contents()
    assert names == [drawn["names"][i] for i in drawn["order"]]
    assert (names[0] == "f 0.08, θ 0°") == (sort != "redundancy")


def test_filters_without_parameters_cannot_be_sorted_by_them(show):
    page = show(FilterBankExplorer("Haar", sort="angle"))
    page.settle()
    assert page.page.evaluate("window.drawn.order") == list(range(9))
    assert page.root.locator("option[value=angle]").is_disabled()
    page.choose("Gabor")
    page.settle()
    assert page.root.locator("option[value=angle]").is_enabled()


def test_a_slow_bank_does_not_hold_up_the_slider(show, page):
    explorer = FilterBankExplorer(frequencies=2, orientations=2, images=["coins"])
    shown = show(explorer)
    shown.settle()
    # As on a slow machine: a frame has time for one step of the work only.
    page.evaluate("() => { let now = 1e6; performance.now = () => (now += 1000); }")
    busy = """() => {
      const results = document.querySelector(".bank-results");
      window.seen = [];
      new MutationObserver(() => window.seen.push(results.getAttribute("aria-busy")))
        .observe(results, { attributes: true, attributeFilter: ["aria-busy"] });
    }"""
    page.evaluate(busy)
    slider = shown.root.get_by_role("slider", name="Frequencies")
    for _ in range(3):
        slider.press("ArrowRight")
    assert slider.input_value() == "5"
    explorer.frequencies = 5
    shown.check(explorer)
    assert shown.rows.count() == 10
    seen = page.evaluate("window.seen")
    assert seen[0] == "true" and seen[-1] == "false"


def test_a_slider_that_goes_back_finds_what_was_computed_unless_it_was_too_much(show, page):
    noise = {f"noise {i}": rng.uniform(size=(128, 128)) for i in range(4)}
    explorer = FilterBankExplorer(frequencies=2, orientations=3, sources=noise)
    shown = show(explorer)
    shown.settle()
    page.evaluate("window.first = answers[0]")

    def is_first_after(*steps):
        for name, value, count in steps:
            shown.slide(name, value)
            setattr(explorer, name.lower(), value)
            expect(shown.rows).to_have_count(count)
        shown.check(explorer)
        return page.evaluate("answers[0] === first")

    assert is_first_after(("Frequencies", 3, 9), ("Orientations", 4, 12)) is False
    assert is_first_after(("Orientations", 3, 9), ("Frequencies", 2, 6))
    # 72 filters on four images of 128 x 128 pixels: 19 MB.
    assert is_first_after(("Frequencies", 6, 18), ("Orientations", 12, 72)) is False
    assert is_first_after(("Orientations", 3, 18), ("Frequencies", 2, 6)) is False


def test_hiding_leaves_the_kept(show):
    explorer = FilterBankExplorer()
    page = show(explorer)
    page.root.get_by_role("checkbox", name="Hide weak and redundant").check()
    drawn = page.check(explorer)
    assert {drawn["marks"][i] for i in drawn["order"]} == {"kept"}
    assert len(drawn["order"]) == explorer.marks.count("kept")
    page.slide("Redundant", 0.7)
    explorer.redundant_above = 0.7
    assert len(page.check(explorer)["order"]) == explorer.marks.count("kept")
    page.root.get_by_role("checkbox", name="Hide weak and redundant").uncheck()
    assert len(page.check(explorer)["order"]) == 32


# The images of a row share a canvas, which lies over its cells.
PIXELS = """(cell) => {
  const canvas = cell.parentNode.querySelector("td canvas");
  const [part, all] = [cell, canvas].map((e) => e.getBoundingClientRect());
  const scale = canvas.width / all.width;
  const at = [(part.x - all.x) * scale, 0, part.width * scale, canvas.height].map(Math.round);
  return [at[2], at[3], ...canvas.getContext("2d").getImageData(...at).data];
}"""


def pixels_of(cell):
    """Return what a cell of the matrix shows, ``(H, W, 4)``, with its margin."""
    width, height, *values = cell.evaluate(PIXELS)
    return np.array(values, np.uint8).reshape(height, width, 4)


def strongest_color(cell):
    """Return how far the pixels of a cell are from the color of zero, at most."""
    pixels = pixels_of(cell)
    return int((247 - pixels[pixels[..., 3] > 0][:, 0].astype(int)).max())


@pytest.mark.parametrize("width", [1280, 390])
def test_every_cell_shows_the_response_to_its_image(show, page, width):
    page.set_viewport_size({"width": width, "height": 900})
    images = ["Bag", "Trouser", "circle"]
    sources = {name: rng.random((40, 20)) for name in images} | {"large": rng.random((96, 128))}
    explorer = FilterBankExplorer(sources=sources, images=list(sources), frequencies=1)
    shown = show(explorer, page=page)
    shown.check(explorer)
    for new_width in (width, 700):  # the canvas is painted for the size that a cell has
        page.set_viewport_size({"width": new_width, "height": 900})
        shown.settle()
        for row, filter_number in enumerate(read(page, "() => window.drawn.order")[:3]):
            for column, image in enumerate(sources.values()):
                pixels = pixels_of(shown.cell(row, column))
                inside = pixels[..., 3] > 0
                rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
                part = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
                assert (part[..., 3] > 0).all()
                (high, wide), (down, across) = image.shape, part.shape[:2]
                assert down / across == pytest.approx(high / wide, rel=0.05)
                script = "([k, c]) => [...window.answers[c].maps[k]]"
                response = np.reshape(page.evaluate(script, [filter_number, column]), image.shape)
                at = np.ix_(
                    ((np.arange(down) + 0.5) * high / down).astype(int),
                    ((np.arange(across) + 0.5) * wide / across).astype(int),
                )
                darkness = 255.0 - part[..., 0]
                assert np.corrcoef(darkness.ravel(), response[at].ravel())[0, 1] > 0.95


def test_weak_filters_look_weak_unless_each_row_has_its_scale(show):
    explorer = FilterBankExplorer()
    page = show(explorer)
    page.check(explorer)
    page.settle(out_of_sight=True)
    note = page.root.get_by_text("Each row has a scale of its own")
    assert note.is_hidden()
    rows = [max(strongest_color(page.cell(k, c)) for c in range(10)) for k in (0, 31)]
    assert rows[0] > 150 and rows[1] < 60
    page.choose("One per row")
    page.settle(out_of_sight=True)
    rows = [max(strongest_color(page.cell(k, c)) for c in range(10)) for k in (0, 31)]
    assert min(rows) > 240
    assert note.is_visible()
    page.choose("One scale for all")
    page.settle(out_of_sight=True)
    assert max(strongest_color(page.cell(31, c)) for c in range(10)) < 60


def test_images_group_by_group_and_none(show):
    explorer = FilterBankExplorer()
    page = show(explorer)
    group = page.root.get_by_role("button", name="Shapes")
    group.click()
    explorer.images = [*explorer.images, "circle", "triangle", "stripes"]
    page.check(explorer)
    expect(group).to_have_attribute("aria-pressed", "true")
    group.click()
    page.root.get_by_role("button", name="Fashion-MNIST").click()
    message = page.root.locator(".lu-message")
    expect(message).to_contain_text("Choose at least one")
    assert page.root.get_by_role("grid").is_hidden()
    page.root.get_by_role("checkbox", name="Sandal").check(force=True)
    explorer.images = ["Sandal"]
    page.check(explorer)
    expect(message).to_be_hidden()


# ---- Looking closer


def test_pointing_at_a_cell_enlarges_it_with_its_numbers(show):
    explorer = FilterBankExplorer()
    page = show(explorer)
    drawn = page.check(explorer)
    page.cell(4, 7).hover()
    page.settle(out_of_sight=True)
    i = drawn["order"][4]
    energy = explorer.filter_bank.energies(explorer._gallery_images["Sneaker"].image / 255)[i]
    text = page.detail.inner_text()
    assert drawn["names"][i] in text and "Energy on Sneaker" in text
    value = page.detail.locator("dd").first.inner_text()
    assert number(value) == pytest.approx(energy, rel=5e-3)
    assert "rank 5 of 32" in text
    assert page.cell(4, 7).get_attribute("aria-label").startswith(f"Sneaker: energy {value}")
    page.page.mouse.move(2, 2)
    page.settle()
    assert "rank 1 of 32" in page.detail.inner_text()


def test_the_verdict_names_the_filter_that_is_repeated(show):
    explorer = FilterBankExplorer()
    page = show(explorer)
    drawn = page.check(explorer)
    k = next(k for k, i in enumerate(drawn["order"]) if drawn["marks"][i] == "redundant")
    i = drawn["order"][k]
    page.cell(k, 0).hover()
    page.settle()
    text = page.detail.inner_text()
    assert f"Redundant: r {explorer.redundancy[i]:.2f} with " in text
    partner = drawn["names"].index(text.split(" with ")[1].split(", which")[0])
    assert explorer.correlations[i, partner] == pytest.approx(explorer.redundancy[i])
    assert drawn["marks"][partner] == "kept"


def test_keys_walk_over_the_matrix_with_one_tab_stop(show):
    page = show(FilterBankExplorer())
    page.settle()
    page.scroll.focus()
    press = page.page.keyboard.press
    press("Tab")
    assert page.focused() == (0, 0)
    for key, place in [
        ("ArrowRight", (0, 1)),
        ("ArrowDown", (1, 1)),
        ("End", (1, 10)),
        ("ArrowRight", (1, 10)),
        ("PageDown", (31, 10)),
        ("Shift+ArrowUp", (26, 10)),
        ("Home", (26, 0)),
        ("PageUp", (0, 0)),
        ("ArrowUp", (0, 0)),
    ]:
        press(key)
        assert page.focused() == place, key
    press("Shift+ArrowDown")
    press("ArrowRight")
    page.settle()
    assert "rank 6 of 32" in page.detail.inner_text()
    assert page.root.locator("tbody [tabindex='0']").count() == 1
    press("Tab")
    assert not page.page.evaluate("document.activeElement.closest('table')")
    press("Shift+Tab")
    assert page.focused() == (5, 1)
    # The focus is still reachable when its row and column are gone.
    page.slide("Frequencies", 1)
    page.slide("Orientations", 2)
    page.settle()
    assert page.root.locator("tbody [tabindex='0']").count() == 1


def test_a_focused_cell_is_not_under_the_head_of_its_row(show, new_page):
    page = show(FilterBankExplorer(), page=new_page(390, 900))
    page.settle()
    page.scroll.focus()
    for key in (
        "Tab",
        "End",
        "ArrowLeft",
        "ArrowLeft",
        "ArrowLeft",
        "ArrowLeft",
        "ArrowLeft",
        "ArrowLeft",
    ):
        page.page.keyboard.press(key)
    page.settle()
    cell = page.page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
    head = settled_box(page.root.locator("tbody th").first)
    assert cell["left"] >= head["x"] + head["width"] - 1


@pytest.mark.parametrize("how", ["click", "Enter", "cell"])
def test_a_row_opens_in_the_gabor_lab(show, how):
    explorer = FilterBankExplorer(sort="bank")
    page = show(explorer, GaborLab())
    page.page.evaluate(
        "addEventListener('lu:gabor-open', ({detail}) => { window.opened = detail; }, true)"
    )
    page.check(explorer)
    if how == "click":
        page.rows.nth(11).get_by_role("button").click()
    elif how == "cell":
        page.cell(11, 2).click()
    else:
        page.cell(11, 2).focus()
        page.page.keyboard.press("Enter")
    page.settle()
    frequency, theta, sigma = explorer.filter_bank.parameters[11]
    expected = {"frequency": frequency, "theta": theta, "sigma": sigma}
    assert page.page.evaluate("window.opened") == pytest.approx(expected)
    lab = page.page.locator(".lu-gabor-lab")
    expect(lab).to_be_in_viewport(ratio=0.3)
    expect(lab.locator(".gabor-plane")).to_be_focused()
    shown = lab.get_by_role("slider", name="Frequency").input_value()
    assert float(shown) == pytest.approx(frequency, abs=0.006)


def test_a_gabor_lab_that_starts_later_is_offered_by_name(show):
    page = show(FilterBankExplorer(), GaborLab())
    expect(page.detail.get_by_role("button", name="Open in the Gabor lab")).to_be_visible()


@pytest.mark.parametrize("bank", ["Gabor", "Haar"])
def test_without_a_gabor_lab_the_kernel_is_enlarged_here(show, bank):
    explorer = FilterBankExplorer(bank)
    page = show(explorer)
    drawn = page.check(explorer)
    kernel = page.detail.locator("canvas").first
    before = settled_box(kernel)["width"]
    page.rows.nth(2).get_by_role("button").click()
    page.settle()
    assert settled_box(kernel)["width"] > 1.5 * before
    assert drawn["names"][drawn["order"][2]] in page.detail.inner_text()
    expect(kernel).to_be_in_viewport()
    page.detail.get_by_role("button", name="Kernel smaller").click()
    page.settle()
    assert settled_box(kernel)["width"] == before


def test_a_lab_in_a_challenge_stays_as_its_reader_has_set_it(show):
    page = show(chapter_2.catch_the_stripes(), FilterBankExplorer())
    page.page.evaluate("addEventListener('lu:gabor-open', () => { window.opened = true; }, true)")
    page.rows.nth(2).get_by_role("button").click()
    expect(page.detail.get_by_role("button", name="Kernel smaller")).to_be_visible()
    assert not page.page.evaluate("window.opened")


def test_of_two_labs_the_one_outside_the_challenge_opens(show):
    page = show(chapter_2.catch_the_stripes(), FilterBankExplorer(), GaborLab())
    page.rows.nth(2).get_by_role("button").click()
    expect(page.page.locator(".demo-live > .lu-gabor-lab")).to_be_in_viewport(ratio=0.3)
    expect(page.page.locator(".lu-challenge .lu-gabor-lab")).not_to_be_in_viewport()


def test_a_bank_in_a_challenge_does_not_lead_away(show):
    page = show(chapter_2.no_filter_wasted(), GaborLab())
    page.page.evaluate("addEventListener('lu:gabor-open', () => { window.opened = true; }, true)")
    page.rows.nth(2).get_by_role("button").click()
    expect(page.detail.get_by_role("button", name="Kernel smaller")).to_be_visible()
    assert not page.page.evaluate("window.opened")


def test_the_rows_are_sharp_after_zooming(show):
    page = show(FilterBankExplorer())
    page.settle()  # the rows get their size with the first frame
    canvas = page.rows.first.locator(".bank-row canvas")
    before = canvas.evaluate("(canvas) => canvas.width")
    page.page.evaluate(TWICE_AS_MANY_PIXELS)
    page.settle()
    assert canvas.evaluate("(canvas) => canvas.width") == pytest.approx(2 * before, abs=1)


def test_a_tap_enlarges_and_does_not_open(show, new_page):
    page = show(FilterBankExplorer(), GaborLab(), page=new_page(390, 900, has_touch=True))
    page.page.evaluate("addEventListener('lu:gabor-open', () => { window.opened = true; }, true)")
    page.settle()
    page.cell(1, 1).tap()
    # Its click comes some time after the finger has gone.
    expect(page.detail).to_contain_text("Energy on Trouser")
    assert "rank 2 of 32" in page.detail.inner_text()
    assert not page.page.evaluate("window.opened")


# ---- What is copied, what is reset, how it looks


@pytest.mark.parametrize(
    "bank", ["Gabor", "octave", "Sobel", "Haar", "Laplacian of Gaussian", "own"]
)
def test_copied_python_measures_the_same(show, bank, capsys):
    if bank == "own":
        listed = [rng.normal(size=(3, 4)), rng.normal(size=(2, 2)) - 1j, [[1.0, -1]]]
        explorer = FilterBankExplorer(FilterBank(listed, ['a "quoted" name', "b", "c"]))
    elif bank == "octave":
        explorer = FilterBankExplorer(sigma=None)
    else:
        explorer = FilterBankExplorer(bank)
    explorer.images = ["Sneaker", "coins", "Bag"]
    page = show(explorer)
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.check(explorer)
    page.root.get_by_role("button", name="Copy as Python").click()
    expect(page.root.get_by_text("Copied")).to_be_visible()
    scope = {}
    exec(page.page.evaluate("navigator.clipboard.readText()"), scope)
    np.testing.assert_allclose(scope["energies"], explorer.energies, rtol=1e-6)
    np.testing.assert_allclose(scope["correlations"], explorer.correlations, atol=1e-6)
    printed = capsys.readouterr().out.splitlines()
    marks = {line.split(" energy ")[0].strip(): line.split(": ")[-1] for line in printed}
    assert marks == dict(zip(explorer.filter_bank.names, explorer.marks, strict=True))


def test_start_over(show):
    explorer = FilterBankExplorer()
    page = show(explorer)
    first = page.check(explorer)
    page.slide("Frequencies", 2)
    page.slide("Weak", 0.5)
    page.root.get_by_role("checkbox", name="Hide weak and redundant").check()
    page.choose("One per row")
    page.root.get_by_role("button", name="Fashion-MNIST").click()
    page.root.get_by_role("button", name="Start over").click()
    assert page.check(explorer) == first
    assert page.root.get_by_role("slider", name="Frequencies").input_value() == "4"


def test_two_explorers_are_independent_and_share_no_id(show):
    page = show(FilterBankExplorer(), FilterBankExplorer("Sobel"))
    page.choose("Haar")
    page.settle()
    last = page.page.locator(".lu-filter-bank-explorer").last
    assert last.locator("tbody tr").count() == 2
    ids = page.page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_what_python_assigns_is_drawn_in_a_live_notebook(show):
    """The model is told of several changes in one message, as anywidget does."""
    explorer = FilterBankExplorer()
    page = show(explorer)
    page.check(explorer)
    bank = FilterBank([rng.normal(size=(5, 5)) for _ in range(6)])
    other = FilterBankExplorer(bank, ["Dress"])
    page.page.evaluate(
        """async ([source, values, weights]) => {
          const { default: demo } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
          const gallery = { gallery: values.gallery, gallery_pixels: { shape: [values.pixels.length], dtype: "uint8",
            data: new DataView(Uint8Array.from(values.pixels).buffer) } };
          const state = { ...values.start, ...gallery, bank_weights: { shape: [0], dtype: "float64", data: new DataView(new ArrayBuffer(0)) } };
          const listeners = new Map();
          const model = { get: (n) => state[n], set: (n, v) => { state[n] = v; }, save_changes() {},
            on: (e, f) => listeners.set(e, f), off: (e) => listeners.delete(e) };
          const el = document.body.appendChild(document.createElement("div"));
          const clean = demo.render({ model, el });
          Object.assign(state, values.next, { bank_weights: { shape: [weights.length], dtype: "float64",
            data: new DataView(Float64Array.from(weights).buffer) } });
          for (const f of new Set(listeners.values())) f();
          window.leave = () => { clean(); return [listeners.size, el.innerHTML]; };
        }""",
        [str(FilterBankExplorer._esm), _message(explorer, other), other.bank_weights.tolist()],
    )
    page.page.wait_for_function("(names) => `${window.drawn.names}` === `${names}`", arg=bank.names)
    drawn = read(page.page, "() => window.drawn")
    np.testing.assert_allclose(drawn["energies"], other.energies, rtol=1e-4)
    assert drawn["marks"] == other.marks
    assert page.page.evaluate("leave()") == [0, ""]


def _message(explorer, other):
    names = (
        "frequencies",
        "orientations",
        "sigma",
        "weak_below",
        "redundant_above",
        "sort",
        "scale",
        "hide",
    )
    start = {name: getattr(explorer, name) for name in (*names, "bank", "images")}
    return {
        "gallery": explorer.gallery,
        "pixels": explorer.gallery_pixels.tolist(),
        "start": {**start, "banks": []},
        "next": {"banks": other.banks, "bank": other.bank, "images": other.images},
    }


def test_a_bank_that_cannot_be_read_ends_in_a_sentence(show):
    explorer = FilterBankExplorer()
    explorer.bank_weights = explorer.bank_weights[:5]
    explorer.bank = "Haar"
    page = show(explorer)
    expect(page.root.locator(".lu-message")).to_contain_text("cannot be shown")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_violation_and_nothing_sticks_out(show, new_page, width, theme):
    page = show(FilterBankExplorer(), page=new_page(width, 900, theme))
    page.page.evaluate(
        "([t]) => { document.documentElement.dataset.theme = t; document.body.style.background = t === 'dark' ? '#12191c' : '#fff'; }",
        [theme],
    )
    page.root.get_by_text("What do I see here?").click()
    page.settle(out_of_sight=True)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    pixels = pixels_of(page.cell(31, 0))
    background = pixels[pixels[..., 3] > 0][0, 0]  # a corner, where the response is weakest
    assert (background < 60) == (theme == "dark")
    wait_for_fading(page.page)
    assert violations(page.page, ".lu-filter-bank-explorer") == []
    if width == 390:
        page.scroll.evaluate("(e) => { e.scrollLeft = 200; }")
        page.settle()
        head = settled_box(page.root.locator("tbody th").first)
        assert head["x"] == pytest.approx(settled_box(page.scroll)["x"], abs=2)


def test_the_state_in_the_page_is_small():
    explorer = FilterBankExplorer()
    assert len(explorer.figure_html()) <= 60_000
    assert explorer.gallery_pixels.nbytes + explorer.bank_weights.nbytes < 70_000

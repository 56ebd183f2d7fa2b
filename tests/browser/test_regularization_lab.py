"""RegularizationLab in Chromium: every control is moved, and the numbers are those of the runs."""

import io
import re
from contextlib import redirect_stdout

import matplotlib
import numpy as np
import pytest
import recorded_regularization
from page_tools import KEEP_COPIES, on_drawn, read, violations, wait_for_fading, wait_for_frames
from playwright.sync_api import expect

from lecture_utils.runs import regularization
from lecture_utils.widgets import RegularizationLab

matplotlib.use("Agg")

LISTEN = on_drawn(
    "RegularizationLab", "target.drawn = detail; window.frames = (window.frames ?? 0) + 1;"
)
METHODS = regularization.METHODS
MINUS = "\N{MINUS SIGN}"


def same(texts, values, unit):
    """Compare what is written with one digit; between two digits, both are right.

    `unit` is "%", "points" (signed percentage points) or "" for plain numbers.
    """
    assert len(texts) == len(values)
    for text, value in zip(texts, values, strict=True):
        pattern = {"%": r"\d+\.\d%", "points": rf"0|[+{MINUS}]\d+\.\d", "": r"\d+(\.\d)?"}[unit]
        assert re.fullmatch(pattern, text), f"{text} for {value} {unit}"
        read = float(text.rstrip("%").replace(MINUS, "-"))
        assert read == pytest.approx((100 if unit else 1) * value, abs=0.05 + 1e-9)


def numbers_in(words):
    return [float(each.replace(MINUS, "-")) for each in re.findall(rf"{MINUS}?\d+\.\d", words)]


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, page, runs):
        self.page, self.runs = page, runs
        self.root = page.locator(".lu-regularization-lab")
        self.rows = self.root.locator(".regularization-row")

    def drawn(self):
        wait_for_frames(self.page)
        return read(self.root, "(root) => root.drawn")

    def choose(self, group, name):
        found = self.root.get_by_role("group", name=group, exact=True)
        found.get_by_role("radio", name=name, exact=True).check(force=True)

    def method(self, name):
        self.rows.nth(list(self.methods()).index(name)).locator("input").check(force=True)

    def methods(self):
        return dict.fromkeys(method for method, _ in self.runs)

    def summary(self):
        return self.root.locator(".regularization-summary").inner_text()

    def check(self, by_hand=None):
        """Compare all that is on screen with the runs; `by_hand` are the strengths chosen."""
        drawn = self.drawn()
        budget, method = drawn["budget"], drawn["method"]
        best = {m: s.strength for m, s in regularization.choose(budget, self.runs).items()}
        assert drawn["strengths"] == {**best, **(by_hand or {})}
        shown = {
            m: regularization.scores(budget, self.runs)[m, strength]
            for m, strength in drawn["strengths"].items()
        }
        self.check_rows(shown, by_hand or {}, method)
        self.check_dots(shown)
        self.check_seeds(shown, drawn)
        self.check_summary(shown, drawn)
        self.check_curves(drawn)
        return drawn

    def check_rows(self, shown, by_hand, method):
        assert self.rows.count() == len(shown)
        for i, (name, scores) in enumerate(shown.items()):
            row = self.rows.nth(i)
            means = [np.mean(scores.accuracy[split]) for split in ("validation", "test")]
            same(
                row.locator(".regularization-mean > span:last-child").all_inner_texts(), means, "%"
            )
            strength = "" if scores.strength == "on" else scores.strength
            chosen = ", chosen by you" if name in by_hand else ""
            assert row.locator("small").inner_text() == strength + chosen
            assert row.locator(".regularization-name").inner_text().startswith(METHODS[name])
            assert row.locator("input").is_checked() == (name == method)

    def scale(self):
        """Slope and offset from a share to a place on the axis of the dots."""
        labels = self.root.locator(".regularization-axis text")
        ticks = [
            (float(text.rstrip("%")) / 100, float(x))
            for text, x in labels.evaluate_all(
                "(all) => all.map((each) => [each.textContent, each.getAttribute('x')])"
            )
            if text.endswith("%")
        ]
        return np.polyfit(*zip(*ticks, strict=True), 1)

    def check_dots(self, shown):
        slope, offset = self.scale()
        paths = self.rows.evaluate_all(
            """(rows) => rows.map((row) => Object.fromEntries(["validation", "test"].map((split) =>
              [split, [...row.querySelectorAll(`svg .${split} path`)].map((path) =>
                path.getAttribute("d"))])))"""
        )
        for found, scores in zip(paths, shown.values(), strict=True):
            for split in ("validation", "test"):
                reference, dots, mean = found[split]
                values = np.array(scores.accuracy[split])
                # A circle starts at its left end, a diamond at its upper one.
                starts = [float(x) for x in re.findall(r"M(-?[\d.]+)", dots)]
                shift = 3.6 if split == "validation" else 0
                np.testing.assert_allclose(
                    np.array(starts) + shift, slope * values + offset, atol=0.11
                )
                at = float(mean[1:].split()[0])
                assert at == pytest.approx(slope * values.mean() + offset, abs=0.11)
                if "none" not in shown:
                    assert reference == ""
                    continue
                base = np.mean(shown["none"].accuracy[split])
                at = float(reference[1:].split()[0])
                assert at == pytest.approx(slope * base + offset, abs=0.11)

    def seed_rows(self, scores, runs, budget):
        """What the table of seeds says of a method: one list of values per row."""
        train, validation = (np.array(scores.accuracy[s]) for s in ("train", "validation"))
        seen = [
            run.history["train_accuracy"][e - 1] for run, e in zip(runs, scores.epochs, strict=True)
        ]
        errors = [run.readouts[budget].metrics["test"]["errors"] for run in runs]
        return [
            ("%", train), ("%", seen), ("%", validation), ("%", scores.accuracy["test"]),
            ("points", train - validation), ("", errors), ("", scores.epochs),
        ]  # fmt: skip

    def check_seeds(self, shown, drawn):
        cells = self.root.locator(".regularization-seeds tbody tr").evaluate_all(
            "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
        budget, most = drawn["budget"], max(len(seeds) for seeds in self.runs.values())

        def expected(method):
            scores = shown[method]
            return self.seed_rows(scores, self.runs[method, scores.strength], budget)

        base = expected("none") if "none" in shown else [None] * 7
        for (_, *found), (unit, values), reference in zip(
            cells, expected(drawn["method"]), base, strict=True
        ):
            if reference:
                same([found.pop()], [np.mean(reference[1])], unit)
            count = 1 + len(values)
            same(found[:count], [np.mean(values), *values], unit)
            assert found[count:] == ["\N{EN DASH}"] * (most - len(values))
        run = next(iter(self.runs.values()))[0]
        photos = len(run.readouts[budget].labels["test"])
        assert cells[5][0] == f"errors among the {photos:,} test photos"

    def check_summary(self, shown, drawn):
        words, scores = self.summary(), shown[drawn["method"]]
        assert words.startswith(f"Within {drawn['budget']} epochs, ")
        validation, test = (np.mean(scores.accuracy[split]) for split in ("validation", "test"))
        if drawn["method"] == "none" or "none" not in shown:
            assert "ithout regularization it is" not in words
            expected = [100 * validation, 100 * test, 100 * scores.gap]
        else:
            none = shown["none"]
            base = [np.mean(none.accuracy[split]) for split in ("validation", "test")]
            lower = 100 * (validation - base[0])
            if ", the same." in words:
                assert abs(lower) < 0.051
                lower = []
            else:
                assert f"percentage points {'lower' if lower > 0 else 'higher'}." in words
                lower = [abs(lower)]
            expected = [
                100 * validation, 100 * base[0], *lower, 100 * test, 100 * base[1],
                100 * scores.gap, 100 * none.gap,
            ]  # fmt: skip
        np.testing.assert_allclose(numbers_in(words), expected, atol=0.05 + 1e-9)

    def check_curves(self, drawn):
        quantity = drawn["quantity"]
        names = [curve["method"] for curve in drawn["curves"]]
        assert names[-1] == drawn["method"]
        groups = self.root.locator(".curves-panel .curves-curve")
        assert groups.count() == 2 * len(names)
        lines = groups.evaluate_all(
            """(groups) => groups.map((group) => ["class", ...[".line", ".thin", ".rest"]
              .map((name) => group.querySelector(name).getAttribute("d"))]
              .map((d, i) => i ? d : group.getAttribute("class")))"""
        )
        scale = self.curve_scale(quantity)
        for i, name in enumerate(names):
            runs = self.runs[name, drawn["strengths"][name]]
            for j, split in enumerate(("train", "val")):
                kind, line, thin, rest = lines[2 * i + j]
                pale = name == "none" and drawn["method"] != "none"
                assert kind == f"curves-curve {'run-pale' if pale else 'run-0'} {split}"
                if split == "val":
                    seeds = np.array([run.history[f"val_{quantity}"] for run in runs])
                    epochs = np.arange(1, seeds.shape[1] + 1)
                else:
                    seeds = np.array([run.clean_train[quantity] for run in runs])
                    epochs = np.array(runs[0].clean_train["epoch"])
                inside = epochs <= drawn["budget"]
                self.check_line(line, epochs[inside], seeds.mean(0)[inside], scale)
                assert (rest == "") == inside.all()
                each = thin.split("M")[1:]
                for path, values in zip(each, seeds, strict=True):
                    self.check_line(path, epochs[inside], values[inside], scale)
        self.check_kept(drawn, scale)
        flag = self.root.locator(".curves-flag").text_content()
        assert flag == f"budget: {drawn['budget']} epochs"

    def curve_scale(self, quantity):
        """Functions from an epoch and a value to the places in the panel."""
        texts = self.root.locator(".curves-panel .curves-text text").evaluate_all(
            "(all) => all.map((t) => [t.textContent, t.getAttribute('x'), t.getAttribute('y')])"
        )
        share = 100 if quantity == "accuracy" else 1
        floor = texts[0][2]
        values = [(float(t.rstrip("%")) / share, float(y) - 4) for t, _, y in texts if y != floor]
        epochs = [(float(t), float(x)) for t, x, y in texts[1:] if y == floor]
        up, across = (np.polyfit(*zip(*each, strict=True), 1) for each in (values, epochs))
        return lambda epoch: np.polyval(across, epoch), lambda value: np.polyval(up, value)

    def check_line(self, path, epochs, values, scale):
        places = np.array(
            [[float(x) for x in point.split()] for point in path.strip("M").split("L")]
        )
        np.testing.assert_allclose(places[:, 0], scale[0](epochs), atol=0.2)
        np.testing.assert_allclose(places[:, 1], scale[1](values), atol=0.2)

    def check_kept(self, drawn, scale):
        """A ring for every seed, at the epoch whose weights are kept."""
        paths = self.root.locator(".curves-panel .curves-event.kept path:last-child").evaluate_all(
            "(all) => all.map((path) => path.getAttribute('d'))"
        )
        expected = [
            (epoch, run.history[f"val_{drawn['quantity']}"][epoch - 1])
            for curve in drawn["curves"]
            for run in self.runs[curve["method"], drawn["strengths"][curve["method"]]]
            for epoch in [run.readouts[drawn["budget"]].epoch]
        ]
        for path, (epoch, value) in zip(paths, expected, strict=True):
            x, y = map(float, re.match(r"M(-?[\d.]+) (-?[\d.]+)", path).groups())
            assert x + 7.5 == pytest.approx(scale[0](epoch), abs=0.2)
            assert y == pytest.approx(scale[1](value), abs=0.2)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return recorded_regularization.record_all(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def made(recorded):
    """Made once: its picture takes a second."""
    return RegularizationLab(recorded)


@pytest.fixture
def open_demo(mount, page, recorded, made):
    def show(demo=None, page=page, runs=recorded):
        page.add_init_script(LISTEN)
        mount(demo or made, page=page)
        return Page(page, runs)

    return show


@pytest.fixture
def demo(open_demo):
    return open_demo()


def test_every_method_with_every_budget(demo):
    drawn = demo.check()
    assert (drawn["method"], drawn["budget"], drawn["quantity"]) == ("augmentation", 60, "accuracy")
    for budget in regularization.BUDGETS:
        demo.choose("Budget in epochs", str(budget))
        for method in METHODS:
            demo.method(method)
            drawn = demo.check()
            assert (drawn["method"], drawn["budget"]) == (method, budget)


def test_strengths_are_chosen_by_hand_and_given_back(demo):
    by_hand = {}
    for method, label in METHODS.items():
        demo.method(method)
        # Right after another choice, a drawing may wait for its frame.
        wait_for_frames(demo.page)
        strengths = [strength for each, strength in demo.runs if each == method]
        controls = demo.root.locator(".regularization-strength fieldset:visible")
        if strengths == ["on"]:
            assert controls.count() == 0
            continue
        group = f"Strength of {label}"
        assert controls.count() == 1
        for strength in strengths:
            demo.choose(group, strength)
            by_hand[method] = strength
            demo.check(by_hand)
            note = demo.root.locator(".regularization-note").inner_text()
            assert note.startswith(f"{strength.capitalize()} (chosen by you): ")
            best = demo.drawn()["budget"], method
            chosen = regularization.choose(best[0], demo.runs)[method].strength
            assert (f"The best strength on validation is {chosen}." in note) == (chosen != strength)
    # What was chosen by hand stays when the budget changes.
    demo.choose("Budget in epochs", "20")
    demo.check(by_hand)
    demo.method("dropout")
    demo.choose("Strength of dropout", "best on validation")
    del by_hand["dropout"]
    demo.check(by_hand)
    assert "(the best one on validation): dropout with" in demo.root.inner_text()


def test_curves_of_accuracy_and_loss(demo):
    demo.choose("Curves of", "loss")
    assert demo.check()["quantity"] == "loss"
    demo.method("none")
    demo.choose("Budget in epochs", "150")
    drawn = demo.check()
    assert [curve["method"] for curve in drawn["curves"]] == ["none"]
    expect(demo.root.get_by_text("no regularization", exact=True).last).to_be_hidden()
    demo.choose("Curves of", "accuracy")
    demo.check()


def test_rows_by_mouse_and_keyboard(demo):
    demo.rows.nth(3).locator("svg").click(position={"x": 5, "y": 20}, force=True)
    assert demo.check()["method"] == "weight-decay"
    demo.page.keyboard.press("ArrowDown")
    assert demo.check()["method"] == "batch-norm"
    demo.page.keyboard.press("ArrowUp")
    demo.page.keyboard.press("ArrowUp")
    assert demo.check()["method"] == "dropout"
    name = re.compile(r"dropout strong ?, validation \d\d\.\d%, test \d\d\.\d%|dropout")
    expect(demo.root.get_by_role("radio", name=name).first).to_be_focused()


def test_what_changes_is_announced(demo):
    demo.method("all")
    # The summary is read once, so it must be the new one.
    wait_for_frames(demo.page)
    expect(demo.root.locator(".lu-visually-hidden[role=status]")).to_have_text(demo.summary())
    assert "the combination of all methods reaches" in demo.summary()


def test_tables_have_the_numbers_of_dots_and_curves(demo):
    demo.root.get_by_text("The numbers as a table").click()
    demo.choose("Curves of", "loss")
    drawn = demo.check()
    rows = demo.root.locator(".regularization-methods tbody tr")
    scores = regularization.scores(drawn["budget"], demo.runs)
    for i, (method, strength) in enumerate(drawn["strengths"].items()):
        each = scores[method, strength]
        cells = rows.nth(i).locator("td").all_inner_texts()
        validation, test = each.accuracy["validation"], each.accuracy["test"]
        for mean, seeds, values in zip(cells[::2], cells[1::2], (validation, test), strict=False):
            same([mean], [np.mean(values)], "%")
            same(seeds.split(", "), values, "%")
        assert cells[4] == ", ".join(map(str, each.epochs))
    table = demo.root.locator(".regularization-values")
    rows = table.locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    assert [int(cells[0]) for cells in rows] == list(range(10, 151, 10))
    for cells in rows:
        epoch, found = int(cells[0]), iter(cells[1:])
        for method in ("augmentation", "none"):
            runs = demo.runs[method, drawn["strengths"][method]]
            validation = np.mean([run.history["val_loss"][epoch - 1] for run in runs])
            at = runs[0].clean_train["epoch"].index(epoch)
            train = np.mean([run.clean_train["loss"][at] for run in runs])
            assert float(next(found)) == pytest.approx(validation, abs=6e-5)
            assert float(next(found)) == pytest.approx(train, abs=6e-5)


def test_folded_tables_are_written_when_they_are_opened(demo):
    fold = demo.root.get_by_text("The numbers as a table")
    heads = demo.root.locator(".regularization-values thead th")
    fold.click()
    expect(heads.nth(1)).to_have_text(re.compile("^augmentation"))
    fold.click()
    demo.method("dropout")
    demo.check()
    expect(heads.nth(1)).to_have_text(re.compile("^augmentation"))
    fold.click()
    expect(heads.nth(1)).to_have_text(re.compile("^dropout"))


def test_nothing_moves_when_settings_change(new_page, open_demo):
    for width in (1280, 390):
        demo = open_demo(page=new_page(width=width))
        # The font of the book, which the bare page does not use.
        demo.page.add_style_tag(content='body { font-family: "Atkinson Hyperlegible Next" }')
        demo.page.evaluate("document.fonts.ready")
        places = set()
        for budget in ("20", "150"):
            demo.choose("Budget in epochs", budget)
            for method, label in METHODS.items():
                demo.method(method)
                if (method, "weak") in demo.runs:
                    demo.choose(f"Strength of {label}", "weak")
                for quantity in ("loss", "accuracy"):
                    demo.choose("Curves of", quantity)
                    wait_for_frames(demo.page)
                    boxes = demo.root.evaluate(
                        """(root) => [".regularization-strength", ".regularization-summary",
                          ".regularization-curves", ".regularization-seeds", ".lu-button"]
                          .map((name) => root.querySelector(name).offsetTop)"""
                    )
                    places.add(tuple(boxes))
        assert len(places) == 1, f"at {width} pixels: {places}"


def test_few_runs_are_shown_as_well(open_demo, recorded):
    some = {
        ("dropout", "medium"): recorded["dropout", "medium"][:1],
        ("dropout", "strong"): recorded["dropout", "strong"],
        ("batch-norm", "on"): recorded["batch-norm", "on"][1:],
    }
    demo = open_demo(RegularizationLab(some), runs=some)
    assert demo.check()["method"] == "dropout"
    demo.choose("Strength of dropout", "medium")
    demo.check({"dropout": "medium"})
    assert "with its one seed" in demo.summary()
    demo.method("batch-norm")
    demo.check({"dropout": "medium"})
    assert "Without regularization" not in demo.summary()
    only = {("none", "on"): recorded["none", "on"][:1]}
    demo = open_demo(RegularizationLab(only), runs=only)
    assert demo.check()["method"] == "none"


def run_copied(demo):
    """Run the program that the demo hands out; returns its names and what it prints."""
    demo.root.get_by_role("button", name="Copy as Python").click()
    expect(demo.root.get_by_text("Copied.")).to_be_visible()
    code = demo.page.evaluate("window.copied")
    assert max(map(len, code.splitlines())) <= 100 or "root=" in code
    names, printed = {}, io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "copied", "exec"), names)
    names["plt"].close("all")
    return names, printed.getvalue()


@pytest.mark.parametrize("few", [False, True])
def test_copied_python_gives_the_same_numbers(page, open_demo, recorded, few):
    page.add_init_script(KEEP_COPIES)
    some = {key: seeds[:2] for key, seeds in recorded.items() if key[1] in ("on", "weak")}
    demo = open_demo(RegularizationLab(some), runs=some) if few else open_demo()
    demo.method("dropout")
    demo.choose("Strength of dropout", "weak")
    demo.choose("Budget in epochs", "150")
    demo.choose("Curves of", "loss")
    drawn = demo.check({"dropout": "weak"})
    names, printed = run_copied(demo)
    assert names["strengths"] == drawn["strengths"]
    for method, scores in drawn["scores"].items():
        for split in ("train", "validation", "test"):
            mean = np.mean(scores[f"{split}_accuracy"])
            assert names["means"][method][split] == pytest.approx(mean, abs=1e-12)
    scores = drawn["scores"]["dropout"]
    assert names["errors"] == scores["errors"] and names["seen"] == scores["seen_accuracy"]
    assert list(names["chosen"].epochs) == scores["epoch"]
    cells = demo.root.locator(".regularization-seeds tbody tr").nth(4).locator("td")
    assert f"minus validation {cells.first.inner_text()} points" in printed
    demo.method("none")
    names, _ = run_copied(demo)
    assert names["METHOD"] == "none"


def test_settings_from_python_are_shown(open_demo, recorded):
    settings = {"method": "weight-decay", "strength": "strong", "budget": 20, "quantity": "loss"}
    demo = open_demo(RegularizationLab(recorded, **settings))
    drawn = demo.check({"weight-decay": "strong"})
    assert [drawn[name] for name in ("method", "budget", "quantity")] == [
        settings[name] for name in ("method", "budget", "quantity")
    ]


@pytest.mark.parametrize(
    ("width", "theme"), [(1280, "light"), (700, "dark"), (390, "light"), (390, "dark")]
)
def test_axe_finds_nothing_and_nothing_sticks_out(new_page, open_demo, width, theme):
    demo = open_demo(page=new_page(width=width))
    demo.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    demo.root.get_by_text("The numbers as a table").click()
    demo.root.get_by_text("How to read this").click()
    demo.method("label-smoothing")
    demo.choose("Strength of label smoothing", "strong")
    demo.check({"label-smoothing": "strong"})
    wait_for_fading(demo.page)
    assert violations(demo.page, ".lu-regularization-lab") == []
    assert demo.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_hand_that_rests_costs_nothing(demo):
    demo.drawn()
    before = demo.page.evaluate("window.frames")
    wait_for_frames(demo.page, 20)
    assert demo.page.evaluate("window.frames") == before

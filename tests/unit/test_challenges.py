"""Challenges: their goals, their twins in Python, and that each of the book's can be solved."""

import numpy as np
import pytest
import traitlets
from challenge_states import CHAPTERS, drawn, makers

from lecture_utils.challenges import (
    Verdict,
    at_least,
    at_most,
    between,
    close_to,
    equal_to,
    one_of,
)
from lecture_utils.widgets import Challenge, ConvolutionLab
from lecture_utils.widgets.challenge.goal import Condition, missing, told

MAKERS = makers()
every = pytest.mark.parametrize("name", MAKERS)
REST = {"name": "a/b", "title": "T", "minutes": 2, "answer": "A", "solution": {"padding": 1}}


def _dilated(*dilations):
    return [{"kind": "conv", "kernel": 3, "stride": 1, "dilation": d} for d in dilations]


def small(**changes):
    goal = [at_least("padding", 1, "Some padding", "The padding is {value}.")]
    values = {"demo": ConvolutionLab(), "task": "Do it.", "goal": goal, **REST, **changes}
    return Challenge(**values)


# ---- goals ----


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        (at_least("x", 3, "l", "m"), [3, 3.5, 1e9], [2.999, True, None, "3", float("nan")]),
        (at_most("x", 3, "l", "m"), [3, -5, 0], [3.001, False, None, "1", float("nan")]),
        (between("x", 1, 2, "l", "m"), [1, 1.5, 2], [0.99, 2.01, True, None, float("nan")]),
        (equal_to("x", 2, "l", "m"), [2, 2.0], [1, "2", None]),
        (equal_to("x", True, "l", "m"), [True], [1, 1.0, False]),
        (equal_to("x", 1, "l", "m"), [1], [True]),
        (one_of("x", ["a", 2], "l", "m"), ["a", 2], ["b", 0, None]),
        (close_to("x", [3, 4], 10, "l", "m"), [[3, 4], np.array([3.3, 4.3])], [[3, 5], [3], None]),
    ],
)
def test_a_condition_holds_or_does_not(condition, good, bad):
    assert all(condition.holds({"x": value}) for value in good)
    assert not any(condition.holds({"x": value}) for value in bad)
    assert not condition.holds({})


def test_what_is_missing_is_told_with_the_value():
    goal = [at_least("x", 3, "l", "x is {value}."), equal_to("y", "a", "l", "y is {value}.")]
    assert missing(goal, {"x": 1234.5, "y": "b"}) == ["y is b."]
    assert missing(goal, {"x": 1.5, "y": "a"}) == ["x is 2."]
    assert missing(goal, {}) == ["x is unknown.", "y is unknown."]
    assert missing([close_to("x", [3, 4], 1, "l", "off by {value}%")], {"x": [3, 5]}) == [
        "off by 20%"
    ]
    # A value just beyond the bound does not look as if it met the condition.
    near = [at_least("x", 99, "l", "{value}"), at_most("y", 0.1, "l", "{value}", digits=1)]
    assert missing(near, {"x": 98.96, "y": 0.1004}) == ["98.96", "0.1004"]
    # Arrays of different sizes have no difference in percent.
    assert missing([close_to("x", [3, 4], 1, "l", "{value}%")], {"x": np.zeros((30, 40))}) == [
        "The sizes differ: 1,200 values instead of 2."
    ]
    assert missing([close_to("x", [3, 4], 1, "l", "{value}%")], {}) == [
        "The sizes differ: 0 values instead of 2."
    ]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567, 0, "1,234,567"),
        (0.125, 2, "0.13"),
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (-0.001, 2, "0.00"),
        (1e6, 2, "1,000,000.00"),
        (True, 0, "yes"),
        ("cat", 0, "cat"),
        (float("inf"), 0, "infinite"),
        (float("nan"), 0, "unknown"),
        (None, 0, "unknown"),
    ],
)
def test_numbers_are_told_as_javascript_rounds_them(value, digits, text):
    assert told(value, digits) == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", "about", 3, "l", "m"), "test is 'about'"),
        (("x", "at least", "3", "l", "m"), "finite number"),
        (("x", "at most", float("nan"), "l", "m"), "finite number"),
        (("x", "one of", "abc", "l", "m"), "needs a list"),
        (("x", "equal to", 3, " ", "m"), "label is empty"),
        (("x", "equal to", 3, "l", ""), "missing is empty"),
    ],
)
def test_conditions_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Condition(*arguments)


# ---- the challenge ----


def test_check_tries_values_and_leaves_the_demo_as_it_was():
    challenge = small()
    assert not challenge.check()
    verdict = challenge.check(padding=3, kernel_name="sharpen")
    assert verdict and repr(verdict) == "✓ Solved."
    demo = challenge.demo
    assert (demo.padding, demo.kernel_name) == (0, "horizontal edge")
    assert repr(challenge.check()) == "○ Not yet. The padding is 0."
    demo.padding = 1
    assert challenge.check() == Verdict(())


def test_a_refused_value_leaves_the_demo_as_it_was():
    challenge = small()
    with pytest.raises(traitlets.TraitError):
        challenge.check(stride=2, padding=-1)
    assert (challenge.demo.stride, challenge.demo.padding) == (1, 0)


def test_an_unknown_setting_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"ConvolutionLab has no pading; .*padding"):
        small().check(pading=2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"goal": []}, "goal is empty"),
        ({"name": "Same size"}, "lowercase letters"),
        ({"goal": [at_least("padding", 0, "l", "m")]}, "solved from the start"),
        ({"solution": {"padding": 0}}, "does not solve it: ○ Not yet. The padding is 0."),
    ],
)
def test_a_challenge_that_cannot_work_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def test_the_page_keeps_task_goal_hints_and_answer_without_javascript():
    challenge = small(task="Use `pad` < 3.", hints=["Look up."])
    page = challenge.figure_html()
    for part in ("<code>pad</code> &lt; 3", "Some padding", "<details>", "Hint: Look up.", "<img"):
        assert part in page


# ---- the book's challenges ----


@pytest.mark.slow
def test_every_chapter_has_three_challenges_that_grow():
    for number in CHAPTERS:
        minutes = [
            m().minutes for name, m in MAKERS.items() if name.startswith(f"chapter_{number}.")
        ]
        assert len(minutes) >= 3, number
        assert min(minutes) <= 2 and max(minutes) >= 5


@pytest.mark.slow
@every
def test_it_starts_unsolved_and_its_solution_solves_it(name):
    challenge = MAKERS[name]()
    assert challenge.name.startswith(f"{name[8]}/")
    start = challenge.demo.get_state()
    assert not challenge.check()
    assert challenge.check(**challenge.solution)
    assert str(challenge.demo.get_state()) == str(start)
    assert len(challenge.hints) >= 1 and challenge.answer


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        (
            "chapter_1.same_size",
            {"kernel": np.eye(5), "padding": 2},
            "The kernel is no longer the given one.",
        ),
        (
            "chapter_1.same_size",
            {"kernel_name": "sharpen", "padding": 1},
            "The kernel is no longer the given one.",
        ),
        (
            "chapter_1.wide_view",
            {"kernel": np.ones((3, 9)), "padding": 1},
            "The shorter side of the window is 3. The kernel has 27 weights.",
        ),
        (
            "chapter_1.wide_view",
            {"kernel": np.ones((1, 9))},
            "The shorter side of the window is 1.",
        ),
        (
            "chapter_1.wide_view",
            {"kernel": np.ones((9, 9)), "padding": 4},
            "The kernel has 81 weights.",
        ),
        (
            "chapter_3.two_by_two",
            {"kernel": np.ones((2, 3)), "stride": 2},
            "The shorter side of the kernel is 2.",
        ),
        (
            "chapter_3.two_by_two",
            {"image": np.zeros((7, 7)), "stride": 3},
            "The input has 49 cells.",
        ),
        (
            "chapter_3.see_far",
            {"layers": _dilated(1, 4, 8, 8)},
            "The field is 43×43. Along each axis, 33 pixels are read.",
        ),
        (
            "chapter_3.see_far",
            {"layers": _dilated(1, 2, 4, 16)},
            "The field is 47×47. Along each axis, 45 pixels are read.",
        ),
        (
            "chapter_3.see_far",
            {"layers": _dilated(1, 1, 6, 7)},
            "Along each axis, 29 pixels are read.",
        ),
    ],
)
def test_what_misses_a_part_of_the_task_does_not_solve_it(name, settings, sentence):
    assert repr(MAKERS[name]().check(**settings)) == f"○ Not yet. {sentence}"


@pytest.mark.slow
def test_names_are_unique():
    names = [maker().name for maker in MAKERS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.slow
@every
def test_random_settings_do_not_all_solve_it(name):
    challenge = MAKERS[name]()
    assert not all(challenge.check(**settings) for settings in drawn(name, seed=1))

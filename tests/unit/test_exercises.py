"""What a reader is told about an answer."""

import pytest

from lecture_utils.exercises import check


def test_a_right_answer(capsys):
    assert check("Exercise 1", (lambda: True, "hint"), (lambda: 1, "hint")) is True
    assert capsys.readouterr().out == "✓ Exercise 1 is solved.\n"


def test_a_wrong_answer_gets_the_first_hint_and_later_tests_do_not_run(capsys):
    def never():
        raise AssertionError("must not be called")

    assert check("Exercise 1", (lambda: False, "Look there."), (never, "later")) is False
    assert capsys.readouterr().out == "○ Exercise 1 is open. Look there.\n"


def test_an_answer_that_fails_gets_hint_and_error(capsys):
    check("Exercise 2", (lambda: 1 / 0 > 1, "Divide by something."))
    assert "Divide by something. (ZeroDivisionError: division by zero)" in capsys.readouterr().out


def test_an_untouched_answer_gets_the_hint_alone(capsys):
    answer = ...
    check("Exercise 3", (lambda: answer + 1 == 2, "Replace the dots."))
    assert capsys.readouterr().out == "○ Exercise 3 is open. Replace the dots.\n"


def test_no_tests_is_an_error():
    with pytest.raises(ValueError, match="no tests"):
        check("Exercise 4")


def test_a_function_that_returns_nothing_yet_gets_the_hint_alone(capsys):
    def answer(n): ...

    assert not check("Exercise 2", (lambda: answer(3).shape == (3,), "Return an array."))
    assert capsys.readouterr().out == "○ Exercise 2 is open. Return an array.\n"

"""Goals of challenges: conditions on what a demo reports. goal.js judges them in the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike

TESTS = ("at least", "at most", "between", "equal to", "one of", "close to")
#: Larger differences in percent are reported as this one.
LARGEST_DIFFERENCE = 999.0
_MOST_DIGITS = 6


@dataclass(frozen=True)
class Condition:
    """One condition of a goal, on one reading of a demo.

    Parameters
    ----------
    reading : str
        A name in ``demo.all_readings()``: a trait, or a number that the demo computes.
    test : {"at least", "at most", "between", "equal to", "one of", "close to"}
        The first three compare numbers. A value that is not a number meets none of them. The last
        one compares arrays by the norm of their difference, in percent of the norm of the bound.
    bound : number, str, bool or list of those
        What the reading is compared with.
    label : str
        What is asked for, as an item of a list: "An output of 28 rows".
    missing : str
        The sentence for a reader whose value fails. ``{value}`` stands for the reading, or for the
        difference in percent. An array with another number of values gets a sentence of its own.
    digits : int
        Digits after the decimal point of ``{value}``; a value that would then look as if it met the
        condition gets more.
    tolerance : float
        How large the difference may be, in percent; for "close to".
    """

    reading: str
    test: str
    bound: Any
    label: str
    missing: str
    digits: int = 0
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if self.test not in TESTS:
            raise ValueError(f"test is {self.test!r}; use one of {', '.join(TESTS)}")
        number = _is_number(self.bound) and math.isfinite(self.bound)
        if self.test in ("at least", "at most") and not number:
            raise ValueError(f"bound is {self.bound!r}; {self.test!r} needs a finite number")
        if self.test in ("between", "one of", "close to") and not isinstance(self.bound, list):
            raise ValueError(f"bound is {self.bound!r}; {self.test!r} needs a list")
        for name in ("label", "missing"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} is empty; say what is asked for, and what is missing")

    def holds(self, readings: Mapping[str, Any]) -> bool:
        """Tell whether readings meet the condition.

        Parameters
        ----------
        readings : dict
            What the demo reports, by name, such as ``demo.all_readings()``.

        Returns
        -------
        bool
        """
        value = readings.get(self.reading)
        if self.test == "one of":
            return any(_same(value, choice) for choice in self.bound)
        if self.test == "equal to":
            return _same(value, self.bound)
        if self.test == "close to":
            return difference(value, self.bound) <= self.tolerance
        if not _is_number(value):
            return False
        if self.test == "between":
            return self.bound[0] <= value <= self.bound[1]
        return value >= self.bound if self.test == "at least" else value <= self.bound

    def lack(self, readings: Mapping[str, Any]) -> str:
        """Say what is missing, with the reader's value in it.

        Parameters
        ----------
        readings : dict
            What the demo reports, by name, such as ``demo.all_readings()``.

        Returns
        -------
        str
        """
        value = readings.get(self.reading)
        if self.test == "close to":
            if len(values := _numbers(value)) != len(self.bound):
                return f"The sizes differ: {len(values):,} values instead of {len(self.bound):,}."
            value = min(difference(value, self.bound), LARGEST_DIFFERENCE)
        digits = self.digits
        if _is_number(value) and math.isfinite(value):
            while digits < _MOST_DIGITS and self._meets(float(_rounded(value, digits))):
                digits += 1
        return self.missing.replace("{value}", told(value, digits))

    def _meets(self, shown):
        """Tell whether a number looks as if it met the condition."""
        if self.test == "close to":
            return shown <= self.tolerance
        return self.holds({self.reading: shown})

    def as_dict(self) -> dict[str, Any]:
        """Return the condition as it travels to the page.

        Returns
        -------
        dict
        """
        return asdict(self)


def at_least(reading: str, bound: float, label: str, missing: str, digits: int = 0) -> Condition:
    """Ask for a number of `bound` or more.

    Parameters
    ----------
    reading : str
        The name of a trait, or of a number that the demo computes.
    bound : float
        The smallest number that will do.
    label, missing : str
        What is asked for, and the sentence for a reader whose value fails; see `Condition`.
    digits : int
        Digits after the decimal point of ``{value}``.

    Returns
    -------
    Condition

    Raises
    ------
    ValueError
        If the bound is not a finite number.
    """
    return Condition(reading, "at least", bound, label, missing, digits)


def at_most(reading: str, bound: float, label: str, missing: str, digits: int = 0) -> Condition:
    """Ask for a number of `bound` or less.

    Parameters
    ----------
    reading : str
        The name of a trait, or of a number that the demo computes.
    bound : float
        The largest number that will do.
    label, missing : str
        What is asked for, and the sentence for a reader whose value fails; see `Condition`.
    digits : int
        Digits after the decimal point of ``{value}``.

    Returns
    -------
    Condition

    Raises
    ------
    ValueError
        If the bound is not a finite number.
    """
    return Condition(reading, "at most", bound, label, missing, digits)


def between(
    reading: str, low: float, high: float, label: str, missing: str, digits: int = 0
) -> Condition:
    """Ask for a number from `low` to `high`.

    Parameters
    ----------
    reading : str
        The name of a trait, or of a number that the demo computes.
    low, high : float
        The smallest and the largest number that will do.
    label, missing : str
        What is asked for, and the sentence for a reader whose value fails; see `Condition`.
    digits : int
        Digits after the decimal point of ``{value}``.

    Returns
    -------
    Condition
    """
    return Condition(reading, "between", [low, high], label, missing, digits)


def equal_to(reading: str, bound: Any, label: str, missing: str) -> Condition:
    """Ask for a certain number, text or truth value.

    Parameters
    ----------
    reading : str
        The name of a trait, or of a number that the demo computes.
    bound : number, str or bool
        The value; ``True`` is not the same as 1.
    label, missing : str
        What is asked for, and the sentence for a reader whose value fails; see `Condition`.

    Returns
    -------
    Condition
    """
    return Condition(reading, "equal to", bound, label, missing)


def one_of(reading: str, bound: Sequence[Any], label: str, missing: str) -> Condition:
    """Ask for one of several values.

    Parameters
    ----------
    reading : str
        The name of a trait, or of a number that the demo computes.
    bound : sequence of number, str or bool
        The values that will do.
    label, missing : str
        What is asked for, and the sentence for a reader whose value fails; see `Condition`.

    Returns
    -------
    Condition
    """
    return Condition(reading, "one of", list(bound), label, missing)


def close_to(
    reading: str, bound: ArrayLike, tolerance: float, label: str, missing: str
) -> Condition:
    """Ask for an array that differs from another one by at most `tolerance` percent.

    Parameters
    ----------
    reading : str
        The name of a trait, or of a number that the demo computes.
    bound : array
        Numbers of any shape; they are compared one by one, in the order of ``numpy.ravel``.
    tolerance : float
        The largest norm of the difference, in percent of the norm of `bound`.
    label, missing : str
        What is asked for, and the sentence for a reader whose value fails; see `Condition`.

    Returns
    -------
    Condition
    """
    values = [round(float(value), 4) for value in np.ravel(bound)]
    return Condition(reading, "close to", values, label, missing, tolerance=tolerance)


def missing(goal: Sequence[Condition], readings: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each condition that readings fail; none is left when it is solved."""
    return [condition.lack(readings) for condition in goal if not condition.holds(readings)]


def difference(values: Any, bound: Sequence[float]) -> float:
    """Return the norm of an array's difference from another one, in percent of the other's norm.

    It is infinite if they do not have the same number of values.
    """
    values = _numbers(values)
    if len(values) != len(bound):
        return math.inf
    return 100 * math.dist(values, bound) / (math.hypot(*bound) or 1)


def told(value: Any, digits: int = 0) -> str:
    """Return a value as a sentence shows it: numbers rounded, with commas between thousands."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not _is_number(value):
        return str(value) if isinstance(value, str) else "unknown"
    if not math.isfinite(value):
        return "infinite" if value == math.inf else "unknown"
    rounded = _rounded(value, digits)
    return f"{rounded:,f}".replace("-", "−") if rounded else f"{abs(rounded):f}"


def _rounded(value, digits):
    # Halves are rounded away from zero, as JavaScript does it; `round` takes the even neighbor.
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(value):
    """Return the values of an array in one list; there are none in anything else."""
    is_array = isinstance(value, list | tuple | np.ndarray)
    return np.asarray(value, float).ravel().tolist() if is_array else []


def _same(value, bound):
    # In Python, True equals 1; in JavaScript it does not.
    return isinstance(value, bool) == isinstance(bound, bool) and value == bound

"""Traits and checks that several demos share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import traitlets

from lecture_utils._validation import is_whole, whole


class Between(traitlets.Float):
    """A number between two ends, in sync with the page; NaN is refused as well."""

    def __init__(self, default: float, low: float, high: float):
        self._low, self._high = low, high
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> float:
        """Return the number as a float."""
        number = float(super().validate(obj, value))
        if not self._low <= number <= self._high:
            raise traitlets.TraitError(
                f"{self.name} is {number!r}; use a number from {self._low:g} to {self._high:g}"
            )
        return number


class Whole(traitlets.Int):
    """A whole number, of Python, NumPy or PyTorch; takes the options of ``traitlets.Int``."""

    def validate(self, obj: Any, value: Any) -> int:
        """Return the number as an int."""
        if not is_whole(value):
            self.error(obj, value)
        return super().validate(obj, whole(str(self.name), value))


def one_of(proposal: Any, known: Iterable[str]) -> str:
    """Return the value that a trait is set to, for ``traitlets.validate``.

    Raises
    ------
    traitlets.TraitError
        If it is not one of the known ones.
    """
    names = list(known)
    if proposal["value"] not in names:
        raise traitlets.TraitError(
            f"{proposal['trait'].name} is {proposal['value']!r}; use one of {', '.join(names)}"
        )
    return proposal["value"]

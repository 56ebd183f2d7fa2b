"""Traits and checks that several demos share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import traitlets


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

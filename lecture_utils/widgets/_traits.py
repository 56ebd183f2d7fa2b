"""Traits and checks that several demos share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from lecture_utils._validation import is_whole, whole

from ._demo import ArrayTrait

#: A cell of a grid has room for two digits and a sign.
LARGEST_NUMBER = 99


class Grid(ArrayTrait):
    """A small grid of numbers from -99 to 99, float64.

    Parameters
    ----------
    largest : int
        Largest number of rows and of columns.
    whole : bool
        Whether the numbers must be whole.
    smallest : int
        Smallest number of rows and of columns.
    **kwargs
        As for `ArrayTrait`.
    """

    def __init__(self, largest: int, whole: bool, smallest: int = 1, **kwargs: Any):
        super().__init__("float64", ndim=2, **kwargs)
        self._smallest, self._largest, self._whole = smallest, largest, whole

    def validate(self, obj: Any, value: Any) -> NDArray[Any]:
        """Return the grid as the demo keeps it."""
        grid = super().validate(obj, value)
        low, high = self._smallest, self._largest
        if min(grid.shape) < low or max(grid.shape) > high:
            raise traitlets.TraitError(
                f"{self.name} has shape {grid.shape}; the demo shows {low}x{low} to {high}x{high}"
            )
        # Written so that NaN is refused as well.
        wrong = ~(np.abs(grid) <= LARGEST_NUMBER)
        kind = "numbers"
        if self._whole:
            wrong |= grid != np.round(grid)
            kind = "whole numbers"
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise traitlets.TraitError(
                f"{self.name} has {grid[row, column]} at row {row}, column {column}; use {kind} "
                f"from -{LARGEST_NUMBER} to {LARGEST_NUMBER}"
            )
        return grid


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

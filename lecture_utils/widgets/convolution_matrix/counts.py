"""Which weight each entry of the matrix holds; ``state.js`` computes the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lecture_utils.convolution import convolution_matrix


class Counts(NamedTuple):
    """What a matrix consists of.

    Attributes
    ----------
    entries : int
        Rows times columns: the weights of a dense layer of the same size.
    nonzero : int
        Entries that hold a weight of the kernel.
    distinct : int
        Weights of the kernel that occur.
    """

    entries: int
    nonzero: int
    distinct: int


def tap_of_each_entry(
    size: tuple[int, int], kernel_size: tuple[int, int], stride: int, padding: int
) -> NDArray[np.int64]:
    """Tell for each entry of the matrix which weight of the kernel it holds.

    Returns
    -------
    ndarray of int, shape (outputs, pixels)
        Position in the kernel, row by row from 0; -1 where the matrix is empty.
    """
    numbered = 1.0 + np.arange(np.prod(kernel_size)).reshape(kernel_size)
    matrix = convolution_matrix(numbered, size, stride=stride, padding=padding)
    return matrix.toarray().astype(int) - 1


def count_entries(taps: NDArray[np.int64]) -> Counts:
    """Count the entries of a matrix from what `tap_of_each_entry` returns."""
    held = taps[taps >= 0]
    return Counts(taps.size, held.size, len(np.unique(held)))

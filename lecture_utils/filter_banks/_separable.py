"""Two-dimensional kernels as products of one-dimensional ones, and these as matrices.

The linear algebra behind `lecture_utils.filter_banks._engine`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: A kernel as columns (rank, height) and rows (rank, width): their products sum to it.
Factor: TypeAlias = tuple[NDArray, NDArray]

MODES = ("reflect", "wrap", "constant", "nearest")


def factorize(kernel: NDArray, tolerance: float = 1e-10) -> Factor:
    """Split a 2-D kernel into a sum of separable ones.

    Parameters
    ----------
    kernel : numpy.ndarray, shape (height, width)
        Real or complex.
    tolerance : float
        Singular values below this fraction of the largest one are dropped.

    Returns
    -------
    columns : numpy.ndarray, shape (rank, height)
    rows : numpy.ndarray, shape (rank, width)
        ``columns.T @ rows`` is the kernel.
    """
    # A single product is read from one row and one column, which keeps integers exact.
    y, x = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    if kernel[y, x] != 0:
        column, row = kernel[:, x], kernel[y] / kernel[y, x]
        if np.abs(kernel - np.outer(column, row)).max() <= 1e-15 * abs(kernel[y, x]):
            return column[None], row[None]
    left, values, right = np.linalg.svd(kernel, full_matrices=False)
    rank = max(1, int((values > tolerance * values[0]).sum()))
    return (left[:, :rank] * values[:rank]).T, right[:rank]


def border_index(length: int, before: int, after: int, mode: str) -> NDArray[np.intp]:
    """Return the pixel shown at each position of a padded axis; -1 means zero.

    >>> border_index(3, 2, 2, "reflect").tolist()
    [1, 0, 0, 1, 2, 2, 1]
    """
    position = np.arange(-before, length + after)
    if mode == "reflect":
        folded = position % (2 * length)
        return np.minimum(folded, 2 * length - 1 - folded)
    if mode == "wrap":
        return position % length
    if mode == "nearest":
        return position.clip(0, length - 1)
    return np.where((position >= 0) & (position < length), position, -1)


def reach(taps):
    """Return the number of pixels before and after its own position that a 1-D kernel reads.

    An even kernel is centered on tap ``taps // 2``, as in `scipy.ndimage.convolve`.
    """
    return taps - 1 - taps // 2, taps // 2


def banded_matrix(kernel: NDArray, outputs: int) -> NDArray:
    """Return the matrix that convolves a padded signal, shape (outputs, outputs + taps - 1)."""
    taps = len(kernel)
    matrix = np.zeros((outputs, outputs + taps - 1), dtype=kernel.dtype)
    row = np.arange(outputs)[:, None]
    matrix[row, row + np.arange(taps)] = kernel[::-1]
    return matrix


def folded_matrix(kernel: NDArray, length: int, mode: str) -> NDArray:
    """Return the square matrix that convolves a signal, including its border."""
    index = border_index(length, *reach(len(kernel)), mode)
    inside = index >= 0
    matrix = np.zeros((length, length), dtype=kernel.dtype)
    np.add.at(matrix.T, index[inside], banded_matrix(kernel, length).T[inside])
    return matrix


def matrix_pair(
    factor: Factor,
    make_vertical: Callable[[NDArray], NDArray],
    make_horizontal: Callable[[NDArray], NDArray],
    is_complex: bool,
) -> tuple[NDArray, NDArray]:
    """Return two real matrices that filter a real image by multiplication from left and right.

    For every row of the result, the left matrix writes the real and imaginary parts of all factors,
    one after another; the right matrix reads these and alternates real and imaginary parts, which
    is the memory layout of complex numbers.

    Returns
    -------
    left : numpy.ndarray, shape (h, parts * rank, H)
    right : numpy.ndarray, shape (parts * rank * W, parts * w)
        For a vertical matrix (h, H) and a horizontal one (w, W); `parts` is 2 if complex, else 1.
    """
    vertical: Any = np.stack([make_vertical(column) for column in factor[0]], axis=1)
    horizontal: Any = np.stack([make_horizontal(row).T for row in factor[1]])
    if not is_complex:
        return vertical, horizontal.reshape(-1, horizontal.shape[-1])
    left = np.stack([vertical.real, vertical.imag], axis=2)
    by_real = np.stack([horizontal.real, horizontal.imag], axis=-1)
    by_imaginary = np.stack([-horizontal.imag, horizontal.real], axis=-1)
    right = np.stack([by_real, by_imaginary], axis=1)
    return left.reshape(len(left), -1, left.shape[-1]), right.reshape(-1, 2 * right.shape[-2])

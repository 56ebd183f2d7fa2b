"""Which filters of a bank are weak, and which repeat others. `statistics.js` does the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_utils.filter_banks import FilterBank

#: Responses below this fraction of the kernel's sum of magnitudes are rounding errors.
ROUNDING = 1e-10
#: A map whose variance is below this fraction of its mean square is flat.
FLAT = 1e-10


def bank_statistics(
    bank: FilterBank, images: Sequence[ArrayLike]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure how strongly the filters of a bank respond, and how alike.

    Parameters
    ----------
    bank : lecture_utils.filter_banks.FilterBank
        With n filters.
    images : list of array_like, each of shape (H, W)
        Of any sizes.

    Returns
    -------
    energies : numpy.ndarray of float64, shape (n,)
        Mean squared magnitude of the responses, averaged over the images.
    correlations : numpy.ndarray of float64, shape (n, n)
        Absolute Pearson correlation of the magnitudes over all pixels of all images; 0 for a filter
        whose magnitude is the same everywhere.

    Examples
    --------
    >>> from lecture_utils.filter_banks import FilterBank
    >>> bank = FilterBank([[[1, -1]], [[-1, 1]]])
    >>> energies, correlations = bank_statistics(bank, [[[0.0, 0, 1, 1]]])
    >>> energies.tolist(), correlations.round(6).tolist()
    ([0.25, 0.25], [[1.0, 1.0], [1.0, 1.0]])
    """
    if not images:
        return np.zeros(len(bank)), np.zeros((len(bank), len(bank)))
    images = [np.asarray(image, np.float64) for image in images]
    energies = np.mean([bank.energies(image) for image in images], axis=0)
    floor = np.array([ROUNDING * np.abs(kernel).sum() for kernel in bank.kernels]) ** 2
    energies = np.where(energies > floor, energies, 0.0)
    pixels = np.concatenate([bank.magnitudes(i).reshape(len(bank), -1) for i in images], axis=1)
    square = (pixels**2).mean(axis=1)
    pixels -= pixels.mean(axis=1, keepdims=True)
    lively = (energies > 0) & ((pixels**2).mean(axis=1) > FLAT * square)
    length = np.where(lively, np.linalg.norm(pixels, axis=1), 1.0)
    pixels *= np.where(lively, 1 / length, 0.0)[:, None]
    return energies, np.minimum(np.abs(pixels @ pixels.T), 1.0)


def judge(
    energies: ArrayLike, correlations: ArrayLike, weak_below: float, redundant_above: float
) -> tuple[list[str], NDArray[np.float64], list[int]]:
    """Mark weak and redundant filters, going from the strongest to the weakest.

    Parameters
    ----------
    energies : array_like, shape (n,)
    correlations : array_like, shape (n, n)
    weak_below : float
        A filter is weak if its energy is below this fraction of the strongest filter's, or zero.
    redundant_above : float
        A filter that is not weak is redundant if its correlation with one that was kept before it
        is above this.

    Returns
    -------
    marks : list of {"kept", "weak", "redundant"}
    redundancy : numpy.ndarray, shape (n,)
        Largest correlation with a filter kept before it; 0 for the strongest.
    like : list of int
        Which filter that is; -1 for the strongest.

    Examples
    --------
    >>> correlations = [[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]]
    >>> marks, redundancy, like = judge([1, 4, 0.1], correlations, 0.05, 0.8)
    >>> marks, like
    (['redundant', 'kept', 'weak'], [1, -1, -1])
    """
    energies, correlations = np.asarray(energies, float), np.asarray(correlations, float)
    # Five digits, so that rounding errors do not decide between filters of equal strength.
    strength = [float(f"{energy:.5g}") for energy in energies]
    marks, redundancy, like = [""] * len(energies), np.zeros(len(energies)), [-1] * len(energies)
    kept = []
    for i in sorted(range(len(energies)), key=lambda i: (-strength[i], i)):
        for j in kept:
            if correlations[i, j] > redundancy[i]:
                redundancy[i], like[i] = correlations[i, j], j
        if energies[i] == 0 or energies[i] < weak_below * energies.max():
            marks[i] = "weak"
        elif redundancy[i] > redundant_above:
            marks[i] = "redundant"
        else:
            marks[i] = "kept"
            kept.append(i)
    return marks, redundancy, like

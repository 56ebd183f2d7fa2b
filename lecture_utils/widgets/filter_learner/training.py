"""Gradient descent on one filter in NumPy; the page repeats the arithmetic in JavaScript.

A *teacher*, the target kernel, responds to every patch of an image, with noise. A *student* kernel
``w`` responds to the same patches. The loss is the mean squared difference, and its gradient is
worked out by hand: for residuals ``r = P w - y`` over ``n`` patches (the rows of ``P``),
``L = r·r / n`` has the gradient ``2 Pᵀ r / n`` and the Hessian ``2 PᵀP / n``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Streams of random numbers; the batch of step t has the stream BATCH + t.
START, NOISE, BATCH = 0, 1, 2
#: Standard deviation of the student's first weights.
START_SCALE = 0.3
#: Directions with less than this share of the largest eigenvalue count as not taught at all.
UNSEEN = 1e-9
_MASK = 0xFFFFFFFF


def uniform(seed: int, stream: int, count: int) -> NDArray[np.float64]:
    """Return random numbers between 0 and 1, the same in Python and on the page.

    A number depends only on its position, not on those before it, so any step can be repeated.

    Parameters
    ----------
    seed, stream : int
        Different streams of a seed are unrelated.
    count : int

    Returns
    -------
    ndarray of float64, shape (count,)
        Multiples of 2⁻³² and a half of it; never 0 or 1.

    Notes
    -----
    The mixing function is the finalizer of MurmurHash3 (A. Appleby, public domain).

    Examples
    --------
    >>> uniform(0, 0, 3).shape
    (3,)
    """
    key = _mix(np.uint64((seed + 0x9E3779B9) & _MASK))
    key = _mix((key + np.uint64(stream + 1)) & np.uint64(_MASK))
    positions = np.arange(1, count + 1, dtype=np.uint64)
    spread = (positions * np.uint64(0x9E3779B9)) & np.uint64(_MASK)
    return (_mix((key + spread) & np.uint64(_MASK)).astype(np.float64) + 0.5) / 2**32


def _mix(x):
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(_MASK)
    return x ^ (x >> np.uint64(16))


def normal(seed: int, stream: int, count: int) -> NDArray[np.float64]:
    """Return numbers from the standard normal distribution, by the method of Box and Muller."""
    pairs = uniform(seed, stream, 2 * count).reshape(count, 2)
    return np.sqrt(-2 * np.log(pairs[:, 0])) * np.cos(2 * np.pi * pairs[:, 1])


def patches(image: ArrayLike, size: int, centered: bool = False) -> NDArray[np.float64]:
    """Return all windows of an image as the rows of a matrix.

    Parameters
    ----------
    image : array_like (H, W)
    size : int
        Side of the kernel; windows never hang over the border.
    centered : bool
        Subtract the mean of the image first.

    Returns
    -------
    ndarray of float64, shape ((H - size + 1) * (W - size + 1), size * size)

    Raises
    ------
    ValueError
        If the image is smaller than the kernel.

    Examples
    --------
    >>> patches(np.eye(4), 3).shape
    (4, 9)
    """
    image = np.asarray(image, dtype=np.float64)
    if min(image.shape) < size:
        raise ValueError(
            f"image has shape {image.shape}, smaller than the {size}x{size} kernel; give a larger "
            "image"
        )
    image = image - image.mean() if centered else image
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size))
    return windows.reshape(-1, size * size)


def loss_and_gradient(
    rows: NDArray, responses: NDArray, weights: NDArray
) -> tuple[float, NDArray[np.float64]]:
    """Return the mean squared error of a kernel and its gradient.

    Parameters
    ----------
    rows : ndarray, shape (n, k * k)
        Patches, see `patches`.
    responses : ndarray, shape (n,)
        The teacher's responses to them.
    weights : ndarray, shape (k, k)

    Returns
    -------
    loss : float
    gradient : ndarray, shape (k, k)

    Examples
    --------
    >>> loss, gradient = loss_and_gradient(np.ones((2, 1)), np.zeros(2), np.full((1, 1), 3.0))
    >>> loss, gradient.item()
    (9.0, 6.0)
    """
    residuals = rows @ weights.ravel() - responses
    gradient = 2 * rows.T @ residuals / len(responses)
    return float(residuals @ residuals / len(responses)), gradient.reshape(weights.shape)


def eigenvalues(rows: NDArray) -> NDArray[np.float64]:
    """Return the eigenvalues of the mean of ``p pᵀ`` over all patches p, the smallest first."""
    return np.linalg.eigvalsh(rows.T @ rows / len(rows)).clip(0)


def largest_stable_rate(
    values: Sequence[float] | NDArray[np.float64], momentum: float = 0.0
) -> float:
    """Return the learning rate above which descent on all patches diverges.

    Along an eigenvector of the Hessian, whose eigenvalues are twice `values`, the error obeys
    ``e[t+1] = (1 + β - η λ) e[t] - β e[t-1]``, which shrinks exactly if ``η < 2 (1 + β) / λ``.

    Parameters
    ----------
    values : array_like
        Eigenvalues of the patches, see `eigenvalues`.
    momentum : float
        β, 0 to below 1.

    Returns
    -------
    float
        Infinite for an image whose patches are all zero.

    Examples
    --------
    >>> largest_stable_rate([0.1, 0.5])
    2.0
    """
    largest = max(values)
    return float((1 + momentum) / largest) if largest > 1e-12 else float("inf")

"""Make a drawing look like MNIST's digits, and shift and rotate digits; the page does the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .layers import SIZE

#: MNIST scales the bounding box of the ink to this many pixels.
BOX = 20
#: Halves are rounded up, even where rounding errors have made them a little smaller.
_HALF = 0.5 + 1e-5


def center(ink: ArrayLike) -> NDArray[np.float32]:
    """Scale and center a drawing the way MNIST's digits are.

    The bounding box of the ink is scaled to fit 20x20 pixels, gray at its edges, and moved by whole
    pixels until the center of mass lies within pixel (14, 14) of 28x28.

    Parameters
    ----------
    ink : array_like, shape (H, W)
        0 (paper) to 1 (ink). What is at least 0.5 counts for the bounding box.

    Returns
    -------
    ndarray of float32, shape (28, 28)
        Multiples of 1/255, as MNIST has them; all zero if there is no ink.

    References
    ----------
    Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits" (its description).

    Examples
    --------
    >>> center(np.ones((50, 10))).sum(axis=0).nonzero()[0]
    array([12, 13, 14, 15])
    """
    ink = np.asarray(ink, np.float64)
    rows, columns = (np.flatnonzero((ink >= 0.5).any(axis=axis)) for axis in (1, 0))
    digit = np.zeros((SIZE, SIZE))
    if not len(rows):
        return digit.astype(np.float32)
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(box.shape)
    height, width = (max(1, int(np.floor(scale * side + 0.5))) for side in box.shape)
    small = _averages(len(box), height) @ box @ _averages(box.shape[1], width).T
    weight = small.sum()
    top = SIZE // 2 - np.floor((small.sum(axis=1) @ np.arange(height)) / weight + _HALF)
    left = SIZE // 2 - np.floor((small.sum(axis=0) @ np.arange(width)) / weight + _HALF)
    top, left = int(np.clip(top, 0, SIZE - height)), int(np.clip(left, 0, SIZE - width))
    digit[top : top + height, left : left + width] = small
    return (np.floor(digit * 255 + 0.5) / 255).astype(np.float32)


def _averages(size, parts):
    """Return the matrix that averages `size` pixels over so many equal parts."""
    edges = np.linspace(0, size, parts + 1)
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.maximum(overlap, 0) * (parts / size)


def move(
    image: ArrayLike, right: float = 0.0, down: float = 0.0, degrees: float = 0.0
) -> NDArray[np.float32]:
    """Rotate a digit counterclockwise about its middle, then shift it; what was outside is black.

    Parameters
    ----------
    image : array_like, shape (28, 28)
    right, down : float
        Pixels.
    degrees : float

    Returns
    -------
    ndarray of float32, shape (28, 28)
        Interpolated linearly between pixels.

    Examples
    --------
    >>> move(np.eye(28), right=1)[0, :3]
    array([0., 1., 0.], dtype=float32)
    """
    image = np.pad(np.asarray(image, np.float64), 1)
    middle = (SIZE - 1) / 2
    y, x = np.mgrid[:SIZE, :SIZE] - np.array([middle + down, middle + right])[:, None, None]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    column = np.clip(middle + cos * x - sin * y + 1, 0, SIZE + 1)
    row = np.clip(middle + sin * x + cos * y + 1, 0, SIZE + 1)
    top, left = (np.minimum(np.floor(at), SIZE).astype(int) for at in (row, column))
    below, beside = row - top, column - left
    upper = (1 - beside) * image[top, left] + beside * image[top, left + 1]
    lower = (1 - beside) * image[top + 1, left] + beside * image[top + 1, left + 1]
    return ((1 - below) * upper + below * lower).astype(np.float32)

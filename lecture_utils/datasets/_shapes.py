"""Simple shapes for trying out a kernel, drawn by formulas: the same on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_utils._validation import whole

#: The shapes that `draw_shape` accepts.
SHAPES = ("circle", "square", "triangle", "stripes", "dot")


def draw_shape(name: str, size: int = 28) -> NDArray[np.float64]:
    """Draw a bright shape on a black background.

    Parameters
    ----------
    name : str
        One of `SHAPES`. "stripes" is a wave with vertical stripes that get finer from left to
        right.
        "dot" is a single bright pixel in the center; convolving it gives the kernel itself, rotated
        by 180 degrees.
    size : int
        Height and width in pixels, at least 8.

    Returns
    -------
    ndarray of float64, shape (size, size)
        Brightness from 0 to 1. Round and slanted outlines are smooth: partly covered pixels are
        gray.

    Raises
    ------
    ValueError
        If there is no such shape or `size` is below 8.

    Examples
    --------
    >>> draw_shape("dot", size=9).sum()
    np.float64(1.0)
    """
    if name not in SHAPES:
        raise ValueError(f"there is no shape {name!r}; use one of {', '.join(SHAPES)}")
    size = whole("size", size, 8, "a shape needs at least 8 pixels")
    # Pixel centers in units of half the image: from -1 to 1, y pointing down.
    at = (np.arange(size) + 0.5) / size * 2 - 1
    y, x = at[:, None], at[None, :]
    if name == "dot":
        image = np.zeros((size, size))
        image[size // 2, size // 2] = 1.0
        return image
    if name == "stripes":
        # The phase of a wave whose frequency increases linearly from left to right.
        return 0.5 + 0.5 * np.sin(2 * np.pi * (1.2 * (x + 1) + 0.7 * (x + 1) ** 2)) + 0 * y
    if name == "circle":
        outside = np.hypot(x, y) - 0.68
    elif name == "square":
        outside = np.maximum(np.abs(x), np.abs(y)) - 4 / 7
    else:
        slanted = (2 * np.abs(x) - y - 0.62) / np.sqrt(5)
        outside = np.maximum(slanted, y - 0.62)
    # The distance to the outline; within half a pixel of it, a pixel is partly covered.
    return np.clip(0.5 - outside * size / 2, 0.0, 1.0)


def zone_plate(size: int = 256) -> NDArray[np.float64]:
    """Draw rings that get finer from the center outward: every wave of the pixel grid, once.

    The wave at a pixel travels directly away from the center, and its frequency increases linearly
    with the distance, up to 0.5 cycles per pixel (the Nyquist limit) at the middle of each edge. A
    filter that selects one frequency and direction therefore responds at one position and at the
    opposite one.

    Parameters
    ----------
    size : int
        Height and width in pixels, at least 8.

    Returns
    -------
    ndarray of float64, shape (size, size)
        Brightness from 0 to 1.

    Raises
    ------
    ValueError
        If `size` is below 8.

    Examples
    --------
    >>> zone_plate(9)[4, 4]
    np.float64(1.0)
    """
    size = whole("size", size, 8, "a zone plate needs at least 8 pixels")
    at = np.arange(size) - size // 2
    # The phase, in half turns, of a wave whose frequency at distance r is r / size.
    return 0.5 + 0.5 * np.cos(np.pi * (at[:, None] ** 2 + at**2) / size)

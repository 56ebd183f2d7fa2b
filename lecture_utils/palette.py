"""The color scales, one per kind of quantity; the demos have the same tables in JavaScript.

Signed values have a diverging scale with zero in the middle: blue below, red above. Lightness and
hue change in even steps (straight lines in the OKLab color space between the ends and the middle),
so that equal differences look equal. Magnitudes go from the background color to dark (light page)
or bright (dark page) blue-green in even steps of lightness. Angles go around the circle of hues at
constant lightness. Brightness is shown as brightness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CYCLIC",
    "SEQUENTIAL_DARK",
    "SEQUENTIAL_LIGHT",
    "SIGNED_DARK",
    "SIGNED_LIGHT",
    "SIGNED_SIZE",
    "cyclic_lut",
    "gray_lut",
    "sequential_colors",
    "sequential_lut",
    "signed_colors",
    "signed_lut",
]

#: Colors of the signed scale on a light page, from the lowest value to the highest.
SIGNED_LIGHT = (
    "#2166ac", "#5a8ac0", "#8eaed4", "#c2d2e6", "#f7f7f7", "#ecc4c2", "#dd928e", "#ca5d5d",
    "#b2182b",
)  # fmt: skip
#: The same on a dark page.
SIGNED_DARK = (
    "#74b6ff", "#5788bd", "#3c5d7e", "#233545", "#0c1113", "#412c2a", "#7b4842", "#bb665c",
    "#ff8576",
)  # fmt: skip
#: Colors of the scale for magnitudes on a light page, from 0 to the highest value.
SEQUENTIAL_LIGHT = (
    "#f7f7f7", "#bce4e4", "#92ccd0", "#6bb2bc", "#4898a8", "#287e94", "#05647e", "#004b65",
    "#023248",
)  # fmt: skip
#: The same scale on a dark page.
SEQUENTIAL_DARK = (
    "#0c1113", "#0b2b38", "#074755", "#0c656f", "#258585", "#46a498", "#6fc3aa", "#9de0bd",
    "#d1fcd8",
)  # fmt: skip
#: Colors of angles, once around the circle.
CYCLIC = (
    "#00aebd", "#36a4da", "#7296e5", "#9e88dd", "#bf7cc3", "#d4769c", "#db7771", "#d38246",
    "#bb912b", "#96a13c", "#63ac66", "#15b194", "#00aebd",
)  # fmt: skip

#: Number of colors in the table of a signed scale: odd, so that the middle one belongs to zero.
SIGNED_SIZE = 511


def signed_lut(dark: bool = False) -> NDArray[np.uint8]:
    """Return the color table for values from -limit to +limit.

    Parameters
    ----------
    dark : bool
        Whether to return the version for a dark page, with near-black for zero.

    Returns
    -------
    ndarray of uint8, shape (511, 3)
        RGB; row 255 belongs to zero.

    Examples
    --------
    >>> signed_lut()[255]
    array([247, 247, 247], dtype=uint8)
    """
    return _interpolate(SIGNED_DARK if dark else SIGNED_LIGHT, SIGNED_SIZE)


def sequential_lut(dark: bool = False) -> NDArray[np.uint8]:
    """Return the color table for magnitudes from 0 to a limit.

    Parameters
    ----------
    dark : bool
        Whether to return the version for a dark page, with near-black for zero.

    Returns
    -------
    ndarray of uint8, shape (256, 3)
        RGB; row 0 belongs to zero.

    Examples
    --------
    >>> sequential_lut()[0]
    array([247, 247, 247], dtype=uint8)
    """
    return _interpolate(SEQUENTIAL_DARK if dark else SEQUENTIAL_LIGHT, 256)


def cyclic_lut() -> NDArray[np.uint8]:
    """Return the color table for angles from -pi to pi.

    Returns
    -------
    ndarray of uint8, shape (257, 3)
        RGB; row 128 belongs to 0, and the first and last rows are equal.
    """
    return _interpolate(CYCLIC, 257)


def gray_lut() -> NDArray[np.uint8]:
    """Return the table of gray levels.

    Returns
    -------
    ndarray of uint8, shape (256, 3)
        RGB, from black to white.
    """
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def signed_colors(
    values: ArrayLike, limit: float | None = None, dark: bool = False
) -> NDArray[np.uint8]:
    """Color an array by sign and magnitude.

    Parameters
    ----------
    values : array_like of any shape
        NaN is shown as zero.
    limit : float, optional
        The magnitude with the full color; by default the largest in `values`.
    dark : bool
        As in `signed_lut`.

    Returns
    -------
    ndarray of uint8, shape (*values.shape, 3)

    Raises
    ------
    ValueError
        If `limit` is not a positive number.

    Examples
    --------
    >>> signed_colors([[-1.0, 0.0]]).tolist()
    [[[33, 102, 172], [247, 247, 247]]]
    """
    values = np.nan_to_num(np.asarray(values, dtype=np.float64))
    if limit is None:
        limit = float(np.abs(values).max(initial=0)) or 1.0
    if not limit > 0:
        raise ValueError(f"limit is {limit!r}; give the largest magnitude, a number above 0")
    middle = SIGNED_SIZE // 2
    index = np.floor(np.clip(values / limit, -1, 1) * middle + middle + 0.5).astype(int)
    return signed_lut(dark)[index]


def sequential_colors(
    values: ArrayLike, limit: float | None = None, dark: bool = False
) -> NDArray[np.uint8]:
    """Color an array of magnitudes.

    Parameters
    ----------
    values, limit, dark
        As for `signed_colors`; values below zero are shown as zero.

    Returns
    -------
    ndarray of uint8, shape (*values.shape, 3)

    Raises
    ------
    ValueError
        If `limit` is not a positive number.

    Examples
    --------
    >>> sequential_colors([[0.0, 1.0]]).tolist()
    [[[247, 247, 247], [2, 50, 72]]]
    """
    values = np.nan_to_num(np.asarray(values, dtype=np.float64))
    if limit is None:
        limit = float(values.max(initial=0)) or 1.0
    if not limit > 0:
        raise ValueError(f"limit is {limit!r}; give the largest magnitude, a number above 0")
    index = np.floor(np.clip(values / limit, 0, 1) * 255 + 0.5).astype(int)
    return sequential_lut(dark)[index]


def _interpolate(stops, size):
    stops = np.array([_rgb(stop) for stop in stops])
    at = np.linspace(0, len(stops) - 1, size)
    channels = [np.interp(at, np.arange(len(stops)), channel) for channel in stops.T]
    return np.floor(np.stack(channels, axis=1) + 0.5).astype(np.uint8)


def _rgb(color):
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]

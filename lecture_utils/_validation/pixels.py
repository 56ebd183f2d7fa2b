"""Check pixel values. Their type decides the range that is allowed, never the largest value."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils._validation import kind_of

#: How far a float may lie outside of 0 to 1, for rounding errors of half precision and of filters.
SLACK = 1e-3


def as_array(values: Any) -> NDArray[Any]:
    """Convert an image from any library to an array, without checking its values.

    Parameters
    ----------
    values : array_like, tensor or PIL.Image.Image
        A tensor may be on any device and require a gradient. A Pillow image is converted to 8-bit
        gray or RGB and rotated upright, as `datasets` does with a file.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> from PIL import Image
    >>> as_array(Image.new("CMYK", (3, 2))).shape
    (2, 3, 3)
    """
    pillow, torch = sys.modules.get("PIL.Image"), sys.modules.get("torch")
    if pillow is not None and isinstance(values, pillow.Image):
        if values.mode == "F" or (values.mode == "I" and values.format is None):
            return np.asarray(values)  # converted from an array
        from lecture_utils._validation.image_files import as_rgb

        rgb = np.asarray(as_rgb(values))
        return rgb[..., 0] if pillow.getmodebase(values.mode) == "L" else rgb
    if torch is not None and isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        # NumPy does not support it.
        return (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    return np.asarray(values)


def to_floats(values: Any, name: str = "image", holes: bool = False) -> NDArray[np.float64]:
    """Read pixels as floats from 0 to 1.

    Parameters
    ----------
    values : array_like of bool, integers from 0 to 255, or floats from 0 to 1; of any shape
        The type determines the range. Floats outside the range by no more than `SLACK` are
        clipped.
    name : str
        The argument's name in an error message.
    holes : bool
        Whether NaN is allowed among floats; it is kept.

    Returns
    -------
    ndarray of float64
        The same shape.

    Raises
    ------
    ValueError
        If a value is outside its range, or the values are not real numbers.

    Examples
    --------
    >>> to_floats(np.array([0, 51, 255]))
    array([0. , 0.2, 1. ])
    >>> to_floats(np.array([0.2, 1.0000001]))
    array([0.2, 1. ])
    """
    array = check_pixels(values, name, holes)
    if array.dtype.kind in "ui":
        return array / 255
    return np.clip(array.astype(np.float64), 0, 1)


def to_bytes(values: Any, name: str = "image") -> NDArray[np.uint8]:
    """Read pixels as bytes; floats are rounded to the nearest of the 256 levels.

    Parameters
    ----------
    values, name
        As for `to_floats`.

    Returns
    -------
    ndarray of uint8
        The same shape, values from 0 to 255.

    Raises
    ------
    ValueError
        As `to_floats` does.

    Examples
    --------
    >>> to_bytes(np.array([0.0, 0.5, 1.0]))
    array([  0, 128, 255], dtype=uint8)
    """
    array = check_pixels(values, name)
    if array.dtype.kind in "ui":
        return array.astype(np.uint8, copy=False)
    return np.rint(np.clip(array.astype(np.float64), 0, 1) * 255).astype(np.uint8)


def check_pixels(values: Any, name: str = "image", holes: bool = False) -> NDArray[Any]:
    """Raise ValueError if a value is outside of its type's range; return the values as an array.

    Parameters
    ----------
    values, name, holes
        As for `to_floats`.

    Returns
    -------
    ndarray of bool, integers or floats
        The unchanged values.
    """
    try:
        array = as_array(values)
    except (TypeError, ValueError, RuntimeError) as error:  # tensors raise the last one
        raise ValueError(
            f"{name} is not an array of numbers but {kind_of(values)} ({error})"
        ) from error
    if array.dtype.kind not in "buif":
        given = "" if hasattr(values, "dtype") else f" ({kind_of(values)})"
        raise ValueError(
            f"{name} has type {array.dtype}{given}; give integers from 0 to 255 or floats from 0 "
            "to 1"
        )
    if array.dtype in (bool, np.uint8) or not array.size:
        return array
    if array.dtype.kind in "ui":
        low, high = int(array.min()), int(array.max())
        if low < 0 or high > 255:
            scale = "divide by 257 if they have 16 bits" if 255 < high <= 65535 else "rescale them"
            raise ValueError(
                f"{name} has values from {low} to {high}; integers go from 0 (black) to 255 "
                f"(white), so {scale}"
            )
        return array
    # Comparisons with NaN are false, so NaN counts as outside the range.
    wrong = ~((array >= -SLACK) & (array <= 1 + SLACK))
    if holes:
        wrong &= ~np.isnan(array)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(_what_is_wrong(array, at, name))
    return array


def _what_is_wrong(array, at, name):
    if not np.isfinite(array[at]):
        is_image = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
        place = f"row {at[0]}, column {at[1]}" if is_image else f"index {at}"
        return (
            f"{name} has {array[at]} at {place}; floats go from 0 (black) to 1 (white), so replace "
            "NaN and infinity, for example with np.nan_to_num"
        )
    finite = array[np.isfinite(array)]
    low, high = finite.min(), finite.max()
    if low >= -SLACK and high <= 255 + SLACK:
        remedy = "divide by 255, or pass uint8"
    else:
        remedy = "rescale them, for example to (x - x.min()) / (x.max() - x.min())"
    return (
        f"{name} has values from {low:g} to {high:g}, outside of 0 to 1; floats go from 0 (black) "
        f"to 1 (white), so {remedy}"
    )

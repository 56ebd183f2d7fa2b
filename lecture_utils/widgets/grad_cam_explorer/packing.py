"""Arrays for the browser in few bytes: one byte per number where possible, else half precision."""

import io

import numpy as np
from PIL import Image

#: The value of a signed byte that stands for zero.
ZERO = 128


def as_jpeg(image, quality=88):
    """Return a color image, uint8 (H, W, 3), as the bytes of a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, optimize=True)
    return np.frombuffer(file.getvalue(), np.uint8)


def signed_bytes(values):
    """Scale each row so that its largest magnitude becomes 127.

    Parameters
    ----------
    values : ndarray, shape (..., n)

    Returns
    -------
    data : ndarray of uint8, shape (..., n)
        ``(data - 128) * scale`` gives the values back, off by at most half of `scale`.
    scale : ndarray of float32, shape (...)

    Examples
    --------
    >>> signed_bytes(np.array([[0.5, -1.0, 0.0]]))[0].tolist()
    [[192, 1, 128]]
    """
    scale = (np.abs(values).max(axis=-1) / 127).astype(np.float32)
    rounded = np.rint(values / np.where(scale, scale, 1)[..., None])
    return (np.clip(rounded, -127, 127) + ZERO).astype(np.uint8), scale


def ranged_bytes(values):
    """Spread each row over 0 to 255.

    Parameters
    ----------
    values : ndarray, shape (..., n)

    Returns
    -------
    data : ndarray of uint8, shape (..., n)
        ``low + data * step`` gives the values back, off by at most half of `step`.
    ranges : ndarray of float32, shape (..., 2)
        `low` and `step`.
    """
    low = values.min(axis=-1)
    step = (values.max(axis=-1) - low) / 255
    ranges = np.stack([low, step], axis=-1).astype(np.float32)
    low, step = ranges[..., :1], ranges[..., 1:]
    rounded = np.rint((values - low) / np.where(step, step, 1))
    return np.clip(rounded, 0, 255).astype(np.uint8), ranges


def sparse_bytes(values):
    """Keep only the numbers that are not zero.

    Parameters
    ----------
    values : ndarray
        At least 0.

    Returns
    -------
    mask : ndarray of uint8
        A bit per number, the first in the highest bit: whether the number is kept.
    data : ndarray of uint8
        The kept numbers; ``data * step`` gives them back, off by at most half of `step`.
    step : float
    """
    step = float(np.float32(values.max() / 255)) or 1.0
    rounded = np.minimum(np.rint(values.ravel() / step), 255).astype(np.uint8)
    return np.packbits(rounded > 0), rounded[rounded > 0], step


def half_bytes(values):
    """Return numbers in half precision, two bytes each, as uint8 (little-endian)."""
    return np.ascontiguousarray(values, dtype="<f2").view(np.uint8).ravel()


def index_bytes(values):
    """Return whole numbers below 65,536, two bytes each, as uint8 (little-endian)."""
    return np.ascontiguousarray(values, dtype="<u2").view(np.uint8).ravel()

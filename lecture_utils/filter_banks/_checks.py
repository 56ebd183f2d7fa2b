"""Check the kernels and images passed to a filter bank."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_utils.filter_banks import _torch
from lecture_utils.filter_banks._separable import MODES


def checked_kernel(kernel: ArrayLike, position: int) -> NDArray[Any]:
    """Return a kernel as float64 or complex128, or raise ValueError."""
    array = np.asarray(kernel)
    if array.ndim != 2 or not array.size or array.dtype.kind not in "biufc":
        raise ValueError(
            f"kernel {position} has shape {array.shape} and dtype {array.dtype}; "
            "give numbers of shape (height, width)"
        )
    array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"kernel {position} holds NaN or infinity; replace these weights")
    return array


def checked_image(image: Any, mode: str) -> tuple[Any, bool]:
    """Return the images as floating-point values (b, H, W), and whether there was only one."""
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} is unknown; use one of {', '.join(MODES)}")
    is_tensor = _torch.is_tensor(image)
    image = _torch.as_float(image) if is_tensor else _as_float(image)
    shape = tuple(image.shape)
    if image.ndim not in (2, 3):
        raise ValueError(
            f"the image has shape {shape}; give (H, W) or a batch (b, H, W), without channels"
        )
    if image.ndim == 3 and shape[2] in (3, 4):
        raise ValueError(
            f"the image has shape {shape}, which with a last axis of {shape[2]} looks like color; "
            "convert it to gray first, for example with image.mean(axis=-1), or pass a batch of "
            f"gray images that are {shape[2]} pixels wide one by one"
        )
    if 0 in shape[-2:]:
        raise ValueError(f"the image has shape {shape} and so no pixels; check how it was cropped")
    # A sum is NaN or infinite if any value is, and takes less time than checking each value.
    if not math.isfinite(float((image.detach() if is_tensor else image).sum())):
        wrong = ~np.isfinite(image.numpy(force=True) if is_tensor else image)
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise ValueError(
                f"the image holds NaN or infinity, first at {where}; "
                "replace it, for example with np.nan_to_num(image)"
            )
    return image if image.ndim == 3 else image[None], image.ndim == 2


def _as_float(image):
    image = np.asarray(image)
    if image.dtype.kind not in "biuf":
        raise TypeError(
            f"the image has dtype {image.dtype}; pass real numbers, "
            "for example np.asarray(image, dtype=np.float32)"
        )
    single = image.dtype in (np.float16, np.float32)
    return np.ascontiguousarray(image, np.float32 if single else np.float64)

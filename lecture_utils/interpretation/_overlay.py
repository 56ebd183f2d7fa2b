"""Overlay a map of evidence on the image that it explains."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_utils._validation import check_bound, finite, positive
from lecture_utils._validation.pixels import as_array, to_floats
from lecture_utils.palette import signed_colors

# The perceived brightness of red, green and blue.
_WEIGHTS = np.array([0.2125, 0.7154, 0.0721])


def overlay(
    image: NDArray | torch.Tensor,
    evidence: NDArray | torch.Tensor,
    limit: float | None = None,
    *,
    opacity: float = 0.85,
) -> NDArray[np.float64]:
    """Color an image where there is evidence: red for the class, blue against it.

    Elsewhere the image is gray.

    Parameters
    ----------
    image : array, tensor or PIL.Image.Image
        Integers from 0 to 255, shape (H, W, 3) or (H, W), as in an image file; or floats from 0 to
        1, shape (3, H, W) or (1, H, W), as a model's input. A fourth channel of integers, the
        transparency, is ignored.
    evidence : array or tensor, shape (h, w)
        For example one map of `grad_cam`; finite numbers. It is enlarged to the size of the image.
    limit : float, optional
        The magnitude with the full color; use the same value for images that are to be compared.
        By default the largest magnitude of this map.
    opacity : float
        Opacity of the full color, 0 to 1.

    Returns
    -------
    ndarray of float, shape (H, W, 3)
        Colors from 0 to 1.

    Raises
    ------
    ValueError
        If a shape, a value, `limit` or `opacity` is invalid.

    Examples
    --------
    >>> overlay(np.zeros((8, 8, 3), np.uint8), np.zeros((2, 2))).max()
    np.float64(0.0)
    """
    gray = _brightness(as_array(image))
    values = torch.from_numpy(as_array(evidence).astype(np.float64))
    if values.ndim != 2 or not values.numel():
        raise ValueError(
            f"evidence has shape {tuple(values.shape)}; pass one map (h, w), such as maps[0]"
        )
    if not values.isfinite().all():
        row, column = (~values.isfinite()).nonzero()[0].tolist()
        raise ValueError(
            f"evidence has {values[row, column].item()} at row {row}, column {column}; replace "
            "values that are not finite, for example with torch.nan_to_num"
        )
    opacity = finite("opacity", opacity)
    check_bound("opacity", opacity, 1)
    # An empty map stays empty: the values are not stretched.
    largest = float(values.abs().max()) or 1.0
    limit = largest if limit is None else positive("limit", limit)
    large = torch.nn.functional.interpolate(
        values[None, None], gray.shape, mode="bilinear", align_corners=False
    )[0, 0].numpy()
    # The hue comes from the ends of the scale, its strength from the magnitude.
    color = signed_colors(np.sign(large), limit=1.0) / 255
    share = opacity * np.clip(np.abs(large) / limit, 0, 1)[..., None]
    return np.clip((1 - share) * gray[..., None] + share * color, 0, 1)


def _brightness(image):
    """Return the brightness of an image from 0 to 1, shape (H, W)."""
    is_float = image.dtype.kind == "f"
    channels = (1, 3) if is_float else (3, 4)
    has_channels = image.ndim == 3 and image.shape[0 if is_float else 2] in channels
    if not image.size or not (has_channels or (image.ndim == 2 and not is_float)):
        raise ValueError(
            f"image has shape {image.shape} and type {image.dtype}; pass bytes (H, W, 3) or "
            "(H, W), or floats (3, H, W) or (1, H, W)"
        )
    pixels = to_floats(image)
    if image.ndim == 2:
        return pixels
    planes = pixels if is_float else pixels[..., :3].transpose(2, 0, 1)
    return planes[0] if len(planes) == 1 else np.tensordot(_WEIGHTS, planes, axes=1)

"""Lay a map of evidence over the image that it explains."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_utils.palette import signed_colors


def overlay(
    image: NDArray | torch.Tensor,
    evidence: NDArray | torch.Tensor,
    limit: float | None = None,
    *,
    opacity: float = 0.85,
) -> NDArray[np.float64]:
    """Color an image where there is evidence: red for the class, blue against it.

    It stays gray where there is none.

    Parameters
    ----------
    image : array of uint8 (H, W, 3), or array or tensor of float (3, H, W)
        Floats go from 0 to 1.
    evidence : array or tensor, shape (h, w)
        Such as one map of `grad_cam`; it is enlarged to the size of the image.
    limit : float, optional
        The magnitude that gets the full color; give the same to all images that are to be compared.
        By default the largest of this map.
    opacity : float
        Of the full color, 0 to 1.

    Returns
    -------
    ndarray of float, shape (H, W, 3)
        Colors from 0 to 1.

    Raises
    ------
    ValueError
        If a shape, `limit` or `opacity` is none of the above.

    Examples
    --------
    >>> overlay(np.zeros((8, 8, 3), np.uint8), np.zeros((2, 2))).max()
    np.float64(0.0)
    """
    colors = torch.as_tensor(np.asarray(image))
    if colors.dtype == torch.uint8:
        colors = colors.movedim(-1, 0) / 255
    if colors.ndim != 3 or colors.shape[0] != 3:
        raise ValueError(
            f"image has shape {tuple(np.shape(image))}; pass bytes (H, W, 3) or floats (3, H, W)"
        )
    values = torch.as_tensor(evidence).detach().cpu().double()
    if values.ndim != 2 or not values.numel():
        raise ValueError(
            f"evidence has shape {tuple(values.shape)}; pass one map (h, w), such as maps[0]"
        )
    if limit is not None and not 0 < limit < float("inf"):
        raise ValueError(f"limit is {limit}; it must be above 0")
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity is {opacity}; it must be from 0 to 1")
    # An empty map stays empty: nothing is stretched.
    limit = limit or float(values.abs().max()) or 1.0
    large = torch.nn.functional.interpolate(
        values[None, None], colors.shape[1:], mode="bilinear", align_corners=False
    )[0, 0].numpy()
    weights = np.array([0.2125, 0.7154, 0.0721])
    gray = np.einsum("c,chw->hw", weights, colors.double().numpy())[..., None]
    # Color comes from the ends of the scale; how much of it, from the magnitude.
    color = signed_colors(np.sign(large), limit=1.0) / 255
    share = opacity * np.clip(np.abs(large) / limit, 0, 1)[..., None]
    return np.clip((1 - share) * gray + share * color, 0, 1)

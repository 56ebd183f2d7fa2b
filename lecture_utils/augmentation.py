"""Change a whole batch of pictures at once, each a little differently."""

import math

import torch
from torch.nn import functional

__all__ = ["random_affine"]


def random_affine(images, *, degrees=0.0, shift=0.0, scale=0.0, shear=0.0, generator=None):
    """Turn, move, resize and slant every picture by random amounts.

    Every amount is drawn evenly from minus to plus its bound, for each picture anew. The picture is
    resampled once, with bilinear interpolation; what comes in from outside is 0.

    Parameters
    ----------
    images : tensor of float, shape (N, C, H, W)
    degrees : float
        Largest rotation, 0 to 180.
    shift : float
        Largest move in pixels along each axis, at least 0.
    scale : float
        Largest change of size, 0 to less than 1: 0.1 means 0.9 to 1.1 times the size.
    shear : float
        Largest slant, 0 to less than 1: pixels to the side per pixel upwards.
    generator : torch.Generator, optional
        Where the random numbers come from (on the CPU). By default torch's own.

    Returns
    -------
    tensor of float, shape (N, C, H, W)

    Raises
    ------
    ValueError
        If the shape or a bound is none of the above.

    Notes
    -----
    Rotation, size and slant are one 2x2 matrix, the move one vector (Jaderberg et al., "Spatial
    transformer networks", arXiv:1506.02025, equation 1).

    Examples
    --------
    >>> random_affine(torch.rand(8, 1, 28, 28), degrees=10, shift=2).shape
    torch.Size([8, 1, 28, 28])
    """
    if images.ndim != 4:
        raise ValueError(f"images have shape {tuple(images.shape)}; pass (N, C, H, W)")
    _check_bound("degrees", degrees, 180)
    _check_bound("shift", shift, math.inf)
    _check_bound("scale", scale, 1)
    _check_bound("shear", shear, 1)
    count, _, height, width = images.shape
    # One row of random numbers per picture, from -1 to 1.
    angle, size, slant, down, right = 2 * torch.rand(5, count, generator=generator) - 1
    angle = angle * math.radians(degrees)
    # grid_sample asks where each output pixel comes from, hence one over the size.
    size = 1 / (1 + scale * size)
    cos, sin, slant = angle.cos() * size, angle.sin() * size, shear * slant
    # Its coordinates run from -1 to 1 along each axis, hence the side ratios and half sides.
    rows = [
        torch.stack([cos, (slant * cos - sin) * height / width, right * shift * 2 / width], dim=1),
        torch.stack([sin * width / height, slant * sin + cos, down * shift * 2 / height], dim=1),
    ]
    matrices = torch.stack(rows, dim=1).to(images)
    grid = functional.affine_grid(matrices, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def _check_bound(name, value, limit):
    if not 0 <= value <= limit or (limit == 1 and value == 1):
        bounds = "at least 0" if limit == math.inf else f"from 0 to {limit}"
        raise ValueError(f"{name} is {value}; it must be {bounds}")

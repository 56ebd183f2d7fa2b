"""torchvision's transforms of one image, applied to a batch with parameters for each image.

Images are floats from 0 to 1, shape (N, C, H, W); parameters are tensors of length N on the same
device. For equal parameters, results agree with those of ``torchvision.transforms.v2.functional``.
Colors change in place: on a CPU, allocating memory takes longer than the arithmetic.

A matrix here maps a position in the result to the position in the image that its color comes from,
in pixels; the center of the first pixel is (0.5, 0.5). Any sequence of geometric transforms is a
product of such matrices, so an image is resampled only once and stays sharp.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Perceived brightness of red, green and blue (Rec. 601).
_RED, _GREEN, _BLUE = 0.2989, 0.587, 0.114


def affine_matrices(
    angle: Tensor,
    translate_x: Tensor,
    translate_y: Tensor,
    scale: Tensor,
    shear: Tensor,
    height: int,
    width: int,
) -> Tensor:
    """Shear, rotate (clockwise; both in degrees), scale around the center, translate (pixels)."""
    angle, tan = angle.deg2rad(), shear.deg2rad().tan()
    cos, sin = angle.cos() / scale, angle.sin() / scale
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    back = _matrices([cos - tan * sin, sin + tan * cos, zero], [-sin, cos, zero], [zero, zero, one])
    x, y = width / 2, height / 2
    return _moved(one * x, one * y) @ back @ _moved(-x - translate_x, -y - translate_y)


def crop_matrices(
    top: Tensor, left: Tensor, box_height: Tensor, box_width: Tensor, height: int, width: int
) -> Tensor:
    """Cut out a box and enlarge it to the size of the image."""
    zero, one = torch.zeros_like(top), torch.ones_like(top)
    return _matrices(
        [box_width / width, zero, left], [zero, box_height / height, top], [zero, zero, one]
    )


def flip_matrices(flipped: Tensor, width: int) -> Tensor:
    """Mirror left and right where `flipped` is 1."""
    zero, one = torch.zeros_like(flipped), torch.ones_like(flipped)
    return _matrices([1 - 2 * flipped, zero, flipped * width], [zero, one, zero], [zero, zero, one])


def _matrices(*rows):
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def _moved(x, y):
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrices([one, zero, x], [zero, one, y], [zero, zero, one])


def resample(images: Tensor, matrices: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    """Resample every image bilinearly at the positions given by its matrix; outside is black.

    With a `size`, (height, width), the result has that many pixels and shows the same content.
    """
    height, width = images.shape[2:]
    rows_out, columns_out = size or (height, width)
    # grid_sample runs from -1 at the left and top edge to 1 at the right and bottom edge.
    rows = matrices[:, :2] * matrices.new_tensor([2 / width, 2 / height])[:, None]
    rows[:, :, 2] -= 1
    across = (torch.arange(columns_out, device=rows.device) + 0.5) * (width / columns_out)
    down = (torch.arange(rows_out, device=rows.device) + 0.5) * (height / rows_out)
    # A row part plus a column part: cheaper than a matrix product for every pixel.
    by_column = rows[:, :, 0, None] * across
    by_row = rows[:, :, 1, None] * down + rows[:, :, 2, None]
    grid = (by_column[:, :, None] + by_row[..., None]).permute(0, 2, 3, 1)
    return functional.grid_sample(images, grid.to(images), align_corners=False)


def adjust_brightness(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply by the factor."""
    return images.mul_(_each(factors)).clamp_(0, 1)


def adjust_contrast(images: Tensor, factors: Tensor) -> Tensor:
    """Move away from the image's mean brightness (factor above 1) or toward it (below 1)."""
    means = grayscale(images.mean(dim=(2, 3), keepdim=True))
    return _blended(images, means, factors)


def adjust_saturation(images: Tensor, factors: Tensor) -> Tensor:
    """Move away from gray (factor above 1) or toward it (below 1)."""
    return _blended(images, grayscale(images), factors)


def _blended(images, others, factors):
    others = others * _each(1 - factors)
    return images.mul_(_each(factors)).add_(others).clamp_(0, 1)


def adjust_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Rotate the color circle; 0.5 turns every color into its opposite."""
    if images.shape[1] == 1:
        return images
    largest, smallest = images.amax(dim=1), images.amin(dim=1)
    spread = largest - smallest
    red, green, blue = images.unbind(dim=1)
    safe = torch.where(spread > 0, spread, 1)
    # In sixths of the circle: 0 is red, 2 green, 4 blue.
    hue = torch.where(
        largest == red,
        (green - blue) / safe,
        torch.where(largest == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = hue + 6 * turns[:, None, None]
    # Convert back with one formula for all channels, shifted by a third of the circle.
    channels = []
    for start in (5, 3, 1):
        position = (hue + start) % 6
        channels.append(largest - spread * torch.minimum(position, 4 - position).clamp(0, 1))
    return torch.stack(channels, dim=1).clamp_(0, 1)


def grayscale(images: Tensor) -> Tensor:
    """Average red, green and blue, weighted by perceived brightness; keep one channel."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images.split(1, dim=1)
    return (_RED * red).add_(green, alpha=_GREEN).add_(blue, alpha=_BLUE)


def erase(
    images: Tensor, top: Tensor, left: Tensor, box_height: Tensor, box_width: Tensor
) -> Tensor:
    """Blacken a box; a box without height or width does nothing."""
    rows = torch.arange(images.shape[2], device=images.device)
    columns = torch.arange(images.shape[3], device=images.device)
    in_rows = (rows >= top[:, None]) & (rows < (top + box_height)[:, None])
    in_columns = (columns >= left[:, None]) & (columns < (left + box_width)[:, None])
    return images.masked_fill_((in_rows[:, :, None] & in_columns[:, None, :])[:, None], 0)


def _each(factors):
    return factors[:, None, None, None]

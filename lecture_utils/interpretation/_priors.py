"""Priors of activation maximization: what makes an image plausible."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import nn

from lecture_utils._validation import finite
from lecture_utils.augmentation import random_affine

# Rotation, shift and scaling of the image before each step at strength 1, so that no pattern works
# at one position only.
_DEGREES, _SHIFT, _SCALE = 10.0, 8.0, 0.1


@dataclass(frozen=True)
class Priors:
    """How strongly activation maximization prefers images that look like photos.

    Each prior has its own strength; 0 turns it off.

    Attributes
    ----------
    fourier : float
        The initial amplitude and the changes of a wave of frequency f are proportional to 1 / f to
        this power. At 1, long waves dominate as in photos; at 0, all waves are treated alike, as
        when pixels are changed directly.
    color : float
        From 0 (red, green and blue change independently) to 1 (the three colors that vary
        independently in photos change independently).
    transformations : float
        1 rotates the image by up to 10 degrees before each step, shifts it by up to 8 pixels and
        resizes it by up to 10%; other strengths multiply all three. At most 4.
    total_variation : float
        Weight of the mean difference between neighboring pixels (0 to 1), in units of the
        activation: at 2, a difference of 0.1 costs one fifth of it.

    Raises
    ------
    ValueError
        If a strength is negative or too large.

    Examples
    --------
    >>> Priors(transformations=0)
    Priors(fourier=1.0, color=1.0, transformations=0, total_variation=0.0)
    """

    fourier: float = 1.0
    color: float = 1.0
    transformations: float = 1.0
    total_variation: float = 0.0

    def __post_init__(self) -> None:
        largest = {"color": 1.0, "transformations": 4.0}
        for field in fields(self):
            strength = finite(field.name, getattr(self, field.name))
            limit = largest.get(field.name, 1000.0)
            if not 0 <= strength <= limit:
                raise ValueError(f"{field.name} is {strength}; give a strength from 0 to {limit:g}")


def transform(images: torch.Tensor, strength: float, generator: torch.Generator) -> torch.Tensor:
    """Rotate, shift and resize every image by random amounts; 0 leaves it unchanged."""
    if not strength:
        return images
    height, width = images.shape[2:]
    shift = strength * min(_SHIFT, height / 8, width / 8)
    # The outside is filled with the mirror image: the network would respond to a border.
    rows, columns = (min(side // 4, side - 1) for side in (height, width))
    larger = nn.functional.pad(images, (columns, columns, rows, rows), mode="reflect")
    moved = random_affine(
        larger,
        degrees=strength * _DEGREES,
        translate=min(1.0, shift / max(larger.shape[2:])),
        scale=(1 - strength * _SCALE, 1 + strength * _SCALE),
        generator=generator,
    )
    return moved[:, :, rows : rows + height, columns : columns + width]


def total_variation(images: torch.Tensor) -> torch.Tensor:
    """Return the mean absolute difference between neighboring pixels, per image.

    Parameters
    ----------
    images : torch.Tensor, shape (N, C, H, W)

    Returns
    -------
    torch.Tensor, shape (N,)
    """
    differences = [
        images.diff(dim=dim).abs().flatten(1).mean(dim=1) for dim in (2, 3) if images.shape[dim] > 1
    ]
    return torch.stack([*differences, images.new_zeros(len(images))]).sum(dim=0) / 2

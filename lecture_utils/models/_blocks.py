"""Building blocks of several networks."""

from __future__ import annotations

from typing import Any

from torch import nn

from lecture_utils._validation import whole


def normalized_convolution(
    in_channels: int, out_channels: int, **options: Any
) -> tuple[nn.Conv2d, nn.BatchNorm2d, nn.ReLU]:
    """Build a convolution with batch normalization and ReLU."""
    # Batch normalization subtracts the mean, so a bias before it would do nothing.
    return (
        nn.Conv2d(in_channels, out_channels, bias=False, **options),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def check_classes(num_classes: int) -> int:
    """Return the number of classes as an int, or raise ValueError if it is below 1."""
    return whole("num_classes", num_classes, 1, "a classifier needs at least 1")

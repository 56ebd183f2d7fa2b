"""Networks that differ in the origin of their filters: designed, random, or learned.

Below a classifier that is the same for all, they have no filters, designed ones, random ones that
stay frozen (smooth or not), or learned ones. They take gray images of 28x28 pixels with values from
0 (black) to 1 (white), shape (N, 1, 28, 28), and return one logit per class.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from lecture_utils._validation import check_name
from lecture_utils.models._blocks import check_classes

#: Possible origins of the filters.
FILTERS = ("none", "gabor", "smooth", "random", "learned")
FILTER_SIZE, FILTER_COUNT = 7, 32
# Gabor filters: two wavelengths (in pixels), four directions, four phases.
_WAVELENGTHS = (4.0, 7.0)
_DIRECTIONS = 4
_PHASES = 4


def gabor_filters() -> torch.Tensor:
    """Design the first layer of a `filter_network`: Gabor filters instead of learned ones.

    Returns
    -------
    tensor, shape (32, 1, 7, 7)
        For two wavelengths and four directions, four phases each. The weights of a filter sum to 0,
        their squares to 1.

    Examples
    --------
    >>> gabor_filters().shape
    torch.Size([32, 1, 7, 7])
    """
    # Imported here, because SciPy takes long to import.
    from lecture_utils.filter_banks import gabor_kernel

    filters = []
    for wavelength in _WAVELENGTHS:
        for direction in range(_DIRECTIONS):
            for phase in range(_PHASES):
                kernel = gabor_kernel(
                    1 / wavelength,
                    theta=np.pi * direction / _DIRECTIONS,
                    # The window covers about one wave, and ends inside the filter.
                    sigma=wavelength / 3,
                    phase=2 * np.pi * phase / _PHASES,
                )
                filter_ = _middle(kernel.real)
                filter_ = filter_ - filter_.mean()
                filters.append(filter_ / np.linalg.norm(filter_))
    return torch.tensor(np.array(filters), dtype=torch.float32)[:, None]


def smooth_filters() -> torch.Tensor:
    """Draw the control for `gabor_filters`: random filters with the same simple properties.

    Like the Gabor filters, they are smooth, their weights sum to 0, and the squares of the weights
    sum to 1. But they have no chosen frequency, direction or phase.

    Returns
    -------
    tensor, shape (32, 1, 7, 7)
        Normal noise, blurred by (1, 4, 6, 4, 1) / 16 along both axes. PyTorch's global random
        generator draws it.

    Examples
    --------
    >>> smooth_filters().shape
    torch.Size([32, 1, 7, 7])
    """
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    # Larger than the filters, so that their borders are as smooth as their middles.
    side = FILTER_SIZE + len(taps) - 1
    noise = torch.randn(FILTER_COUNT, 1, side, side)
    filters = F.conv2d(noise, torch.outer(taps, taps)[None, None])
    filters = filters - filters.mean(dim=(2, 3), keepdim=True)
    return filters / filters.norm(dim=(2, 3), keepdim=True)


def _middle(kernel):
    """Crop a kernel to the size of the filters, or pad it with zeros."""
    half = FILTER_SIZE // 2
    rows, columns = (side // 2 for side in kernel.shape)
    padded = np.pad(kernel, half)
    return padded[rows : rows + FILTER_SIZE, columns : columns + FILTER_SIZE]


def filter_network(
    num_classes: int = 10,
    *,
    filters: Literal["none", "gabor", "smooth", "random", "learned"] = "learned",
    layers: int = 1,
) -> nn.Sequential:
    """Build a network whose first filters are designed, random or learned, below one classifier.

    The first layer has 32 filters of 7x7, a ReLU, and average pooling over 4x4 positions. With two
    layers, max pooling over 2x2 positions follows the first ReLU; the second layer has 32 filters
    of 3x3 over all 32 maps, a ReLU, and average pooling over 2x2 positions. Either way, there are
    32 x 7 x 7 features at the end. The classifier standardizes each feature and is linear.

    Parameters
    ----------
    num_classes : int
        At least 1.
    filters : {"none", "gabor", "smooth", "random", "learned"}
        "none" passes the pixels to the classifier. "gabor", "smooth" and "random" filters are
        frozen; the "random" ones are those that "learned" ones start from.
    layers : int
        Number of filter layers, 1 or 2; 2 only for "random" and "learned" filters.

    Returns
    -------
    nn.Sequential
        Maps (N, 1, 28, 28) to (N, num_classes).

    Raises
    ------
    ValueError
        If an argument is not one of these values.

    Examples
    --------
    >>> from lecture_utils.geometry import count_parameters
    >>> count_parameters(filter_network(filters="gabor"), trainable_only=True)
    15690
    """
    check_classes(num_classes)
    check_name("filters", filters, FILTERS)
    if layers not in (1, 2) or (layers == 2 and filters not in ("random", "learned")):
        raise ValueError(
            f"layers is {layers!r} with filters={filters!r}; use 1, or 2 with filters='random' or "
            "'learned'"
        )
    if filters == "none":
        return nn.Sequential(*_classifier(28 * 28, num_classes))
    first = nn.Conv2d(1, FILTER_COUNT, FILTER_SIZE, padding="same")
    if filters in ("gabor", "smooth"):
        with torch.no_grad():
            first.weight.copy_(gabor_filters() if filters == "gabor" else smooth_filters())
            assert first.bias is not None
            first.bias.zero_()
    body: list[nn.Module] = [first, nn.ReLU()]
    if layers == 1:
        body.append(nn.AvgPool2d(4))
    else:
        second = nn.Conv2d(FILTER_COUNT, FILTER_COUNT, 3, padding="same")
        body += [nn.MaxPool2d(2), second, nn.ReLU(), nn.AvgPool2d(2)]
    for layer in body:
        layer.requires_grad_(filters == "learned")
    return nn.Sequential(*body, *_classifier(FILTER_COUNT * 7 * 7, num_classes))


def _classifier(features, num_classes):
    # Standardized without weights of its own, so that pixels and filter responses have the same
    # range.
    return [
        nn.Flatten(),
        nn.BatchNorm1d(features, affine=False),
        nn.Linear(features, num_classes),
    ]

"""Networks that differ in the origin of their filters: designed, random, or learned.

Below a classifier that is the same for all, they have no filters, designed ones, random ones that
stay frozen, or learned ones. They take gray images of 28x28 pixels with values from 0 (black) to 1
(white), shape (N, 1, 28, 28), and return one logit per class.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import nn

from lecture_utils._validation import check_name
from lecture_utils.models._blocks import check_classes

#: Possible origins of the filters of the first layer.
FILTERS = ("none", "gabor", "random", "learned")
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
                    offset=2 * np.pi * phase / _PHASES,
                )
                filter_ = _middle(kernel.real)
                filter_ = filter_ - filter_.mean()
                filters.append(filter_ / np.linalg.norm(filter_))
    return torch.tensor(np.array(filters), dtype=torch.float32)[:, None]


def _middle(kernel):
    """Crop a kernel to the size of the filters, or pad it with zeros."""
    half = FILTER_SIZE // 2
    rows, columns = (side // 2 for side in kernel.shape)
    padded = np.pad(kernel, half)
    return padded[rows : rows + FILTER_SIZE, columns : columns + FILTER_SIZE]


def filter_network(
    num_classes: int = 10,
    *,
    filters: Literal["none", "gabor", "random", "learned"] = "learned",
    layers: int = 1,
) -> nn.Sequential:
    """Build a network whose first filters are designed, random or learned, below one classifier.

    The first layer has 32 filters of 7x7, a ReLU, and average pooling over 4x4 positions. An
    optional second, learned layer has 32 filters of 3x3 over all 32 maps. Either way, there are 32
    x 7 x 7
    features at the end. The classifier standardizes each feature and is linear.

    Parameters
    ----------
    num_classes : int
        At least 1.
    filters : {"none", "gabor", "random", "learned"}
        "none" passes the pixels to the classifier. "gabor" and "random" filters are frozen; the
        "random" ones are those that "learned" ones start from.
    layers : int
        Number of filter layers, 1 or 2.

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
    if layers not in (1, 2) or (layers == 2 and filters == "none"):
        raise ValueError(f"layers is {layers!r}; use 1 or 2, and 1 if there are no filters")
    if filters == "none":
        return nn.Sequential(*_classifier(28 * 28, num_classes))
    first = nn.Conv2d(1, FILTER_COUNT, FILTER_SIZE, padding="same")
    if filters == "gabor":
        with torch.no_grad():
            first.weight.copy_(gabor_filters())
            assert first.bias is not None
            first.bias.zero_()
    first.requires_grad_(filters == "learned")
    body = [first, nn.ReLU()]
    if layers == 1:
        body.append(nn.AvgPool2d(4))
    else:
        second = nn.Conv2d(FILTER_COUNT, FILTER_COUNT, 3, padding="same")
        body += [nn.MaxPool2d(2), second, nn.ReLU(), nn.AvgPool2d(2)]
    return nn.Sequential(*body, *_classifier(FILTER_COUNT * 7 * 7, num_classes))


def _classifier(features, num_classes):
    # Standardized without weights of its own, so that pixels and filter responses have the same
    # range.
    return [
        nn.Flatten(),
        nn.BatchNorm1d(features, affine=False),
        nn.Linear(features, num_classes),
    ]

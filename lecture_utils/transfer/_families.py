"""Cut a trained network into consecutive stages, where it can be frozen and split."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from lecture_utils.transfer._stages import Trial, checked, in_order

_Normalization: TypeAlias = tuple[Sequence[float], Sequence[float]]
_Stages: TypeAlias = dict[str, nn.Module]

# Per color, for values from 0 to 1: the normalization with which torchvision's weights, and
# EfficientNet-Lite0's, were trained.
_TORCHVISION = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_LITE = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


class Normalize(nn.Module):
    """Convert values from 0 to 1 to a network's normalized input: ``(x - mean) / std`` per color.

    Parameters
    ----------
    mean, std : sequence of 3 float
        For red, green and blue.

    Examples
    --------
    >>> Normalize((0.5,) * 3, (0.5,) * 3)(torch.ones(1, 3, 1, 1)).flatten()
    tensor([1., 1., 1.])
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        # Not saved with the weights, because the network's name determines them.
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Map (N, 3, H, W) to the same shape."""
        return (images - self.mean) / self.std


def cut(
    model: nn.Module,
) -> tuple[OrderedDict[str, nn.Module], int, _Normalization]:
    """List a network's stages from the input to the features, without its classification head.

    Parameters
    ----------
    model : nn.Module
        An EfficientNet-Lite; a ResNet, VGG or Inception v3 of torchvision; or any network whose
        parts run one after the other. Its structure and its output matter, not the name of its
        class: the stages are tested on an image.

    Returns
    -------
    stages : OrderedDict of nn.Module
        Run one after the other, they compute the input of the network's last linear layer or, if it
        has none, the network's output. The last stage is called ``pool``.
    features : int
        Number of these values per image.
    normalization : (tuple, tuple)
        Mean and standard deviation per color for networks of this family; otherwise those of
        ImageNet.

    Raises
    ------
    ValueError
        If the parts do not run one after the other, or do not accept color images.
    """
    model = checked(model)
    trial = Trial(model)
    for stages_of, normalization in _FAMILIES:
        try:
            stages = OrderedDict(stages_of(model))
        except (AttributeError, TypeError, ValueError):
            continue  # it has another structure
        if trial.confirms(stages):
            trial.check_training(stages)
            return stages, trial.features, normalization
    stages = in_order(model, trial)
    trial.check_training(stages)
    return stages, trial.features, _TORCHVISION


def _of_lite(net: Any) -> _Stages:
    stages = dict(net.features.named_children())
    # "head" is the name of the new classification head.
    stages["top"] = stages.pop("head", None)
    if stages["top"] is None:
        raise AttributeError("features.head")
    return _with_pool(stages, net.avgpool, net.classifier)


def _of_resnet(net: Any) -> _Stages:
    stem = OrderedDict(conv1=net.conv1, bn1=net.bn1, relu=net.relu, maxpool=net.maxpool)
    layers = {f"layer{i}": getattr(net, f"layer{i}") for i in range(1, 5)}
    return _with_pool({"stem": nn.Sequential(stem), **layers}, net.avgpool, net.fc)


def _of_vgg(net: Any) -> _Stages:
    stages, block = {}, []
    for layer in net.features:
        if list(layer.children()):
            raise TypeError("a VGG's features are single layers")
        block.append(layer)
        if isinstance(layer, nn.MaxPool2d):
            stages[f"block{len(stages) + 1}"] = nn.Sequential(*block)
            block = []
    if block:
        raise TypeError("a VGG's features end with pooling")
    return _with_pool(stages, net.avgpool, net.classifier)


def _of_inception(net: Any) -> _Stages:
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
        # The auxiliary classifier is needed only for training from scratch.
        elif name not in ("AuxLogits", "avgpool", "dropout", "fc"):
            stem[name] = layer
    return _with_pool({"stem": nn.Sequential(stem), **stages}, net.avgpool, net.fc)


def _with_pool(stages: dict[str, nn.Module], pooling: nn.Module, head: nn.Module) -> _Stages:
    """Add pooling, and the part of the head before its last linear layer."""
    pool, dense = [pooling, nn.Flatten()], []
    if isinstance(head, nn.Sequential):
        layers = list(head)
        linear = [i for i, layer in enumerate(layers) if isinstance(layer, nn.Linear)]
        dense = layers[: linear[-1]] if linear else layers
        if all(isinstance(layer, nn.Dropout | nn.Identity | nn.Flatten) for layer in dense):
            dense = []
    elif not isinstance(head, nn.Linear | nn.Identity):
        raise TypeError("the head is not a simple chain of layers")
    if dense:
        return {**stages, "dense": nn.Sequential(*pool, *dense), "pool": nn.Identity()}
    return {**stages, "pool": nn.Sequential(*pool)}


_FAMILIES: tuple[tuple[Callable[[Any], _Stages], _Normalization], ...] = (
    (_of_lite, _LITE),
    (_of_resnet, _TORCHVISION),
    (_of_vgg, _TORCHVISION),
    (_of_inception, _TORCHVISION),
)

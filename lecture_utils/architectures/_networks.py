"""Networks by name, without weights, and the image size that each was designed for."""

from __future__ import annotations

from typing import Any

import torch
import torchvision
from torch import nn

from lecture_utils import models
from lecture_utils.models import efficientnet_lite0

_TITLES = {
    "vgg16": "VGG16",
    "resnet18": "ResNet18",
    "resnet50": "ResNet50",
    "inception_v3": "Inception v3",
    "efficientnet_lite0": "EfficientNet-Lite0",
}
_OWN_SHAPES = {
    **dict.fromkeys(("cats", "cats-dropout"), (3, 150, 150)),
    **dict.fromkeys(("cats-strong", "cats-strides"), (3, 96, 96)),
}


def title(name: str) -> str:
    """Return a network's name as readers know it, such as ``"VGG16"``.

    Parameters
    ----------
    name : str
        Name as in `available`.

    Returns
    -------
    str
    """
    return _TITLES.get(name, name)


def available() -> list[str]:
    """List the names that `load` accepts on this machine.

    Returns
    -------
    list of str
        The networks of `lecture_utils.models`, torchvision's image classifiers, and
        ``"efficientnet_lite0"``.
    """
    return [
        *models.NETWORKS,
        *torchvision.models.list_models(torchvision.models),
        "efficientnet_lite0",
    ]


def load(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    """Build a network by name, without trained weights.

    Parameters
    ----------
    name : str
        One of `available`.

    Returns
    -------
    model : torch.nn.Module
        On PyTorch's device "meta" if possible: it has shapes and takes no memory, but cannot
        make predictions.
    shape : tuple of int
        The image size that it was designed for, (C, H, W).

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> model, shape = load("resnet18")
    >>> shape
    (3, 224, 224)
    """
    if name not in available():
        raise ValueError(
            f"there is no network {name!r}; use one of {', '.join(models.NETWORKS)}, a name from "
            "torchvision.models.list_models(), or a dict {name: (model, image size)}"
        )
    try:
        with torch.device("meta"):
            return _build(name)
    except NotImplementedError:  # Some compute their widths from tensor values.
        return _build(name)


def _build(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    if name in models.NETWORKS:
        return models.build(name), _OWN_SHAPES.get(name, (1, 28, 28))
    if name == "efficientnet_lite0":
        return efficientnet_lite0(), (3, 224, 224)
    builder: Any = torchvision.models.get_model_builder(name)
    # Two networks initialize slowly, with a warning, unless told not to.
    quick = {"init_weights": False} if name in ("inception_v3", "googlenet") else {}
    weights: Any = next(iter(torchvision.models.get_model_weights(name)), None)
    size = weights.transforms().crop_size[0] if weights else 224
    return builder(weights=None, **quick), (3, size, size)

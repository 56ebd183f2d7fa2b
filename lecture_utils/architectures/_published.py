"""What torchvision reports about its trained classifiers: parameters, operations, accuracy."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torchvision

from lecture_utils.architectures._networks import title

__all__ = ["Published", "best_weights", "pareto_front", "published"]

# Weights trained on more than ImageNet's 1.28 million images: on 3.6 billion from Instagram.
_EXTRA_DATA = "SWAG"
_FAMILIES = {
    "alexnet": "AlexNet",
    "convnext": "ConvNeXt",
    "densenet": "DenseNet",
    "efficientnet": "EfficientNet",
    "googlenet": "GoogLeNet",
    "inception": "Inception v3",
    "maxvit": "MaxViT",
    "mnasnet": "MNASNet",
    "mobilenetv2": "MobileNet v2",
    "mobilenetv3": "MobileNet v3",
    "regnet": "RegNet",
    "resnet": "ResNet, ResNeXt, Wide ResNet",
    "shufflenetv2": "ShuffleNet v2",
    "squeezenet": "SqueezeNet",
    "swin_transformer": "Swin Transformer",
    "vgg": "VGG",
    "vision_transformer": "Vision Transformer",
}


@dataclass(frozen=True)
class Published:
    """A network with one set of trained weights.

    Attributes
    ----------
    name : str
        torchvision's name for the network, such as ``"resnet50"``.
    title : str
        A readable name.
    family : str
        The paper, or papers, that introduced it.
    weights : str
        Name of the weights, such as ``"IMAGENET1K_V2"``.
    parameters : int
        Number of parameters.
    macs : float
        Multiply-accumulate operations for one image. torchvision reports them in billions, as
        "GFLOPS".
    accuracy : float
        Top-1 accuracy on ImageNet's 50,000 validation images, from 0 to 1.
    image_size : int
        Height and width of the network's input in pixels.
    more_data : bool
        Whether the weights were trained on more images than ImageNet's.
    """

    name: str
    title: str
    family: str
    weights: str
    parameters: int
    macs: float
    accuracy: float
    image_size: int
    more_data: bool


@cache
def published() -> tuple[Published, ...]:
    """Read the metrics of all image classifiers in the installed torchvision.

    Nothing is downloaded.

    Returns
    -------
    tuple of Published
        Sorted by name; each network's weights in the order of publication. Weights without a
        classifier are left out.

    Examples
    --------
    >>> {row.weights: row.accuracy for row in published() if row.name == "resnet18"}
    {'IMAGENET1K_V1': 0.69758}
    """
    rows = []
    for name in torchvision.models.list_models(torchvision.models):
        module = torchvision.models.get_model_builder(name).__module__.rpartition(".")[2]
        enum: Any = torchvision.models.get_model_weights(name)
        for weights in enum:
            accuracy = weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]
            if math.isnan(accuracy):
                continue
            rows.append(
                Published(
                    name,
                    _title(name),
                    _FAMILIES.get(module, module),
                    weights.name,
                    weights.meta["num_params"],
                    weights.meta["_ops"] * 1e9,
                    round(accuracy / 100, 6),
                    weights.transforms().crop_size[0],
                    _EXTRA_DATA in weights.name,
                )
            )
    return tuple(rows)


def best_weights(rows: Iterable[Published], *, more_data: bool = False) -> list[Published]:
    """Keep the most accurate weights of each network.

    Parameters
    ----------
    rows : iterable of Published
        Entries of `published`.
    more_data : bool
        Whether to include weights trained on more images than ImageNet's.

    Returns
    -------
    list of Published
        In the order of `rows`, one for each network that has such weights.
    """
    best: dict[str, Published] = {}
    for row in rows:
        known = best.get(row.name)
        if (more_data or not row.more_data) and (not known or row.accuracy > known.accuracy):
            best[row.name] = row
    return list(best.values())


def pareto_front(costs: Iterable[float], scores: Iterable[float]) -> list[int]:
    """Find the Pareto front: entries that no other entry beats or equals at the same or lower cost.

    Parameters
    ----------
    costs : sequence of float
        Lower is better.
    scores : sequence of float
        Higher is better; as many as `costs`.

    Returns
    -------
    list of int
        Indices from the cheapest to the best. Of several equal entries, only the first.

    Raises
    ------
    ValueError
        If the lengths differ, or a number is NaN.

    Examples
    --------
    >>> pareto_front([3, 1, 2, 2], [9, 4, 4, 6])
    [1, 3, 0]
    """
    costs, scores = list(costs), list(scores)
    if len(costs) != len(scores):
        raise ValueError(f"there are {len(costs)} costs and {len(scores)} scores; pass pairs")
    if any(math.isnan(number) for number in (*costs, *scores)):
        raise ValueError("a cost or a score is NaN; leave out entries without a measurement")
    front, best = [], -math.inf
    for i in sorted(range(len(costs)), key=lambda i: (costs[i], -scores[i])):
        if scores[i] > best:
            front.append(i)
            best = scores[i]
    return front


_STEMS = (
    "AlexNet", "ConvNeXt", "DenseNet", "EfficientNet", "GoogLeNet", "MaxViT", "MNASNet",
    "MobileNet", "RegNet", "ResNet", "ResNeXt", "ShuffleNet", "SqueezeNet", "Swin", "VGG", "ViT",
    "Wide",
)  # fmt: skip
_WORDS = {stem.lower(): stem for stem in _STEMS}
_CAPITALS = r"[a-z]|[a-u]\d|bn|\d.*[gm]f"  # Capitalize sizes such as L and B0, but not v2 and x0.5.


def _title(name: str) -> str:
    """Write a name roughly as its authors do: "mnasnet0_5" as "MNASNet0.5"."""
    if title(name) != name:
        return title(name)
    words = re.sub(r"(?<!\d)(\d)_(\d)", r"\1.\2", name).split("_")
    for i, word in enumerate(words):
        rest = word.lstrip("abcdefghijklmnopqrstuvwxyz")
        stem = word.removesuffix(rest)
        if stem in _WORDS:
            words[i] = _WORDS[stem] + rest
        elif re.fullmatch(_CAPITALS, word):
            words[i] = word.upper()
    return " ".join(words)

"""Names from before they were changed: files that earlier versions wrote are read through here.

Cards, settings and weights stay on disk as their run left them. What is read gets today's names
here, and nowhere else.
"""

import math
from collections.abc import Mapping
from typing import Any

_RECIPE_FIELDS = {
    "data": "dataset",
    "network": "model",
    "average_decay": "ema_decay",
    "until": "train_from",
    "backbone_rate": "backbone_lr_scale",
    "draw_by_seed": "resample_by_seed",
    "describe_test": "save_predictions",
}
# Pixels along a side of the images that `random_affine` was used for.
_MNIST_SIDE = 28
# The layers of `models.InvertedBottleneck`, as they occur in the names of weights.
_LAYERS = {
    ".change.widen.": ".change.expand.",
    ".change.filter.": ".change.depthwise.",
    ".change.narrow.": ".change.project.",
}


def card(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of ``card.json`` with today's names."""
    return {**content, "recipe": recipe_fields(content["recipe"])}


def settings(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of ``settings.json``, which a stopped run leaves, with today's names."""
    renamed = {"data_dir" if name == "data" else name: value for name, value in content.items()}
    return {**renamed, "recipe": recipe_fields(content["recipe"])}


def recipe_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `Recipe` with today's names; fields that are missing stay missing."""
    if not fields.keys() & _RECIPE_FIELDS.keys():
        return dict(fields)
    renamed = {_RECIPE_FIELDS.get(name, name): value for name, value in fields.items()}
    return {**renamed, "augmentation": _augmentation(renamed.get("augmentation", {}))}


def _augmentation(options):
    """Return augmentation options in torchvision's units.

    Digits were translated in pixels, their scale was a deviation from 1, and their shear a slope;
    photos called the scale ``zoom``.
    """
    if "shift" not in options:
        return {"scale" if name == "zoom" else name: value for name, value in options.items()}
    return {
        "degrees": options["degrees"],
        "translate": options["shift"] / _MNIST_SIDE,
        "scale": [1 - options["scale"], 1 + options["scale"]],
        "shear": math.degrees(math.atan(options["shear"])),
    }


def weights(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state dict with today's names of layers."""
    renamed = {}
    for name, value in state.items():
        for old, new in _LAYERS.items():
            name = name.replace(old, new)
        renamed[name] = value
    return renamed

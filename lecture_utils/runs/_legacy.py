"""Old names in files written by earlier versions, and their current equivalents.

Cards, settings and weights stay on disk as their run left them. This module, and no other, converts
them to current names when they are read.
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
# Side in pixels of the images that `random_affine` was used for.
_MNIST_SIDE = 28
# The layers of `models.InvertedBottleneck`, as named in its weights.
_LAYERS = {
    ".change.widen.": ".change.expand.",
    ".change.filter.": ".change.depthwise.",
    ".change.narrow.": ".change.project.",
}


def card(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of ``card.json`` with current names."""
    return {**content, "recipe": recipe_fields(content["recipe"])}


def settings(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of ``settings.json``, which a stopped run leaves, with current names."""
    renamed = {"data_dir" if name == "data" else name: value for name, value in content.items()}
    return {**renamed, "recipe": recipe_fields(content["recipe"])}


def recipe_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `Recipe` with current names; missing fields stay missing."""
    if not fields.keys() & _RECIPE_FIELDS.keys():
        return dict(fields)
    renamed = {_RECIPE_FIELDS.get(name, name): value for name, value in fields.items()}
    return {**renamed, "augmentation": _augmentation(renamed.get("augmentation", {}))}


def _augmentation(options):
    """Return augmentation options in torchvision's units.

    For digits, translations were in pixels, the scale was a deviation from 1, and the shear a
    slope; for photos, the scale was called ``zoom``.
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
    """Return a state dict with current names of layers."""
    renamed = {}
    for name, value in state.items():
        for old, new in _LAYERS.items():
            name = name.replace(old, new)
        renamed[name] = value
    return renamed

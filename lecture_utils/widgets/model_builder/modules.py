"""From the builder's layers to PyTorch's modules, and back. Imports torch only where needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .kinds import complete

if TYPE_CHECKING:
    from torch import nn


def build(layers: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> nn.Sequential:
    """Build a network with new random weights.

    Parameters
    ----------
    layers : list of dict
    rows : list of dict
        What `stack.describe` says of them.

    Returns
    -------
    torch.nn.Sequential

    Raises
    ------
    ValueError
        If a layer does not fit; the message says which, why, and what to change.
    """
    from torch import nn

    modules = []
    for number, (layer, row) in enumerate(zip(layers, rows, strict=True), 1):
        if row["problem"]:
            raise ValueError(f"layer {number}, {layer['type']}: {row['problem']}")
        settings = {name: value for name, value in layer.items() if name != "type"}
        if layer["type"] == "Conv2d":
            settings["in_channels"] = row["input_shape"][0]
        elif layer["type"] == "BatchNorm2d":
            settings["num_features"] = row["input_shape"][0]
        elif layer["type"] == "AdaptiveAvgPool2d":
            settings["output_size"] = 1
        modules.append(getattr(nn, layer["type"])(**settings))
    return nn.Sequential(*modules)


def read(model: nn.Sequential) -> tuple[list[dict[str, Any]], list[int | None]]:
    """Turn a plain model into the builder's layers. Weights are left behind.

    Parameters
    ----------
    model : torch.nn.Sequential
        May contain other Sequentials.

    Returns
    -------
    layers : list of dict
    channels : list of int or None
        The incoming channels that each layer was made for; None where it does not matter.

    Raises
    ------
    ValueError
        If a module, or one of its options, is unknown to the builder.
    """
    from torch import nn

    layers, channels = [], []
    for name, module in model.named_modules():
        if isinstance(module, nn.Sequential):
            continue
        where = f"module {name} ({module})"
        _refuse_options(module, where)
        layer: dict[str, Any] = {"type": type(module).__name__}
        for setting in complete_names(layer, where):
            value = getattr(module, setting)
            if setting == "bias":
                value = value is not None
            elif setting == "padding" and isinstance(value, str):
                from lecture_utils.geometry import padding_per_side

                value = padding_per_side(value, module.kernel_size, module.stride, module.dilation)
            layer[setting] = _square(value, f"{setting} of {where}")
        layers.append(complete(layer, where))
        channels.append(getattr(module, "in_channels", getattr(module, "num_features", None)))
    return layers, channels


def complete_names(layer, where):
    """Return the names of a layer's settings; ValueError if its type is unknown."""
    return [name for name in complete(layer, where) if name != "type"]


def _square(value, name):
    if not isinstance(value, tuple):
        return value
    if len(set(value)) > 1:
        raise ValueError(f"{name} is {value}; the builder has only squares, use one number")
    return value[0]


#: Options that the builder has no field for, and the only value it takes them with.
_FIXED = {
    "Conv2d": {"padding_mode": "zeros"},
    "MaxPool2d": {"dilation": 1, "return_indices": False},
    "AvgPool2d": {"count_include_pad": True, "divisor_override": None},
    "BatchNorm2d": {"affine": True, "track_running_stats": True},
    "Flatten": {"start_dim": 1, "end_dim": -1},
    "AdaptiveAvgPool2d": {"output_size": 1},
}


def _refuse_options(module, where):
    for name, only in _FIXED.get(type(module).__name__, {}).items():
        value = _square(getattr(module, name), f"{name} of {where}")
        if value != only:
            raise ValueError(f"{name} of {where} is {value!r}; the builder has only {only!r}")

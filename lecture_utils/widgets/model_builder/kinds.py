"""The layers that the builder knows, their settings, and the stacks to start from."""

from __future__ import annotations

from numbers import Real
from typing import Any

from lecture_utils._validation import is_whole

MOST_LAYERS = 60


def _whole(name, label, default, low, high, more=False):
    return {
        "name": name,
        "label": label,
        "default": default,
        "low": low,
        "high": high,
        "step": 1,
        "more": more,
    }


def _yes_no(name, label, default):
    return {"name": name, "label": label, "default": default, "more": True}


_POOLING = [
    _whole("kernel_size", "kernel", 2, 1, 99),
    _whole("stride", "stride", 2, 1, 32),
    _whole("padding", "padding", 0, 0, 99),
    _yes_no("ceil_mode", "ceil mode", False),
]

#: Settings of each layer by PyTorch's names; those marked "more" are seldom changed.
KINDS = {
    "Conv2d": [
        _whole("out_channels", "out", 32, 1, 4096),
        _whole("kernel_size", "kernel", 3, 1, 99),
        _whole("stride", "stride", 1, 1, 32),
        _whole("padding", "padding", 0, 0, 99),
        _whole("dilation", "dilation", 1, 1, 32, more=True),
        _whole("groups", "groups", 1, 1, 4096, more=True),
        _yes_no("bias", "bias", True),
    ],
    "MaxPool2d": _POOLING,
    "AvgPool2d": _POOLING,
    "BatchNorm2d": [],
    "ReLU": [],
    "Dropout": [
        {
            "name": "p",
            "label": "p",
            "default": 0.5,
            "low": 0,
            "high": 1,
            "step": 0.05,
            "more": False,
        }
    ],
    "Flatten": [],
    "AdaptiveAvgPool2d": [],
    "Linear": [
        _whole("in_features", "in", 576, 1, 100_000_000),
        _whole("out_features", "out", 10, 1, 65_536),
        _yes_no("bias", "bias", True),
    ],
}


def complete(layer: dict[str, Any], where: str = "a layer") -> dict[str, Any]:
    """Check a layer and fill in the settings that it leaves out.

    Parameters
    ----------
    layer : dict
        ``{"type": "Conv2d", "out_channels": 32, ...}`` with PyTorch's names. The number of incoming
        channels is not a setting: it follows from the layer before.
    where : str
        What to call the layer in an error message.

    Returns
    -------
    dict
        With every setting of its type.

    Raises
    ------
    ValueError
        If the type or a setting is unknown, or a value is out of range.

    Examples
    --------
    >>> complete({"type": "MaxPool2d"})
    {'type': 'MaxPool2d', 'kernel_size': 2, 'stride': 2, 'padding': 0, 'ceil_mode': False}
    """
    if not isinstance(layer, dict) or layer.get("type") not in KINDS:
        raise ValueError(
            f'{where} is {layer!r}; write a dict such as {{"type": "ReLU"}} with one of the types '
            f"{', '.join(KINDS)}"
        )
    kind, settings = layer["type"], KINDS[layer["type"]]
    known = {setting["name"] for setting in settings}
    if unknown := set(layer) - known - {"type"}:
        raise ValueError(
            f"{where}: {kind} has no setting {sorted(unknown)}; it has {sorted(known) or 'none'}"
        )
    full = {"type": kind}
    for setting in settings:
        value = layer.get(setting["name"], setting["default"])
        full[setting["name"]] = _checked(value, setting, f"{where}: {kind}.{setting['name']}")
    return full


def _is_number(value: Any, whole: bool) -> bool:
    any_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_whole(value) or (any_number and not whole)


def _checked(value, setting, name):
    if isinstance(setting["default"], bool):
        if isinstance(value, bool):
            return value
        raise ValueError(f"{name} is {value!r}; use True or False")
    whole = setting["step"] == 1
    low, high = setting["low"], setting["high"]
    if not _is_number(value, whole) or not low <= value <= high:
        raise ValueError(
            f"{name} is {value!r}; use a {'whole ' if whole else ''}number from {low} to {high}"
        )
    return int(value) if whole else float(value)

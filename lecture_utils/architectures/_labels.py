"""Readable names of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch import nn

if TYPE_CHECKING:
    from lecture_utils.architectures._steps import Step

_NAMES = {
    "BatchNorm2d": "Batch norm",
    "LayerNorm": "Layer norm",
    "GroupNorm": "Group norm",
    "Flatten": "Flatten",
    "flatten": "Flatten",
    "add": "Add",
    "iadd": "Add",
    "mul": "Multiply",
    "imul": "Multiply",
    "cat": "Concatenate",
    "concat": "Concatenate",
    "relu": "ReLU",
    "relu_": "ReLU",
    "relu6": "ReLU6",
    "sigmoid": "Sigmoid",
    "Sigmoid": "Sigmoid",
    "Softmax": "Softmax",
    "dropout": "Dropout",
    "Dropout": "Dropout",
    "StochasticDepth": "Stochastic depth",
    "mean": "Mean",
}
_POOLS = {"max_pool2d": "Max pool", "avg_pool2d": "Average pool"}


def step_kind(step: Step) -> str:
    """Return the class of a step's module, or the name of its function.

    Parameters
    ----------
    step : Step

    Returns
    -------
    str
    """
    if step.module is not None:
        return type(step.module).__name__
    target = step.node.target
    return target if isinstance(target, str) else getattr(target, "__name__", "")


def step_label(step: Step) -> str:
    """Return a readable name of a step, such as ``"Conv 3×3, stride 2"``.

    Parameters
    ----------
    step : Step

    Returns
    -------
    str
    """
    if step.module is not None:
        return module_label(step.module)
    kind = step_kind(step)
    if kind in _POOLS:
        names = ("input", "kernel_size", "stride", "padding")
        arguments = dict(zip(names, step.node.args, strict=False)) | dict(step.node.kwargs)
        kernel = arguments["kernel_size"]
        return _pool(_POOLS[kind], kernel, arguments.get("stride") or kernel)
    if kind == "adaptive_avg_pool2d":
        return _adaptive(step.shape[-2:])
    return _NAMES.get(kind, kind)


def module_label(module: nn.Module) -> str:
    """Return a readable name of a layer.

    Parameters
    ----------
    module : torch.nn.Module

    Returns
    -------
    str
    """
    kind = type(module).__name__
    if isinstance(module, nn.Conv2d):
        return _convolution(module)
    if isinstance(module, nn.Linear):
        return f"Linear {module.in_features} → {module.out_features}"
    if isinstance(module, nn.MaxPool2d):
        return _pool("Max pool", module.kernel_size, module.stride)
    if isinstance(module, nn.AvgPool2d):
        return _pool("Average pool", module.kernel_size, module.stride)
    if isinstance(module, nn.AdaptiveAvgPool2d):
        return _adaptive(_pair(module.output_size))
    if isinstance(module, nn.BatchNorm2d):
        return _NAMES["BatchNorm2d"]
    return _NAMES.get(kind, kind)


def _convolution(conv):
    label = f"Conv {_times(conv.kernel_size)}"
    if 1 < conv.groups == conv.in_channels:
        label = f"Depthwise {_times(conv.kernel_size)}"
    elif conv.groups > 1:
        label += f", {conv.groups} groups"
    if _pair(conv.stride) != (1, 1):
        label += f", stride {_short(conv.stride)}"
    if _pair(conv.dilation) != (1, 1):
        label += f", dilation {_short(conv.dilation)}"
    return label


def _pool(name: str, kernel: Any, stride: Any) -> str:
    return f"{name} {_times(kernel)}, stride {_short(stride)}"


def _adaptive(size: Sequence[Any]) -> str:
    return "Global average" if tuple(size) == (1, 1) else f"Average to {_times(size)}"


def _pair(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _times(value):
    return "×".join(map(str, _pair(value)))


def _short(value):
    rows, columns = _pair(value)
    return str(rows) if rows == columns else f"{rows}×{columns}"

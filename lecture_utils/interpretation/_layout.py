"""Find the channel axis of a layer's output by following the forward pass.

Most networks output feature maps as (N, channels, height, width). Swin Transformers and parts of
ConvNeXt use (N, height, width, channels) inside. The shape alone does not tell which one it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from lecture_utils._inspect import LayerOutputError

#: The axes of the channels, the rows and the columns.
Axes: TypeAlias = tuple[int, int, int]

_CHANNELS_FIRST: Axes = (1, 2, 3)
_CHANNELS_LAST: Axes = (3, 1, 2)
# These always take and return maps with the channels first.
_SPATIAL = (
    "conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "lp_pool2d", "adaptive_avg_pool2d",
    "adaptive_max_pool2d", "batch_norm", "instance_norm", "group_norm", "interpolate", "upsample",
    "pixel_shuffle", "pixel_unshuffle", "max_unpool2d", "fractional_max_pool2d",
)  # fmt: skip
# These leave every axis in place. A function that is not listed may change the meaning of the
# axes, even if the shape stays the same.
_KEEPING = {
    "abs", "add", "addcdiv", "addcmul", "alpha_dropout", "amax", "amin", "bernoulli", "bfloat16",
    "cat", "ceil", "celu", "channel_shuffle", "chunk", "clamp", "clamp_max", "clamp_min", "clip",
    "clone", "concat", "concatenate", "contiguous", "copy", "cos", "cpu", "cuda", "cumsum", "data",
    "dequantize", "detach", "div", "divide", "double", "dropout", "dropout1d", "dropout2d",
    "dropout3d", "elu", "empty_like", "erf", "exp", "expm1", "feature_alpha_dropout", "fill",
    "flip", "float", "floor", "floordiv", "fmax", "fmin", "full_like", "gelu", "glu",
    "gumbel_softmax", "half", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "iadd", "idiv",
    "imul", "isub", "itruediv", "layer_norm", "leaky_relu", "lerp", "linear",
    "local_response_norm", "log", "log1p", "log_softmax", "logit", "logsigmoid", "masked_fill",
    "max", "maximum", "mean", "min", "minimum", "mish", "mul", "multiply", "nan_to_num", "narrow",
    "neg", "negative", "norm", "normalize", "ones_like", "pad", "pos", "positive", "pow", "prelu",
    "quantize_per_tensor", "radd", "rand_like", "randn_like", "rdiv", "real", "reciprocal", "relu",
    "relu6", "repeat", "requires_grad", "rms_norm", "rmul", "roll", "round", "rpow", "rrelu",
    "rsqrt", "rsub", "rtruediv", "selu", "sigmoid", "sign", "silu", "sin", "softmax", "softmin",
    "softplus", "softshrink", "softsign", "split", "sqrt", "square", "std", "sub", "subtract",
    "sum", "tanh", "tanhshrink", "tensor_split", "threshold", "to", "true_divide", "truediv",
    "type", "type_as", "var", "where", "zero", "zeros_like",
}  # fmt: skip
# These change nothing if the shape stays the same: the values keep their order.
_RESHAPING = ("view", "reshape", "view_as", "reshape_as", "flatten", "expand", "expand_as")


class _FollowAxes(TorchFunctionMode):
    """Mark every tensor that a function returns with the meaning of its axes."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        outputs = result if isinstance(result, tuple | list) else (result,)
        for output in outputs:
            if isinstance(output, torch.Tensor) and output.ndim == 4:
                _mark(output, _axes_after(func, args, kwargs, output))
        return result


def _axes_after(func, args, kwargs, output) -> Axes | None:
    name = getattr(func, "__name__", "")
    if name == "__get__":  # a property, such as .mT
        name = getattr(getattr(func, "__self__", None), "__name__", "")
    name = name.strip("_")
    if any(name.endswith(known) for known in _SPATIAL):
        return _CHANNELS_FIRST
    flat = [*args, *kwargs.values()]
    flat = [item for one in flat for item in (one if isinstance(one, tuple | list) else (one,))]
    marked = [item for item in flat if axes_of(item) is not None]
    if name == "linear" and not marked:
        return _CHANNELS_LAST
    if not marked:
        return None
    axes = axes_of(marked[0])
    order = _order(name, args, kwargs)
    if order is not None and axes is not None:
        channels, rows, columns = (order.index(axis) for axis in axes)
        return channels, rows, columns
    if any(axes_of(one) != axes for one in marked):
        return None
    return axes if _keeps_axes(name, args, kwargs, marked, output) else None


def _keeps_axes(name, args, kwargs, marked, output) -> bool:
    """Return whether the axes of a function's result are those of its marked arguments."""
    if name in _RESHAPING:
        source = args[0] if args else kwargs.get("input")
        return source is marked[0] and source.shape == output.shape
    if name == "getitem":
        index = args[1] if isinstance(args[1], tuple) else (args[1],)
        return all(isinstance(part, slice) or part is Ellipsis for part in index)
    if name in ("matmul", "rmatmul"):
        # Maps times a matrix; the result of a product of two stacks of maps is unknown.
        other = [one for one in args if one is not marked[0]]
        return len(other) == 1 and other[0].ndim <= 2
    return name in _KEEPING


# The names of the parameters that hold the axes, by function.
_AXES_OF = {
    "permute": ("input", "dims"),
    "transpose": ("input", "dim0", "dim1"),
    "swapaxes": ("input", "axis0", "axis1"),
    "swapdims": ("input", "dim0", "dim1"),
    "movedim": ("input", "source", "destination"),
    "moveaxis": ("input", "source", "destination"),
}


def _order(name, args, kwargs) -> list[int] | None:
    """Return, for each axis of the result, the axis of the source that it came from."""
    fixed = {"mT": [0, 1, 3, 2], "mH": [0, 1, 3, 2], "adjoint": [0, 1, 3, 2], "T": [3, 2, 1, 0]}
    if name in fixed or name not in _AXES_OF:
        return fixed.get(name)
    names = _AXES_OF[name]
    given = dict(zip(names, args, strict=False)) | kwargs
    if name == "permute":
        dims = args[1:] if len(args) > 2 else given["dims"]
        return [axis % 4 for axis in dims]
    first, second = given[names[1]], given[names[2]]
    if name in ("movedim", "moveaxis"):
        return list(torch.empty(0, 1, 2, 3).movedim(first, second).shape)
    order = list(range(4))
    order[first % 4], order[second % 4] = order[second % 4], order[first % 4]
    return order


def _mark(tensor, axes):
    tensor._lecture_axes = axes


def axes_of(value: Any) -> Axes | None:
    """Return the meaning of a tensor's axes, if known."""
    if not isinstance(value, torch.Tensor) or value.ndim != 4:
        return None
    return getattr(value, "_lecture_axes", None)


@contextmanager
def following_axes(images: torch.Tensor) -> Iterator[torch.Tensor]:
    """Follow the axes of images through a model for the duration of a ``with`` block.

    Parameters
    ----------
    images : torch.Tensor, shape (N, C, H, W)

    Yields
    ------
    torch.Tensor
        The same images; pass these to the model.
    """
    images = images.view(images.shape)  # does not mark the user's own tensor
    _mark(images, _CHANNELS_FIRST)
    with _FollowAxes():
        yield images


class FollowInside:
    """Follow the axes only at the end of one layer, which is faster than through the whole model.

    Parameters
    ----------
    module : torch.nn.Module
        The layer. The output of the last of `SPATIAL_LAYERS` inside it has the channels first, and
        is followed from there.

    Attributes
    ----------
    hooks : list of torch.utils.hooks.RemovableHandle
        Remove them when the axes are known.
    """

    def __init__(self, module: nn.Module):
        self._mode, self._is_inside, self._is_following = _FollowAxes(), False, False
        last = [part for part in module.modules() if isinstance(part, SPATIAL_LAYERS)][-1]
        self.hooks: list[RemovableHandle] = [
            module.register_forward_pre_hook(self._enter),
            last.register_forward_pre_hook(self._start),
            module.register_forward_hook(self._leave, always_call=True),
        ]

    def _enter(self, *_):
        self._is_inside = True

    def _start(self, *_):
        if self._is_inside and not self._is_following:
            self._is_following = True
            self._mode.__enter__()

    def _leave(self, *_):
        if self._is_following:
            self._mode.__exit__(None, None, None)
        self._is_inside = self._is_following = False


def has_spatial_layer(module: nn.Module) -> bool:
    """Return whether a layer contains one whose output has the channels first."""
    return any(isinstance(part, SPATIAL_LAYERS) for part in module.modules())


def check_channel_axis(channel_axis: int | None) -> Axes | None:
    """Return the axes for the channel axis that a user specified, or raise ValueError."""
    known = {None: None, 1: _CHANNELS_FIRST, -3: _CHANNELS_FIRST}
    known |= {3: _CHANNELS_LAST, -1: _CHANNELS_LAST}
    if channel_axis not in known or isinstance(channel_axis, bool):
        raise ValueError(
            f"channel_axis is {channel_axis!r}; use 1 for layers that output (N, channels, "
            "height, width), or -1 for (N, height, width, channels)"
        )
    return known[channel_axis]


def find_axes(
    name: str, inputs: tuple[Any, ...], output: torch.Tensor, images: torch.Tensor
) -> Axes:
    """Find out which axes of a layer's output are channels, rows and columns.

    Parameters
    ----------
    name : str
        Name of the layer.
    inputs : tuple
        Arguments of the layer.
    output : torch.Tensor
        Has four axes. Inputs and output must come from a run inside `following_axes`.
    images : torch.Tensor, shape (N, C, H, W)

    Returns
    -------
    tuple of int
        Channels, rows, columns.

    Raises
    ------
    ValueError
        If the axes cannot be determined.
    """
    axes = axes_of(output)
    if axes is not None and 0 not in axes:
        return axes
    # Maps have the aspect ratio of the image, up to rounding at each of a few halvings.
    fits = [
        axes
        for axes in (_CHANNELS_FIRST, _CHANNELS_LAST)
        if _has_proportions(output.shape[axes[1]], output.shape[axes[2]], *images.shape[2:])
    ]
    if len(fits) == 1:
        return fits[0]
    raise LayerOutputError(
        f"layer {name!r} outputs shape {tuple(output.shape)}, and its axes cannot be followed "
        "from the image; pass channel_axis=1 if the channels come first, or channel_axis=-1 if last"
    )


def _has_proportions(rows, columns, height, width):
    low, high = sorted((rows / height, columns / width))
    # One row or column more or less.
    return high - low <= max(1 / height, 1 / width)


def as_maps(output: torch.Tensor, axes: Axes) -> torch.Tensor:
    """Convert maps to the order (N, channels, rows, columns)."""
    return output if axes == _CHANNELS_FIRST else output.permute(0, *axes)


#: Layers that always output maps with the channels first.
SPATIAL_LAYERS = (
    nn.Conv2d,
    nn.ConvTranspose2d,
    nn.BatchNorm2d,
    nn.MaxPool2d,
    nn.AvgPool2d,
)


def axes_of_layer(module: nn.Module) -> Axes | None:
    """Return the axes of a layer if they are the same for every input, else None."""
    return _CHANNELS_FIRST if type(module) in SPATIAL_LAYERS else None

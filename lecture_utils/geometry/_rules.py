"""The effect of each of PyTorch's layers and functions on receptive fields."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lecture_utils.geometry._grids import Grid, resized, transposed, windows
from lecture_utils.geometry._sizes import output_size

if TYPE_CHECKING:
    from torch import fx

# Functions and methods that treat every position of a feature map alike and independently. Given
# several maps, they combine equal positions: branches meet there.
_PIXELWISE = {
    "add", "iadd", "sub", "mul", "imul", "truediv", "neg", "relu", "relu_", "relu6",
    "leaky_relu", "elu", "gelu", "silu", "hardswish", "hardtanh", "sigmoid", "tanh", "softplus",
    "dropout", "dropout2d", "batch_norm", "clamp", "abs", "square", "contiguous",
    "selu", "celu", "mish", "prelu", "hardsigmoid", "logsigmoid", "softsign", "tanhshrink",
    "softshrink", "hardshrink", "threshold", "rrelu", "exp", "log", "sqrt", "rsqrt", "pow", "div",
    "feature_alpha_dropout", "alpha_dropout", "local_response_norm", "channel_shuffle",
    "stochastic_depth", "maximum", "minimum", "clone", "detach", "float", "double", "half", "to",
    "type_as", "fmax", "fmin", "data", "real", "isub", "itruediv", "add_", "mul_", "sub_", "div_",
    "clamp_", "sigmoid_", "tanh_",
}  # fmt: skip
# These mix positions; in their usual place, at the end of a classifier, they mix all of them.
_GLOBAL = {
    "flatten", "mean", "sum", "amax", "amin", "max", "min", "std", "var", "linear", "matmul",
    "bmm", "group_norm", "instance_norm", "layer_norm", "rms_norm", "scaled_dot_product_attention",
    "multi_head_attention_forward", "adaptive_avg_pool1d", "adaptive_max_pool1d",
    "adaptive_avg_pool2d", "adaptive_max_pool2d",
}  # fmt: skip


# Properties of a tensor that are not maps.
_NUMBERS = {
    "shape", "ndim", "dtype", "device", "layout", "is_cuda", "is_sparse", "is_quantized", "is_meta",
    "is_leaf", "requires_grad", "itemsize", "nbytes", "grad_fn", "name", "names", "output_nr",
    "size", "dim", "numel", "nelement", "ndimension", "stride", "storage_offset", "get_device",
    "element_size", "is_floating_point", "is_complex", "is_contiguous",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A layer whose outputs see a part of its input.

    Attributes
    ----------
    name : str
    rows, columns : Grid
    sizes : callable
        Maps the size of the input to that of the output, pairs of int.
    only_pads : bool
        Whether it only pads and leaves the values unchanged.
    border : str
        What it pads with: "zeros", or "reflect" or "replicate" for pixels of the image.
    """

    name: str
    rows: Grid
    columns: Grid
    sizes: Callable[[tuple[int, int]], tuple[int, int]]
    only_pads: bool = False
    border: str = "zeros"


@dataclass(frozen=True)
class Lost:
    """Why the part of the image that a layer's outputs see is not known.

    Attributes
    ----------
    layer : str
    kind : {"whole", "sized", "unknown"}
        They see the whole image; the part depends on the image's size; there is no rule for the
        layer.
    reason : str
        More details.
    """

    layer: str
    kind: Literal["whole", "sized", "unknown"] = "whole"
    reason: str = ""

    def __str__(self) -> str:
        """Return what is wrong with the layer."""
        if self.kind == "whole":
            return f"{self.layer} mixes the whole image"
        if self.kind == "sized":
            return f"what {self.layer} sees depends on the size of the image"
        return f"unknown layer {self.layer}" + (f": {self.reason}" if self.reason else "")


#: None stands for a step that treats every position alike and independently.
Rule: TypeAlias = Step | Lost | None


def rule_of_module(name: str, module: Any, channels_last: bool = False) -> Rule:
    """Return the effect of a layer on receptive fields.

    Parameters
    ----------
    name : str
        Its name in messages.
    module : torch.nn.Module
    channels_last : bool
        Whether its input has the layout (N, H, W, C) rather than (N, C, H, W).

    Returns
    -------
    Step, Lost or None

    Raises
    ------
    ValueError
        If it is a convolution with circular padding.
    """
    from torch import nn

    label = f"{name} ({type(module).__name__})"
    if _is_pixelwise(module):
        return None
    if isinstance(module, nn.Softmax | nn.LogSoftmax | nn.Softmin | nn.GLU):
        axis = 1 if module.dim is None else module.dim
        over_channels = axis in ((-1, 3) if channels_last else (1, -3))
        return None if over_channels else Lost(label)
    if isinstance(module, nn.LayerNorm | nn.RMSNorm):
        over_channels = channels_last and len(module.normalized_shape) == 1
        return None if over_channels else Lost(label)
    if isinstance(module, nn.Linear):
        return None if channels_last else Lost(label)
    if channels_last:
        return Lost(label, "unknown", "its input has the channels last")
    return _spatial_rule(name, label, module)


def _is_pixelwise(module):
    from torch import nn

    if isinstance(module, nn.modules.instancenorm._InstanceNorm):
        return module.track_running_stats
    other = (nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.GLU, nn.MultiheadAttention)
    activation = type(module).__module__ == "torch.nn.modules.activation"
    return (activation and not isinstance(module, other)) or isinstance(
        module,
        nn.modules.batchnorm._BatchNorm
        | nn.Identity
        | nn.modules.dropout._DropoutNd
        | nn.LocalResponseNorm
        | nn.CrossMapLRN2d
        | nn.ChannelShuffle,
    )


def _spatial_rule(name: str, label: str, module: Any) -> Rule:
    from torch import nn

    transposed_kinds = nn.ConvTranspose1d | nn.ConvTranspose2d
    if isinstance(module, nn.Conv1d | nn.Conv2d) and not isinstance(module, transposed_kinds):
        return _convolution(name, module)
    if isinstance(module, transposed_kinds):
        return _transposed(name, module)
    pooling = nn.MaxPool1d | nn.MaxPool2d | nn.AvgPool1d | nn.AvgPool2d | nn.LPPool1d | nn.LPPool2d
    if isinstance(module, pooling):
        if getattr(module, "return_indices", False):
            return Lost(label, "unknown", "it also outputs indices")
        return _pool(
            name,
            module.kernel_size,
            module.stride,
            getattr(module, "padding", 0),
            getattr(module, "dilation", 1),
            bool(module.ceil_mode),
            one_axis=type(module).__name__.endswith("1d"),
        )
    padding = getattr(nn.modules.padding, type(module).__name__, None)
    if padding is not None and isinstance(module, padding):
        kind = type(module).__name__
        if kind.endswith("3d"):
            return Lost(label, "unknown", "it takes volumes, not images")
        return _padding(name, label, module.padding, kind[:-5].removesuffix("ion").lower())
    if isinstance(module, nn.PixelShuffle):
        return _resize(name, label, (module.upscale_factor,) * 2, "nearest")
    if isinstance(module, nn.PixelUnshuffle):
        return _pool(name, module.downscale_factor)
    if isinstance(module, nn.Upsample):
        return _interpolation(
            name, label, module.size, module.scale_factor, module.mode, module.align_corners
        )
    adaptive = nn.modules.pooling
    if isinstance(module, adaptive._AdaptiveAvgPoolNd | adaptive._AdaptiveMaxPoolNd):
        return _adaptive(label, module.output_size)
    reasons = {
        nn.Unfold: "it outputs columns of patches, not maps",
        nn.Fold: "it takes columns of patches, not maps",
        nn.modules.pooling._MaxUnpoolNd: "the position of each value depends on the image",
        nn.FractionalMaxPool2d: "its windows are drawn at random",
        nn.Conv3d | nn.ConvTranspose3d | nn.MaxPool3d | nn.AvgPool3d: "it takes volumes",
    }
    for kinds, reason in reasons.items():
        if isinstance(module, kinds):
            return Lost(label, "unknown", reason)
    whole = nn.Flatten | nn.GroupNorm | nn.modules.instancenorm._InstanceNorm | nn.Bilinear
    if isinstance(module, whole | nn.MultiheadAttention):
        return Lost(label)
    return Lost(label, "unknown")


def rule_of_function(node: fx.Node, channels_last: bool = False) -> Rule:
    """Return the effect of a function or method in a traced model, as above."""
    from torch.nn import functional

    name = _name_of(node)
    label = f"{node.name} ({name})"
    if name in _PIXELWISE:
        return None
    if name in ("max", "min") and _count_maps(node) > 1:
        return None  # combines two maps
    if name in ("cat", "concat", "concatenate"):
        given = _arguments(node, "tensors", "dim")
        axis = given.get("dim", given.get("axis", 0))
        keeps_positions = axis in ((0, -4, 3, -1) if channels_last else (0, -4, 1, -3))
        return None if keeps_positions else Lost(label, "unknown", "it joins maps side by side")
    if name == "getitem":
        picks = _picks_channels(node, channels_last)
        return None if picks else Lost(label, "unknown", "it cuts the map")
    if name in ("chunk", "split", "unbind", "unsqueeze", "squeeze"):
        axis = _arguments(node, "input", "", "dim").get("dim", 0)
        axis = node.args[1] if "squeeze" in name and len(node.args) > 1 else axis
        return None if axis == (3 if channels_last else 1) else Lost(label, "unknown")
    if name in ("softmax", "log_softmax", "glu"):
        axis = _arguments(node, "input", "dim").get("dim")
        return None if axis in ((-1, 3) if channels_last else (1, -3)) else Lost(label)
    if channels_last:
        normalizes = name in ("layer_norm", "rms_norm")
        shape = _arguments(node, "input", "normalized_shape").get("normalized_shape", ())
        pixelwise = name == "linear" or (normalizes and len(shape) == 1)
        return None if pixelwise else Lost(label, "unknown", "its input has the channels last")
    names = ("input", "kernel_size", "stride", "padding")
    if node.target in (functional.max_pool2d, functional.avg_pool2d):
        given = _arguments(node, *names)
        return _pool(
            node.name,
            given["kernel_size"],
            given.get("stride"),
            given.get("padding", 0),
            given.get("dilation", 1),
            given.get("ceil_mode", False),
        )
    if name == "interpolate":
        given = _arguments(node, "input", "size", "scale_factor", "mode", "align_corners")
        if given.get("antialias"):
            return Lost(label, "unknown", "antialias=True")
        mode = given.get("mode", "nearest")
        return _interpolation(
            node.name,
            label,
            given.get("size"),
            given.get("scale_factor"),
            mode,
            given.get("align_corners"),
        )
    if name == "pad":
        given = _arguments(node, "input", "pad", "mode")
        return _padding(node.name, label, given["pad"], given.get("mode") or "constant")
    if name == "pixel_shuffle":
        return _resize(node.name, label, (node.args[1],) * 2, "nearest")
    if name == "pixel_unshuffle":
        return _pool(node.name, node.args[1])
    if name.startswith("adaptive_"):
        return _adaptive(label, _arguments(node, "input", "output_size").get("output_size"))
    if name in ("mean", "sum", "amax", "amin", "max", "min", "std", "var"):
        axis = _arguments(node, "input", "dim").get("dim")
        return None if axis in (1, -3, (1,), [1]) else Lost(label)
    if name in ("view", "reshape") and len(node.args) <= 3:
        return Lost(label)  # (N, ...) no rows and columns left
    return Lost(label, "whole" if name in _GLOBAL else "unknown")


def gives_numbers(node: fx.Node) -> bool:
    """Return whether a step of a traced model reads a shape or type rather than a map."""
    return node.op in ("call_function", "call_method") and _name_of(node) in _NUMBERS


def _name_of(node: fx.Node) -> str:
    """Return the name of a function, a method, or a tensor's attribute."""
    if node.target is getattr:
        return str(node.args[1])
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")


def _count_maps(node):
    return sum(hasattr(each, "all_input_nodes") for each in [*node.args, *node.kwargs.values()])


def _picks_channels(node, channels_last):
    """Return whether indexing only drops channels, or picks one of several maps."""
    source, index = node.args
    name = getattr(source.target, "__name__", source.target)
    if isinstance(index, int):
        return name in ("chunk", "split", "unbind")
    everything = slice(None)
    index = index if isinstance(index, tuple) else (index,)
    if Ellipsis in index:
        first = index.index(Ellipsis)
        missing = (everything,) * (5 - len(index))  # maps have four axes
        index = index[:first] + missing + index[first + 1 :]
    channels = 3 if channels_last else 1
    return all(part == everything for axis, part in enumerate(index) if axis != channels)


def turned(node: fx.Node) -> tuple[int, ...] | None:
    """Return the order of axes if a step of a traced model permutes the maps, else None."""
    name = _name_of(node)
    if node.op not in ("call_function", "call_method") or name != "permute":
        return None
    order = node.args[1] if len(node.args) == 2 else node.args[1:]
    order = node.kwargs.get("dims", order)
    values = tuple(order) if isinstance(order, list | tuple) else ()
    if len(values) != 4 or not all(isinstance(axis, int) for axis in values):
        return None
    return tuple(axis % 4 for axis in values if isinstance(axis, int))


def _arguments(node, *names) -> dict[str, Any]:
    return dict(zip(names, node.args, strict=False)) | dict(node.kwargs)


def _two(value, one_axis: bool, neutral: int = 1) -> tuple[Any, Any]:
    """Return a value for rows and one for columns; 1-D layers have columns only."""
    values = tuple(value) if isinstance(value, tuple | list) else (value, value)
    return (neutral, values[-1]) if one_axis else (values[0], values[-1])


def _convolution(name, module) -> Step:
    if module.padding_mode == "circular":
        raise ValueError(
            f"{name} pads with 'circular'; only zeros and nearby pixels ('reflect', 'replicate') "
            "are supported, because otherwise an output would see two opposite edges"
        )
    one_axis = len(module.kernel_size) == 1
    kernel, stride = _two(module.kernel_size, one_axis), _two(module.stride, one_axis)
    dilation = _two(module.dilation, one_axis)
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if module.padding == "same":
        before, both = [t // 2 for t in total], total  # an odd extra pixel goes to the end
    else:
        before = [0, 0] if module.padding == "valid" else _two(module.padding, one_axis, 0)
        both = [2 * p for p in before]
    rows, columns = (windows(*axis) for axis in zip(kernel, stride, before, dilation, strict=True))

    def sizes(size):
        padded = (size[0] + both[0], size[1] + both[1])
        return output_size(padded, kernel, stride, 0, dilation)

    return Step(name, rows, columns, sizes, border=module.padding_mode)


def _transposed(name, module) -> Step:
    one_axis = len(module.kernel_size) == 1
    kernel, stride = _two(module.kernel_size, one_axis), _two(module.stride, one_axis)
    padding, dilation = _two(module.padding, one_axis, 0), _two(module.dilation, one_axis)
    extra = _two(module.output_padding, one_axis, 0)
    rows, columns = (
        transposed(*axis) for axis in zip(kernel, stride, padding, dilation, strict=True)
    )

    def sizes(size):
        height, width = (
            (size[a] - 1) * stride[a]
            - 2 * padding[a]
            + dilation[a] * (kernel[a] - 1)
            + extra[a]
            + 1
            for a in range(2)
        )
        return height, width

    return Step(name, rows, columns, sizes)


def _pool(
    name, kernel, stride=None, padding=0, dilation=1, ceil_mode=False, one_axis=False
) -> Step:
    kernels = _two(kernel, one_axis)
    strides = kernels if stride in (None, ()) else _two(stride, one_axis)
    paddings, dilations = _two(padding, one_axis, 0), _two(dilation, one_axis)
    rows, columns = (
        windows(*axis) for axis in zip(kernels, strides, paddings, dilations, strict=True)
    )

    def sizes(size: tuple[int, int]) -> tuple[int, int]:
        return output_size(size, kernels, strides, paddings, dilations, bool(ceil_mode))

    return Step(name, rows, columns, sizes)


def _padding(name: str, label: str, amounts: Any, kind: str) -> Rule:
    border: dict[str, str] = {
        "zero": "zeros",
        "constant": "zeros",
        "reflect": "reflect",
        "replicat": "replicate",
    }
    kind = border.get(kind, kind)
    if kind == "circular":
        return Lost(label, "unknown", "an output would see two opposite edges")
    amounts = tuple(amounts) if isinstance(amounts, tuple | list) else (amounts,) * 4
    if len(amounts) not in (2, 4) or not all(isinstance(amount, int) for amount in amounts):
        return Lost(label, "unknown", f"it pads by {amounts}")
    left, right, top, bottom = (*amounts, 0, 0)[:4]

    def sizes(size):
        return size[0] + top + bottom, size[1] + left + right

    return Step(name, windows(1, 1, top, 1), windows(1, 1, left, 1), sizes, True, kind)


def _interpolation(name, label, size, factor, mode, align_corners=None) -> Rule:
    if size is not None:
        return Lost(
            label, "unknown", "size= makes what it sees depend on the image; pass scale_factor="
        )
    if align_corners:
        return Lost(
            label, "unknown", "align_corners=True makes what it sees depend on the image's size"
        )
    one_axis = mode == "linear"
    factors = _two(factor, one_axis)
    if not all(isinstance(f, int | float) for f in factors):
        return Lost(label, "unknown", f"its factor is {factor}")
    return _resize(name, label, factors, mode)


def _resize(name, label, factors, mode) -> Rule:
    exact = [Fraction(f).limit_denominator(64) for f in factors]
    if any(not math.isclose(f, e, rel_tol=1e-9) for f, e in zip(factors, exact, strict=True)):
        return Lost(label, "unknown", f"it resizes by {factors}, which is not a simple fraction")
    if mode == "area":
        if any(e.numerator != 1 for e in exact):
            return Lost(label, "unknown", "areas overlap unless they shrink by an integer")
        return _pool(name, tuple(e.denominator for e in exact))

    def sizes(size):
        return math.floor(size[0] * exact[0]), math.floor(size[1] * exact[1])

    return Step(name, resized(exact[0], mode), resized(exact[1], mode), sizes)


def _adaptive(label, wanted) -> Rule:
    values = tuple(wanted) if isinstance(wanted, tuple | list) else (wanted,)
    if all(value is None for value in values):
        return None
    return Lost(label, "whole" if all(value == 1 for value in values) else "sized")

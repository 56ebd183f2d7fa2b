"""Find a layer and record its output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from difflib import get_close_matches
from typing import TypeAlias, overload

import torch
from torch import nn

from lecture_utils._inspect import LayerOutputError, eager, evaluating, never_reached
from lecture_utils._validation import whole
from lecture_utils._validation.batches import run_model
from lecture_utils.interpretation._layout import (
    Axes,
    FollowInside,
    as_maps,
    axes_of_layer,
    check_channel_axis,
    find_axes,
    following_axes,
    has_spatial_layer,
)

_Layer: TypeAlias = str | nn.Module


class Activations(dict[str, torch.Tensor]):
    """Outputs of layers by name; explains a missing entry if a layer has not been run yet."""

    def __missing__(self, name: str) -> torch.Tensor:
        """Explain why there is no output."""
        raise KeyError(
            f"nothing is recorded for layer {name!r}: run the model inside the with block; "
            f"recorded layers: {', '.join(self) or 'none'}"
        )


def find_layer(model: nn.Module, layer: str | nn.Module) -> tuple[str, nn.Module]:
    """Find a layer by its module path, or a layer's path by the module.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str or torch.nn.Module
        A path such as ``"layer4.1.conv2"``, or the module itself.

    Returns
    -------
    name : str
    module : torch.nn.Module

    Raises
    ------
    ValueError
        If the model has no such layer; the message lists similar names.

    Examples
    --------
    >>> find_layer(nn.Sequential(nn.ReLU()), "0")
    ('0', ReLU())
    """
    check_model(model)
    modules = dict(model.named_modules())
    if isinstance(layer, nn.Module):
        for name, module in modules.items():
            if module is layer:
                _check_that_hooks_work(name, modules)
                return name, module
        raise ValueError(
            f"the layer {type(layer).__name__} is not part of the model; pass one of its layers"
        )
    # Inside torch.compile and DataParallel, layers keep their names.
    for wrapper in ("", "_orig_mod.", "module.", "_orig_mod.module."):
        name = f"{wrapper}{layer}"
        if isinstance(layer, str) and name in modules:
            _check_that_hooks_work(name, modules)
            return name, modules[name]
    raise ValueError(f"the model has no layer {layer!r}; {_hint(str(layer), modules)}")


def check_model(model: object) -> None:
    """Raise ValueError if the argument is not a model that can be run."""
    if not isinstance(model, nn.Module):
        raise ValueError(f"model is a {type(model).__name__}; pass a torch.nn.Module")


def _check_that_hooks_work(name, modules):
    """Refuse a layer inside a part that PyTorch runs without Python."""
    parts = name.split(".") if name else []
    for length in range(len(parts) + 1):
        inside = ".".join(parts[:length])
        if isinstance(modules.get(inside), torch.jit.ScriptModule):
            what = f"part {inside!r} of the model" if inside else "the model"
            raise ValueError(
                f"{what} is a TorchScript module, whose layers are not accessible; pass the model "
                "before torch.jit.script or torch.jit.trace"
            )


@contextmanager
def record_activations(
    model: nn.Module, layers: str | nn.Module | Sequence[str | nn.Module]
) -> Iterator[dict[str, torch.Tensor]]:
    """Record the outputs of layers for the duration of a ``with`` block.

    Parameters
    ----------
    model : torch.nn.Module
    layers : str, torch.nn.Module, or a list of them
        Module paths, or the modules themselves.

    Yields
    ------
    dict
        Filled by each forward pass: the unchanged output of each layer by its module path. Outside
        ``torch.no_grad()`` it belongs to the graph, so that gradients with respect to it can be
        computed. For a layer that is used more than once, the last output.

    Raises
    ------
    ValueError
        If the model has no such layer.

    Notes
    -----
    The model continues with a copy, so that an in-place ReLU does not overwrite the recorded
    output.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    >>> with record_activations(model, "0") as activations:
    ...     _ = model(torch.zeros(1, 1, 5, 5))
    >>> activations["0"].shape
    torch.Size([1, 4, 3, 3])
    """
    named = [find_layer(model, layer) for layer in _as_list(layers)]
    activations = Activations()

    def record(name):
        def hook(_, __, output):
            activations[name] = output
            return output.clone() if isinstance(output, torch.Tensor) else None

        return hook

    hooks = []
    try:
        for name, module in named:
            hooks.append(module.register_forward_hook(record(name)))
        with eager():
            yield activations
    finally:
        for hook in hooks:
            hook.remove()


@overload
def feature_maps(
    model: nn.Module,
    layer: str | nn.Module,
    images: torch.Tensor,
    *,
    batch_size: int = 64,
    channel_axis: int | None = None,
) -> torch.Tensor: ...
@overload
def feature_maps(
    model: nn.Module,
    layer: Sequence[str | nn.Module],
    images: torch.Tensor,
    *,
    batch_size: int = 64,
    channel_axis: int | None = None,
) -> dict[str, torch.Tensor]: ...
def feature_maps(
    model: nn.Module,
    layer: str | nn.Module | Sequence[str | nn.Module],
    images: torch.Tensor,
    *,
    batch_size: int = 64,
    channel_axis: int | None = None,
) -> torch.Tensor | dict[str, torch.Tensor]:
    """Compute the feature maps of a layer.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str, torch.nn.Module, or a list of them
        Module paths, or the modules themselves.
    images : torch.Tensor of float, shape (N, C, H, W)
        Normalized as the model expects.
    batch_size : int
        Number of images per forward pass.
    channel_axis : int, optional
        1 if the layer outputs (N, K, h, w), -1 if it outputs (N, h, w, K). By default this is found
        by following the axes of the images through the model.

    Returns
    -------
    torch.Tensor, shape (N, K, h, w), or for a list of layers a dict of them by module path
        One map for each of the layer's K channels.

    Raises
    ------
    ValueError
        If the layer does not exist, outputs no feature maps or is never used, or the model does not
        accept the images.

    Examples
    --------
    >>> feature_maps(nn.Sequential(nn.Conv2d(1, 4, 3)), "0", torch.zeros(2, 1, 5, 5)).shape
    torch.Size([2, 4, 3, 3])
    """
    check_images(model, images)
    batch_size = whole("batch_size", batch_size, 1)
    layers = _as_list(layer)
    readers = {
        name: MapReader(name, module, channel_axis)
        for name, module in (find_layer(model, one) for one in layers)
    }
    names = list(readers)
    parts: dict[str, list[torch.Tensor]] = {name: [] for name in names}
    with evaluating(model), torch.no_grad():
        for batch in images.split(batch_size):
            outputs = {}
            with reading_maps(readers.values(), batch, outputs.__setitem__) as followed:
                run_model(model, followed)
            for name in parts:
                if name not in outputs:
                    raise ValueError(never_reached(name))
                parts[name].append(readers[name].maps(outputs[name]))
    maps = {name: torch.cat(part) for name, part in parts.items()}
    return maps[names[0]] if isinstance(layer, str | nn.Module) else maps


@overload
def dead_filters(
    model: nn.Module,
    layer: str | nn.Module,
    images: torch.Tensor,
    *,
    threshold: float = 0.0,
    batch_size: int = 64,
    channel_axis: int | None = None,
) -> torch.Tensor: ...
@overload
def dead_filters(
    model: nn.Module,
    layer: Sequence[str | nn.Module],
    images: torch.Tensor,
    *,
    threshold: float = 0.0,
    batch_size: int = 64,
    channel_axis: int | None = None,
) -> dict[str, torch.Tensor]: ...
def dead_filters(
    model: nn.Module,
    layer: str | nn.Module | Sequence[str | nn.Module],
    images: torch.Tensor,
    *,
    threshold: float = 0.0,
    batch_size: int = 64,
    channel_axis: int | None = None,
) -> torch.Tensor | dict[str, torch.Tensor]:
    """Find the filters of a layer that respond to none of many images.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str, torch.nn.Module, or a list of them
        A convolution or the ReLU after it; both give the same result.
    images : torch.Tensor of float, shape (N, C, H, W)
        As many and as varied images as possible: a filter for dogs is not dead just because it does
        not respond to a cat.
    threshold : float
        A filter is dead if none of its activations exceeds this value.
    batch_size : int
        Number of images per forward pass.
    channel_axis : int, optional
        1 if the layer outputs (N, K, h, w), -1 if it outputs (N, h, w, K). By default this is found
        by following the axes of the images through the model.

    Returns
    -------
    torch.Tensor of bool, shape (K,), or for a list of layers a dict of them by module path

    Raises
    ------
    ValueError
        As `feature_maps` does.

    Examples
    --------
    >>> layer = nn.Conv2d(1, 2, 1)
    >>> _ = nn.init.constant_(layer.weight, 0), nn.init.constant_(layer.bias, -1)
    >>> dead_filters(nn.Sequential(layer), "0", torch.rand(3, 1, 2, 2))
    tensor([True, True])
    """
    check_images(model, images)
    batch_size = whole("batch_size", batch_size, 1)
    layers = _as_list(layer)
    highest: dict[str, torch.Tensor] = {}
    # One batch at a time: the maps of all images together may not fit into memory.
    for batch in images.split(batch_size):
        some = feature_maps(model, layers, batch, batch_size=batch_size, channel_axis=channel_axis)
        for name, maps in some.items():
            peaks = maps.amax(dim=(0, 2, 3))
            highest[name] = torch.maximum(highest.get(name, peaks), peaks)
    dead = {name: peaks <= threshold for name, peaks in highest.items()}
    return next(iter(dead.values())) if isinstance(layer, str | nn.Module) else dead


def check_images(model: nn.Module, images: object) -> None:
    """Raise an error with a suggestion if these are not images for this model."""
    check_model(model)
    if not isinstance(images, torch.Tensor) or not images.is_floating_point():
        kind = images.dtype if isinstance(images, torch.Tensor) else type(images).__name__
        raise ValueError(
            f"images is {kind}; pass a tensor of floats, normalized as the model expects"
        )
    if images.ndim != 4 or not images.numel():
        hint = "; image[None] makes a batch of one" if images.ndim == 3 else ""
        raise ValueError(f"images have shape {tuple(images.shape)}; pass (N, C, H, W){hint}")
    parameters = [p for m in model.modules() for p in m._parameters.values() if p is not None]
    buffers = [b for m in model.modules() for b in m._buffers.values() if b is not None]
    weights = [*parameters, *buffers]
    devices = list(dict.fromkeys(weight.device for weight in weights))
    if weights and images.device not in devices:
        places = " and ".join(map(str, devices))
        raise ValueError(
            f"images are on {images.device} but the model on {places}; use "
            f"images.to({str(devices[0])!r})"
        )
    if images.device.type != "meta" and any(device.type == "meta" for device in devices):
        raise ValueError("some of the model's weights have no values (device meta); load them")
    types = list(dict.fromkeys(p.dtype for p in parameters if p.is_floating_point()))
    if types and images.dtype not in types:
        raise ValueError(
            f"images are {images.dtype} but the model's weights "
            f"{' and '.join(map(str, types))}; use images.to({types[0]})"
        )


class MapReader:
    """Converts a layer's output to the order (N, channels, rows, columns).

    Parameters
    ----------
    name : str
    module : torch.nn.Module
    channel_axis : int, optional
        See `feature_maps`.
    """

    def __init__(self, name: str, module: nn.Module, channel_axis: int | None = None):
        self.name, self.module = name, module
        self.axes: Axes | None = check_channel_axis(channel_axis) or axes_of_layer(module)

    def look(self, inputs: tuple[object, ...], output: object, images: torch.Tensor) -> None:
        """Find the order of the axes, if it is not known yet; the output must be maps."""
        maps = check_maps(self.name, output)
        if self.axes is None:
            self.axes = find_axes(self.name, inputs, maps, images)

    def maps(self, output: torch.Tensor) -> torch.Tensor:
        """Return the output as maps, after `look` has processed one."""
        output = output.dequantize() if output.is_quantized else output
        return output if self.axes is None else as_maps(output, self.axes)


@contextmanager
def reading_maps(
    readers: Iterable[MapReader],
    images: torch.Tensor,
    keep: Callable[[str, torch.Tensor], torch.Tensor | None],
) -> Iterator[torch.Tensor]:
    """Read maps in a ``with`` block, in which the yielded images must be passed to the model.

    Parameters
    ----------
    readers : MapReaders
    images : torch.Tensor, shape (N, C, H, W)
    keep : callable
        Takes the name and the output of each layer. The model continues with a copy of its return
        value, or of the output if that is None.

    Yields
    ------
    torch.Tensor, shape (N, C, H, W)
        The same images.
    """
    readers = list(readers)

    def hook_of(reader):
        def hook(_, inputs, output):
            reader.look(inputs, output, images)
            kept = keep(reader.name, output)
            return (output if kept is None else kept).clone()  # safe from in-place layers

        return hook

    hooks = []
    unknown = [reader for reader in readers if reader.axes is None]
    follow = not all(has_spatial_layer(reader.module) for reader in unknown)
    try:
        for reader in readers:
            if reader.axes is None and not follow:
                hooks += FollowInside(reader.module).hooks
            hooks.append(reader.module.register_forward_hook(hook_of(reader)))
        with eager(), following_axes(images) if follow else nullcontext(images) as followed:
            yield followed
    finally:
        for hook in hooks:
            hook.remove()


def check_maps(name: str, output: object) -> torch.Tensor:
    """Return a layer's output if it consists of feature maps; raise an error otherwise."""
    if not isinstance(output, torch.Tensor) or output.ndim != 4:
        what = (
            f"shape {tuple(output.shape)}"
            if isinstance(output, torch.Tensor)
            else f"a {type(output).__name__}"
        )
        if isinstance(output, torch.Tensor) and output.ndim == 3:
            raise LayerOutputError(
                f"layer {name!r} outputs {what}, probably tokens (N, length, channels); "
                "name a layer before they are flattened, or pass a model in which the layer's "
                "output is reshaped to (N, rows, columns, channels), without a class token"
            )
        raise LayerOutputError(
            f"layer {name!r} outputs {what}, not feature maps (N, channels, height, width); "
            "name a convolution, or a layer between convolutions"
        )
    return output


def _as_list(layers: _Layer | Sequence[_Layer]) -> list[_Layer]:
    return [layers] if isinstance(layers, str | nn.Module) else list(layers)


def _hint(name: str, modules: dict[str, nn.Module]) -> str:
    """Suggest names similar to a wrong one: layers of the part it begins with, or similar words."""
    names = [known for known in modules if known]
    parent = name
    while parent and parent not in modules:
        parent = parent.rpartition(".")[0]
    inside = [known for known in names if parent and known.rpartition(".")[0] == parent]
    near = get_close_matches(name, names, n=5, cutoff=0.6)
    last = [known for known in names if known.rpartition(".")[2] == name.rpartition(".")[2]]
    listed = list(dict.fromkeys([*near, *inside, *last]))[:8]
    if listed:
        return f"did you mean {', '.join(map(repr, listed))}?"
    top = [known for known, _ in modules[""].named_children()]
    return f"its first level has {', '.join(map(repr, top[:12])) or 'no layers'}"

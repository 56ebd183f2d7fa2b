"""Name a layer and read what it puts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TypeAlias, TypeVar, overload

import torch
from torch import nn

from lecture_utils._inspect import evaluating, never_reached
from lecture_utils._validation import whole

_T = TypeVar("_T")
_Layer: TypeAlias = str | nn.Module


class Activations(dict[str, torch.Tensor]):
    """Outputs of layers by their names; a layer that nothing has gone through yet says so."""

    def __missing__(self, name: str) -> torch.Tensor:
        """Say why there is nothing."""
        raise KeyError(
            f"nothing is recorded for layer {name!r}: run the model inside the with block; "
            f"recorded are {', '.join(self) or 'none'}"
        )


def find_layer(model: nn.Module, layer: str | nn.Module) -> tuple[str, nn.Module]:
    """Find a layer by its module path, or the path of a layer.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str or torch.nn.Module
        Such as ``"layer4.1.conv2"``, or that module itself.

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
    modules = dict(model.named_modules())
    if isinstance(layer, nn.Module):
        for name, module in modules.items():
            if module is layer:
                return name, module
        raise ValueError(
            f"the layer {type(layer).__name__} is not part of the model; pass one that is"
        )
    if layer in modules:
        return layer, modules[layer]
    raise ValueError(f"the model has no layer {layer!r}; {_hint(str(layer), modules)}")


@contextmanager
def record_activations(
    model: nn.Module, layers: str | nn.Module | Sequence[str | nn.Module]
) -> Iterator[dict[str, torch.Tensor]]:
    """Record what layers put out, for the length of a ``with`` block.

    Parameters
    ----------
    model : torch.nn.Module
    layers : str, torch.nn.Module, or a list of them

    Yields
    ------
    dict
        Filled by each forward pass: the output of each layer by its module path, as it came.
        Outside of ``torch.no_grad()`` it is part of the graph, so that gradients with respect to it
        can be taken. Of a layer that is used more than once, the last output.

    Raises
    ------
    ValueError
        If the model has no such layer.

    Notes
    -----
    The model goes on with a copy, so that a ReLU that works in place does not overwrite what was
    recorded.

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
        yield activations
    finally:
        for hook in hooks:
            hook.remove()


@overload
def feature_maps(
    model: nn.Module, layer: str | nn.Module, images: torch.Tensor, *, batch_size: int = 64
) -> torch.Tensor: ...
@overload
def feature_maps(
    model: nn.Module,
    layer: Sequence[str | nn.Module],
    images: torch.Tensor,
    *,
    batch_size: int = 64,
) -> dict[str, torch.Tensor]: ...
def feature_maps(
    model: nn.Module,
    layer: str | nn.Module | Sequence[str | nn.Module],
    images: torch.Tensor,
    *,
    batch_size: int = 64,
) -> torch.Tensor | dict[str, torch.Tensor]:
    """Compute the feature maps of a layer.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str, torch.nn.Module, or a list of them
    images : torch.Tensor of float, shape (N, C, H, W)
    batch_size : int
        How many images go through the model at once.

    Returns
    -------
    torch.Tensor, shape (N, K, h, w), or for a list of layers a dict of them by module path
        One map for each of the layer's K channels.

    Raises
    ------
    ValueError
        If the layer does not exist, puts out no feature maps or is never used, or the model cannot
        take the images.

    Examples
    --------
    >>> feature_maps(nn.Sequential(nn.Conv2d(1, 4, 3)), "0", torch.zeros(2, 1, 5, 5)).shape
    torch.Size([2, 4, 3, 3])
    """
    check_images(model, images)
    batch_size = whole("batch_size", batch_size, 1)
    layers = _as_list(layer)
    names = [find_layer(model, one)[0] for one in layers]
    parts: dict[str, list[torch.Tensor]] = {name: [] for name in names}
    with evaluating(model), torch.no_grad(), record_activations(model, layers) as activations:
        for batch in images.split(batch_size):
            activations.clear()
            run(model, batch)
            for name in parts:
                if name not in activations:
                    raise ValueError(never_reached(name))
                parts[name].append(check_maps(name, activations[name]))
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
) -> torch.Tensor: ...
@overload
def dead_filters(
    model: nn.Module,
    layer: Sequence[str | nn.Module],
    images: torch.Tensor,
    *,
    threshold: float = 0.0,
    batch_size: int = 64,
) -> dict[str, torch.Tensor]: ...
def dead_filters(
    model: nn.Module,
    layer: str | nn.Module | Sequence[str | nn.Module],
    images: torch.Tensor,
    *,
    threshold: float = 0.0,
    batch_size: int = 64,
) -> torch.Tensor | dict[str, torch.Tensor]:
    """Tell which filters of a layer respond to none of many images.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str, torch.nn.Module, or a list of them
        A convolution or the ReLU after it; both give the same result.
    images : torch.Tensor of float, shape (N, C, H, W)
        As many and as different ones as there are: a filter for dogs is not dead because it does
        not respond to a cat.
    threshold : float
        A filter is dead if none of its activations is larger.
    batch_size : int
        How many images go through the model at once.

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
    # One batch after the other: the maps of all images at once may not fit into memory.
    for batch in images.split(batch_size):
        for name, maps in feature_maps(model, layers, batch, batch_size=batch_size).items():
            peaks = maps.amax(dim=(0, 2, 3))
            highest[name] = torch.maximum(highest.get(name, peaks), peaks)
    dead = {name: peaks <= threshold for name, peaks in highest.items()}
    return next(iter(dead.values())) if isinstance(layer, str | nn.Module) else dead


def check_images(model: nn.Module, images: object) -> None:
    """Raise an error that names the remedy if these are no images for this model."""
    if not isinstance(images, torch.Tensor) or not images.is_floating_point():
        kind = images.dtype if isinstance(images, torch.Tensor) else type(images).__name__
        raise ValueError(
            f"images is {kind}; pass a tensor of floats, normalized as the model expects"
        )
    if images.ndim != 4 or not images.numel():
        hint = "; image[None] makes a batch of one" if images.ndim == 3 else ""
        raise ValueError(f"images have shape {tuple(images.shape)}; pass (N, C, H, W){hint}")
    weight = next(model.parameters(), images)
    if weight.device != images.device:
        raise ValueError(
            f"images are on {images.device} but the model on {weight.device}; use "
            f"images.to({str(weight.device)!r})"
        )
    if weight.dtype != images.dtype:
        raise ValueError(
            f"images are {images.dtype} but the model's weights {weight.dtype}; use "
            f"images.to({weight.dtype})"
        )


def run(model: Callable[[torch.Tensor], _T], images: torch.Tensor) -> _T:
    """Run the model; what it cannot take is said in terms of the images."""
    try:
        return model(images)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"the model cannot take images of shape {tuple(images.shape)}: {reason}"
        ) from error


def check_maps(name: str, output: object) -> torch.Tensor:
    """Return a layer's output if it is feature maps, or raise."""
    if not isinstance(output, torch.Tensor) or output.ndim != 4:
        what = (
            f"shape {tuple(output.shape)}"
            if isinstance(output, torch.Tensor)
            else f"a {type(output).__name__}"
        )
        raise ValueError(
            f"layer {name!r} puts out {what}, not feature maps (N, channels, height, width); "
            "name a convolution, or a layer between convolutions"
        )
    return output


def _as_list(layers: _Layer | Sequence[_Layer]) -> list[_Layer]:
    return [layers] if isinstance(layers, str | nn.Module) else list(layers)


def _hint(name: str, modules: dict[str, nn.Module]) -> str:
    """List names like a wrong one: layers of the part it begins with, or those that look alike."""
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
    return f"it begins with {', '.join(map(repr, top[:12])) or 'no layers at all'}"

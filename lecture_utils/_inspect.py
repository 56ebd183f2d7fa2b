"""Look into a model while it runs, and leave it as it was."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Put a model into evaluation mode for the length of a ``with`` block."""
    with _in_mode(model, training=False):
        yield model


@contextmanager
def training_mode(model: nn.Module) -> Iterator[nn.Module]:
    """Put a model into training mode for the length of a ``with`` block."""
    with _in_mode(model, training=True):
        yield model


@contextmanager
def _in_mode(model, training):
    """Leave every layer in the mode that it was in, whatever happens inside."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.train(training)
        yield
    finally:
        for module, mode in modes:
            if module.training != mode:
                module.training = mode


def unwrapped(model: nn.Module) -> nn.Module:
    """Return what ``DataParallel`` or ``torch.compile`` has wrapped; other models as they are."""
    from torch import nn

    while True:
        inner = getattr(model, "_orig_mod", None)
        if isinstance(model, nn.DataParallel):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


class Snapshot:
    """What a forward pass in training mode changes: buffers and torch's random numbers.

    Parameters
    ----------
    model : nn.Module
    """

    def __init__(self, model: nn.Module) -> None:
        import torch

        self._buffers = [
            (module, name, buffer, buffer.detach().clone())
            for module in model.modules()
            for name, buffer in module._buffers.items()
            if buffer is not None and not torch.nn.parameter.is_lazy(buffer)
        ]
        self._random = torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None

    def restore(self) -> None:
        """Put everything back."""
        import torch

        with torch.no_grad():
            for module, name, buffer, value in self._buffers:
                if module._buffers[name] is not buffer:
                    module._buffers[name] = buffer
                buffer.copy_(value)
        torch.set_rng_state(self._random)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)


class _OutputReady(Exception):
    """Carries a layer's output out of a forward pass."""

    def __init__(self, output: Any):
        self.output = output


def output_of(model: nn.Module, layer: str | None, images: Tensor) -> Any:
    """Run the model up to a layer and return what that puts out; all of it if `layer` is None."""
    if layer is None:
        return model(images)
    modules = dict(model.named_modules())
    if layer not in modules:
        raise ValueError(
            f"the model has no layer {layer!r}; list(model.named_modules()) names them"
        )

    def stop(_, __, output):
        # Going on would let an in-place ReLU change what we came for.
        raise _OutputReady(output)

    hook = modules[layer].register_forward_hook(stop)
    try:
        model(images)
    except _OutputReady as ready:
        return ready.output
    finally:
        hook.remove()
    raise ValueError(never_reached(layer))


def never_reached(layer: str) -> str:
    """Return the message for a layer that exists but is not used."""
    return f"layer {layer!r} is part of the model, but its forward pass never comes by"


class _FirstConvolution(Exception):
    """Carries the first convolution that a forward pass comes to, and what that gets."""

    def __init__(self, layer: nn.Conv2d, inputs: Any):
        self.layer, self.inputs = layer, inputs


def first_convolution(
    model: nn.Module, size: tuple[int, int], channels: int | None = None
) -> tuple[int, nn.Conv2d] | None:
    """Find the convolution that an image comes to first, and how many channels the image has.

    The layer that is *defined* first need not be it, so images are shown to the model: with as many
    channels as one of its convolutions takes, until that fits.

    Parameters
    ----------
    model : nn.Module
    size : tuple of int
        Height and width of the images, in pixels.
    channels : int, optional
        Of the images, where that is known.

    Returns
    -------
    channels, layer : int, nn.Conv2d
        None if the model has no convolution whose size is known.

    Raises
    ------
    ValueError
        If images of no number of channels reach a convolution that can take them.
    """
    import torch
    from torch import nn

    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.in_channels]
    if not convolutions:
        return None
    check_forward(model.forward)
    counts = list(dict.fromkeys([*(m.in_channels for m in convolutions), 3, 1]))
    tried = counts if channels is None else [channels]

    def stop(layer, inputs):
        raise _FirstConvolution(layer, inputs[0] if inputs else None)

    hooks = [layer.register_forward_pre_hook(stop) for layer in convolutions]
    # Of the same device and type as one of the layers that could be the first.
    kinds = {(m.weight.device, m.weight.dtype): None for m in convolutions if _is_plain(m)}
    try:
        with evaluating(model), torch.no_grad(), eager():
            for device, dtype in kinds:
                for count in tried:
                    images = torch.zeros(1, count, *size, device=device, dtype=dtype)
                    layer = _first_called(model, images)
                    if layer is not None and layer.weight.device == device:
                        return count, layer
    finally:
        for hook in hooks:
            hook.remove()
    if channels is not None or not kinds:
        return None
    raise ValueError(
        f"no image with {' or '.join(map(str, counts))} channels and {size[0]} x {size[1]} pixels "
        "reaches a convolution that takes it; say how many channels the images have, and pass "
        "images as large as the model needs"
    )


def _first_called(model: nn.Module, images: Tensor) -> nn.Conv2d | None:
    """Return the convolution that the images come to first, if it can take what it gets."""
    import torch

    try:
        model(images)
    except _FirstConvolution as first:
        layer, inputs = first.layer, first.inputs
        fits = isinstance(inputs, torch.Tensor) and inputs.ndim in (3, 4)
        return layer if fits and inputs.shape[-3] == layer.in_channels else None
    except (RuntimeError, ValueError, TypeError, IndexError):
        pass  # a step before it does not take images with so many channels
    return None


def _is_plain(layer):
    import torch

    return isinstance(getattr(layer, "weight", None), torch.Tensor)


def check_forward(forward: Callable[..., Any]) -> None:
    """Raise ValueError if a model's forward method cannot be called with images alone."""
    try:
        inspect.signature(forward).bind(None)
    except TypeError as error:
        raise ValueError(
            f"the model's forward method takes more than images ({error}); pass a module whose "
            "forward method takes images only and fills in the rest"
        ) from error
    except ValueError:  # there is no signature to look at
        pass


@contextmanager
def eager() -> Iterator[None]:
    """Run what ``torch.compile`` has compiled as plain Python, so that hooks are called."""
    import torch

    set_stance = getattr(torch.compiler, "set_stance", None)  # PyTorch 2.6 and later
    if set_stance is None:
        yield
    else:
        with set_stance("force_eager"):
            yield

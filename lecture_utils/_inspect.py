"""Look inside a model while it runs, and leave it unchanged."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Put a model into evaluation mode for the duration of a ``with`` block."""
    with _in_mode(model, training=False):
        yield model


@contextmanager
def training_mode(model: nn.Module) -> Iterator[nn.Module]:
    """Put a model into training mode for the duration of a ``with`` block."""
    with _in_mode(model, training=True):
        yield model


@contextmanager
def _in_mode(model, training):
    """Return every layer to its previous mode afterwards, even after an error."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        if any(mode != training for _, mode in modes):
            model.train(training)
        yield
    finally:
        for module, mode in modes:
            if module.training != mode:
                module.training = mode


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside ``DataParallel`` or ``torch.compile``; other models unchanged."""
    from torch import nn

    while True:
        inner = getattr(model, "_orig_mod", None)
        if isinstance(model, nn.DataParallel):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


class Snapshot:
    """The state that a forward pass in training mode changes: buffers and PyTorch's random state.

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
        """Restore the saved state."""
        import torch

        with torch.no_grad():
            for module, name, buffer, value in self._buffers:
                if module._buffers[name] is not buffer:
                    module._buffers[name] = buffer
                buffer.copy_(value)
        torch.set_rng_state(self._random)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)


class LayerOutputError(ValueError):
    """A layer has no suitable output. `run_model` passes this on: the images are not the reason."""


class _OutputReady(Exception):
    """Carries a layer's output out of a forward pass."""

    def __init__(self, output: Any):
        self.output = output


def output_of(model: nn.Module, layer: str | None, images: Tensor) -> Any:
    """Return the output of a layer, or the model's whole output if `layer` is None."""
    if layer is None:
        return model(images)
    modules = dict(model.named_modules())
    if layer not in modules:
        raise ValueError(
            f"the model has no layer {layer!r}; list(model.named_modules()) names them"
        )

    def stop(_, __, output):
        # If the model went on, an in-place ReLU could change this output.
        raise _OutputReady(output)

    hook = modules[layer].register_forward_hook(stop)
    try:
        model(images)
    except _OutputReady as ready:
        return ready.output
    finally:
        hook.remove()
    raise LayerOutputError(never_reached(layer))


def never_reached(layer: str) -> str:
    """Return the message for a layer that exists but is never called."""
    return f"layer {layer!r} is part of the model, but its forward pass never uses it"


class _FirstConvolution(Exception):
    """Carries the first convolution that a forward pass reaches, and that convolution's input."""

    def __init__(self, layer: nn.Conv2d, inputs: Any):
        self.layer, self.inputs = layer, inputs


def first_convolution(
    model: nn.Module, size: tuple[int, int], channels: int | None = None
) -> tuple[int, nn.Conv2d] | None:
    """Find the first convolution that an image reaches, and the number of channels of the image.

    The layer *defined* first is not always the first one called. So the function passes blank
    images through the model, trying the channel counts of its convolutions until one works.

    Parameters
    ----------
    model : nn.Module
    size : tuple of int
        Height and width of the images, in pixels.
    channels : int, optional
        Number of channels of the images, if known.

    Returns
    -------
    channels, layer : int, nn.Conv2d
        None if the model has no convolution whose size is known.

    Raises
    ------
    ValueError
        If no number of channels lets an image reach a convolution that accepts it.
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
    # Device and type must match those of a layer that could be the first.
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
        "reaches a convolution that accepts it; say how many channels the images have, and pass "
        "images as large as the model needs"
    )


def _first_called(model: nn.Module, images: Tensor) -> nn.Conv2d | None:
    """Return the first convolution that the images reach, if it accepts its input."""
    import torch

    try:
        model(images)
    except _FirstConvolution as first:
        layer, inputs = first.layer, first.inputs
        fits = isinstance(inputs, torch.Tensor) and inputs.ndim in (3, 4)
        return layer if fits and inputs.shape[-3] == layer.in_channels else None
    except (RuntimeError, ValueError, TypeError, IndexError):
        pass  # an earlier step does not accept this many channels
    return None


def _is_plain(layer):
    import torch

    return isinstance(getattr(layer, "weight", None), torch.Tensor)


def check_forward(forward: Callable[..., Any]) -> None:
    """Raise ValueError if a model's forward method needs more arguments than the images."""
    try:
        inspect.signature(forward).bind(None)
    except TypeError as error:
        raise ValueError(
            f"the model's forward method needs more than the images ({error}); pass a module whose "
            "forward method takes only the images and supplies the rest"
        ) from error
    except ValueError:  # no signature is available
        pass


@contextmanager
def eager() -> Iterator[None]:
    """Run models compiled with ``torch.compile`` as plain Python, so that hooks are called."""
    import torch

    set_stance = getattr(torch.compiler, "set_stance", None)  # PyTorch 2.6 and later
    if set_stance is None:
        yield
    else:
        with set_stance("force_eager"):
            yield

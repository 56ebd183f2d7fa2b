"""Look into a model while it runs, and leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator
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

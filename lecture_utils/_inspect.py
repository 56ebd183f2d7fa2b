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
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield model
    finally:
        for module in training:
            module.training = True


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

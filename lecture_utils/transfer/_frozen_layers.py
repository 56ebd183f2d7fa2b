"""Keep single layers in evaluation mode, whatever the mode of their model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from lecture_utils.training._forward import CHANGEABLE


def freeze_layer(layer: nn.Module, mode: bool) -> None:
    """Keep a layer that depends on the mode in evaluation mode; `mode` is that of its model."""
    if isinstance(layer, CHANGEABLE):
        if not any(isinstance(hook, _Stay) for hook in layer._forward_pre_hooks.values()):
            layer.register_forward_pre_hook(_Stay(switched_off=mode and not layer.training))
        layer.eval()


def unfreeze_layer(layer: nn.Module, mode: bool) -> None:
    """Undo `freeze_layer`, if it was called; ``layer.training`` is then `mode`.

    A layer that was in evaluation mode, unlike its model, when it was frozen stays in that mode.
    """
    for number, hook in list(layer._forward_pre_hooks.items()):
        if isinstance(hook, _Stay):
            del layer._forward_pre_hooks[number]
            layer.train(mode and not hook.switched_off)


@dataclass
class _Stay:
    """A hook that keeps a layer in evaluation mode.

    Attributes
    ----------
    switched_off : bool
        Whether the layer's owner had put it into evaluation mode before.
    """

    switched_off: bool

    def __call__(self, layer: nn.Module, _: Any) -> None:
        # Lightning calls model.train(), which reaches every layer, frozen or not; so each layer
        # checks its own mode.
        layer.training = False

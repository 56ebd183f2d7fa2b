"""Keep single layers in evaluation mode, whatever the mode of their model."""

from __future__ import annotations

from typing import Any

from torch import nn

from lecture_utils.training._forward import CHANGEABLE


def freeze_layer(layer: nn.Module) -> None:
    """Keep a layer that depends on the mode in evaluation mode."""
    if isinstance(layer, CHANGEABLE):
        layer.eval()
        layer.register_forward_pre_hook(_stay_in_evaluation)


def unfreeze_layer(layer: nn.Module, mode: bool) -> None:
    """Undo `freeze_layer`, if it was called; ``layer.training`` is then `mode`."""
    for number, hook in list(layer._forward_pre_hooks.items()):
        if hook is _stay_in_evaluation:
            del layer._forward_pre_hooks[number]
            layer.train(mode)


def _stay_in_evaluation(layer: nn.Module, _: Any) -> None:
    # Lightning calls model.train(), which reaches every layer, frozen or not; so each layer checks
    # its own mode.
    layer.training = False

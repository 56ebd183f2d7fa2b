"""Optimizers, learning-rate schedules, and parameter groups with their own learning rates."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from lecture_utils._validation import finite

#: The child of a model that classifies; everything before it is the backbone.
HEAD = "head"


#: Each one takes groups of parameters with their own learning rates, and the highest of these
#: rates.
OPTIMIZERS = {
    "sgd": lambda p, lr, decay: torch.optim.SGD(
        p, lr, momentum=0.9, nesterov=True, weight_decay=decay
    ),
    "rmsprop": lambda p, lr, decay: torch.optim.RMSprop(p, lr, weight_decay=decay),
    "adam": lambda p, lr, decay: torch.optim.Adam(p, lr, weight_decay=decay),
    "adamw": lambda p, lr, decay: torch.optim.AdamW(p, lr, weight_decay=decay),
}


#: Each one takes the optimizer and the number of steps, and advances after every step. The
#: optimizer's rates are the highest ones.
SCHEDULES = {
    "constant": lambda optimizer, steps: lr_scheduler.LambdaLR(optimizer, lambda step: 1.0),
    "cosine": lambda optimizer, steps: lr_scheduler.CosineAnnealingLR(optimizer, steps),
    # It cycles momentum against the rate, but must not do so for RMSprop, which has none.
    "one-cycle": lambda optimizer, steps: lr_scheduler.OneCycleLR(
        optimizer,
        [group["lr"] for group in optimizer.param_groups],
        total_steps=steps,
        cycle_momentum=not isinstance(optimizer, torch.optim.RMSprop),
    ),
}


def parameter_groups(
    model: nn.Module, learning_rate: float, backbone_lr_scale: float = 1.0
) -> list[dict[str, Any]]:
    """Divide the trainable parameters into groups: the head, and the rest with smaller steps.

    Parameters
    ----------
    model : nn.Module
        Has a child called "head", unless `backbone_lr_scale` is 1.
    learning_rate : float
        Learning rate of the head, above 0.
    backbone_lr_scale : float
        Learning rate of all other layers, as a multiple of the head's; above 0.

    Returns
    -------
    list of dict
        For any PyTorch optimizer, with ``params`` and ``lr``. Without frozen parameters.

    Raises
    ------
    ValueError
        If there is nothing to train, a layer has no size yet, there is no head, or a rate is not a
        finite number above 0.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> from lecture_utils.transfer import attach_head
    >>> groups = parameter_groups(attach_head(resnet18(), 1), 0.01, 0.1)
    >>> [group["lr"] for group in groups]
    [0.001, 0.01]
    """
    learning_rate = finite("learning_rate", learning_rate)
    backbone_lr_scale = finite("backbone_lr_scale", backbone_lr_scale)
    for name, rate in (("learning_rate", learning_rate), ("backbone_lr_scale", backbone_lr_scale)):
        if not rate > 0:
            raise ValueError(
                f"{name} is {rate}; it must be above 0 (freeze() layers that should not learn)"
            )
    check_initialized(model)
    free = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if not free:
        raise ValueError("every parameter is frozen; leave at least the head to be trained")
    if backbone_lr_scale == 1:
        return [{"params": [p for _, p in free], "lr": learning_rate}]
    if not any(name == HEAD for name, _ in model.named_children()):
        raise ValueError(
            f"backbone_lr_scale is {backbone_lr_scale}, but the model has no child called "
            f"{HEAD!r} to separate head and backbone; use attach_head(), or 1"
        )
    head = [p for name, p in free if name.startswith(f"{HEAD}.")]
    backbone = [p for name, p in free if not name.startswith(f"{HEAD}.")]
    groups = (backbone, learning_rate * backbone_lr_scale), (head, learning_rate)
    return [{"params": params, "lr": rate} for params, rate in groups if params]


def check_initialized(model: nn.Module) -> None:
    """Raise ValueError if a layer gets its size only when the model runs for the first time."""
    for name, parameter in model.named_parameters():
        if nn.parameter.is_lazy(parameter):
            layer, _, what = name.rpartition(".")
            kind = type(model.get_submodule(layer)).__name__
            raise ValueError(
                f"layer {layer!r} is a {kind} whose {what} has no size yet; run the model once "
                "before training, on a batch from the loader: model(images)"
            )


def check_precision(optimizer: str, groups: list[dict[str, Any]]) -> None:
    """Raise ValueError if an optimizer squares gradients whose squares 16 bits cannot represent.

    In float16, the squares of small gradients are 0, and so is the constant that prevents a
    division by 0: the first step would be infinite. bfloat16 has the range of 32 bits.
    """
    half = any(p.dtype == torch.float16 for group in groups for p in group["params"])
    if half and optimizer != "sgd":
        raise ValueError(
            f"optimizer is {optimizer!r}, which squares gradients, but the weights are float16, in "
            'which small squares are 0; use the Trainer\'s precision="16-mixed" or "bf16-true", or '
            'optimizer="sgd"'
        )

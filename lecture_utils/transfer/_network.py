"""Attach a new head to a trained network, and split the result at a stage."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import nn

from lecture_utils._inspect import unwrapped
from lecture_utils._validation import check_bound, finite, whole
from lecture_utils.geometry import count_parameters
from lecture_utils.training._optimizers import HEAD
from lecture_utils.transfer._families import Normalize, cut
from lecture_utils.transfer._frozen_layers import unfreeze_layer

if TYPE_CHECKING:
    from lecture_utils.pretrained import Pretrained


class TransferNetwork(nn.Sequential):
    """Normalization, the stages of a trained network, and a new head; created by `attach_head`.

    Its input is images with values from 0 to 1, shape (N, 3, H, W), as for all models of the book.

    Parameters
    ----------
    layers : mapping of str to nn.Module
        In the order in which they run: ``normalize``, the stages, and finally ``head``.

    Attributes
    ----------
    stages : tuple of str
        The stages where it can be frozen and split, from the input to ``"head"``.
    frozen_until : str or None
        The first stage that is not frozen; None if no stage is frozen.
    """

    def __init__(self, layers: Mapping[str, nn.Module]) -> None:
        super().__init__(OrderedDict(layers))
        self.frozen_until: str | None = None

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages in order."""
        return tuple(name for name, _ in self.named_children() if name != "normalize")


def attach_head(
    model: Pretrained | nn.Module, num_classes: int, *, dropout: float = 0.0
) -> TransferNetwork:
    """Replace a trained model's classification head with a new, randomly initialized one.

    Parameters
    ----------
    model : pretrained.Pretrained, or nn.Module
        A model from `pretrained.load`, or any network for color images whose parts run one after
        the other, such as most of torchvision's, whatever its last layers are. It is copied, so
        training does not change it. Images are normalized with ImageNet's mean and standard
        deviation. For a `TransferNetwork`, the head is replaced.
    num_classes : int
        Number of logits, at least 1. One is enough for two classes (task "binary").
    dropout : float
        Probability of dropping a feature before the new head, 0 to less than 1.

    Returns
    -------
    TransferNetwork
        Maps (N, 3, H, W), values from 0 to 1, to (N, num_classes). Nothing is frozen yet.

    Raises
    ------
    ValueError
        If an argument is invalid, or no head can be attached to the model.

    Notes
    -----
    The head is the last linear layer and everything after it. If a head has earlier layers, as in a
    VGG, they are kept as a part of the stages; dropout right before the last one is not. The stages
    are tested on a noise image, in evaluation and in training mode, and must reproduce the original
    input of the last linear layer.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> attach_head(resnet18(), num_classes=2).stages
    ('stem', 'layer1', 'layer2', 'layer3', 'layer4', 'pool', 'head')
    """
    num_classes = whole("num_classes", num_classes, 1, "a classifier needs at least 1")
    dropout = finite("dropout", dropout)
    check_bound("dropout", dropout, 1, included=False)
    network = model if isinstance(model, nn.Module) else getattr(model, "model", None)
    if not isinstance(network, nn.Module):
        raise ValueError(_no_network(model))
    network = copy.deepcopy(unwrapped(network))
    if isinstance(network, TransferNetwork):
        stages, features, normalize = _without_head(network)
    else:
        stages, features, (mean, std) = cut(network)
        if not isinstance(model, nn.Module):
            mean, std = model.mean, model.std
        normalize = Normalize(mean, std)
    head = nn.Linear(features, num_classes)
    weights = [p for p in nn.Sequential(stages).parameters() if p.is_floating_point()]
    if weights:
        # The type and device of the neighboring layers.
        normalize, head = normalize.to(weights[0]), head.to(weights[-1])
    layers = OrderedDict(normalize=normalize, **stages)
    layers[HEAD] = nn.Sequential(nn.Dropout(dropout), head) if dropout else head
    return TransferNetwork(layers).train()


def _no_network(model):
    """Return the message for an argument that is not a network."""
    if isinstance(model, str):
        what, remedy = repr(model), f"pretrained.load({model!r}), or one of torchvision"
    elif callable(model):
        what = getattr(model, "__name__", repr(model))
        what, remedy = f"{what}, which builds networks", f"the result of {what}()"
    else:
        what, remedy = f"a {type(model).__name__}", "a torch.nn.Module"
    return f"model is {what}; pass a network: {remedy}"


def _without_head(model: TransferNetwork) -> tuple[OrderedDict[str, nn.Module], int, nn.Module]:
    """Take the head off a `TransferNetwork`; return the rest, unfrozen."""
    model.requires_grad_(True)
    for layer in model.modules():
        unfreeze_layer(layer, model.training)
    layers = OrderedDict(model.named_children())
    head = layers.pop(HEAD, None)
    linear = [] if head is None else [m for m in head.modules() if isinstance(m, nn.Linear)]
    if not linear or "normalize" not in layers:
        raise ValueError(
            "the model is a TransferNetwork whose head was replaced by one without a linear layer; "
            "pass the network that it was made from"
        )
    return layers, linear[0].in_features, layers.pop("normalize")


def split(model: TransferNetwork, until: str | None = HEAD) -> tuple[nn.Sequential, nn.Sequential]:
    """Split a model into two consecutive parts, which share its layers.

    Parameters
    ----------
    model : TransferNetwork
        Not changed; its layers are shared.
    until : str
        The first stage of the second part, one of ``model.stages``.

    Returns
    -------
    first, second : nn.Sequential
        With the names of the layers as in the model.

    Raises
    ------
    ValueError
        If the model is not a `TransferNetwork`, or there is no such stage.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> split(attach_head(resnet18(), 2))[1]
    Sequential(
      (head): Linear(in_features=512, out_features=2, bias=True)
    )
    """
    names = stages_from(model, until)
    parts = OrderedDict(), OrderedDict()
    for name, stage in model.named_children():
        parts[name in names][name] = stage
    return nn.Sequential(parts[0]), nn.Sequential(parts[1])


def trainable_parameters(model: nn.Module) -> int:
    """Count the weights and biases that training may change.

    Parameters
    ----------
    model : nn.Module

    Returns
    -------
    int
    """
    return count_parameters(model, trainable_only=True)


def stages_from(model: TransferNetwork, until: str | None) -> set[str]:
    """Return the names of a stage and of all stages after it."""
    if not isinstance(model, TransferNetwork):
        raise ValueError(
            f"model is a {type(model).__name__}, whose stages are unknown; pass the result of "
            "attach_head(model, num_classes)"
        )
    names = model.stages
    if until is None:
        return set(names)
    if until not in names:
        raise ValueError(f"until is {until!r}; this model's stages are {', '.join(names)}")
    return set(names[names.index(until) :])

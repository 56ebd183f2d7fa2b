"""Freeze the first stages of a model, so that only the rest is trained."""

from __future__ import annotations

from torch import nn

from lecture_utils.transfer._frozen_layers import freeze_layer, unfreeze_layer
from lecture_utils.transfer._network import HEAD, TransferNetwork, stages_from


def freeze(
    model: TransferNetwork, until: str | None = HEAD, *, freeze_bn_stats: bool = False
) -> TransferNetwork:
    """Freeze a model from the input up to (and excluding) a stage; the rest is trainable.

    Frozen means: the parameters get no gradient, batch normalization uses the statistics that it
    came with and keeps them, and dropout is off. It stays so when ``model.train()`` is called.

    Call it before training starts: the optimizer that a `Classifier` makes then holds the trainable
    parameters. Stages that a callback unfreezes later are not among them and do not learn; add
    them with ``trainer.optimizers[0].add_param_group``, or train again with a new Trainer.

    Parameters
    ----------
    model : TransferNetwork
        Changed in place. What an earlier call froze and this one does not is trainable again.
    until : str or None
        The model is frozen up to (and excluding) this stage, one of ``model.stages``: it is the
        first that is trained. None freezes nothing.
    freeze_bn_stats : bool
        Keep the statistics of batch normalization in the trainable stages, too: estimated from a
        handful of images per batch they would be too uncertain.

    Returns
    -------
    TransferNetwork
        The same.

    Raises
    ------
    ValueError
        If there is no such stage.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> trainable_parameters(freeze(attach_head(resnet18(), 1)))
    513
    """
    trainable = stages_from(model, until)
    for name, stage in model.named_children():
        stage.requires_grad_(name in trainable)
        for layer in stage.modules():
            unfreeze_layer(layer, model.training)
            normalizes = isinstance(layer, nn.modules.batchnorm._NormBase)
            if name not in trainable or (freeze_bn_stats and normalizes):
                freeze_layer(layer)
    model.frozen_until = None if trainable == set(model.stages) else until
    return model

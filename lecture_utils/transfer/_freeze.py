"""Freeze the first stages of a model, so that only the rest is trained."""

from __future__ import annotations

from torch import nn

from lecture_utils.transfer._frozen_layers import freeze_layer, unfreeze_layer
from lecture_utils.transfer._network import HEAD, TransferNetwork, stages_from


def freeze(
    model: TransferNetwork, until: str | None = HEAD, *, freeze_bn_stats: bool = False
) -> TransferNetwork:
    """Freeze a model from the input up to (and excluding) a stage; the rest is trainable.

    Frozen means that the parameters get no gradient, that batch normalization uses and keeps its
    existing statistics, and that dropout is off. Calling ``model.train()`` does not change this.

    Call it before training starts, so that the optimizer of a `Classifier` gets the trainable
    parameters. Stages that a callback unfreezes later are not included and do not learn; add them
    with ``trainer.optimizers[0].add_param_group``, or train again with a new Trainer.

    Parameters
    ----------
    model : TransferNetwork
        Changed in place. Stages frozen only by an earlier call become trainable again; their layers
        return to the mode of the model, or to the evaluation mode that they were in before.
    until : str or None
        The model is frozen up to (and excluding) this stage, one of ``model.stages``: it is the
        first one that is trained, the ``train_from`` of a `runs.Recipe`. None freezes nothing.
    freeze_bn_stats : bool
        Whether to keep the statistics of batch normalization in the trainable stages as well:
        estimates from a handful of images per batch would be too uncertain.

    Returns
    -------
    TransferNetwork
        The same model.

    Raises
    ------
    ValueError
        If the model is not a `TransferNetwork`, or there is no such stage.

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
            normalizes = isinstance(layer, nn.modules.batchnorm._NormBase)
            if name not in trainable or (freeze_bn_stats and normalizes):
                freeze_layer(layer, model.training)
            else:
                unfreeze_layer(layer, model.training)
    model.frozen_until = None if trainable == set(model.stages) else until
    return model

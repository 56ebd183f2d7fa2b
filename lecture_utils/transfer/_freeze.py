"""Freeze the first stages of a network, so that only the rest learns."""

from torch import nn

from lecture_utils.transfer._network import HEAD, stages_from

# Layers that do something else in training than in prediction, whether their parameters learn or not.
_CHANGEABLE = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)


def freeze(model, until=HEAD, *, all_statistics=False):
    """Freeze a network from the picture up to a stage; what comes after learns.

    Frozen means: the parameters get no gradient, batch normalization keeps the statistics that it came with and
    uses them, and dropout is off. It stays so when ``model.train()`` is called.

    Parameters
    ----------
    model : TransferNetwork
        Changed in place. What an earlier call froze and this one does not is free again.
    until : str or None
        The first stage that learns, one of ``model.stages``. None freezes nothing.
    all_statistics : bool
        Keep the statistics of batch normalization in the stages that learn, too: of a handful of pictures per batch they
        are too uncertain.

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
    learns = stages_from(model, until)
    for name, stage in model.named_children():
        stage.requires_grad_(name in learns)
        for layer in stage.modules():
            _release(layer, model.training)
            normalizes = isinstance(layer, nn.modules.batchnorm._NormBase)
            if name not in learns or (all_statistics and normalizes):
                _hold(layer)
    model.frozen_until = None if learns == set(model.stages) else until
    return model


def _hold(layer):
    if isinstance(layer, _CHANGEABLE):
        layer.eval()
        layer.register_forward_pre_hook(_stay_in_evaluation)


def _release(layer, mode):
    for number, hook in list(layer._forward_pre_hooks.items()):
        if hook is _stay_in_evaluation:
            del layer._forward_pre_hooks[number]
            layer.train(mode)


def _stay_in_evaluation(layer, _):
    # model.train() reaches every layer, frozen or not, and Lightning calls it; so each looks for itself.
    layer.training = False

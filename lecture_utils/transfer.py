"""Build on a network that was trained on something else: embed pictures, attach a head, freeze, train gently.

Three ways, in the same few lines::

    model = attach_head(pretrained.load("efficientnet_lite0"), num_classes=1)
    freeze(model, until="head")       # feature extraction: only the new head learns
    freeze(model, until="stage6")     # partial fine-tuning: the last stages learn, too
    freeze(model, until=None)         # end-to-end fine-tuning: everything learns
    Trainer(...).fit(Classifier(model, task="binary", backbone_rate=0.1), data)

What is frozen gives the same numbers for a picture in every epoch, so `embed` and `EmbeddedDataModule` compute them
once (see `embedding`).
"""

import copy
from collections import OrderedDict

from torch import nn

from lecture_utils._stages import Normalize, cut
from lecture_utils._training_memory import training_memory
from lecture_utils.embedding import EmbeddedDataModule, embed
from lecture_utils.geometry import count_parameters

__all__ = [
    "EmbeddedDataModule",
    "TransferNetwork",
    "attach_head",
    "embed",
    "freeze",
    "parameter_groups",
    "split",
    "trainable_parameters",
    "training_memory",
]

HEAD = "head"
# Layers that do something else in training than in prediction, whether their parameters learn or not.
_CHANGEABLE = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)


class TransferNetwork(nn.Sequential):
    """Normalization, the stages of a trained network, and a new head; `attach_head` makes one.

    It takes pictures with values from 0 to 1, shape (N, 3, H, W), as all networks of the book do.

    Attributes
    ----------
    stages : tuple of str
        Where it can be frozen and split, from the picture to ``"head"``.
    frozen_until : str or None
        The first stage that is not frozen; None if none is frozen.
    """

    def __init__(self, layers):
        super().__init__(OrderedDict(layers))
        self.frozen_until = None

    @property
    def stages(self):
        """Name the stages in order."""
        return tuple(name for name, _ in self.named_children() if name != "normalize")


def attach_head(network, num_classes, *, dropout=0.0):
    """Replace a trained network's classification head by a new one with random weights.

    Parameters
    ----------
    network : pretrained.Pretrained, or nn.Module
        What `pretrained.load` gives; or an EfficientNet-Lite, or a ResNet, VGG or Inception v3 of torchvision.
        It is copied: training leaves it as it is.
    num_classes : int
        Logits, at least 1. One is enough to tell two classes apart (task "binary").
    dropout : float
        Probability of leaving out a feature before the new head, 0 to less than 1.

    Returns
    -------
    TransferNetwork
        From (N, 3, H, W), values from 0 to 1, to (N, num_classes). Nothing is frozen yet.

    Raises
    ------
    ValueError
        If an argument is none of the above.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> attach_head(resnet18(), num_classes=2).stages
    ('stem', 'layer1', 'layer2', 'layer3', 'layer4', 'pool', 'head')
    """
    if num_classes < 1:
        raise ValueError(f"num_classes is {num_classes}; a classifier needs at least 1")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout}; it must be from 0 to below 1")
    # A module has children of its own called "network" as little as "mean".
    module = network if isinstance(network, nn.Module) else network.network
    stages, features, (mean, std) = cut(copy.deepcopy(module))
    if module is not network:
        mean, std = network.mean, network.std
    head = nn.Linear(features, num_classes)
    layers = OrderedDict(normalize=Normalize(mean, std), **stages)
    layers[HEAD] = nn.Sequential(nn.Dropout(dropout), head) if dropout else head
    return TransferNetwork(layers).train()


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
    learns = _stages_from(model, until)
    for name, stage in model.named_children():
        stage.requires_grad_(name in learns)
        for layer in stage.modules():
            _release(layer, model.training)
            normalizes = isinstance(layer, nn.modules.batchnorm._NormBase)
            if name not in learns or (all_statistics and normalizes):
                _hold(layer)
    model.frozen_until = None if learns == set(model.stages) else until
    return model


def split(model, until=HEAD):
    """Cut a network in two that do the same when run one after the other; they share its layers.

    Parameters
    ----------
    model : TransferNetwork
    until : str
        The first stage of the second part, one of ``model.stages``.

    Returns
    -------
    first, second : nn.Sequential
        With the same names as in the model.

    Raises
    ------
    ValueError
        If there is no such stage.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> split(attach_head(resnet18(), 2))[1]
    Sequential(
      (head): Linear(in_features=512, out_features=2, bias=True)
    )
    """
    learns = _stages_from(model, until)
    parts = OrderedDict(), OrderedDict()
    for name, stage in model.named_children():
        parts[name in learns][name] = stage
    return nn.Sequential(parts[0]), nn.Sequential(parts[1])


def trainable_parameters(model):
    """Count the numbers that training may change.

    Parameters
    ----------
    model : nn.Module

    Returns
    -------
    int
    """
    return count_parameters(model, trainable_only=True)


def parameter_groups(model, learning_rate, backbone_rate=1.0):
    """Sort what may be trained into groups for an optimizer: the head, and all before it with gentler steps.

    Parameters
    ----------
    model : nn.Module
        With a child called "head" unless `backbone_rate` is 1.
    learning_rate : float
        Of the head, above 0.
    backbone_rate : float
        Learning rate of all other layers, as a multiple of the head's; above 0.

    Returns
    -------
    list of dict
        For any optimizer of torch, with ``params`` and ``lr``. Frozen parameters are in none.

    Raises
    ------
    ValueError
        If nothing is left to train, there is no head, or a rate is not above 0.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> groups = parameter_groups(attach_head(resnet18(), 1), 0.01, 0.1)
    >>> [group["lr"] for group in groups]
    [0.001, 0.01]
    """
    for name, rate in (("learning_rate", learning_rate), ("backbone_rate", backbone_rate)):
        if not rate > 0:
            raise ValueError(
                f"{name} is {rate}; it must be above 0 (freeze() what shall not learn)"
            )
    free = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if not free:
        raise ValueError("every parameter is frozen; leave at least the head to be trained")
    if backbone_rate == 1:
        return [{"params": [p for _, p in free], "lr": learning_rate}]
    if not any(name == HEAD for name, _ in model.named_children()):
        raise ValueError(
            f"backbone_rate is {backbone_rate}, but the network has no child called {HEAD!r} that would tell "
            "head and backbone apart; use attach_head(), or 1"
        )
    head = [p for name, p in free if name.startswith(f"{HEAD}.")]
    backbone = [p for name, p in free if not name.startswith(f"{HEAD}.")]
    groups = (backbone, learning_rate * backbone_rate), (head, learning_rate)
    return [{"params": params, "lr": rate} for params, rate in groups if params]


def _stages_from(model, until):
    """Give the names of a stage and all after it."""
    names = model.stages
    if until is None:
        return set(names)
    if until not in names:
        raise ValueError(f"until is {until!r}; this network's stages are {', '.join(names)}")
    return set(names[names.index(until) :])


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

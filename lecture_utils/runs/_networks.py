"""Build the network of a recipe: one of the book's own, or one that builds on a trained network."""

import math

import torch
from torch import nn

from lecture_utils import models
from lecture_utils.runs._recipes import PHOTOS

# What the frozen part makes of a picture is kept on disk if it takes no more bytes than this.
_MOST_BYTES = 250_000


def build(recipe, seed):
    """Build the whole network as it is before training.

    Returns
    -------
    nn.Module
        If the recipe builds on a known network, a `TransferNetwork` that is frozen as it says.
    """
    if recipe.until is None:
        return models.build(recipe.network)
    from lecture_utils.transfer import attach_head, freeze

    # What is random before the head is not among the weights of a run: the seed gives it back.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = attach_head(_backbone(recipe), num_classes=1 if recipe.data == PHOTOS else 10)
    return freeze(model, recipe.until, all_statistics=True)


def learning_part(recipe, network):
    """Give the part that learns, whose weights are kept: of a whole network all that is not frozen."""
    if recipe.until is None:
        return network
    from lecture_utils.transfer import TransferNetwork, split

    is_whole = isinstance(network, TransferNetwork)
    return split(network, recipe.until)[1] if is_whole else network


def trained_part(recipe, whole):
    """Give what is run in every step: the part that learns, and the frozen one only if it must be run each time."""
    return learning_part(recipe, whole) if is_embedded(recipe, whole) else whole


def is_embedded(recipe, whole):
    """Tell whether the frozen part can be run once, before training."""
    if recipe.until is None or recipe.augmentation or recipe.until == whole.stages[0]:
        return False
    from lecture_utils.transfer import split

    frozen = split(whole, recipe.until)[0]
    modes = [(layer, layer.training) for layer in frozen.modules()]
    with torch.inference_mode():
        embedding = frozen.eval()(torch.zeros(1, 3, recipe.image_size, recipe.image_size))
    for layer, mode in modes:
        layer.training = mode
    return 4 * math.prod(embedding.shape) <= _MOST_BYTES


def _backbone(recipe):
    from lecture_utils import pretrained

    if recipe.pretrained:
        return pretrained.load(recipe.network)
    from torchvision.models import get_model_builder

    from lecture_utils.models import efficientnet_lite0

    own = recipe.network == "efficientnet_lite0"
    network = efficientnet_lite0() if own else get_model_builder(recipe.network)(weights=None)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            # With torch's own start the signal fades before it gets through so many layers.
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return network

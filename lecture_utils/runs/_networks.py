"""Build the model of a recipe: one of the book's own, or one based on a pretrained model."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import nn

from lecture_utils import models
from lecture_utils._inspect import evaluating
from lecture_utils.runs._recipe import PHOTOS, Recipe

# The output of the frozen part is cached on disk if it has at most this many bytes per image.
_MOST_BYTES = 250_000


def build(recipe: Recipe, seed: int) -> nn.Module:
    """Build the whole model in its state before training.

    Returns
    -------
    nn.Module
        If the recipe builds on a known model, a `TransferNetwork`, frozen as the recipe specifies.
    """
    if recipe.train_from is None:
        model = models.build(recipe.model, **recipe.model_options)
        if not frozen_layers(model):
            return model
        # A run does not save frozen weights. The seed reproduces random ones.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return models.build(recipe.model, **recipe.model_options)
    from lecture_utils.transfer import attach_head, freeze

    # A run does not save random weights before the head, because the seed reproduces them.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = attach_head(_backbone(recipe), num_classes=1 if recipe.dataset == PHOTOS else 10)
    return freeze(model, recipe.train_from, freeze_bn_stats=True)


def trainable_part(recipe: Recipe, model: nn.Module) -> nn.Module:
    """Return the part that is trained and whose weights are saved: everything not frozen."""
    if recipe.train_from is None:
        frozen = frozen_layers(model)
        return cast(nn.Sequential, model)[frozen:] if frozen else model
    from lecture_utils.transfer import TransferNetwork, split

    is_whole = isinstance(model, TransferNetwork)
    return split(model, recipe.train_from)[1] if is_whole else model


def module_to_fit(recipe: Recipe, whole: nn.Module) -> nn.Module:
    """Return the part that every step runs: the trainable one, and the frozen one if not cached."""
    return trainable_part(recipe, whole) if can_cache_features(recipe, whole) else whole


def can_cache_features(recipe: Recipe, whole: nn.Module) -> bool:
    """Return whether the frozen part can run once before training and its output be cached."""
    if recipe.augmentation and not recipe.augmented_copies:
        return False
    if recipe.train_from is None:
        return frozen_layers(whole) > 0
    from lecture_utils.transfer import TransferNetwork, split

    if not isinstance(whole, TransferNetwork) or recipe.train_from == whole.stages[0]:
        return False
    assert recipe.image_size is not None  # as in all recipes for photos
    frozen, _ = split(whole, recipe.train_from)
    with evaluating(frozen), torch.inference_mode():
        features = frozen(torch.zeros(1, 3, recipe.image_size, recipe.image_size))
    return 4 * math.prod(features.shape) <= _MOST_BYTES


def frozen_layers(model: nn.Module) -> int:
    """Return how many layers at the beginning have the same output in every epoch.

    These are frozen filters and the layers after them, up to the first one that is trained or
    changes in training, as batch normalization does. Without filters, there is nothing to save.
    """
    if not isinstance(model, nn.Sequential):
        return 0
    # Not at the top: loading a run does not need Lightning, which takes seconds to import.
    from lecture_utils.training._forward import CHANGEABLE

    count = 0
    for layer in model:
        if isinstance(layer, CHANGEABLE) or any(p.requires_grad for p in layer.parameters()):
            break
        count += 1
    return count if any(True for _ in model[:count].parameters()) else 0


def _backbone(recipe):
    from lecture_utils import pretrained

    if recipe.pretrained:
        return pretrained.load(recipe.model)
    from torchvision.models import get_model_builder

    own = recipe.model == "efficientnet_lite0"
    model = models.efficientnet_lite0() if own else get_model_builder(recipe.model)(weights=None)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            # With PyTorch's own initialization, the signal fades in so many layers.
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return model

"""Replace what a model has learned by random weights, to see whether an explanation changes."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn

from lecture_utils._validation import whole
from lecture_utils.interpretation._activations import find_layer


def with_random_weights(
    model: nn.Module, layers: str | nn.Module | Sequence[str | nn.Module], seed: int = 0
) -> nn.Module:
    """Copy a model and give some of its layers new random weights.

    Parameters
    ----------
    model : torch.nn.Module
    layers : str, torch.nn.Module, or a list of them
        Each one includes all layers inside it; ``""`` is the whole model.
    seed : int
        Seed of the new weights.

    Returns
    -------
    torch.nn.Module
        A copy, with the weights that PyTorch draws for a new layer (``layer.reset_parameters()``).
        The model and PyTorch's random state are not changed.

    Raises
    ------
    ValueError
        If the model has no such layer, or the layer has no weights to draw.

    References
    ----------
    Adebayo et al., "Sanity checks for saliency maps", arXiv:1810.03292.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    >>> other = with_random_weights(model, "1")
    >>> torch.equal(other[0].weight, model[0].weight)
    True
    >>> torch.equal(other[1].weight, model[1].weight)
    False
    """
    several = [layers] if isinstance(layers, str | nn.Module) else list(layers)
    names = [find_layer(model, layer)[0] for layer in several]
    other = copy.deepcopy(model)
    with torch.random.fork_rng():
        torch.manual_seed(whole("seed", seed))
        for name in names:
            drawn = 0
            for module in other.get_submodule(name).modules():
                if callable(reset := getattr(module, "reset_parameters", None)):
                    reset()
                    drawn += 1
            if not drawn:
                raise ValueError(f"layer {name!r} has no weights that could be drawn again")
    return other

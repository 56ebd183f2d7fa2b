"""Replace what a model has learned by random weights, to see whether an explanation changes."""

from __future__ import annotations

import copy
import math
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
        A copy, with the weights that PyTorch draws for a new layer (``layer.reset_parameters()``,
        or ``layer._reset_parameters()`` in attention layers and transformers). The model and
        PyTorch's random state are not changed.

    Raises
    ------
    ValueError
        If the model has no such layer, the layer has no weights to draw, or a module inside it
        has trained parameters of its own (such as the class token of a vision transformer) but no
        method that draws them.

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
            if not _draw_again(other.get_submodule(name), name):
                raise ValueError(f"layer {name!r} has no weights that could be drawn again")
    return other


def _draw_again(layer: nn.Module, layer_name: str) -> bool:
    """Give a layer and all layers inside it new weights; return whether there were any."""
    # What is still NaN afterwards has not been drawn.
    with torch.no_grad():
        for parameter in layer.parameters():
            if _holds_floats(parameter):
                parameter.fill_(math.nan)
    modules = list(layer.modules())
    resets = [each for m in modules if callable(each := getattr(m, "reset_parameters", None))]
    # From the inside out, as in a constructor: these methods also set weights of layers inside.
    resets += [
        each
        for m in reversed(modules)
        if not callable(getattr(m, "reset_parameters", None))
        and callable(each := getattr(m, "_reset_parameters", None))
    ]
    for reset in resets:
        reset()
    for name, module in layer.named_modules(prefix=layer_name):
        own = [
            parameter_name
            for parameter_name, parameter in module.named_parameters(recurse=False)
            if _holds_floats(parameter) and parameter.isnan().any()
        ]
        if own:
            raise ValueError(
                f"module {name!r} ({type(module).__name__}) has parameters that no method draws "
                f"again: {', '.join(own)}; give its class a method reset_parameters, or pass "
                "layers without it"
            )
    return bool(resets)


def _holds_floats(parameter: nn.Parameter) -> bool:
    # A lazy parameter has no values yet.
    return parameter.is_floating_point() and not nn.parameter.is_lazy(parameter)

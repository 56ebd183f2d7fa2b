"""How strongly a loss pulls at each layer of a model."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def gradient_norms(model: nn.Module, loss: Tensor) -> dict[str, float]:
    """Compute the norm of a loss's gradient for the weights of every convolution and dense layer.

    The model stays as it is: nothing is added to the ``grad`` of its parameters.

    Parameters
    ----------
    model : torch.nn.Module
    loss : tensor
        A scalar that was computed with the model. Its graph is kept, so that several losses of one
        forward pass can be differentiated one after the other.

    Returns
    -------
    dict of float
        From each layer's name to the Euclidean norm of the gradient of its weights (biases not
        included), in the order of the model's modules, for the layers whose weights can be trained.
        A layer that the loss does not depend on has 0.

    Raises
    ------
    ValueError
        If the loss is no scalar, depends on no weight, or there is no such layer.

    Examples
    --------
    >>> layer = nn.Linear(2, 1)
    >>> round(gradient_norms(nn.Sequential(layer), layer(torch.tensor([3.0, 4.0])).sum())["0"], 4)
    5.0
    """
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        raise ValueError(f"loss is {loss!r}; give a tensor that holds one number")
    if not loss.requires_grad:
        raise ValueError(
            "the loss depends on no weight that can be trained; compute it outside of "
            "torch.no_grad()"
        )
    weights = {
        name: module.weight
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.requires_grad
    }
    if not weights:
        raise ValueError("the model has no convolution or dense layer whose weights can be trained")
    gradients = torch.autograd.grad(
        loss, list(weights.values()), retain_graph=True, allow_unused=True
    )
    return {
        # In 64 bits: the squares of vanishing gradients are 0 in 32.
        name: 0.0 if gradient is None else gradient.to("cpu", torch.float64).norm().item()
        for name, gradient in zip(weights, gradients, strict=True)
    }

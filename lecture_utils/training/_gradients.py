"""How large the gradients of a loss are in each layer of a model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Convolutions of all dimensions, including transposed ones, and dense layers.
_WEIGHTED = (nn.modules.conv._ConvNd, nn.Linear)


def gradient_norms(model: nn.Module, loss: Tensor) -> dict[str, float]:
    """Compute the norm of a loss's gradient for the weights of every convolution and dense layer.

    The model is not changed: nothing is added to the ``grad`` of its parameters.

    Parameters
    ----------
    model : torch.nn.Module
    loss : tensor
        A scalar computed with the model. Its graph is kept, so that several losses of one forward
        pass can be differentiated one after the other.

    Returns
    -------
    dict of float
        Maps each layer's name to the Euclidean norm of the gradient of its weights (without
        biases), in the order of the model's modules, for layers with trainable weights. A layer
        that the loss does not depend on has 0.

    Raises
    ------
    ValueError
        If the loss is not a scalar, does not depend on any weight, or there is no such layer.

    Examples
    --------
    >>> layer = nn.Linear(2, 1)
    >>> round(gradient_norms(nn.Sequential(layer), layer(torch.tensor([3.0, 4.0])).sum())["0"], 4)
    5.0
    """
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        raise ValueError(f"loss is {loss!r}; pass a tensor with one number")
    if not loss.requires_grad:
        raise ValueError(
            "the loss does not depend on any trainable weight; compute it outside of "
            "torch.no_grad()"
        )
    weights = {
        name: module.weight
        for name, module in model.named_modules()
        if isinstance(module, _WEIGHTED) and module.weight.requires_grad
    }
    if not weights:
        raise ValueError("the model has no convolution or dense layer whose weights can be trained")
    gradients = torch.autograd.grad(
        loss, list(weights.values()), retain_graph=True, allow_unused=True
    )
    return {
        # In 64 bits: in 32 bits, the squares of vanishing gradients are 0.
        name: 0.0 if gradient is None else gradient.to("cpu", torch.float64).norm().item()
        for name, gradient in zip(weights, gradients, strict=True)
    }

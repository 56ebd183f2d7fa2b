"""The number of a model's parameters, and of multiplications for one image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def count_parameters(model: nn.Module, trainable_only: bool = False) -> int:
    """Count the weights and biases of a model.

    Parameters
    ----------
    model : torch.nn.Module
    trainable_only : bool
        Whether to leave out frozen parameters (``requires_grad=False``).

    Returns
    -------
    int
        A parameter shared by several layers counts once. Buffers, such as the running mean of a
        batch normalization, are not parameters.

    Raises
    ------
    ValueError
        If a lazy layer does not know its size yet.

    Examples
    --------
    >>> from torch import nn
    >>> count_parameters(nn.Conv2d(3, 8, kernel_size=3))  # 8 * (3 * 3 * 3 weights + 1 bias)
    224
    """
    from torch.nn.parameter import is_lazy

    parameters = list(model.named_parameters())
    for name, parameter in parameters:
        if is_lazy(parameter):
            raise ValueError(f"{name} has no size yet; run one image through the model first")
    return sum(p.numel() for _, p in parameters if p.requires_grad or not trainable_only)


def count_macs(model: nn.Module, input_size: Sequence[int], count_bias: bool = False) -> int:
    """Count the multiply-accumulate operations of convolutions and linear layers for one image.

    A convolution uses every weight once at each output position. Normalization, activation and
    pooling are left out: they cost little in comparison.

    Parameters
    ----------
    model : torch.nn.Module
        Layers must be modules: a ``torch.nn.functional.conv2d`` in a forward method is not counted.
    input_size : tuple of int
        Size of one image, usually (C, H, W); torchinfo's form (1, C, H, W) is also accepted. For
        models with 3-D convolutions always without the batch axis, (C, D, H, W).
    count_bias : bool
        Whether to count the addition of a bias as one more operation per output value.

    Returns
    -------
    int
        Operations. Many papers report twice this number as FLOPs.

    Raises
    ------
    ValueError
        If this function has no rule for a layer with weights, or the model does not accept
        `input_size`.

    Examples
    --------
    >>> from torch import nn
    >>> count_macs(nn.Conv2d(3, 8, kernel_size=3), (3, 32, 32))  # 30 * 30 * 8 * 3 * 3 * 3
    194400
    """
    import torch
    from torch import nn
    from torch.nn.modules.batchnorm import _NormBase

    from lecture_utils._inspect import evaluating, first_convolution
    from lecture_utils._validation import as_one_image, as_sizes

    volumes = any(isinstance(layer, nn.Conv3d) for layer in model.modules())
    size = (as_sizes if volumes else as_one_image)(input_size, "input_size")
    counted = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
    ignored = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.PReLU)
    macs = 0

    def count(layer, _, output):
        nonlocal macs
        # One image: every value of the output is a sum over the weights of its own filter.
        macs += output.numel() * math.prod(layer.weight.shape[1:])
        if count_bias and layer.bias is not None:
            macs += output.numel()

    hooks = []
    try:
        for name, layer in model.named_modules():
            if isinstance(layer, counted):
                hooks.append(layer.register_forward_hook(count))
            elif not isinstance(layer, ignored) and list(layer.parameters(recurse=False)):
                raise ValueError(
                    f"{name or 'the model'} is a {type(layer).__name__}, for which there is no "
                    "rule here; use a model of convolutions and linear layers"
                )
        like = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
        if len(size) == 3 and (first := first_convolution(model, size[1:], size[0])) is not None:
            like = first[1].weight
        image = torch.zeros(1, *size, dtype=like.dtype, device=like.device)
        with evaluating(model), torch.no_grad():
            model(image)
    except RuntimeError as error:
        raise ValueError(f"the model does not accept an image of size {size}: {error}") from error
    finally:
        for hook in hooks:
            hook.remove()
    return macs

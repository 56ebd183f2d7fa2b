"""Which layers of any network to inspect, and how large their receptive fields are."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from lecture_utils._inspect import evaluating, output_of


def filter_layers(model: nn.Module) -> tuple[str, ...]:
    """List the layers whose filters are worth inspecting.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    tuple of str
        In a network of inverted bottlenecks, every 1x1 convolution that expands the channels for
        the depthwise convolution after it. In other networks, every convolution larger than 1x1
        that mixes channels. The name is that of the batch normalization after it, if there is one.

    Examples
    --------
    >>> filter_layers(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 9, 1)))
    ('1',)
    """
    leaves = [(name, module) for name, module in model.named_modules() if not _children(module)]
    convolutions = [i for i, (_, module) in enumerate(leaves) if isinstance(module, nn.Conv2d)]
    expanding = [
        i for i, following in pairwise(convolutions) if _expands(leaves[i][1], leaves[following][1])
    ]
    spatial = [i for i in convolutions if _mixes(leaves[i][1])]
    return tuple(_normalized(leaves, i) for i in expanding or spatial)


def _children(module):
    return next(module.children(), None) is not None


def _expands(layer, following):
    return (
        layer.kernel_size == (1, 1)
        and layer.out_channels > layer.in_channels
        and following.groups == following.in_channels == layer.out_channels
    )


def _mixes(layer):
    return max(layer.kernel_size) > 1 and layer.groups < layer.out_channels


def _normalized(leaves, at):
    """Return the name of the batch normalization after a convolution, or the convolution's own."""
    following = leaves[at + 1][1] if at + 1 < len(leaves) else None
    channels = leaves[at][1].out_channels
    own = isinstance(following, nn.BatchNorm2d) and following.num_features == channels
    return leaves[at + 1 if own else at][0]


def measured_field(model: nn.Module, layer: str, side: int) -> int:
    """Measure the receptive field of a layer: the reach of the gradient of its center value.

    Unlike arithmetic with kernels and strides, this works for shortcuts and branches as well.

    Parameters
    ----------
    model : torch.nn.Module
        A model for color images.
    layer : str
        A layer that outputs feature maps.
    side : int
        Side of the images in pixels.

    Returns
    -------
    int
        Side of a square in pixels, at most `side`.

    Examples
    --------
    >>> measured_field(nn.Sequential(nn.Conv2d(3, 4, 5)), "0", 32)
    5
    """
    generator = torch.Generator().manual_seed(0)
    weight = next(model.parameters())
    # Several images, because a ReLU that outputs 0 blocks the gradient.
    images = torch.randn(4, 3, side, side, generator=generator).to(weight.device, weight.dtype)
    images.requires_grad_()
    with evaluating(model), torch.enable_grad():
        maps = output_of(model, layer, images)
        middle = maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]
        (gradient,) = torch.autograd.grad(middle.sum(), images)
    reached = gradient.abs().amax(dim=(0, 1)) > 0
    extents = [reached.any(dim=dim).nonzero().flatten() for dim in (0, 1)]
    return max(int(at[-1] - at[0]) + 1 if len(at) else 1 for at in extents)

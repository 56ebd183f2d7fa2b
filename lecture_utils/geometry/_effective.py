"""How much each pixel of a receptive field actually matters, measured by gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lecture_utils._inspect import evaluating, first_convolution, output_of
from lecture_utils._validation import as_pair, whole

if TYPE_CHECKING:
    from torch import nn


def effective_receptive_field(
    model: nn.Module,
    layer: str | None = None,
    *,
    image_size: int | tuple[int, int] = 64,
    channels: int | None = None,
    n_images: int = 16,
    output: int | tuple[int, int] | None = None,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Measure how much each input pixel matters to one output, using gradients.

    At one output position, the channels are summed, and the sum is differentiated with respect to
    the pixels of random images. The result averages the absolute gradients.

    Parameters
    ----------
    model : torch.nn.Module
        Used in evaluation mode; its parameters and their gradients are not changed.
    layer : str, optional
        Module path of the layer, such as ``"layer2.0.conv1"``. By default the model's output. The
        layer must output feature maps, (N, C, H, W).
    image_size : int or pair of int
        Height and width of the random images.
    channels : int, optional
        Channels of the images; by default as many as the first convolution reached accepts.
    n_images : int
        Number of images (with normally distributed pixels) to average over.
    output : pair of int, optional
        Row and column of the output; by default the center.
    seed : int
        Seed of the random images.

    Returns
    -------
    ndarray of float64, shape (H, W)
        Weights with sum 1; all zeros if no pixel matters.

    Raises
    ------
    ValueError
        If the layer does not exist or outputs no feature maps, or `output` lies outside them.

    References
    ----------
    Luo, Li, Urtasun and Zemel, "Understanding the effective receptive field in deep convolutional
    neural networks", NeurIPS 2016, arXiv:1701.04128.

    Examples
    --------
    >>> from torch import nn
    >>> weights = effective_receptive_field(nn.Conv2d(1, 1, 3), image_size=9)
    >>> int((weights > 0).sum())
    9
    """
    import torch

    size = as_pair(image_size, "image_size", 1)
    n_images, seed = whole("n_images", n_images, 1), whole("seed", seed)
    channels = None if channels is None else whole("channels", channels, 1)
    first = first_convolution(model, size, channels)
    like = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    if first is not None:
        channels, like = first[0], first[1].weight
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(n_images, channels or 1, *size, generator=generator)
    images = images.to(like.device, like.dtype).requires_grad_()
    with evaluating(model), torch.enable_grad():
        maps = output_of(model, layer, images)
        if not isinstance(maps, torch.Tensor) or maps.ndim != 4:
            shape = tuple(getattr(maps, "shape", ()))
            raise ValueError(
                f"{layer or 'the model'} outputs shape {shape}, not feature maps (N, C, H, W); "
                "name a convolution or pooling layer as `layer`"
            )
        height, width = maps.shape[2:]
        row, column = (height // 2, width // 2) if output is None else as_pair(output, "output")
        if row >= height or column >= width:
            raise ValueError(f"output is {output!r}, but the maps are only {(height, width)}")
        (gradient,) = torch.autograd.grad(maps[:, :, row, column].sum(), images)
    weights = gradient.abs().double().mean(dim=(0, 1)).cpu().numpy()
    return weights / (weights.sum() or 1)

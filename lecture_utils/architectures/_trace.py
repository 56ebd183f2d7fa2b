"""Follow a network through its forward pass and put the tree of its blocks together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lecture_utils._validation import is_whole
from lecture_utils.architectures._block import Block
from lecture_utils.architectures._hooks import tree_by_hooks
from lecture_utils.architectures._steps import TracingError, record_steps
from lecture_utils.architectures._tree import build_tree

if TYPE_CHECKING:
    from torch import nn


def trace(model: nn.Module, image_size: int | Sequence[int]) -> Block:
    """Take a network apart into a tree of blocks, from the network down to single layers.

    The tree follows the network's modules. Where data takes several paths at once, these are
    branches. A convolution and the normalization and activation after it are one block, and so are
    loose layers up to the next pooling.

    Parameters
    ----------
    model : torch.nn.Module
        Any network that takes one batch of images. It stays as it is.
    image_size : int, (int, int) or (int, int, int)
        Height and width in pixels, or (C, H, W). Without C there are as many channels as the
        network's first convolution takes.

    Returns
    -------
    Block
        The whole network; its counts are those of a prediction for one image. If ``torch.fx``
        cannot follow the network, its ``note`` says what is missing.

    Raises
    ------
    ValueError
        If the image size is none, or such an image does not go through the network.

    Examples
    --------
    >>> from lecture_utils.architectures import load
    >>> tree = trace(*load("resnet50"))
    >>> tree.parameters
    25557032
    >>> tree.find("layer2.0.downsample.0").label
    'Conv 1×1, stride 2'
    """
    if not hasattr(model, "named_modules"):
        raise ValueError(f"model is {model!r}; give a torch.nn.Module")
    shape = _image_shape(model, image_size)
    try:
        steps = record_steps(model, shape)
    except TracingError as error:
        return tree_by_hooks(model, shape, str(error))
    if not steps:
        raise ValueError(f"the forward pass of this {type(model).__name__} has no step")
    return build_tree(model, steps)


def _image_shape(model: nn.Module, image_size: int | Sequence[int]) -> tuple[int, ...]:
    from torch import nn

    shape: tuple[Any, ...] = (
        tuple(image_size) if isinstance(image_size, (tuple, list)) else (image_size, image_size)
    )
    if len(shape) not in (2, 3) or not all(is_whole(n) and n > 0 for n in shape):
        raise ValueError(
            f"image_size is {image_size!r}; give a number of pixels, (height, width), or "
            "(channels, height, width)"
        )
    if len(shape) == 3:
        return shape
    first = next((part for part in model.modules() if isinstance(part, nn.Conv2d)), None)
    if first is None:
        raise ValueError(
            "the network has no convolution that says how many channels an image has; give "
            "image_size=(channels, height, width)"
        )
    return first.in_channels, *shape

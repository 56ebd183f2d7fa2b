"""Trace a network's forward pass and assemble the tree of its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lecture_utils._inspect import first_convolution
from lecture_utils._validation import as_one_image
from lecture_utils.architectures._block import Block
from lecture_utils.architectures._hooks import tree_by_hooks
from lecture_utils.architectures._steps import TracingError, record_steps
from lecture_utils.architectures._tree import build_tree

if TYPE_CHECKING:
    from torch import nn


def trace(model: nn.Module, image_size: int | Sequence[int]) -> Block:
    """Take a network apart into a tree of blocks, from the network down to single layers.

    The tree follows the network's modules. Where data flows along several paths, these become
    branches. A convolution and the normalization and activation after it form one block, and so do
    top-level layers up to the next pooling layer.

    Parameters
    ----------
    model : torch.nn.Module
        Any network that takes one batch of images. It is not changed.
    image_size : int, (int, int) or (int, int, int)
        Height and width in pixels, or (C, H, W), or (1, C, H, W). Without C, the image has as many
        channels as the first convolution that it reaches accepts.

    Returns
    -------
    Block
        The whole network; its counts are those of a prediction for one image. If ``torch.fx``
        cannot trace the network, its ``note`` explains what is missing.

    Raises
    ------
    ValueError
        If the image size is invalid, or the network does not accept such an image.

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
        raise ValueError(f"the forward pass of this {type(model).__name__} has no steps")
    return build_tree(model, steps)


def _image_shape(model: nn.Module, image_size: int | Sequence[int]) -> tuple[int, ...]:
    from torch import nn

    shape: tuple[int, ...] = ()
    try:
        shape = as_one_image(image_size, "image_size")
    except ValueError as error:
        if "batch" in str(error):
            raise
    if len(shape) == 1:
        shape = (shape[0], shape[0])
    if len(shape) not in (2, 3):
        raise ValueError(
            f"image_size is {image_size!r}; give a number of pixels, (height, width), or "
            "(channels, height, width)"
        )
    if len(shape) == 3:
        convolutions = any(isinstance(part, nn.Conv2d) for part in model.modules())
        with_batch = len(tuple(image_size)) == 4 if isinstance(image_size, Sequence) else False
        if (
            with_batch
            and convolutions
            and not first_convolution(model, (shape[1], shape[2]), shape[0])
        ):
            raise ValueError(
                f"image_size is {image_size!r}; the network does not accept {shape[0]} channels"
            )
        return shape
    height, width = list(shape)
    first = first_convolution(model, (height, width))
    if first is None:
        raise ValueError(
            "the network has no convolution that shows how many channels an image has; give "
            "image_size=(channels, height, width)"
        )
    return first[0], height, width

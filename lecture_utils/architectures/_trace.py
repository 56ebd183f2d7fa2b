"""Follow a network through its forward pass and put the tree of its blocks together."""

from lecture_utils.architectures._hooks import tree_by_hooks
from lecture_utils.architectures._steps import TracingError, record_steps
from lecture_utils.architectures._tree import build_tree


def trace(module, image_size):
    """Take a network apart into a tree of blocks, from the network down to single layers.

    The tree follows the network's modules. Where data goes several ways at once, the ways are branches.
    A convolution and the normalization and activation after it are one block, and so are loose layers
    up to the next pooling.

    Parameters
    ----------
    module : torch.nn.Module
        Any network that takes one batch of images. It stays as it is.
    image_size : int, (int, int) or (int, int, int)
        Height and width in pixels, or (C, H, W). Without C there are as many channels as the network's
        first convolution takes.

    Returns
    -------
    Block
        The whole network; its numbers are those of a prediction for one image. If ``torch.fx`` cannot
        follow the network, its `note` says what is missing.

    Raises
    ------
    ValueError
        If the image size is none, or such an image does not go through the network.

    Examples
    --------
    >>> tree = trace(*load("resnet50"))
    >>> tree.parameters
    25557032
    >>> tree.find("layer2.0.downsample.0").label
    'Conv 1×1, stride 2'
    """
    if not hasattr(module, "named_modules"):
        raise ValueError(f"module is {module!r}; give a torch.nn.Module")
    shape = _image_shape(module, image_size)
    try:
        steps = record_steps(module, shape)
    except TracingError as error:
        return tree_by_hooks(module, shape, str(error))
    if not steps:
        raise ValueError(f"the forward pass of this {type(module).__name__} has no step")
    return build_tree(module, steps)


def _image_shape(module, image_size):
    from torch import nn

    shape = tuple(image_size) if isinstance(image_size, (tuple, list)) else (image_size, image_size)
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in shape)
    if not whole or len(shape) not in (2, 3):
        raise ValueError(
            f"image_size is {image_size!r}; give a number of pixels, (height, width), or (channels, "
            "height, width)"
        )
    if len(shape) == 3:
        return shape
    first = next((part for part in module.modules() if isinstance(part, nn.Conv2d)), None)
    if first is None:
        raise ValueError(
            "the network has no convolution that says how many channels an image has; give "
            "image_size=(channels, height, width)"
        )
    return first.in_channels, *shape

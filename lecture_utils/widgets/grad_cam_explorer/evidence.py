"""The evidence for each class: Grad-CAM's weights, and occlusion, for all classes at once.

Grad-CAM weighs a channel by the gradient of the class's logit, averaged over the h*w positions of
the map. That average is how much the logit grows if the whole channel is raised by one, divided by
h*w: a derivative along one direction. Forward-mode differentiation follows a direction through the
rest of the network to the logits of *all* classes. So K passes, one per channel, replace one
backward pass for each of 1,000 classes.
"""

import warnings

import torch


def channel_weights(after, maps, chunk=16):
    """Compute Grad-CAM's weights for all classes.

    Parameters
    ----------
    after : nn.Module
        From the layer's maps to the logits; in evaluation mode.
    maps : Tensor, shape (1, K, h, w)
        The layer's output for one image.
    chunk : int
        How many channels are followed at once.

    Returns
    -------
    Tensor, shape (classes, K)
        Row c: the gradient of logit c with respect to each channel, averaged over its positions.

    Examples
    --------
    >>> from torch import nn
    >>> after = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5))
    >>> weights = channel_weights(after, torch.rand(1, 3, 2, 2))
    >>> bool(torch.allclose(weights * 4, after[2].weight))
    True
    """
    _, channels, height, width = maps.shape

    def follow(direction):
        return torch.func.jvp(after, (maps,), (direction,))[1][0]

    weights = []
    with torch.no_grad(), warnings.catch_warnings():
        # PyTorch warns about its own code when it first loads forward mode.
        warnings.filterwarnings("ignore", ".*torch.jit.script", FutureWarning)
        for start in range(0, channels, chunk):
            raised = torch.arange(start, min(start + chunk, channels))
            directions = torch.zeros(len(raised), *maps.shape)
            directions[torch.arange(len(raised)), 0, raised] = 1
            weights.append(torch.func.vmap(follow)(directions))
    return torch.cat(weights).T / (height * width)


def occlusion_falls(model, image, window, stride):
    """Measure occlusion for all classes; `lecture_utils.interpretation.occlusion` does it for one.

    Parameters
    ----------
    model : nn.Module
    image : Tensor, shape (1, 3, S, S)
        Normalized.
    window, stride : int
        Side of the gray cover and how far it moves, in pixels. S and the window are multiples of
        the stride.

    Returns
    -------
    Tensor, shape (classes, S / stride, S / stride)
        Per cell of ``stride`` pixels, the fall of the logit, averaged over the covers that lie over
        the cell.

    Raises
    ------
    ValueError
        If the stride does not divide both the side of the image and that of the window.
    """
    size = image.shape[-1]
    if size % stride or window % stride:
        raise ValueError(
            f"a window of {window} that moves by {stride} does not cover {size} pixels evenly; use "
            "a stride that divides both"
        )
    cells, covered = size // stride, window // stride
    positions = range(cells - covered + 1)
    falls, times = 0, torch.zeros(cells, cells)
    with torch.inference_mode():
        logits = model(image)[0]
        for i in positions:
            row = image.repeat(len(positions), 1, 1, 1)
            for j in positions:
                row[j, :, i * stride : i * stride + window, j * stride : j * stride + window] = 0
            for j, left in enumerate(model(row)):
                here = torch.zeros(cells, cells)
                here[i : i + covered, j : j + covered] = 1
                falls = falls + (logits - left)[:, None, None] * here
                times += here
    return falls / times

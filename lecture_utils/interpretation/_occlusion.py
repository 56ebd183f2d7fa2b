"""Cover an image piece by piece, and measure how much the logit of a class falls."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from lecture_utils._inspect import evaluating
from lecture_utils._validation import as_pair, whole
from lecture_utils._validation.batches import run_model
from lecture_utils.interpretation._activations import check_images
from lecture_utils.interpretation._grad_cam import class_scores


def occlusion(
    model: nn.Module,
    images: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
    *,
    window: int | tuple[int, int] = 32,
    stride: int | tuple[int, int] | None = None,
    fill: float | Sequence[float] | torch.Tensor = 0.0,
    batch_size: int = 32,
) -> torch.Tensor:
    """Measure how much a class's logit falls when a part of the image is covered.

    Parameters
    ----------
    model : torch.nn.Module
        As for `grad_cam`.
    images : torch.Tensor of float, shape (N, C, H, W)
        Normalized as the model expects.
    class_index : int, or N of them, optional
        As for `grad_cam`; by default the class that the model predicts for the uncovered image.
    window : int or pair of int
        Height and width of the cover in pixels, at most those of the image.
    stride : int or pair of int, optional
        Step of the cover in pixels, at most its own size, so that every pixel is covered. By
        default half its size.
    fill : float, or C of them
        Value of the cover, in the model's normalized units. 0 is gray if the normalization
        subtracts the mean.
    batch_size : int
        Number of covered images per forward pass.

    Returns
    -------
    torch.Tensor, shape (N, H, W)
        For each pixel, the fall of the logit, averaged over all window positions that cover it.
        Negative where covering raises the logit of the class.

    Raises
    ------
    ValueError
        If an argument has an invalid shape or value.

    Notes
    -----
    The method costs one forward pass per position, but needs no gradient: it measures the model
    itself, and so checks maps such as those of `grad_cam`, which are only estimates. A window that
    extends past the right or bottom edge is cut off there.

    References
    ----------
    Zeiler and Fergus, "Visualizing and understanding convolutional networks", arXiv:1311.2901,
    section 4.2.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2))
    >>> occlusion(model, torch.ones(1, 1, 4, 4), 0, window=2).shape
    torch.Size([1, 4, 4])
    """
    check_images(model, images)
    height, width = images.shape[2:]
    size = as_pair(window, "window", minimum=1)
    half = (max(1, size[0] // 2), max(1, size[1] // 2))
    step = half if stride is None else as_pair(stride, "stride", minimum=1)
    if size[0] > height or size[1] > width:
        raise ValueError(
            f"window is {window!r}; it must fit into images of {height} x {width} pixels"
        )
    if step[0] > size[0] or step[1] > size[1]:
        raise ValueError(f"stride is {stride!r}; it must be at most the window, {window!r}")
    batch_size = whole("batch_size", batch_size, 1)
    cover = cover_of(fill, images)
    boxes = [
        (slice(top, top + size[0]), slice(left, left + size[1]))
        for top in _positions(height, size[0], step[0])
        for left in _positions(width, size[1], step[1])
    ]
    with evaluating(model), torch.no_grad():
        scores, chosen = class_scores(run_model(model, images), class_index, len(images))
        return torch.stack(
            [
                _average_fall(model, image, index, score, boxes, cover, batch_size)
                for image, index, score in zip(images, chosen, scores, strict=True)
            ]
        )


def _average_fall(model, image, index, score, boxes, cover, batch_size):
    falls, times = torch.zeros_like(image[0]), torch.zeros_like(image[0])
    for start in range(0, len(boxes), batch_size):
        some = boxes[start : start + batch_size]
        covered = image.repeat(len(some), 1, 1, 1)
        for copy, (rows, columns) in zip(covered, some, strict=True):
            copy[:, rows, columns] = cover
        left, _ = class_scores(run_model(model, covered), index, len(covered))
        for (rows, columns), fall in zip(some, score - left, strict=True):
            falls[rows, columns] += fall
            times[rows, columns] += 1
    return falls / times


def _positions(length, size, step):
    """List the start positions of the window; the last one reaches the edge."""
    return range(0, length - size + step, step)


def cover_of(fill, images):
    channels = images.shape[1]
    try:
        cover = torch.as_tensor(fill, dtype=images.dtype, device=images.device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"fill is {fill!r}; pass a number, or one for each channel") from error
    if cover.shape not in ((), (channels,)) or not cover.isfinite().all():
        raise ValueError(
            f"fill is {fill!r}; pass a number, or {channels} of them, one for each channel"
        )
    return cover.expand(channels)[:, None, None]

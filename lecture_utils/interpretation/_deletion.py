"""Delete an image cell by cell, in the order that a map suggests, and measure the logit."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from lecture_utils._inspect import evaluating
from lecture_utils._validation import whole
from lecture_utils._validation.batches import run_model
from lecture_utils.interpretation._activations import check_images
from lecture_utils.interpretation._grad_cam import class_scores
from lecture_utils.interpretation._occlusion import cover_of


def deletion_curve(
    model: nn.Module,
    images: torch.Tensor,
    evidence: torch.Tensor,
    class_index: int | Sequence[int] | torch.Tensor | None = None,
    *,
    steps: int | None = None,
    fill: float | Sequence[float] | torch.Tensor = 0.0,
    batch_size: int = 32,
) -> torch.Tensor:
    """Cover the cells of an image one after the other, starting with the strongest evidence.

    Parameters
    ----------
    model, images : torch.nn.Module, torch.Tensor of shape (N, C, H, W)
        As for `grad_cam`.
    evidence : torch.Tensor, shape (N, h, w), or (h, w) for all images
        Divides the image into h x w cells and ranks them. Of equal cells, the first one in row
        order is covered first. For a random order, pass random numbers.
    class_index : int, or N of them, optional
        As for `grad_cam`; by default the class that the model predicts for the complete image.
    steps : int, optional
        Number of equally spaced points at which the logit is measured, at most one per cell. By
        default after each cell.
    fill : float, or C of them
        As for `occlusion`.
    batch_size : int
        Number of covered images per forward pass.

    Returns
    -------
    torch.Tensor, shape (N, steps + 1)
        The logit, from the complete image to the fully covered one.

    Raises
    ------
    ValueError
        If an argument has an invalid shape or value.

    Notes
    -----
    The model was not trained on images with holes. So compare with a random order of the same
    cells, whose images have equally many holes.

    References
    ----------
    Samek et al., "Evaluating the visualization of what a deep neural network has learned",
    arXiv:1509.06321.

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    >>> deletion_curve(model, torch.ones(1, 1, 4, 4), torch.rand(2, 2), 0).shape
    torch.Size([1, 5])
    """
    check_images(model, images)
    height, width = images.shape[2:]
    ranks = torch.as_tensor(evidence).to(images.device)
    if ranks.ndim == 2:
        ranks = ranks.expand(len(images), -1, -1)
    if ranks.ndim != 3 or len(ranks) != len(images) or not ranks.numel():
        raise ValueError(
            f"evidence has shape {tuple(ranks.shape)}; pass (h, w), or ({len(images)}, h, w) with "
            "one map for each image"
        )
    rows, columns = ranks.shape[1:]
    if rows > height or columns > width:
        raise ValueError(
            f"evidence has {rows} x {columns} cells; the images have {height} x {width} pixels"
        )
    if not ranks.isfinite().all():
        raise ValueError("evidence has values that are not finite")
    cells = rows * columns
    steps = cells if steps is None else whole("steps", steps, 1)
    if steps > cells:
        raise ValueError(f"steps is {steps}; there are only {cells} cells to cover")
    # The rank of each cell in the order, and the cell of each pixel.
    order = ranks.flatten(1).argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    row = torch.arange(height, device=images.device) * rows // height
    column = torch.arange(width, device=images.device) * columns // width
    when = order.view(-1, rows, columns)[:, row][:, :, column]
    counts = torch.linspace(0, cells, steps + 1).round().long().tolist()
    cover = cover_of(fill, images)
    with evaluating(model), torch.no_grad():
        _, chosen = class_scores(run_model(model, images), class_index, len(images))
        curves = []
        for image, ranked, index in zip(images, when, chosen, strict=True):
            gone = torch.stack([ranked < count for count in counts])[:, None]
            covered = torch.where(gone, cover, image)
            curves.append(
                torch.cat(
                    [
                        class_scores(run_model(model, some), index, len(some))[0]
                        for some in covered.split(whole("batch_size", batch_size, 1))
                    ]
                )
            )
    return torch.stack(curves)

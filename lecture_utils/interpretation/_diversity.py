"""How similar the images for the same channel are, as seen by the network."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def similarity(maps: torch.Tensor, channels: Sequence[int]) -> torch.Tensor:
    """Compare each image with the others for its channel by the Gram matrices of their maps.

    Parameters
    ----------
    maps : torch.Tensor, shape (N, K, h, w)
    channels : sequence of int
        The channel of each image.

    Returns
    -------
    torch.Tensor, shape (N,)
        Mean cosine with the others, -1 to 1; 0 for an image that is the only one of its channel.

    Examples
    --------
    >>> maps = torch.eye(2).reshape(2, 2, 1, 1)
    >>> similarity(maps, [3, 3])
    tensor([0., 0.])
    """
    features = maps.flatten(2)
    same = torch.tensor(channels)[:, None] == torch.tensor(channels)
    same = same.fill_diagonal_(False).to(maps.device)
    result = maps.new_zeros(len(maps))
    if not same.any():
        return result
    first, second = same.nonzero(as_tuple=True)
    # The product of two Gram matrices is the sum of the squares of F^T G: with few positions, that
    # is much smaller than a matrix of all pairs of channels.
    if features.shape[2] < features.shape[1]:
        products = (features[first].transpose(1, 2) @ features[second]).square().sum(dim=(1, 2))
        own = (features.transpose(1, 2) @ features).square().sum(dim=(1, 2)).sqrt()
    else:
        gram = features @ features.transpose(1, 2)
        products = (gram[first] * gram[second]).sum(dim=(1, 2))
        own = gram.square().sum(dim=(1, 2)).sqrt()
    cosine = products / (own[first] * own[second]).clamp_min(1e-12)
    return result.index_add(0, first, cosine) / same.sum(dim=1).clamp_min(1)

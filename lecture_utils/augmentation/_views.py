"""Views of the same photos, over which a model's outputs are averaged (test-time augmentation)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor
from torch.nn import functional


def closer(images: Tensor) -> Tensor:
    """Cut off one sixteenth at each side and enlarge the rest to the original size.

    Parameters
    ----------
    images : tensor of float, shape (N, C, H, W)
        Values of any range.

    Returns
    -------
    tensor of float, shape (N, C, H, W)

    Examples
    --------
    >>> import torch
    >>> closer(torch.rand(2, 3, 96, 64)).shape
    torch.Size([2, 3, 96, 64])
    """
    height, width = images.shape[-2:]
    top, left = height // 16, width // 16
    inner = images[..., top : height - top, left : width - left]
    return functional.interpolate(inner, size=(height, width), mode="bilinear")


#: Views that do not change a photo's label: name, and the function that computes them from
#: float images of shape (N, C, H, W).
VIEWS: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "as it is": lambda images: images,
        "mirrored": lambda images: images.flip(-1),
        "closer": closer,
        "closer, mirrored": lambda images: closer(images).flip(-1),
    }
)

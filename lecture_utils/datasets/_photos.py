"""The photos that ship inside scikit-image, ready to be plotted or convolved."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils._validation import as_pair

# Name here: name in skimage.data. Only files inside the installed wheel, so that no call uses the
# network.
_PHOTOS = {
    "astronaut": "astronaut",
    "brick": "brick",
    "camera": "camera",
    "cat": "chelsea",
    "cell": "cell",
    "clock": "clock",
    "coffee": "coffee",
    "coins": "coins",
    "grass": "grass",
    "gravel": "gravel",
    "hubble": "hubble_deep_field",
    "moon": "moon",
    "motorcycle": "stereo_motorcycle",
    "page": "page",
    "retina": "retina",
    "rocket": "rocket",
    "text": "text",
    "tissue": "immunohistochemistry",
}


def photo_names() -> list[str]:
    """List the names that `photo` accepts.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> "cat" in photo_names()
    True
    """
    return list(_PHOTOS)


def photo(
    name: str, size: int | tuple[int, int] | None = None, gray: bool = False
) -> NDArray[np.uint8]:
    """Load one of scikit-image's photos.

    Parameters
    ----------
    name : str
        One of `photo_names`.
    size : int or pair of int, optional
        Height and width in pixels (a single number: a square). The largest centered region with
        this aspect ratio is cut out and resized with anti-aliasing, so that nothing looks squashed.
    gray : bool
        Whether to convert color to brightness (0.2125 R + 0.7154 G + 0.0721 B).

    Returns
    -------
    ndarray of uint8, shape (H, W) or (H, W, 3)
        Some photos are gray from the start and have no third axis.

    Raises
    ------
    ValueError
        If there is no such photo (the message suggests similar names) or `size` is below 1.

    Examples
    --------
    >>> photo("cat", size=(64, 96)).shape
    (64, 96, 3)
    """
    if name not in _PHOTOS:
        near = get_close_matches(str(name).lower(), _PHOTOS, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"use one of {', '.join(_PHOTOS)}"
        raise ValueError(f"there is no photo {name!r}; {hint}")
    target = None if size is None else as_pair(size, "size", minimum=1)

    import skimage.data
    from skimage.color import rgb2gray

    image: Any = getattr(skimage.data, _PHOTOS[name])()
    if isinstance(image, tuple):
        image = image[0]  # the left image of a stereo pair
    if gray and image.ndim == 3:
        image = _as_bytes(rgb2gray(image))
    return image if target is None else _fill(image, target)


def _fill(image, target):
    """Cut out the centered region with the aspect ratio of `target` and resize it."""
    from skimage.transform import resize

    height, width = image.shape[:2]
    scale = min(height / target[0], width / target[1])
    crop = [max(1, round(scale * length)) for length in target]
    top, left = (height - crop[0]) // 2, (width - crop[1]) // 2
    part = image[top : top + crop[0], left : left + crop[1]]
    if part.shape[:2] == target:
        return part.copy()
    return _as_bytes(resize(part, (*target, *image.shape[2:]), anti_aliasing=True))


def _as_bytes(image):
    return np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)

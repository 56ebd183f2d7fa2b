"""The small gallery of images that travels with a demo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils import datasets
from lecture_utils.datasets import SHAPES, draw_shape


@dataclass(frozen=True, eq=False)
class GalleryImage:
    """One image of a gallery.

    Attributes
    ----------
    name : str
        What the reader sees.
    image : ndarray of uint8, shape (H, W)
        Brightness from 0 to 255.
    group : str
        Where it belongs, for example "Fashion-MNIST".
    imports, code : str
        Python that gives the same image with values from 0 to 1; empty where there is none.
    """

    name: str
    image: NDArray[np.uint8]
    group: str = ""
    imports: str = ""
    code: str = ""


def shapes(names: Iterable[str] = SHAPES) -> list[GalleryImage]:
    """Return the drawn shapes as images."""
    return [
        GalleryImage(
            name,
            np.rint(draw_shape(name) * 255).astype(np.uint8),
            "a drawn shape",
            "from lecture_utils.datasets import draw_shape",
            f'draw_shape("{name}")',
        )
        for name in names
    ]


def fashion(labels: Iterable[int] = range(10)) -> list[GalleryImage]:
    """Return a typical image of each Fashion-MNIST class in `labels`."""
    examples = datasets.fashion_mnist_examples()
    return [
        GalleryImage(
            datasets.FASHION_MNIST_CLASSES[label],
            examples[label],
            "Fashion-MNIST",
            "from lecture_utils.datasets import fashion_mnist_examples",
            f"fashion_mnist_examples()[{label}] / 255",
        )
        for label in labels
    ]


def photos(names: Iterable[str], size: int = 256) -> list[GalleryImage]:
    """Return photos, square and gray, as images."""
    return [
        GalleryImage(
            name,
            datasets.photo(name, size=size, gray=True),
            "photo",
            "from lecture_utils.datasets import photo",
            f'photo("{name}", size={size}, gray=True) / 255',
        )
        for name in names
    ]


def pack(images: Sequence[GalleryImage]) -> tuple[list[dict[str, Any]], NDArray[np.uint8]]:
    """Return the traits of a gallery: a list of entries, and all pixels end to end.

    Raises
    ------
    ValueError
        If there are no images, or two have the same name.
    """
    names = [image.name for image in images]
    if not names:
        raise ValueError("there are no images to choose from; give at least one")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two images are called {twice!r}; give each a name of its own")
    entries = [
        {
            "name": p.name,
            "group": p.group,
            "shape": list(p.image.shape),
            "imports": p.imports,
            "code": p.code,
        }
        for p in images
    ]
    return entries, np.concatenate([p.image.ravel() for p in images])

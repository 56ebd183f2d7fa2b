"""Freely available images, in which to look for strong and weak activations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image

from lecture_utils import datasets
from lecture_utils.datasets.pets import draw_pet

#: Number of drawn pets.
PETS = 60
_SAMPLES = ("china.jpg", "flower.jpg")
_CORNERS = (("upper left", "upper right"), ("lower left", "lower right"))


@dataclass(frozen=True, eq=False)
class Pool:
    """Images in two halves; no photo contributes to both.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, side, side, 3)
    names : list of str
        Description of each image.
    groups : list of int
        The photo that each image belongs to, as a number.
    origin : str
    """

    images: NDArray[np.uint8]
    names: list[str]
    groups: list[int]
    origin: str

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which images are in the second half: every other group."""
        return np.array(self.groups) % 2 == 1


def image_pool(side: int) -> Pool:
    """Return drawn pets, and photos, each photo whole and in four parts.

    Parameters
    ----------
    side : int
        Side of the images in pixels.

    Returns
    -------
    Pool
    """
    images, names, groups = [], [], []
    for number in range(PETS):
        kind, seed = ("cat", "dog")[number // 2 % 2], number // 4 * 2 + number % 2
        pet = draw_pet(kind, np.random.default_rng((0, 2, kind == "dog", seed)))
        images.append(ImageOps.fit(pet, (side, side)))
        names.append(f"drawn {kind}")
        groups.append(number)
    photos = {name: datasets.photo(name) for name in datasets.photo_names()}
    photos |= {name.removesuffix(".jpg"): load_sample_image(name) for name in _SAMPLES}
    for group, (name, pixels) in enumerate(photos.items(), PETS + PETS % 2):
        photo = Image.fromarray(pixels)
        square = ImageOps.fit(photo.convert("RGB"), (min(photo.size),) * 2)
        for parts in (1, 2):
            step = square.width // parts
            for row in range(parts):
                for column in range(parts):
                    box = (column * step, row * step, (column + 1) * step, (row + 1) * step)
                    images.append(square.crop(box).resize((side, side)))
                    names.append(name if parts == 1 else f"{name}, {_CORNERS[row][column]}")
                    groups.append(group)
    origin = (
        f"{PETS} drawn pets, and {len(photos)} photos from scikit-image and scikit-learn, "
        "each whole and in 4 parts"
    )
    return Pool(np.stack([np.asarray(each) for each in images]), names, groups, origin)

"""The images that FeatureMapExplorer shows unless a reader brings others."""

import numpy as np
from PIL import Image

from lecture_utils import datasets
from lecture_utils.datasets.pets import draw_pet

from .._images import as_square

#: Side of the square images, in pixels.
SIDE = 224
MOST_IMAGES = 8
PHOTOS = ("cat", "coffee", "rocket")
#: Which of the drawn test images: faces that nothing hides.
_DRAWN = {"cat": (0, 2, 0, 21), "dog": (0, 2, 1, 4)}
#: Which of the test photos, in the order of their names: one animal each, its face to the camera.
_TEST_PHOTOS = {"cats": 8, "dogs": 4}


def default_images():
    """Return a cat and a dog (photos where the data set is at hand, else drawings) and some photos.

    Returns
    -------
    dict of str to ndarray of uint8, shape (224, 224, 3)
    """
    pets = _photographed() or {
        f"drawn {kind}": draw_pet(kind, np.random.default_rng(key)) for kind, key in _DRAWN.items()
    }
    photos = {name: datasets.photo(name, size=SIDE) for name in PHOTOS}
    return {name: as_square(image, name, side=SIDE) for name, image in {**pets, **photos}.items()}


def _photographed():
    """Return a test photo of each animal; None where there is no data set of photos."""
    from lecture_utils.training import find_images

    for source in ("folder", "cache"):
        try:
            folder = datasets.cats_vs_dogs(source=source).folder / "test"
        except FileNotFoundError:
            continue
        photos = {}
        for kind, index in _TEST_PHOTOS.items():
            files = [file for file in find_images(folder)[0] if file.startswith(f"{kind}/")]
            file = files[min(index, len(files) - 1)]
            photos[f"test photo, {kind[:-1]}"] = Image.open(folder / file)
        return photos
    return None

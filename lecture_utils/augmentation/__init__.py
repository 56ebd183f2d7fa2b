"""Change a whole batch of training images at once, each a little differently."""

from lecture_utils.augmentation._augment import Augment, random_affine
from lecture_utils.augmentation._views import VIEWS, closer

__all__ = [
    "VIEWS",
    "Augment",
    "closer",
    "random_affine",
]

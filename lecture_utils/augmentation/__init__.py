"""Augment whole batches of training images, with random parameters for each image."""

from lecture_utils.augmentation._augment import Augment, random_affine
from lecture_utils.augmentation._views import VIEWS, closer

__all__ = [
    "VIEWS",
    "Augment",
    "closer",
    "random_affine",
]

"""Change a whole batch of training images at once, each a little differently."""

from lecture_utils.augmentation._augment import Augment, random_affine

__all__ = [
    "Augment",
    "random_affine",
]

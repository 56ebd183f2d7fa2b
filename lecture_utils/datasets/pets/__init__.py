"""Randomly drawn cats, dogs and other pets: a stand-in for photos without a network."""

from lecture_utils.datasets.pets._draw import KINDS, draw_pet

__all__ = [
    "KINDS",
    "draw_pet",
]

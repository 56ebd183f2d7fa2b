"""Cats, dogs, and other pets, drawn at random: a stand-in for photos where there is no network."""

from lecture_utils.datasets.pets._draw import KINDS, draw_pet

__all__ = [
    "KINDS",
    "draw_pet",
]

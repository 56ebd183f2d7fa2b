"""Training that was recorded once, so that a reader need not wait: load it, or do it again.

``python -m lecture_utils.runs list`` shows what there is.
"""

from lecture_utils.runs._recipe import Recipe
from lecture_utils.runs._recipes import RECIPES, recipe
from lecture_utils.runs._runs import Run, available, load, resume, train
from lecture_utils.runs._snapshots import Snapshots

__all__ = [
    "RECIPES",
    "Recipe",
    "Run",
    "Snapshots",
    "available",
    "load",
    "recipe",
    "resume",
    "train",
]

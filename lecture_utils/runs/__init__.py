"""Recorded training runs, so that a reader need not wait: load them, or repeat them.

``python -m lecture_utils.runs list`` shows the available runs.
"""

from lecture_utils.runs._paired import CurveComparison
from lecture_utils.runs._readouts import ReadOut
from lecture_utils.runs._recipe import Recipe
from lecture_utils.runs._recipes import RECIPES, recipe
from lecture_utils.runs._runs import (
    Run,
    available,
    load,
    load_all,
    record_test_logits,
    resume,
    train,
)
from lecture_utils.runs._snapshots import Snapshots
from lecture_utils.runs._test_logits import TestLogits

__all__ = [
    "RECIPES",
    "CurveComparison",
    "ReadOut",
    "Recipe",
    "Run",
    "Snapshots",
    "TestLogits",
    "available",
    "load",
    "load_all",
    "recipe",
    "record_test_logits",
    "resume",
    "train",
]

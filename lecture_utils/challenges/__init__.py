"""Challenges: tasks that readers solve with the demos, one module for each chapter.

Each function returns a `lecture_utils.widgets.Challenge`. On the page, the challenge watches its
demo and says what is still missing. In Python, its method ``check`` tests values against the same
goal. A goal is a list of conditions, for example ``at_least("rows", 28, ...)``.
"""

from lecture_utils.widgets.challenge import Verdict
from lecture_utils.widgets.challenge.goal import (
    Condition,
    at_least,
    at_most,
    between,
    close_to,
    equal_to,
    one_of,
)

__all__ = [
    "Condition",
    "Verdict",
    "at_least",
    "at_most",
    "between",
    "close_to",
    "equal_to",
    "one_of",
]

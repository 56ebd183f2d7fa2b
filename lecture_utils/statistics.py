"""Intervals for accuracies, and paired tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from lecture_utils._validation import whole

__all__ = ["interval", "mcnemar", "wilson"]


def wilson(correct: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Compute Wilson's confidence interval for a proportion, which also holds near 0 and 1.

    Parameters
    ----------
    correct, count : int
        Correctly classified images, of how many.
    confidence : float
        Probability that the interval contains the true proportion, between 0 and 1.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If `count` is below 1 or `correct` not within it.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.

    Examples
    --------
    >>> [round(x, 3) for x in wilson(990, 1000)]
    [0.982, 0.995]
    """
    from scipy.stats import binomtest

    correct, count = whole("correct", correct), whole("count", count)
    if count < 1 or not 0 <= correct <= count:
        raise ValueError(
            f"{correct} of {count} is no proportion; pass 0 to count, and a count of at least 1"
        )
    low, high = binomtest(correct, count).proportion_ci(confidence, method="wilson")
    return float(low), float(high)


def interval(
    accuracies: Iterable[float], count: int = 1000, deviations: float = 1.96
) -> tuple[float, float]:
    """Compute a mean accuracy over seeds and its margin of error, for both seeds and test images.

    Parameters
    ----------
    accuracies : sequence of float
        One per seed, 0 to 1, all on the same test images.
    count : int
        How many test images.
    deviations : float
        1.96 for about 95%; with few seeds it is rather less.

    Returns
    -------
    mean, margin : float
        The interval is mean ± margin. With a single seed nothing is known of the variation between
        seeds, and the margin is that of the test images alone.

    Raises
    ------
    ValueError
        If there is no accuracy, or no image.

    Examples
    --------
    >>> [round(x, 4) for x in interval([0.9, 0.9])]
    [0.9, 0.0186]
    """
    accuracies, count = [*accuracies], whole("count", count, 1)
    if not accuracies:
        raise ValueError("there is no accuracy; pass one per seed")
    mean = sum(accuracies) / len(accuracies)
    variance = mean * (1 - mean) / count
    if len(accuracies) > 1:
        spread = sum((a - mean) ** 2 for a in accuracies) / (len(accuracies) - 1)
        variance += spread / len(accuracies)
    return mean, deviations * math.sqrt(variance)


def mcnemar(first_wrong: Sequence[bool], second_wrong: Sequence[bool]) -> tuple[int, int, float]:
    """Test whether two classifiers differ on the same images by more than random variation.

    Only the images count that exactly one of them gets wrong: if both were equally good, it would
    be either one in half of the cases.

    Parameters
    ----------
    first_wrong, second_wrong : array_like of bool, shape (N,)

    Returns
    -------
    only_first, only_second : int
        Images that only the first, or only the second gets wrong.
    p : float
        Probability of a difference at least as large if both were equally good (exact, two-sided).

    Raises
    ------
    ValueError
        If they are not of one length.

    References
    ----------
    McNemar, "Note on the sampling error of the difference between correlated proportions",
    Psychometrika 12, 1947.

    Examples
    --------
    >>> mcnemar([True, True, True, False], [False, False, False, False])
    (3, 0, 0.25)
    """
    from scipy.stats import binomtest

    if len(first_wrong) != len(second_wrong):
        raise ValueError(f"{len(first_wrong)} and {len(second_wrong)} images; pass the same ones")
    pairs = [(bool(a), bool(b)) for a, b in zip(first_wrong, second_wrong, strict=True)]
    only_first, only_second = pairs.count((True, False)), pairs.count((False, True))
    both = only_first + only_second
    return only_first, only_second, float(binomtest(only_first, both).pvalue) if both else 1.0

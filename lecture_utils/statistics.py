"""Confidence intervals for accuracies, paired tests, and the calibration of confidence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_utils._validation import check_bound, finite, whole

__all__ = [
    "calibration_error",
    "calibration_error_if_calibrated",
    "holm",
    "interval",
    "mcnemar",
    "paired_t",
    "t_interval",
    "welch",
    "wilson",
]


def wilson(correct: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Compute Wilson's confidence interval for a proportion, which is also valid near 0 and 1.

    Parameters
    ----------
    correct, count : int
        Number of correctly classified images, and of all images.
    confidence : float
        Probability that such an interval contains the true proportion, between 0 and 1.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If `count` is below 1, `correct` is not from 0 to `count`, or `confidence` is not between 0
        and 1.

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
            f"{correct} of {count} is not a proportion; pass 0 to count, and a count of at least 1"
        )
    confidence = _confidence_level(confidence)
    low, high = binomtest(correct, count).proportion_ci(confidence, method="wilson")
    return float(low), float(high)


def interval(
    accuracies: Iterable[float], count: int = 1000, deviations: float = 1.96
) -> tuple[float, float]:
    """Compute a mean accuracy over seeds and a margin of error for both seeds and test images.

    Parameters
    ----------
    accuracies : sequence of float
        One per seed, 0 to 1, all on the same test images.
    count : int
        Number of test images.
    deviations : float
        1.96 for about 95%; with few seeds the coverage is lower.

    Returns
    -------
    mean, margin : float
        The interval is mean ± margin. With a single seed, the variation between seeds is unknown,
        and the margin covers only the test images.

    Raises
    ------
    ValueError
        If there are no accuracies or no images, an accuracy is not from 0 to 1, or `deviations` is
        negative.

    Examples
    --------
    >>> [round(x, 4) for x in interval([0.9, 0.9])]
    [0.9, 0.0186]
    """
    accuracies = [check_bound("one of the accuracies", each, 1) for each in accuracies]
    count = whole("count", count, 1)
    deviations = check_bound("deviations", deviations, math.inf, included=False)
    if not accuracies:
        raise ValueError("there are no accuracies; pass one per seed")
    mean = sum(accuracies) / len(accuracies)
    variance = mean * (1 - mean) / count
    if len(accuracies) > 1:
        spread = sum((a - mean) ** 2 for a in accuracies) / (len(accuracies) - 1)
        variance += spread / len(accuracies)
    return mean, deviations * math.sqrt(variance)


def t_interval(values: Iterable[float], confidence: float = 0.95) -> tuple[float, float]:
    """Compute a mean over seeds and its margin of error from Student's t distribution.

    The margin covers everything that differs between seeds (such as initial weights, and training
    images if the seed also selects them). It does not cover the choice of the test images, which
    all seeds share.

    Parameters
    ----------
    values : sequence of float
        One value per seed, at least 2.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    mean, margin : float
        The interval is mean ± margin.

    Raises
    ------
    ValueError
        If there are fewer than two values, one of them is not a finite number, or `confidence` is
        not between 0 and 1.

    References
    ----------
    Student, "The probable error of a mean", Biometrika 6, 1908.

    Examples
    --------
    >>> [round(x, 3) for x in t_interval([0.90, 0.91, 0.92])]
    [0.91, 0.025]
    """
    from scipy.stats import t

    values = _numbers(values)
    if len(values) < 2:
        raise ValueError(f"there are {len(values)} values; an interval over seeds needs 2 or more")
    confidence = _confidence_level(confidence)
    error = stdev(values) / math.sqrt(len(values))
    return fmean(values), float(t.ppf((1 + confidence) / 2, len(values) - 1)) * error


def paired_t(first: Iterable[float], second: Iterable[float]) -> tuple[float, float, float]:
    """Test whether two methods differ by more than random variation, seed by seed.

    Each seed gives one difference. Everything that the two methods share for a seed (such as the
    training images) cancels out, so this test detects smaller effects than two separate intervals.

    Parameters
    ----------
    first, second : sequence of float, of one length
        The results of the two methods, at least 2, in the same order of seeds.

    Returns
    -------
    difference, margin : float
        First minus second, as the mean over seeds, and its 95% margin of error (see `t_interval`).
    p : float
        Probability of a mean difference at least this far from 0 if the methods were equally good
        (two-sided).

    Raises
    ------
    ValueError
        If there are fewer than two pairs, the lengths differ, or a result is not a finite number.

    Examples
    --------
    >>> difference, margin, p = paired_t([0.80, 0.83, 0.85], [0.78, 0.80, 0.83])
    >>> f"{difference:.3f} ± {margin:.3f}, p = {p:.3f}"
    '0.023 ± 0.014, p = 0.020'
    """
    from scipy.stats import ttest_rel

    first, second = _numbers(first), _numbers(second)
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} results; pass one pair per seed")
    difference, margin = t_interval([a - b for a, b in zip(first, second, strict=True)])
    if margin == 0:  # all differences are equal, and SciPy would divide by zero
        return difference, 0.0, float(difference == 0)
    return difference, margin, float(ttest_rel(first, second).pvalue)


def welch(
    first: Iterable[float], second: Iterable[float], confidence: float = 0.95
) -> tuple[float, float, float]:
    """Test whether two independent groups of runs differ by more than random variation.

    Use it if runs of one group are not paired with runs of the other; otherwise `paired_t` detects
    smaller effects. The groups may differ in size and in how much their results vary.

    Parameters
    ----------
    first, second : sequence of float
        The results of the two groups, at least 2 each.
    confidence : float
        Between 0 and 1. For intervals that should hold for ``n`` comparisons together, pass
        ``1 - 0.05 / n`` (Bonferroni).

    Returns
    -------
    difference, margin : float
        Mean of the first minus mean of the second, and its margin of error.
    p : float
        Probability of a difference at least this far from 0 if both groups had the same mean
        (two-sided).

    Raises
    ------
    ValueError
        If a group has fewer than two results, a result is not a finite number, or `confidence` is
        not between 0 and 1.

    References
    ----------
    Welch, "The generalization of 'Student's' problem when several different population variances
    are involved", Biometrika 34, 1947.

    Examples
    --------
    >>> difference, margin, p = welch([0.80, 0.83, 0.85], [0.70, 0.73, 0.75])
    >>> f"{difference:.2f} ± {margin:.2f}, p = {p:.3f}"
    '0.10 ± 0.06, p = 0.008'
    """
    from scipy.stats import ttest_ind

    first, second = _numbers(first), _numbers(second)
    margins = [t_interval(group, confidence)[1] for group in (first, second)]
    difference = fmean(first) - fmean(second)
    if not any(margins):  # the runs of each group are equal, and SciPy would divide by zero
        return difference, 0.0, float(difference == 0)
    result: Any = ttest_ind(first, second, equal_var=False)
    low, high = result.confidence_interval(confidence)
    return difference, float(high - low) / 2, float(result.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct the p-values of several tests, so that they can be judged together.

    Of twenty tests, one is expected to have a p-value below 0.05 by random variation alone. For the
    corrected p-values, the probability that any true null hypothesis gets a value below 0.05 is at
    most 5% for the whole family of tests.

    Parameters
    ----------
    p_values : sequence of float
        From 0 to 1.

    Returns
    -------
    list of float
        In the same order, from 0 to 1. None is smaller than before.

    Raises
    ------
    ValueError
        If a value is not from 0 to 1.

    References
    ----------
    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise ValueError(f"{p!r} is not a p-value; pass numbers from 0 to 1")
    corrected, largest = [0.0] * len(p_values), 0.0
    # The smallest is multiplied by the number of tests, the next by one less, and so on.
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def mcnemar(first_wrong: ArrayLike, second_wrong: ArrayLike) -> tuple[int, int, float]:
    """Test whether two classifiers differ on the same images by more than random variation.

    Only images that exactly one classifier gets wrong count: if both were equally good, each of the
    two would be wrong on half of these images on average.

    Parameters
    ----------
    first_wrong, second_wrong : array_like of bool, shape (N,)
        Whether each classifier misclassifies each image, in the same order.

    Returns
    -------
    only_first, only_second : int
        Number of images that only the first, or only the second classifier gets wrong.
    p : float
        Probability of a difference at least this large if both were equally good (exact,
        two-sided).

    Raises
    ------
    ValueError
        If the shapes differ or are not (N,), or an entry is neither True nor False.

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

    first = _truth_values("first_wrong", first_wrong)
    second = _truth_values("second_wrong", second_wrong)
    for name, values in (("first_wrong", first), ("second_wrong", second)):
        if values.ndim != 1:
            raise ValueError(f"{name} has shape {values.shape}; pass (N,), one value per image")
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} images; pass the same ones")
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    both = only_first + only_second
    return only_first, only_second, float(binomtest(only_first, both).pvalue) if both else 1.0


def calibration_error(confidence: ArrayLike, correct: ArrayLike, bins: int = 10) -> float:
    """Compute the expected calibration error: the distance between confidence and accuracy.

    The confidences are divided into equal intervals, (0, 0.1], (0.1, 0.2] and so on. In each
    interval, the mean confidence is compared with the accuracy; the distances are averaged,
    weighted by the number of images.

    Parameters
    ----------
    confidence : array_like of float, shape (N,)
        Probability that the model assigns to its prediction, 0 to 1. Not empty.
    correct : array_like of bool, shape (N,)
        Whether the prediction is correct.
    bins : int
        Number of intervals.

    Returns
    -------
    float
        0 (calibrated) to 1.

    Raises
    ------
    ValueError
        If the values are not probabilities, the lengths differ, or an entry of `correct` is neither
        True nor False.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> round(calibration_error([0.8, 0.8, 0.8, 0.8], [True, True, True, False]), 3)
    0.05
    """
    confidence = _confidences(confidence)
    correct = _truth_values("correct", correct)
    if correct.shape != confidence.shape:
        raise ValueError(
            f"{confidence.shape} confidences and {correct.shape} truth values; pass the same images"
        )
    return _calibration_error(confidence, correct, whole("bins", bins, 1))


def calibration_error_if_calibrated(
    confidence: ArrayLike, repeats: int = 200, seed: int = 0, bins: int = 10
) -> NDArray[np.float64]:
    """Draw the calibration errors of a perfectly calibrated model with the same confidences.

    For a finite number of images the error is never 0, even if every prediction is correct with
    exactly the stated probability. These draws give a value to compare it with.

    Parameters
    ----------
    confidence, bins
        As for `calibration_error`.
    repeats : int
        Number of times that the correct predictions are drawn.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray of float, shape (repeats,)

    Raises
    ------
    ValueError
        If the values are not probabilities.

    Examples
    --------
    >>> draws = calibration_error_if_calibrated(np.full(100, 0.8))
    >>> bool(0.02 < draws.mean() < 0.05)
    True
    """
    confidence = _confidences(confidence)
    repeats, bins = whole("repeats", repeats, 1), whole("bins", bins, 1)
    generator = np.random.default_rng(whole("seed", seed))
    errors = [
        _calibration_error(confidence, generator.random(len(confidence)) < confidence, bins)
        for _ in range(repeats)
    ]
    return np.array(errors)


def _numbers(values: Iterable[Any]) -> list[float]:
    return [finite("one of the values", value) for value in values]


def _confidence_level(value: Any) -> float:
    return check_bound("confidence", value, 1, included=False, zero=False)


def _truth_values(name: str, values: Any) -> NDArray[np.bool_]:
    array = np.asarray(values)
    others = array[(array != 0) & (array != 1)]
    if others.size:
        raise ValueError(
            f"{name} holds {others.tolist()[0]!r}; pass True or False (or 1 or 0) for each image"
        )
    return array.astype(bool)


def _confidences(values: Any) -> NDArray[np.float64]:
    confidence = np.asarray(values, dtype=np.float64)
    if confidence.ndim != 1 or not len(confidence):
        raise ValueError(f"confidences have shape {confidence.shape}; pass (N,), at least one")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("a confidence is not from 0 to 1; pass probabilities, not logits")
    return confidence


def _calibration_error(confidence, correct, bins):
    # Searched for among the bounds: a product such as 0.07 * 100 may exceed the bound by rounding.
    interval = np.searchsorted(np.arange(1, bins) / bins, confidence, side="left")
    excess = np.bincount(interval, weights=confidence - correct.astype(float))
    return float(np.abs(excess).sum() / len(confidence))

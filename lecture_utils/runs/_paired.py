"""Comparisons of learning curves, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

from lecture_utils.statistics import holm, paired_t


@dataclass(frozen=True)
class CurveComparison:
    """The advantage of one model over another for a number of training images.

    Attributes
    ----------
    count : int
        Number of training images.
    seeds : int
        Number of pairs of runs. With the same seed, both models learn from the same images.
    difference, margin : float
        Test accuracy of the first model minus that of the second, 0 to 1: the mean over seeds, and
        its 95% margin of error. The margin covers the choice of the training images (if all are
        used, there is only one) and everything else that the seed determines, but not the choice
        of the test images.
    p : float
        The p-value of a paired t test over the seeds, corrected for all comparisons of one call
        (Holm).
    """

    count: int
    seeds: int
    difference: float
    margin: float
    p: float


def compare_curves(curves, pairs):
    """Compare pairs of learning curves.

    Parameters
    ----------
    curves : dict of dict of dict of float
        Maps model to number of training images to seed to test accuracy.
    pairs : sequence of tuple of (str, str)
        The first and the second model of each comparison.

    Returns
    -------
    dict of list of CurveComparison
        By pair: for every number of images with at least two seeds of both models, the smallest
        first.
    """
    tests = {}
    for first, second in pairs:
        for count in sorted(curves[first].keys() & curves[second].keys()):
            one, other = curves[first][count], curves[second][count]
            seeds = sorted(one.keys() & other.keys())
            if len(seeds) >= 2:
                results = [[by_seed[seed] for seed in seeds] for by_seed in (one, other)]
                tests[first, second, count] = (len(seeds), *paired_t(*results))
    corrected = holm([p for *_, p in tests.values()])
    compared: dict[tuple[str, str], list[CurveComparison]] = {pair: [] for pair in pairs}
    for (key, (seeds, difference, margin, _)), p in zip(tests.items(), corrected, strict=True):
        first, second, count = key
        compared[first, second].append(CurveComparison(count, seeds, difference, margin, p))
    return compared

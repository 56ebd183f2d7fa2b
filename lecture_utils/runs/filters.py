"""Results of the recorded runs on designed, random and learned filters.

All numbers come from the cards of ``filters/*`` runs. Runs that are not recorded are left out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from lecture_utils import runs
from lecture_utils._validation import check_name
from lecture_utils.runs import _filter_recipes
from lecture_utils.runs._filter_recipes import name_of
from lecture_utils.runs._runs import load_all
from lecture_utils.statistics import holm, paired_t

__all__ = ["NETWORKS", "SIZES", "Comparison", "accuracies", "compare", "evolution"]

#: The networks, and their names in figures.
NETWORKS = _filter_recipes.NETWORKS
#: Numbers of training images.
SIZES = _filter_recipes.SIZES


@dataclass(frozen=True)
class Comparison:
    """The advantage of one network over another for a number of training images.

    Attributes
    ----------
    size : int
        Number of training images.
    seeds : int
        Number of pairs of runs. With the same seed, both networks learn from the same images.
    difference, margin : float
        Test accuracy of the first network minus that of the second, 0 to 1: the mean over seeds,
        and its 95% margin of error.
    p : float
        The p-value of a paired t test, corrected for the number of sizes (Holm).
    """

    size: int
    seeds: int
    difference: float
    margin: float
    p: float


def accuracies(
    *, root: str | os.PathLike[str] | None = None
) -> dict[str, dict[int, dict[int, float]]]:
    """Collect test accuracies by number of training images.

    Parameters
    ----------
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    dict of dict of dict of float
        Maps network (one of `NETWORKS`) to number of training images to seed to test accuracy,
        0 to 1. Contains only recorded runs.

    Examples
    --------
    >>> curves = accuracies()
    >>> list(curves) == list(NETWORKS)
    True
    """
    return {network: _curve(network, root) for network in NETWORKS}


def compare(
    first: str, second: str, *, root: str | os.PathLike[str] | None = None
) -> list[Comparison]:
    """Compare two networks for each number of training images, seed by seed.

    Parameters
    ----------
    first, second : str
        Names from `NETWORKS`.
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    list of Comparison
        For every size with at least two recorded seeds of both networks, the smallest first.

    Raises
    ------
    ValueError
        If there is no such network.

    Examples
    --------
    >>> all(each.seeds >= 5 for each in compare("gabor", "pixels"))
    True
    """
    for name, value in (("first", first), ("second", second)):
        check_name(name, value, NETWORKS)
    curve, other_curve = _curve(first, root), _curve(second, root)
    pairs = {}
    for size in sorted(curve.keys() & other_curve.keys()):
        one, other = curve[size], other_curve[size]
        seeds = sorted(one.keys() & other.keys())
        if len(seeds) >= 2:
            pairs[size] = ([one[seed] for seed in seeds], [other[seed] for seed in seeds])
    tests = [paired_t(*pair) for pair in pairs.values()]
    corrected = holm([p for _, _, p in tests])
    return [
        Comparison(size, len(pair[0]), difference, margin, p)
        for (size, pair), (difference, margin, _), p in zip(
            pairs.items(), tests, corrected, strict=True
        )
    ]


def evolution(*, seed: int = 0, root: str | os.PathLike[str] | None = None) -> dict[int, runs.Run]:
    """Load the runs that show how filters are learned, for few, more and many images.

    Parameters
    ----------
    seed : int
        Seed of the runs.
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    dict of runs.Run
        Maps number of training images (100, 1,000 and 50,000) to the run of the network with one
        learned layer; ``run.snapshots`` has its filters.

    Raises
    ------
    FileNotFoundError
        If one of them is not recorded.

    Examples
    --------
    >>> evolution()[100].snapshots.step[:4].tolist()
    [0, 1, 2, 3]
    """
    return {
        size: runs.load(name_of("one-layer", size), seed, root=root)
        for size in (100, 1_000, 50_000)
    }


def _curve(network, root):
    """Return the test accuracies of one network by number of training images, then by seed."""
    recorded = {size: load_all(name_of(network, size), root) for size in SIZES}
    return {
        size: {run.card["seed"]: run.card["metrics"]["test"]["accuracy"] for run in loaded}
        for size, loaded in recorded.items()
        if loaded
    }

"""Results of the recorded runs on designed, random and learned filters.

All numbers come from the cards of ``filters/*`` runs. Runs that are not recorded are left out.
"""

from __future__ import annotations

import os

from lecture_utils import runs
from lecture_utils._validation import check_name
from lecture_utils.runs import _filter_recipes
from lecture_utils.runs._filter_recipes import name_of
from lecture_utils.runs._paired import CurveComparison, compare_curves
from lecture_utils.runs._runs import load_all

__all__ = ["NETWORKS", "SIZES", "accuracies", "compare", "evolution", "tuning"]

#: The networks, and their names in figures.
NETWORKS = _filter_recipes.NETWORKS
#: Numbers of training images.
SIZES = _filter_recipes.SIZES


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
    *pairs: tuple[str, str], root: str | os.PathLike[str] | None = None
) -> dict[tuple[str, str], list[CurveComparison]]:
    """Compare networks for each number of training images, seed by seed.

    Parameters
    ----------
    *pairs : tuple of (str, str)
        The first and the second network of each comparison, from `NETWORKS`.
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    dict of list of CurveComparison
        By pair: for every number of images with at least two recorded seeds of both networks, the
        smallest first.

    Raises
    ------
    ValueError
        If there is no such network.

    Examples
    --------
    >>> compared = compare(("gabor", "pixels"))
    >>> all(each.seeds >= 5 for each in compared["gabor", "pixels"])
    True
    """
    for pair in pairs:
        for network in pair:
            check_name("network", network, NETWORKS)
    curves = {network: _curve(network, root) for pair in pairs for network in pair}
    return compare_curves(curves, pairs)


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


def tuning() -> dict[str, dict[int, list[dict[str, float]]]]:
    """Collect what was tried before the runs, to choose learning rate and weight decay.

    Returns
    -------
    dict of dict of list of dict
        Maps network (one of `NETWORKS`) to number of training images to one dict for each trial,
        with ``learning_rate``, ``weight_decay`` and, on the 10,000 validation images,
        ``val_accuracy`` (0 to 1) and ``val_loss``. The trial with the highest accuracy decides; a
        run with another number of images uses the choice for the next smaller number here, or for
        the smallest.

    Examples
    --------
    >>> len(tuning()["pixels"][1_000])
    9
    """
    return {
        network: {int(size): trials for size, trials in by_size.items()}
        for network, by_size in _filter_recipes.tuning().items()
    }

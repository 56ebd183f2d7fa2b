"""Results of the recorded runs that compare regularization methods, strengths, and budgets.

All numbers come from the cards and the logits of ``regularization/*`` runs. Runs that are not
recorded are left out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from lecture_utils._validation import check_name
from lecture_utils.runs import _regularization_recipes
from lecture_utils.runs._regularization_recipes import name_of, strengths_of
from lecture_utils.runs._runs import Run, load_all
from lecture_utils.statistics import holm, paired_t

__all__ = [
    "BUDGETS",
    "METHODS",
    "STRENGTHS",
    "Comparison",
    "Scores",
    "choose",
    "compare",
    "recorded",
    "scores",
]

#: The methods, and their names in figures.
METHODS = _regularization_recipes.METHODS
#: The strengths of methods; "none", "batch-norm" and "all" have one strength, "on".
STRENGTHS = _regularization_recipes.STRENGTHS
#: Numbers of epochs.
BUDGETS = _regularization_recipes.BUDGETS


@dataclass(frozen=True)
class Scores:
    """The results of a method with a strength within a budget, seed by seed.

    Attributes
    ----------
    method, strength : str
        From `METHODS` and `STRENGTHS`.
    budget : int
        Number of epochs allowed. The weights come from the first of these epochs with the highest
        validation accuracy.
    epochs : tuple of int
        That epoch for each seed.
    accuracy, loss : dict of tuple of float
        By split: "train" (the training images without augmentation), "validation" and "test". One
        value per seed.
    """

    method: str
    strength: str
    budget: int
    epochs: tuple[int, ...]
    accuracy: dict[str, tuple[float, ...]]
    loss: dict[str, tuple[float, ...]]

    @property
    def gap(self) -> float:
        """Mean training accuracy minus mean validation accuracy, both without augmentation."""
        return fmean(self.accuracy["train"]) - fmean(self.accuracy["validation"])


@dataclass(frozen=True)
class Comparison:
    """The difference in test accuracy between a method and a baseline.

    Attributes
    ----------
    method, strength : str
        From `METHODS` and `STRENGTHS`.
    budget : int
        Number of epochs allowed for both.
    difference, margin : float
        Test accuracy minus that of the baseline, 0 to 1: the mean over seeds, and its 95% margin of
        error. The margin covers the choice of test images, not that of seeds.
    p : float
        The p-value of a paired t test over the test images, corrected for all comparisons of one
        call of `compare` (Holm).
    by_seed : tuple of float
        The difference for each seed.
    """

    method: str
    strength: str
    budget: int
    difference: float
    margin: float
    p: float
    by_seed: tuple[float, ...]

    @property
    def is_shown(self) -> bool:
        """Whether at least three seeds all have differences of one sign, and `p` is below 0.05.

        The test covers the choice of images; the signs show whether other seeds agree.
        """
        signs = {np.sign(each) for each in self.by_seed}
        return self.p < 0.05 and len(self.by_seed) >= 3 and len(signs) == 1


def recorded(*, root: str | os.PathLike[str] | None = None) -> dict[tuple[str, str], list[Run]]:
    """Load all runs of the comparison.

    Parameters
    ----------
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    dict of list of Run
        By method and strength, in the order of `METHODS` and `STRENGTHS`; one run per seed.
    """
    all_runs = {
        (method, strength): load_all(name_of(method, strength), root)
        for method in METHODS
        for strength in strengths_of(method)
    }
    return {key: loaded for key, loaded in all_runs.items() if loaded}


def scores(
    budget: int, runs: Mapping[tuple[str, str], list[Run]] | None = None
) -> dict[tuple[str, str], Scores]:
    """Collect the results of every method and strength within a budget.

    Parameters
    ----------
    budget : int
        One of `BUDGETS`.
    runs : dict, optional
        The result of `recorded`, which is also the default.

    Returns
    -------
    dict of Scores
        By method and strength.

    Raises
    ------
    ValueError
        If there is no such budget.

    Examples
    --------
    >>> all(each.budget == 60 for each in scores(60).values())
    True
    """
    _check_budget(budget)
    collected = {}
    for (method, strength), seeds in (recorded() if runs is None else runs).items():
        readouts = [run.readouts[budget] for run in seeds]
        collected[method, strength] = Scores(
            method,
            strength,
            budget,
            tuple(each.epoch for each in readouts),
            *(
                {
                    split: tuple(each.metrics[split][name] for each in readouts)
                    for split in ("train", "validation", "test")
                }
                for name in ("accuracy", "loss")
            ),
        )
    return collected


def choose(
    budget: int, runs: Mapping[tuple[str, str], list[Run]] | None = None
) -> dict[str, Scores]:
    """Choose the strength of every method on the validation photos.

    Parameters
    ----------
    budget : int
        One of `BUDGETS`.
    runs : dict, optional
        The result of `recorded`, which is also the default.

    Returns
    -------
    dict of Scores
        By method: the strength with the highest mean validation accuracy; of several, the weakest.

    Raises
    ------
    ValueError
        If there is no such budget.
    """
    chosen: dict[str, Scores] = {}
    for (method, _), each in scores(budget, runs).items():
        best = chosen.get(method)
        validation = fmean(each.accuracy["validation"])
        if best is None or validation > fmean(best.accuracy["validation"]):
            chosen[method] = each
    return chosen


def compare(
    budgets: int | Sequence[int] = BUDGETS,
    baseline: str = "none",
    runs: Mapping[tuple[str, str], list[Run]] | None = None,
) -> list[Comparison]:
    """Compare every method, with the strength picked by `choose`, with a baseline.

    Each test image gives one difference: the fraction of seeds with which the method classifies it
    correctly, minus that of the baseline. The test checks whether their mean differs from 0.

    Parameters
    ----------
    budgets : int or sequence of int
        One or several of `BUDGETS`; by default all. p-values are corrected for all methods and
        budgets.
    baseline : str
        One of `METHODS`.
    runs : dict, optional
        The result of `recorded`, which is also the default.

    Returns
    -------
    list of Comparison
        One per budget and method except the baseline. Seeds that one of the two lacks are left out.

    Raises
    ------
    ValueError
        If there is no such budget or method.
    KeyError
        If the baseline is not recorded.
    """
    check_name("baseline", baseline, METHODS)
    runs = recorded() if runs is None else runs
    comparisons = [
        each
        for budget in ([budgets] if isinstance(budgets, int) else budgets)
        for each in _compare(choose(budget, runs), baseline, runs)
    ]
    corrected = holm([each.p for each in comparisons])
    return [replace(each, p=p) for each, p in zip(comparisons, corrected, strict=True)]


def _compare(chosen, baseline, runs):
    """Compare within one budget, without a correction."""
    if baseline not in chosen:
        raise KeyError(f"{baseline} is not recorded; compare with one of {', '.join(chosen)}")
    base = _correct(runs, chosen[baseline])
    for method, each in chosen.items():
        if method == baseline:
            continue
        correct = _correct(runs, each)
        seeds = sorted(correct.keys() & base.keys())
        ours, theirs = (np.mean([c[seed] for seed in seeds], axis=0) for c in (correct, base))
        difference, margin, p = paired_t(ours.tolist(), theirs.tolist())
        by_seed = tuple(float(np.mean(correct[s]) - np.mean(base[s])) for s in seeds)
        yield Comparison(method, each.strength, each.budget, difference, margin, p, by_seed)


def _correct(
    runs: Mapping[tuple[str, str], list[Run]], chosen: Scores
) -> dict[int, NDArray[np.bool_]]:
    """Return, for each seed, which test images are classified correctly."""
    correct = {}
    for run in runs[chosen.method, chosen.strength]:
        readout = run.readouts[chosen.budget]
        labels, logits = readout.labels["test"], readout.logits["test"]
        correct[run.card["seed"]] = (logits > 0) == labels.astype(bool)
    return correct


def _check_budget(budget):
    if budget not in BUDGETS:
        raise ValueError(f"budget is {budget!r}; use one of {', '.join(map(str, BUDGETS))}")

"""What the demo shows of recorded runs: curves, scores within each budget, chosen strengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils.runs import available, regularization

from .._run_roots import root_of

if TYPE_CHECKING:
    from lecture_utils.runs import Run

#: The numbers of a run within a budget: the epoch whose weights are kept, and what these reach.
#: "seen" is the training accuracy of that epoch as training reports it.
SCORES = (
    "epoch",
    *(
        f"{split}_{quantity}"
        for split in ("train", "validation", "test")
        for quantity in ("accuracy", "loss")
    ),
    "seen_accuracy",
    "errors",
    "test_photos",
)
QUANTITIES = ("accuracy", "loss")
_KEYS = [
    (method, strength)
    for method in regularization.METHODS
    for strength in regularization.strengths_of(method)
]
_COLORS = ("brightness", "contrast", "saturation")


def gather(runs: Mapping[tuple[str, str], Sequence[Run]]) -> dict[str, Any]:
    """Bring recorded runs into the form in which the demo sends them to the page.

    Parameters
    ----------
    runs : dict of list of Run
        As `regularization.recorded` returns them.

    Returns
    -------
    dict
        The traits ``entries``, ``budgets``, ``score_names``, ``scores``, ``validation``,
        ``clean_epochs``, ``clean``, ``chosen`` and ``source``.

    Raises
    ------
    ValueError
        If there is nothing to show, or something that is not a run of the comparison.
    FileNotFoundError
        If a run lacks its readouts.
    """
    ordered = _in_order(runs)
    every = [run for seeds in ordered.values() for run in seeds]
    budgets = [b for b in regularization.BUDGETS if all(b in run.readouts for run in every)]
    if not budgets:
        raise ValueError(
            f"the runs share none of the budgets {', '.join(map(str, regularization.BUDGETS))}; "
            "record them with the recipes of regularization/*"
        )
    clean = [_clean(run) for run in every]
    clean_epochs = sorted({epoch for by_epoch in clean for epoch in by_epoch})
    longest = max(len(run.history["epoch"]) for run in every)
    return {
        "entries": _entries(ordered),
        "budgets": budgets,
        "score_names": list(SCORES),
        "scores": [[_scores(run, budget) for budget in budgets] for run in every],
        "validation": np.stack(
            [[_padded(run.history[f"val_{q}"], longest) for run in every] for q in QUANTITIES]
        ),
        "clean_epochs": clean_epochs,
        "clean": np.array(
            [
                [[by_epoch.get(e, (np.nan, np.nan))[i] for e in clean_epochs] for by_epoch in clean]
                for i in range(len(QUANTITIES))
            ],
            dtype=float,
        ).reshape(len(QUANTITIES), len(every), len(clean_epochs)),
        "chosen": [
            {name: best.strength for name, best in regularization.choose(budget, ordered).items()}
            for budget in budgets
        ],
        "source": _source(ordered),
    }


def means(values: NDArray[np.float64]) -> dict[str, float]:
    """Average the scores of the seeds, (seeds, scores); returns a dict by the names of `SCORES`."""
    return dict(zip(SCORES, values.mean(axis=0).tolist(), strict=True))


def describe(run: Run) -> str:
    """Say what the recipe of a run does against overfitting."""
    recipe = run.recipe
    parts = list(_augmentation(recipe.augmentation))
    if dropout := recipe.model_options.get("dropout"):
        parts.append(f"dropout with probability {dropout:g}")
    if recipe.weight_decay:
        parts.append(f"weight decay of {recipe.weight_decay:g}")
    if recipe.model_options.get("batch_norm"):
        parts.append("batch normalization")
    if recipe.label_smoothing:
        parts.append(f"label smoothing of {recipe.label_smoothing:g}")
    return ", ".join(parts)


def _in_order(runs):
    """Sort methods and strengths as `regularization` does, and leave out those without runs."""
    if not isinstance(runs, Mapping):
        raise ValueError(f"runs is {runs!r}; give what regularization.recorded() returns")
    for key in runs:
        if key not in _KEYS:
            raise ValueError(
                f"{key!r} is not a method with a strength; use keys such as "
                f"{', '.join(map(str, _KEYS[:2]))}"
            )
    ordered = {key: list(runs[key]) for key in _KEYS if key in runs and len(runs[key])}
    if not ordered:
        raise ValueError(
            "no run is recorded that compares regularization methods; record some, such as: "
            "python -m lecture_utils.runs train regularization/none regularization/dropout-medium "
            "--seed 0 1 2"
        )
    return ordered


def _entries(ordered):
    entries, first = [], 0
    for (method, strength), seeds in ordered.items():
        entries.append(
            {
                "method": method,
                "label": regularization.METHODS[method],
                "strength": strength,
                "setting": describe(seeds[0]),
                "seeds": [int(run.card["seed"]) for run in seeds],
                "first": first,
            }
        )
        first += len(seeds)
    return entries


def _scores(run, budget):
    readout = run.readouts[budget]
    history = run.history
    return [
        readout.epoch,
        *(
            readout.metrics[split][quantity]
            for split in ("train", "validation", "test")
            for quantity in QUANTITIES
        ),
        history["train_accuracy"][history["epoch"].index(readout.epoch)],
        readout.metrics["test"]["errors"],
        len(readout.labels["test"]),
    ]


def _clean(run) -> dict[int, tuple[float, float]]:
    """Return accuracy and loss on clean training photos, by epoch; some runs have none."""
    if not run.recipe.clean_every:
        return {}
    clean = run.clean_train
    pairs = zip(clean["accuracy"], clean["loss"], strict=True)
    return dict(zip(clean["epoch"], pairs, strict=True))


def _padded(values: Sequence[float], length: int) -> list[float]:
    return [*values, *[np.nan] * (length - len(values))]


def _source(ordered):
    """Tell where the runs lie, and which of those that lie there the demo shows."""
    roots = list(dict.fromkeys(root_of(run) for seeds in ordered.values() for run in seeds))
    there: dict[tuple[str, str], list[int]] = {}
    for root in roots:
        for key in _KEYS:
            # The files are not read again: which there are is enough.
            found = available(regularization.name_of(*key), root=root or None)
            if found:
                there[key] = [seed for _, seed in found]
    shown = {key: [run.card["seed"] for run in seeds] for key, seeds in ordered.items()}
    some = [] if shown == there else [[*key, seeds] for key, seeds in shown.items()]
    return {"roots": roots, "some": some}


def _augmentation(options):
    if crop := options.get("crop"):
        yield f"random crops ({100 * crop[0]:.0f}% to {crop[1]:.0%} of the area)"
    if degrees := options.get("degrees"):
        yield f"rotations (up to {degrees:g}°)"
    if flip := options.get("flip"):
        yield f"horizontal flips (probability {flip:g})"
    changes = {name: options[name] for name in _COLORS if options.get(name)}
    if len(changes) == len(_COLORS) and len(set(changes.values())) == 1:
        yield f"color changes (up to {changes[_COLORS[0]]:.0%})"
    else:
        yield from (f"changes of {name} (up to {change:.0%})" for name, change in changes.items())

"""Learning curves of several runs, each with one history per seed, as demos draw them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lecture_utils import runs

COLUMNS = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
MOST_EPOCHS = 2000


def load_seeds(name: str, root: str | os.PathLike[str] | None = None) -> list[runs.Run]:
    """Load all recorded seeds of a run; FileNotFoundError if there is none."""
    seeds = [seed for _, seed in runs.available(name, root=root)]
    # With no seed at all, `load` says how to record one.
    return [runs.load(name, seed, root=root) for seed in seeds or [0]]


def check_seeds(
    entries: Sequence[Mapping[str, Any]], check: Callable[[Mapping[str, Any], str], None]
) -> None:
    """Raise ValueError unless the labels differ, and each run has seeds that pass a check.

    Parameters
    ----------
    entries : sequence of dict
        Each with ``label`` and ``seeds``, a list of dicts with ``seed`` and the four columns.
    check : callable
        Takes the dict of a seed, and the words that say in a message which one it is.
    """
    labels = [entry["label"] for entry in entries]
    for entry in entries:
        label = entry["label"]
        if labels.count(label) > 1:
            raise ValueError(f"two runs are called {label!r}; give each a label of its own")
        if not entry["seeds"]:
            raise ValueError(f"{label!r} has no history; give at least one")
        for seed in entry["seeds"]:
            check(seed, f"{label!r}, seed {seed['seed']}")


def check_history(history: Mapping[str, Any], where: str) -> None:
    """Raise ValueError if a history cannot be drawn; `where` names it in the message."""
    lengths = {column: len(history[column]) for column in COLUMNS}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{where} has columns of different lengths: {lengths}")
    if not 1 <= lengths["val_loss"] <= MOST_EPOCHS:
        raise ValueError(
            f"{where} has {lengths['val_loss']} epochs; the demo shows 1 to {MOST_EPOCHS}"
        )
    for column in COLUMNS:
        for epoch, value in enumerate(history[column], 1):
            if not math.isfinite(value):
                raise ValueError(
                    f"{where}: {column} is {value} in epoch {epoch}; cut the history before it"
                )
            if column.endswith("accuracy") and not 0 <= value <= 1:
                raise ValueError(
                    f"{where}: {column} is {value} in epoch {epoch}; give shares from 0 to 1, not "
                    "percent"
                )

"""What the demo shows of recorded runs: filters, how far they have moved, and accuracies."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_utils._validation import is_whole

from .._run_roots import root_of

if TYPE_CHECKING:
    from lecture_utils.runs import Run

MOST_RUNS = 4
MOST_FILTERS = 64
LARGEST_FILTER = 15
_LEVELS = 127


def mean_similarity(weights: ArrayLike) -> NDArray[np.float64]:
    """Compare filters with their initial values.

    Parameters
    ----------
    weights : array_like, shape (T, K, h, w)
        K filters at T moments; the first moment is the start.

    Returns
    -------
    ndarray of float64, shape (T,)
        At each moment the mean, over the filters, of the cosine of the angle between a filter and
        its initial values: 1 if none has changed (other than in scale). A filter of zeros counts
        as 0.

    Examples
    --------
    >>> mean_similarity([[[[1.0, 0.0]]], [[[2.0, 2.0]]]]).round(3).tolist()
    [1.0, 0.707]
    """
    values = np.asarray(weights, dtype=np.float64)
    flat = values.reshape(*values.shape[:2], -1)
    lengths = np.linalg.norm(flat, axis=2)
    products = (flat * flat[0]).sum(axis=2)
    both = lengths * lengths[0]
    cosines = np.divide(products, both, out=np.zeros_like(products), where=both > 0)
    return cosines.mean(axis=1)


def gather(runs: Mapping[int, Run]) -> dict[str, Any]:
    """Bring recorded runs into the form in which the demo sends them to the page.

    Returns
    -------
    dict
        The traits ``sizes``, ``steps``, ``filters``, ``largest``, ``similarities``, ``measured``
        and ``sources``.

    Raises
    ------
    ValueError
        If the runs cannot be shown side by side.
    """
    if not isinstance(runs, Mapping) or not 1 <= len(runs) <= MOST_RUNS:
        raise ValueError(
            f"runs is {runs!r}; give a dict with 1 to {MOST_RUNS} recorded runs, from number of "
            "training images to run"
        )
    for size in runs:
        if not is_whole(size) or size < 1:
            raise ValueError(
                f"{size!r} is not a number of training images; use whole numbers above 0"
            )
    ordered = {int(size): runs[size] for size in sorted(runs)}
    snapshots = {size: _snapshots(size, run) for size, run in ordered.items()}
    first_size, (steps, first) = next(iter(snapshots.items()))
    for size, (others, weights) in snapshots.items():
        if others != steps or weights.shape != first.shape:
            raise ValueError(
                f"the runs on {first_size} and {size} images cannot be shown side by side: one has "
                f"filters of shape {first.shape[1:]} after steps {steps}, the other of shape "
                f"{weights.shape[1:]} after steps {others}"
            )
    weights = np.stack([each for _, each in snapshots.values()])
    largest = np.abs(weights).max(axis=(2, 3, 4))
    scale = np.where(largest > 0, largest, 1)[..., None, None, None] / _LEVELS
    return {
        "sizes": list(ordered),
        "steps": steps,
        "filters": np.rint(weights / scale).astype(np.int16) + 128,
        "largest": largest,
        "similarities": np.stack([mean_similarity(each) for each in weights]),
        "measured": [_measured(run) for run in ordered.values()],
        "sources": [_source(run) for run in ordered.values()],
    }


def _snapshots(size, run):
    """Return the steps and the filters, (T, K, h, w), of a run."""
    step, weights = run.snapshots
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim != 5 or weights.shape[2] != 1:
        raise ValueError(
            f"the filters for {size} images have shape {weights.shape[1:]}; the demo shows filters "
            "with one channel, (filters, 1, height, width)"
        )
    if weights.shape[1] > MOST_FILTERS or max(weights.shape[3:]) > LARGEST_FILTER:
        raise ValueError(
            f"the run on {size} images has {weights.shape[1]} filters of {weights.shape[3]}x"
            f"{weights.shape[4]}; the demo shows up to {MOST_FILTERS} of at most "
            f"{LARGEST_FILTER}x{LARGEST_FILTER}"
        )
    if not np.isfinite(weights).all():
        raise ValueError(f"the filters for {size} images are not all finite; record the run again")
    return [int(each) for each in step], weights[:, :, 0]


def _measured(run):
    """Tell after which steps the accuracy on the validation images was measured, and what it was.

    An epoch ends with a measurement; the last batch of an epoch may be smaller.
    """
    recipe = run.card["recipe"]
    images = run.card["data"]["train"] * recipe.get("repeats", 1)
    per_epoch = math.ceil(images / recipe["batch_size"])
    return {
        "steps": [per_epoch * epoch for epoch in run.history["epoch"]],
        "accuracy": [float(value) for value in run.history["val_accuracy"]],
    }


def _source(run):
    """Tell by which name, seed and folder `lecture_utils.runs.load` finds the run."""
    return {"name": run.card["name"], "seed": run.card["seed"], "root": root_of(run)}

"""Accuracy against the number of training images: means over seeds, and margins of error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lecture_utils._validation import is_whole
from lecture_utils.statistics import t_interval

MOST_CURVES = 6


def gather_curves(
    curves: Mapping[str, Mapping[int, Sequence[float] | Mapping[int, float]]],
) -> list[dict[str, Any]]:
    """Compute means and margins of error.

    Parameters
    ----------
    curves : dict
        From label to number of training images to the accuracies of the seeds.

    Returns
    -------
    list of dict
        ``label`` and ``points``, a list of dicts with ``size``, ``mean``, ``margin`` (of the 95%
        interval by Student's t; None with one seed) and ``seeds`` (how many). Networks without
        points are left out.

    Raises
    ------
    ValueError
        If there are too many curves, or a value is not an accuracy.
    """
    if not isinstance(curves, Mapping) or len(curves) > MOST_CURVES:
        raise ValueError(
            f"curves is {curves!r}; give a dict with at most {MOST_CURVES} networks, from label to "
            "accuracies by number of training images"
        )
    gathered = []
    for label, curve in curves.items():
        points = [_point(label, size, curve[size]) for size in sorted(curve)]
        if points:
            gathered.append({"label": str(label), "points": points})
    return gathered


def _point(label, size, seeds):
    if not is_whole(size) or size < 1:
        raise ValueError(f"{label!r}: {size!r} is not a number of training images")
    values = [float(value) for value in (seeds.values() if isinstance(seeds, Mapping) else seeds)]
    if not values or not all(0 <= value <= 1 for value in values):
        raise ValueError(
            f"{label!r}, {size} images: {values} are not accuracies; give numbers from 0 to 1, one "
            "per seed"
        )
    mean, margin = t_interval(values) if len(values) > 1 else (values[0], None)
    return {"size": int(size), "mean": mean, "margin": margin, "seeds": len(values)}

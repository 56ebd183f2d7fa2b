"""Mean, range and smoothing of a run's curves; ``_shared/math/curves.js`` computes the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def smooth(values: Sequence[float], weight: float) -> NDArray[np.float64]:
    """Smooth a curve by an exponential moving average, corrected for its start.

    Parameters
    ----------
    values : array_like, shape (epochs,)
    weight : float
        From 0 (no smoothing) to below 1: how much of the average stays from epoch to epoch.

    Returns
    -------
    ndarray of float64, shape (epochs,)
        Epoch t has the weighted mean of epochs 1 to t, with weights 1, `weight`, `weight`², ...
        backwards from t. TensorBoard smooths in the same way.

    Raises
    ------
    ValueError
        If `weight` is out of range.

    Examples
    --------
    >>> smooth([0.0, 3.0], 0.5).tolist()
    [0.0, 2.0]
    """
    if not 0 <= weight < 1:
        raise ValueError(f"the smoothing weight is {weight!r}; use 0 to below 1")
    smoothed = np.empty(len(values))
    total = norm = 0.0
    for t, value in enumerate(values):
        total = weight * total + value
        norm = weight * norm + 1
        smoothed[t] = total / norm
    return smoothed


def spread(
    histories: Sequence[Mapping[str, Sequence[float]]], column: str, weight: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute the mean and the range over the seeds of a run.

    Parameters
    ----------
    histories : sequence of dict of list
        One per seed. They may differ in length: an epoch counts the seeds that got there.
    column : str
        Such as "val_loss".
    weight : float
        Each seed's curve is smoothed first, as by `smooth`.

    Returns
    -------
    tuple of three ndarray, each of shape (longest,)
        Mean, smallest and largest value.

    Examples
    --------
    >>> mean, low, high = spread([{"val_loss": [1.0, 2.0]}, {"val_loss": [3.0]}], "val_loss")
    >>> mean.tolist(), high.tolist()
    ([2.0, 2.0], [3.0, 2.0])
    """
    longest = max(len(history[column]) for history in histories)
    table = np.full((len(histories), longest), np.nan)
    for row, history in zip(table, histories, strict=True):
        row[: len(history[column])] = smooth(history[column], weight)
    return np.nanmean(table, axis=0), np.nanmin(table, axis=0), np.nanmax(table, axis=0)

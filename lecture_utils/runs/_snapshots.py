"""The weights of a model's first convolution at several points of its training, in 8 bits each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lecture_utils.runs._store import read_arrays, write_arrays

# Weights are stored as multiples of the largest magnitude divided by this number.
_LEVELS = 127


class Snapshots(NamedTuple):
    """The weights of the first convolution during training.

    Attributes
    ----------
    step : ndarray of int, shape (T,)
        Numbers of optimizer steps.
    weights : ndarray of float32, shape (T, K, C, h, w)
        Accurate to 1/254 of the largest magnitude at that step.
    """

    step: NDArray[np.int64]
    weights: NDArray[np.float32]


def write_snapshots(path: Path, steps: Sequence[int], weights: Sequence[NDArray[Any]]) -> None:
    """Write snapshots, completely or not at all.

    Parameters
    ----------
    path : Path
    steps : T of int
    weights : T arrays of float, shape (K, C, h, w)
    """
    values = np.stack(weights).astype(np.float32)
    largest = np.abs(values).reshape(len(values), -1).max(axis=1)
    scale = np.where(largest > 0, largest, 1) / _LEVELS
    levels = np.rint(values / scale[:, None, None, None, None]).astype(np.int8)
    write_arrays(
        path, step=np.array(steps, np.int32), scale=scale.astype(np.float32), levels=levels
    )


def read_snapshots(path: Path) -> Snapshots:
    """Read a file of `write_snapshots`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged.
    """
    step, scale, levels = read_arrays(path, "step", "scale", "levels")
    weights = levels * scale[:, None, None, None, None]
    return Snapshots(step.astype(np.int64), weights.astype(np.float32))

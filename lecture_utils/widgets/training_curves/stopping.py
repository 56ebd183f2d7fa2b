"""Early stopping on a finished history: where it would have stopped, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lecture_utils._validation import whole

#: The quantities to watch, and the comparison that means "better".
MONITORS = {"val_loss": lambda new, old: new < old, "val_accuracy": lambda new, old: new > old}


@dataclass(frozen=True)
class EarlyStop:
    """The effect of early stopping on one training run; epochs count from 1.

    Attributes
    ----------
    stopped : bool
        Whether patience ran out, even if only in the last epoch.
    epochs : int
        Epochs trained: all of them if patience never ran out.
    kept : int
        The best epoch up to there, whose weights a checkpoint would hold.
    best : int
        The best epoch of the whole training.
    accuracy : float
        Validation accuracy, from 0 to 1, of the epoch that is kept.
    against_best, against_last : float
        That accuracy minus the one of the best epoch, and minus the one of the last epoch.
    epochs_saved : int
    """

    stopped: bool
    epochs: int
    kept: int
    best: int
    accuracy: float
    against_best: float
    against_last: float
    epochs_saved: int


def early_stopping(
    history: Mapping[str, Sequence[float]], patience: int = 3, monitor: str = "val_loss"
) -> EarlyStop:
    """Find where a training run would have stopped, and which epoch it would have kept.

    Training stops as soon as `patience` epochs in a row brought nothing better than the best before
    them; equal is not better. This is what Lightning's ``EarlyStopping`` does with ``min_delta=0``,
    beside a ``ModelCheckpoint`` that keeps the best epoch.

    Parameters
    ----------
    history : dict of list
        ``val_loss`` and ``val_accuracy`` (0 to 1), one finite number per epoch.
    patience : int
        At least 1.
    monitor : {"val_loss", "val_accuracy"}
        The quantity to watch. "Best" means lowest loss or highest accuracy; the first one, if
        several are equal.

    Returns
    -------
    EarlyStop

    Raises
    ------
    ValueError
        If `patience` or `monitor` is none of the above, or the history is empty or has a value that
        is not finite.

    Examples
    --------
    >>> history = {"val_loss": [0.9, 0.5, 0.6, 0.4], "val_accuracy": [0.6, 0.8, 0.7, 0.9]}
    >>> stop = early_stopping(history, patience=1)
    >>> stop.epochs, stop.kept, stop.best, stop.epochs_saved
    (3, 2, 4, 1)
    """
    if monitor not in MONITORS:
        raise ValueError(f"monitor is {monitor!r}; use one of {', '.join(MONITORS)}")
    patience = whole("patience", patience, 1)
    values, accuracy = history[monitor], history["val_accuracy"]
    if not len(values):
        raise ValueError("the history is empty; early stopping needs at least one epoch")
    for epoch, value in enumerate(values, 1):
        if not math.isfinite(value):
            raise ValueError(f"{monitor} is {value} in epoch {epoch}; cut the history before it")

    better = MONITORS[monitor]
    stop, kept, best, waited = None, 0, 0, 0
    for epoch, value in enumerate(values):
        if epoch == 0 or better(value, values[best]):
            best, waited = epoch, 0
        else:
            waited += 1
        if stop is None:
            kept = best
            if waited >= patience:
                stop = epoch
    last = len(values) - 1
    trained = last if stop is None else stop
    return EarlyStop(
        stopped=stop is not None,
        epochs=trained + 1,
        kept=kept + 1,
        best=best + 1,
        accuracy=accuracy[kept],
        against_best=accuracy[kept] - accuracy[best],
        against_last=accuracy[kept] - accuracy[last],
        epochs_saved=last - trained,
    )

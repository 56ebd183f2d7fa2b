"""TrainingCurves: recorded runs side by side, and the effect that early stopping would have had."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import traitlets

from .._demo import Demo
from .._traits import Whole
from .figure import curves_html
from .histories import check, gather
from .stopping import MONITORS, EarlyStop, early_stopping

__all__ = ["EarlyStop", "TrainingCurves", "early_stopping"]

LARGEST_SMOOTHING = 0.95


class TrainingCurves(Demo):
    """Loss and accuracy of several training runs, with a crosshair and early stopping.

    In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    *runs : str or dict
        Names of recorded runs, each with all its seeds; or dicts from labels to such names, to a
        history (a dict with ``train_loss``, ``train_accuracy``, ``val_loss`` and ``val_accuracy``,
        a list each) or to a list of histories, one per seed. By default two networks on MNIST.
    patience : int
        Early stopping ends training after this many epochs without improvement; at least 1.
    monitor : {"val_loss", "val_accuracy"}
        The quantity that early stopping watches, and that defines the best epoch.
    smoothing : float
        Weight of the moving average, from 0 (none) to 0.95. Only the lines are smoothed: the
        numbers and early stopping use the values as they are.
    log_loss : bool
        Draw the loss on a logarithmic axis.
    root : path, optional
        Folder with recorded runs, as in `lecture_utils.runs.load`.

    Attributes
    ----------
    runs : list of dict
        See `histories.gather`.
    hidden : list of str
        Labels of the runs that are not drawn.
    splits : list of {"train", "val"}
        Which curves are drawn.
    epoch : int
        Where the crosshair stands, from 1.
    stops : dict of list of EarlyStop
        From each label to the effect of early stopping, seed by seed; see `early_stopping`.

    Raises
    ------
    ValueError, traitlets.TraitError
        If a history or a setting cannot be shown; the message names the value.
    FileNotFoundError
        If a run is not recorded.

    Examples
    --------
    >>> demo = TrainingCurves("mnist/dense", "mnist/gap", patience=2)
    >>> [stop.epochs for stop in demo.stops["mnist/gap"]]
    [8, 8, 8]
    """

    extra_styles = ("_shared/ui/curves/curves.css",)

    runs = traitlets.List(traitlets.Dict()).tag(sync=True)
    hidden = traitlets.List(traitlets.Unicode()).tag(sync=True)
    splits = traitlets.List(traitlets.Enum(("train", "val")), ["train", "val"]).tag(sync=True)
    patience = Whole(2, min=1).tag(sync=True)
    monitor = traitlets.Enum(tuple(MONITORS), "val_loss").tag(sync=True)
    smoothing = traitlets.Float(0.0, min=0.0, max=LARGEST_SMOOTHING).tag(sync=True)
    log_loss = traitlets.Bool(False).tag(sync=True)
    epoch = Whole(1, min=1).tag(sync=True)

    def __init__(
        self,
        *runs: str | Mapping[str, Any],
        patience: int = 2,
        monitor: str = "val_loss",
        smoothing: float = 0.0,
        log_loss: bool = False,
        root: str | os.PathLike[str] | None = None,
    ):
        super().__init__(
            runs=gather(runs or ("mnist/dense", "mnist/strong"), root),
            patience=patience,
            monitor=monitor,
            smoothing=smoothing,
            log_loss=log_loss,
        )
        self.epoch = self.stops[self.runs[0]["label"]][0].kept

    @traitlets.validate("runs")
    def _check_runs(self, proposal):
        return check(proposal["value"])

    @property
    def stops(self) -> dict[str, list[EarlyStop]]:
        """Play early stopping through on every seed of every run."""
        return {
            run["label"]: [
                early_stopping(seed, self.patience, self.monitor) for seed in run["seeds"]
            ]
            for run in self.runs
        }

    def readings(self) -> dict[str, Any]:
        """Return how many runs keep their best epoch, and how many epochs are saved in total."""
        stops = [stop for seeds in self.stops.values() for stop in seeds]
        return {
            "trainings": len(stops),
            "kept_best": sum(stop.kept == stop.best for stop in stops),
            "epochs_saved": sum(stop.epochs_saved for stop in stops),
        }

    def figure_html(self) -> str:
        """Return the curves as a figure, and best and last epochs as a table."""
        return curves_html(
            self.runs, self.stops, self.monitor, self.patience, log_loss=self.log_loss
        )

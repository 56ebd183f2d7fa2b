"""Results of the recorded runs on transfer learning: boundaries, learning curves, maps.

All numbers come from the cards and the logits of ``transfer/*`` and ``learning-curves/*`` runs.
Runs that are not recorded are left out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lecture_utils import runs
from lecture_utils._validation import check_name, whole
from lecture_utils.runs import _transfer_recipes
from lecture_utils.runs._paired import CurveComparison, compare_curves
from lecture_utils.runs._runs import load_all
from lecture_utils.runs._transfer_recipes import BETWEEN, STRATEGIES, steps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lecture_utils.transfer import EmbeddingMaps

__all__ = [
    "COUNTS",
    "CURVES",
    "Boundary",
    "TestMaps",
    "boundaries",
    "compare",
    "learning_curves",
    "maps_of_test",
    "share_correct",
    "steps",
]

#: The strategies of the learning curves, and their names in figures.
CURVES = _transfer_recipes.CURVES
#: Numbers of training photos.
COUNTS = _transfer_recipes.COUNTS
#: The recipe of each boundary, by the first trainable stage.
_NAMES = {stage: f"transfer/{strategy}" for strategy, stage in STRATEGIES.items()}
_NAMES.update({stage: f"transfer/from-{stage}" for stage in BETWEEN})
# The names used in the chapter, in its order.
_MAPS = {
    "random weights": "transfer/random-features",
    "pretrained": "transfer/feature-extraction",
    "fine-tuned": "transfer/end-to-end",
}


@dataclass(frozen=True)
class Boundary:
    """A boundary between the frozen and the trained stages of a model: its costs and results.

    Attributes
    ----------
    train_from : str
        The first stage that is trained, such as "stage7"; one of ``TransferNetwork.stages``.
        `transfer.freeze` takes it as ``until``.
    name : str
        Name of the recipe, such as "transfer/partial", for ``TrainingCurves``.
    trainable, parameters : int
        Number of trainable weights and biases, and of all.
    memory : int
        Bytes of one training step on a batch of the size passed to `boundaries`: see
        `profiling.training_memory`.
    runs : list of runs.Run
        The recorded runs, one per seed; may be empty. ``run.history`` has the curves.
    """

    train_from: str
    name: str
    trainable: int
    parameters: int
    memory: int
    runs: list[runs.Run]

    @property
    def accuracy(self) -> float | None:
        """Mean accuracy on the test photos, 0 to 1; None if no run is recorded."""
        return _mean(run.card["metrics"]["test"]["accuracy"] for run in self.runs)

    @property
    def seconds_per_epoch(self) -> float | None:
        """Processor seconds per epoch, without the pass that caches frozen outputs; or None."""
        return _mean(run.card["processor_seconds"] / len(run.history["epoch"]) for run in self.runs)


def boundaries(
    *, root: str | os.PathLike[str] | None = None, batch_size: int = 32
) -> list[Boundary]:
    """Collect the costs and results of every boundary.

    Parameters
    ----------
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.
    batch_size : int
        Number of images for which the memory is computed.

    Returns
    -------
    list of Boundary
        From "stem" (everything is trained) to "head" (only the head is).

    Examples
    --------
    >>> [boundary.train_from for boundary in boundaries()][-2:]
    ['top', 'head']
    """
    from lecture_utils.models import efficientnet_lite0
    from lecture_utils.profiling import training_memory
    from lecture_utils.transfer import attach_head, freeze, trainable_parameters

    batch_size = whole("batch_size", batch_size, 1)
    model = attach_head(efficientnet_lite0(), 1)
    size = runs.recipe(_NAMES["head"]).image_size
    assert size is not None  # as in all recipes for photos
    result = []
    for stage in model.stages:
        if stage in _NAMES:
            freeze(model, stage, freeze_bn_stats=True)
            result.append(
                Boundary(
                    train_from=stage,
                    name=_NAMES[stage],
                    trainable=trainable_parameters(model),
                    parameters=sum(p.numel() for p in model.parameters()),
                    memory=training_memory(model, (batch_size, 3, size, size)),
                    runs=load_all(_NAMES[stage], root),
                )
            )
    return result


def learning_curves(
    *, root: str | os.PathLike[str] | None = None
) -> dict[str, dict[int, dict[int, float]]]:
    """Collect test accuracies by number of training photos.

    Parameters
    ----------
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    dict of dict of dict of float
        Maps strategy (one of `CURVES`) to number of photos to seed to test accuracy, 0 to 1.
        Contains only recorded runs.

    Examples
    --------
    >>> curves = learning_curves()
    >>> list(curves) == list(CURVES)
    True
    """
    return {strategy: _curve(strategy, root) for strategy in CURVES}


def compare(
    *pairs: tuple[str, str], root: str | os.PathLike[str] | None = None
) -> dict[tuple[str, str], list[CurveComparison]]:
    """Compare strategies for each number of training photos, seed by seed.

    Parameters
    ----------
    *pairs : tuple of (str, str)
        The first and the second strategy of each comparison, from `CURVES`.
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    dict of list of CurveComparison
        By pair: for every number of photos with at least two recorded seeds of both strategies, the
        smallest first.

    Raises
    ------
    ValueError
        If there is no such strategy.

    Examples
    --------
    >>> compared = compare(("partial", "extraction"))
    >>> all(each.seeds >= 2 for each in compared["partial", "extraction"])
    True
    """
    for pair in pairs:
        for strategy in pair:
            check_name("strategy", strategy, CURVES)
    curves = {strategy: _curve(strategy, root) for pair in pairs for strategy in pair}
    return compare_curves(curves, pairs)


def share_correct(name: str, *, root: str | os.PathLike[str] | None = None) -> NDArray[np.float64]:
    """Compute, for every test photo, the fraction of a recipe's seeds that classify it correctly.

    Parameters
    ----------
    name : str
        Name of a recipe, such as "learning-curves/partial-2000".
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    ndarray of float, shape (N,)
        In the same order for all recipes. The mean is the mean accuracy.

    Raises
    ------
    ValueError
        If there is no recipe of that name.
    FileNotFoundError
        If no run of the recipe is recorded.
    """
    import numpy as np

    recorded = load_all(name, root)
    if not recorded:
        raise FileNotFoundError(f"no run of {name} is recorded")
    logits = [run.test_logits for run in recorded]
    return np.mean([(each.logits > 0) == (each.labels > 0) for each in logits], axis=0)


def _curve(strategy, root):
    """Return the test accuracies of one strategy by number of photos, then by seed."""
    names = {count: f"learning-curves/{strategy}-{count}" for count in COUNTS}
    recorded = {
        count: load_all(name, root) for count, name in names.items() if name in runs.RECIPES
    }
    return {
        count: {run.card["seed"]: run.card["metrics"]["test"]["accuracy"] for run in loaded}
        for count, loaded in recorded.items()
        if loaded
    }


@dataclass(frozen=True)
class TestMaps:
    """The 1,000 test photos on maps: before training, pretrained and fine-tuned.

    Attributes
    ----------
    stages : dict of str to transfer.EmbeddingMaps
        "random weights", "pretrained", "fine-tuned": for the demo `EmbeddingMap`.
    labels : ndarray of int, shape (N,)
        0 for a cat, 1 for a dog.
    class_names : tuple of str
        Name of each label.
    predictions : dict of str to ndarray of int, shape (N,)
        The predicted labels by stage.
    files : list of str
        Paths relative to the test folder, such as "cats/cat.4501.jpg", for thumbnails if the photos
        are available.
    """

    # Not a test, although its name begins with "Test".
    __test__ = False

    stages: dict[str, EmbeddingMaps]
    labels: np.ndarray
    class_names: tuple[str, ...]
    predictions: dict[str, np.ndarray]
    files: list[str]


def maps_of_test(*, root: str | os.PathLike[str] | None = None) -> TestMaps:
    """Collect the maps of the test photos.

    Parameters
    ----------
    root : path, optional
        Folder of recorded runs. By default those that ship with the package.

    Returns
    -------
    TestMaps

    Raises
    ------
    FileNotFoundError
        If a run is not recorded.
    """
    by_stage = {stage: runs.load(name, root=root) for stage, name in _MAPS.items()}
    tables = {stage: run.test_predictions for stage, run in by_stage.items()}
    first = next(iter(tables.values()))
    return TestMaps(
        stages={stage: run.maps for stage, run in by_stage.items()},
        labels=first["label"],
        class_names=("cat", "dog"),
        predictions={stage: (table["logit"] > 0).astype(int) for stage, table in tables.items()},
        files=first["file"],
    )


def _mean(values):
    values = [*values]
    return sum(values) / len(values) if values else None

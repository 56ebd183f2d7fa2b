"""What the recorded runs of the chapter on transfer learning say: boundaries, learning curves, maps.

All numbers come from the cards of ``transfer/*`` runs. What is not recorded is left out.
"""

from dataclasses import dataclass

from lecture_utils import runs
from lecture_utils.runs._transfer_recipes import BETWEEN, COUNTS, WAYS

#: From the picture to the head: the first stage that learns, and the recipe that was run there.
_NAMES = {until: f"transfer/{way}" for way, until in WAYS.items()}
_NAMES.update({until: f"transfer/from-{until}" for until in BETWEEN})
# What the chapter calls them, in the order of its story.
_MAPS = {
    "random weights": "transfer/random-features",
    "pretrained": "transfer/feature-extraction",
    "fine-tuned": "transfer/end-to-end",
}


@dataclass(frozen=True)
class Boundary:
    """One place to cut the network: all before it frozen, all from it on trained.

    Attributes
    ----------
    until : str
        The first stage that learns, such as "stage7"; one of ``TransferNetwork.stages``.
    name : str
        Of the recipe, such as "transfer/partial"; for ``TrainingCurves``, which takes such names.
    trainable, parameters : int
        How many numbers learn, of how many.
    memory : int
        Bytes that one training step takes for a batch of 32 pictures: see `profiling.training_memory`.
    runs : list of runs.Run
        The recorded ones, one per seed; none if it is not recorded. ``run.history`` has the curves.
    """

    until: str
    name: str
    trainable: int
    parameters: int
    memory: int
    runs: list

    @property
    def accuracy(self):
        """Mean accuracy on the test photos, 0 to 1; None if it is not recorded."""
        return _mean(run.card["metrics"]["test"]["accuracy"] for run in self.runs)

    @property
    def seconds_per_epoch(self):
        """Processor seconds of an epoch, without those in which the frozen part was run once; None if not recorded."""
        return _mean(run.card["processor_seconds"] / len(run.history["epoch"]) for run in self.runs)


def boundaries(*, root=None, batch_size=32):
    """Put together what is known of every place where the network was cut.

    Parameters
    ----------
    root : path, optional
        Where to look for recorded runs. By default among those that come with the package.
    batch_size : int
        For the memory.

    Returns
    -------
    list of Boundary
        From "stem" (all learns) to "head" (only the head learns).

    Examples
    --------
    >>> [boundary.until for boundary in boundaries()][-2:]  # doctest: +SKIP
    ['top', 'head']
    """
    from lecture_utils.models import efficientnet_lite0
    from lecture_utils.profiling import training_memory
    from lecture_utils.transfer import attach_head, freeze, trainable_parameters

    model = attach_head(efficientnet_lite0(), 1)
    size = runs.recipe(_NAMES["head"]).image_size
    found = []
    for until in model.stages:
        if until in _NAMES:
            freeze(model, until, all_statistics=True)
            found.append(
                Boundary(
                    until=until,
                    name=_NAMES[until],
                    trainable=trainable_parameters(model),
                    parameters=sum(p.numel() for p in model.parameters()),
                    memory=training_memory(model, (batch_size, 3, size, size)),
                    runs=_recorded(_NAMES[until], root),
                )
            )
    return found


def learning_curves(*, root=None):
    """Collect test accuracies against the number of training photos.

    Returns
    -------
    dict of dict of list of float
        From way ("from-scratch", "feature-extraction", "partial", "end-to-end") to number of photos to the test
        accuracies of all seeds, 0 to 1. Only what is recorded.

    Examples
    --------
    >>> learning_curves()["partial"][10]  # doctest: +SKIP
    [0.91, 0.93, 0.9]
    """
    # On 500 photos and more without a trained network: the runs of the chapter on cats and dogs.
    everything = {"from-scratch": "cats-vs-dogs/photos-2000"}
    curves = {}
    for way in ("from-scratch", *WAYS):
        curve = {}
        for count in (*COUNTS, 2000):
            name = f"transfer/{way}-{count}"
            if count == 2000:
                name = everything.get(way, f"transfer/{way}")
            elif name not in runs.RECIPES:
                name = f"cats-vs-dogs/photos-{count}"
            accuracies = [run.card["metrics"]["test"]["accuracy"] for run in _recorded(name, root)]
            if accuracies:
                curve[count] = accuracies
        curves[way] = curve
    return curves


@dataclass(frozen=True)
class TestMaps:
    """The 1,000 test photos on maps, before training, pretrained and fine-tuned.

    Attributes
    ----------
    stages : dict of str to transfer.EmbeddingMaps
        "random weights", "pretrained", "fine-tuned": for the demo `EmbeddingMap`.
    labels : ndarray of int, shape (N,)
        0 for a cat, 1 for a dog.
    class_names : tuple of str
    predictions : dict of str to ndarray of int, shape (N,)
    files : list of str
        Relative to the test folder, such as "cats/cat.4501.jpg": for thumbnails where the photos are.
    """

    # Not a test, whatever its name begins with.
    __test__ = False

    stages: dict
    labels: object
    class_names: tuple
    predictions: dict
    files: list


def maps_of_test(*, root=None):
    """Put the maps of the test photos together.

    Returns
    -------
    TestMaps

    Raises
    ------
    FileNotFoundError
        If a run is not recorded.
    """
    found = {stage: runs.load(name, root=root) for stage, name in _MAPS.items()}
    tables = {stage: run.test_table for stage, run in found.items()}
    first = next(iter(tables.values()))
    return TestMaps(
        stages={stage: run.maps for stage, run in found.items()},
        labels=first["label"],
        class_names=("cat", "dog"),
        predictions={stage: (table["logit"] > 0).astype(int) for stage, table in tables.items()},
        files=first["file"],
    )


def _recorded(name, root):
    return [runs.load(name, seed, root=root) for _, seed in runs.available(name, root=root)]


def _mean(values):
    values = [*values]
    return sum(values) / len(values) if values else None

"""Find, read and repeat recorded runs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lecture_utils._validation import as_seed, whole
from lecture_utils.runs import _legacy, _on_demand, _store
from lecture_utils.runs._recipes import RECIPES, Recipe, recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

    from lecture_utils.runs._readouts import ReadOut
    from lecture_utils.runs._snapshots import Snapshots
    from lecture_utils.runs._test_logits import TestLogits
    from lecture_utils.transfer import EmbeddingMaps


class Run:
    """One finished run.

    Attributes
    ----------
    folder : Path
    card : dict
        The model, data, settings, machine and results: see ``card["metrics"]``. The names are the
        current ones, whatever version wrote the file.
    history : dict of list
        ``epoch`` (from 1), ``train_loss``, ``train_accuracy``, ``val_loss``, ``val_accuracy``.
    recipe : Recipe
        The recipe of the run, as stored in the card.
    model : nn.Module
        The trained model in evaluation mode. Read from disk at first use. Not all runs keep their
        weights.
    test_predictions : dict
        The model's output for the N test images: ``file`` (list of str, relative to the test
        folder), ``label`` and ``logit`` (arrays; a logit above 0 means class 1), and the maps of
        the embeddings ``pca``, ``tsne`` (N, 2) and ``neighbors`` (N, 5), as in
        `transfer.make_maps`. Only in runs whose recipe sets ``save_predictions``.
    test_classes : dict
        ``label`` and ``predicted``, the classes of the N test images (arrays of int). Only in runs
        whose recipe sets ``save_classes``.
    test_logits : TestLogits
        ``labels`` (N,) and ``logits`` of the N test images, and ``views``: for photos, the logits
        of several views by name (unless the model builds on another). Only in runs that do not
        store their predictions in another form.
    snapshots : Snapshots
        The weights of the first convolution during training: ``step`` (T,) and ``weights``
        (T, K, C, h, w). Only in runs whose recipe sets ``snapshots``.
    readouts : dict of ReadOut
        By budget in epochs: the weights that it leads to, their scores, and their logits for every
        validation and test image. Only in runs whose recipe sets ``budgets``.
    clean_train : dict of list
        ``epoch``, ``loss`` and ``accuracy`` on the training images without augmentation, in
        evaluation mode. Only in runs whose recipe sets ``clean_every``.
    maps : transfer.EmbeddingMaps
        The maps of `test_predictions`, ready for the demo `EmbeddingMap`.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        remedy = "restore the folder, or train the run again"
        self.folder = Path(folder)
        self.card = _legacy.card(_store.read_json(self.folder / _store.CARD, remedy))
        self.history = _store.read_history(self.folder / _store.HISTORY, remedy)

    @property
    def recipe(self) -> Recipe:
        """Rebuild the recipe from the card."""
        return Recipe(**self.card["recipe"])

    @cached_property
    def model(self) -> nn.Module:
        """Build the model and read its weights.

        Returns
        -------
        torch.nn.Module
            In evaluation mode.

        Raises
        ------
        FileNotFoundError
            If the weights were not kept.
        """
        import torch

        from lecture_utils.runs import _networks
        from lecture_utils.runs._weights import load_weights

        if self.card["weights_sha256"] is None:
            name, seed = self.card["name"], self.card["seed"]
            raise FileNotFoundError(
                f"the weights of {name} were not kept; train again: "
                f"runs.train({name!r}, {seed}, keep_weights=True)"
            )
        # Its initial weights are replaced; the random numbers of the reader's code stay the same.
        with torch.random.fork_rng(devices=[]):
            model = _networks.build(self.recipe, self.card["seed"])
        path = self.folder / _store.WEIGHTS
        load_weights(
            _networks.trainable_part(self.recipe, model), path, self.card["weights_sha256"]
        )
        return model.eval()

    @cached_property
    def test_predictions(self) -> dict[str, Any]:
        """Read ``test.csv``.

        Returns
        -------
        dict
            See the class.

        Raises
        ------
        FileNotFoundError
            If the run did not save its predictions.
        """
        from lecture_utils.runs._test_predictions import read_test_predictions

        if not self.recipe.save_predictions:
            raise FileNotFoundError(
                f"{self.card['name']} did not save its predictions; load a run whose recipe sets "
                "save_predictions"
            )
        return read_test_predictions(self.folder / _store.TEST_PREDICTIONS)

    @cached_property
    def test_classes(self) -> dict[str, NDArray[np.int64]]:
        """Read ``test_classes.npz``.

        Returns
        -------
        dict
            See the class.

        Raises
        ------
        FileNotFoundError
            If the run did not save them.
        """
        from lecture_utils.runs._test_predictions import read_test_classes

        if not self.recipe.save_classes:
            raise FileNotFoundError(
                f"{self.card['name']} did not save its predicted classes; load a run whose recipe "
                "sets save_classes"
            )
        return read_test_classes(self.folder / _store.TEST_CLASSES)

    @cached_property
    def test_logits(self) -> TestLogits:
        """Read ``test_logits.npz``.

        Returns
        -------
        TestLogits

        Raises
        ------
        FileNotFoundError
            If the run did not save them.
        """
        from lecture_utils.runs._test_logits import read_test_logits

        if not self.recipe.saves_logits:
            raise FileNotFoundError(
                f"{self.card['name']} stores its predictions in another form: see "
                "test_predictions, test_classes and readouts"
            )
        return read_test_logits(self.folder / _store.TEST_LOGITS)

    @cached_property
    def snapshots(self) -> Snapshots:
        """Read ``snapshots.npz``.

        Returns
        -------
        Snapshots

        Raises
        ------
        FileNotFoundError
            If the run kept no snapshots.
        """
        from lecture_utils.runs._snapshots import read_snapshots

        if not self.recipe.snapshots:
            raise FileNotFoundError(
                f"{self.card['name']} kept no snapshots; load a run whose recipe sets them"
            )
        return read_snapshots(self.folder / _store.SNAPSHOTS)

    @cached_property
    def readouts(self) -> dict[int, ReadOut]:
        """Read ``readouts.npz`` and the summaries in the card.

        Returns
        -------
        dict of ReadOut

        Raises
        ------
        FileNotFoundError
            If the run was not read out.
        """
        from lecture_utils.runs._readouts import read_readouts

        if not self.recipe.budgets:
            raise FileNotFoundError(
                f"{self.card['name']} was not read out in training; load a run whose recipe sets "
                "budgets"
            )
        if not self.card["readouts"]:
            raise FileNotFoundError(
                f"{self.card['name']} has {self.recipe.epochs} epochs, fewer than its smallest "
                f"budget, {min(self.recipe.budgets)}; train it for longer"
            )
        return read_readouts(self.folder / _store.READOUTS, self.card["readouts"])

    @property
    def clean_train(self) -> dict[str, list[Any]]:
        """Return the scores on clean training images.

        Returns
        -------
        dict of list

        Raises
        ------
        FileNotFoundError
            If the run has no such scores.
        """
        if not self.recipe.clean_every:
            raise FileNotFoundError(
                f"{self.card['name']} was not evaluated on clean training images; load a run whose "
                "recipe sets clean_every"
            )
        rows = self.card["clean_train"]
        return {name: [row[name] for row in rows] for name in ("epoch", "loss", "accuracy")}

    @property
    def maps(self) -> EmbeddingMaps:
        """Collect the maps of the test images."""
        from lecture_utils.transfer import EmbeddingMaps

        maps = {name: self.test_predictions[name] for name in ("pca", "tsne", "neighbors")}
        return EmbeddingMaps(**maps, **self.card["maps"])

    def __repr__(self) -> str:
        accuracy = self.card["metrics"]["test"]["accuracy"]
        epochs = len(self.history["epoch"])
        return (
            f"<{self.card['name']}, seed {self.card['seed']}: {epochs} epochs, test {accuracy:.2%}>"
        )


def available(
    name: str | None = None, *, root: str | os.PathLike[str] | None = None
) -> list[tuple[str, int]]:
    """List the finished runs.

    Parameters
    ----------
    name : str, optional
        List only the runs of this recipe.
    root : path, optional
        Folder of the runs. By default those that ship with the package (or are downloaded, if it
        was installed without them).

    Returns
    -------
    list of tuple of (str, int)
        Name and seed, sorted.

    Raises
    ------
    ValueError
        If there is no recipe of that name.

    Examples
    --------
    >>> available("mnist/gap")
    [('mnist/gap', 0), ('mnist/gap', 1), ('mnist/gap', 2)]
    """
    names = sorted(RECIPES) if name is None else [recipe(name).name]
    if root is None and _on_demand.installed_without_runs():
        return [run for run in _on_demand.recorded() if run[0] in names]
    root = Path(root or _store.RECORDED)
    return sorted(
        (each, seed)
        for each in names
        for card in (root / each).glob(f"seed*/{_store.CARD}")
        if (seed := _store.seed_of(card.parent)) is not None
    )


def load(name: str, seed: int = 0, *, root: str | os.PathLike[str] | None = None) -> Run:
    """Read a finished run.

    Parameters
    ----------
    name : str
        One of `RECIPES`, such as "mnist/gap".
    seed : int
        Seed of the run.
    root : path, optional
        Folder of the runs. By default those that ship with the package (or are downloaded, if it
        was installed without them).

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If there is no recipe of that name, or a file is damaged.
    FileNotFoundError
        If the run is not recorded.
    OSError
        If the package was installed without the recorded runs and the download fails.

    Examples
    --------
    >>> load("mnist/gap").history["val_accuracy"][:3]
    [0.9444, 0.9612, 0.9794]
    """
    seed = whole("seed", seed)
    name = recipe(name).name
    folder = _store.run_folder(name, seed, root)
    if root is None and _on_demand.installed_without_runs() and (name, seed) in available(name):
        folder = _on_demand.fetch(name, seed)
    if not (folder / _store.CARD).is_file():
        seeds = [known for _, known in available(name, root=root)]
        there = f"there are seeds {seeds}" if seeds else "there is no other seed either"
        # The reader's own runs do not go into the package.
        command = _store.command("train", name, seed, "runs" if root is None else root)
        then = ", then load it with root='runs'" if root is None else ""
        raise FileNotFoundError(
            f"{name} with seed {seed} is not recorded ({there}); record it with: {command}{then}"
        )
    return Run(folder)


def load_all(name: str, root: str | os.PathLike[str] | None = None) -> list[Run]:
    """Read all finished runs of a recipe.

    Parameters
    ----------
    name, root
        As for `load`.

    Returns
    -------
    list of Run
        In the order of their seeds; empty if no run is recorded.

    Raises
    ------
    ValueError
        If there is no recipe of that name, or a file is damaged.
    """
    return [load(name, seed, root=root) for _, seed in available(name, root=root)]


def record_test_logits(
    name: str,
    seed: int = 0,
    *,
    root: str | os.PathLike[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> TestLogits:
    """Compute a finished run's test logits from its weights, and store them with the run.

    Parameters
    ----------
    name, seed, root
        As for `load`.
    data_dir : path or "sample", optional
        As for `train`: the data set of the run.

    Returns
    -------
    TestLogits

    Raises
    ------
    ValueError
        If the number of errors on these images is not the one in the card, or the recipe stores
        its predictions in another form.
    FileNotFoundError
        If the run, its weights or the data set are missing.

    Examples
    --------
    >>> record_test_logits("mnist/gap").logits.shape  # doctest: +SKIP
    (10000, 10)
    """
    from lecture_utils.runs import _record

    run = load(name, seed, root=root)
    if not run.recipe.saves_logits:
        raise ValueError(
            f"{name} stores its predictions in another form, so it has no test logits; see "
            "test_predictions, test_classes and readouts"
        )
    _record.record_test_logits(
        run.folder, run.recipe, run.card["seed"], run.model, run.card, data_dir
    )
    return run.test_logits


def train(
    name: str,
    seed: int = 0,
    *,
    root: str | os.PathLike[str] = "runs",
    data_dir: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    trainer: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Run | None:
    """Repeat a run from the start to its card.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    seed : int
        From 0 to 2**32 - 1. Two runs with the same seed on the same machine are equal.
    root : path
        Results go to ``<root>/<name>/seed<seed>``; with several nodes, this must be a shared
        folder.
    data_dir : path or "sample", optional
        The folder that has the data set (see `datasets`), or the small embedded sample. Only this
        run looks there; ``LECTURE_DATA`` stays as it is.
    threads : int, optional
        Number of processor threads. By default PyTorch decides.
    overwrite : bool
        Whether to replace an earlier run, and delete all else that its folder holds. It stays if
        the settings are refused or the data are missing.
    trainer : dict, optional
        ``accelerator``, ``devices``, ``num_nodes``, ``strategy``, ``precision`` for Lightning's
        ``Trainer``. By default, there is one node and the others are "auto".
    **changes
        Fields of `Recipe` to change, such as ``epochs=2``.

    Returns
    -------
    Run or None
        None in all processes of a distributed run except the first.

    Raises
    ------
    ValueError
        If there is no recipe of that name, an option is unknown or unsuitable, or JSON cannot store
        it.
    FileExistsError
        If there is a finished or a stopped run already, the folder holds files of another kind, or
        another process is training the run.
    FileNotFoundError
        If the data set is missing and cannot be downloaded.
    DivergedError
        If the loss becomes infinite or NaN; the run then has no card.

    Notes
    -----
    The random generators, the number of threads and the deterministic mode of PyTorch are set for
    this run, and afterwards as they were.

    Examples
    --------
    >>> train("mnist/gap", epochs=1, data_dir="sample", validation_size=100)  # doctest: +SKIP
    """
    from lecture_utils.runs import _record

    trainer = trainer or {}
    unknown = trainer.keys() - _record.TRAINER_OPTIONS
    if unknown:
        raise ValueError(f"unknown trainer options {sorted(unknown)}")
    fields = {field.name for field in dataclasses.fields(Recipe)} - {"name"}
    if changes.keys() - fields:
        raise ValueError(f"a recipe has no {sorted(changes.keys() - fields)}; use {sorted(fields)}")
    changed = dataclasses.replace(recipe(name), **_whole_numbers(changes))
    whole("epochs", changed.epochs, 1)
    seed = as_seed("seed", seed, minimum=0)
    threads = None if threads is None else whole("threads", threads, 0)
    folder = _record.start(changed, seed, root, data_dir, threads, overwrite, trainer)
    return None if folder is None else Run(folder)


def resume(name: str, seed: int = 0, *, root: str | os.PathLike[str] = "runs") -> Run | None:
    """Continue a run that was stopped or killed, as if it had not been interrupted.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    seed : int
        Seed of the run.
    root : path
        The folder that was passed to `train`.

    Returns
    -------
    Run or None
        None in all processes of a distributed run except the first.

    Raises
    ------
    FileNotFoundError
        If no such run was started.
    FileExistsError
        If the run is finished, or another process is training it.

    Examples
    --------
    >>> resume("mnist/gap")  # doctest: +SKIP
    """
    from lecture_utils.runs import _record

    folder = _record.resume(recipe(name).name, whole("seed", seed), root)
    return None if folder is None else Run(folder)


def _whole_numbers(changes):
    """Convert integers of any type into those that JSON can write."""
    limits = {"epochs": 1, "batch_size": 1, "repeats": 1, "validation_size": None}
    limits |= {"image_size": 1, "train_size": None, "augmented_copies": 0, "head_repeats": 0}
    return {
        name: value if value is None or name not in limits else whole(name, value, limits[name])
        for name, value in changes.items()
    }

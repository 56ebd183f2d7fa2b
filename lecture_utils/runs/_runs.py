"""Find, read, and repeat recorded runs."""

import dataclasses
from functools import cached_property
from pathlib import Path

from lecture_utils.runs import RECIPES, Recipe, _store, recipe


class Run:
    """One finished run.

    Attributes
    ----------
    folder : Path
    card : dict
        What was trained on what, how, where, and how well: see ``card["metrics"]``.
    history : dict of list
        ``epoch`` (from 1), ``train_loss``, ``train_accuracy``, ``val_loss``, ``val_accuracy``.
    model : nn.Module
        The trained network, ready to predict. Read from disk at first use. Not all runs keep their weights.
    test_table : dict
        What the network made of the N test pictures: ``file`` (list of str, relative to the test folder), ``label``
        and ``logit`` (arrays; a logit above 0 means class 1), ``pca``, ``tsne`` (N, 2) and ``neighbors`` (N, 5), where
        its embedding lies (see `transfer.make_maps`). Only of runs whose recipe says ``describe_test``.
    maps : transfer.EmbeddingMaps
        The maps among these, ready for the demo `EmbeddingMap`.
    """

    def __init__(self, folder):
        remedy = "restore the folder, or train the run again"
        self.folder = Path(folder)
        self.card = _store.read_json(self.folder / _store.CARD, remedy)
        self.history = _store.read_history(self.folder / _store.HISTORY, remedy)

    @cached_property
    def model(self):
        """Build the network and read its weights."""
        from lecture_utils.runs import _networks
        from lecture_utils.runs._weights import load_weights

        if self.card["weights_sha256"] is None:
            raise FileNotFoundError(
                f"the weights of {self.card['name']} are too large to ship and were not kept; train again, with: "
                f"runs.train({self.card['name']!r}, {self.card['seed']}, keep_weights=True)"
            )
        trained = Recipe(**self.card["recipe"])
        network = _networks.build(trained, self.card["seed"])
        path = self.folder / _store.WEIGHTS
        load_weights(_networks.learning_part(trained, network), path, self.card["weights_sha256"])
        return network.eval()

    @cached_property
    def test_table(self):
        """Read ``test.csv``."""
        from lecture_utils.runs._test_table import read_test_table

        if not self.card["recipe"].get("describe_test"):
            raise FileNotFoundError(
                f"{self.card['name']} did not describe its test pictures; load a run whose recipe says describe_test"
            )
        return read_test_table(self.folder / _store.TEST_TABLE)

    @property
    def maps(self):
        """Put the maps of the test table together."""
        from lecture_utils.transfer import EmbeddingMaps

        places = {name: self.test_table[name] for name in ("pca", "tsne", "neighbors")}
        return EmbeddingMaps(**places, **self.card["maps"])

    def __repr__(self):
        accuracy = self.card["metrics"]["test"]["accuracy"]
        epochs = len(self.history["epoch"])
        return (
            f"<{self.card['name']}, seed {self.card['seed']}: {epochs} epochs, test {accuracy:.2%}>"
        )


def available(name=None, *, root=None):
    """Find the finished runs.

    Parameters
    ----------
    name : str, optional
        Only the runs of this recipe.
    root : path, optional
        Where to look. By default among the runs that come with the package.

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
    >>> available("mnist/gap")  # doctest: +SKIP
    [('mnist/gap', 0)]
    """
    names = sorted(RECIPES) if name is None else [recipe(name).name]
    root = Path(root or _store.RECORDED)
    found = []
    for each in names:
        for card in (root / each).glob(f"seed*/{_store.CARD}"):
            found.append((each, int(card.parent.name.removeprefix("seed"))))
    return sorted(found)


def load(name, seed=0, *, root=None):
    """Read a finished run.

    Parameters
    ----------
    name : str
        One of `RECIPES`, such as "mnist/gap".
    seed : int
    root : path, optional
        Where to look. By default among the runs that come with the package.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If there is no recipe of that name, or a file is damaged.
    FileNotFoundError
        If the run is not recorded.

    Examples
    --------
    >>> load("mnist/gap").history["val_accuracy"]  # doctest: +SKIP
    """
    folder = _store.run_folder(recipe(name).name, seed, root)
    if not (folder / _store.CARD).is_file():
        seeds = [known for _, known in available(name, root=root)]
        there = f"there are seeds {seeds}" if seeds else "there is no other seed either"
        raise FileNotFoundError(
            f"{name} with seed {seed} is not recorded ({there}); record it with: "
            f"python -m lecture_utils.runs train {name} --seed {seed}"
        )
    return Run(folder)


def train(
    name,
    seed=0,
    *,
    root="runs",
    data=None,
    threads=None,
    overwrite=False,
    trainer=None,
    **changes,
):
    """Do a run again, from nothing to its card.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    seed : int
        Two runs with the same seed on the same machine are equal.
    root : path
        Results go to ``<root>/<name>/seed<seed>``; with several nodes, a folder that all of them share.
    data : path or "sample", optional
        The folder that has the data set (see `datasets`), or the small embedded sample.
    threads : int, optional
        Processor threads. By default as many as torch likes.
    overwrite : bool
        Replace what an earlier run left.
    trainer : dict, optional
        ``accelerator``, ``devices``, ``num_nodes``, ``strategy``, ``precision`` for Lightning's
        ``Trainer``; each is "auto" by default, and one node.
    **changes
        Fields of `Recipe` to change, such as ``epochs=2``.

    Returns
    -------
    Run or None
        None in all processes of a distributed run but the first.

    Raises
    ------
    ValueError
        If there is no recipe of that name, or an option is unknown.
    FileExistsError
        If there is a finished or a stopped run already.
    FileNotFoundError
        If the data set is not there and cannot be fetched.
    DivergedError
        If the loss is no number any more; then there is no card.

    Examples
    --------
    >>> train("mnist/gap", epochs=1, data="sample", validation_size=100)  # doctest: +SKIP
    """
    from lecture_utils.runs import _record

    trainer = trainer or {}
    unknown = trainer.keys() - _record.TRAINER_OPTIONS
    if unknown:
        raise ValueError(f"unknown trainer options {sorted(unknown)}")
    fields = {field.name for field in dataclasses.fields(Recipe)} - {"name"}
    if changes.keys() - fields:
        raise ValueError(f"a recipe has no {sorted(changes.keys() - fields)}; use {sorted(fields)}")
    changed = dataclasses.replace(recipe(name), **changes)
    if changed.epochs < 1:
        raise ValueError(f"epochs is {changed.epochs}; it must be at least 1")
    folder = _record.start(changed, seed, root, data, threads, overwrite, trainer)
    return folder and Run(folder)


def resume(name, seed=0, *, root="runs"):
    """Go on with a run that was stopped or killed, as if nothing had happened.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    seed : int
    root : path
        As it was given to `train`.

    Returns
    -------
    Run or None
        None in all processes of a distributed run but the first.

    Raises
    ------
    FileNotFoundError
        If no such run was started.
    FileExistsError
        If it is finished.

    Examples
    --------
    >>> resume("mnist/gap")  # doctest: +SKIP
    """
    from lecture_utils.runs import _record

    folder = _record.resume(recipe(name).name, seed, root)
    return folder and Run(folder)

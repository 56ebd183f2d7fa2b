"""Recorded runs as TransferExplorer shows them: at which boundary, how well, how long."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

from lecture_utils import runs as recorded

from .._histories import COLUMNS, check_history, check_seeds, load_seeds

#: More runs than this could not be told apart.
MOST_RUNS = 24
#: From scratch, to compare with, as far as they are recorded.
FROM_SCRATCH = {
    "from scratch, the lecture's network": "cats-vs-dogs/from-scratch",
    "from scratch, the book's best": "cats-vs-dogs/strong",
}
CLOCKS = ("processor time", "wall clock")
_NEEDED = {"label", "model", "train_from", "pretrained", "seeds"}
_OPTIONAL = {"name": "", "clock": CLOCKS[0], "trainable": None, "image_size": None}


def gather(
    sources: Iterable[str | Mapping[str, Any]], root: str | os.PathLike[str] | None = None
) -> list[dict[str, Any]]:
    """Bring all sources into one form.

    Parameters
    ----------
    sources : sequence of str or dict
        Names of recorded runs, each with all its seeds; dicts from labels to such names; or dicts
        as this function returns them, of which ``name``, ``clock``, ``trainable`` and
        ``image_size`` may be missing, and of the seeds ``seed`` and ``seconds``.
    root : path, optional
        Folder with recorded runs, as in `lecture_utils.runs.load`.

    Returns
    -------
    list of dict
        ``label``, ``model`` (its name), ``train_from`` (the first trained stage; None for all),
        ``pretrained``, ``name`` (of the recorded run, or ""), ``clock`` (one of `CLOCKS`),
        ``trainable`` (number of trained parameters; None if unknown), ``image_size`` (None if
        unknown) and ``seeds``: dicts with ``seed``, ``seconds`` (of all epochs; None if unknown),
        ``test_accuracy``, ``test_count`` and the four columns of a history.

    Raises
    ------
    ValueError
        If there is no such recipe, two labels are equal, or a run cannot be shown.
    FileNotFoundError
        If a run is not recorded.
    """
    entries = []
    for source in sources:
        labeled = {None: source} if isinstance(source, str) else source
        if not isinstance(labeled, Mapping):
            raise ValueError(f"{source!r} is not a run; give the name of a recorded run, or a dict")
        if labeled and "seeds" not in labeled and all(isinstance(x, str) for x in labeled.values()):
            entries += [_recorded(label, name, root) for label, name in labeled.items()]
        else:
            entries.append(_given(labeled))
    return check(entries)


def check(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries if they can be shown; raise ValueError if not."""
    if len(entries) > MOST_RUNS:
        raise ValueError(f"there are {len(entries)} runs; the demo shows at most {MOST_RUNS}")
    check_seeds(entries, _check_seed)
    return entries


def recorded_runs(root: str | os.PathLike[str] | None = None) -> list[str | dict[str, str]]:
    """Find the recorded runs that build on a trained network, and some from scratch beside them.

    Returns
    -------
    list of str or dict
        For `gather`.
    """
    from lecture_utils.runs._transfer_recipes import BETWEEN, STRATEGIES

    names = [f"transfer/{strategy}" for strategy in STRATEGIES]
    names += [f"transfer/from-{stage}" for stage in BETWEEN]
    labeled = {"only the head, random weights": "transfer/random-features", **FROM_SCRATCH}
    is_there = {name for name, _ in recorded.available(root=root)}
    others = [{label: name} for label, name in labeled.items() if name in is_there]
    return [*(name for name in names if name in is_there), *others]


def _recorded(label, name, root):
    seeds = load_seeds(name, root)
    card = seeds[0].card
    recipe = card["recipe"]
    # Processor seconds belong to the run alone, whatever else the machine did.
    precise = all("processor_seconds" in run.card for run in seeds)
    # Times of other processors or precisions would not measure the same work.
    machines = [_machine(run.card) for run in seeds]
    usual = max(machines, key=machines.count)
    entry = {
        "label": label or name.removeprefix("transfer/").replace("-", " "),
        "model": recipe["model"],
        "train_from": recipe.get("train_from"),
        "pretrained": bool(recipe.get("pretrained")),
        "name": name,
        "clock": CLOCKS[0] if precise else CLOCKS[1],
        "trainable": card.get("trainable_parameters", card["parameters"]),
        "image_size": recipe.get("image_size"),
        "seeds": [
            {
                "seed": run.card["seed"],
                "seconds": run.card["processor_seconds" if precise else "training_seconds"]
                if machine == usual
                else None,
                "test_accuracy": run.card["metrics"]["test"]["accuracy"],
                "test_count": run.card["data"]["test"],
                **{column: run.history[column] for column in COLUMNS},
            }
            for run, machine in zip(seeds, machines, strict=True)
        ],
    }
    return _given(entry)


def _machine(card):
    hardware = card["hardware"]
    return hardware["processor"], hardware["gpu"], hardware["threads"], card["trainer"]["precision"]


def _given(source):
    known = _NEEDED | _OPTIONAL.keys()
    if missing := sorted(_NEEDED - source.keys()):
        raise ValueError(f"a run lacks {', '.join(missing)}; it needs {', '.join(sorted(_NEEDED))}")
    if unknown := sorted(source.keys() - known):
        raise ValueError(f"a run has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    entry = {**_OPTIONAL, **source}
    if entry["clock"] not in CLOCKS:
        raise ValueError(
            f"{entry['label']!r} has the clock {entry['clock']!r}; use one of {CLOCKS}"
        )
    seeds = []
    for number, seed in enumerate(entry["seeds"]):
        lacking = {"test_accuracy", "test_count", *COLUMNS} - seed.keys()
        if lacking:
            raise ValueError(
                f"{entry['label']!r}, seed {number} has no {', '.join(sorted(lacking))}"
            )
        seeds.append({"seed": number, "seconds": None, **seed})
    return {**entry, "seeds": seeds}


def _check_seed(seed, where):
    check_history(seed, where)
    for name in ("test_accuracy", "seconds", "test_count"):
        value = seed[name]
        if value is None and name == "seconds":
            continue
        number = math.nan if value is None else value
        most = 1 if name == "test_accuracy" else math.inf
        if not (math.isfinite(number) and 0 <= number <= most):
            raise ValueError(f"{where}: {name} is {value!r}; give a share, or a number from 0")

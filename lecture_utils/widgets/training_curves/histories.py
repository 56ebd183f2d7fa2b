"""The runs of TrainingCurves: recorded runs by name, or histories as they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from .._histories import COLUMNS, check_history, check_seeds, load_seeds

#: More runs than this could not be told apart.
MOST_RUNS = 8


def gather(
    sources: Iterable[str | Mapping[str, Any]], root: str | os.PathLike[str] | None = None
) -> list[dict[str, Any]]:
    """Bring all sources into one form.

    Parameters
    ----------
    sources : sequence of str or dict
        A name such as "mnist/gap" stands for all its recorded seeds. A dict goes from labels to
        such names, to a history (dict of list), or to a list of histories, one per seed.
    root : path, optional
        Folder with recorded runs, as in `lecture_utils.runs.load`.

    Returns
    -------
    list of dict
        ``label``, ``name`` (of the recorded run, or ""), ``root`` (or "") and ``seeds``: a list of
        dicts with ``seed``, ``seconds`` (how long training took; None if unknown) and the four
        columns.

    Raises
    ------
    ValueError
        If there is no such recipe, two labels are equal, or a history cannot be shown.
    FileNotFoundError
        If a run is not recorded.
    """
    entries = []
    for source in sources:
        labeled = {source: source} if isinstance(source, str) else source
        if not isinstance(labeled, Mapping):
            raise ValueError(
                f"{source!r} is not a run; give a name such as 'mnist/gap', or a dict from labels "
                "to histories"
            )
        for label, content in labeled.items():
            if isinstance(content, str):
                entries.append(_recorded(str(label), content, root))
            else:
                entries.append(_given(str(label), content))
    return check(entries)


def check(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries if they can be shown; raise ValueError if not."""
    if not 1 <= len(entries) <= MOST_RUNS:
        raise ValueError(f"there are {len(entries)} runs; the demo shows 1 to {MOST_RUNS}")
    check_seeds(entries, check_history)
    return entries


def _recorded(label, name, root):
    return {
        "label": label,
        "name": name,
        "root": "" if root is None else os.fspath(root),
        "seeds": [
            {
                "seed": run.card["seed"],
                "seconds": run.card.get("training_seconds"),
                **{column: run.history[column] for column in COLUMNS},
            }
            for run in load_seeds(name, root)
        ],
    }


def _given(label, content):
    histories = [content] if isinstance(content, dict) else list(content)
    seeds = []
    for number, history in enumerate(histories):
        missing = [column for column in COLUMNS if column not in history]
        if missing:
            raise ValueError(
                f"{label!r}, seed {number} has no {', '.join(missing)}; a history has "
                f"{', '.join(COLUMNS)}"
            )
        columns = {}
        for column in COLUMNS:
            try:
                columns[column] = [float(value) for value in history[column]]
            except (TypeError, ValueError):
                raise ValueError(
                    f"{label!r}, seed {number}: {column} is not a list of numbers; give one per "
                    "epoch"
                ) from None
        epochs = list(history.get("epoch", range(1, len(columns["val_loss"]) + 1)))
        if epochs != list(range(1, len(epochs) + 1)):
            raise ValueError(
                f"{label!r}, seed {number} has epochs {epochs[:4]}...; they count 1, 2, 3"
            )
        seeds.append({"seed": number, "seconds": None, **columns})
    return {"label": label, "name": "", "root": "", "seeds": seeds}

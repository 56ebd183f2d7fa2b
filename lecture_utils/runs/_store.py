"""The folders of runs, and how their small files are read and written."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils._atomic import replacing

RECORDED = Path(__file__).parents[1] / "data" / "runs"
CARD, HISTORY, WEIGHTS = "card.json", "history.csv", "weights.safetensors"
TEST_PREDICTIONS, TEST_CLASSES = "test.csv", "test_classes.npz"
TEST_LOGITS = "test_logits.npz"
SNAPSHOTS, READOUTS = "snapshots.npz", "readouts.npz"
# Files of an unfinished run:
SETTINGS, CHECKPOINT, CHECKPOINT_PART = "settings.json", "last.ckpt", "last.part"


def run_folder(name: str, seed: int, root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of one run: ``<root>/<name>/seed<seed>``."""
    return Path(root or RECORDED) / name / f"seed{seed}"


def command(verb: str, name: str, seed: int, root: str | os.PathLike[str]) -> str:
    """Return the command line that trains or resumes one run, for messages."""
    text = str(root)
    quoted = f'"{text}"' if " " in text else text
    return f"python -m lecture_utils.runs {verb} {name} --seed {seed} --root {quoted}"


def seed_of(folder: Path) -> int | None:
    """Return the seed of a run's folder; None for other folders, such as a copy "seed0.old"."""
    number = folder.name.removeprefix("seed")
    return int(number) if folder.name == f"seed{number}" and number.isdecimal() else None


def write_json(path: Path, content: Any) -> None:
    """Write JSON, completely or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", "utf-8")


def read_json(path: Path, remedy: str) -> Any:
    """Read JSON; `remedy` tells the reader what to do about an error."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; {remedy}")
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); {remedy}") from error


def write_history(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write one line per epoch, completely or not at all."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_history(path: Path, remedy: str) -> dict[str, list[Any]]:
    """Read one list of values per column."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; {remedy}")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    try:
        columns = {name: [float(row[name]) for row in rows] for name in rows[0]}
    except (IndexError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}); {remedy}") from error
    if not all(math.isfinite(value) for column in columns.values() for value in column):
        raise ValueError(f"{path} holds a value that is not a number; {remedy}")
    columns["epoch"] = [int(epoch) for epoch in columns["epoch"]]
    return columns


def write_arrays(path: Path, **arrays: Any) -> None:
    """Write arrays by name, compressed, completely or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_arrays(path: Path, *names: str) -> list[NDArray[Any]]:
    """Read the arrays with these names."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; restore it or train the run again")
    try:
        with np.load(path, allow_pickle=False) as file:
            return [file[name] for name in names]
    except Exception as error:  # an error of ZIP or NumPy, or a missing array
        raise ValueError(f"{path} is damaged ({error}); restore it or train again") from error

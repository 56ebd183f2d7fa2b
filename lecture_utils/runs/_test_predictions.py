"""A model's output for every test image: logits and maps in ``test.csv``, or only the classes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils._atomic import replacing
from lecture_utils.runs._store import read_arrays, write_arrays

if TYPE_CHECKING:
    from torch import nn

NEIGHBORS = 5
_POSITIONS = ("pca_1", "pca_2", "tsne_1", "tsne_2")
_NEIGHBORS = tuple(f"neighbor_{i}" for i in range(1, NEIGHBORS + 1))
_COLUMNS = ("file", "label", "logit", *_POSITIONS, *_NEIGHBORS)


def write_test_predictions(path: Path, model: nn.Module, data: Any) -> dict[str, Any]:
    """Write logits for the test images and maps of their embeddings, completely or not at all.

    Parameters
    ----------
    path : Path
    model : nn.Sequential
        Its last child is the head, which gives one logit.
    data : BatchDataModule
        Has a test set that the model accepts, and ``files``.

    Returns
    -------
    dict
        For the card: ``dimensions`` of the embeddings, and ``explained``, the fraction of their
        variance in the PCA map.
    """
    from torch import nn

    from lecture_utils.transfer import make_maps, run_in_batches

    *before, head = model.children()
    embeddings = run_in_batches(nn.Sequential(*before), data.test_set.inputs)
    logits = run_in_batches(head, embeddings).reshape(-1)
    maps = make_maps(embeddings.flatten(1).numpy(), neighbors=NEIGHBORS)
    assert maps.neighbors is not None and maps.explained is not None  # make_maps computes both
    # More digits than a map or a probability shows.
    values = np.column_stack([logits, maps.pca, maps.tsne])
    rows = zip(
        data.files["test"], data.test_set.labels.tolist(), values, maps.neighbors, strict=True
    )
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for name, label, row, nearest in rows:
            writer.writerow([name, label, *(f"{value:.4g}" for value in row), *nearest])
    return {"dimensions": maps.dimensions, "explained": round(maps.explained, 4)}


def read_test_predictions(path: Path) -> dict[str, Any]:
    """Read a file of `write_test_predictions`.

    Returns
    -------
    dict
        ``file`` (list of str), and the arrays ``label`` (int), ``logit``, ``pca`` and ``tsne``
        (N, 2), ``neighbors`` (N, 5).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; restore it or train the run again")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    try:
        columns = {name: np.array([float(row[name]) for row in rows]) for name in _COLUMNS[1:]}
        names = [row["file"] for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}); restore it or train again") from error
    if not rows or not all(np.isfinite(column).all() for column in columns.values()):
        raise ValueError(
            f"{path} is damaged (no rows, or values that are not finite); restore it or train again"
        )
    return {
        "file": names,
        "label": columns["label"].astype(int),
        "logit": columns["logit"],
        "pca": np.stack([columns["pca_1"], columns["pca_2"]], axis=1).astype(np.float32),
        "tsne": np.stack([columns["tsne_1"], columns["tsne_2"]], axis=1).astype(np.float32),
        "neighbors": np.stack([columns[name] for name in _NEIGHBORS], axis=1).astype(np.int32),
    }


def write_test_classes(path: Path, model: nn.Module, dataset: Any) -> None:
    """Write the predicted class of each test image, completely or not at all.

    Parameters
    ----------
    path : Path
    model : nn.Module
        Maps images to logits, (N, classes).
    dataset : InMemoryDataset
    """
    from lecture_utils.transfer import run_in_batches

    predicted = run_in_batches(model, dataset.inputs, 500).argmax(dim=1)
    write_arrays(
        path,
        label=dataset.labels.numpy().astype(np.uint8),
        predicted=predicted.numpy().astype(np.uint8),
    )


def read_test_classes(path: Path) -> dict[str, NDArray[np.int64]]:
    """Read a file of `write_test_classes`.

    Returns
    -------
    dict
        ``label`` and ``predicted``, arrays of int, shape (N,).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged.
    """
    label, predicted = read_arrays(path, "label", "predicted")
    return {"label": label.astype(np.int64), "predicted": predicted.astype(np.int64)}

"""Results for smaller budgets of epochs: the best weights so far, evaluated at some epochs.

The learning rate of such a run is constant, so a short training is the beginning of a long one, and
one run gives the results for all budgets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils.runs._store import read_arrays, write_arrays

if TYPE_CHECKING:
    from torch import nn

_SPLITS = ("validation", "test")


@dataclass(frozen=True)
class ReadOut:
    """The model that results from a budget of epochs.

    Attributes
    ----------
    budget : int
        Number of epochs allowed.
    epoch : int
        The epoch that the weights come from: the first one with the highest validation accuracy.
    metrics : dict of dict
        ``loss``, ``accuracy`` and ``errors`` on "train" (images without augmentation),
        "validation" and "test".
    labels, logits : dict of ndarray
        For "validation" and "test" images: labels (N,), int; logits (N,) for two classes, otherwise
        (N, classes), exact to three digits.
    """

    budget: int
    epoch: int
    metrics: dict[str, dict[str, Any]]
    labels: dict[str, NDArray[np.int64]]
    logits: dict[str, NDArray[np.float32]]

    def summary(self) -> dict[str, Any]:
        """Return the part that is stored in the card.

        Returns
        -------
        dict
            ``budget``, ``epoch`` and ``metrics``.
        """
        return {"budget": self.budget, "epoch": self.epoch, "metrics": self.metrics}


def evaluate_readouts(
    model: nn.Module, kept: Mapping[str, Any], data: Any, task: str
) -> list[ReadOut]:
    """Evaluate the weights kept by a `ReadOutCallback`.

    Parameters
    ----------
    model : nn.Module
        A model with these weights' architecture.
    kept : dict
        The state of a `ReadOutCallback`.
    data : BatchDataModule
        Has all three splits.
    task : {"multiclass", "binary"}
    """
    import torch

    from lecture_utils.training import evaluate
    from lecture_utils.transfer import run_in_batches

    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    sets = {"train": data.train_set, "validation": data.validation_set, "test": data.test_set}
    readouts = []
    for each in kept["kept"]:
        model.load_state_dict(each["weights"])
        model.eval()
        metrics = {split: evaluate(model, images, task=task) for split, images in sets.items()}
        logits = {
            split: run_in_batches(model, sets[split].inputs, 500).float().numpy()
            for split in _SPLITS
        }
        labels = {split: sets[split].labels.numpy() for split in _SPLITS}
        if task == "binary":
            logits = {split: values.reshape(-1) for split, values in logits.items()}
        readouts.append(ReadOut(each["budget"], each["epoch"], metrics, labels, logits))
    return readouts


def write_readouts(path: Path, readouts: Sequence[ReadOut]) -> None:
    """Write labels and logits, completely or not at all; the rest is in the card."""
    arrays = {}
    for split in _SPLITS:
        arrays[f"{split}_labels"] = readouts[0].labels[split].astype(np.uint8)
        logits = np.stack([each.logits[split] for each in readouts])
        arrays[f"{split}_logits"] = logits.astype(np.float16)
    write_arrays(path, **arrays)


def read_readouts(path: Path, summaries: Sequence[Mapping[str, Any]]) -> dict[int, ReadOut]:
    """Read a file of `write_readouts`.

    Parameters
    ----------
    path : Path
    summaries : sequence of dict
        The summaries in the card.

    Returns
    -------
    dict of ReadOut
        By budget.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged.
    """
    names = [f"{split}_{what}" for split in _SPLITS for what in ("labels", "logits")]
    arrays = dict(zip(names, read_arrays(path, *names), strict=True))
    return {
        each["budget"]: ReadOut(
            **each,
            labels={split: arrays[f"{split}_labels"].astype(np.int64) for split in _SPLITS},
            logits={split: arrays[f"{split}_logits"][i].astype(np.float32) for split in _SPLITS},
        )
        for i, each in enumerate(summaries)
    }

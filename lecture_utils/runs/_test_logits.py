"""A model's logits for every test image; for photos, in several views."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lecture_utils.runs._store import read_arrays, write_arrays

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lecture_utils.training import InMemoryDataset

#: The view that every run has.
PLAIN = "as it is"


@dataclass(frozen=True)
class TestLogits:
    """A model's logits for every test image.

    Attributes
    ----------
    labels : ndarray of int, shape (N,)
        The class of each test image.
    views : dict of ndarray
        The logits by name of the view: shape (N, classes), or (N,) for two classes, where a logit
        above 0 means class 1. Accurate to three digits. All runs have the view "as it is"; runs on
        photos have those of `augmentation.VIEWS`.
    """

    # Otherwise, pytest would treat a class of this name as a test.
    __test__ = False

    labels: NDArray[np.int64]
    views: dict[str, NDArray[np.float32]]

    @property
    def logits(self) -> NDArray[np.float32]:
        """The logits for the unchanged images."""
        return self.views[PLAIN]


def compute_test_logits(
    model: nn.Module, dataset: InMemoryDataset, *, photos: bool = False, batch_size: int = 200
) -> TestLogits:
    """Run a model on a test set.

    Parameters
    ----------
    model : nn.Module
        Maps float images to logits, (N, classes) or (N, 1).
    dataset : InMemoryDataset
    photos : bool
        Whether to use all views, or only the unchanged images.
    batch_size : int
    """
    import torch

    from lecture_utils._inspect import evaluating
    from lecture_utils.augmentation import VIEWS
    from lecture_utils.training import to_unit_range

    views = VIEWS if photos else {PLAIN: VIEWS[PLAIN]}
    logits: dict[str, list[Tensor]] = {name: [] for name in views}
    with evaluating(model), torch.inference_mode():
        for batch in dataset.inputs.split(batch_size):
            images = to_unit_range(batch)
            for name, view in views.items():
                logits[name].append(model(view(images)).float())
    arrays = {name: torch.cat(parts).numpy() for name, parts in logits.items()}
    if all(values.shape[1] == 1 for values in arrays.values()):
        arrays = {name: values[:, 0] for name, values in arrays.items()}
    return TestLogits(dataset.labels.numpy(), arrays)


def write_test_logits(path: Path, test_logits: TestLogits) -> None:
    """Write labels and logits, completely or not at all."""
    write_arrays(
        path,
        labels=test_logits.labels.astype(np.uint8),
        views=np.array(list(test_logits.views)),
        logits=np.stack(list(test_logits.views.values())).astype(np.float16),
    )


def read_test_logits(path: Path) -> TestLogits:
    """Read a file of `write_test_logits`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged.
    """
    labels, views, logits = read_arrays(path, "labels", "views", "logits")
    return TestLogits(
        labels.astype(np.int64),
        {str(name): values.astype(np.float32) for name, values in zip(views, logits, strict=True)},
    )

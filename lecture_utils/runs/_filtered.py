"""The responses of frozen filters, computed once, in place of the images of a data module."""

from __future__ import annotations

from torch import nn

from lecture_utils.training import InMemoryDataset
from lecture_utils.training._data_modules import BatchDataModule
from lecture_utils.transfer import EmbeddedDataModule
from lecture_utils.transfer._embedding import run_in_batches


class FilteredDataModule(EmbeddedDataModule):
    """Provide the output of the frozen layers of a model for another data module's images.

    Parameters
    ----------
    data : BatchDataModule
        Without augmentation.
    frozen : nn.Sequential
        The frozen layers.
    """

    def __init__(self, data: BatchDataModule, frozen: nn.Sequential) -> None:
        super().__init__(data, frozen)  # type: ignore[arg-type]
        self.frozen = frozen

    def setup(self, stage: str | None = None) -> None:
        """Read the images that a stage needs, by default all, and run the frozen layers on them."""
        self.data.setup(stage)
        for name in ("train_set", "validation_set", "test_set"):
            images = getattr(self.data, name)
            if images is not None and getattr(self, name) is None:
                responses = run_in_batches(self.frozen, images.inputs, 500)
                setattr(self, name, InMemoryDataset(responses, images.labels))

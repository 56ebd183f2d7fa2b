"""Data modules for Lightning: a data set in memory, from which batches are selected by index.

The usual way transforms one image at a time in Python; on a small data set, that takes longer than
the network does. Here a batch is one indexing operation on one tensor of bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from lecture_utils import datasets
from lecture_utils._validation import as_seed, check_name, whole
from lecture_utils._validation.batches import as_inputs, as_labels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def to_unit_range(images: Tensor) -> Tensor:
    """Convert bytes to the range that the models expect: values from 0 to 1.

    Parameters
    ----------
    images : tensor of uint8 or float, shape (N, C, H, W)
        Floats keep their values and their type, and may have any shape (embeddings are
        (N, features)).

    Returns
    -------
    tensor of float, shape of `images`
        float32 for bytes. Images, which have four axes, are in memory with the channels last, the
        fastest layout for convolutions.

    Examples
    --------
    >>> to_unit_range(torch.full((1, 1, 1, 1), 255, dtype=torch.uint8)).item()
    1.0
    """
    if images.dtype == torch.uint8:
        images = images.float().div_(255)
    if images.ndim != 4:
        return images
    return images.contiguous(memory_format=torch.channels_last)


def channels_first(inputs: Tensor) -> Tensor:
    """Copy images into the ordinary memory layout; return other inputs unchanged."""
    # `contiguous` does nothing if there is one channel, but layers depend on the strides.
    return inputs.clone(memory_format=torch.contiguous_format) if inputs.ndim == 4 else inputs


class InMemoryDataset(Dataset):
    """Inputs and labels as two tensors, from which `batch` selects any images at once.

    This is a PyTorch data set, and works with ``DataLoader``, ``Subset`` and similar classes.

    Parameters
    ----------
    inputs : tensor or array of uint8 or float, shape (N, C, H, W)
        Images: bytes, or floats in the range that the model expects. Or other inputs of a model,
        such as embeddings, shape (N, ...).
    labels : tensor, array or list of whole numbers, shape (N,) or (N, 1)
        The class of each image, counted from 0.

    Attributes
    ----------
    inputs : tensor of uint8 or float, shape (N, ...)
        The inputs as a tensor.
    labels : tensor of int64, shape (N,)
        The class of each image, counted from 0.

    Raises
    ------
    ValueError
        If the arguments are not inputs and labels, or their numbers differ.

    Examples
    --------
    >>> data = InMemoryDataset(torch.zeros(4, 1, 28, 28), torch.arange(4))
    >>> data.batch([2, 3])[1]
    tensor([2, 3])
    """

    def __init__(self, inputs: Tensor | ArrayLike, labels: Tensor | ArrayLike) -> None:
        self.inputs = as_inputs(inputs, "inputs")
        self.labels = as_labels(labels)
        if len(self.inputs) != len(self.labels):
            raise ValueError(
                f"{len(self.inputs)} inputs but {len(self.labels)} labels; pass one per input"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.inputs[index], self.labels[index]

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
        """Return several samples; a DataLoader calls this instead of `__getitem__`."""
        inputs, labels = self.batch(indices)
        return list(zip(inputs.unbind(0), labels.unbind(0), strict=True))

    def batch(self, indices: Sequence[int] | Tensor) -> tuple[Tensor, Tensor]:
        """Select a batch in one operation.

        Parameters
        ----------
        indices : sequence of int
            From 0 to below N; negative ones count from the end, as in a list. For a mask, pass
            ``mask.nonzero()[:, 0]``.

        Returns
        -------
        inputs : tensor, shape (len(indices), ...)
        labels : tensor of int64, shape (len(indices),)

        Raises
        ------
        ValueError
            If the indices are not whole numbers.
        IndexError
            If there is no such image.
        """
        chosen = _as_indices(indices, len(self.labels))
        if self.inputs.ndim == 4 and self.inputs.is_contiguous(memory_format=torch.channels_last):
            # As (N, H, W, C), an image is one block of memory, which this copies in one piece.
            inputs = self.inputs.permute(0, 2, 3, 1).index_select(0, chosen).permute(0, 3, 1, 2)
        else:
            inputs = self.inputs.index_select(0, chosen)
        return inputs, self.labels[chosen]


def _as_indices(indices, count):
    """Return indices from 0 to below `count` as a tensor of int64."""
    chosen = torch.as_tensor(indices)
    if not chosen.numel() and chosen.ndim == 1:
        return chosen.long()  # an empty list has become floats
    if chosen.dtype == torch.bool:
        raise ValueError(
            f"indices are a mask of {tuple(chosen.shape)} booleans; pass whole numbers, such as "
            "mask.nonzero()[:, 0]"
        )
    if chosen.is_floating_point() or chosen.is_complex():
        broken = chosen[chosen != chosen.round()] if chosen.is_floating_point() else chosen
        example = f" such as {broken.flatten()[0].item()}" if broken.numel() else ""
        raise ValueError(f"indices are {chosen.dtype}{example}; pass whole numbers")
    if chosen.ndim != 1:
        raise ValueError(
            f"indices have shape {tuple(chosen.shape)}; pass a sequence of whole numbers"
        )
    chosen = chosen.long()
    low, high = torch.stack(chosen.aminmax()).tolist()
    if low < -count or high >= count:
        raise IndexError(
            f"one of the indices is {high if high >= count else low}, but there are {count} "
            f"images; they go from {-count} to {count - 1}"
        )
    return torch.where(chosen < 0, chosen + count, chosen) if low < 0 else chosen


class _WholeBatches(InMemoryDataset):
    """The same data for our own loaders, which use a batch as it is selected.

    Splitting it into samples, and joining these to a batch again, takes several times as long.
    """

    def __init__(self, dataset):
        self.inputs, self.labels = dataset.inputs, dataset.labels

    def __getitems__(self, indices: Sequence[int]) -> Any:
        return _Samples(self.batch(indices))


class _Samples(Sequence):
    """A batch that can also be read as the list of its samples."""

    def __init__(self, batch):
        self.batch = batch

    def __len__(self):
        return len(self.batch[1])

    def __getitem__(self, index):
        return self.batch[0][index], self.batch[1][index]


def step_seed(seed: int, step: int, process: int = 0) -> int:
    """Compute the seed of a training step.

    All random numbers in the step depend on it, so that a resumed run draws the same values as an
    uninterrupted one.

    Parameters
    ----------
    seed : int
        Seed of the run.
    step : int
        Number of optimizer steps so far: ``trainer.global_step``.
    process : int
        Rank of the process, below 1009, if several train together.

    Returns
    -------
    int
        ``seed * 1_000_000_007 + step * 1_009 + process``

    Examples
    --------
    >>> step_seed(1, 2, 3)
    1000002028
    """
    seed, step, process = whole("seed", seed), whole("step", step), whole("process", process)
    return seed * 1_000_000_007 + step * 1_009 + process


class BatchDataModule(pl.LightningDataModule):
    """Provide batches of images in memory; subclasses determine where the images come from.

    Parameters
    ----------
    batch_size : int
        Images per optimizer step, over all processes together.
    eval_batch_size : int
        Images per step in validation and test.
    seed : int
        Determines the order of the training images, together with the epoch; and all random numbers
        in a training step (augmentation, mixup, dropout), together with the step: see `step_seed`.
        PyTorch's sampler adds seed and epoch, so neighboring seeds share orders, one epoch apart:
        the second epoch of seed 0 has the order of the first epoch of seed 1.
    augment : callable, optional
        Takes and returns a batch of training images with values from 0 to 1, on the model's device.
        See `augmentation.Augment`.

    Attributes
    ----------
    train_set, validation_set, test_set : InMemoryDataset
        Created by a subclass in `setup`.

    Raises
    ------
    ValueError
        If a batch would be empty, or `augment` is not callable; from the loaders, if `setup` has
        not been called or there are no images.
    """

    train_set: InMemoryDataset
    validation_set: InMemoryDataset
    test_set: InMemoryDataset

    def __init__(
        self,
        *,
        batch_size: int,
        eval_batch_size: int,
        seed: int,
        augment: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        if augment is not None and not callable(augment):
            raise ValueError(f"augment is {augment!r}; pass a function of a batch, or None")
        self.batch_size = whole("batch_size", batch_size, 1)
        self.eval_batch_size = whole("eval_batch_size", eval_batch_size, 1)
        self.seed = as_seed("seed", seed)
        self.augment = augment
        self.train_set = self.validation_set = self.test_set = None  # type: ignore[assignment]

    def setup(self, stage: str | None = None) -> None:
        """Create the data sets of a stage; implemented by subclasses.

        Parameters
        ----------
        stage : {"fit", "validate", "test", "predict"}, optional
            The next stage. By default, all data sets are created.
        """

    def on_after_batch_transfer(
        self, batch: tuple[Tensor, Tensor], dataloader_idx: int
    ) -> tuple[Tensor, Tensor]:
        """Convert bytes to floats; in training, seed PyTorch for this step and augment.

        All of this happens on the model's device: there are few bytes to transfer, and a GPU does
        the rest faster.
        """
        inputs, labels = batch
        inputs = to_unit_range(inputs)
        trainer = self.trainer
        if trainer is not None and trainer.training:
            torch.manual_seed(step_seed(self.seed, trainer.global_step, trainer.global_rank))
            if self.augment is not None:
                inputs = self.augment(inputs)
        # Any model works on the ordinary memory layout; `Classifier` chooses the best one for its
        # own.
        return channels_first(inputs), labels

    def train_dataloader(self) -> DataLoader:
        """Return batches in an order that depends only on the seed and the epoch."""
        processes = self.trainer.world_size if self.trainer else 1
        # Lightning sets this sampler's epoch, even after resuming, so the order is then the same.
        # The sampler adds it to the seed. Another rule would change how the recorded runs repeat.
        dataset = self._whole_batches("train_set")
        sampler = DistributedSampler(
            dataset,
            num_replicas=processes,
            rank=self.trainer.global_rank if self.trainer else 0,
            seed=self.seed,
        )
        size = max(1, self.batch_size // processes)
        return DataLoader(dataset, batch_size=size, sampler=sampler, collate_fn=_batch_of)

    def val_dataloader(self) -> DataLoader:
        """Return all validation images in every process, so that the scores are always exact."""
        return self._eval_loader("validation_set")

    def test_dataloader(self) -> DataLoader:
        """Return all test images in every process."""
        return self._eval_loader("test_set")

    def predict_dataloader(self) -> DataLoader:
        """Return all test images in order; `Classifier` ignores their labels."""
        return self._eval_loader("test_set")

    def check_ready(self, stage: str) -> None:
        """Raise ValueError if a data set that a stage needs is missing or empty.

        The loaders check it, too; but Lightning does not expect an error there, and would handle
        later loaders of the user's incorrectly.

        Parameters
        ----------
        stage : {"fit", "validate", "test", "predict"}
        """
        names = {"fit": "train_set", "validate": "validation_set"}
        self._ready(names.get(stage, "test_set"))

    def _ready(self, name):
        dataset = getattr(self, name)
        if dataset is None:
            raise ValueError(f"there is no {name} yet; call setup() first, as a Trainer does")
        if not len(dataset):
            raise ValueError(f"{name} is empty; it needs at least one image")
        return dataset

    def _eval_loader(self, name):
        dataset = self._whole_batches(name)
        # By name, because Lightning repeats the call with its own batch_size.
        return DataLoader(dataset, batch_size=self.eval_batch_size, collate_fn=_batch_of)

    def _whole_batches(self, name):
        return _WholeBatches(self._ready(name))

    def __getstate__(self) -> dict[str, Any]:
        # A spawned process gets a copy, which has no use for this process's trainer.
        return {**self.__dict__, "trainer": None}


class InMemoryDataModule(BatchDataModule):
    """Images in memory, split into training and validation, with a separate test set.

    The test set is not read before `setup("test")`; training and validation both come from the
    published training set. The split depends only on `split_seed`, so that runs with different
    seeds are evaluated on the same validation images.

    Parameters
    ----------
    load : callable
        Takes "train" or "test", returns an `ImageClassificationData` (see `datasets`).
    batch_size : int
        Images per optimizer step, over all processes together.
    validation_size : int
        Number of training images that are held out.
    seed : int
        Determines the order of the training images and all random numbers in a training step: see
        `BatchDataModule`.
    split_seed : int
        Determines which images are held out.
    train_size : int, optional
        Maximum number of training images. By default all that are not held out.
    subset_seed : int, optional
        Determines which images `train_size` selects. By default `split_seed` does.
    augment : callable, optional
        See `BatchDataModule`.

    Attributes
    ----------
    train_set, validation_set, test_set : InMemoryDataset
        Available after `setup`.
    origin : str
        Where the data came from, as a phrase. If both sets were read, that of the training set.
        Available after `setup`.
    source : str
        The same as one of `datasets.SOURCES`. Available after `setup`.

    Raises
    ------
    ValueError
        From `setup`, if a size does not fit the data.

    Examples
    --------
    >>> data = MNISTData(source="embedded", batch_size=100, validation_size=200)
    >>> data.setup("fit")
    >>> len(data.train_set), len(data.validation_set)
    (800, 200)
    """

    origin: str
    source: str

    def __init__(
        self,
        load: Callable[[Literal["train", "test"]], datasets.ImageClassificationData],
        *,
        batch_size: int = 128,
        validation_size: int = 5000,
        seed: int = 0,
        split_seed: int = 0,
        train_size: int | None = None,
        subset_seed: int | None = None,
        augment: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__(batch_size=batch_size, eval_batch_size=500, seed=seed, augment=augment)
        self._load = load
        self.validation_size = whole("validation_size", validation_size)
        self.split_seed = as_seed("split_seed", split_seed)
        self.train_size = None if train_size is None else whole("train_size", train_size)
        self.subset_seed = None if subset_seed is None else as_seed("subset_seed", subset_seed)

    def setup(self, stage: str | None = None) -> None:
        """Read the data that a stage needs.

        Parameters
        ----------
        stage : {"fit", "validate", "test", "predict"}, optional
            "fit" and "validate" need the training set, "test" and "predict" the test set. By
            default both are read.
        """
        check_stage(stage)
        if stage in ("fit", "validate", None) and self.train_set is None:
            self._split(self._load("train"))
        if stage in ("test", "predict", None) and self.test_set is None:
            data = self._load("test")
            self.test_set = InMemoryDataset(*_as_tensors(data))
            if self.train_set is None:
                self.origin, self.source = data.origin, data.source

    def _split(self, data):
        images, labels = _as_tensors(data)
        rest = len(labels) - self.validation_size
        size = rest if self.train_size is None else self.train_size
        if self.validation_size < 1 or not 1 <= size <= rest:
            raise ValueError(
                f"cannot split {len(labels)} training images into {size} for training and "
                f"{self.validation_size} for validation; choose smaller numbers, at least 1"
            )
        held_out, used = _permutation(len(labels), self.split_seed).split(
            [self.validation_size, rest]
        )
        if self.subset_seed is not None:
            used = used[_permutation(rest, self.subset_seed)]
        self.validation_set = InMemoryDataset(images[held_out], labels[held_out])
        self.train_set = InMemoryDataset(images[used[:size]], labels[used[:size]])
        self.origin, self.source = data.origin, data.source


class MNISTData(InMemoryDataModule):
    """Handwritten digits; the options are those of `InMemoryDataModule`.

    Parameters
    ----------
    source : str, optional
        Use only this one of `datasets.SOURCES`.
    **options
        See `InMemoryDataModule`.

    Examples
    --------
    >>> MNISTData(batch_size=64).batch_size
    64
    """

    def __init__(self, *, source: str | None = None, **options: Any) -> None:
        super().__init__(partial(datasets.mnist, source=source), **options)


class FashionMNISTData(InMemoryDataModule):
    """Images of clothes; the options are those of `InMemoryDataModule`.

    Parameters
    ----------
    source : str, optional
        Use only this one of `datasets.SOURCES`.
    **options
        See `InMemoryDataModule`.

    Examples
    --------
    >>> FashionMNISTData(batch_size=64).batch_size
    64
    """

    def __init__(self, *, source: str | None = None, **options: Any) -> None:
        super().__init__(partial(datasets.fashion_mnist, source=source), **options)


def _permutation(count, seed):
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def _as_tensors(data):
    return torch.from_numpy(data.images.copy()).unsqueeze(1), torch.from_numpy(data.labels.copy())


def _batch_of(samples):
    return samples.batch


def check_stage(stage: str | None) -> None:
    """Raise ValueError if this is not a stage of a Trainer."""
    if stage is not None:
        check_name("stage", stage, ("fit", "validate", "test", "predict"))

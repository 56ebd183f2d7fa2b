"""Hand a data set to Lightning: all of it in memory, batches cut out by index.

The usual way transforms one image at a time in Python; on a small data set that takes longer than
the network does. Here a batch is one indexing operation on one tensor of bytes.
"""

from functools import partial

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from lecture_utils import datasets


def to_unit_range(images):
    """Turn bytes into what the models take: values from 0 to 1.

    Parameters
    ----------
    images : tensor of uint8, shape (N, C, H, W)
        A tensor of floats passes unchanged, whatever its shape (embeddings are (N, features)).

    Returns
    -------
    tensor of float32, shape (N, C, H, W)
        Laid out in memory with the channels last, which convolutions are fastest on.

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


class InMemoryDataset(Dataset):
    """Inputs and labels as two tensors, read a batch at a time.

    Parameters
    ----------
    inputs : tensor of uint8, shape (N, C, H, W)
        Images; or what a model takes instead of them, such as embeddings, shape (N, ...).
    labels : tensor of int64, shape (N,)

    Raises
    ------
    ValueError
        If there are not as many labels as inputs.

    Examples
    --------
    >>> data = InMemoryDataset(torch.zeros(4, 1, 28, 28), torch.arange(4))
    >>> data.__getitems__([2, 3])[1]
    tensor([2, 3])
    """

    def __init__(self, inputs, labels):
        if len(inputs) != len(labels):
            raise ValueError(f"{len(inputs)} inputs but {len(labels)} labels; pass one per input")
        self.inputs = inputs
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.inputs[index], self.labels[index]

    def __getitems__(self, indices):
        """Cut out a batch; DataLoader calls this instead of `__getitem__` where it exists."""
        indices = torch.as_tensor(indices)
        if self.inputs.ndim == 4 and self.inputs.is_contiguous(memory_format=torch.channels_last):
            # Seen as (N, H, W, C) an image is one piece of memory, which this copies at once.
            inputs = self.inputs.permute(0, 2, 3, 1).index_select(0, indices).permute(0, 3, 1, 2)
        else:
            inputs = self.inputs.index_select(0, indices)
        return inputs, self.labels[indices]


class BatchDataModule(pl.LightningDataModule):
    """Give batches of images that are in memory; where they come from is up to subclasses.

    Parameters
    ----------
    batch_size : int
        Images per optimizer step, over all processes together.
    eval_batch_size : int
        Images per step of validation and test.
    seed : int
        Decides the order of the training images, together with the epoch.

    Attributes
    ----------
    train_set, validation_set, test_set : InMemoryDataset
        A subclass makes them in `setup`.

    Raises
    ------
    ValueError
        If a batch would be empty.
    """

    def __init__(self, *, batch_size, eval_batch_size, seed):
        super().__init__()
        for name, value in (("batch_size", batch_size), ("eval_batch_size", eval_batch_size)):
            if value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1")
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.seed = seed
        self.train_set = self.validation_set = self.test_set = None

    def train_dataloader(self):
        """Give batches in an order that depends on the seed and the epoch alone."""
        processes = self.trainer.world_size if self.trainer else 1
        # Lightning tells this sampler the epoch, also after resuming: the order is then the same.
        sampler = DistributedSampler(
            self.train_set,
            num_replicas=processes,
            rank=self.trainer.global_rank if self.trainer else 0,
            seed=self.seed,
        )
        size = max(1, self.batch_size // processes)
        return DataLoader(self.train_set, size, sampler=sampler, collate_fn=_keep)

    def val_dataloader(self):
        """Give all validation images to every process: the score is exact for any number of them."""
        return DataLoader(self.validation_set, self.eval_batch_size, collate_fn=_keep)

    def test_dataloader(self):
        """Give all test images to every process."""
        return DataLoader(self.test_set, self.eval_batch_size, collate_fn=_keep)


class InMemoryDataModule(BatchDataModule):
    """Images in memory, split into training and validation, with the test set kept apart.

    The test set is not read before `setup("test")`; training and validation both come from the
    published training set. Which image goes where depends on `split_seed` alone, so that runs
    with different seeds are evaluated on the same validation images.

    Parameters
    ----------
    load : callable
        Takes "train" or "test", returns an `ImageClassificationData` (see `datasets`).
    batch_size : int
        Images per optimizer step, over all processes together.
    validation_size : int
        How many of the training images are held out.
    seed : int
        Decides the order of the training images, together with the epoch.
    split_seed : int
        Decides which images are held out.
    train_size : int, optional
        Train on no more than so many images. By default on all that are not held out.

    Attributes
    ----------
    train_set, validation_set, test_set : InMemoryDataset
        After `setup`.
    origin : str
        Where the data came from, as a sentence. After `setup`.
    source : str
        The same as one of `datasets.SOURCES`. After `setup`.

    Raises
    ------
    ValueError
        From `setup`, if a size does not fit the data.

    Examples
    --------
    >>> data = MNISTData(batch_size=100)
    >>> data.setup("fit")  # doctest: +SKIP
    >>> len(data.train_set), len(data.validation_set)  # doctest: +SKIP
    (55000, 5000)
    """

    def __init__(
        self, load, *, batch_size=128, validation_size=5000, seed=0, split_seed=0, train_size=None
    ):
        super().__init__(batch_size=batch_size, eval_batch_size=500, seed=seed)
        self._load = load
        self.validation_size = validation_size
        self.split_seed = split_seed
        self.train_size = train_size

    def setup(self, stage):
        """Read what a stage needs: "fit" or "validate" the training set, "test" the test set."""
        if stage in ("fit", "validate") and self.train_set is None:
            self._split(self._load("train"))
        if stage == "test" and self.test_set is None:
            self.test_set = InMemoryDataset(*_as_tensors(self._load("test")))

    def _split(self, data):
        images, labels = _as_tensors(data)
        rest = len(labels) - self.validation_size
        size = rest if self.train_size is None else self.train_size
        if self.validation_size < 1 or not 1 <= size <= rest:
            raise ValueError(
                f"cannot cut {len(labels)} training images into {size} to train on and "
                f"{self.validation_size} to validate on; choose smaller numbers, at least 1"
            )
        order = torch.randperm(
            len(labels), generator=torch.Generator().manual_seed(self.split_seed)
        )
        held_out, used = order.split([self.validation_size, rest])
        self.validation_set = InMemoryDataset(images[held_out], labels[held_out])
        self.train_set = InMemoryDataset(images[used[:size]], labels[used[:size]])
        self.origin, self.source = data.origin, data.source


class MNISTData(InMemoryDataModule):
    """Handwritten digits; the options are those of `InMemoryDataModule`.

    Parameters
    ----------
    source : str, optional
        Insist on one of `datasets.SOURCES`.
    **options
        See `InMemoryDataModule`.

    Examples
    --------
    >>> MNISTData(batch_size=64).batch_size
    64
    """

    def __init__(self, *, source=None, **options):
        super().__init__(partial(datasets.mnist, source=source), **options)


class FashionMNISTData(InMemoryDataModule):
    """Images of clothes; the options are those of `InMemoryDataModule`.

    Parameters
    ----------
    source : str, optional
        Insist on one of `datasets.SOURCES`.
    **options
        See `InMemoryDataModule`.

    Examples
    --------
    >>> FashionMNISTData(batch_size=64).batch_size
    64
    """

    def __init__(self, *, source=None, **options):
        super().__init__(partial(datasets.fashion_mnist, source=source), **options)


def _as_tensors(data):
    return torch.from_numpy(data.images.copy()).unsqueeze(1), torch.from_numpy(data.labels.copy())


def _keep(batch):
    return batch

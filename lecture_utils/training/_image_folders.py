"""Hand a folder of photos to Lightning: any number of classes, any sizes, some files broken."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from lecture_utils._validation import as_pair, whole
from lecture_utils.datasets._image_cache import load_images
from lecture_utils.training._data_modules import BatchDataModule, InMemoryDataset, check_stage

# What torchvision's ImageFolder takes for an image.
_ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
_SPLITS = {"train": ("train",), "validation": ("validation", "val", "valid"), "test": ("test",)}


class ImageDataModule(BatchDataModule):
    """Photos in folders, one folder per class: ``train/cats/1.jpg``, ``validation/dogs/7.jpg``...

    Every image is decoded and resized once and kept on disk as bytes (in ``LECTURE_CACHE`` or else
    the user's cache folder); a batch is then cut out by index. The images are those of
    torchvision's ``ImageFolder`` with ``Resize(image_size)``, byte for byte.

    Parameters
    ----------
    data_dir : path, or what `datasets.cats_vs_dogs` returns
        It has folders "train", "validation" (or "val") and "test", each with one folder per class.
    batch_size : int
        Images per optimizer step, over all processes together.
    image_size : int or (int, int)
        Height and width in pixels that every image is resized to (a number: a square).
    augment : callable, optional
        Takes and returns a batch of training images with values from 0 to 1, on the device where
        the model is. See `augmentation.Augment`.
    seed : int
        Decides the order of the training images and everything random in a training step: see
        `BatchDataModule`.
    train_size : int, optional
        Train on no more than so many images, the same number of every class (give or take one).
        More images include those of fewer.
    split_seed : int
        Decides which images `train_size` takes.
    eval_batch_size : int
        Images per step of validation and test; it changes how much memory they take, nothing else.

    Attributes
    ----------
    train_set, validation_set, test_set : InMemoryDataset
        After `setup`: images of uint8, shape (N, 3, H, W).
    class_names : tuple of str
        In alphabetical order; label 0 is the first. After `setup`.
    files : dict of list of str
        Per split, the file of each image, relative to the split's folder. After `setup`.
    skipped : dict of list of str
        Per split, the files that could not be read. After `setup`.
    converted : dict of int
        Per split, how many files were not RGB (gray, palette, CMYK, transparent). After `setup`.
    origin : str
        Where the data came from, as a sentence.
    source : str
        The same as one of `datasets.SOURCES`.

    Raises
    ------
    ValueError
        If an argument makes no sense; from `setup`, if the folders do not hold what is needed.
    FileNotFoundError
        From `setup`, if `data_dir` or one of its splits is missing.

    Notes
    -----
    With a Trainer, batches arrive as floats from 0 to 1 on the model's device; the loaders
    themselves give bytes.

    Examples
    --------
    >>> data = ImageDataModule("pets", batch_size=20, image_size=(150, 150))
    >>> data.setup("fit")  # doctest: +SKIP
    >>> data.train_set.inputs.shape, data.class_names  # doctest: +SKIP
    (torch.Size([2000, 3, 150, 150]), ('cats', 'dogs'))
    """

    class_names: tuple[str, ...]
    files: dict[str, list[str]]
    skipped: dict[str, list[str]]
    converted: dict[str, int]

    def __init__(
        self,
        data_dir: str | os.PathLike[str],
        batch_size: int = 20,
        image_size: int | tuple[int, int] = (150, 150),
        augment: Callable[[Tensor], Tensor] | None = None,
        *,
        seed: int = 0,
        train_size: int | None = None,
        split_seed: int = 0,
        eval_batch_size: int = 100,
    ) -> None:
        super().__init__(
            batch_size=batch_size, eval_batch_size=eval_batch_size, seed=seed, augment=augment
        )
        self.data_dir = Path(data_dir).expanduser()
        self.image_size = as_pair(image_size, "image_size", minimum=1)
        self.train_size = None if train_size is None else whole("train_size", train_size)
        self.split_seed = whole("split_seed", split_seed)
        self.class_names = None  # type: ignore[assignment]
        self.files, self.skipped, self.converted = {}, {}, {}
        self.origin = getattr(data_dir, "origin", f"images from {self.data_dir}")
        self.source = getattr(data_dir, "source", "folder")

    def setup(self, stage: str | None = None) -> None:
        """Read the splits that a stage needs.

        Parameters
        ----------
        stage : {"fit", "validate", "test", "predict"}, optional
            "fit" needs the training and the validation split, "validate" the validation split, and
            "test" and "predict" the test split. By default all are read.
        """
        check_stage(stage)
        if stage in ("fit", "validate", None) and self.validation_set is None:
            self.validation_set = self._read("validation")
        if stage in ("fit", None) and self.train_set is None:
            train = self._read("train")
            if self.train_size is not None:
                chosen = _balanced(train.labels, self.train_size, self.split_seed, self.class_names)
                train = InMemoryDataset(train.inputs[chosen], train.labels[chosen])
                self.files["train"] = [self.files["train"][index] for index in chosen.tolist()]
            self.train_set = train
        if stage in ("test", "predict", None) and self.test_set is None:
            self.test_set = self._read("test")

    def _read(self, split):
        folder = _split_folder(self.data_dir, split)
        names, class_names = find_images(folder)
        if self.class_names is None:
            self.class_names = class_names
        elif class_names != self.class_names:
            raise ValueError(
                f"{folder} has the classes {class_names}, but another split has "
                f"{self.class_names}; every split needs the same folders"
            )
        decoded = load_images(folder, names, self.image_size)
        self.files[split] = decoded.names
        self.skipped[split], self.converted[split] = decoded.skipped, decoded.converted
        if decoded.skipped:
            _warn_of_skipped(folder, decoded.skipped)
        labels = torch.tensor([class_names.index(name.split("/")[0]) for name in decoded.names])
        for label, name in enumerate(class_names):
            if not (labels == label).any():
                raise ValueError(f"no image in {folder / name} can be read; replace the files")
        # Bytes lie as (N, H, W, 3), which is what "channels last" means: no copy is needed.
        return InMemoryDataset(torch.from_numpy(decoded.images).permute(0, 3, 1, 2), labels)


def find_images(folder: str | os.PathLike[str]) -> tuple[list[str], tuple[str, ...]]:
    """List the images in a folder that has one folder per class, as torchvision's ImageFolder does.

    Parameters
    ----------
    folder : path
        Folders and files whose name starts with a dot are left out: they are not the user's.

    Returns
    -------
    names : list of str
        Relative to `folder`, with slashes, by class and then in alphabetical order.
    class_names : tuple of str
        In alphabetical order.

    Raises
    ------
    ValueError
        If there are fewer than two classes, or a class has no image.

    Examples
    --------
    >>> find_images("pets/train")  # doctest: +SKIP
    (['cats/1.jpg', 'dogs/1.jpg'], ('cats', 'dogs'))
    """
    folder = Path(folder)
    class_names = sorted(
        entry.name for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] != "."
    )
    if len(class_names) < 2:
        there = f"only {class_names[0]!r}" if class_names else "none"
        raise ValueError(f"{folder} needs a folder for each of two classes or more; it has {there}")
    names = []
    for class_name in class_names:
        paths = _images_in(folder / class_name)
        if not paths:
            endings = ", ".join(_ENDINGS)
            raise ValueError(f"{folder / class_name} has no image (a file ending in {endings})")
        names += [path.relative_to(folder).as_posix() for path in paths]
    return names, tuple(class_names)


def _images_in(folder):
    paths = []
    for parent, _, files in sorted(os.walk(folder, followlinks=True)):
        for name in sorted(files):
            path = Path(parent, name)
            hidden = any(part[0] == "." for part in path.relative_to(folder).parts)
            if name.lower().endswith(_ENDINGS) and not hidden:
                paths.append(path)
    return paths


def _split_folder(data_dir, split):
    if not data_dir.is_dir():
        raise FileNotFoundError(f"there is no folder {data_dir}; correct data_dir")
    for name in _SPLITS[split]:
        if (data_dir / name).is_dir():
            return data_dir / name
    names = " or ".join(_SPLITS[split])
    there = sorted(path.name for path in data_dir.iterdir() if path.is_dir())
    raise FileNotFoundError(
        f"{data_dir} has no folder {names} (its folders: {there}); make one with a folder per class"
    )


def _balanced(labels, size, seed, class_names):
    """Pick `size` images in a random order in which the classes take turns."""
    generator = torch.Generator().manual_seed(seed)
    queues = []
    for label in range(len(class_names)):
        members = torch.nonzero(labels == label)[:, 0]
        queues.append(members[torch.randperm(len(members), generator=generator)])
    shortest = min(len(queue) for queue in queues)
    most = shortest * len(queues)
    if size != len(labels) and not len(queues) <= size <= most:
        raise ValueError(
            f"train_size is {size}; with the same number of each of {len(queues)} classes it can "
            f"be from {len(queues)} to {most}"
        )
    if size == len(labels):
        return torch.arange(size)
    return torch.stack([queue[:shortest] for queue in queues], dim=1).flatten()[:size]


def _warn_of_skipped(folder, skipped):
    some = ", ".join(skipped[:5]) + (f" and {len(skipped) - 5} more" if len(skipped) > 5 else "")
    warnings.warn(
        f"{len(skipped)} images in {folder} cannot be read and are left out: {some}",
        stacklevel=4,
    )

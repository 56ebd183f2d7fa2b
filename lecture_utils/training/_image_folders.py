"""A data module for folders of photos: any number of classes, any sizes, some broken files."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lecture_utils._validation import as_pair, as_seed, whole
from lecture_utils.datasets._image_cache import load_images
from lecture_utils.training._data_modules import BatchDataModule, InMemoryDataset, check_stage

# Extensions that torchvision's ImageFolder accepts as images.
_ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
# Other extensions of images. Reading these files as well would silently change the data set.
_OTHER_ENDINGS = (
    ".apng", ".arw", ".avif", ".avifs", ".cr2", ".cr3", ".dcm", ".dib", ".dng", ".exr", ".gif",
    ".hdr", ".heic", ".heics", ".heif", ".hif", ".j2k", ".jfi", ".jfif", ".jif", ".jp2", ".jpe",
    ".jpf", ".jpx", ".jxl", ".jxr", ".nef", ".npy", ".orf", ".pam", ".pbm", ".pcx", ".pfm", ".pnm",
    ".psd", ".qoi", ".raf", ".raw", ".rw2", ".sgi", ".svg", ".tga", ".xcf",
)  # fmt: skip
_SPLITS = {"train": ("train",), "validation": ("validation", "val", "valid"), "test": ("test",)}


class ImageDataModule(BatchDataModule):
    """Photos in folders, one folder per class: ``train/cats/1.jpg``, ``validation/dogs/7.jpg``...

    Every image is decoded and resized once and stored on disk as bytes (in ``LECTURE_CACHE`` or
    else the user's cache folder); a batch is then selected by index. The images are those of
    torchvision's ``ImageFolder`` with ``Resize(image_size)``, byte for byte, with two exceptions.
    The orientation that a camera stored in a photo (EXIF) is applied, so that the photo is upright;
    and 16-bit gray is scaled to 8 bits, where torchvision would show nearly everything white.

    Parameters
    ----------
    data_dir : path, or what `datasets.cats_vs_dogs` returns
        Contains "train", "validation" (or "val") and "test", each with one folder per class.
    batch_size : int
        Images per optimizer step, over all processes together.
    image_size : int or (int, int)
        Height and width in pixels to which every image is resized (a single number: a square).
    augment : callable, optional
        Takes and returns a batch of training images with values from 0 to 1, on the model's device.
        See `augmentation.Augment`.
    seed : int
        Determines the order of the training images and all random numbers in a training step: see
        `BatchDataModule`.
    train_size : int, optional
        Maximum number of training images, equally many of every class (plus or minus one). A larger
        set includes the images of a smaller one.
    validation_size, test_size : int, optional
        Maximum numbers of validation and test images, selected in the same way.
    split_seed : int
        Determines which images `train_size`, `validation_size` and `test_size` select.
    eval_batch_size : int
        Images per step in validation and test; affects only how much memory they need.

    Attributes
    ----------
    train_set, validation_set, test_set : InMemoryDataset
        Available after `setup`: images of uint8, shape (N, 3, H, W).
    class_names : tuple of str
        In alphabetical order; label 0 is the first. Available after `setup`.
    files : dict of list of str
        For each split, the file of each image, relative to the split's folder. After `setup`.
    skipped : dict of dict of str
        For each split, the files that could not be read, and the reasons. After `setup`, which
        warns about them.
    ignored : dict of list of str
        For each split, the other files, whose extension is not that of an image, such as
        ``cats/1.heic`` and ``notes.txt``. After `setup`, which warns if they look like images.
    converted : dict of int
        For each split, the number of files that were not 8-bit RGB (gray, palette, CMYK,
        transparent, 16 bits). After `setup`.
    origin : str
        Where the data came from, as a phrase.
    source : str
        The same as one of `datasets.SOURCES`.

    Raises
    ------
    ValueError
        If an argument is invalid; from `setup`, if the folders lack something that is needed.
    FileNotFoundError
        From `setup`, if `data_dir` or one of its splits is missing.

    Notes
    -----
    A Trainer delivers batches as floats from 0 to 1 on the model's device; the loaders themselves
    return bytes.

    Transparent pixels show the color below them, as in torchvision. Files of 32-bit integers or
    floats (some TIFFs) are skipped, because it is unknown which value is white.

    Examples
    --------
    >>> data = ImageDataModule("pets", batch_size=20, image_size=(150, 150))
    >>> data.setup("fit")  # doctest: +SKIP
    >>> data.train_set.inputs.shape, data.class_names  # doctest: +SKIP
    (torch.Size([2000, 3, 150, 150]), ('cats', 'dogs'))
    """

    class_names: tuple[str, ...]
    files: dict[str, list[str]]
    skipped: dict[str, dict[str, str]]
    ignored: dict[str, list[str]]
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
        validation_size: int | None = None,
        test_size: int | None = None,
        split_seed: int = 0,
        eval_batch_size: int = 100,
    ) -> None:
        super().__init__(
            batch_size=batch_size, eval_batch_size=eval_batch_size, seed=seed, augment=augment
        )
        self.data_dir = Path(data_dir).expanduser()
        self.image_size = as_pair(image_size, "image_size", minimum=1)
        self.train_size = None if train_size is None else whole("train_size", train_size)
        self.validation_size = (
            None if validation_size is None else whole("validation_size", validation_size)
        )
        self.test_size = None if test_size is None else whole("test_size", test_size)
        self.split_seed = as_seed("split_seed", split_seed)
        self.class_names = None  # type: ignore[assignment]
        self.files, self.skipped, self.ignored, self.converted = {}, {}, {}, {}
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
            self.validation_set = self._part_of("validation", self.validation_size)
        if stage in ("fit", None) and self.train_set is None:
            self.train_set = self._part_of("train", self.train_size)
        if stage in ("test", "predict", None) and self.test_set is None:
            self.test_set = self._part_of("test", self.test_size)

    def _part_of(self, split, size):
        whole_split = self._read(split)
        if size is None:
            return whole_split
        chosen = _balanced(whole_split.labels, size, self.split_seed, self.class_names, split)
        self.files[split] = [self.files[split][index] for index in chosen.tolist()]
        return InMemoryDataset(whole_split.inputs[chosen], whole_split.labels[chosen])

    def _read(self, split):
        folder = _split_folder(self.data_dir, split)
        listing = _list_images(folder)
        class_names = listing.class_names
        if self.class_names is None:
            self.class_names = class_names
        elif class_names != self.class_names:
            raise ValueError(
                f"{folder} has the classes {class_names}, but another split has "
                f"{self.class_names}; every split needs the same folders"
            )
        decoded = load_images(folder, listing.names, self.image_size)
        skipped = dict(sorted({**listing.unreadable, **decoded.skipped}.items()))
        self.files[split], self.converted[split] = decoded.names, decoded.converted
        self.skipped[split], self.ignored[split] = skipped, listing.ignored
        _warn_of_skipped(folder, skipped)
        _warn_of_ignored(folder, listing.ignored)
        labels = torch.tensor([class_names.index(name.split("/")[0]) for name in decoded.names])
        for label, class_name in enumerate(class_names):
            if not (labels == label).any():
                name = next(name for name in skipped if name.split("/")[0] == class_name)
                raise ValueError(
                    f"no image in {folder / class_name} can be read "
                    f"({_with_reasons(skipped, [name])}); replace the files"
                )
        # Bytes lie as (N, H, W, 3), which is what "channels last" means: no copy is needed.
        return InMemoryDataset(torch.from_numpy(decoded.images).permute(0, 3, 1, 2), labels)


def find_images(folder: str | os.PathLike[str]) -> tuple[list[str], tuple[str, ...]]:
    """List the images in a folder with one folder per class, as torchvision's ImageFolder does.

    Parameters
    ----------
    folder : path
        Folders and files whose name starts with a dot are skipped, because the user did not create
        them. Links to folders are followed, but each folder of a class is read only once: a link to
        one of its own parent folders adds nothing.

    Returns
    -------
    names : list of str
        Relative to `folder`, with forward slashes, by class and then in alphabetical order.
    class_names : tuple of str
        In alphabetical order.

    Raises
    ------
    ValueError
        If there are fewer than two classes, or a class has no images.

    Examples
    --------
    >>> find_images("pets/train")  # doctest: +SKIP
    (['cats/1.jpg', 'dogs/1.jpg'], ('cats', 'dogs'))
    """
    listing = _list_images(Path(folder))
    return listing.names, listing.class_names


@dataclass(frozen=True)
class _Listing:
    """The content of a folder of classes.

    Attributes
    ----------
    names : list of str
        The files with an image extension, by class.
    class_names : tuple of str
    ignored : list of str
        All other files.
    unreadable : dict of str
        Folders that cannot be listed or are named like a file, and broken links; with reasons.
    """

    names: list[str]
    class_names: tuple[str, ...]
    ignored: list[str]
    unreadable: dict[str, str]


def _list_images(folder: Path) -> _Listing:
    above = _folders_above(folder)
    class_names, ignored, unreadable = [], [], {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name[0] == ".":
            continue
        if not _is_folder(entry):
            if os.path.lexists(entry.path) and not os.path.exists(entry.path):
                unreadable[entry.name] = "a link that leads nowhere"
            else:
                ignored.append(entry.name)
        elif os.path.realpath(entry.path) not in above:
            class_names.append(entry.name)
    if len(class_names) < 2:
        there = f"only {class_names[0]!r}" if class_names else "none"
        loose = sum(name.lower().endswith(_ENDINGS) for name in ignored)
        hint = f"; {_with_reasons(unreadable)}" if unreadable else ""
        if loose:
            hint = f"; sort its {loose} loose images into folders"
        raise ValueError(
            f"{folder} needs a folder for each of two classes or more; it has {there}{hint}"
        )
    names = []
    for class_name in class_names:
        images, others, problems = _images_in(folder, class_name)
        if not images:
            raise ValueError(_why_no_image(folder / class_name, others, problems))
        names += images
        ignored += others
        unreadable.update(problems)
    return _Listing(names, tuple(class_names), ignored, unreadable)


def _images_in(folder, class_name):
    """List images, other files, and folders that cannot be listed with the reason."""
    files, folders, problems = [], [], {}
    # Real folders come before those reached through a link, so that a folder reachable in both
    # ways keeps its own name.
    seen = _folders_above(folder)
    here, linked = [folder / class_name], []
    while here or linked:
        parent = here.pop() if here else linked.pop(0)
        real = os.path.realpath(parent)
        if real in seen:
            continue
        seen.add(real)
        try:
            entries = sorted(os.scandir(parent), key=lambda entry: entry.name)
        except OSError as error:
            problems[parent] = error.strerror or str(error)
            continue
        for entry in entries:
            if entry.name[0] == ".":
                continue
            if _is_folder(entry):
                (linked if entry.is_symlink() else here).append(Path(entry.path))
                folders.append(Path(entry.path))
            else:
                files.append(Path(entry.path))
    # In the order of `sorted(os.walk(...))`.
    files.sort(key=lambda path: (str(path.parent), path.name))
    images = [path for path in files if path.name.lower().endswith(_ENDINGS)]
    parents = {parent for path in images for parent in path.parents}
    for path in folders:
        if path.name.lower().endswith(_ENDINGS) and path not in parents:
            problems.setdefault(path, "a folder")
    names = [path.relative_to(folder).as_posix() for path in files]
    is_image = [name.lower().endswith(_ENDINGS) for name in names]
    return (
        [name for name, yes in zip(names, is_image, strict=True) if yes],
        [name for name, yes in zip(names, is_image, strict=True) if not yes],
        {path.relative_to(folder).as_posix(): reason for path, reason in problems.items()},
    )


def _is_folder(entry):
    try:
        return entry.is_dir()
    except OSError:  # such as a link to itself
        return False


def _folders_above(folder):
    real = Path(os.path.realpath(folder))
    return {str(path) for path in (real, *real.parents)}


def _why_no_image(folder, others, problems):
    sentence = f"{folder} has no image (a file ending in {', '.join(_ENDINGS)})"
    if problems:
        sentence += f"; not readable: {_with_reasons(problems)}"
    endings = _endings_of_images(others)
    if endings:
        sentence += f"; it has files ending in {', '.join(endings)}: convert them"
    return sentence


def _endings_of_images(names):
    """Count the extensions of files that users consider images but that are not read."""
    endings = (os.path.splitext(name)[1].lower() for name in names)
    return Counter(ending for ending in endings if ending in (*_ENDINGS, *_OTHER_ENDINGS))


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


def _balanced(labels, size, seed, class_names, split):
    """Select `size` images in a random order in which the classes take turns."""
    generator = torch.Generator().manual_seed(seed)
    queues = []
    for label in range(len(class_names)):
        members = torch.nonzero(labels == label)[:, 0]
        queues.append(members[torch.randperm(len(members), generator=generator)])
    shortest = min(len(queue) for queue in queues)
    most = shortest * len(queues)
    if size != len(labels) and not len(queues) <= size <= most:
        raise ValueError(
            f"{split}_size is {size}; with equally many images of each of {len(queues)} classes, "
            f"it must be from {len(queues)} to {most}"
        )
    if size == len(labels):
        return torch.arange(size)
    return torch.stack([queue[:shortest] for queue in queues], dim=1).flatten()[:size]


def _with_reasons(skipped: Mapping[str, str], names: list[str] | None = None) -> str:
    """Name the first five files, and explain why they cannot be read."""
    names = list(skipped) if names is None else names
    some = ", ".join(f"{name} ({skipped[name]})" for name in names[:5])
    return some + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _warn_of_skipped(folder, skipped):
    if skipped:
        warnings.warn(
            f"{len(skipped)} images in {folder} cannot be read and are left out: "
            f"{_with_reasons(skipped)}",
            stacklevel=4,
        )


def _warn_of_ignored(folder, ignored):
    endings = _endings_of_images(ignored)
    if endings:
        counts = ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
        example = next(name for name in ignored if os.path.splitext(name)[1].lower() in endings)
        warnings.warn(
            f"{folder} has files that look like images but are not read ({counts}, such as "
            f"{example}); convert them to .jpg or .png, or sort them into the folder of a class",
            stacklevel=4,
        )

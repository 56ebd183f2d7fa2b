"""Find a data set: folder, cache, installed package, download, embedded sample."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lecture_utils.datasets._download import DownloadError, has_checksum
from lecture_utils.datasets._download import download as fetch
from lecture_utils.datasets._idx import read_idx
from lecture_utils.datasets._policy import downloads_are_welcome, is_offline

SOURCES = ("folder", "cache", "package", "download", "embedded")
SPLITS = {"train": "train", "test": "t10k"}

# Seconds: a reader without a network should soon get the embedded sample.
_TIMEOUT = 6.0

# Formats in which others publish MNIST and related data sets.
_DATA_ENDINGS = (".csv", ".gz", ".mat", ".npy", ".npz", ".parquet", ".pkl", ".tar", ".zip")

_said: set[str] = set()
_download_failed: set[str] = set()

_T = TypeVar("_T")


@dataclass(frozen=True)
class Collection:
    """Everything that is needed to find a data set.

    Attributes
    ----------
    title, folder : str
        Its name in a sentence, and as a folder of the cache.
    class_names : tuple of str
        One per label.
    layouts : tuple of str
        Folders inside ``LECTURE_DATA`` where it may be.
    package, package_folder : str
        A system package that installs it, and its folder; empty if there is none.
    mirrors : tuple of str
        Base addresses, to which a file name is appended.
    checksums : dict of str
        The checksum of every published file, by its name.
    embedded : callable
        Takes a split; returns images, labels and a short description of them.
    """

    title: str
    folder: str
    class_names: tuple[str, ...]
    layouts: tuple[str, ...]
    package: str
    package_folder: str
    mirrors: tuple[str, ...]
    checksums: Mapping[str, str]
    embedded: Callable[[str], tuple[NDArray, NDArray, str]]


class DatasetNotFoundError(FileNotFoundError):
    """The data were not found; the message says where the search looked and what to do."""


class NearMissError(DatasetNotFoundError):
    """Not found, but similar files were: the search reports them and continues."""


def load(
    collection: Collection, split: str, source: str | None = None, download: bool | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], str, str]:
    """Load a data set from the first source that has it, and report once which one it was.

    Parameters
    ----------
    collection : Collection
    split : {"train", "test"}
    source : str, optional
        Use only this one of `SOURCES`.
    download : bool, optional
        Whether the search may use the network. By default where downloads are allowed.

    Returns
    -------
    images : ndarray of uint8, shape (N, 28, 28)
    labels : ndarray of int64, shape (N,)
    source : str
        One of `SOURCES`.
    origin : str
        The same as a phrase.

    Raises
    ------
    ValueError
        If an argument is unknown or a file is damaged.
    DatasetNotFoundError
        If `source` does not have the data.
    FileNotFoundError
        If ``LECTURE_DATA`` does not exist.
    DownloadError
        If `source` is "download" and the download fails.
    """
    if split not in SPLITS:
        raise ValueError(f'split is {split!r}; use "train" or "test"')
    finders = {name: partial(_load_from, name, collection, split) for name in SOURCES}
    return find(collection.title, finders, source, download)


def find(
    title: str,
    finders: Mapping[str, Callable[[], _T]],
    source: str | None = None,
    download: bool | None = None,
    missing: str | None = None,
) -> _T:
    """Call one finder after the other until one has the data.

    Parameters
    ----------
    title : str
        Name of the data in a sentence.
    finders : dict of callable
        One per source, by its name in `SOURCES` and in that order. Each returns the data, or raises
        `DatasetNotFoundError`, or DownloadError if the network fails.
    source : str, optional
        Use only this one.
    download : bool, optional
        Whether the search may use the network. By default where downloads are allowed.
    missing : str, optional
        Message if no source has the data; by default that the embedded sample is missing.

    Returns
    -------
    object
        The result of the first successful finder.

    Raises
    ------
    ValueError
        If `source` is unknown.
    DatasetNotFoundError
        If `source`, or every source, lacks the data.
    DownloadError
        If `source` is "download" and the download fails.

    Examples
    --------
    >>> find("numbers", {"embedded": lambda: [1, 2]})
    [1, 2]
    """
    if source is not None:
        if source not in SOURCES:
            raise ValueError(f"source is {source!r}; use one of {', '.join(SOURCES)}")
        if source not in finders:
            raise DatasetNotFoundError(f"no {title} there: no system package provides it")
        try:
            return finders[source]()
        except DatasetNotFoundError as error:
            raise DatasetNotFoundError(f"no {title} there: {error}") from error
    # A second call need not wait for a network that was missing a moment ago, unless it insists.
    tries_again = bool(download) or title not in _download_failed
    if download is None:
        download = downloads_are_welcome()
    for name, finder in finders.items():
        if name == "download" and not (download and tries_again):
            continue
        try:
            found = finder()
        except NearMissError as error:
            say_once(f"{title}: {error}")
        except DatasetNotFoundError:
            continue
        except DownloadError as error:
            _download_failed.add(title)
            say_once(str(error))
        else:
            if name == "embedded" and not download and not is_offline():
                say_once(f"{title}: not on this machine in full; download=True fetches it")
            return found
    raise DatasetNotFoundError(missing or f"the embedded sample of {title} is missing; reinstall")


def data_folder() -> Path:
    """Return the folder that ``LECTURE_DATA`` names.

    Returns
    -------
    Path

    Raises
    ------
    DatasetNotFoundError
        If the variable is not set.
    FileNotFoundError
        If it does not name a folder.
    """
    if not os.environ.get("LECTURE_DATA"):
        raise DatasetNotFoundError("the environment variable LECTURE_DATA is not set")
    root = Path(os.environ["LECTURE_DATA"]).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(f"LECTURE_DATA is {root}, not a folder; correct or unset it")
    return root


def cache_folder(name: str) -> Path:
    """Return a folder inside ``LECTURE_CACHE``, or else inside the user's cache folder.

    Parameters
    ----------
    name : str

    Returns
    -------
    Path
        The folder need not exist.

    Examples
    --------
    >>> cache_folder("mnist").name
    'mnist'
    """
    root = os.environ.get("LECTURE_CACHE")
    if not root:
        from platformdirs import user_cache_dir

        root = user_cache_dir("lecture_utils", appauthor=False)
    return Path(root).expanduser() / name


def from_home(path: Path) -> str:
    """Abbreviate the home folder to ``~``, so that a path does not depend on who built the page.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str

    Examples
    --------
    >>> from_home(Path.home() / "weights")
    '~/weights'
    """
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)


def _load_from(source, collection, split):
    images, labels, provider = _LOADERS[source](collection, split)
    if images.shape[1:] != (28, 28) or labels.shape != images.shape[:1] or not len(images):
        raise ValueError(
            f"{collection.title} from {provider} has images of shape {images.shape} and labels of "
            f"shape {labels.shape} instead of (N, 28, 28) and (N,); delete the files and "
            "download them again"
        )
    if labels.max() >= len(collection.class_names):
        raise ValueError(
            f"{collection.title} from {provider} has a label {labels.max()} but there are only "
            f"{len(collection.class_names)} classes; delete the files and download them again"
        )
    use = "training" if split == "train" else "test"
    origin = f"{collection.title}: {len(images):,} {use} images from {provider}"
    say_once(origin)
    return images, labels.astype(np.int64), source, origin


def _from_folder(collection, split):
    root = data_folder()
    for layout in collection.layouts:
        paths = [_find_variant(root / layout, name) for name in _file_names(split)]
        if paths[0] and paths[1]:
            return read_idx(paths[0]), read_idx(paths[1]), f"LECTURE_DATA ({layout})"
    names = " and ".join(f"{name}.gz" for name in _file_names(split))
    sentence = f"{root} has {names} in none of {', '.join(collection.layouts)}"
    near = similar_files(root, lambda path: _is_similar(path, collection, split))
    if near:
        raise NearMissError(
            f"{sentence}, but there is {' and '.join(near)}; move both files (in IDX format) to "
            f"{root / collection.folder} and give them these names"
        )
    raise DatasetNotFoundError(sentence)


def _find_variant(folder, name):
    """Find a file by its name, or by the name that Kaggle or an unpacking program gives it."""
    dotted = name.replace("-idx", ".idx")
    for inner in ("", name, dotted):  # some archives unpack each file into a folder with its name
        for variant in (name, dotted):
            for ending in (".gz", ""):
                path = folder / inner / f"{variant}{ending}"
                if path.is_file():
                    return path
    return None


def _is_similar(path, collection, split):
    """Return whether a path could be mistaken for a file of this collection and split."""
    whole, name = path.lower(), path.lower().rsplit("/", 1)[-1]
    is_fashion, is_ours = "fashion" in whole, "fashion" in collection.folder
    # Both collections use the same file names, so only the folder can tell them apart.
    if is_fashion != is_ours and (is_fashion or "mnist" in whole):
        return False
    # KMNIST, EMNIST, MedMNIST and others are different data sets.
    if not is_fashion and re.search("[a-z]mnist", whole):
        return False
    other_split = {"train": ("test", "t10k"), "test": ("train",)}[split]
    if any(word in name for word in other_split):
        return False
    return "ubyte" in name or ("mnist" in name and name.endswith(_DATA_ENDINGS))


def similar_files(
    root: Path, is_similar: Callable[[str], bool], depth: int = 4, most: int = 5000
) -> list[str]:
    """Name up to two files below a folder that look like the ones wanted.

    Parameters
    ----------
    root : Path
    is_similar : callable
        Takes a path relative to `root`, with forward slashes.
    depth : int
        Number of folder levels to search.
    most : int
        Number of files and folders after which the search ends, since a data folder may be huge
        and its disk slow.

    Returns
    -------
    list of str
        Relative to `root`.
    """
    near, seen = [], 0
    for parent, folders, files in os.walk(root):
        inside = Path(parent).relative_to(root)
        seen += 1
        folders[:] = sorted(name for name in folders if name[0] != ".")
        if len(inside.parts) >= depth:
            folders.clear()
        for name in sorted(files):
            path = (inside / name).as_posix()
            if name[0] != "." and is_similar(path):
                near.append(path)
            seen += 1
            if len(near) == 2 or seen >= most:
                return near
    return near


def _from_cache(collection, split):
    paths = _cached_paths(collection, split)
    for path in paths:
        if not path.is_file():
            raise DatasetNotFoundError(f"{path} does not exist; source='download' fetches it")
        if not has_checksum(path, collection.checksums[path.name]):
            say_once(f"{path} is damaged, so it is not used")
            raise DatasetNotFoundError(f"{path} is damaged; source='download' replaces it")
    return read_idx(paths[0]), read_idx(paths[1]), "the cache"


def _from_package(collection, split):
    if not collection.package:
        raise DatasetNotFoundError("no system package provides it")
    paths = [Path(collection.package_folder) / f"{name}.gz" for name in _file_names(split)]
    if not all(path.is_file() for path in paths):
        raise DatasetNotFoundError(f"install the system package {collection.package}")
    return read_idx(paths[0]), read_idx(paths[1]), f"the package {collection.package}"


def _from_download(collection, split):
    if is_offline():
        raise DatasetNotFoundError("LECTURE_OFFLINE forbids downloads; unset it")
    for path in _cached_paths(collection, split):
        urls = [mirror + path.name for mirror in collection.mirrors]
        fetch(urls, path, collection.checksums[path.name], timeout=_TIMEOUT)
    return *_from_cache(collection, split)[:2], "a download, kept in the cache"


def _from_embedded(collection, split):
    return collection.embedded(split)


_LOADERS = {
    "folder": _from_folder,
    "cache": _from_cache,
    "package": _from_package,
    "download": _from_download,
    "embedded": _from_embedded,
}


def _file_names(split):
    return f"{SPLITS[split]}-images-idx3-ubyte", f"{SPLITS[split]}-labels-idx1-ubyte"


def _cached_paths(collection, split):
    folder = cache_folder(collection.folder)
    return [folder / f"{name}.gz" for name in _file_names(split)]


def say_once(sentence: str) -> None:
    """Print a sentence, unless it was printed before."""
    # To standard error, so that a notebook's own output is the same on every machine.
    if sentence not in _said:
        _said.add(sentence)
        print(sentence, file=sys.stderr)

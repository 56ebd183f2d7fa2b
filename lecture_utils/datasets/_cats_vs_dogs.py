"""Find the photos of cats and dogs: folder, cache or download; otherwise use the drawn pets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from lecture_utils._atomic import locked
from lecture_utils.datasets import _search
from lecture_utils.datasets._archive import ArchiveError, unpack
from lecture_utils.datasets._download import DownloadError
from lecture_utils.datasets._download import download as fetch
from lecture_utils.datasets._folders import (
    ImageFolders,
    drawn_pets,
    read_manifest,
    write_manifest,
)
from lecture_utils.datasets._policy import is_offline
from lecture_utils.datasets._search import DatasetNotFoundError

# The numbers of Cat/N.jpg and Dog/N.jpg in each split of the small data set: first and last.
SMALL_SPLIT = {"train": (1, 1000), "validation": (4001, 4500), "test": (4501, 5000)}
CLASS_NAMES = ("cats", "dogs")
_TITLE = "Cats vs Dogs"
_FOLDER = "cats-vs-dogs"
_URLS = (
    "https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/"
    "kagglecatsanddogs_5340.zip",
)
# Microsoft publishes no checksum; other public projects verify the file with this one.
_CHECKSUM = "sha256:b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9"
_MEMBER = re.compile(r"PetImages/(Cat|Dog)/(\d+)\.jpg")
_TIMEOUT = 10.0
# Other names for folders and files of cats and dogs: Cat, dogs, cat.0.jpg, PetImages.
_PET = re.compile(r"(cats?|dogs?)([^a-z]|$)|petimages", re.IGNORECASE)
_ARCHIVE = re.compile(r"(cats?.*dogs?|dogs?.*cats?).*\.zip$", re.IGNORECASE)
# The number of drawings that replace the photos: few enough to train on while a reader waits.
_DRAWN = (600, 200, 400)
# A few of the 25,000 photos are known to be broken; if more are, it is another archive.
_LEAST = 0.99


def load(
    source: str | None, download: bool | None, drawn: Callable[[], ImageFolders]
) -> ImageFolders:
    """Find the photos in the first source that has them; see `datasets.cats_vs_dogs`."""
    finders = {
        "folder": _from_folder,
        "cache": _from_cache,
        "download": _from_download,
        "embedded": drawn,
    }
    folders = _search.find(_TITLE, finders, source, download)
    _search.say_once(folders.origin)
    return folders


def _from_folder():
    root = _search.data_folder()
    for folder in (root / _FOLDER, root):
        validation = [name for name in ("validation", "val", "valid") if (folder / name).is_dir()]
        splits = ["train", *validation[:1], "test"]
        if validation and all((folder / s / c).is_dir() for s in splits for c in CLASS_NAMES):
            return _folders(folder, "folder", "LECTURE_DATA")
    sentence = (
        f"{root} has no {_FOLDER}/train/cats and {_FOLDER}/train/dogs, and the same two in "
        "validation (or val) and test"
    )
    near = _search.similar_files(root, _is_pet)
    if near:
        raise _search.NearMissError(
            f"{sentence}, but there is {' and '.join(near)}; sort the photos into such folders"
        )
    raise DatasetNotFoundError(sentence)


def _is_pet(path):
    """Return whether a file looks like a photo of a pet, or an archive of such photos."""
    name = path.rsplit("/", 1)[-1]
    is_photo = name.lower().endswith((".jpg", ".jpeg"))
    if not is_photo:
        return _ARCHIVE.search(name) is not None
    return any(_PET.match(part) for part in path.split("/"))


def _from_cache():
    folder = _unpacked()
    if not folder.exists():
        raise DatasetNotFoundError(f"{folder} does not exist; source='download' fetches it")
    skipped = read_manifest(folder)
    if skipped is None:
        _search.say_once(f"{folder} is damaged, so it is not used")
        raise DatasetNotFoundError(f"{folder} is damaged; source='download' replaces it")
    return _folders(folder, "cache", "the cache", skipped)


def _from_download():
    if is_offline():
        raise DatasetNotFoundError("LECTURE_OFFLINE forbids downloads; unset it")
    folder = _unpacked()
    archive = folder.parent / _URLS[0].rsplit("/", 1)[-1]
    try:
        with locked(folder, f"{_TITLE}: waiting for another process that downloads them"):
            try:
                cached = _from_cache()  # another process may have finished first
            except DatasetNotFoundError:
                _search.say_once(f"{_TITLE}: downloading 0.8 GB, of which 0.1 GB is kept")
                fetch(_URLS, archive, _CHECKSUM, timeout=_TIMEOUT)
                unpack(archive, _target, folder, _finish)
                archive.unlink()
                cached = _from_cache()
    except ArchiveError as error:
        raise DownloadError(str(error)) from error
    except (DownloadError, DatasetNotFoundError):
        raise
    except OSError as error:
        raise DownloadError(
            f"cannot unpack {archive.name} in {folder.parent}: {error}. Set LECTURE_CACHE to a "
            "folder with 1 GB of space that you may write to"
        ) from error
    return _folders(folder, "download", "a download, kept in the cache", cached.skipped)


def _unpacked():
    return _search.cache_folder(_FOLDER) / "small"


def _target(member: str) -> str | None:
    """Return the path of a photo in the small data set, and None for all other files."""
    match = _MEMBER.fullmatch(member)
    if not match:
        return None
    kind, number = match[1].lower(), int(match[2])
    for split, (first, last) in SMALL_SPLIT.items():
        if first <= number <= last:
            return f"{split}/{kind}s/{kind}.{number}.jpg"
    return None


def _finish(folder: Path) -> None:
    """Remove photos that cannot be read, and write the manifest."""
    from lecture_utils.datasets._image_cache import why_unreadable

    paths = sorted(folder.rglob("*.jpg"))
    bad = {path: reason for path in paths if (reason := why_unreadable(path))}
    expected = 2 * sum(last - first + 1 for first, last in SMALL_SPLIT.values())
    if len(paths) - len(bad) < _LEAST * expected:
        raise ArchiveError(
            f"the archive has only {len(paths) - len(bad)} of {expected} photos; is it another one?"
        )
    for path in bad:
        path.unlink()
    reasons = {path.relative_to(folder).as_posix(): reason for path, reason in bad.items()}
    write_manifest(folder, reasons)


def _folders(
    folder: Path, source: str, provider: str, skipped: Mapping[str, str] | None = None
) -> ImageFolders:
    without = f", without {len(skipped)} that cannot be read" if skipped else ""
    return ImageFolders(
        folder, CLASS_NAMES, source, f"{_TITLE}: photos from {provider}{without}", skipped or {}
    )


def cats_vs_dogs(*, source: str | None = None, download: bool | None = None) -> ImageFolders:
    """Find 4,000 photos of cats and dogs, in color and of many sizes.

    Parameters
    ----------
    source : str, optional
        Use only this one of `SOURCES`. By default, the first that has the data.
    download : bool, optional
        Whether the photos may be downloaded (0.8 GB, of which 0.1 GB is kept). By default only in
        Colab and where ``LECTURE_DOWNLOAD=1`` is set. ``LECTURE_OFFLINE=1`` forbids it.

    Returns
    -------
    ImageFolders
        The folder with 2,000 training photos, 1,000 validation photos and 1,000 test photos, half
        of them cats; pass it to `training.ImageDataModule`.

    Raises
    ------
    ValueError, DatasetNotFoundError, FileNotFoundError, DownloadError
        As for `fashion_mnist`.

    Notes
    -----
    The photos are numbers 1 to 1000 (train), 4001 to 4500 (validation) and 4501 to 5000 (test) of
    both animals in Microsoft's archive. A few of them cannot be read and are left out.
    The embedded stand-in consists of 1,200 drawings, not photos: see `drawn_pets`.

    References
    ----------
    Elson, Douceur, Howell and Saul, "Asirra: a CAPTCHA that exploits interest-aligned manual image
    categorization", ACM CCS 2007.

    Examples
    --------
    >>> cats_vs_dogs(source="folder").folder  # doctest: +SKIP
    """
    return load(source, download, partial(drawn_pets, _DRAWN))

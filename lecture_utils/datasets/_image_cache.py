"""Decode and resize images once, store the result on disk, and map it into memory from then on.

Decoding takes far longer than anything else done to an image before training. A cache is a folder
with ``images.bin`` (the bytes of all images, one after the other) and ``index.json`` (which image
is which). It is written under a temporary name and renamed when complete. It is rebuilt
if a file is added, removed or changed, or if its bytes are not those that were written.

A file counts as changed if its length, either of its two times (of the content, and of the inode,
which no program can set), or its inode number has changed. This detects two files of equal length
that swap names, and ``cp -p``. The price is that copying or checking out all files rebuilds the
cache; so may a network file system that renumbers its inodes at each mount. Only `os.stat` is
called, so a second run does not read gigabytes. Windows has no such second time: there, the check
misses a file that is overwritten with the same number of bytes and given its old time.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageFile

from lecture_utils._atomic import locked, replaced
from lecture_utils._validation.image_files import read_rgb, without_warnings
from lecture_utils.datasets._search import cache_folder

# Increase it when the same files give different bytes than before.
_VERSION = 2
_IMAGES, _INDEX = "images.bin", "index.json"
# Files in progress per thread: enough to keep threads busy, few enough to save memory.
_AHEAD = 8


@dataclass(frozen=True, eq=False)
class DecodedImages:
    """Images of one size, and the outcome for each file.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, H, W, 3)
        Memory-mapped from disk; changes stay in memory.
    names : list of str
        The file name of each image.
    skipped : dict of str
        The files that could not be read, and why.
    converted : int
        Number of files that were not 8-bit RGB (gray, palette, CMYK, transparent, 16 bits, ...).
    """

    images: NDArray[np.uint8]
    names: list[str]
    skipped: dict[str, str]
    converted: int


def load_images(root: Path, names: list[str], size: tuple[int, int]) -> DecodedImages:
    """Read images, resized as by torchvision's ``Resize(size)``; from the cache if possible.

    Parameters
    ----------
    root : Path
        The folder that contains the files.
    names : list of str
        File names relative to `root`.
    size : (int, int)
        Height and width in pixels.

    Returns
    -------
    DecodedImages
    """
    stamp = _fingerprint(root, names, size)
    key = hashlib.sha256(f"{root.resolve()}\n{size}".encode()).hexdigest()[:16]
    folder = cache_folder("decoded-images") / f"{root.resolve().name}-{size[0]}x{size[1]}-{key}"
    try:
        return _open(folder, stamp, root, size) or _make(folder, stamp, root, names, size)
    except OSError as error:
        warnings.warn(
            f"the decoded images cannot be stored in {folder} ({error}); they are kept in memory "
            "instead, and decoded again next time. Set LECTURE_CACHE to a folder with enough space",
            stacklevel=4,
        )
        kept, skipped, converted, arrays = [], {}, 0, []
        for name, result in _decoded(root, names, size):
            if isinstance(result, _Failure):
                skipped[name] = result.reason
                continue
            kept.append(name)
            arrays.append(result.pixels)
            converted += result.mode != "RGB"
        images = np.stack(arrays) if arrays else np.empty((0, *size, 3), np.uint8)
        return DecodedImages(images, kept, skipped, converted)


def why_unreadable(path: Path) -> str | None:
    """Return why an image cannot be decoded completely, or None if it can."""
    with without_warnings():
        result = _decode(path, (8, 8))
    return result.reason if isinstance(result, _Failure) else None


def _fingerprint(root, names, size):
    files = []
    for name in names:
        try:
            stat = os.stat(root / name)
            signs = stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
        except OSError as error:
            signs = (error.errno,)
        files.append((name, *signs))
    # Pillow's result for a file depends on these, too.
    pillow = PIL.__version__, Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    return hashlib.sha256(json.dumps([_VERSION, pillow, size, files]).encode()).hexdigest()


def _open(folder, stamp, root, size):
    """Map a cache into memory; None if it is missing, damaged, or belongs to other files."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        if index["fingerprint"] != stamp:
            return None
        # A file looks unchanged if a disk, a server or a user corrupted its bytes.
        if not all(why_unreadable(root / name) for name in index["unopened"]):
            return None
        names = index["names"]
        shape = (len(names), *size, 3)
        path = folder / _IMAGES
        if path.stat().st_size != np.prod(shape, dtype=np.int64):
            return None
        # An empty file cannot be memory-mapped.
        images = np.memmap(path, np.uint8, "c", shape=shape) if names else np.empty(shape, np.uint8)
        if checksum(images) != index["crc32"]:
            return None
        return DecodedImages(images, names, index["skipped"], index["converted"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def checksum(array: NDArray) -> int:
    """Compute the CRC-32 of an array's bytes, a few rows at a time."""
    value = 0
    for start in range(0, len(array), 64):
        value = zlib.crc32(array[start : start + 64].data, value)
    return value


def _make(folder, stamp, root, names, size):
    with locked(folder, "waiting for another process that decodes the same images"):
        # The other process may have just written it.
        if images := _open(folder, stamp, root, size):
            return images
        with replaced(folder) as scratch:
            _write(scratch, stamp, root, names, size)
        images = _open(folder, stamp, root, size)
        if images is None:
            raise OSError("the written files cannot be read back")
        return images


def _write(folder, stamp, root, names, size):
    names_written, skipped, unopened, converted, crc32 = [], {}, [], 0, 0
    # Plain writes, not a mapped file: a full disk raises an error here, but kills Python there.
    with open(folder / _IMAGES, "wb") as file:
        for name, result in _decoded(root, names, size):
            if isinstance(result, _Failure):
                skipped[name] = result.reason
                if result.is_of_system:
                    unopened.append(name)
                continue
            file.write(result.pixels.data)
            crc32 = zlib.crc32(result.pixels.data, crc32)
            names_written.append(name)
            converted += result.mode != "RGB"
    index = {
        "fingerprint": stamp, "names": names_written, "skipped": skipped, "unopened": unopened,
        "converted": converted, "crc32": crc32,
    }  # fmt: skip
    (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


@dataclass(frozen=True, eq=False)
class _Decoded:
    """A resized image, and the mode of its file."""

    pixels: NDArray[np.uint8]
    mode: str


@dataclass(frozen=True)
class _Failure:
    """Why a file cannot be read, and whether the system rather than the file is the cause."""

    reason: str
    is_of_system: bool = False


def _decoded(root, names, size) -> Iterator[tuple[str, _Decoded | _Failure]]:
    """Yield the names in order, each with its image or the reason why there is none."""
    from tqdm import tqdm

    affinity = getattr(os, "sched_getaffinity", None)
    workers = len(affinity(0)) if affinity else os.cpu_count() or 1
    step = workers * _AHEAD
    with (
        without_warnings(),
        # Pillow releases Python's global lock while it decodes, so threads are enough.
        ThreadPoolExecutor(workers) as pool,
        tqdm(
            total=len(names), desc=f"decoding {root.name}", unit="images", delay=2, mininterval=1
        ) as bar,
    ):
        for start in range(0, len(names), step):
            some = names[start : start + step]
            results = pool.map(lambda name: _decode(root / name, size), some)
            yield from zip(some, results, strict=True)
            bar.update(len(some))


def _decode(path, size) -> _Decoded | _Failure:
    try:
        image, mode = read_rgb(path)
    except ValueError as error:
        return _Failure(str(error))
    except OSError as error:
        return _Failure(error.strerror or str(error), is_of_system=True)
    return _Decoded(np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR)), mode)

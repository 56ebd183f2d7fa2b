"""Decode and resize images once, keep the result on disk, and map it into memory ever after.

Decoding takes far longer than anything else that is done to an image before training. A cache is a
folder with ``images.bin`` (the bytes of all images, one after the other) and ``index.json`` (what
they are). It is written under another name and renamed when it is whole. It is made anew when a
file was added, removed or changed, and when its bytes are not those that were written.

A file counts as changed when its length, either of its two times (of the content, and of the
inode, which no program can set), or its inode number is another: so two files of one length that
swap names are noticed, and so is ``cp -p``. The price is that copying or checking out all files
anew makes the cache anew; so may a network file system that numbers its inodes at each mount.
Nothing but `os.stat` is called, so that a second run need not read gigabytes. On Windows, which has
no such second time, a file that is overwritten with as many bytes and gets its old time back is not
noticed.
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

# Raise it when the same files give other bytes than before.
_VERSION = 2
_IMAGES, _INDEX = "images.bin", "index.json"
# Files in work at once per thread: enough to keep threads busy, few enough for little memory.
_AHEAD = 8


@dataclass(frozen=True, eq=False)
class DecodedImages:
    """Images of one size, and what became of the files.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, H, W, 3)
        Read from disk as they are used; changes stay in memory.
    names : list of str
        The file of each.
    skipped : dict of str
        The files that could not be read, and why.
    converted : int
        How many files were not RGB of 8 bits (gray, palette, CMYK, transparent, 16 bits, ...).
    """

    images: NDArray[np.uint8]
    names: list[str]
    skipped: dict[str, str]
    converted: int


def load_images(root: Path, names: list[str], size: tuple[int, int]) -> DecodedImages:
    """Read images, resized as torchvision's ``Resize(size)`` does it; from the cache if possible.

    Parameters
    ----------
    root : Path
        Where the files lie.
    names : list of str
        The files, relative to `root`.
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
            f"the decoded images could not be kept in {folder} ({error}); they are kept in memory "
            "instead, and decoded again the next time. Set LECTURE_CACHE to a folder with space",
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
    """Say why an image cannot be decoded to its end; None if it can."""
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
    # What Pillow makes of a file depends on these, too.
    pillow = PIL.__version__, Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    return hashlib.sha256(json.dumps([_VERSION, pillow, size, files]).encode()).hexdigest()


def _open(folder, stamp, root, size):
    """Map a cache into memory; None if there is none, or not for these files, or a damaged one."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        if index["fingerprint"] != stamp:
            return None
        # A disk or a server may have been at fault, or the user: nothing of that shows in a file.
        if not all(why_unreadable(root / name) for name in index["unopened"]):
            return None
        names = index["names"]
        shape = (len(names), *size, 3)
        path = folder / _IMAGES
        if path.stat().st_size != np.prod(shape, dtype=np.int64):
            return None
        # An empty file cannot be mapped.
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
        # Perhaps the other process has just made it.
        if images := _open(folder, stamp, root, size):
            return images
        with replaced(folder) as scratch:
            _write(scratch, stamp, root, names, size)
        images = _open(folder, stamp, root, size)
        if images is None:
            raise OSError("what was written cannot be read back")
        return images


def _write(folder, stamp, root, names, size):
    names_written, skipped, unopened, converted, crc32 = [], {}, [], 0, 0
    # Plain writes, not a mapped file: on a full disk they raise, where a mapped file kills Python.
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
    """An image, resized, and the mode of its file."""

    pixels: NDArray[np.uint8]
    mode: str


@dataclass(frozen=True)
class _Failure:
    """Why a file cannot be read, and whether that is due to the system and not to the file."""

    reason: str
    is_of_system: bool = False


def _decoded(root, names, size) -> Iterator[tuple[str, _Decoded | _Failure]]:
    """Yield names in order, each with its image or why there is none."""
    from tqdm import tqdm

    affinity = getattr(os, "sched_getaffinity", None)
    workers = len(affinity(0)) if affinity else os.cpu_count() or 1
    step = workers * _AHEAD
    with (
        without_warnings(),
        # Pillow lets go of Python's lock while it decodes, so threads are enough.
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

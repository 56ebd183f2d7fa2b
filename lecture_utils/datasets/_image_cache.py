"""Decode and resize images once, keep the result on disk, and map it into memory ever after.

Decoding takes far longer than anything else that is done to an image before training. A cache is a
folder with ``images.bin`` (the bytes of all images, one after the other) and ``index.json`` (what
they are). It is written under another name and renamed when it is whole. It is made anew when a
file was added, removed or changed, and when its bytes are not those that were written.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lecture_utils._atomic import locked, replaced
from lecture_utils.datasets._search import cache_folder

# Raise it when the same files give other bytes than before.
_VERSION = 1
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
    skipped : list of str
        Files that could not be read.
    converted : int
        How many files were not RGB (gray, palette, CMYK, transparent, ...).
    """

    images: NDArray[np.uint8]
    names: list[str]
    skipped: list[str]
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
        return _open(folder, stamp, size) or _make(folder, stamp, root, names, size)
    except OSError as error:
        warnings.warn(
            f"the decoded images could not be kept in {folder} ({error}); they are kept in memory "
            "instead, and decoded again the next time. Set LECTURE_CACHE to a folder with space",
            stacklevel=4,
        )
        kept, skipped, converted, arrays = [], [], 0, []
        for name, image, mode in _decoded(root, names, size):
            if image is None:
                skipped.append(name)
                continue
            kept.append(name)
            arrays.append(image)
            converted += mode != "RGB"
        images = np.stack(arrays) if arrays else np.empty((0, *size, 3), np.uint8)
        return DecodedImages(images, kept, skipped, converted)


def is_readable(path: Path) -> bool:
    """Tell whether an image can be decoded to its end."""
    return _decode(path, (8, 8))[0] is not None


def _fingerprint(root, names, size):
    files = []
    for name in names:
        stat = os.stat(root / name)
        files.append((name, stat.st_size, stat.st_mtime_ns))
    return hashlib.sha256(json.dumps([_VERSION, size, files]).encode()).hexdigest()


def _open(folder, stamp, size):
    """Map a cache into memory; None if there is none, or not for these files, or a damaged one."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        if index["fingerprint"] != stamp:
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
        if images := _open(folder, stamp, size):
            return images
        with replaced(folder) as scratch:
            _write(scratch, stamp, root, names, size)
        images = _open(folder, stamp, size)
        if images is None:
            raise OSError("what was written cannot be read back")
        return images


def _write(folder, stamp, root, names, size):
    names_written, skipped, converted, crc32 = [], [], 0, 0
    # Plain writes, not a mapped file: on a full disk they raise, where a mapped file kills Python.
    with open(folder / _IMAGES, "wb") as file:
        for name, image, mode in _decoded(root, names, size):
            if image is None:
                skipped.append(name)
                continue
            file.write(image.data)
            crc32 = zlib.crc32(image.data, crc32)
            names_written.append(name)
            converted += mode != "RGB"
    index = {
        "fingerprint": stamp, "names": names_written, "skipped": skipped, "converted": converted,
        "crc32": crc32,
    }  # fmt: skip
    (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


def _decoded(root, names, size):
    """Yield (name, image, mode) in order; the image is None where the file cannot be read."""
    from tqdm import tqdm

    affinity = getattr(os, "sched_getaffinity", None)
    workers = len(affinity(0)) if affinity else os.cpu_count() or 1
    step = workers * _AHEAD
    with (
        # Pillow warns of odd metadata, which does not change the image.
        warnings.catch_warnings(action="ignore", category=UserWarning),
        # It lets go of Python's lock while it decodes, so threads are enough.
        ThreadPoolExecutor(workers) as pool,
        tqdm(
            total=len(names), desc=f"decoding {root.name}", unit="images", delay=2, mininterval=1
        ) as bar,
    ):
        for start in range(0, len(names), step):
            some = names[start : start + step]
            images = pool.map(lambda name: _decode(root / name, size), some)
            for name, (image, mode) in zip(some, images, strict=True):
                yield name, image, mode
            bar.update(len(some))


def _decode(path, size):
    try:
        with Image.open(path) as file:
            mode = file.mode
            image = file.convert("RGB").resize(size[::-1], Image.Resampling.BILINEAR)
    except MemoryError:
        raise
    # Broken files make Pillow raise nearly everything: OSError, SyntaxError, struct.error...
    except Exception:
        return None, None
    return np.asarray(image), mode

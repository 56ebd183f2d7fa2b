"""Cache embeddings on disk, completely or not at all, and resume interrupted computations.

Finished embeddings are a folder with ``embeddings.bin`` (all values as 32-bit floats, one image
after the other) and ``index.json`` (their shape and checksum). During the computation, the folder
is called ``....part``, and ``progress.json`` tells how much of the file is valid.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator

import numpy as np

from lecture_utils._atomic import locked, replacing
from lecture_utils.datasets._image_cache import checksum
from lecture_utils.datasets._search import cache_folder

# Increase it when the same model and images give different embeddings than before.
_VERSION = 1
_VALUES, _INDEX, _PROGRESS = "embeddings.bin", "index.json", "progress.json"
# Seconds of work that a kill may lose.
_SAVE_EVERY = 2.0


def load_or_compute(
    key: str, count: int, compute: Callable[[int], Iterator[np.ndarray]]
) -> np.ndarray:
    """Return the embeddings of `count` images from the cache; compute missing ones.

    Parameters
    ----------
    key : str
        Fingerprint that identifies model and images.
    count : int
    compute : callable
        Takes the index of the first missing image; yields arrays of float32, shape (n, ...), batch
        by batch from there to the last image.

    Returns
    -------
    ndarray of float32, shape (count, ...)
        Memory-mapped from disk; changes stay in memory.

    Raises
    ------
    OSError
        If the cache cannot be written.
    """
    folder = cache_folder("embeddings") / f"{key}-v{_VERSION}"
    if (embeddings := _open(folder, count)) is not None:
        return embeddings
    with locked(folder, "waiting for another process that computes the same embeddings"):
        if (embeddings := _open(folder, count)) is None:
            part = folder.with_name(f"{folder.name}.part")
            _compute(part, count, compute)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(part, folder)
            embeddings = _open(folder, count)
            if embeddings is None:
                raise OSError("the written file cannot be read back")
        return embeddings


def _open(folder, count):
    """Map finished embeddings into memory; None if they are missing or damaged."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        shape = (count, *index["shape"])
        path = folder / _VALUES
        if path.stat().st_size != 4 * np.prod(shape, dtype=np.int64):
            return None
        values = np.memmap(path, np.float32, "c", shape=shape)
        return values if checksum(values) == index["crc32"] else None
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def _compute(part, count, compute):
    """Fill `part`, continuing where an earlier process stopped if its data are valid."""
    progress = _trusted(part, count)
    if progress is None:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        progress = {"rows": 0, "shape": None, "crc32": 0}
    saved = time.monotonic()
    with open(part / _VALUES, "ab") as file:
        for batch in compute(progress["rows"]):
            values = np.ascontiguousarray(batch, np.float32)
            file.write(values.data)
            progress["rows"] += len(values)
            progress["shape"] = list(values.shape[1:])
            progress["crc32"] = zlib.crc32(values.data, progress["crc32"])
            if time.monotonic() - saved > _SAVE_EVERY:
                file.flush()
                _write(part / _PROGRESS, progress)
                saved = time.monotonic()
    if progress["rows"] != count:
        raise ValueError(f"{progress['rows']} embeddings were computed for {count} images")
    _write(part / _INDEX, {"shape": progress["shape"], "crc32": progress["crc32"]})
    (part / _PROGRESS).unlink(missing_ok=True)


def _trusted(part, count):
    """Truncate the file to the part confirmed by `progress.json`; None if nothing is usable."""
    try:
        progress = json.loads((part / _PROGRESS).read_text(encoding="utf-8"))
        rows, shape = progress["rows"], tuple(progress["shape"])
        size = 4 * rows * int(np.prod(shape, dtype=np.int64))
        path = part / _VALUES
        if not 0 < rows <= count or path.stat().st_size < size:
            return None
        os.truncate(path, size)
        if checksum(np.memmap(path, np.float32, "r", shape=(rows, *shape))) != progress["crc32"]:
            return None
        return progress
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def _write(path, content):
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")

"""Read the IDX format, in which MNIST and related data sets are published."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_UNSIGNED_BYTES = 8
_GZIP = b"\x1f\x8b"


def read_idx(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read an array of bytes from an IDX file.

    The file holds two zero bytes, a type code, the number of axes, the length of each axis (four
    bytes, big-endian), then the values in row order.

    Parameters
    ----------
    path : path-like
        The file; if it is compressed with gzip, as its name (``.gz``) or its first bytes show, it
        is decompressed on the fly.

    Returns
    -------
    ndarray of uint8
        With the axes that the file specifies.

    Raises
    ------
    ValueError
        If the file is damaged, truncated, or not an IDX file of bytes.

    References
    ----------
    http://yann.lecun.com/exdb/mnist/ ("The IDX file format").

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels-idx1-ubyte"
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    try:
        content = path.read_bytes()
        # Some compressed files have lost the extension ``.gz``.
        if path.suffix == ".gz" or content[:2] == _GZIP:
            content = gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged ({error}); delete it and download it again") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTES:
        raise ValueError(
            f"{path} is not an IDX file of bytes: it starts with {content[:4].hex() or 'nothing'} "
            "instead of 0000 08; delete it and download it again"
        )
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"{path} ends inside its header; delete it and download it again")
    shape = [int(n) for n in np.frombuffer(content, ">u4", count=axes, offset=4)]
    if len(content) - start != math.prod(shape):
        raise ValueError(
            f"{path} should hold {'x'.join(map(str, shape))} bytes but holds "
            f"{len(content) - start}; delete it and download it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()

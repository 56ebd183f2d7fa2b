"""Many small images in one compressed image, which `_shared/ui/sprites.js` unpacks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: WebP compresses blocks of 4x4 pixels. A tile that begins inside a block would bleed into its
#: neighbor. Large blocks are also smoothed across their edges, so larger tiles keep a margin.
_BLOCK = 4
_LARGE = 40


def pack_tiles(
    tiles: NDArray[np.uint8], quality: int, kind: Literal["WEBP", "AVIF"] = "WEBP"
) -> tuple[bytes, dict[str, Any]]:
    """Compress equally large images into one sprite.

    Parameters
    ----------
    tiles : ndarray of uint8, shape (N, H, W) or (N, H, W, 3)
        At least one.
    quality : int
        Quality of the file, 0 to 100.
    kind : {"WEBP", "AVIF"}
        AVIF needs about half the bytes, but Pillow from 2025 and a browser from 2023.

    Returns
    -------
    data : bytes
        The file, with the tiles row by row.
    layout : dict
        ``columns`` of tiles, ``size`` (H, W) of a tile, ``cell`` (the distance from tile to tile
        in pixels) and ``margin`` (where in its cell a tile begins).

    Raises
    ------
    ValueError
        If there is no tile, or there are too many for one file (16383 pixels a side).

    Examples
    --------
    >>> data, layout = pack_tiles(np.zeros((6, 7, 7), np.uint8), quality=60)
    >>> layout
    {'columns': 3, 'size': [7, 7], 'cell': [8, 8], 'margin': 0}
    """
    count, rows, columns = tiles.shape[:3]
    if not count:
        raise ValueError("there are no tiles to pack")
    across = int(np.ceil(np.sqrt(count)))
    down = -(-count // across)
    margin = 1 if max(rows, columns) >= _LARGE else 0
    cell = [-(-(side + 2 * margin) // _BLOCK) * _BLOCK for side in (rows, columns)]
    if max(across * cell[1], down * cell[0]) > 16383:
        raise ValueError(f"{count} tiles of {rows}x{columns} do not fit into one file")
    color = [(0, 0)] * (tiles.ndim - 3)
    # A tile is filled up to whole blocks with its own edge, which costs little and changes nothing
    # inside.
    rest = [(margin, cell[0] - rows - margin), (margin, cell[1] - columns - margin)]
    tiles = np.pad(tiles, [(0, 0), *rest, *color], mode="edge")
    tiles = np.pad(tiles, [(0, across * down - count), (0, 0), (0, 0), *color])
    sheet = tiles.reshape(down, across, *tiles.shape[1:]).swapaxes(1, 2)
    sheet = sheet.reshape(down * cell[0], across * cell[1], *tiles.shape[3:])
    file = io.BytesIO()
    effort = {"method": 6} if kind == "WEBP" else {"speed": 6}
    Image.fromarray(sheet).save(file, kind, quality=quality, **effort)
    layout = {"columns": across, "size": [rows, columns], "cell": cell, "margin": margin}
    return file.getvalue(), layout


def unpack_tiles(data: bytes, layout: Mapping[str, Any], count: int) -> NDArray[np.uint8]:
    """Return the tiles of a sprite as RGB, uint8 (count, H, W, 3): `pack_tiles` in reverse."""
    sheet = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    (rows, columns), (height, width) = layout["size"], layout["cell"]
    tiles = []
    for row, column in (divmod(i, layout["columns"]) for i in range(count)):
        top, left = row * height + layout["margin"], column * width + layout["margin"]
        tiles.append(sheet[top : top + rows, left : left + columns])
    return np.stack(tiles)

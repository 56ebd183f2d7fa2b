"""Images and tables that a demo leaves in the page for print and for readers without JavaScript."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from lecture_utils.palette import sequential_colors, signed_colors

#: Top, left, rows and columns, in pixels of the image.
Window = Sequence[float]

#: Height of every image in a row, in pixels.
HEIGHT = 224
_GAP = 14
_LARGE = 24_000


def gray_tile(image: ArrayLike, window: Window | None = None) -> NDArray[np.uint8]:
    """Return an image (brightness from 0 to 1) as an RGB tile; `window` as in `_enlarge`."""
    levels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return _enlarge(np.repeat(levels[..., None], 3, axis=-1), window)


def rgb_tile(image: ArrayLike, window: Window | None = None) -> NDArray[np.uint8]:
    """Return a color image, uint8, as an RGB tile."""
    return _enlarge(np.asarray(image), window)


def signed_tile(values: ArrayLike, window: Window | None = None) -> NDArray[np.uint8]:
    """Return an array with signs as an RGB tile: blue below zero, red above."""
    return _enlarge(signed_colors(values), window)


def sequential_tile(values: ArrayLike, window: Window | None = None) -> NDArray[np.uint8]:
    """Return an array of magnitudes as an RGB tile: from the paper's color at 0 to dark."""
    return _enlarge(sequential_colors(values), window)


def _enlarge(pixels, window):
    """Enlarge to `HEIGHT`, and frame a window.

    The window is (top, left, rows, columns) and may hang over the edge.
    """
    rows, columns = pixels.shape[:2]
    size = (max(1, round(HEIGHT * columns / rows)), HEIGHT)
    method = Image.Resampling.NEAREST if rows < HEIGHT else Image.Resampling.BOX
    tile = np.asarray(Image.fromarray(pixels).resize(size, method)).copy()
    if window is not None:
        scale = HEIGHT / rows
        top, left, height, width = (round(scale * edge) for edge in window)
        for thickness, color in ((4, (255, 255, 255)), (3, (217, 83, 15))):
            _frame(tile, top, left, height, width, thickness, color)
    return tile


def _frame(tile, top, left, height, width, thickness, color):
    t = thickness
    outer = np.zeros(tile.shape[:2], dtype=bool)
    outer[
        max(top - t, 0) : max(top + height + t, 0), max(left - t, 0) : max(left + width + t, 0)
    ] = 1
    inner = slice(max(top, 0), max(top + height, 0)), slice(max(left, 0), max(left + width, 0))
    outer[inner] = 0
    tile[outer] = color


def image_html(tiles: Iterable[NDArray[np.uint8]], alt: str, colors: int = 64) -> str:
    """Return tiles side by side as an ``<img>`` element; `alt` describes what they show."""
    source, width, height = image_source(tiles, colors)
    return (
        f'<img src="{source}" width="{width}" height="{height}" '
        f'alt="{html.escape(alt, quote=True)}">'
    )


def image_source(tiles: Iterable[NDArray[np.uint8]], colors: int = 64) -> tuple[str, int, int]:
    """Return tiles side by side as a ``data:`` address, and the image's width and height."""
    gap = np.full((HEIGHT, _GAP, 3), 255, dtype=np.uint8)
    parts = [part for tile in tiles for part in (gap, tile)][1:]
    image = Image.fromarray(np.concatenate(parts, axis=1))
    file, kind = io.BytesIO(), "png"
    image.quantize(colors).save(file, "PNG", optimize=True)
    if file.tell() > _LARGE:  # Photos are noise to PNG.
        file, kind = io.BytesIO(), "webp"
        image.save(file, "WEBP", quality=65, method=6)
    data = base64.b64encode(file.getvalue()).decode()
    return f"data:image/{kind};base64,{data}", image.width, image.height


def with_code(text: str) -> str:
    """Return a text as HTML, in which what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def number_table(caption: str, values: Iterable[Iterable[float]]) -> str:
    """Return a small array as a table, with a true minus sign and at most two decimals."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{number(value)}</td>" for value in row) + "</tr>" for row in values
    )
    return f"<table><caption>{html.escape(caption)}</caption><tbody>{rows}</tbody></table>"


def table(caption: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    """Return a table from its caption and heads, as text, and rows as from `table_row`."""
    head = "".join(f'<th scope="col">{html.escape(each)}</th>' for each in heads)
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def table_row(name: str, cells: Iterable[object]) -> str:
    """Return a row of a table: its name, as text, and the HTML of its cells."""
    data = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{html.escape(name)}</th>{data}</tr>'


def number(value: float, digits: int = 2) -> str:
    """Write a number for readers: -0.250 as "−0.25"."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return "0" if text in ("-0", "") else text.replace("-", "\N{MINUS SIGN}")


def percent(share: float, digits: int = 1) -> str:
    """Write a share as ``percent.js`` does: "0%" is only for nothing, "100%" only for all.

    The text is not HTML: it may begin with ``<`` or ``>``.
    """
    step = 10.0**-digits
    if 0 < 100 * share < step / 2:
        return f"<{number(step, digits)}%"
    text = number(100 * share, digits)
    return f">{number(100 - step, digits)}%" if share < 1 and text == "100" else f"{text}%"

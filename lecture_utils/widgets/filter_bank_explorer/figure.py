"""The static figure of FilterBankExplorer: the matrix as an image, and a table."""

import html

import numpy as np
from PIL import Image

from lecture_utils.palette import sequential_colors, signed_colors

from .. import _figure

#: More rows and columns would be too small to see, and too large to travel.
MOST_ROWS, MOST_COLUMNS = 16, 10
_CELL, _GAP = 28, 3


def matrix_html(bank, images, energies, marks, redundancy, like):
    """Return the matrix of the strongest filters as an image, with a table of their numbers.

    Parameters
    ----------
    bank : lecture_utils.filter_banks.FilterBank
    images : list of lecture_utils.widgets._gallery.GalleryImage
    energies, marks, redundancy, like
        As from `statistics.bank_statistics` and `statistics.judge`.

    Returns
    -------
    str
        An HTML fragment.
    """
    summary = summarize(marks)
    if not images:
        return f"<p>{len(bank)} filters, and no image to run them on.</p>"
    order = sorted(range(len(bank)), key=lambda i: -energies[i])[:MOST_ROWS]
    shown = images[:MOST_COLUMNS]
    maps = [bank.magnitudes(image.image / 255) for image in shown]
    limit = max(magnitudes.max() for magnitudes in maps) or 1.0
    rows = [[np.full((_CELL, _CELL, 3), 255, np.uint8), *(_gray(p.image) for p in shown)]]
    for i in order:
        kernel = bank.kernels[i].real
        cells = [sequential_colors(magnitudes[i], limit) for magnitudes in maps]
        rows.append([_square(signed_colors(kernel)), *map(_square, cells)])
    tile = np.concatenate([np.concatenate([_framed(c) for c in row], axis=1) for row in rows])
    names = ", ".join(image.name for image in shown)
    alt = (
        f"A matrix. Columns: the images {names}. Rows: filters, from the strongest down, each with "
        "its kernel at the left and the magnitudes of its responses, dark where they are large. "
        "The weakest of the filters shown are at the bottom."
    )
    some = "" if len(order) == len(bank) else f" The {len(order)} strongest are shown."
    return (
        f"<figure>{_figure.image_html([tile], alt, colors=48)}<figcaption>"
        f"{html.escape(summary)}{some} "
        "Energy: mean squared magnitude of the response. Redundancy: largest correlation with a "
        f'stronger filter that was kept.</figcaption></figure><div class="demo-numbers">'
        f"{_table(bank, energies, marks, redundancy, like, order)}</div>"
    )


def summarize(marks):
    """Say in a sentence how many filters are weak, redundant, or neither."""
    weak, redundant, kept = (marks.count(mark) for mark in ("weak", "redundant", "kept"))
    filters = "1 filter" if len(marks) == 1 else f"{len(marks)} filters"
    if not kept:
        none = "it does not respond" if len(marks) == 1 else "none of them responds"
        return f"{filters}: {none} to these images."
    return f"{filters}: {weak} weak, {redundant} redundant, {kept} kept."


def _table(bank, energies, marks, redundancy, like, order):
    lines = []
    for i in order:
        partner = f" ({html.escape(bank.names[like[i]])})" if marks[i] == "redundant" else ""
        lines.append(
            f"<tr><th>{html.escape(bank.names[i])}</th><td>{energies[i]:.3g}</td>"
            f"<td>{redundancy[i]:.2f}{partner}</td><td>{marks[i]}</td></tr>"
        )
    head = "".join(f"<th>{name}</th>" for name in ("Filter", "Energy", "Redundancy", "Verdict"))
    return (
        f"<table><caption>Filters</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _gray(image):
    return _square(np.repeat(image[..., None], 3, axis=-1))


def _square(pixels):
    """Fit into a cell, with white around what is not square."""
    scale = _CELL / max(pixels.shape[:2])
    height, width = (max(1, round(scale * side)) for side in pixels.shape[:2])
    method = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    cell = np.full((_CELL, _CELL, 3), 255, np.uint8)
    top, left = (_CELL - height) // 2, (_CELL - width) // 2
    resized = Image.fromarray(pixels).resize((width, height), method)
    cell[top : top + height, left : left + width] = np.asarray(resized)
    return cell


def _framed(cell):
    return np.pad(cell, [(0, _GAP), (0, _GAP), (0, 0)], constant_values=255)

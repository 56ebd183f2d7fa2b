"""The static image and tables of FilterEvolution."""

import html

import numpy as np

from .. import _figure

COLUMNS = 8


def mosaic(filters):
    """Put filters side by side, each on its own scale from -1 to 1, with a gap of zeros.

    Parameters
    ----------
    filters : ndarray, shape (K, h, w)

    Returns
    -------
    ndarray of float
    """
    count, height, width = filters.shape
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1))
    for number, each in enumerate(filters):
        top, left = (height + 1) * (number // columns), (width + 1) * (number % columns)
        limit = np.abs(each).max() or 1
        sheet[top : top + height, left : left + width] = each / limit
    return sheet


def evolution_html(demo):
    """Draw the filters of a demo at its step, with their numbers.

    Parameters
    ----------
    demo : FilterEvolution

    Returns
    -------
    str
        HTML: a figure and tables.
    """
    step, last = demo.step, demo.steps[-1]
    tiles = [_figure.signed_tile(mosaic(demo.weights(size, step))) for size in demo.sizes]
    similarity = {size: values[demo.steps.index(step)] for size, values in demo.similarity.items()}
    names = [f"{size:,}" for size in demo.sizes]
    told = "; ".join(f"{value:.2f} with {size:,} images" for size, value in similarity.items())
    alt = (
        f"The {demo.filters.shape[2]} filters of a first layer after {step:,} of {last:,} steps, "
        f"side by side for {', '.join(names)} training images; blue is negative, red positive. "
        f"Mean cosine similarity to the initial filters: {told}."
    )
    caption = (
        f"Filters after {step:,} of {last:,} steps, from left to right with {', '.join(names)} "
        "training images. Each filter has its own color scale, with zero in the middle."
    )
    rows = []
    for size in demo.sizes:
        at, accuracy = demo._accuracy_near(size)
        cells = (f"{similarity[size]:.3f}", f"{accuracy:.1%} (after step {at:,})")
        rows.append(_figure.table_row(f"{size:,}", cells))
    heads = ("training images", "similarity to the initial filters", "validation accuracy")
    tables = [_figure.table(f"After step {step:,}", heads, rows)]
    if demo.curves:
        tables.append(_curve_table(demo.curves))
    return (
        f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{html.escape(caption)}</figcaption>"
        f'</figure><div class="demo-numbers">{"".join(tables)}</div>'
    )


def _curve_table(curves):
    sizes = sorted({point["size"] for curve in curves for point in curve["points"]})
    rows = []
    for curve in curves:
        points = {point["size"]: point for point in curve["points"]}
        rows.append(
            _figure.table_row(curve["label"], (_accuracy(points.get(size)) for size in sizes))
        )
    caption = "Test accuracy by number of training images: mean over seeds ± margin of error (95%)"
    return _figure.table(caption, ["network", *(f"{size:,}" for size in sizes)], rows)


def _accuracy(point):
    if point is None:
        return "\N{EN DASH}"
    margin = "" if point["margin"] is None else f" ± {100 * point['margin']:.1f}"
    return f"{100 * point['mean']:.1f}{margin}%"

"""Figures in the book's style: drawn by Matplotlib, shown as SVG that follows the page's colors.

:func:`show` writes a figure into the page as inline SVG whose lines and letters have the color of
the surrounding text. So the same figure is readable in the light and in the dark theme, on the
site, in JupyterLab and in Colab, and it has a description for readers who cannot see it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from lecture_utils._validation import positive, whole
from lecture_utils._validation.pixels import as_array, check_pixels
from lecture_utils.palette import signed_lut

__all__ = [
    "CYCLE",
    "INK",
    "SIGNED",
    "STYLE",
    "draw_image",
    "draw_numbers",
    "figure",
    "image_grid",
    "show",
    "to_html",
]

#: Placeholder for the color of the text around the figure, which :func:`show` fills in.
INK = "#1d2a31"
#: Colors for lines and bars: legible on both backgrounds, distinguishable by color-blind readers.
CYCLE = ("#128c93", "#d9622b", "#7d6bd0", "#b0892a", "#c2417c", "#5b8a3c")
#: The colors of signed values, on a light page.
SIGNED = ListedColormap([tuple(color) for color in signed_lut() / 255], name="signed")

# Pixels per side of an image drawn at about 1.3 inches or more.
_SMALL = 100
# Up to this size, the pixels of an image are drawn as squares, without loss.
_TINY = 40
# Larger images become WebP: a fifth of the size of a PNG, without a visible difference.
_QUALITY = 82

#: The book's style as Matplotlib settings.
STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.prop_cycle": cycler(color=CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "image.interpolation": "none",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def figure(
    rows: int = 1, columns: int = 1, *, size: tuple[float, float] | None = None, **options: Any
) -> tuple[Figure, Any]:
    """Create a figure and its axes in the book's style.

    Parameters
    ----------
    rows, columns : int
        The grid of axes.
    size : tuple of float, optional
        Width and height in inches. The text column has room for a width of about 7.
    **options
        Passed on to :func:`matplotlib.pyplot.subplots`.

    Returns
    -------
    tuple
        The figure, and its axes as returned by ``plt.subplots``.
    """
    with plt.rc_context(STYLE), plt.ioff():
        return plt.subplots(rows, columns, figsize=size, **options)


def image_grid(
    images: Sequence[ArrayLike],
    titles: Sequence[str] | None = None,
    *,
    columns: int = 5,
    signed: bool = False,
    limit: float | None = None,
    size: float = 1.35,
) -> Figure:
    """Draw several images in a grid.

    Parameters
    ----------
    images : sequence of array, tensor or PIL.Image.Image, each (H, W) or (H, W, 3)
        Integers from 0 to 255, or floats from 0 to 1; with `signed`, any numbers of shape (H, W).
        NaN is left blank.
    titles : sequence of str, optional
        One per image.
    columns : int
        Images per row.
    signed : bool
        Whether to show negative values in blue, positive ones in red and zero in white, instead of
        gray levels.
    limit : float, optional
        The magnitude with the full color if `signed`; by default the largest of all images, so that
        the images can be compared with each other.
    size : float
        Width of one image in inches.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are no images, the number of titles differs, or a shape, value or argument is
        invalid.
    """
    shape = getattr(images, "shape", None)
    if isinstance(images, Image.Image) or (shape is not None and len(shape) < 3):
        raise ValueError("images is a single image; pass a list of images, such as [image]")
    arrays = [_as_image(image, f"image {number}", signed) for number, image in enumerate(images)]
    if not arrays:
        raise ValueError("there are no images to show; give at least one")
    if titles is not None and len(titles) != len(arrays):
        raise ValueError(
            f"{len(arrays)} images but {len(titles)} titles; give one title for each image"
        )
    columns = min(whole("columns", columns, 1), len(arrays))
    size = positive("size", size)
    rows = -(-len(arrays) // columns)
    tallest = max(image.shape[0] / image.shape[1] for image in arrays)
    height = tallest * size + (0.27 if titles else 0.05)
    fig, axes = figure(rows, columns, size=(columns * size, rows * height), squeeze=False)
    if signed and limit is None:
        limit = _largest(arrays)
    for axis in axes.flat:
        axis.set_axis_off()
    for number, (axis, image) in enumerate(zip(axes.flat, arrays, strict=False)):
        draw_image(axis, image, signed=signed, limit=limit)
        if titles is not None:
            axis.set_title(titles[number], fontsize=10)
    return fig


def draw_image(
    axis: Axes, image: ArrayLike, *, signed: bool = False, limit: float | None = None
) -> AxesImage:
    """Draw one image without axes.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Where to draw.
    image : array, tensor or PIL.Image.Image, shape (H, W) or (H, W, 3)
        Integers from 0 to 255 or floats from 0 to 1; with `signed`, any numbers (H, W).
    signed, limit
        As for :func:`image_grid`; by default the limit is the largest magnitude of this image.

    Returns
    -------
    matplotlib.image.AxesImage

    Raises
    ------
    ValueError
        If a value is outside its range, 0 to 255 for integers and 0 to 1 for floats, or a shape or
        argument is invalid.
    """
    image = _as_image(image, "image", signed)
    if signed:
        limit = positive("limit", limit) if limit is not None else _largest([image])
        scale = {"cmap": SIGNED, "vmin": -limit, "vmax": limit}
    else:
        image = check_pixels(image, holes=True)
        if image.dtype.kind in "bf":
            image = image.astype(float).clip(0, 1)
        scale = {"cmap": "gray", "vmin": 0, "vmax": 255 if image.dtype.kind in "ui" else 1}
    # Small images go into the page pixel by pixel, and the browser enlarges them; larger ones are
    # reduced here.
    interpolation = "none" if max(image.shape[:2]) <= _SMALL else None
    artist = axis.imshow(image, interpolation=interpolation, **scale)
    axis.set_axis_off()
    return artist


def _as_image(image: Any, name: str, signed: bool) -> NDArray[Any]:
    """Return an image as an array of a shape that can be drawn, or raise ValueError."""
    array = as_array(image)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    drawn = array.ndim == 2 or (not signed and array.ndim == 3 and array.shape[2] in (3, 4))
    if not drawn or not array.size:
        remedy = ""
        if array.ndim == 3 and array.shape[0] == 1:
            remedy = "; image[0] drops the first axis"
        elif array.ndim == 3 and array.shape[0] in (3, 4) and not signed:
            remedy = "; np.moveaxis(image, 0, 2) puts the channels last"
        wanted = "(H, W)" if signed else "(H, W) or (H, W, 3)"
        kind = " as signed" if signed else ""
        raise ValueError(
            f"{name} has shape {array.shape}; images are drawn{kind} from {wanted} with at least "
            f"one pixel{remedy}"
        )
    return array


def _largest(arrays: Sequence[Any]) -> float:
    """Return the largest finite magnitude in several arrays, or 1 if that is zero."""
    # As floats: an 8-bit type that holds -128 cannot hold 128.
    floats = [np.asarray(array, dtype=float) for array in arrays]
    values = [np.abs(array[np.isfinite(array)]) for array in floats]
    return max((float(part.max()) for part in values if part.size), default=0.0) or 1.0


def draw_numbers(
    axis: Axes,
    values: ArrayLike,
    *,
    signed: bool = True,
    limit: float | None = None,
    decimals: int | None = None,
    highlight: tuple[int, int, int, int] | None = None,
) -> None:
    """Draw a small array as colored cells that contain the values.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Where to draw.
    values : array (H, W)
        At most about 8x8; in larger arrays the numbers become too small to read.
    signed : bool
        Whether to color by sign and magnitude; otherwise gray levels run from the smallest to the
        largest value.
    limit : float, optional
        The magnitude with the full color if `signed`.
    decimals : int, optional
        Digits after the decimal point; by default none for integers and two for others.
    highlight : tuple (row, column, height, width), optional
        Cells to frame in orange, the color of the sliding window in the demos.

    Raises
    ------
    ValueError
        If the shape is not (H, W), or `limit` is not a positive, finite number.
    """
    given = as_array(values)
    values = np.asarray(given, dtype=float)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"values have shape {values.shape}; pass an array (H, W) with numbers")
    if decimals is None:
        # Integers computed in 32 bits have larger rounding errors.
        tolerance = 1e-6 if given.dtype in (np.float16, np.float32) else 1e-12
        integers = np.allclose(values, np.round(values), rtol=tolerance, equal_nan=True)
        decimals = 0 if integers else 2
    if signed:
        largest = positive("limit", limit) if limit is not None else _largest([values])
        axis.imshow(values, cmap=SIGNED, vmin=-largest, vmax=largest)
        dark = np.abs(values) > 0.62 * largest
    else:
        axis.imshow(values, cmap="gray")
        dark = values < (values.min() + values.max()) / 2
    for (row, column), value in np.ndenumerate(values):
        # "z": no sign if the number is rounded to zero.
        text = f"{value:z.{decimals}f}".replace("-", "\N{MINUS SIGN}")
        color = "white" if dark[row, column] else "#101010"
        axis.text(column, row, text, ha="center", va="center", color=color, fontsize=10)
    rows, columns = values.shape
    cells: dict[str, Any] = {"linewidth": 0.6, "color": INK, "alpha": 0.25}
    axis.hlines(np.arange(rows + 1) - 0.5, -0.5, columns - 0.5, **cells)
    axis.vlines(np.arange(columns + 1) - 0.5, -0.5, rows - 0.5, **cells)
    axis.set(xlim=(-0.55, columns - 0.45), ylim=(rows - 0.45, -0.55))
    if highlight is not None:
        row, column, height, width = highlight
        corner = (column - 0.5, row - 0.5)
        frame = Rectangle(corner, width, height, fill=False, ec="#d9622b", lw=3)
        axis.add_patch(frame)
    axis.set_axis_off()


def show(fig: Figure, *, alt: str, caption: str | None = None) -> None:
    """Show a figure as inline SVG in the color of the page's text.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure; it is closed afterwards.
    alt : str
        What the figure shows, for a reader who cannot see it. Describe what there is to see, not
        only what is plotted.
    caption : str, optional
        The line below the figure.

    Raises
    ------
    ValueError
        If `alt` is empty.
    """
    if not alt.strip():
        raise ValueError(
            "a figure needs a description for readers who cannot see it; give `alt` a sentence"
        )
    display(HTML(to_html(fig, alt=alt, caption=caption)))
    plt.close(fig)


def to_html(fig: Figure, *, alt: str, caption: str | None = None) -> str:
    """Return a figure as a ``<figure>`` element with inline SVG.

    Parameters
    ----------
    fig, alt, caption
        As for :func:`show`; the figure stays open.

    Returns
    -------
    str
        HTML.
    """
    _follow_the_page(fig)
    with plt.rc_context({**STYLE, "svg.hashsalt": hashlib.sha256(alt.encode()).hexdigest()}):
        file = io.StringIO()
        no_metadata: Any = {"Date": None, "Creator": None}
        fig.savefig(file, format="svg", metadata=no_metadata)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    svg = re.sub(r"<image .*?/>", _lighten_unless_tiny, svg, flags=re.DOTALL)
    width = fig.get_size_inches()[0] * 96
    label = html.escape(alt, quote=True)
    # The style below sets its width.
    root = re.sub(r' (width|height)="[^"]*"', "", svg[: svg.index(">")])
    svg = root + svg[svg.index(">") :]
    svg = svg.replace(
        "<svg",
        f'<svg role="img" aria-label="{label}" style="width:100%;max-width:{width:.0f}px"',
        1,
    )
    text = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="book-figure">{svg}{text}</figure>'


def _lighten_unless_tiny(match: re.Match[str]) -> str:
    """Compress an image to WebP and scale it smoothly, unless its pixels are visible cells."""
    element = match[0]
    png = element.partition("data:image/png;base64,")[2].partition('"')[0]
    content = base64.b64decode(png)
    image = Image.open(io.BytesIO(content))
    if max(image.size) <= _TINY:
        return element
    webp = io.BytesIO()
    image.save(webp, "WEBP", quality=_QUALITY, method=6)
    if webp.tell() < len(content):
        packed = base64.b64encode(webp.getvalue()).decode()
        element = element.replace(f"png;base64,{png}", f"webp;base64,{packed}")
    return element.replace("image-rendering:crisp-edges;image-rendering:pixelated", "")


def _follow_the_page(fig: Figure) -> None:
    """Give elements that were drawn later in Matplotlib's own colors the colors of the page."""
    for text in fig.findobj(Text):
        # Black letters are unreadable on a dark page.
        if isinstance(text, Text) and to_rgba(text.get_color()) == (0, 0, 0, 1):
            text.set_color(INK)
    for legend in fig.findobj(Legend):
        if isinstance(legend, Legend):
            legend.get_frame().set(facecolor="none", edgecolor="none")

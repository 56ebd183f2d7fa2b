"""ConvolutionMatrix: a convolution as a sparse matrix in which the kernel's weights recur."""

from __future__ import annotations

import html

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lecture_utils.convolution import convolution_matrix

from .. import _figure
from .._demo import Demo
from .._traits import Grid, Whole
from .counts import Counts, count_entries, tap_of_each_entry
from .examples import ERROR, IMAGE, KERNEL, LARGEST_OUTPUT
from .figure import tap_colors, tap_letters

__all__ = ["ConvolutionMatrix"]

SMALLEST_IMAGE, LARGEST_IMAGE = 3, 8
SMALLEST_KERNEL, LARGEST_KERNEL = 2, 3


class ConvolutionMatrix(Demo):
    """A convolution of a small image, written as a matrix that multiplies its pixels.

    Each row of the matrix makes one output, each column belongs to one pixel. Entries with the same
    color and letter hold the same weight of the kernel. In a live notebook, all traits are in sync
    both ways.

    Parameters
    ----------
    image : array_like of whole numbers, shape (H, W), optional
        3x3 to 8x8 pixels, from -99 to 99. By default 6x6.
    kernel : array_like, shape (kh, kw), optional
        2x2 to 3x3 weights from -99 to 99. By default nine different whole numbers.
    stride : int
        1 or 2 pixels.
    padding : int
        0 or 1 rows and columns of zeros on each side.
    error : array_like, optional
        The gradient of a loss with respect to the outputs; up to 9x9 numbers from -99 to 99, of
        which the demo uses as many as there are outputs. By default small whole numbers.
    transpose : bool
        Whether to start with the backward pass: the transposed matrix, which takes the error map
        back to the pixels.

    Attributes
    ----------
    position : tuple of int
        Row and column of the chosen output.
    pixel : tuple of int
        Row and column of the chosen pixel.
    errors : ndarray of float64
        As given; `error` has the part that is used.

    Raises
    ------
    traitlets.TraitError
        If a value cannot be shown; the message names the remedy.

    Examples
    --------
    >>> demo = ConvolutionMatrix(image=[[1, 2, 3], [4, 5, 6], [7, 8, 9]], kernel=[[1, 0], [0, -1]])
    >>> demo.matrix.shape
    (4, 9)
    >>> demo.output
    array([[-4., -4.],
           [-4., -4.]])
    """

    extra_styles = ("_shared/ui/cell_grid.css",)

    image = Grid(LARGEST_IMAGE, whole=True, smallest=SMALLEST_IMAGE, default_value=IMAGE)
    kernel = Grid(LARGEST_KERNEL, whole=False, smallest=SMALLEST_KERNEL, default_value=KERNEL)
    errors = Grid(LARGEST_OUTPUT, whole=False, default_value=ERROR)
    stride = Whole(1, min=1, max=2).tag(sync=True)
    padding = Whole(0, min=0, max=1).tag(sync=True)
    transpose = traitlets.Bool(False).tag(sync=True)
    position = traitlets.Tuple(Whole(min=0), Whole(min=0), default_value=(0, 0)).tag(sync=True)
    pixel = traitlets.Tuple(Whole(min=0), Whole(min=0), default_value=(0, 0)).tag(sync=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        kernel: ArrayLike | None = None,
        *,
        stride: int = 1,
        padding: int = 0,
        error: ArrayLike | None = None,
        transpose: bool = False,
    ):
        super().__init__(
            image=IMAGE if image is None else image,
            kernel=KERNEL if kernel is None else kernel,
            stride=stride,
            padding=padding,
            transpose=transpose,
        )
        if error is not None:
            self.errors = error
        self.position = tuple(size // 3 for size in self.output.shape)
        self.pixel = tuple(size // 2 - 1 for size in self.image.shape)

    @traitlets.validate("errors")
    def _fill_up(self, proposal):
        # Another stride or padding may have more outputs than there were numbers.
        given = proposal["value"]
        if given.shape == ERROR.shape:
            return given
        filled = ERROR.copy()
        filled[: given.shape[0], : given.shape[1]] = given
        filled.flags.writeable = False
        return filled

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The matrix, shape (outputs, pixels)."""
        shape = self.image.shape
        settings = {"stride": self.stride, "padding": self.padding}
        return convolution_matrix(self.kernel, (shape[0], shape[1]), **settings).toarray()

    @property
    def output(self) -> NDArray[np.float64]:
        """The matrix times the pixels, as a map (H', W')."""
        return (self.matrix @ self.image.ravel()).reshape(self._output_shape)

    @property
    def error(self) -> NDArray[np.float64]:
        """The gradient with respect to each output, (H', W')."""
        rows, columns = self._output_shape
        return np.asarray(self.errors)[:rows, :columns]

    @property
    def gradient(self) -> NDArray[np.float64]:
        """The transposed matrix times the error map: the gradient of each pixel, (H, W)."""
        return (self.matrix.T @ self.error.ravel()).reshape(self.image.shape)

    @property
    def counts(self) -> Counts:
        """How many entries the matrix has, and how many weights they hold."""
        return count_entries(self._taps)

    @property
    def _taps(self):
        return tap_of_each_entry(self.image.shape, self.kernel.shape, self.stride, self.padding)

    @property
    def _output_shape(self):
        sizes = zip(self.image.shape, self.kernel.shape, strict=True)
        return tuple((n + 2 * self.padding - k) // self.stride + 1 for n, k in sizes)

    def figure_html(self) -> str:
        """Return the input, the matrix, and the output as images, and the numbers as tables."""
        matrix, counts = self.matrix, self.counts
        low, high = self.image.min(), self.image.max()
        tiles = [
            _figure.gray_tile((self.image - low) / ((high - low) or 1)),
            _figure.rgb_tile(tap_colors(self._taps, self.kernel.size)),
            _figure.signed_tile(self.output),
        ]
        sizes = ["×".join(map(str, array.shape)) for array in (self.image, matrix, self.output)]
        alt = (
            f"An image of {sizes[0]} pixels, the {sizes[1]} matrix of the convolution, and the "
            f"output of {sizes[2]} values. The colored entries of the matrix form slanted bands, "
            "one color per weight of the kernel; everything else is empty."
        )
        caption = (
            f"The matrix has {counts.entries:,} entries. {counts.nonzero:,} of them hold a weight, "
            f"and all come from only {counts.distinct} kernel weights: {tap_letters(self.kernel)}."
        )
        tables = [
            _figure.number_table(name, values)
            for name, values in {
                "Image": self.image,
                "Kernel": self.kernel,
                "Output, the matrix times the pixels": self.output,
                "Error map": self.error,
                "Gradient, the transposed matrix times the error map": self.gradient,
            }.items()
        ]
        return (
            f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{html.escape(caption)}"
            f'</figcaption></figure><div class="demo-numbers">{"".join(tables)}</div>'
        )

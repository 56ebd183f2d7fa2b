"""LayerLab: one layer on a small grid of numbers, with every cell it reads and writes."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from .. import _figure
from .._demo import Demo
from .._traits import Grid, Whole
from .layer import OPERATIONS, find_problem, layer_output
from .presets import EDGES, PRESETS, edge_image

LARGEST_IMAGE = 12
LARGEST_KERNEL = 5


class LayerLab(Demo):
    """A convolution or a pooling layer on a grid small enough to see every cell.

    In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    image : array_like of whole numbers, shape (H, W), optional
        Up to 12x12, from -99 to 99. By default 5x5 (convolution) or 6x6 (pooling), with an edge.
    kernel : array_like (kh, kw) or int, optional
        Up to 5x5 weights; a number stands for a square window of ones. Pooling uses the shape only.
        By default a 3x3 edge detector, or a 2x2 window for pooling.
    operation : {"convolution", "max", "average"}
    stride : int, optional
        1 to 5 cells; by default 1 for a convolution and the window's size for pooling, as in
        PyTorch.
    padding : int
        0 to 3 cells on each side; for pooling at most half the window.
    dilation : int
        1 to 3; average pooling has none.
    ceil_mode : bool
        Pooling only: a last window may hang over the far edge.

    Attributes
    ----------
    position : tuple of int
        Row and column, in the output, of the cell that is explained.
    output : ndarray of float64, shape (H', W')
        What PyTorch computes; read-only. Shape (0, 0) while the layer is impossible.
    problem : str or None
        Why the layer is impossible, and what to change.

    Raises
    ------
    traitlets.TraitError, ValueError
        If a value cannot be shown, or the layer is impossible; the message names the remedy.

    Examples
    --------
    >>> LayerLab([[1, 2], [3, 4]], kernel=2, operation="max").output
    array([[4.]])
    """

    extra_styles = ("_shared/ui/cell_grid.css",)

    image = Grid(LARGEST_IMAGE, whole=True, default_value=np.zeros((1, 1)))
    kernel = Grid(LARGEST_KERNEL, whole=False, default_value=np.ones((1, 1)))
    operation = traitlets.Enum(OPERATIONS, "convolution").tag(sync=True)
    stride = Whole(1, min=1, max=LARGEST_KERNEL).tag(sync=True)
    padding = Whole(0, min=0, max=3).tag(sync=True)
    dilation = Whole(1, min=1, max=3).tag(sync=True)
    ceil_mode = traitlets.Bool(False).tag(sync=True)
    position = traitlets.Tuple(Whole(min=0), Whole(min=0), default_value=(0, 0)).tag(sync=True)
    presets = traitlets.List().tag(sync=True)
    output = traitlets.Instance(np.ndarray, args=((0, 0),), read_only=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        kernel: ArrayLike | None = None,
        operation: str = "convolution",
        *,
        stride: int | None = None,
        padding: int = 0,
        dilation: int = 1,
        ceil_mode: bool = False,
    ):
        convolves = operation == "convolution"
        if image is None:
            image = edge_image(5 if convolves else 6)
        if kernel is None:
            kernel = EDGES if convolves else 2
        if np.ndim(kernel) == 0:
            if kernel not in range(1, LARGEST_KERNEL + 1):
                raise ValueError(
                    f"kernel is {kernel!r}; use a size from 1 to {LARGEST_KERNEL}, or weights"
                )
            kernel = np.ones([int(np.asarray(kernel))] * 2)
        if stride is None:
            stride = 1 if convolves else max(np.shape(kernel), default=1)
        super().__init__(
            image=image,
            kernel=kernel,
            operation=operation,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            presets=PRESETS,
        )
        if self.problem:
            raise ValueError(self.problem)
        self._compute()
        # A window in the middle shows most: it reads no padding where there is a choice.
        self.position = tuple(size // 2 for size in self.output.shape)

    @property
    def _layer(self):
        return self.operation, self.stride, self.padding, self.dilation, self.ceil_mode

    @property
    def problem(self) -> str | None:
        """Why the layer is impossible and what to change; None if it is possible."""
        return find_problem(self.image.shape, self.kernel.shape, *self._layer)

    @traitlets.observe("image", "kernel", "operation", "stride", "padding", "dilation", "ceil_mode")
    def _compute(self, _change=None):
        if self.problem:
            output = np.zeros((0, 0))
        else:
            output = layer_output(self.image, self.kernel, *self._layer)
        output.flags.writeable = False
        self.set_trait("output", output)
        if output.size:
            last = np.array(output.shape) - 1
            self.position = tuple(int(at) for at in np.minimum(self.position, last))

    def readings(self) -> dict[str, Any]:
        """Return how many cells input, output and window have.

        ``window`` is the shorter side of the window. An impossible layer has an output of 0 by 0.
        """
        rows, columns = self.output.shape
        return {
            "rows": rows,
            "columns": columns,
            "window": min(self.kernel.shape),
            "input_cells": self.image.size,
        }

    def figure_html(self) -> str:
        """Return input and output as an image and as tables of numbers."""
        if self.problem:
            return f"<p>There is no output: {html.escape(self.problem)}.</p>"
        row, column = (int(at) for at in self.position)
        covered = [self.dilation * (size - 1) + 1 for size in self.kernel.shape]
        window = (row * self.stride - self.padding, column * self.stride - self.padding, *covered)
        low, high = self.image.min(), self.image.max()
        gray = (self.image - low) / ((high - low) or 1)
        convolves = self.operation == "convolution"
        tiles = [
            _figure.gray_tile(gray, window),
            *([_figure.signed_tile(self.kernel)] if convolves else []),
            _figure.signed_tile(self.output, (row, column, 1, 1)),
        ]
        sizes = ["×".join(map(str, grid.shape)) for grid in (self.image, self.kernel, self.output)]
        what = f"{sizes[1]} " + ("convolution" if convolves else f"{self.operation} pooling layer")
        value = _figure.number(self.output[row, column])
        kernel = "the kernel, " if convolves else ""
        alt = (
            f"An image of {sizes[0]} cells with a window framed, {kernel}and the output of a "
            f"{what} ({sizes[2]} cells), blue below zero and red above; the framed cell is {value}."
        )
        text = (
            f"A {what} with stride {self.stride}, padding {self.padding} and dilation "
            f"{self.dilation} turns {sizes[0]} cells into {sizes[2]}. The framed window gives "
            f"{value}, the output at row {row}, column {column}."
        )
        tables = [_figure.number_table("Input", self.image)]
        if convolves:
            tables.append(_figure.number_table("Kernel", self.kernel))
        tables.append(_figure.number_table("Output", self.output))
        return (
            f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{text}</figcaption></figure>"
            f'<div class="demo-numbers">{"".join(tables)}</div>'
        )

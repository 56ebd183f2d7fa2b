"""ConvolutionLab: slide any kernel over any image and watch every output pixel being computed."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lecture_utils.convolution import KERNELS, convolve2d
from lecture_utils.geometry import padding_per_side

from .. import _figure, _gallery
from .._demo import ArrayTrait
from .._images import ImageDemo, own_images
from .._traits import Whole

LARGEST_KERNEL = 11
LARGEST_WEIGHT = 1e6


class KernelWeights(ArrayTrait):
    """A kernel: float64, at most 11x11."""

    def __init__(self, **kwargs: Any):
        super().__init__("float64", ndim=2, **kwargs)

    def validate(self, obj: Any, value: Any) -> NDArray[Any]:
        """Return the kernel as the lab keeps it."""
        kernel = super().validate(obj, value)
        if kernel.size == 0 or max(kernel.shape) > LARGEST_KERNEL:
            raise traitlets.TraitError(
                f"kernel has shape {kernel.shape}; the lab shows 1x1 to "
                f"{LARGEST_KERNEL}x{LARGEST_KERNEL} (convolve2d takes larger ones)"
            )
        # Written so that NaN is refused as well.
        if not (np.abs(kernel) <= LARGEST_WEIGHT).all():
            row, column = np.argwhere(~(np.abs(kernel) <= LARGEST_WEIGHT))[0]
            raise traitlets.TraitError(
                f"kernel has {kernel[row, column]} at row {row}, column {column}; use numbers "
                f"between -{LARGEST_WEIGHT:g} and {LARGEST_WEIGHT:g}"
            )
        return kernel


class Padding(Whole):
    """Rows and columns of zeros on each side; "valid" and "same" become their number."""

    def validate(self, obj, value):
        """Return the padding as a number."""
        if isinstance(value, str):
            try:
                rows, columns = padding_per_side(value, obj.kernel.shape, obj.stride, obj.dilation)
            except ValueError as error:
                raise traitlets.TraitError(str(error)) from None
            if rows != columns:
                raise traitlets.TraitError(
                    f'padding="same" needs {rows} rows but {columns} columns for this kernel; the '
                    "lab pads all sides alike, so give a number"
                )
            value = rows
        return super().validate(obj, value)


class ConvolutionLab(ImageDemo):
    """Any kernel on any image, every output pixel explained.

    In a live notebook, all traits are in sync both ways: what the reader does on the page arrives
    here, and what is assigned here is drawn at once.

    Parameters
    ----------
    image : array_like (H, W) or (H, W, 3), optional
        Floats from 0 to 1, or integers from 0 to 255; at most 512x512. By default the image that
        `source` names.
    kernel : str or array_like (kh, kw)
        A name from `lecture_utils.convolution.KERNELS`, or up to 11x11 weights.
    stride : int
        1 to 4.
    padding : int, "valid" or "same"
        0 to 20. ``lab.padding`` is always a number.
    dilation : int
        1 to 4.
    sources : dict of str to array_like, optional
        Images to choose from, instead of drawn shapes, Fashion-MNIST and photos.
    source : str, optional
        Which of them to start with.

    Attributes
    ----------
    image : ndarray of float32, shape (H, W)
    kernel : ndarray of float64, shape (kh, kw)
    kernel_name : str
        Setting it to a preset's name sets the kernel; "custom" if the kernel is none of them.
    source : str
        Setting it to an image's name sets the image.
    position : tuple of int
        Row and column, in the output, of the pixel that is explained.
    output : ndarray of float32, shape (H', W')
        ``convolve2d`` of all of the above; read-only. Shape (0, 0) while the kernel does not fit.

    Raises
    ------
    traitlets.TraitError, ValueError
        If a value cannot be shown; the message names it and the remedy.

    Examples
    --------
    >>> lab = ConvolutionLab(kernel="sharpen", padding="same")
    >>> lab.output.shape == lab.image.shape
    True
    """

    extra_styles = ("_shared/ui/kernel_grid.css",)

    kernel = KernelWeights(default_value=np.ones((1, 1)))
    kernel_name = traitlets.Unicode("custom").tag(sync=True)
    stride = Whole(1, min=1, max=4).tag(sync=True)
    padding = Padding(0, min=0, max=20).tag(sync=True)
    dilation = Whole(1, min=1, max=4).tag(sync=True)
    position = traitlets.Tuple(Whole(min=0), Whole(min=0), default_value=(0, 0)).tag(sync=True)
    presets = traitlets.List().tag(sync=True)
    output = traitlets.Instance(np.ndarray, args=((0, 0),), read_only=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        kernel: str | ArrayLike = "horizontal edge",
        *,
        stride: int = 1,
        padding: int | str = 0,
        dilation: int = 1,
        sources: Mapping[str, ArrayLike] | None = None,
        source: str | None = None,
    ):
        images = _default_images() if sources is None else own_images(sources)
        kernel = self._preset(kernel) if isinstance(kernel, str) else kernel
        presets = [{"name": name, "kernel": k.tolist()} for name, k in KERNELS.items()]
        super().__init__(images, presets=presets)
        if source is None:
            source = "Ankle boot" if sources is None else images[0].name
        self.set_trait("kernel", kernel)
        self.stride, self.dilation = stride, dilation
        self.set_trait("padding", padding)
        if image is None:
            self.source = source
        else:
            self.set_trait("image", image)
        self.position = _strongest(self.output)

    @staticmethod
    def _preset(name):
        if name not in KERNELS:
            raise ValueError(
                f"there is no kernel {name!r}; use an array or one of {', '.join(KERNELS)}"
            )
        return KERNELS[name]

    @traitlets.validate("kernel_name")
    def _check_kernel_name(self, proposal):
        if proposal["value"] not in (*KERNELS, "custom"):
            raise traitlets.TraitError(
                f"there is no kernel {proposal['value']!r}; use one of {', '.join(KERNELS)}"
            )
        return proposal["value"]

    # As with image and source: whichever of the two is set, the other follows.
    @traitlets.observe("kernel_name")
    def _follow_kernel_name(self, change):
        if change["new"] in KERNELS:
            self.kernel = KERNELS[change["new"]]

    @traitlets.observe("kernel")
    def _follow_kernel(self, change):
        same = (name for name, k in KERNELS.items() if np.array_equal(k, change["new"]))
        self.kernel_name = next(same, "custom")

    @traitlets.observe("image", "kernel", "stride", "padding", "dilation")
    def _compute(self, _change):
        try:
            output = convolve2d(
                self.image,
                self.kernel,
                stride=self.stride,
                padding=self.padding,
                dilation=self.dilation,
            )
        except ValueError:  # The kernel does not fit; the page says so and what to change.
            output = np.zeros((0, 0), np.float32)
        output.flags.writeable = False
        self.set_trait("output", output)
        if output.size:
            last = np.array(output.shape) - 1
            self.position = tuple(int(at) for at in np.minimum(self.position, last))

    def readings(self) -> dict[str, Any]:
        """Return sizes, and the output's pixels row by row.

        ``covered`` is the shorter side of the window, in pixels, and ``kernel_weights`` counts the
        weights of the kernel.
        """
        rows, columns = self.output.shape
        return {
            "rows": rows,
            "columns": columns,
            "kernel_weights": self.kernel.size,
            "covered": self.dilation * (min(self.kernel.shape) - 1) + 1,
            "output": self.output.ravel(),
        }

    def figure_html(self) -> str:
        """Return input, kernel and output side by side, and one output pixel in numbers."""
        if not self.output.size:
            return "<p>The kernel does not fit into the image.</p>"
        row, column = np.minimum(self.position, np.array(self.output.shape) - 1)
        top, left = (int(at) * self.stride - self.padding for at in (row, column))
        kh, kw = self.kernel.shape
        covered = [self.dilation * (size - 1) + 1 for size in (kh, kw)]
        padded = np.pad(self.image, self.padding)
        patch = padded[top + self.padding :, left + self.padding :]
        patch = patch[: covered[0] : self.dilation, : covered[1] : self.dilation]
        tiles = [
            _figure.gray_tile(self.image, (top, left, *covered)),
            _figure.signed_tile(self.kernel),
            _figure.signed_tile(self.output, (row, column, 1, 1)),
        ]
        name = "a kernel" if self.kernel_name == "custom" else f"the kernel “{self.kernel_name}”"
        size = "×".join(map(str, self.image.shape)) + " → " + "×".join(map(str, self.output.shape))
        value = _figure.number(float(self.output[row, column]))
        alt = (
            f"Left: {self.source}, in gray, with a small window framed. Middle: {name}. Right: the "
            "image after the convolution, blue below zero and red above; the framed pixel is "
            f"{value}."
        )
        text = (
            f"{html.escape(self.source)} convolved with {html.escape(name)}, stride {self.stride}, "
            f"padding {self.padding}, dilation {self.dilation}: {size}. The output values range "
            f"from {_figure.number(self.output.min())} to {_figure.number(self.output.max())}. In "
            f"the framed window, the elementwise product of patch and kernel sums to {value}, the "
            f"output at row {row}, column {column}."
        )
        tables = _figure.number_table("Patch", patch) + _figure.number_table("Kernel", self.kernel)
        return (
            f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{text}</figcaption></figure>"
            f'<div class="demo-numbers">{tables}</div>'
        )


@cache
def _default_images():
    return (*_gallery.shapes(), *_gallery.fashion(), *_gallery.photos(["cat"]))


def _strongest(output):
    """Return row and column of the largest magnitude: something to look at from the start."""
    if not output.size:
        return 0, 0
    row, column = np.unravel_index(np.abs(output).argmax(), output.shape)
    return int(row), int(column)

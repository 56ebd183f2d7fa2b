"""ConvolutionSteps: three kernels slide over one image, and their outputs grow row by row."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import traitlets
from numpy.typing import NDArray

from lecture_utils.convolution import KERNELS, convolve2d

from .. import _figure, _gallery
from .._demo import ArrayTrait, Demo
from .._traits import Whole


class ConvolutionSteps(Demo):
    """A few kernels on one image, side by side, revealed as the window walks.

    Parameters
    ----------
    kernels : sequence of str
        One to three names from `lecture_utils.convolution.KERNELS`; by default the lecture's three.
    source : str
        The image to start with: one of "Bag", "Ankle boot", "T-shirt/top", "triangle" and "cat".
    progress : float
        How much of the output is computed at the start, from 0 to 1.

    Attributes
    ----------
    source : str
        The image on screen, in sync with the page.
    position : tuple of int
        Row and column, in the output, that the window has reached; in sync with the page.
    image : ndarray of float32, shape (H, W)
        The image named by `source`.
    outputs : dict of str to ndarray
        The output of each kernel.

    Raises
    ------
    ValueError
        If a kernel is unknown, `kernels` are not one to three of equal size, or `progress` is not
        from 0 to 1.
    traitlets.TraitError
        If `source` is unknown.

    Examples
    --------
    >>> list(ConvolutionSteps().outputs)
    ['horizontal edge', 'diagonal edge', 'edge detect']
    """

    source = traitlets.Unicode().tag(sync=True)
    position = traitlets.Tuple(Whole(min=0), Whole(min=0), default_value=(0, 0)).tag(sync=True)
    kernels = traitlets.List().tag(sync=True)
    gallery = traitlets.List().tag(sync=True)
    gallery_pixels = ArrayTrait("uint8", ndim=1)

    def __init__(
        self,
        kernels: Sequence[str] = ("horizontal edge", "diagonal edge", "edge detect"),
        *,
        source: str = "T-shirt/top",
        progress: float = 0.62,
    ):
        images = [
            *_gallery.fashion([0, 8, 9]),
            *_gallery.shapes(["triangle"]),
            *_gallery.photos(["cat"], size=128),
        ]
        self._gallery_images = {image.name: image for image in images}
        if unknown := [name for name in kernels if name not in KERNELS]:
            raise ValueError(f"there is no kernel {unknown[0]!r}; use some of {', '.join(KERNELS)}")
        if not 1 <= len(kernels) <= 3 or len({KERNELS[name].shape for name in kernels}) > 1:
            raise ValueError(f"kernels are {kernels!r}; give one to three kernels of equal size")
        if not 0 <= progress <= 1:
            raise ValueError(f"progress is {progress!r}; use a number from 0 to 1")
        gallery, pixels = _gallery.pack(images)
        super().__init__(
            source=source,
            kernels=[{"name": name, "kernel": KERNELS[name].tolist()} for name in kernels],
            gallery=gallery,
            gallery_pixels=pixels,
        )
        # In that row, the position where the kernels respond most strongly.
        magnitudes = np.abs(np.stack(list(self.outputs.values())))
        responses = (magnitudes / magnitudes.max(axis=(1, 2), keepdims=True)).sum(axis=0)
        row = round(progress * (len(responses) - 1))
        self.position = (row, int(responses[row].argmax()))

    @traitlets.validate("source")
    def _check_source(self, proposal):
        if proposal["value"] not in self._gallery_images:
            raise traitlets.TraitError(
                f"there is no image {proposal['value']!r}; use one of "
                f"{', '.join(self._gallery_images)}"
            )
        return proposal["value"]

    @property
    def image(self) -> NDArray[np.float32]:
        """The image on screen: float32 from 0 to 1, shape (H, W)."""
        return (self._gallery_images[self.source].image / 255).astype(np.float32)

    @property
    def outputs(self) -> dict[str, NDArray]:
        """The output of each kernel: a dict from its name to an array."""
        return {entry["name"]: convolve2d(self.image, entry["kernel"]) for entry in self.kernels}

    def figure_html(self) -> str:
        """Return the image and all outputs side by side, and the kernels in numbers."""
        outputs = self.outputs
        tiles = [_figure.gray_tile(self.image), *map(_figure.signed_tile, outputs.values())]
        names = ", ".join(outputs)
        alt = (
            f"{self.source}, in gray, and beside it the outputs of the kernels {names}: blue below "
            "zero, red above. Each kernel responds to different parts of the image."
        )
        ranges = "; ".join(
            f"{html.escape(name)} from {_figure.number(output.min())} to "
            f"{_figure.number(output.max())}"
            for name, output in outputs.items()
        )
        tables = "".join(
            _figure.number_table(entry["name"], entry["kernel"]) for entry in self.kernels
        )
        return (
            f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{html.escape(self.source)} and "
            f"the outputs of the kernels. Values: {ranges}.</figcaption></figure>"
            f'<div class="demo-numbers">{tables}</div>'
        )

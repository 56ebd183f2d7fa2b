"""GaborLab: what frequency, theta and sigma do to a Gabor filter, and the filter to an image."""

from __future__ import annotations

import html
import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lecture_utils.datasets import zone_plate
from lecture_utils.filter_banks import GaborBank

from .. import _figure, _gallery
from .._images import ImageDemo, own_images
from .._traits import Between, Whole

#: The lecture's three filters: frequency, theta, sigma.
PRESETS = ((0.16, 1.2, 4.0), (0.31, 0.0, 3.6), (0.36, 1.6, 1.3))
_PHOTOS = ("cat", "brick", "coins")
_SHAPES = ("circle", "stripes", "dot")
_FASHION = (0, 1, 2, 5, 7, 8, 9)


class GaborLab(ImageDemo):
    """One Gabor filter on an image: kernel, spot in the frequency plane, response.

    In a live notebook, all traits are in sync both ways: what the reader does on the page arrives
    here, and what is assigned here is drawn at once. A demo on the same page can open a filter here
    with the event ``lu:gabor-open`` on the document, ``detail: {frequency, theta, sigma}``.

    Parameters
    ----------
    image : array_like (H, W) or (H, W, 3), optional
        Floats from 0 to 1, or integers from 0 to 255; at most 512x512. By default the image that
        `source` names.
    frequency : float
        Cycles per pixel, 0.01 to 0.75. If its component along x or y exceeds 0.5, the Nyquist
        frequency, the pixel grid shows a slower wave, and the lab says so.
    theta : float
        Direction in which the wave travels, 0 to pi; 0 is along x, y points down.
    sigma : float
        Standard deviation of the envelope along the wave, 0.5 to 10 pixels.
    aspect : float
        How many times longer the envelope is along the crests of the wave, 0.5 to 3.
    phase : float
        Phase of the wave in the middle of the kernel, -pi to pi.
    sources : dict of str to array_like, optional
        Images to choose from, instead of a zone plate, photos, shapes and Fashion-MNIST.
    source : str, optional
        Which of them to start with.

    Attributes
    ----------
    image : ndarray of float32, shape (H, W)
    source : str
        Setting it to an image's name sets the image.
    kernel_part : {"real", "imaginary", "envelope"}
    response_part : {"real", "magnitude", "phase"}
        The parts on screen.
    position : tuple of int
        Row and column of the pixel whose response is shown.
    kernel : ndarray of complex128, shape (kh, kw)
    response : ndarray of complex128, shape (H, W)
        As from `lecture_utils.filter_banks.GaborBank`, with the image mirrored at its border.
        Computed on access.

    Raises
    ------
    traitlets.TraitError, ValueError
        If a value cannot be shown; the message names it and the remedy.

    Examples
    --------
    >>> lab = GaborLab(frequency=0.31, theta=0, sigma=3.6)
    >>> lab.kernel.shape, lab.response.shape
    ((23, 23), (256, 256))
    """

    frequency = Between(PRESETS[0][0], 0.01, 0.75)
    theta = Between(PRESETS[0][1], 0.0, math.pi)
    sigma = Between(PRESETS[0][2], 0.5, 10.0)
    aspect = Between(1.0, 0.5, 3.0)
    phase = Between(0.0, -math.pi, math.pi)
    kernel_part = traitlets.Enum(("real", "imaginary", "envelope"), "real").tag(sync=True)
    response_part = traitlets.Enum(("real", "magnitude", "phase"), "magnitude").tag(sync=True)
    position = traitlets.Tuple(Whole(min=0), Whole(min=0), default_value=(0, 0)).tag(sync=True)
    presets = traitlets.List(list(PRESETS)).tag(sync=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        frequency: float = PRESETS[0][0],
        theta: float = PRESETS[0][1],
        sigma: float = PRESETS[0][2],
        *,
        aspect: float = 1.0,
        phase: float = 0.0,
        sources: Mapping[str, ArrayLike] | None = None,
        source: str | None = None,
    ):
        images = _default_images() if sources is None else own_images(sources)
        super().__init__(
            images, frequency=frequency, theta=theta, sigma=sigma, aspect=aspect, phase=phase
        )
        if image is None:
            self.source = images[0].name if source is None else source
        else:
            self.set_trait("image", image)
        # Something to look at from the start.
        magnitude = np.abs(self.response)
        row, column = np.unravel_index(magnitude.argmax(), magnitude.shape)
        self.position = int(row), int(column)

    @property
    def _bank(self):
        with warnings.catch_warnings():
            # The page says what becomes of a wave above the Nyquist frequency.
            warnings.simplefilter("ignore", UserWarning)
            widths = (self.sigma, self.sigma * self.aspect)
            return GaborBank.from_list([(self.frequency, self.theta, widths)], phase=self.phase)

    @property
    def kernel(self) -> NDArray[np.complex128]:
        """The complex kernel, shape (kh, kw)."""
        return self._bank.kernels[0]

    @property
    def response(self) -> NDArray[np.complex128]:
        """The complex response, shape (H, W), in double precision."""
        return self._bank.responses(self.image.astype(np.float64))[0]

    def readings(self) -> dict[str, Any]:
        """Return mean squared magnitudes: of all pixels, and of each half of the image."""
        squares = np.abs(self.response) ** 2
        middle = squares.shape[1] // 2
        left, right = float(squares[:, :middle].mean()), float(squares[:, middle:].mean())
        return {
            "energy": float(squares.mean()),
            "energy_left": left,
            "energy_right": right,
            "left_to_right": left / right if right else 0.0,
        }

    def figure_html(self) -> str:
        """Return input, kernel and magnitude of the response, and the numbers."""
        kernel, response = self.kernel, self.response
        magnitude = np.abs(response)
        row, column = np.minimum(self.position, np.array(response.shape) - 1)
        kh, kw = kernel.shape
        tiles = [
            _figure.gray_tile(self.image, (row - kh // 2, column - kw // 2, kh, kw)),
            _figure.signed_tile(kernel.real),
            _figure.sequential_tile(magnitude, (row, column, 1, 1)),
        ]
        settings = (
            f"frequency {_figure.number(self.frequency, 3)} cycles per pixel, theta "
            f"{_figure.number(self.theta)} ({math.degrees(self.theta):.0f}°), sigma "
            f"{_figure.number(self.sigma)} pixels"
        )
        alt = (
            f"Left: {self.source}, in gray, with the kernel's window framed. Middle: the real part "
            "of the kernel, stripes that fade toward its border. Right: the magnitude of the "
            "response, strong where the image has such stripes; one position is framed."
        )
        number = f"{magnitude[row, column]:.4g}"
        text = (
            f"The image “{html.escape(self.source)}”, convolved with a Gabor filter: {settings}. "
            f"The kernel has {kh}×{kw} weights. The mean squared magnitude of the response is "
            f"{(magnitude**2).mean():.4g}, its largest magnitude {magnitude.max():.4g}; at row "
            f"{row}, column {column} it is {number}."
        )
        return f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{text}</figcaption></figure>"


def _default_images():
    plate = _gallery.GalleryImage(
        "zone plate",
        np.rint(zone_plate() * 255).astype(np.uint8),
        "every frequency and direction, each at one position and its opposite",
        "from lecture_utils.datasets import zone_plate",
        "(zone_plate() * 255).round() / 255",
    )
    photos, shapes = _gallery.photos(_PHOTOS), _gallery.shapes(_SHAPES)
    return [plate, *photos, *shapes, *_gallery.fashion(_FASHION)]

"""FeatureMaps: a color image under a layer of filters, taken apart, and shifted."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lecture_utils import datasets
from lecture_utils.convolution import convolve2d

from .. import _figure
from .._demo import ArrayTrait, Demo
from .._images import PixelTrait
from .._traits import Whole
from .bank import named_bank, random_bank

SIDE = 64
PHOTOS = ("coffee", "astronaut", "rocket", "cat")
PADDINGS = ("valid", "zeros", "wrap")
MOST_FILTERS = 8
LARGEST_KERNEL = 7
LARGEST_SHIFT = 16


class FeatureMaps(Demo):
    """A convolutional layer on a color image: channels, kernel slices, partial sums, feature maps.

    In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    image : str or array_like of shape (64, 64, 3), optional
        The name of one of `PHOTOS`; or an image, uint8 or with values from 0 to 1.
    filters : {"named", "random"} or array_like of shape (d, 3, k, k), optional
        Up to 8 filters with k odd and at most 7.
    stride : int
        1 to 3.
    padding : {"valid", "zeros", "wrap"}
        No padding; zeros that keep the size (at stride 1); or the other side of the image.
    relu : bool
        Whether negative responses become 0.
    pool : bool
        Whether a 2x2 max pooling follows.
    shift : tuple of int
        Rows down and columns to the right, -16 to 16; what leaves on one side enters on the other.

    Attributes
    ----------
    maps : ndarray of float64, shape (d, H', W')
        Feature maps of the shifted image.
    pooled : ndarray of float64, shape (d,)
        Their means: global average pooling.

    Raises
    ------
    ValueError, traitlets.TraitError
        If there is no such photo, or an array has a wrong shape or a NaN.

    Examples
    --------
    >>> FeatureMaps(padding="wrap").maps.shape
    (8, 64, 64)
    """

    image = PixelTrait("uint8", ndim=3)
    source = traitlets.Unicode("your array").tag(sync=True)
    photos = traitlets.List(list(PHOTOS)).tag(sync=True)
    photo_pixels = ArrayTrait("uint8", ndim=1)
    filters = ArrayTrait("float32", ndim=4)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    banks = traitlets.List().tag(sync=True)
    bank_weights = ArrayTrait("float32", ndim=5)
    stride = Whole(1, min=1, max=3).tag(sync=True)
    padding = traitlets.Enum(PADDINGS, "valid").tag(sync=True)
    relu = traitlets.Bool(True).tag(sync=True)
    pool = traitlets.Bool(False).tag(sync=True)
    shift = traitlets.Tuple(
        Whole(min=-LARGEST_SHIFT, max=LARGEST_SHIFT),
        Whole(min=-LARGEST_SHIFT, max=LARGEST_SHIFT),
        default_value=(0, 0),
    ).tag(sync=True)

    def __init__(
        self,
        image: str | ArrayLike = "coffee",
        filters: str | ArrayLike = "named",
        *,
        stride: int = 1,
        padding: str = "valid",
        relu: bool = True,
        pool: bool = False,
        shift: Sequence[int] = (0, 0),
    ):
        pixels = {name: datasets.photo(name, size=SIDE) for name in PHOTOS}
        source = "your array"
        if isinstance(image, str):
            if image not in pixels:
                raise ValueError(f"there is no photo {image!r}; use one of {', '.join(PHOTOS)}")
            source, image = image, pixels[image]
        banks = {"named": named_bank(), "random": random_bank()}
        if isinstance(filters, str):
            if filters not in banks:
                raise ValueError(f"there is no bank {filters!r}; use one of {', '.join(banks)}")
            names, filters = banks[filters]
        else:
            filters = np.asarray(filters, dtype=np.float32)
            names = [f"filter {number}" for number in range(1, len(filters) + 1)]
        super().__init__(
            image=image,
            source=source,
            photo_pixels=np.concatenate([photo.ravel() for photo in pixels.values()]),
            filters=filters,
            names=names,
            banks=[{"name": name, "names": bank[0]} for name, bank in banks.items()],
            bank_weights=np.stack([bank[1] for bank in banks.values()]),
            stride=stride,
            padding=padding,
            relu=relu,
            pool=pool,
            shift=tuple(shift),
        )

    @traitlets.validate("image")
    def _check_image(self, proposal):
        if proposal["value"].shape != (SIDE, SIDE, 3):
            raise traitlets.TraitError(
                f"image has shape {proposal['value'].shape}; give ({SIDE}, {SIDE}, 3)"
            )
        return proposal["value"]

    @traitlets.validate("filters")
    def _check_filters(self, proposal):
        filters = proposal["value"]
        count, channels, rows, columns = filters.shape
        if not (1 <= count <= MOST_FILTERS and channels == 3 and rows == columns) or (
            rows % 2 == 0 or rows > LARGEST_KERNEL
        ):
            raise traitlets.TraitError(
                f"filters have shape {filters.shape}; give (d, 3, k, k) with d from 1 to "
                f"{MOST_FILTERS} and k odd, at most {LARGEST_KERNEL}"
            )
        if not np.isfinite(filters).all():
            raise traitlets.TraitError(
                "filters have a NaN or an infinite weight; use finite numbers"
            )
        return filters

    @property
    def maps(self) -> NDArray[np.float64]:
        """Return the feature maps of the shifted image."""
        image = np.roll(self.image / 255, self.shift, axis=(0, 1))
        margin = self.filters.shape[-1] // 2
        mode = {"valid": None, "zeros": "constant", "wrap": "wrap"}[self.padding]
        if mode:
            image = np.pad(image, ((margin, margin), (margin, margin), (0, 0)), mode)
        maps = np.stack(
            [
                sum(
                    convolve2d(
                        image[..., channel], kernel[channel].astype(float), stride=self.stride
                    )
                    for channel in range(3)
                )
                for kernel in self.filters
            ]
        )
        if self.relu:
            maps = np.maximum(maps, 0)
        if self.pool:
            rows, columns = (size // 2 * 2 for size in maps.shape[1:])
            windows = maps[:, :rows, :columns].reshape(len(maps), rows // 2, 2, columns // 2, 2)
            maps = windows.max(axis=(2, 4))
        return maps

    @property
    def pooled(self) -> NDArray[np.float64]:
        """Return the mean of each map."""
        return self.maps.mean(axis=(1, 2))

    def figure_html(self) -> str:
        """Return the image and its maps, and the pooled vector as a table."""
        maps = self.maps
        tiles = [_figure.rgb_tile(self.image), *(_figure.signed_tile(one) for one in maps[:3])]
        text = (
            f"An image of {SIDE}×{SIDE} pixels with 3 channels and {len(maps)} filters of "
            f"{self.filters.shape[-1]}×{self.filters.shape[-1]}×3 give {len(maps)} maps of "
            f"{maps.shape[1]}×{maps.shape[2]}. Shown: {', '.join(self.names[:3])}."
        )
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{_figure.number(value, 3)}</td></tr>"
            for name, value in zip(self.names, self.pooled, strict=True)
        )
        alt = "A color image and its first feature maps, red where the filter responds."
        return (
            f"<figure>{_figure.image_html(tiles, alt)}<figcaption>{text}</figcaption></figure>"
            '<div class="demo-numbers"><table><caption>Mean of each map</caption>'
            f"<tbody>{rows}</tbody></table></div>"
        )

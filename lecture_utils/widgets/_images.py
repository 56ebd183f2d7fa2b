"""A demo's image: one from a gallery, or the reader's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageOps

from lecture_utils._validation.image_files import as_rgb
from lecture_utils._validation.pixels import to_bytes, to_floats

from . import _gallery
from ._demo import ArrayTrait, Demo, _array_to_json

#: Images with longer sides would make the sliders stutter.
LARGEST_IMAGE = 512
#: Values of `source` that are not in the gallery.
OTHER_SOURCES = ("your drawing", "your file", "your array")


class PixelTrait(ArrayTrait):
    """Pixels: as "uint8" from 0 to 255, as "float32" from 0 to 1.

    Takes both: integers from 0 to 255 and floats from 0 to 1, and refuses other values.
    """

    def validate(self, obj: Any, value: Any) -> NDArray[Any]:
        """Return the pixels as the demo keeps them."""
        convert = to_bytes if self._dtype == "uint8" else to_floats
        try:
            return super().validate(obj, convert(value, self.name or "image"))
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None


class GrayImage(ArrayTrait):
    """A gray image: float32 from 0 to 1. Takes uint8 (0 to 255) and color too."""

    def __init__(self, **kwargs: Any):
        super().__init__("float32", ndim=2, **kwargs)
        self.tag(to_json=_image_to_json)

    def validate(self, obj: Any, value: Any) -> NDArray[Any]:
        """Return the image as the lab keeps it."""
        try:
            return super().validate(obj, as_gray(value))
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None


def _image_to_json(image, demo):
    # An image that came from bytes travels as bytes, a quarter of the size.
    levels = np.rint(image * 255)
    is_from_gallery = demo.source in demo._gallery_images
    if is_from_gallery and np.array_equal((levels / 255).astype(np.float32), image):
        image = levels.astype(np.uint8)
    return _array_to_json(image, demo)


class ImageDemo(Demo):
    """Base of demos that work on an image.

    The image and its name are two traits. When one is set, the other follows. When the page sends
    both at once, they agree already, and nothing happens.

    Attributes
    ----------
    image : ndarray of float32, shape (H, W)
    source : str
        Setting it to an image's name sets the image.
    """

    image = GrayImage(default_value=np.zeros((1, 1), np.float32))
    source = traitlets.Unicode("your array").tag(sync=True)
    gallery = traitlets.List().tag(sync=True)
    gallery_pixels = ArrayTrait("uint8", ndim=1)

    def __init__(self, images: Sequence[_gallery.GalleryImage], **kwargs: Any):
        self._gallery_images = {image.name: image for image in images}
        gallery, pixels = _gallery.pack(images)
        super().__init__(gallery=gallery, gallery_pixels=pixels, **kwargs)

    @traitlets.validate("source")
    def _check_source(self, proposal):
        if proposal["value"] not in (*self._gallery_images, *OTHER_SOURCES):
            raise traitlets.TraitError(
                f"there is no image {proposal['value']!r}; use one of "
                f"{', '.join(self._gallery_images)}"
            )
        return proposal["value"]

    @traitlets.observe("source")
    def _follow_source(self, change):
        if change["new"] in self._gallery_images:
            self.image = self._gallery_images[change["new"]].image

    @traitlets.observe("image")
    def _follow_image(self, change):
        known = self._gallery_images.get(self.source)
        if known is not None and not np.array_equal(as_gray(known.image), change["new"]):
            self.source = "your array"


def as_gray(image: ArrayLike) -> NDArray[np.float32]:
    """Return an image as float32 brightness from 0 to 1.

    Parameters
    ----------
    image : array_like (H, W) or (H, W, 3)
        Integers from 0 to 255, booleans, or floats from 0 to 1. A fourth channel, transparency, is
        ignored.

    Returns
    -------
    ndarray of float32, shape (H, W)

    Raises
    ------
    ValueError
        If the shape or a value does not fit.
    """
    image = to_floats(image)
    if image.ndim == 3 and image.shape[2] in (3, 4):
        image = image[..., :3] @ np.array([0.2125, 0.7154, 0.0721])
    if image.ndim != 2 or image.size == 0:
        raise ValueError(
            f"image has shape {image.shape}; give (height, width) or (height, width, 3)"
        )
    if max(image.shape) > LARGEST_IMAGE:
        raise ValueError(
            f"image has shape {image.shape}; the lab shows at most "
            f"{LARGEST_IMAGE}x{LARGEST_IMAGE}, for example image[::2, ::2]"
        )
    return image.astype(np.float32)


def as_square(
    image: Image.Image | ArrayLike, name: str = "image", *, side: int
) -> NDArray[np.uint8]:
    """Return the middle square of a color image.

    Parameters
    ----------
    image : PIL.Image or array_like of shape (H, W) or (H, W, 3)
        Arrays hold integers from 0 to 255 or floats from 0 to 1.
    name : str
        For the message if something is wrong.
    side : int
        Height and width of the result.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)

    Raises
    ------
    ValueError
        If the shape or a value does not fit.
    """
    if not isinstance(image, Image.Image):
        array = to_bytes(image, repr(name))
        if array.ndim not in (2, 3) or array.size == 0 or array.shape[2:] not in ((), (3,)):
            raise ValueError(f"{name!r} has shape {array.shape}; give (H, W) or (H, W, 3)")
        image = Image.fromarray(array)
    # As the copied Python does it.
    return np.asarray(ImageOps.fit(as_rgb(image), (side, side)))


def own_images(sources: Mapping[str, ArrayLike]) -> list[_gallery.GalleryImage]:
    """Return a gallery of the reader's own: a dict of names and images.

    Raises
    ------
    ValueError
        If an image does not fit (see `as_gray`) or a name has a meaning of its own.
    """
    images = [
        _gallery.GalleryImage(str(name), np.rint(as_gray(image) * 255).astype(np.uint8))
        for name, image in sources.items()
    ]
    for image in images:
        if image.name in OTHER_SOURCES:
            raise ValueError(f"the name {image.name!r} is reserved; give the image another name")
    return images

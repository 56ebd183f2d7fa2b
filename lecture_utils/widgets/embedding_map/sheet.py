"""All images of a map as one sheet of thumbnails: one file is a fraction of hundreds."""

import io
import os

import numpy as np
from PIL import Image, ImageOps, features

from lecture_utils._validation.image_files import as_rgb, read_rgb, without_warnings
from lecture_utils._validation.pixels import to_bytes

#: Together, so that a sheet stays below about 250 kB.
MOST_PIXELS = 900_000
SMALLEST, LARGEST = 24, 72
_QUALITY = 60


def make_sheet(images, count):
    """Return a sheet of the middle squares of images, as small as their number demands.

    Parameters
    ----------
    images : sequence of PIL.Image, of paths, or of arrays, shape (H, W) or (H, W, 3)
        Arrays hold integers from 0 to 255.
    count : int
        How many there must be.

    Returns
    -------
    sheet : ndarray of uint8, shape (bytes,)
        A WebP file (JPEG where Pillow cannot write WebP).
    layout : dict
        ``mime``, ``side`` of a thumbnail in pixels, ``columns``.

    Raises
    ------
    ValueError
        If there are more or fewer images, or one is not an image.
    """
    images = list(images)
    if len(images) != count:
        raise ValueError(f"there are {len(images)} images, but {count} labels")
    side = int(np.clip(np.sqrt(MOST_PIXELS / count), SMALLEST, LARGEST))
    columns = int(np.ceil(np.sqrt(count)))
    sheet = Image.new("RGB", (columns * side, -(-count // columns) * side))
    for number, image in enumerate(images):
        thumb = ImageOps.fit(_as_image(image, number), (side, side), Image.Resampling.LANCZOS)
        sheet.paste(thumb, (number % columns * side, number // columns * side))
    kind = "WEBP" if features.check("webp") else "JPEG"
    file = io.BytesIO()
    sheet.save(file, kind, quality=_QUALITY, **({"method": 6} if kind == "WEBP" else {}))
    layout = {"mime": f"image/{kind.lower()}", "side": side, "columns": columns}
    return np.frombuffer(file.getvalue(), dtype=np.uint8), layout


def _as_image(image, number):
    if isinstance(image, (str, os.PathLike)):
        try:
            with without_warnings():
                return read_rgb(image)[0]
        except ValueError as error:
            raise ValueError(f"{os.fspath(image)} cannot be read: {error}") from error
    if isinstance(image, Image.Image):
        return as_rgb(image)
    array = np.asarray(image)
    if array.dtype.kind not in "bui" or array.size == 0 or array.ndim not in (2, 3):
        raise ValueError(
            f"image {number} has shape {array.shape} and type {array.dtype}; give uint8, "
            "(H, W, 3) or (H, W)"
        )
    array = to_bytes(array, f"image {number}")
    if array.ndim == 3 and array.shape[2] != 3:
        raise ValueError(f"image {number} has shape {array.shape}; give (H, W, 3) or (H, W)")
    return Image.fromarray(array).convert("RGB")

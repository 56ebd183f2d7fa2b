"""Convert the content of an image file to 8-bit RGB: the one place that knows Pillow's modes.

Most modes go through Pillow's own ``convert("RGB")``: gray is repeated in three channels, palettes
are looked up, CMYK, YCbCr, LAB and HSV are converted, and transparency is dropped (the color below
it shows). Three cases are handled here, because Pillow would change the image silently:

* 16-bit gray is scaled so that 65535 becomes 255; Pillow would clip everything above 255. (For
  16-bit color, Pillow itself keeps the upper byte.)
* Values of unknown range, 32-bit integers and floats, are refused.
* The orientation that a camera stored in the file (EXIF) is applied, so that a photo is upright.
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Formats in which Pillow's mode "I" means 16-bit gray.
_SIXTEEN_BITS = ("PNG", "PPM")
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262  # tags of TIFF
_WHITE_IS_ZERO = 0


def as_rgb(image: Image.Image) -> Image.Image:
    """Convert an image to 8-bit RGB, and rotate it upright.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode; for an image with several frames, the current one (initially the first).

    Returns
    -------
    PIL.Image.Image
        In mode RGB. Unless the image has an orientation or 16-bit gray values, this is the result
        of ``image.convert("RGB")``.

    Raises
    ------
    ValueError
        If the range of its values is unknown (32-bit integers and floats).
    OSError
        If the file is damaged.

    Examples
    --------
    >>> as_rgb(Image.fromarray(np.array([[0, 257, 65535]], np.uint16))).getpixel((1, 0))
    (1, 1, 1)
    """
    image.load()
    orientation = _orientation(image)  # after decoding: some formats store it at the end
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in _SIXTEEN_BITS):
        image = _scaled(image)
    elif image.mode in ("I", "F"):
        kind = "floats" if image.mode == "F" else "integers"
        raise ValueError(
            f"the image has {kind} of 32 bits (mode {image.mode}), whose range is not known; "
            "convert them to bytes from 0 to 255"
        )
    image = image.convert("RGB")
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def read_rgb(path: str | os.PathLike[str]) -> tuple[Image.Image, str]:
    """Read an image file as 8-bit RGB.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    image : PIL.Image.Image
        As returned by `as_rgb`.
    mode : str
        Pillow's name for the content of the file, such as ``"RGB"`` or ``"L"``; ``"RGB;16"`` and
        similar names for 16-bit color.

    Raises
    ------
    ValueError
        If the path is not a file, or not a readable image; the message says why, without the
        file's name.
    OSError
        With an error number, if the file cannot be opened: it does not exist, or access is denied.
    """
    path = Path(path)
    try:
        mode_of_file = os.stat(path).st_mode
    except FileNotFoundError:
        if not path.is_symlink():
            raise
        raise ValueError(f"a link to {os.readlink(path)}, which does not exist") from None
    # Opening a pipe would block forever.
    if not stat.S_ISREG(mode_of_file):
        raise ValueError("a folder" if stat.S_ISDIR(mode_of_file) else "not a regular file")
    with open(path, "rb") as file:
        try:
            with Image.open(file) as image:
                # Pillow keeps the upper byte of such colors, and the mode does not show it.
                depth = ";16" if ";16" in str(image.tile) and image.mode[0] != "I" else ""
                return as_rgb(image), image.mode + depth
        except MemoryError:
            raise
        except UnidentifiedImageError:
            empty = not os.fstat(file.fileno()).st_size
            raise ValueError(
                "the file is empty" if empty else "not an image format that Pillow knows"
            ) from None
        except Image.DecompressionBombError as error:
            raise ValueError(
                f"{str(error).rstrip('.')}; if you trust it, raise PIL.Image.MAX_IMAGE_PIXELS"
            ) from error
        # For a broken file, Pillow may raise almost anything: OSError, SyntaxError, struct.error...
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # The problem is the disk, not the image.
            reason = str(error) or "damaged"
            if not isinstance(error, ValueError | OSError):
                reason = f"damaged ({type(error).__name__}: {error})"
            raise ValueError(reason) from error


@contextmanager
def without_warnings() -> Iterator[None]:
    """Silence Pillow's warnings of odd metadata and many pixels, which do not change an image.

    Use it around threads rather than inside them, where each would undo the other's setting.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _orientation(image):
    try:
        return image.getexif().get(_EXIF_ORIENTATION)
    except Exception:  # The image is readable in spite of odd metadata.
        return None


def _scaled(image):
    """Scale 16-bit gray (or the number of bits stated in the file) to 8 bits."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))
    largest = 2 ** (bits[0] if isinstance(bits, tuple) else bits) - 1
    values = np.asarray(image).clip(0, largest).astype(np.uint32)
    levels = (values * 255 + largest // 2) // largest
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        levels = 255 - levels
    return Image.fromarray(levels.astype(np.uint8))

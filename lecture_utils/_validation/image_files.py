"""Turn what an image file holds into RGB of 8 bits: the one place that knows Pillow's modes.

Most modes go through Pillow's own ``convert("RGB")``: gray is repeated, palettes are looked up,
CMYK, YCbCr, LAB and HSV are converted, and transparency is left out (what lies under it shows).
Three things are done here, because Pillow would change the image silently:

* 16 bits of gray are scaled, 65535 to 255; Pillow would cut off all above 255. (Of color with
  16 bits, Pillow itself keeps the upper byte.)
* Numbers whose range nobody knows, 32-bit integers and floats, are refused.
* The orientation that a camera noted in the file (EXIF) is applied, so that a photo stands upright.
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
# Formats in which Pillow's mode "I" means: gray from 0 to 65535.
_SIXTEEN_BITS = ("PNG", "PPM")
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262  # tags of TIFF
_WHITE_IS_ZERO = 0


def as_rgb(image: Image.Image) -> Image.Image:
    """Convert an image to RGB of 8 bits, and turn it upright.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode; of several frames, the first (the current one).

    Returns
    -------
    PIL.Image.Image
        Of mode RGB; without an orientation to apply and 16 bits of gray, that of
        ``image.convert("RGB")``.

    Raises
    ------
    ValueError
        If the range of its values is not known (32-bit integers and floats).
    OSError
        If its file is damaged.

    Examples
    --------
    >>> as_rgb(Image.fromarray(np.array([[0, 257, 65535]], np.uint16))).getpixel((1, 0))
    (1, 1, 1)
    """
    image.load()
    orientation = _orientation(image)  # only now: some formats note it at their end
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in _SIXTEEN_BITS):
        image = _scaled(image)
    elif image.mode in ("I", "F"):
        kind = "floats" if image.mode == "F" else "integers"
        raise ValueError(
            f"the image has {kind} of 32 bits (mode {image.mode}), whose range is not known; "
            "scale them to bytes from 0 to 255"
        )
    image = image.convert("RGB")
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def read_rgb(path: str | os.PathLike[str]) -> tuple[Image.Image, str]:
    """Read an image file as RGB of 8 bits.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    image : PIL.Image.Image
        As `as_rgb` gives it.
    mode : str
        Pillow's name for what the file holds, such as ``"RGB"`` or ``"L"``; ``"RGB;16"`` and the
        like for color of 16 bits.

    Raises
    ------
    ValueError
        If it is no file, or none that can be read as an image; the message says why, without the
        file's name.
    OSError
        With an error number, if it cannot be opened: it is not there, or may not be read.
    """
    path = Path(path)
    try:
        mode_of_file = os.stat(path).st_mode
    except FileNotFoundError:
        if not path.is_symlink():
            raise
        raise ValueError(f"a link to {os.readlink(path)}, which does not exist") from None
    # Opening a pipe would wait forever.
    if not stat.S_ISREG(mode_of_file):
        raise ValueError("a folder" if stat.S_ISDIR(mode_of_file) else "no regular file")
    with open(path, "rb") as file:
        try:
            with Image.open(file) as image:
                # Of such color Pillow keeps the upper byte, and does not say so in the mode.
                depth = ";16" if ";16" in str(image.tile) and image.mode[0] != "I" else ""
                return as_rgb(image), image.mode + depth
        except MemoryError:
            raise
        except UnidentifiedImageError:
            empty = not os.fstat(file.fileno()).st_size
            raise ValueError(
                "the file is empty" if empty else "no image format that Pillow knows"
            ) from None
        except Image.DecompressionBombError as error:
            raise ValueError(
                f"{str(error).rstrip('.')}; if you trust it, raise PIL.Image.MAX_IMAGE_PIXELS"
            ) from error
        # Broken files make Pillow raise nearly everything: OSError, SyntaxError, struct.error...
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # The disk is at fault.
            reason = str(error) or "damaged"
            if not isinstance(error, ValueError | OSError):
                reason = f"damaged ({type(error).__name__}: {error})"
            raise ValueError(reason) from error


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep Pillow from warning of odd metadata and many pixels, neither of which changes an image.

    Not inside of threads, which would undo each other's setting: around them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _orientation(image):
    try:
        return image.getexif().get(_EXIF_ORIENTATION)
    except Exception:  # Odd metadata does not make an image unreadable.
        return None


def _scaled(image):
    """Scale 16 bits of gray (or as many as the file says) to 8."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))
    largest = 2 ** (bits[0] if isinstance(bits, tuple) else bits) - 1
    values = np.asarray(image).clip(0, largest).astype(np.uint32)
    levels = (values * 255 + largest // 2) // largest
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        levels = 255 - levels
    return Image.fromarray(levels.astype(np.uint8))

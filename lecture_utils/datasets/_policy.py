"""When data and weights may be downloaded without an explicit request.

A reader who opens a page does not expect it to download a gigabyte; in Colab, or when the site is
published, it should. This module alone decides; chapters only say what they need.
"""

from __future__ import annotations

import os
import sys

_NO = ("0", "false", "no")


def is_offline() -> bool:
    """Return whether ``LECTURE_OFFLINE`` forbids all downloads."""
    return os.environ.get("LECTURE_OFFLINE", "").strip().lower() not in ("", *_NO)


def downloads_are_welcome() -> bool:
    """Return whether missing files may be downloaded without an explicit request.

    Returns
    -------
    bool
        False if ``LECTURE_OFFLINE`` is set. Otherwise the value of ``LECTURE_DOWNLOAD`` ("1" or
        "0"). If that is not set either: whether this runs in Colab, where no data are on the
        machine and the network is fast.

    Examples
    --------
    >>> isinstance(downloads_are_welcome(), bool)
    True
    """
    if is_offline():
        return False
    setting = os.environ.get("LECTURE_DOWNLOAD", "").strip().lower()
    if setting:
        return setting not in _NO
    return "google.colab" in sys.modules

"""When data and weights may be downloaded without anybody having asked for it.

A reader who opens a page does not expect it to fetch a gigabyte; in Colab, or when the site is
published, it should. The rule is here, and only here; chapters just say what they want.
"""

from __future__ import annotations

import os
import sys

_NO = ("0", "false", "no")


def is_offline() -> bool:
    """Tell whether ``LECTURE_OFFLINE`` forbids all downloads."""
    return os.environ.get("LECTURE_OFFLINE", "").strip().lower() not in ("", *_NO)


def downloads_are_welcome() -> bool:
    """Tell whether what is not on this machine is fetched without being asked for.

    Returns
    -------
    bool
        False if ``LECTURE_OFFLINE`` is set. Otherwise what ``LECTURE_DOWNLOAD`` says ("1" or "0").
        If that is not set either: whether this runs in Colab, where nothing is on the machine and
        the network is fast.

    Examples
    --------
    >>> isinstance(downloads_are_welcome(), bool)
    True
    """
    if is_offline():
        return False
    asked = os.environ.get("LECTURE_DOWNLOAD", "").strip().lower()
    if asked:
        return asked not in _NO
    return "google.colab" in sys.modules

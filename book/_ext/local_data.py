"""Name the data on this machine: with photos, a chapter shows something else than without."""

import os

from lecture_utils.datasets._search import cache_folder

# What downloads leave, by folder of the cache.
_FETCHED = {
    "cats-vs-dogs": "small",
    "mnist": "*.gz",
    "fashion-mnist": "*.gz",
    "weights": "*.pth",
}


def available_data(environ=os.environ):
    """Return the folder in ``LECTURE_DATA`` and the names of what was downloaded, one per line."""
    kept = (
        path.name
        for folder, pattern in _FETCHED.items()
        for path in cache_folder(folder).glob(pattern)
    )
    return "\n".join([environ.get("LECTURE_DATA", ""), *sorted(kept)])

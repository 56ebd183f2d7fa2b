"""The file with the results of a tuning, to which several processes may add at the same time."""

import json
import tempfile
from pathlib import Path

from lecture_utils._atomic import locked, replacing


def read(path):
    """Read the results: for each name, for each size, a list of trials."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def add(path, name, size, settings, result):
    """Add a trial, unless the file has one with the same settings; return all of this kind."""
    # The lock's file stays, and must not lie among the data of the package.
    lock = Path(tempfile.gettempdir(), f"tuning-{path.name}")
    with locked(lock, f"{path.name}: waiting for another process that adds a result"):
        known = read(path)
        tried = known.setdefault(name, {}).setdefault(str(size), [])
        if not is_tried(tried, settings):
            tried.append({**settings, **result})
            with replacing(path) as temporary:
                temporary.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return tried


def is_tried(tried, settings):
    """Return whether there is a trial with these settings."""
    return any(settings.items() <= trial.items() for trial in tried)

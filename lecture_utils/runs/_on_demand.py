"""Recorded runs on demand, for a package that was installed without them.

``LECTURE_WITHOUT_RUNS=1 pip install ...`` leaves the runs out, which are nine tenths of the
package, and installs a list of their files instead (see setup.py).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lecture_utils.datasets._download import DownloadError, download, has_checksum
from lecture_utils.datasets._policy import is_offline
from lecture_utils.datasets._search import cache_folder
from lecture_utils.runs import _store

INDEX = _store.RECORDED / "index.json"
_REMEDY = "install the package again, with its recorded runs (without LECTURE_WITHOUT_RUNS)"


def installed_without_runs() -> bool:
    """Return whether the recorded runs must be downloaded."""
    return INDEX.is_file()


def recorded() -> list[tuple[str, int]]:
    """Return name and seed of the runs that can be downloaded, sorted."""
    cards = [Path(file).parent for file in _index()["files"] if file.endswith(f"/{_store.CARD}")]
    return sorted(
        (run.parent.as_posix(), seed) for run in cards if (seed := _store.seed_of(run)) is not None
    )


def fetch(name: str, seed: int) -> Path:
    """Return the folder of a run, whose files are downloaded unless they are in the cache.

    Raises
    ------
    FileNotFoundError
        If ``LECTURE_OFFLINE`` is set, and a file is missing or damaged.
    DownloadError
        If a file cannot be downloaded or has another content.
    """
    index, run = _index(), f"{name}/seed{seed}/"
    folder = cache_folder("runs")
    for file, checksum in index["files"].items():
        if not file.startswith(run):
            continue
        path, checksum = folder / file, f"sha256:{checksum}"
        if is_offline():
            if not path.is_file() or not has_checksum(path, checksum):
                why = "is damaged" if path.is_file() else "is missing"
                raise FileNotFoundError(
                    f"the package was installed without recorded runs, {path} {why}, and "
                    f"LECTURE_OFFLINE forbids downloading {name}, seed {seed}; unset it, or "
                    f"{_REMEDY}"
                )
            continue
        try:
            download([f"{index['address']}/{file}"], path, checksum, progress=False)
        except DownloadError as error:
            raise DownloadError(f"{str(error).rstrip('.')}. Or {_REMEDY}") from error
    return folder / run


@cache
def _index():
    return _store.read_json(INDEX, _REMEDY)

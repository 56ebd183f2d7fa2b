"""Recorded runs on demand, for a package that was installed without them.

``LECTURE_WITHOUT_RUNS=1 pip install ...`` leaves the runs out, which are nine tenths of the
package, and installs a list of their files instead (see setup.py).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lecture_utils.datasets._download import DownloadError, download
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
    return sorted((run.parent.as_posix(), int(run.name.removeprefix("seed"))) for run in cards)


def fetch(name: str, seed: int) -> Path:
    """Return the folder of a run, whose files are downloaded unless they are in the cache.

    Raises
    ------
    FileNotFoundError
        If ``LECTURE_OFFLINE`` is set.
    DownloadError
        If a file cannot be downloaded or has another content.
    """
    index, run = _index(), f"{name}/seed{seed}/"
    folder = cache_folder("runs")
    for file, checksum in index["files"].items():
        if not file.startswith(run):
            continue
        if is_offline() and not (folder / file).is_file():
            raise FileNotFoundError(
                f"the package was installed without recorded runs, and LECTURE_OFFLINE forbids "
                f"downloading {name}, seed {seed}; allow it, or {_REMEDY}"
            )
        try:
            download(
                [f"{index['address']}/{file}"],
                folder / file,
                f"sha256:{checksum}",
                progress=False,
            )
        except DownloadError as error:
            raise DownloadError(f"{error}. Or {_REMEDY}") from error
    return folder / run


@cache
def _index():
    return _store.read_json(INDEX, _REMEDY)

"""What an installation of the package takes: a limit that recorded runs must not creep past."""

from pathlib import Path

import lecture_utils

PACKAGE = Path(lecture_utils.__file__).parent
RUNS = PACKAGE / "data" / "runs"
MB = 1e6


def size(files):
    return sum(path.stat().st_size for path in files)


def test_the_package_stays_small():
    files = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    runs = [path for path in files if RUNS in path.parents]
    assert len(runs) > 100
    assert size(files) <= 60 * MB
    assert size(files) - size(runs) <= 25 * MB


def test_no_recorded_run_is_large():
    folders = {path.parent for path in RUNS.rglob("card.json")}
    large = {str(folder.relative_to(RUNS)): size(folder.rglob("*.*")) for folder in folders}
    assert {name: bytes_ for name, bytes_ in large.items() if bytes_ > 8 * MB} == {}

"""Tell whether the built book is that of the present sources; then `make book` has nothing to do.

    python tools/book_state.py check    exits with 0 if it is
    python tools/book_state.py keep     notes that the book has been built completely

Everything counts that can change a page: the contents of the sources, the versions of packages, the
settings, the data on this machine, and whether all built files are still there. What was the case
when `check` was called is what `keep` notes: a source that changes during a build is seen the next
time.
"""

import hashlib
import json
import os
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from local_data import available_data  # noqa: E402
from repository import repository_url  # noqa: E402

SOURCES = (
    "_config.yml",
    "_toc.yml",
    "CITATION.cff",
    "pyproject.toml",
    "constraints.txt",
    "book",
    "lecture_utils",
)
#: Folders that programs write into while they only read the sources.
IGNORED = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache"}
SETTINGS = ("BOOK_", "LECTURE_", "GITHUB_REPOSITORY", "GITHUB_REF")
#: It changes how long a build takes, and nothing else.
JOBS = "BOOK_JOBS"
#: In the folder `_build`: what the book was built from, and what it is being built from.
BUILT, BUILDING = "book-state.json", "book-state.txt"


def inputs(root=ROOT, environ=os.environ):
    """Return a fingerprint of all that the pages depend on, as hexadecimal digits."""
    digest = hashlib.sha256()

    def note(*words):
        digest.update(("\0".join(words) + "\n").encode())

    for path in _files(root, SOURCES):
        note(str(path.relative_to(root)), hashlib.sha256(path.read_bytes()).hexdigest())
    note(*sorted(f"{k}={v}" for k, v in environ.items() if k.startswith(SETTINGS) and k != JOBS))
    note(available_data(environ), repository_url(root, environ), sys.version, *_packages())
    return digest.hexdigest()


def check(root=ROOT, environ=os.environ):
    """Return whether the book is up to date; if not, note from what it is going to be built."""
    now = inputs(root, environ)
    try:
        built = json.loads((root / "_build" / BUILT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        built = {"inputs": None, "files": {}}
    sizes = _sizes(root)
    kept = all(sizes.get(name) == size for name, size in built["files"].items())
    if built["inputs"] == now and kept:
        return True
    (root / "_build").mkdir(exist_ok=True)
    (root / "_build" / BUILT).unlink(missing_ok=True)
    (root / "_build" / BUILDING).write_text(now, encoding="utf-8")
    return False


def keep(root=ROOT):
    """Note that the book has been built from what the last `check` has found."""
    building = root / "_build" / BUILDING
    state = {"inputs": building.read_text(encoding="utf-8"), "files": _sizes(root)}
    (root / "_build" / BUILT).write_text(json.dumps(state, indent=1), encoding="utf-8")
    building.unlink()


def _files(root, names):
    for name in names:
        path = root / name
        paths = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (p for p in paths if p.is_file() and not IGNORED & set(p.parts))


def _sizes(root):
    site = root / "_build" / "html"
    return {str(path.relative_to(site)): path.stat().st_size for path in _files(site, ["."])}


def _packages():
    folder = Path(sysconfig.get_paths()["purelib"])
    return sorted(path.name for path in folder.glob("*.dist-info"))


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        sys.exit(not check())
    elif sys.argv[1:] == ["keep"]:
        keep()
    else:
        sys.exit(__doc__)

"""Write files and folders that are complete as soon as they are there, one process at a time."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Give a folder with another name to fill; at the end it takes its name, in one step.

    On an error it vanishes, and what was there before stays.

    Two processes must not do this for one folder at once: hold a lock.

    Parameters
    ----------
    folder : Path
        What was there before is removed at the end. Folders above it are made.

    Yields
    ------
    Path
        An empty folder beside it.

    Raises
    ------
    OSError
        If it cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with replaced(Path(parent) / "pets") as scratch:
    ...         _ = (scratch / "cat.txt").write_text("meow")
    ...     (Path(parent) / "pets" / "cat.txt").read_text()
    'meow'
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"{folder.name}.part"
    # What a process left that was killed.
    for path in folder.parent.iterdir():
        if path.name.startswith(prefix):
            shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent) as outer:
        # The inner one has the usual permissions; a temporary folder is for its owner alone.
        scratch = os.path.join(outer, folder.name)
        os.mkdir(scratch)
        yield type(folder)(scratch)
        # A folder cannot replace one that is not empty.
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(scratch, folder)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; at the end it replaces it, or vanishes on an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    try:
        yield Path(temporary)
        # mkstemp's files are for their owner alone; a recorded run is for all.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, waiting: str) -> Iterator[None]:
    """Hold the lock of `path` for the length of a ``with`` block; say so before waiting for it.

    Parameters
    ----------
    path : Path
        The lock is a file beside it, with ``.lock`` appended.
    waiting : str
        What to print while another process holds the lock.

    Raises
    ------
    OSError
        If the lock cannot be written.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(waiting, file=sys.stderr)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()

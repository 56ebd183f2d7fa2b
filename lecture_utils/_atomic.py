"""Write files and folders so that no other process ever sees a half-written one; hold locks."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Yield a folder to fill, which takes the place of `folder` at the end.

    If the block raises an error, the new folder is removed and the old one stays. A folder cannot
    replace one that is not empty, so it takes two renames, and for a moment there is no `folder`.
    If the process is killed in this moment, the next call restores the old one first.

    Two processes must not do this for the same folder at the same time: hold a lock.

    Parameters
    ----------
    folder : Path
        An existing folder of this name is removed at the end. Parent folders are created.

    Yields
    ------
    Path
        An empty temporary folder next to `folder`.

    Raises
    ------
    OSError
        If the folder cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with replaced(Path(parent) / "pets") as scratch:
    ...         _ = (scratch / "cat.txt").write_text("meow")
    ...     (Path(parent) / "pets" / "cat.txt").read_text()
    'meow'
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    prefix, old = f"{folder.name}.part", f"{folder.name}.old"
    # Left over from a process that was killed: `tempfile` adds eight characters to the prefix.
    for path in folder.parent.iterdir():
        if re.fullmatch(re.escape(prefix) + "[a-z0-9_]{8}", path.name):
            if not folder.exists() and (path / old).exists():
                os.replace(path / old, folder)
            shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent) as outer:
        # The inner folder has the usual permissions; only the owner may read a temporary folder.
        scratch = os.path.join(outer, folder.name)
        os.mkdir(scratch)
        yield type(folder)(scratch)
        aside = os.path.join(outer, old)
        if folder.exists():
            os.replace(folder, aside)
        try:
            os.replace(scratch, folder)
        except BaseException:
            if os.path.exists(aside):
                os.replace(aside, folder)
            raise


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` at the end, or is deleted if an error occurs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    try:
        yield Path(temporary)
        # Only the owner may read a file made by mkstemp, but everybody may read a recorded run.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, waiting: str) -> Iterator[None]:
    """Hold the lock of `path` for the duration of a ``with`` block; print a message before waiting.

    Parameters
    ----------
    path : Path
        The lock is a file next to it, with ``.lock`` appended.
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


@contextmanager
def claimed(path: Path, taken: str) -> Iterator[None]:
    """Hold the lock of `path` for the duration of a ``with`` block; do not wait for another holder.

    The system releases the lock when the process ends, however it ends.

    Parameters
    ----------
    path : Path
        As for `locked`. The lock's file is removed at the end.
    taken : str
        The message of the error if the lock is held already.

    Raises
    ------
    FileExistsError
        If another process, or another call in this one, holds the lock.
    OSError
        If the lock cannot be written.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise FileExistsError(taken) from None
    try:
        yield
    finally:
        # While it is held, so that nobody else's lock is removed. Windows does it by itself, later.
        with suppress(OSError):
            os.unlink(lock.lock_file)
        lock.release()

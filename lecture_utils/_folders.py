"""Make a folder that is complete as soon as it is there."""

import os
import shutil
import tempfile
from contextlib import contextmanager


@contextmanager
def replaced(folder):
    """Give a folder with another name to fill; it takes its name, in one step, if nothing goes wrong.

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
    >>> with replaced(Path("pets")) as scratch:  # doctest: +SKIP
    ...     (scratch / "cat.jpg").write_bytes(content)
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

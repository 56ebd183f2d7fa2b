"""Unpack a ZIP archive: all chosen files or none, and nothing outside of the folder."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

from lecture_utils._atomic import replaced


class ArchiveError(ValueError):
    """The archive is damaged, or has a member that would lie outside of the folder."""


def unpack(
    archive: str | os.PathLike[str],
    choose: Callable[[str], str | None],
    folder: Path,
    finish: Callable[[Path], None] | None = None,
) -> None:
    """Unpack some members of a ZIP archive into a new folder, which appears when it is complete.

    Parameters
    ----------
    archive : path
    choose : callable
        Takes the name of a member, returns the path for it inside `folder`, or None to leave it.
    folder : Path
        What was there before is replaced.
    finish : callable, optional
        Takes the folder while it still has another name, to look at the files or add to them.

    Raises
    ------
    ArchiveError
        If the archive is damaged, or a name leads outside, chosen or not. Then nothing is changed.
    OSError
        If the archive cannot be read or the folder cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as parent:
    ...     with zipfile.ZipFile(f"{parent}/pets.zip", "w") as archive:
    ...         archive.writestr("Cat/1.txt", "meow")
    ...     unpack(f"{parent}/pets.zip", str.lower, Path(parent) / "pets")
    ...     (Path(parent) / "pets" / "cat" / "1.txt").read_text()
    'meow'
    """
    with replaced(folder) as scratch, open(archive, "rb") as file:
        for target, content in _chosen(file, choose):
            path = scratch / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if finish:
            finish(scratch)


def _chosen(file: BinaryIO, choose: Callable[[str], str | None]) -> Iterator[tuple[str, bytes]]:
    try:
        members = zipfile.ZipFile(file)
        for name in members.namelist():
            # Windows understands both slashes, and drives: what is safe there is safe everywhere.
            path = PureWindowsPath(name)
            if path.anchor or ".." in path.parts:
                raise ArchiveError(
                    f"{file.name} holds {name!r}, which leads outside; do not use this file"
                )
            target = None if name.endswith("/") else choose(name)
            if target is not None:
                yield target, members.read(name)
    except ArchiveError:
        raise
    except Exception as error:  # Damage shows in many ways.
        raise ArchiveError(
            f"{file.name} is damaged ({error}); delete it and fetch it again"
        ) from error

"""Unpack a ZIP archive: all selected files or none, and nothing outside the target folder."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

from lecture_utils._atomic import replaced


class ArchiveError(ValueError):
    """The archive is damaged, or has a member that would be written outside the folder."""


def unpack(
    archive: str | os.PathLike[str],
    choose: Callable[[str], str | None],
    folder: Path,
    finish: Callable[[Path], None] | None = None,
) -> None:
    """Unpack selected members of a ZIP archive into a new folder, which appears when complete.

    Parameters
    ----------
    archive : path
    choose : callable
        Takes the name of a member and returns its path inside `folder`, or None to skip it.
    folder : Path
        A previous folder of this name is replaced.
    finish : callable, optional
        Takes the folder while it still has its temporary name, to check the files or add to them.

    Raises
    ------
    ArchiveError
        If the archive is damaged, or any name, selected or not, leads outside. Nothing is changed.
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
            # Windows accepts both slashes, and drives: a name that is safe there is safe
            # everywhere.
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
    except Exception as error:  # Damage causes many kinds of errors.
        raise ArchiveError(
            f"{file.name} is damaged ({error}); delete it and download it again"
        ) from error

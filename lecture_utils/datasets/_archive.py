"""Take files out of a ZIP archive from the internet: all of them whole, none outside the folder."""

import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from lecture_utils._atomic import replaced


class ArchiveError(ValueError):
    """The archive is damaged, or holds what no honest archive would."""


def unpack(archive, choose, folder, finish=None, *, largest=100_000_000):
    """Unpack some members of a ZIP archive into a new folder, which appears when it is complete.

    Parameters
    ----------
    archive : path
    choose : callable
        Takes the name of a member, returns the path for it inside `folder`, or None to leave it.
    folder : path
        What was there before is replaced.
    finish : callable, optional
        Takes the folder while it still has another name, to look at the files or add to them.
    largest : int
        Bytes that one file may have.

    Raises
    ------
    ArchiveError
        If a member has another checksum than the archive says, is larger than `largest`, is a link,
        or has a name that leads outside, whether it was chosen or not. Then nothing was changed.
    OSError
        If the archive cannot be read or the folder cannot be written.

    Examples
    --------
    >>> unpack("pets.zip", lambda name: name, "pets")  # doctest: +SKIP
    """
    archive, folder = Path(archive), Path(folder)
    with replaced(folder) as scratch, open(archive, "rb") as file:
        with _complaining_of(archive):
            members = zipfile.ZipFile(file)
        for member in members.infolist():
            _check(member, archive)
        for member in members.infolist():
            target = None if member.is_dir() else choose(member.filename)
            if target is not None:
                _extract(members, member, scratch / target, largest, archive)
        if finish:
            finish(scratch)


@contextmanager
def _complaining_of(archive):
    try:
        yield
    # Damage shows in many ways, a place before the beginning of the file (OSError) among them.
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError,
        NotImplementedError,
    ) as error:  # fmt: skip
        raise ArchiveError(
            f"{archive} is damaged ({error}); delete it and fetch it again"
        ) from error


def _check(member, archive):
    name = member.filename
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise ArchiveError(f"{archive} holds {name!r}, which leads outside; do not use this file")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ArchiveError(f"{archive} holds {name!r}, which is a link; do not use this file")


def _extract(members, member, target, largest, archive):
    if member.file_size > largest:
        raise ArchiveError(
            f"{archive} holds {member.filename!r} with {member.file_size:,} bytes, which is no photo; "
            "do not use this file"
        )
    with _complaining_of(archive):
        # Reading to the end compares the checksum; no more than the size that was announced is read.
        content = members.read(member)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)

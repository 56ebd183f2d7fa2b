"""Download one file so that it is either complete and correct, or not there at all.

Bytes go into ``NAME.part`` next to the target, where an interrupted download resumes. Only a file
with the correct checksum gets the target's name, in one step.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from lecture_utils._atomic import locked

# How often a dropped connection is resumed, per address.
ATTEMPTS = 3


class DownloadError(OSError):
    """No valid copy of the file could be downloaded; the message says why and what to do."""


class _AddressFailed(Exception):
    """An address does not provide the file; the next one may."""


class _Interrupted(Exception):
    """The connection ended before the file did; resuming may help."""


def download(
    urls: Iterable[str],
    path: str | os.PathLike[str],
    checksum: str,
    *,
    timeout: float = 10.0,
    progress: bool = True,
) -> Path:
    """Make sure that a file is on disk, complete and unaltered.

    Parameters
    ----------
    urls : sequence of str
        Addresses of the same file, tried in turn.
    path : path-like
        Where to save the file. Parent folders are created. If the file exists with the correct
        checksum, nothing is downloaded; two processes that need it at once share one download.
    checksum : str
        ``"md5:..."`` or ``"sha256:..."`` and hexadecimal digits.
    timeout : float
        Seconds to wait for a connection or for the next bytes.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    DownloadError
        If no address delivers the correct file, the disk is full or the folder cannot be written.
        This function never leaves a file with the wrong checksum at `path`.

    Examples
    --------
    >>> download(["https://example.org/a.gz"], "a.gz", "md5:...")  # doctest: +SKIP
    """
    path = Path(path)
    try:
        with locked(path, f"{path.name}: waiting for another process that downloads it"):
            if not (path.exists() and has_checksum(path, checksum)):
                _fetch(list(urls), path, checksum, timeout, progress)
    except DownloadError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DownloadError(
                f"the disk is full: {path.name} did not fit into {path.parent}. The partial file "
                "is deleted; free some space, or set LECTURE_CACHE to a folder on another disk"
            ) from error
        raise DownloadError(
            f"cannot write {path}: {error}. Set LECTURE_CACHE to a folder that you may write to"
        ) from error
    return path


def has_checksum(path: str | os.PathLike[str], checksum: str) -> bool:
    """Return whether a file has the given checksum.

    Parameters
    ----------
    path : path-like
        The file, which must exist.
    checksum : str
        ``"md5:..."`` or ``"sha256:..."``; at least the first eight hexadecimal digits, the number
        that torchvision's file names contain.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If `checksum` names another algorithm or has fewer than eight digits.
    """
    algorithm, _, expected = checksum.partition(":")
    if algorithm not in ("md5", "sha256"):
        raise ValueError(f'checksum is {checksum!r}; write "md5:..." or "sha256:..."')
    if len(expected) < 8:
        raise ValueError(f"checksum is {checksum!r}; it needs at least eight digits")
    with open(path, "rb") as file:
        # The checksum only guards against accidents; this flag allows MD5 on machines that ban it.
        digest = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False))
    return digest.hexdigest().startswith(expected.lower())


def _fetch(urls, path, checksum, timeout, progress):
    part = path.with_name(path.name + ".part")
    problems = []
    for url in urls:
        try:
            _fetch_from(url, part, checksum, timeout, progress)
        except (_AddressFailed, _Interrupted) as error:
            problems.append(f"  {url}: {error}")
        except OSError:
            # A full disk or a read-only folder: another address would not help.
            part.unlink(missing_ok=True)
            raise
        else:
            os.replace(part, path)
            return
    raise DownloadError(
        f"{path.name} could not be downloaded:\n" + "\n".join(problems) + "\n"
        "Check the connection and try again; the part received so far is kept."
    )


def _fetch_from(url, part, checksum, timeout, progress):
    """Fill `part` from one address until its checksum is correct."""
    for attempt in range(1, ATTEMPTS + 1):
        resumed = part.exists() and part.stat().st_size > 0
        try:
            _receive(url, part, timeout, progress)
        except _Interrupted:
            if attempt == ATTEMPTS:
                raise
            continue
        if has_checksum(part, checksum):
            return
        part.unlink()
        # The existing part may have been the bad half; a fresh copy from here may be good.
        if not resumed:
            raise _AddressFailed("the file it sent had the wrong checksum and was deleted")
    raise _AddressFailed("the file it sent had the wrong checksum and was deleted")


def _receive(url, part, timeout, progress):
    """Append the missing bytes to `part`; start again if the server cannot resume."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "lecture-utils", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        response = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=timeout
        )
    except urllib.error.HTTPError as error:
        with error:
            # 416: there are no bytes after our last one. The checksum tells whether the file is
            # complete.
            if error.code == 416 and start:
                return
            raise _AddressFailed(f"the server answered {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _AddressFailed(f"no answer ({getattr(error, 'reason', error)})") from error
    with response:
        if response.headers.get_content_type() == "text/html":
            raise _AddressFailed("it sent a web page instead of the file (a quota or login page?)")
        if response.status != 206:
            start = 0  # this server cannot resume and sends the whole file
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            part.unlink(missing_ok=True)
            raise _Interrupted("it sent a different part of the file than requested")
        _write(response, part, start, progress)


def _write(response, part, start, progress):
    from tqdm import tqdm

    length = response.headers.get("Content-Length")
    end = start + int(length) if length and length.isdigit() else None
    bar = tqdm(
        desc=part.name.removesuffix(".part"), initial=start, total=end, unit="B", unit_scale=True,
        disable=not progress,
    )  # fmt: skip
    with bar, open(part, "ab" if start else "wb") as file:
        while chunk := _read(response):
            # Some servers label an error page as data.
            if file.tell() == 0 and chunk.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
                raise _AddressFailed("it sent a web page instead of the file (a quota page?)")
            file.write(chunk)
            bar.update(len(chunk))
        received = file.tell()
    if end is not None and received < end:
        raise _Interrupted(f"the connection ended after {received:,} of {end:,} bytes")


def _read(response):
    try:
        return response.read(1 << 16)
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(f"the connection broke ({error!r})") from error

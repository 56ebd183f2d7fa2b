"""Downloads from a server that misbehaves: a good file or a clear error, and the next try works."""

import errno
import hashlib
import multiprocessing
import os
import socket
import time

import numpy as np
import pytest
from faulty_server import FaultyServer

from lecture_utils.datasets import DownloadError, _download
from lecture_utils.datasets._download import download, has_checksum

CONTENT = np.random.default_rng(0).bytes(1_500_000)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2


def fetch(urls, path, checksum=SHA256):
    return download([urls] if isinstance(urls, str) else urls, path, checksum, progress=False)


def assert_good(path):
    assert path.read_bytes() == CONTENT
    assert not path.with_name(path.name + ".part").exists()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "data.bin"


@pytest.fixture
def dead_url():
    with socket.socket() as listener:  # a port where nobody listens
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}/data.bin"


@pytest.mark.parametrize("checksum", [MD5, SHA256, SHA256.replace("sha256:", "sha256:").upper()])
def test_fetches_once(path, checksum):
    checksum = checksum.replace("SHA256:", "sha256:")
    with FaultyServer(CONTENT) as server:
        assert fetch(server.url, path, checksum) == path
        assert_good(path)
        fetch(server.url, path, checksum)
        assert server.ranges == [None]


def test_shows_progress(path, capsys):
    with FaultyServer(CONTENT) as server:
        download([server.url], path, MD5)
    assert "data.bin" in capsys.readouterr().err


def test_goes_on_where_the_connection_was_cut(path):
    with FaultyServer(CONTENT, ["cut"]) as server:
        fetch(server.url, path)
        assert_good(path)
        assert server.ranges == [None, f"bytes={HALF}-"]


def test_goes_on_after_a_cut_without_a_length(path):
    with FaultyServer(CONTENT, ["chunked cut"]) as server:
        fetch(server.url, path)
        assert_good(path)
        assert len(server.ranges) == 2


def test_gives_up_after_three_cuts_and_keeps_what_came(path):
    with FaultyServer(CONTENT, ["cut"] * 3) as server:
        with pytest.raises(DownloadError, match=r"connection ended after .* of 1,500,000 bytes"):
            fetch(server.url, path)
        assert not path.exists()
        part = path.with_name("data.bin.part").read_bytes()
        assert part == CONTENT[: len(part)]
        fetch(server.url, path)
        assert_good(path)
        assert server.ranges[-1] == f"bytes={len(part)}-"


def test_another_mirror_goes_on_with_the_same_file(path):
    with FaultyServer(CONTENT, ["cut"] * 3) as first, FaultyServer(CONTENT) as second:
        fetch([first.url, second.url], path)
        assert_good(path)
        assert second.ranges[0].startswith("bytes=")


def test_server_that_ignores_range_starts_anew(path):
    with FaultyServer(CONTENT, ["cut", "whole"]) as server:
        fetch(server.url, path)
        assert_good(path)
        assert server.ranges == [None, f"bytes={HALF}-"]


def test_range_that_was_not_asked_for_is_not_used(path):
    with FaultyServer(CONTENT, ["cut", "shifted"]) as server:
        fetch(server.url, path)
        assert_good(path)
        assert server.ranges == [None, f"bytes={HALF}-", None]


def test_damaged_part_is_thrown_away(path):
    path.parent.mkdir()
    path.with_name("data.bin.part").write_bytes(b"?" * 1000)
    with FaultyServer(CONTENT) as server:
        fetch(server.url, path)
        assert_good(path)
        assert server.ranges == ["bytes=1000-", None]


@pytest.mark.parametrize("part", [CONTENT, CONTENT + b"too much"])
def test_part_that_is_already_long_enough(path, part):
    path.parent.mkdir()
    path.with_name("data.bin.part").write_bytes(part)
    with FaultyServer(CONTENT) as server:
        fetch(server.url, path)
        assert_good(path)


def test_wrong_checksum_leaves_nothing(path):
    with FaultyServer(CONTENT, ["wrong"]) as server:
        with pytest.raises(DownloadError, match="wrong checksum"):
            fetch(server.url, path)
        assert [entry.suffix for entry in path.parent.iterdir()] in ([], [".lock"])
        fetch(server.url, path)
        assert_good(path)


def test_wrong_checksum_tries_the_next_mirror(path):
    with FaultyServer(CONTENT, ["wrong"]) as bad, FaultyServer(CONTENT) as good:
        fetch([bad.url, good.url], path)
        assert_good(path)


def test_damaged_file_is_replaced(path):
    path.parent.mkdir()
    path.write_bytes(CONTENT[:1000])
    with FaultyServer(CONTENT) as server:
        fetch(server.url, path)
        assert_good(path)


def test_damaged_file_stays_until_there_is_a_better_one(path, dead_url):
    path.parent.mkdir()
    path.write_bytes(CONTENT[:1000])
    with pytest.raises(DownloadError):
        fetch(dead_url, path)
    assert path.read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("fault", ["html", "disguised"])
def test_web_page_is_refused(path, fault):
    with FaultyServer(CONTENT, [fault]) as server:
        with pytest.raises(DownloadError, match="web page instead of the file"):
            fetch(server.url, path)
        assert not path.exists()
        fetch(server.url, path)
        assert_good(path)


@pytest.mark.parametrize("fault", ["html", "disguised"])
def test_web_page_does_not_spoil_what_has_come(path, fault):
    with FaultyServer(CONTENT, ["cut", fault]) as first, FaultyServer(CONTENT) as second:
        fetch([first.url, second.url], path)
        assert_good(path)


def test_server_gone(path, dead_url):
    with pytest.raises(DownloadError, match=rf"(?s){dead_url}: no answer .*Check the connection"):
        fetch(dead_url, path)
    assert not path.exists()
    with FaultyServer(CONTENT) as server:
        fetch([dead_url, server.url], path)
        assert_good(path)


def test_server_error_names_every_mirror(path, dead_url):
    with FaultyServer(CONTENT, ["gone"]) as server:
        with pytest.raises(DownloadError, match="answered 503") as caught:
            fetch([server.url, dead_url], path)
        assert server.url in str(caught.value)
        assert dead_url in str(caught.value)
        fetch([server.url, dead_url], path)
        assert_good(path)


def test_silent_server_does_not_hold_us_up(path):
    with socket.create_server(("127.0.0.1", 0)) as mute:  # accepts and never says a word
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/data.bin"
        with pytest.raises(DownloadError, match=r"no answer.*timed out"):
            download([url], path, MD5, timeout=0.2, progress=False)


class _FullDisk:
    """A file on a disk with room for 600,000 bytes."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def tell(self):
        return self.file.tell()

    def write(self, chunk):
        if self.file.tell() + len(chunk) > 600_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(chunk)


def test_disk_full(path, monkeypatch):
    def open_on_full_disk(name, mode):
        return _FullDisk(open(name, mode)) if "b" in mode and mode != "rb" else open(name, mode)

    with FaultyServer(CONTENT) as server:
        with monkeypatch.context() as patch:
            patch.setattr(_download, "open", open_on_full_disk, raising=False)
            with pytest.raises(DownloadError, match=r"disk is full.*LECTURE_CACHE"):
                fetch([server.url, server.url], path)
        assert len(server.ranges) == 1  # another mirror would not make more room
        assert not path.exists()
        assert not path.with_name("data.bin.part").exists()
        fetch(server.url, path)
        assert_good(path)


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match=r"cannot write.*LECTURE_CACHE"):
        fetch("http://127.0.0.1:9/", tmp_path / "file" / "data.bin")


def _fetch_in_process(url, path, results):
    fetch(url, path)
    results.put(path.read_bytes() == CONTENT)


@pytest.mark.slow
def test_two_processes_share_one_download(path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    # Should a second download start after all, it gets a file of its own making: rubbish.
    with FaultyServer(CONTENT, ["slow", "wrong", "wrong"]) as server:
        processes = [
            context.Process(target=_fetch_in_process, args=(server.url, path, results))
            for _ in range(2)
        ]
        for process in processes:
            process.start()
        assert [results.get(timeout=60) for _ in processes] == [True, True]
        for process in processes:
            process.join()
        assert server.ranges == [None]
    assert_good(path)


def test_killed_process_is_taken_over(path):
    context = multiprocessing.get_context("spawn")
    results, part = context.Queue(), path.with_name("data.bin.part")
    with FaultyServer(CONTENT, ["slow"]) as server:
        process = context.Process(target=_fetch_in_process, args=(server.url, path, results))
        process.start()
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size > 0) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        process.join()
        assert not path.exists()
        assert 0 < part.stat().st_size < len(CONTENT)
        fetch(server.url, path)
        assert server.ranges[1].startswith("bytes=")
    assert_good(path)


def test_unknown_checksum(path):
    path.parent.mkdir()
    path.touch()
    with pytest.raises(ValueError, match=r"'crc:1'; write \"md5"):
        has_checksum(path, "crc:1")

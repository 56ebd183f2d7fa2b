"""The package without its recorded runs: each run is downloaded when it is needed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from file_server import serving

import lecture_utils
from lecture_utils import runs
from lecture_utils.datasets import DownloadError
from lecture_utils.runs import _on_demand, _store
from lecture_utils.runs.__main__ import main

ROOT = Path(lecture_utils.__file__).parents[1]
RUN = "mnist/dense/seed1"


@pytest.fixture
def served(tmp_path):
    """A copy of one run, and of a card of another, on a server: folder and address."""
    folder = tmp_path / "served"
    shutil.copytree(_store.RECORDED / RUN, folder / RUN)
    (folder / "mnist/dense/seed2").mkdir()
    shutil.copy(_store.RECORDED / "mnist/dense/seed2/card.json", folder / "mnist/dense/seed2")
    with serving(folder) as address:
        yield folder, address


@pytest.fixture
def without_runs(served, tmp_path, monkeypatch):
    """An installation without runs, whose list of files leads to the server."""
    folder, address = served
    index = {
        "address": address,
        "files": {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }
    (tmp_path / "index.json").write_text(json.dumps(index))
    monkeypatch.setattr(_on_demand, "INDEX", tmp_path / "index.json")
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LECTURE_OFFLINE", raising=False)
    _on_demand._index.cache_clear()
    yield folder
    _on_demand._index.cache_clear()


def test_a_run_is_downloaded_when_it_is_needed(without_runs, tmp_path):
    expected = runs.load("mnist/dense", 1, root=_store.RECORDED)
    assert runs.available() == [("mnist/dense", 1), ("mnist/dense", 2)]
    assert runs.available("mnist/gap") == []
    assert not (tmp_path / "cache").exists()
    run = runs.load("mnist/dense", 1)
    assert run.folder == tmp_path / "cache" / "runs" / RUN
    assert (run.card, run.history) == (expected.card, expected.history)
    assert not (tmp_path / "cache/runs/mnist/dense/seed2").exists()
    with pytest.raises(FileNotFoundError, match=r"not recorded \(there are seeds \[1, 2\]\)"):
        runs.load("mnist/dense", 7)


def test_listing_the_runs_downloads_none(without_runs, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("mnist/dense "))
    assert [line.strip() for line in lines[first + 1 : first + 3]] == ["seed 1", "seed 2"]
    assert not (tmp_path / "cache").exists()
    assert main(["list", "--root", str(without_runs)]) == 1  # the copy of seed 2 has no history
    assert str(runs.load("mnist/dense", 1, root=_store.RECORDED)) in capsys.readouterr().out


def test_the_cache_needs_no_network(without_runs, monkeypatch):
    runs.load("mnist/dense", 1)
    shutil.rmtree(without_runs)
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    assert runs.load("mnist/dense", 1).card["seed"] == 1
    with pytest.raises(FileNotFoundError, match=r"LECTURE_OFFLINE forbids .* mnist/dense, seed 2"):
        runs.load("mnist/dense", 2)


def test_a_damaged_file_in_the_cache_is_an_error_without_a_network(without_runs, monkeypatch):
    card = runs.load("mnist/dense", 1).folder / "card.json"
    card.write_text(card.read_text() + " ")
    shutil.rmtree(without_runs)
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    with pytest.raises(FileNotFoundError, match=r"card.json is damaged.*forbids.*; unset it"):
        runs.load("mnist/dense", 1)


@pytest.mark.parametrize("fault", ["missing", "changed"])
def test_a_file_that_does_not_come_is_reported_with_a_remedy(without_runs, fault):
    card = without_runs / RUN / "card.json"
    if fault == "missing":
        card.unlink()
    else:
        card.write_text(card.read_text() + " ")
    with pytest.raises(DownloadError, match=r"[^.]\. Or .*without LECTURE_WITHOUT_RUNS"):
        runs.load("mnist/dense", 1)


def test_programs_of_demos_find_downloaded_runs_without_a_folder(without_runs):
    from lecture_utils.widgets._run_roots import root_of

    assert root_of(runs.load("mnist/dense", 1)) == ""


BUILD = "from setuptools.build_meta import build_wheel; build_wheel('wheel')"


@pytest.mark.slow
@pytest.mark.parametrize("without", [True, False])
def test_the_wheel_with_and_without_runs(tmp_path, without):
    source = tmp_path / "source"
    (source / "wheel").mkdir(parents=True)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / "lecture_utils",
        source / "lecture_utils",
        copy_function=os.link if os.stat(tmp_path).st_dev == os.stat(ROOT).st_dev else shutil.copy2,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    environment = os.environ | {"LECTURE_WITHOUT_RUNS": str(int(without))}
    subprocess.run([sys.executable, "-c", BUILD], cwd=source, env=environment, check=True)
    (wheel,) = (source / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        sizes = {one.filename: one.file_size for one in archive.infolist()}
        prefix = "lecture_utils/data/runs/"
        packed = {name.removeprefix(prefix) for name in sizes if name.startswith(prefix)}
        recorded = {
            path.relative_to(_store.RECORDED).as_posix(): path
            for path in _store.RECORDED.rglob("*")
            if path.is_file()
        }
        if not without:
            assert packed == set(recorded)
            assert sum(sizes.values()) <= 60e6
            return
        assert packed == {"index.json"}
        index = json.loads(archive.read(f"{prefix}index.json"))
    assert sum(sizes.values()) <= 25e6
    assert "/raw/" in index["address"] and index["address"].endswith("lecture_utils/data/runs")
    assert set(index["files"]) == set(recorded)
    some = f"{RUN}/card.json"
    assert index["files"][some] == hashlib.sha256(recorded[some].read_bytes()).hexdigest()

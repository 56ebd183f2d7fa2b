"""When `make book` may say that there is nothing to do."""

import os
import subprocess
from pathlib import Path

import book_state
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A built book; its environment names no data."""
    for name in (*book_state.SOURCES[:5], "book/a.ipynb", "lecture_utils/runs/card.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    address = 'Repository = "https://github.com/us/book"'
    (tmp_path / "pyproject.toml").write_text(f"[project.urls]\n{address}\n")
    site = tmp_path / "_build" / "html" / "book"
    site.mkdir(parents=True)
    (site / "a.html").write_text("page")
    assert not book_state.check(tmp_path, {})
    book_state.keep(tmp_path)
    assert book_state.check(tmp_path, {})
    return tmp_path


def test_nothing_changed(checkout):
    (checkout / "book" / "__pycache__").mkdir()
    (checkout / "book" / "__pycache__" / "a.pyc").write_text("compiled")
    os.utime(checkout / "book" / "a.ipynb", (0, 0))  # contents count, not dates
    (checkout / "README.md").write_text("not a page")
    (checkout / "_build" / "html" / "book.pdf").write_text("printed afterwards")
    assert book_state.check(checkout, {"BOOK_JOBS": "7", "HOME": "/elsewhere"})


CHANGES = {
    "a chapter": lambda root: (root / "book" / "a.ipynb").write_text("new"),
    "a new page": lambda root: (root / "book" / "b.md").write_text(""),
    "a page less": lambda root: (root / "book" / "a.ipynb").unlink(),
    "a run": lambda root: (root / "lecture_utils" / "runs" / "card.json").write_text("{}"),
    "the contents": lambda root: (root / "_toc.yml").write_text("new"),
    "a built page is gone": lambda root: (root / "_build" / "html" / "book" / "a.html").unlink(),
    "a built page is cut off": lambda root: (root / "_build/html/book/a.html").write_text("pa"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_seen_until_the_book_is_built(checkout, change):
    change(checkout)
    for _ in range(2):  # a build that fails leaves everything as it was
        assert not book_state.check(checkout, {})
    book_state.keep(checkout)
    assert book_state.check(checkout, {})


@pytest.mark.parametrize("name", ["LECTURE_DATA", "LECTURE_OFFLINE", "BOOK_URL", "BOOK_PDF"])
def test_settings_count(checkout, name):
    assert not book_state.check(checkout, {name: str(checkout)})


def test_downloaded_data_and_packages_count(checkout, monkeypatch):
    monkeypatch.setattr(book_state, "available_data", lambda environ: "VGG16")
    assert not book_state.check(checkout, {})
    monkeypatch.undo()
    book_state.keep(checkout)
    monkeypatch.setattr(book_state, "_packages", lambda: ["sphinx-99.dist-info"])
    assert not book_state.check(checkout, {})


def test_the_address_of_the_repository_counts(checkout):
    git = ["git", "-C", str(checkout)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "https://github.com/a/b"], check=True)
    assert not book_state.check(checkout, {})


def test_a_source_that_changes_during_a_build_is_seen_the_next_time(checkout):
    (checkout / "book" / "a.ipynb").write_text("first")
    assert not book_state.check(checkout, {})
    (checkout / "book" / "a.ipynb").write_text("second")
    book_state.keep(checkout)
    assert not book_state.check(checkout, {})


def test_sources_are_those_that_the_extensions_read():
    assert all((ROOT / name).exists() for name in book_state.SOURCES)
    for path in (ROOT / "book" / "_ext").glob("*.py"):
        for part in path.read_text(encoding="utf-8").split('ROOT / "')[1:]:
            name = part.split('"')[0]
            assert name in book_state.SOURCES, (path.name, name)

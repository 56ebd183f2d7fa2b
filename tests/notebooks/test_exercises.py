"""Every exercise has a stub, a check and a solution, and is held to both verdicts: open, and then
solved.

The build executes each check twice (``book/_ext/execute_chapters.py``); ``book/conftest.py`` looks
at what both print.
"""

from pathlib import Path

import execute_chapters
import nbformat
import notebooks
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "book").glob("*.ipynb"))
chapters = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


@chapters
def test_exercises_come_as_stub_check_and_solution(path):
    parts = [
        tag
        for cell in read(path).cells
        for tag in cell.metadata.get("tags", [])
        if tag in ("exercise", "check", "solution")
    ]
    assert len(parts) >= 3 * 4
    assert parts == ["exercise", "check", "solution"] * (len(parts) // 3)


@chapters
def test_the_build_expects_each_exercise_open_and_then_solved(path):
    verdicts = [
        cell.outputs[0].text[:1]
        for cell in execute_chapters.with_repeated_checks(read(path)).cells
        if cell.cell_type == "code"
        and "check(" in cell.source
        and notebooks.KEPT_TAG in cell.metadata.get("tags", [])
    ]
    assert len(verdicts) >= 2 * 4
    assert verdicts == ["○", "✓"] * (len(verdicts) // 2)

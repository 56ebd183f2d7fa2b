"""Every exercise has a stub, a check and a solution, and the copies for nbval hold it to both verdicts.

`make test` has nbval run these copies: see `graded` in ``tools/notebooks.py``.
"""

from pathlib import Path

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
def test_the_copy_expects_each_exercise_open_and_then_solved(path):
    verdicts = [
        cell.outputs[0].text[:1]
        for cell in notebooks.with_checks_after_solutions(read(path)).cells
        if cell.cell_type == "code"
        and "check(" in cell.source
        and notebooks.KEPT_TAG in cell.metadata.get("tags", [])
    ]
    assert len(verdicts) >= 2 * 4
    assert verdicts == ["○", "✓"] * (len(verdicts) // 2)

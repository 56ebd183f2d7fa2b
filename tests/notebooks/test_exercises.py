"""Every exercise: its stub is told to be open, and the solution on the page is told to be right."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "book").glob("*.ipynb"))


def with_checks_after_solutions(notebook):
    """Repeat each check behind its solution, so that one run sees it fail and then pass."""
    cells, check = [], None
    for cell in notebook.cells:
        cells.append(cell)
        tags = cell.metadata.get("tags", [])
        if "check" in tags:
            check = cell
        elif "solution" in tags:
            again = nbformat.v4.new_code_cell(check.source, metadata={"tags": ["check-again"]})
            cells.append(again)
    notebook.cells = cells
    return notebook


def verdicts(notebook, tag):
    return [
        "".join(o.get("text", "") for o in cell.outputs if o.get("name") == "stdout")
        for cell in notebook.cells
        if tag in cell.metadata.get("tags", [])
    ]


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_stubs_are_open_and_solutions_are_right(path):
    notebook = with_checks_after_solutions(nbformat.read(path, as_version=4))
    NotebookClient(
        notebook, timeout=900, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    before, after = verdicts(notebook, "check"), verdicts(notebook, "check-again")
    assert len(before) == len(after) >= 4
    assert [text[:1] for text in before] == ["○"] * len(before), before
    assert [text[:1] for text in after] == ["✓"] * len(after), after

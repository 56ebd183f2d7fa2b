"""Where the text interprets an output, a claim holds it to the numbers.

A claim is a cell tagged ``claim``: hidden on the page, executed in the build and thus in the tests.
"""

import re
from pathlib import Path

import execute_chapters
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "_build" / ".jupyter_cache"
PATHS = sorted((ROOT / "book").glob("*.ipynb"))
chapters = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
#: Tags of cells whose outputs are not interpreted: exercises, and cells whose output only shows
#: what was loaded or defined.
NOT_INTERPRETED = {"exercise", "check", "solution", "setup", "not-interpreted"}


def read(path):
    return nbformat.read(path, as_version=4)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def sections(notebook):
    """Yield the heading and the cells of each section; a cell can hold several headings."""
    heading, cells = "beginning", []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            cells.append(cell)
            continue
        if "remove-cell" in tags(cell):  # a slide, which repeats what the text around it says
            continue
        for part in re.split(r"^(?=#{1,4} )", cell.source, flags=re.MULTILINE):
            if re.match("#{1,4} ", part):
                yield heading, cells
                heading, _, part = part.partition("\n")
                cells = []
            if part.strip():
                cells.append(nbformat.v4.new_markdown_cell(part))
    yield heading, cells


def shows(outputs):
    """Tell whether a reader sees numbers or a figure that could come out differently."""
    data = [output.get("data", {}) for output in outputs]
    streams = any(output.output_type == "stream" and output.name == "stdout" for output in outputs)
    demo = any("application/vnd.jupyter.widget-view+json" in each for each in data)
    return streams or (not demo and any("text/plain" in each for each in data))


def uncovered(notebook, outputs):
    """List the sections whose text follows an output, and that have no claim."""
    found = []
    for heading, cells in sections(notebook):
        seen = [
            number
            for number, cell in enumerate(cells)
            if cell.cell_type == "code"
            and not tags(cell) & NOT_INTERPRETED
            and shows(outputs.get(cell.id, []))
        ]
        told = seen and any(cell.cell_type == "markdown" for cell in cells[seen[0] + 1 :])
        if told and not any("claim" in tags(cell) for cell in cells):
            found.append(heading)
    return found


@chapters
def test_claims_are_hidden_cells_of_their_own(path):
    for cell in read(path).cells:
        if cell.cell_type == "code" and not tags(cell) & {"exercise", "check", "solution"}:
            claims = bool(re.search(r"^\s*claim\(", cell.source, flags=re.MULTILINE))
            assert claims == ("claim" in tags(cell)), cell.source
            assert "claim" not in tags(cell) or "remove-cell" in tags(cell), cell.source


@chapters
def test_every_section_that_interprets_outputs_has_a_claim(path):
    notebook = read(path)
    assert uncovered(notebook, execute_chapters.executed_outputs(CACHE, notebook)) == []


def test_a_section_without_a_claim_is_found():
    new = nbformat.v4
    printed = [new.new_output("stream", name="stdout", text="0.9\n")]
    code, other = new.new_code_cell("print(0.9)"), new.new_code_cell("claim(True, '')")
    other.metadata.tags = ["claim"]
    text = new.new_markdown_cell("That is a lot.")
    head = new.new_markdown_cell("# Chapter\n\nOnce upon a time.\n\n## How much?")
    outputs = {code.id: printed}

    def found(*cells):
        return uncovered(new.new_notebook(cells=list(cells)), outputs)

    assert found(head, code, text) == ["## How much?"]
    assert found(head, code, text, other) == []
    assert found(head, text, code) == []
    assert found(head, code, new.new_markdown_cell("## Next\n\nSomething else.")) == []
    assert found(head, code, new.new_markdown_cell("It is.\n\n## Next"), other) == ["## How much?"]
    code.metadata.tags = ["not-interpreted"]
    assert found(head, code, text) == []


@chapters
def test_every_exercise_has_a_table_of_answers(path):
    answers = execute_chapters.read_answers(path)
    titles = [
        execute_chapters.exercise_of(cell) for cell in read(path).cells if "check" in tags(cell)
    ]
    assert {answer.exercise for answer in answers} <= set(titles)
    for title in titles:
        verdicts = [answer.hint is None for answer in answers if answer.exercise == title]
        # Beside the solution: an unusual right answer, and two plausible wrong ones.
        assert verdicts.count(True) >= 1, title
        assert verdicts.count(False) >= 2, title

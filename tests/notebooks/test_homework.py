"""Assignments for nbgrader: their format, what students see, and what the hidden tests say to every
answer of the tables.
"""

import re
from pathlib import Path

import homework
import nbformat
import pytest
from answers import read_answers
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "book").glob("*.ipynb"))
chapters = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
#: What nbgrader cuts out of the students' version.
SOLUTION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)
REQUIRED = {"grade", "grade_id", "locked", "schema_version", "solution", "task"}


def about(cell):
    return cell.metadata.get("nbgrader", {})


def bound_in(sources):
    """Return the names that cells bind."""
    return {
        name
        for source in sources
        for node, _ in homework.statements(source)
        for name in homework.bound_names(node)
    }


def released(notebook):
    """Return the sources of the students' version."""
    stub = "# YOUR CODE HERE\nraise NotImplementedError()"
    return [HIDDEN.sub("", SOLUTION.sub(stub, cell.source)) for cell in notebook.cells]


@chapters
def test_every_exercise_is_in_the_assignment(path):
    chapter = nbformat.read(path, as_version=4)
    stubs = [c for c in chapter.cells if "exercise" in c.metadata.get("tags", [])]
    exercises = homework.exercises_of(chapter)
    assert [e.name for e in exercises] == [f"Exercise {n + 1}" for n in range(len(stubs))]
    assert all(e.stub and e.check and e.solution for e in exercises)
    cells = homework.assignment(path).cells
    assert sum(about(c).get("grade", False) for c in cells) == len(stubs) >= 4
    assert sum(about(c).get("solution", False) for c in cells) == len(stubs)


@chapters
@pytest.mark.parametrize("hints", [True, False])
def test_it_has_the_format_of_nbgrader(path, hints):
    notebook = homework.assignment(path, hints)
    nbformat.validate(notebook)
    noted = [about(cell) for cell in notebook.cells[1:]]  # the first one installs the package
    names = [each["grade_id"] for each in noted]
    assert len(names) == len(set(names))
    for cell, each in zip(notebook.cells[1:], noted, strict=True):
        assert set(each) >= REQUIRED and each["schema_version"] == 3
        assert re.fullmatch(r"[\w-]+", each["grade_id"])
        assert each["locked"] != each["solution"]
        assert ("points" in each) == each["grade"]
        assert len(SOLUTION.findall(cell.source)) == each["solution"]
        assert len(HIDDEN.findall(cell.source)) == each["grade"]
        assert each.get("points", 1) > 0


@chapters
@pytest.mark.parametrize("hints", [True, False])
def test_students_see_neither_solutions_nor_hidden_tests(path, hints):
    notebook = homework.assignment(path, hints)
    text = "\n".join(released(notebook))
    assert "SOLUTION" not in text and "HIDDEN" not in text and "assert check(" not in text
    assert ("solved = check(" in text) == hints
    for cell in notebook.cells:
        for solution in SOLUTION.findall(cell.source):
            assert "\n".join(solution.splitlines()[1:-1]) not in text


@chapters
def test_the_text_is_plain_markdown_with_links_that_lead_out(path):
    for cell in homework.assignment(path).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\{[\w:]+\}`|^\(.*\)=|```\{", cell.source, re.MULTILINE)
            assert not re.search(r"\]\((?!https?:)", cell.source), cell.source


@chapters
@pytest.mark.parametrize("hints", [True, False])
def test_every_name_that_a_student_needs_is_there(path, hints):
    notebook = homework.assignment(path, hints)
    code = [
        source
        for cell, source in zip(notebook.cells, released(notebook), strict=True)
        if cell.cell_type == "code" and "%pip" not in source
    ]
    # A helper may name what the student has yet to define.
    assert homework.names_needed(code) <= bound_in(code)


def test_only_what_is_needed_is_kept():
    cells = [
        "# About this cell.\nimport numpy as np\nimport os",
        "def f(x):\n    y = g(x)\n    return y",
        "def g(x):\n    return x + offset\noffset = 1\ny = 5\nprint(f(2))",
        "values = np.zeros(3)\nvalues[0] = 1\nother = np.ones(2)\nplotting.show(values)",
        "offset += 1\nfor name in ('a', 'b'):\n    print(name)",
        "for part in (values, other):\n    part -= part.mean()",
    ]
    assert homework.needed_statements(cells, {"f", "values"}) == [
        "import numpy as np",
        "def f(x):\n    y = g(x)\n    return y",
        "def g(x):\n    return x + offset\n\n\noffset = 1",
        "values = np.zeros(3)\nvalues[0] = 1\nother = np.ones(2)",
        "offset += 1",
        "for part in (values, other):\n    part -= part.mean()",
    ]


def test_hidden_tests_have_other_inputs_but_the_same_hints():
    source = (
        "rng = np.random.default_rng(seed=5)\nsolved = check(\n    'Exercise 1', (g, 'Hint 7.'),\n)"
    )
    exercise = homework.Exercise("Exercise 1", "### Exercise 1: one line", check=source)
    tests = homework.hidden_tests(exercise, [])
    assert "default_rng(seed=1005)" in tests and "assert check(" in tests and "Hint 7." in tests
    assert "seed=5)" in homework.hidden_tests(exercise, [], same_inputs=True)


def with_answers(path):
    """Return an assignment with each answer of the chapter's table, followed by the hidden tests.

    Returns
    -------
    tuple
        The notebook, and for the ids of the cells with answers: the exercise, what kind of answer
        it is, and whether it is right.
    """
    chapter = nbformat.read(path, as_version=4)
    before = homework.code_before_exercises(chapter)
    stubs = {exercise.name: exercise.stub for exercise in homework.exercises_of(chapter)}
    cells, expected, answers = [], {}, read_answers(path)
    for cell in homework.assignment(path, hints=False).cells[1:]:
        if cell.cell_type != "code":
            continue
        if about(cell)["solution"]:
            solution = cell
            continue
        if not about(cell)["grade"]:
            cells.append(cell)
            continue
        exercise = cell.id.replace("exercise-", "Exercise ").removesuffix("-tests")
        known = bound_in(c.source for c in cells)
        tried = [
            (f"{stubs[exercise]}\n\n{answer.source}", answer.label, answer.hint is None)
            for answer in answers
            if answer.exercise == exercise
        ]
        for source, label, right in [*tried, (solution.source, "the solution", True)]:
            # What only this answer takes from the chapter.
            more = homework.names_needed([source]) - known
            extra = homework.needed_statements(before, more) if more else []
            name = f"answer-{len(expected)}"
            expected[name] = exercise, label, right
            source = "\n\n".join([*extra, source, cell.source])
            cells.append(nbformat.v4.new_code_cell(source, id=name))
    metadata = homework.notebooks.NOTEBOOK_METADATA
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata), expected


@pytest.mark.slow
@chapters
def test_right_answers_pass_the_hidden_tests_and_wrong_ones_fail(path):
    notebook, expected = with_answers(path)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, allow_errors=True, resources=where).execute()
    misjudged = []
    for cell in notebook.cells:
        exercise, label, right = expected.get(cell.id, (cell.id, "", True))
        errors = [(o.ename, o.evalue) for o in cell.outputs if o.output_type == "error"]
        printed = "".join(o.text for o in cell.outputs if o.output_type == "stream")
        # A wrong answer gets a hint, and the assertion fails.
        failed = [name for name, _ in errors] == ["AssertionError"] and "○" in printed
        if errors if right else not failed:
            misjudged.append((exercise, label, errors, printed))
    assert misjudged == []

"""Export the exercises as assignments for nbgrader: `make homework`.

    python tools/homework.py [--no-hints] [--output FOLDER] [CHAPTER ...]

A chapter such as ``01_convolution`` becomes ``source/01_convolution/01_convolution.ipynb`` in the
folder of an nbgrader course; ``nbgrader generate_assignment 01_convolution`` makes the students'
version of it. An assignment has

- the parts of the chapter that its exercises need, and nothing else: each statement whose result is
  used;
- for each exercise its text, the stub with the solution in a region that nbgrader removes, the
  check with its hints (left out with ``--no-hints``), and a graded cell of hidden tests.

The hidden tests are those of the check, on other random inputs, so that an answer fitted to the
visible inputs fails. A comment lists the mistakes that they catch, according to the table of
answers (``book/_answers``). ``tests/notebooks/test_homework.py`` gives the hidden tests every
answer of the tables: the correct ones pass, the wrong ones fail.
"""

import argparse
import ast
import builtins
import itertools
import os
import re
import symtable
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import nbformat
import notebooks

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from answers import read_answers  # noqa: E402
from repository import repository_url, site_url  # noqa: E402

OUTPUT = ROOT / "_build" / "homework"
#: Exercises whose hidden tests keep the check's random inputs, because the answer depends on them.
SAME_INPUTS = {("08_interpretation", "Exercise 1")}
#: Code that replaces the training of a model in an assignment: the name bound by the cell, and the
#: code that follows that cell.
BEFOREHAND = {"05_cats_vs_dogs": ("small", 'small.setup("fit")')}
#: The points for an exercise, by a phrase in its title.
POINTS = {"one line": 1, "open-ended": 4}
USUAL_POINTS = 2

_HEADING = re.compile(r"### (Exercise \d+)\b")
_SEED = re.compile(r"((?:seed=|default_rng\(|manual_seed\()\s*)(\d+)")
_ROLE = re.compile(r"\{[\w:]+\}`([^`]*)`")
_LINK = re.compile(r"\]\((\d\d_\w+)\.(?:ipynb|md)(#[^)]*)?\)")
_IMPORTS = ast.Import | ast.ImportFrom
_BLOCKS = ast.FunctionDef | ast.ClassDef
_TAGS = {"stub": "exercise", "check": "check", "solution": "solution"}
#: Calls that only show something.
_SHOWING = {"print", "display", "claim", "check", "show"}
#: Names that are only used for drawing.
_DRAWING = {"plotting", "axis", "axes", "fig", "left", "right", "above", "below"}
_SEEDING = {"manual_seed", "seed_everything"}

CONFIG = """\
# Settings of the course, made by tools/homework.py; change what you like.
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "convolutional-networks"
c.ExecutePreprocessor.timeout = 600
"""


@dataclass
class Exercise:
    """An exercise of a chapter, in the parts that an assignment has."""

    name: str
    text: str
    given: list = field(default_factory=list)  # cells before the stub
    stub: str = ""
    check: str = ""
    solution: str = ""

    @property
    def points(self):
        """The number of points."""
        title = self.text.partition("\n")[0]
        return next((p for words, p in POINTS.items() if words in title), USUAL_POINTS)


# ---- reading a chapter ----


def exercises_of(notebook):
    """Return the exercises of a chapter."""
    result, inside = [], False
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            for part in re.split(r"(?m)^(?=#{2,3} )", cell.source):
                if part.startswith("## "):
                    inside = part.startswith("## Exercises")
                elif inside and (heading := _HEADING.match(part)):
                    result.append(Exercise(heading[1], part.strip()))
                elif inside and result and part.strip() and not result[-1].solution:
                    result[-1].given.append(nbformat.v4.new_markdown_cell(part.strip()))
        elif inside and result and "claim" not in tags:
            exercise = result[-1]
            kind = next((k for k in ("stub", "check", "solution") if _TAGS[k] in tags), None)
            if kind:
                setattr(exercise, kind, cell.source)
            elif not exercise.solution:
                exercise.given.append(cell)
    return result


def plain_markdown(text, address):
    """Convert MyST to Markdown that Jupyter shows: without roles and targets, links to the site."""
    text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\s*\{cite\}`[^`]*`", "", text)
    text = _ROLE.sub(lambda role: re.sub(r"\s*<[^>]*>$", "", role[1]), text)
    page = urljoin(address, "book/")
    return _LINK.sub(lambda link: f"]({page}{link[1]}.html{link[2] or ''})", text)


# ---- what an exercise needs of the chapter ----


def bound_names(node):
    """Return the names that a statement binds."""
    names = set()
    for each in _outside_functions(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(each.name)
        elif isinstance(each, ast.Import | ast.ImportFrom):
            names.update((a.asname or a.name).partition(".")[0] for a in each.names)
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            names.add(each.id)
    return names


def used_names(node):
    """Return the names that a statement, or a function that it defines, reads from outside."""
    if isinstance(node, ast.For):
        inner = names_needed_by(node.body + node.orelse) - bound_names(node.target)
        return used_names(ast.Expr(node.iter)) | inner
    if isinstance(node, ast.With):
        variables = set().union(*(bound_names(i) for i in node.items))
        contexts = set().union(*(used_names(ast.Expr(i.context_expr)) for i in node.items))
        return contexts | (names_needed_by(node.body) - variables)
    if isinstance(node, ast.If | ast.While):
        branches = names_needed_by(node.body) | names_needed_by(node.orelse)
        return used_names(ast.Expr(node.test)) | branches
    if isinstance(node, ast.AugAssign):
        return used_names(ast.Expr(node.value)) | {_root(node.target)}
    # Python's own symbol table tells which names are local to a function, class or comprehension.
    table = symtable.symtable(ast.unparse(node), "statement", "exec")
    read = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    inner = [*table.get_children()]
    while inner:
        scope = inner.pop()
        inner += scope.get_children()
        read |= {s.get_name() for s in scope.get_symbols() if s.is_global() and s.is_referenced()}
    return {name for name in read if not hasattr(builtins, name)}


def names_needed_by(nodes):
    """Return the names that statements, run one after the other, use before they bind them."""
    bound, needed = set(), set()
    for node in nodes:
        needed |= used_names(node) - bound
        bound |= bound_names(node)
    return needed


def changed_names(node):
    """Return the names of objects that a statement may change.

    These are objects whose methods it calls, that it passes to functions, or whose parts it
    assigns.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return set()
    names = set()
    for each in _outside_functions(node):
        if isinstance(each, ast.Attribute | ast.Subscript) and isinstance(each.ctx, ast.Store):
            names.add(_root(each))
        elif isinstance(each, ast.Expr) and isinstance(each.value, ast.Call):
            call = each.value
            if _called(call) not in _SHOWING and _root(call) not in _DRAWING:
                names.add(_root(call.func) if isinstance(call.func, ast.Attribute) else None)
                names.update(_root(argument) for argument in call.args)
        elif isinstance(each, ast.AugAssign):
            names.add(_root(each.target))
        # A loop over objects may change each of them.
        elif isinstance(each, ast.For) and bound_names(each.target) & set().union(
            *map(changed_names, each.body)
        ):
            names |= used_names(ast.Expr(each.iter))
    return names - {None}


def _outside_functions(node):
    """Walk through a statement, but not into the functions and classes that it defines."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_functions(child)


def _root(node):
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _called(call):
    if not isinstance(call, ast.Call):
        return ""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def statements(source, first_comment=True):
    """Return the top-level statements of a cell: syntax tree and text, with comments above it."""
    lines = source.splitlines()
    start = 0 if first_comment else ast.parse(source).body[0].lineno - 1
    parts = []
    for node in ast.parse(source).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
        above = first
        while above > start and lines[above - 1].startswith("#"):
            above -= 1
        parts.append((node, "\n".join(lines[above : node.end_lineno])))
        start = node.end_lineno
    return parts


def needed_statements(cells, needed, comments=False):
    """Return the parts of cells that bind some names.

    Parameters
    ----------
    cells : list of str
        Code, in the order in which it runs.
    needed : set of str
        Names that are used later.
    comments : bool
        Whether to keep a comment at the beginning of a cell, which describes the whole cell.

    Returns
    -------
    list of str
        One cell of imports, and then one for each cell with a needed statement.
    """
    parsed = [statements(source, comments) for source in cells]
    imported = set().union(
        *(bound_names(n) for cell in parsed for n, _ in cell if isinstance(n, _IMPORTS))
    )
    while True:
        imports, kept, late = _kept(parsed, needed, imported)
        # A function may read names that are bound after it.
        if late <= needed:
            return [_joined(parts) for parts in ([imports] if imports else []) + kept]
        needed = needed | late


def _kept(parsed, needed, imported):
    """Go through statements in reverse order; also return the names that functions read."""
    imports, kept, late = [], [], set()
    for cell in reversed(parsed):
        parts = []
        for node, text in reversed(cell):
            bound = bound_names(node)
            seeds = isinstance(node, ast.Expr) and _called(node.value) in _SEEDING
            # A seed is needed by the statements after it.
            if parts if seeds else bound & needed or (changed_names(node) - imported) & needed:
                needed = (needed - bound) | used_names(node)
                late |= used_names(node) if isinstance(node, _BLOCKS) else set()
                (imports if isinstance(node, _IMPORTS) else parts).insert(0, (node, text))
        if parts:
            kept.insert(0, parts)
    return imports, kept, late


def _joined(parts):
    """Join statements, with blank lines around functions and classes."""
    texts = [parts[0][1]]
    for (before, _), (node, text) in itertools.pairwise(parts):
        texts.append("\n" * (3 if isinstance(before, _BLOCKS) or isinstance(node, _BLOCKS) else 1))
        texts.append(text)
    return "".join(texts)


def names_needed(sources):
    """Return the names that cells use before they bind them."""
    return names_needed_by([node for source in sources for node in ast.parse(source).body])


def essential(solution, stub, check):
    """Return the part of a solution that answers the exercise, without what it then shows."""
    goals = set().union(*(bound_names(node) for node in ast.parse(stub).body))
    goals |= names_needed([check])
    return "\n".join(needed_statements([solution], goals, comments=True)) or solution


# ---- writing an assignment ----


def with_other_inputs(source):
    """Return code with other seeds for its random numbers."""
    return _SEED.sub(lambda seed: f"{seed[1]}{int(seed[2]) + 1000}", source)


def hidden_tests(exercise, answers, same_inputs=False):
    """Return the code of a graded cell."""
    helpers = [
        cell.source
        for cell in exercise.given
        if cell.cell_type == "code" and "hide-cell" in cell.metadata.get("tags", [])
    ]
    sources = [*helpers, exercise.check]
    if not same_inputs:
        sources = [with_other_inputs(source) for source in sources]
    tests = re.sub(r"(?m)^(solved = )?(?=check\($)", "", sources.pop())
    tests = re.sub(r"(?m)^check\(", "assert check(", tests)
    mistakes = "\n".join(
        f"#   {a.label} ({a.hint})" for a in answers if a.exercise == exercise.name and a.hint
    )
    comment = f"# Mistakes that these tests catch, each with a part of its hint:\n{mistakes}\n"
    return "\n\n".join([*sources, (comment if mistakes else "") + tests])


def assignment(path, hints=True):
    """Return the teacher's notebook with the exercises of a chapter.

    Parameters
    ----------
    path : pathlib.Path
        Path of the chapter.
    hints : bool
        Whether to give students the checks with their hints.
    """
    chapter = nbformat.read(path, as_version=4)
    exercises, answers, address = exercises_of(chapter), read_answers(path), site_url()
    title = re.search(r"^# (.+)$", _first_text(chapter), re.MULTILINE)[1]
    cells = [
        _text(
            "title",
            f"# Homework: {title}\n\nThese are the exercises of the chapter "
            f"[{title}]({address}book/{path.stem}.html). Replace the line with `raise "
            "NotImplementedError()` in each answer, and keep the names that the exercise gives.",
        )
    ]
    before = code_before_exercises(chapter)
    solutions = [essential(e.solution, e.stub, e.check) for e in exercises]
    exercise_code = []
    for exercise, solution in zip(exercises, solutions, strict=True):
        exercise_code += [c.source for c in exercise.given if c.cell_type == "code"]
        exercise_code += [exercise.stub, solution, exercise.check]
    preparation = needed_statements(before, names_needed(exercise_code))
    if path.stem in BEFOREHAND:
        name, statement = BEFOREHAND[path.stem]
        preparation = [
            f"{source}\n{statement}" if re.search(rf"(?m)^{name} = ", source) else source
            for source in preparation
        ]
    if preparation:
        cells.append(_text("preparation", "## Preparation: code from the chapter"))
    cells += [_code(f"preparation-{n}", source) for n, source in enumerate(preparation)]
    for exercise, solution in zip(exercises, solutions, strict=True):
        name = exercise.name.lower().replace(" ", "-")
        cells.append(_text(name, plain_markdown(exercise.text, address).replace("###", "##", 1)))
        for n, cell in enumerate(exercise.given):
            make = _code if cell.cell_type == "code" else _text
            source = cell.source
            if make is _text:
                source = plain_markdown(source, address)
            cells.append(make(f"{name}-given-{n}", source))
        body = f"{exercise.stub}\n\n### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
        cells.append(_code(f"{name}-answer", body, solution=True))
        if hints:
            cells.append(_code(f"{name}-check", exercise.check))
        same = (path.stem, exercise.name) in SAME_INPUTS
        tests = hidden_tests(exercise, answers, same)
        body = f"# Hidden tests.\n### BEGIN HIDDEN TESTS\n{tests}\n### END HIDDEN TESTS"
        cells.append(_code(f"{name}-tests", body, points=exercise.points))
    result = nbformat.v4.new_notebook(cells=cells, metadata=notebooks.NOTEBOOK_METADATA)
    return notebooks.address(result, repository_url(), os.environ.get("BOOK_BRANCH", "main"))


def _first_text(notebook):
    return next(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code_before_exercises(notebook):
    sources = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown" and "## Exercises" in cell.source:
            break
        if cell.cell_type == "code" and not {"setup", "claim"} & set(tags):
            sources.append(cell.source)
    return sources


def _metadata(name, solution=False, points=None):
    """Return nbgrader's metadata for a cell (format version 3)."""
    about = {
        "grade": points is not None,
        "grade_id": name,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        about["points"] = points
    return {"nbgrader": about}


def _code(name, source, **about):
    return nbformat.v4.new_code_cell(source, id=name, metadata=_metadata(name, **about))


def _text(name, source):
    return nbformat.v4.new_markdown_cell(source, id=name, metadata=_metadata(name))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("chapters", nargs="*", help="for example 01_convolution; by default all")
    parser.add_argument("--no-hints", action="store_true", help="leave out the checks")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    paths = sorted((ROOT / "book").glob("*.ipynb"))
    if unknown := set(arguments.chapters) - {path.stem for path in paths}:
        parser.error(f"no such chapter: {', '.join(sorted(unknown))}")
    for path in paths:
        if arguments.chapters and path.stem not in arguments.chapters:
            continue
        target = arguments.output / "source" / path.stem / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        notebook = assignment(path, not arguments.no_hints)
        nbformat.validate(notebook)
        target.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        points = sum(c.metadata.get("nbgrader", {}).get("points", 0) for c in notebook.cells)
        print(
            f"{path.stem}: {len(exercises_of(nbformat.read(path, 4)))} exercises, {points} points"
        )
    config = arguments.output / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    print(f"The course is in {arguments.output}. Next: nbgrader generate_assignment 01_convolution")


if __name__ == "__main__":
    main()

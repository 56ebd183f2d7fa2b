"""The extensions that build the book: addresses, formulas, which chapters to run again, and running
them.
"""

import asyncio
import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.cache.main import CacheBundleIn
from sphinx.builders.html._assets import _JavaScript
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import answers  # noqa: E402
import demo_data  # noqa: E402
import execute_chapters  # noqa: E402
import mathml  # noqa: E402
import repository  # noqa: E402
import stale_notebooks  # noqa: E402

# ---- the repository's address ----


@pytest.mark.parametrize(
    "address",
    [
        "ann/book",
        "https://github.com/ann/book",
        "https://github.com/ann/book.git",
        "git@github.com:ann/book.git",
    ],
)
def test_a_fork_is_known_by_any_form_of_its_address(address):
    assert (
        repository.repository_url(environ={"BOOK_REPOSITORY": address})
        == "https://github.com/ann/book"
    )


def test_the_workflow_of_a_fork_names_the_fork():
    assert (
        repository.repository_url(environ={"GITHUB_REPOSITORY": "bo/b"})
        == "https://github.com/bo/b"
    )


def test_what_is_no_repository_is_refused():
    with pytest.raises(ValueError, match="'just-a-name'"):
        repository.repository_url(environ={"BOOK_REPOSITORY": "just-a-name"})


def test_without_a_hint_it_is_the_one_in_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project.urls]\nRepository = "https://github.com/x/y"\n'
    )
    assert repository.repository_url(tmp_path, environ={}) == "https://github.com/x/y"


def test_the_address_stands_nowhere_else():
    url = repository.stated_url().removeprefix("https://github.com/")
    known = {"pyproject.toml", "CITATION.cff"}
    for path in [
        *ROOT.glob("*.*"),
        *ROOT.glob("book/*.md"),
        *ROOT.glob("book/_ext/*"),
        *ROOT.glob("tools/*"),
    ]:
        if path.is_file() and path.name not in known:
            assert url not in path.read_text(encoding="utf-8", errors="ignore"), path


# ---- formulas ----


def test_formulas_become_mathml():
    text = mathml.to_mathml(r"\frac{a}{b} + \sum_{i=1}^{n} x_i")
    assert text.startswith("<math")
    assert "<mfrac>" in text
    assert mathml.to_mathml("x", display="block").count('display="block"') == 1


def test_a_broken_formula_is_an_error_that_shows_it():
    with pytest.raises(ExtensionError, match=r"frac"):
        mathml.to_mathml(r"\frac{a}{")


# ---- which notebooks are stale ----


@pytest.fixture
def package(tmp_path):
    files = {
        "lecture_utils/__init__.py": "",
        "lecture_utils/a.py": "from .b import x\nimport numpy",
        "lecture_utils/b.py": "x = 1",
        "lecture_utils/c.py": "",
        "lecture_utils/runs/__init__.py": "",
        "lecture_utils/data/runs/mnist/gap/seed0/card.json": "{}",
        "lecture_utils/widgets/__init__.py": '_DEMOS = {"Lab": "lab"}',
        "lecture_utils/widgets/_demo.py": "",
        "lecture_utils/widgets/_shared/ui/dom.js": "",
        "lecture_utils/widgets/lab/__init__.py": "from .._demo import Demo\nfrom ...c import y",
        "lecture_utils/widgets/lab/lab.js": "",
        "lecture_utils/widgets/other/__init__.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def used(package, source):
    notebook = package / "n.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), notebook)
    return {
        str(p.relative_to(package / "lecture_utils"))
        for p in stale_notebooks.dependencies(notebook, package)
    }


def test_imports_are_followed(package):
    assert used(package, "import numpy as np\nprint(1)") == set()
    assert {"a.py", "b.py"} <= used(package, "from lecture_utils import a")
    assert {"a.py", "b.py"} <= used(
        package, "%pip install x\nif True:\n    %pip install y\nimport lecture_utils.a as z"
    )
    assert "c.py" not in used(package, "from lecture_utils.a import x")


def test_a_demo_depends_on_its_javascript_and_on_what_it_shares(package):
    files = used(package, "from lecture_utils.widgets import Lab")
    assert {"widgets/lab/lab.js", "widgets/_shared/ui/dom.js", "widgets/_demo.py", "c.py"} <= files
    assert "widgets/other/__init__.py" not in files


def test_what_loads_runs_depends_on_their_cards(package):
    card = "data/runs/mnist/gap/seed0/card.json"
    assert card in used(package, "from lecture_utils import runs")
    assert card in used(package, "from lecture_utils.runs import load")
    assert card not in used(package, "from lecture_utils import a")


def test_a_change_of_a_file_or_its_name_changes_the_fingerprint(package):
    path = package / "lecture_utils" / "a.py"
    before = stale_notebooks.fingerprint([path], package)
    assert before == stale_notebooks.fingerprint([path], package)
    path.write_text("y = 2")
    after = stale_notebooks.fingerprint([path], package)
    assert after != before
    moved = path.rename(path.with_name("d.py"))
    assert stale_notebooks.fingerprint([moved], package) != after


def test_a_kept_result_is_forgotten_wherever_the_book_was_when_it_was_built(tmp_path):
    cache = get_cache(tmp_path / "cache")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, name in enumerate(("01_one.ipynb", "02_two.ipynb")):
        cell = nbformat.v4.new_code_cell(f"print({number})", execution_count=1)
        notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
        bundle = CacheBundleIn(notebook, f"/somewhere/else/book/{name}")
        cache.cache_notebook_bundle(bundle, check_validity=False)
    stale_notebooks._forget(tmp_path / "cache", tmp_path / "book" / "01_one.ipynb")
    assert [Path(r.uri).name for r in cache.list_cache_records()] == ["02_two.ipynb"]


def test_chapters_that_show_data_run_again_when_other_data_are_there(
    package, tmp_path, monkeypatch
):
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    module = package / "lecture_utils" / "datasets" / "x.py"
    module.parent.mkdir()
    module.write_text("")
    other = package / "lecture_utils" / "a.py"

    def fingerprints():
        return [stale_notebooks.fingerprint([path], package) for path in (module, other)]

    without = fingerprints()
    monkeypatch.setenv("LECTURE_DATA", "/photos")
    with_folder = fingerprints()
    monkeypatch.delenv("LECTURE_DATA")
    (tmp_path / "cache" / "cats-vs-dogs" / "small").mkdir(parents=True)
    fetched = fingerprints()
    assert len({without[0], with_folder[0], fetched[0]}) == 3
    assert without[1] == with_folder[1] == fetched[1]


def test_the_first_chapter_depends_on_its_demo():
    files = {p.name for p in stale_notebooks.dependencies(ROOT / "book" / "01_convolution.ipynb")}
    assert {
        "convolution.py",
        "convolution_lab.js",
        "quiz.js",
        "dom.js",
        "fashion_mnist.npz",
    } <= files


# ---- executing chapters ----


def write_notebook(path, *cells):
    """Write a notebook of code cells, each a source, or a source and a tag; return its path as a
    string.
    """
    cells = [cell if isinstance(cell, tuple) else (cell, "untagged") for cell in cells]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source, metadata={"tags": [t]}) for source, t in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    for cell in notebook.cells:
        if "check" in cell.metadata.tags:
            cell.outputs = [nbformat.v4.new_output("stream", text="○ Exercise 1 is open. Add.\n")]
            cell.execution_count = 1
    nbformat.write(notebook, path)
    return str(path)


CHECK = """
from lecture_utils.exercises import check
check("Exercise 1", (lambda: answer == 42, "Add."))
"""
EXERCISE = [("answer = ...", "exercise"), (CHECK, "check"), ("answer = 42", "solution"), "answer"]

#: Shows that it has begun, and ends only when another notebook has begun, too.
MEET = """
import pathlib, time
pathlib.Path("{here}").touch()
deadline = time.monotonic() + 60
while not pathlib.Path("{there}").exists():
    assert time.monotonic() < deadline, "it is alone"
    time.sleep(0.01)
"""


def execute(cache, paths, jobs):
    records, lines = execute_chapters.unexecuted(cache, paths), []
    execution = execute_chapters.execute_all(cache, records, jobs, lines.append, timeout=120)
    # In a thread: where this process has had a browser, its own thread runs an event loop already.
    with ThreadPoolExecutor(1) as thread:
        failed = thread.submit(asyncio.run, execution).result()
    return [record.uri for record in records], failed, lines


def test_chapters_are_executed_side_by_side_into_the_cache_that_the_build_reads(tmp_path):
    first = write_notebook(tmp_path / "1.ipynb", MEET.format(here="a", there="b"), *EXERCISE)
    second = write_notebook(tmp_path / "2.ipynb", MEET.format(here="b", there="a"), "1 / 0", "1")
    cache = tmp_path / "cache"
    executed, failed, lines = execute(cache, [first, second], jobs=2)
    assert executed == [first, second]
    assert list(failed) == [second] and "ZeroDivisionError" in str(failed[second])
    assert sorted(line.split(" in ")[0][6:] for line in lines) == [
        "1.ipynb executed",
        "2.ipynb failed",
    ]
    # What failed stays to be executed, and MyST-NB finds the other as the chapter has it.
    assert [r.uri for r in execute_chapters.unexecuted(cache, [first, second])] == [second]
    notebook = nbformat.read(first, as_version=4)
    _, merged = get_cache(cache).merge_match_into_notebook(notebook)
    assert [cell.source for cell in merged.cells] == [cell.source for cell in notebook.cells]
    assert [cell.execution_count for cell in merged.cells] == [1, 2, 3, 4, 5]
    assert merged.cells[-1].outputs[0].data["text/plain"] == "42"
    # The check was executed twice: the stub is open, the solution is right.
    outputs = execute_chapters.executed_outputs(cache, notebook)
    check = notebook.cells[2].id
    assert outputs[check][0].text == "○ Exercise 1 is open. Add.\n"
    assert outputs[check + execute_chapters.REPEATED][0].text == "✓ Exercise 1 is solved.\n"
    assert set(outputs) == {cell.id for cell in notebook.cells} | {check + "-repeated"}


def test_a_result_without_repeated_checks_is_dropped(tmp_path):
    path = write_notebook(tmp_path / "n.ipynb", *EXERCISE)
    get_cache(tmp_path / "cache").cache_notebook_file(path, check_validity=False)
    notebook = nbformat.read(path, as_version=4)
    assert get_cache(tmp_path / "cache").match_cache_notebook(notebook)
    assert len(execute_chapters.unexecuted(tmp_path / "cache", [path])) == 1
    with pytest.raises(KeyError):
        execute_chapters.executed_outputs(tmp_path / "cache", notebook)


def test_checks_are_repeated_after_solutions_and_taken_out_again(tmp_path):
    notebook = nbformat.read(write_notebook(tmp_path / "n.ipynb", *EXERCISE), as_version=4)
    longer = execute_chapters.with_repeated_checks(notebook)
    assert len(notebook.cells) == 4
    assert [cell.source for cell in longer.cells][1:4] == [CHECK, "answer = 42", CHECK]
    assert longer.cells[3].outputs[0].text == "✓ Exercise 1 is solved.\n"
    shorter, outputs = execute_chapters.without_repeated_checks(longer)
    assert [cell.id for cell in shorter.cells] == [cell.id for cell in notebook.cells]
    assert list(outputs) == [notebook.cells[1].id + execute_chapters.REPEATED]


ANSWERS = """A comment.

# %% Exercise 1, accepted: a float
answer = 42.0

# %% Exercise 1, rejected with "Add": one too few
answer = 41

# %% Exercise 2, accepted: of an exercise that this notebook does not have
answer = 0
"""


def test_answers_are_checked_before_the_solution_runs(tmp_path):
    path = write_notebook(tmp_path / "n.ipynb", *EXERCISE)
    (tmp_path / "_answers").mkdir()
    (tmp_path / "_answers" / "n.py").write_text(ANSWERS)
    cache = tmp_path / "cache"
    assert not execute(cache, [path], jobs=1)[1]
    notebook = nbformat.read(path, as_version=4)
    outputs = execute_chapters.executed_outputs(cache, notebook)
    check = notebook.cells[1].id
    assert outputs[f"{check}-0-repeated"][0].text == "✓ Exercise 1 is solved.\n"
    assert outputs[f"{check}-1-repeated"][0].text == "○ Exercise 1 is open. Add.\n"
    assert outputs[f"{check}-repeated"][0].text == "✓ Exercise 1 is solved.\n"
    assert outputs[notebook.cells[-1].id][0].data["text/plain"] == "42"
    assert len(outputs) == 4 + 3
    # Another answer means that the chapter is executed again.
    before = stale_notebooks.fingerprint(stale_notebooks.dependencies(path), Path("/"))
    (tmp_path / "_answers" / "n.py").write_text(ANSWERS.replace("41", "40"))
    assert stale_notebooks.fingerprint(stale_notebooks.dependencies(path), Path("/")) != before


def test_an_answer_without_a_verdict_is_refused(tmp_path):
    (tmp_path / "_answers").mkdir()
    (tmp_path / "_answers" / "n.py").write_text("\n# %% Exercise 1: what about it?\nanswer = 1\n")
    with pytest.raises(ValueError, match="rejected with"):
        answers.read_answers(tmp_path / "n.ipynb")
    assert answers.read_answers(tmp_path / "another.ipynb") == []


def test_a_new_exercise_has_no_verdict_yet(tmp_path):
    notebook = nbformat.read(write_notebook(tmp_path / "n.ipynb", *EXERCISE), as_version=4)
    notebook.cells[1].outputs = []
    assert len(execute_chapters.with_repeated_checks(notebook).cells) == 5


@pytest.mark.parametrize(
    ("kernels", "cores", "threads"), [(1, 8, "8"), (2, 2, "1"), (3, 8, "2"), (9, 4, "1")]
)
def test_kernels_share_the_cores(kernels, cores, threads):
    environment = execute_chapters.kernel_environment(kernels, {"A": "b"}, cores)
    assert environment == {"A": "b", "OMP_NUM_THREADS": threads}
    named = {"OMP_NUM_THREADS": "5"}
    assert execute_chapters.kernel_environment(kernels, named, cores) == named


# ---- arrays that leave the page ----


def state_of(*sizes):
    """Return a page's widget state with one demo per size; None is a widget without arrays."""
    models = {}
    for number, size in enumerate(sizes):
        model = {"model_name": "AnyModel", "state": {"_esm": f"'{number}'</script>"}}
        if size is not None:
            data = base64.b64encode(bytes([number]) * size).decode()
            model["buffers"] = [{"path": ["a", "data"], "encoding": "base64", "data": data}]
        models[f"m{number}"] = model
    return {"version_major": 2, "version_minor": 0, "state": models}


def test_arrays_of_large_demos_only_leave_the_page():
    state, scripts = state_of(60, 61, None, 500), []
    demo_data.move_large_buffers(
        state, lambda text: scripts.append(text) or f"{len(scripts)}.js", 80
    )
    models = state["state"].values()
    assert [model.get("buffers_file") for model in models] == [None, "1.js", None, "2.js"]
    handed = scripts[1].removeprefix("document.currentScript.buffers = ").removesuffix(";\n")
    assert json.loads(handed) == state_of(None, None, None, 500)["state"]["m3"]["buffers"]


def test_deferred_bytes_get_a_script_each():
    state, scripts = state_of(30, 200), []
    model = state["state"]["m1"]
    own = model["buffers"][0]
    model["state"]["deferred"] = {}
    model["buffers"] = [
        own,
        {"path": ["deferred", "net/0"], "encoding": "base64", "data": "AAAA"},
        {"path": ["deferred", "net/1"], "encoding": "base64", "data": "BBBB"},
    ]
    demo_data.move_large_buffers(
        state, lambda text: scripts.append(text) or f"{len(scripts)}.js", 1000
    )
    assert model["state"]["deferred"] == {"net/0": {"script": "1.js"}, "net/1": {"script": "2.js"}}
    assert scripts[1] == 'document.currentScript.base64 = "BBBB";\n'
    assert model["buffers"] == [own] and "buffers_file" not in model


def test_the_page_names_the_file_relative_to_itself_and_nothing_else_changes(tmp_path):
    page = _JavaScript("a.js", priority=200, defer="defer")
    kind = "application/vnd.jupyter.widget-state+json"
    before = state_of(10, 800_000)
    state = _JavaScript(
        None, priority=500, type=kind, body=json.dumps(before).replace("</", "<\\/")
    )
    small = _JavaScript(None, priority=500, type=kind, body=json.dumps(state_of(10)))
    context = {
        "script_files": [page, state, small],
        "pathto": lambda name, resource=False: f"../{name}" if resource else "no",
    }
    demo_data._move(SimpleNamespace(outdir=tmp_path), "book/x", "page.html", context, None)
    kept, changed, untouched = context["script_files"]
    assert kept is page and untouched is small
    assert (changed.filename, changed.priority, changed.attributes["type"]) == (None, 500, kind)
    assert "</script>" not in changed.attributes["body"]
    after = json.loads(changed.attributes["body"])
    large = after["state"]["m1"]
    file = large.pop("buffers_file")
    assert large["buffers"] == []
    text = (tmp_path / file.removeprefix("../")).read_text()
    large["buffers"] = json.loads(text.partition(" = ")[2].removesuffix(";\n"))
    assert after == before


def test_a_recording_of_filters_is_among_what_a_chapter_depends_on(package):
    card = package / "lecture_utils" / "data" / "filters" / "net" / "card.json"
    card.parent.mkdir(parents=True)
    card.write_text("{}")
    recordings = package / "lecture_utils" / "interpretation" / "recordings.py"
    recordings.parent.mkdir()
    recordings.write_text("")
    source = "from lecture_utils.interpretation.recordings import load"
    assert {"interpretation/recordings.py", "data/filters/net/card.json"} <= used(package, source)

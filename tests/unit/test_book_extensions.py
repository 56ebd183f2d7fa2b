"""The extensions that build the book: addresses, formulas, and which chapters to run again."""

import base64
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from sphinx.builders.html._assets import _JavaScript
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import demo_data  # noqa: E402
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
        "lecture_utils/runs/mnist/gap/seed0/card.json": "{}",
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
    card = "runs/mnist/gap/seed0/card.json"
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


def test_the_first_chapter_depends_on_its_demo():
    files = {p.name for p in stale_notebooks.dependencies(ROOT / "book" / "01_convolution.ipynb")}
    assert {
        "convolution.py",
        "convolution_lab.js",
        "quiz.js",
        "dom.js",
        "fashion_mnist_sample.npz",
    } <= files


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
    (package / "lecture_utils" / "filter_pictures.py").write_text("")
    source = "from lecture_utils.filter_pictures import load"
    assert {"filter_pictures.py", "data/filters/net/card.json"} <= used(package, source)

"""The extensions that build the book: addresses, formulas, which chapters to run again, and running
them.
"""

import asyncio
import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import answers
import demo_data
import execute_chapters
import lean_pages
import lean_styles
import mathml
import nbformat
import old_files
import progress
import pytest
import repository
import stale_notebooks
from jupyter_cache import get_cache
from jupyter_cache.cache.main import CacheBundleIn
from sphinx.builders.html._assets import _JavaScript
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]

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
        "lecture_utils/data/runs/mnist/gap/seed0/test_logits.npz": "",
        "lecture_utils/data/tuning/filters.json": "{}",
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


def test_only_pages_with_code_cells_have_python(tmp_path):
    shown = tmp_path / "shown.md"
    shown.write_text("# Page\n\n```bash\ncd folder && make 01_first\n```\n", encoding="utf-8")
    assert stale_notebooks.notebook_source(shown) == ""
    run = tmp_path / "run.md"
    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n"
    cell = "```{code-cell} python\nimport lecture_utils\n```\n"
    run.write_text(f"{head}\n# Page\n\n{cell}", encoding="utf-8")
    assert "import lecture_utils" in stale_notebooks.notebook_source(run)


def test_a_demo_depends_on_its_javascript_and_on_what_it_shares(package):
    files = used(package, "from lecture_utils.widgets import Lab")
    assert {"widgets/lab/lab.js", "widgets/_shared/ui/dom.js", "widgets/_demo.py", "c.py"} <= files
    assert "widgets/other/__init__.py" not in files


def test_what_loads_runs_depends_on_their_cards(package):
    card = "data/runs/mnist/gap/seed0/card.json"
    assert card in used(package, "from lecture_utils import runs")
    assert card in used(package, "from lecture_utils.runs import load")
    assert card not in used(package, "from lecture_utils import a")


@pytest.mark.parametrize("name", ["runs/mnist/gap/seed0/test_logits.npz", "tuning/filters.json"])
def test_what_loads_runs_depends_on_what_changes_without_a_card(package, name):
    assert f"data/{name}" in used(package, "from lecture_utils import runs")
    assert f"data/{name}" not in used(package, "from lecture_utils import a")


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
            cell.outputs = [
                nbformat.v4.new_output("stream", text="○ Exercise 1 is not solved yet. Add.\n")
            ]
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


@pytest.mark.slow
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
    assert outputs[check][0].text == "○ Exercise 1 is not solved yet. Add.\n"
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


def test_a_notebook_with_a_new_name_does_not_stop_the_build(tmp_path):
    path = write_notebook(tmp_path / "old.ipynb", *EXERCISE)
    assert len(execute_chapters.unexecuted(tmp_path / "cache", [path])) == 1
    renamed = str(Path(path).rename(tmp_path / "new.ipynb"))
    (record,) = execute_chapters.unexecuted(tmp_path / "cache", [renamed])
    assert record.uri == renamed


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


@pytest.mark.slow
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
    assert outputs[f"{check}-1-repeated"][0].text == "○ Exercise 1 is not solved yet. Add.\n"
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


# ---- demos that leave the page ----

MODULE = "const a = 1;\nexport default { a, text: '</script>' };"


def state_of(*sizes):
    """Return a page's widget state with one demo per size, the characters of its array; and one
    widget without code.
    """
    models = {"layout": {"model_name": "LayoutModel", "state": {"width": None}}}
    for number, size in enumerate(sizes):
        buffer = {"path": ["a", "data"], "encoding": "base64", "data": "A" * size}
        models[f"m{number}"] = {
            "model_name": "AnyModel",
            "state": {"_esm": MODULE, "_css": f".a{number} {{}}", "count": number},
            "buffers": [buffer],
        }
    return {"version_major": 2, "version_minor": 0, "state": models}


def test_a_page_says_which_demos_a_demo_shows_inside():
    state = state_of(4000, 40, 40)
    models = state["state"]
    models["m0"]["state"] |= {"demo": "IPY_MODEL_m1", "layout": "IPY_MODEL_layout"}
    models["m1"]["state"]["label"] = "not IPY_MODEL_m2"
    models["m2"]["state"]["demo"] = "IPY_MODEL_elsewhere"
    demo_data.move_demos(state, lambda *_: "a.js")
    assert models["m0"]["shows"] == ["m1"] and models["m0"]["state"] == {}
    assert "shows" not in models["m1"] and "shows" not in models["m2"]


def test_files_that_no_page_uses_any_more_are_deleted(tmp_path):
    names = ["figures/a.webp", "demo-code/b.js", "demo-data/c.js", "demo-data/d.js"]
    for name in [*names, "figures/e.webp", "demo-code/f.js", "demo-data/g.js", "fonts/h.woff2"]:
        path = tmp_path / "_static" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    # A demo loads the fourth itself: only the third names it. The deck has files of its own.
    (tmp_path / "_static" / names[2]).write_text(f'{{"script": "../_static/{names[3]}"}}')
    for place, text in {
        "index.html": f'<img src="_static/{names[0]}">',
        "book/1.html": f'"../_static/{names[1]}" "../_static/{names[2]}" _static/figures/gone.png',
        "slides/1.html": '"_static/demo-code/f.js"',
    }.items():
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(text)

    def files():
        static = tmp_path / "_static"
        return {str(p.relative_to(static)) for p in static.rglob("*") if p.is_file()}

    before = files()
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    old_files._delete(app, ValueError("a failed build may have written only a part"))
    old_files._delete(SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="xml")), None)
    assert files() == before
    old_files._delete(app, None)
    assert files() == {*names, "fonts/h.woff2"}


def handed_over(text, name):
    """Return the JSON that a script leaves on its own tag."""
    return json.loads(text.removeprefix(f"document.currentScript.{name} = ").removesuffix(";\n"))


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

    def write(folder, text):
        scripts.append((folder, text))
        return f"{len(scripts) - 1}.js"

    demo_data.move_demos(state, write)
    addresses = {name: each["script"] for name, each in model["state"]["deferred"].items()}
    assert list(addresses) == ["net/0", "net/1"]
    folder, text = scripts[int(addresses["net/1"].removesuffix(".js"))]
    assert (folder, text) == (demo_data.DATA_FOLDER, 'document.currentScript.base64 = "BBBB";\n')
    assert model["buffers"] == [own]


def test_code_leaves_the_page_and_arrays_do_if_they_are_large():
    state, scripts = state_of(40, 4000), {}

    def write(folder, text):
        scripts[f"{len(scripts)}.js"] = (folder, text)
        return f"{len(scripts) - 1}.js"

    assert demo_data.move_demos(state, write) == 2
    layout, small, large = state["state"].values()
    assert layout == state_of()["state"]["layout"]
    assert small["state"] == {"count": 0} and len(small["buffers"]) == 1
    assert "data_file" not in small
    assert (large["state"], large["buffers"]) == ({}, [])
    folder, text = scripts[large["data_file"]]
    assert folder == demo_data.DATA_FOLDER
    before = state_of(40, 4000)["state"]["m1"]
    assert handed_over(text, "data") == {"state": {"count": 1}, "buffers": before["buffers"]}
    folder, text = scripts[small["code_file"]]
    assert folder == demo_data.CODE_FOLDER
    assert '"use strict"' in text and "return { a, text" in text and "export" not in text
    assert 'style: ".a0 {}"' in text


@pytest.mark.parametrize("module", ["const a = 1;", f"{MODULE}\nexport default 1;"])
def test_a_demo_has_one_default_export(module):
    with pytest.raises(ValueError, match="one `export default`"):
        demo_data.code_script(module, "")


def test_the_page_names_files_relative_to_itself_and_nothing_else_changes(tmp_path):
    page = _JavaScript("a.js", priority=200, defer="defer")
    kind = "application/vnd.jupyter.widget-state+json"
    body = json.dumps(state_of(8000)).replace("</", "<\\/")
    state = _JavaScript(None, priority=500, type=kind, body=body)
    plain = _JavaScript(None, priority=500, type=kind, body=json.dumps(state_of()))
    context = {
        "script_files": [page, state, plain],
        "pathto": lambda name, resource=False: f"../{name}" if resource else "no",
    }
    demo_data._move(SimpleNamespace(outdir=tmp_path), "book/x", "page.html", context, None)
    kept, changed, untouched = context["script_files"]
    assert kept is page and untouched is plain
    assert (changed.filename, changed.priority, changed.attributes["type"]) == (None, 500, kind)
    assert "</script>" not in changed.attributes["body"]
    demo = json.loads(changed.attributes["body"])["state"]["m0"]
    for name in ("code_file", "data_file"):
        assert (tmp_path / demo[name].removeprefix("../")).is_file()


# ---- light pages ----

SVG = (
    '<svg role="img" aria-label="A &amp; B" style="width:100%;max-width:653px" '
    'viewBox="0 0 489.6 161.28"><path d="M 1.23456 2 \nL -3.456789 4"/></svg>'
)
FIGURE = f'<figure class="book-figure">{SVG}<figcaption>Words</figcaption></figure>'
VIEW = '<script type="application/vnd.jupyter.widget-view+json">{}</script>'
DEMO = f'<div class="demo"><div class="demo-figure">{FIGURE}<p>0.25</p></div>{VIEW}</div>'


def test_figures_and_pictures_of_demos_wait_behind_a_box_of_their_size():
    body = lean_pages.defer_pictures(f"<p>before</p>{FIGURE}{DEMO}")
    inside = re.findall("<noscript>(.*?)</noscript>", body, re.DOTALL)
    assert len(inside) == 2 and body.count("</noscript>") == 2  # none inside another
    box = re.search(r'<div class="figure-later"[^>]*>', body)[0]
    assert 'aria-label="A &amp; B"' in box and "aspect-ratio:489.6/161.28" in box
    assert "max-width:653px" in box
    assert inside[0] == SVG.replace("1.23456 2 \nL -3.456789", "1.23 2 L -3.46")
    assert inside[1].endswith("<p>0.25</p>") and "<figcaption>Words</figcaption></figure>" in body


def test_large_images_become_files():
    image = base64.b64encode(bytes(range(256)) * 4).decode()
    files = {}
    body = lean_pages.move_images(
        f'<img src="data:image/png;base64,{image}">'
        f'<image xlink:href="data:image/webp;base64,\n{image}"/>'
        '<img src="data:image/png;base64,AAAA">',
        lambda name, data: files.setdefault(name, data) and f"../{name}",
    )
    names = re.findall(r'="\.\./(\w+\.\w+)"', body)
    assert [name[-4:] for name in names] == [".png", "webp"]
    assert all(files[name] == bytes(range(256)) * 4 for name in names)
    assert 'src="data:image/png;base64,AAAA"' in body
    lazy = lean_pages.load_images_lazily('<img src="a"><img loading="eager" src="b">')
    assert lazy == '<img loading="lazy" decoding="async" src="a"><img loading="eager" src="b">'


def test_only_code_that_looks_like_plain_text_loses_its_elements():
    operator = '<span class="o">=</span>'
    code = f'<pre><span></span><span class="n">a</span>{operator}<span class="w"> </span></pre>'
    expected = f"<pre><span></span>a{operator} </pre>"
    outside = '<span class="n">a</span>'
    assert lean_pages.unwrap_plain_code(code + outside) == expected + outside


@pytest.mark.parametrize("style", ["a11y-high-contrast-light", "a11y-high-contrast-dark"])
def test_the_book_colors_plain_code_as_text(style):
    from pygments.formatters import HtmlFormatter

    rules = HtmlFormatter(style=style).get_style_defs(".highlight")
    plain = re.search(r"\.highlight \{[^}]*[^-]color: (#\w+)", rules)[1]
    for name in lean_pages.PLAIN_TOKENS:
        assert re.search(rf"\.highlight \.{name} \{{ color: {plain} \}}", rules), name


def test_what_is_far_down_says_how_tall_it_is():
    def section(number, inside=""):
        text = f"<p>{'word ' * 200}</p>"
        cell = f'<div class="cell docutils container"><pre>{"line" + chr(10) * 30}</pre></div>'
        label = '<span id="label"></span>' if number == 4 else ""
        head = f'<section id="s{number}">\n{label}<h2>S</h2>'
        return f"{head}{text}{cell}{inside}\n</section>\n"

    margin = '<aside class="margin sidebar">a note</aside>'
    body = "<h1>T</h1>" + "".join(section(n, margin if n == 3 else "") for n in range(5)) + DEMO
    marked = lean_pages.mark_skippable(body)
    without = re.sub(r' style="--[^"]*"| class="skippable( with-notes)?"|skippable ', "", marked)
    assert without == body.replace(' class="skippable"', "")
    tags = re.findall(
        r'<section id="s\d"|<section class="skippable( with-notes)?" style="([^"]*)" id', marked
    )
    assert tags[0] == ("", "") and tags[3][0] == " with-notes" and tags[3][1]  # s0 is in view
    assert tags[4][0] == "" and tags[4][1]
    tags = [style for _, style in tags]
    wide, narrow = re.fullmatch(r"--tall:(\d+)px;--tall-narrow:(\d+)px", tags[4]).groups()
    assert 600 < int(wide) < int(narrow) < 3000


def test_a_cell_of_which_only_the_button_is_seen_takes_space_for_it():
    cell = "<details><summary>Show the code</summary><pre>a = 1\nb = 2</pre></details>"
    assert lean_pages.block_height(cell, 88) == pytest.approx(40, abs=15)
    assert lean_pages.block_height("<p>no button</p>", 88) == 0


# ---- one style sheet ----


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("p", True),
        (".used", True),
        (".used > .unused", False),
        ("#place.used::before", True),
        ("#nowhere", False),
        (".used:not(.unused)", True),
        (":is(.unused, :where(.used))", True),
        ('a[href$=".unused"]', True),
        (".p\\:1", True),
    ],
)
def test_a_rule_stays_if_it_could_match(selector, matches):
    assert lean_styles.can_match(selector, {".used", "#place", ".p:1"}) is matches


def test_a_sheet_is_shaken_without_breaking_it():
    css = """@import "a.css"; @charset "utf-8"; /* a comment */
    @font-face { font-family: "Font Awesome 6 Free"; src: url(a.woff2) }
    @font-face { font-family: "Ours"; src: url("b;c.woff2") }
    :root { --kept: 1px; --via: var(--kept); --gone: url("data:image/svg+xml;a,{}") }
    .used, .gone { margin: var(--via) ; color : red !important }
    @media (min-width: 1px) { .gone { top: 0 } .used { top: 1px; } }
    @media print { .gone { top: 0 } }
    @keyframes turn { from { top: 0 } to { top: 1px } } @keyframes idle { from { top: 0 } }
    .used:hover { animation: turn 1s } .empty.used {}"""
    assert lean_styles.shake(css, {".used"}).split("\n") == [
        '@font-face{font-family:"Ours";src:url("b;c.woff2")}',
        ":root{--kept:1px;--via:var(--kept)}",
        ".used{margin:var(--via);color:red!important}",
        "@media (min-width: 1px){.used{top:1px}}",
        "@keyframes turn{from{top:0}to{top:1px}}",
        ".used:hover{animation:turn 1s}",
        "",
    ]


def test_names_are_found_in_pages_and_in_the_strings_of_scripts():
    pages = ['<p class="a b-c" id="x">', '<p class="d">']
    assert lean_styles.names_in_pages(pages) == {".a", ".b-c", ".d", "#x"}
    names = lean_styles.names_in_scripts(["word.classList.add('show', `open ${now}`);"])
    assert {".show", "#open"} <= names and ".classList" not in names


def test_files_that_change_are_named_anew_on_every_page(tmp_path):
    static = tmp_path / "_static"
    static.mkdir()
    for name in (*lean_styles.SCRIPTS, "book.css"):
        (static / name).write_text("")
    page = tmp_path / "a.html"
    page.write_text('<link href="_static/site.css"><script src="_static/book.js?v=1"><p class="a">')
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)

    def build(css):
        (static / "book.css").write_text(css)
        lean_styles._write(app, None)
        return page.read_text(), (static / "site.css").read_text()

    first, sheet = build(".a { top: 0 } .b { top: 0 }")
    assert ".a{top:0}" in sheet and ".b" not in sheet
    assert re.search(r'site\.css\?v=\w{8}".*book\.js\?v=\w{8}"', first)
    assert build(".a { top: 0 } .b { top: 0 }") == (first, sheet)
    assert build(".a { top: 1px }")[0] != first


def test_a_recording_of_filters_is_among_what_a_chapter_depends_on(package):
    card = package / "lecture_utils" / "data" / "filters" / "net" / "card.json"
    card.parent.mkdir(parents=True)
    card.write_text("{}")
    recordings = package / "lecture_utils" / "interpretation" / "recordings.py"
    recordings.parent.mkdir()
    recordings.write_text("")
    source = "from lecture_utils.interpretation.recordings import load"
    assert {"interpretation/recordings.py", "data/filters/net/card.json"} <= used(package, source)


# ---- what a reader can do on a page ----


def page_state(*models):
    return {"state": {str(i): {"state": state} for i, state in enumerate(models)}}


def test_questions_and_challenges_are_found_in_the_state_of_a_page():
    quiz = {"_anywidget_id": progress._QUIZ, "questions": [{"key": "quiz/a"}, {"key": "quiz/b"}]}
    challenge = {"_anywidget_id": progress._CHALLENGE, "name": "1/x", "demo": "IPY_MODEL_1"}
    found = progress.items_of(page_state({"_anywidget_id": "other"}, quiz, challenge, quiz))
    assert found == {"questions": ["quiz/a", "quiz/b"], "challenges": ["1/x"]}


def test_the_names_of_the_classes_are_those_that_demos_send():
    from lecture_utils.challenges import chapter_1
    from lecture_utils.widgets import Quiz

    challenge = chapter_1.same_size()
    options = [("yes", "why", True), ("no", "why")]
    quiz = Quiz([{"question": "?", "options": options}])
    states = [each.get_state() for each in (challenge, challenge.demo, quiz)]
    found = progress.items_of(page_state(*states))
    assert found["challenges"] == ["1/same-size"]
    assert len(found["questions"]) == 1 and found["questions"][0].startswith("quiz/")


def test_the_items_are_written_into_the_script(tmp_path):
    (tmp_path / "_static").mkdir()
    body = json.dumps(page_state({"_anywidget_id": progress._CHALLENGE, "name": "1/x"}))
    files = {"state": (None, {"type": progress._STATE_TYPE, "body": body})}
    env = SimpleNamespace(
        found_docs={"book/01", "book/index"},
        nb_metadata={"book/01": {"js_files": files}, "book/index": {}},
    )
    builder = SimpleNamespace(format="html", get_target_uri=lambda name: f"{name}.html")
    app = SimpleNamespace(builder=builder, outdir=tmp_path, confdir=ROOT, env=env)
    progress._write(app, None)
    script = (tmp_path / "_static" / "progress.js").read_text(encoding="utf-8")
    pages = {"book/01.html": {"questions": [], "challenges": ["1/x"]}}
    assert f"const PAGES = {json.dumps(pages)};" in script


def test_the_fonts_that_the_head_fetches_are_those_of_the_style_sheet():
    book = Path(__file__).resolve().parents[2] / "book"
    script = (book / "_templates" / "head.js").read_text(encoding="utf-8")
    sheet = (book / "_static" / "fonts.css").read_text(encoding="utf-8")
    listed = re.findall(
        r'\["([^"]+)", "([^"]+)", \{(?: weight: "([^"]+)")?(?:, style: "([^"]+)")? ?\}\]', script
    )
    faces = []
    for rule in re.findall(r"@font-face \{(.*?)\}", sheet, re.DOTALL):
        values = dict(re.findall(r"([a-z-]+): ([^;]+);", rule))
        file = re.search(r'fonts/([^"]+)\.woff2', values["src"])[1]
        family = values["font-family"].strip('"')
        faces.append((family, file, values.get("font-weight", ""), values.get("font-style", "")))
    assert listed == faces and len(faces) == 4
    assert all((book / "_static" / "fonts" / f"{face[1]}.woff2").is_file() for face in faces)

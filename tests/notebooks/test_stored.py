"""How notebooks are stored: stripped, addressed, and with the parts that every chapter has."""

import ast
import importlib.util
import sys
import types
from pathlib import Path

import nbformat
import notebooks
import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "book").glob("*.ipynb"))
chapters = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def test_there_are_chapters():
    assert PATHS


@chapters
def test_it_is_stored_as_the_tool_would_store_it(path):
    notebook = notebooks.address(read(path), notebooks.stated_url())
    assert path.read_text(encoding="utf-8") == notebooks.to_text(notebooks.strip(notebook)), (
        "run `make notebooks`"
    )


@chapters
def test_it_is_valid_and_its_cells_have_ids_of_their_own(path):
    notebook = read(path)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


@chapters
def test_cells_are_short(path):
    long = [
        c.source for c in read(path).cells if c.cell_type == "code" and c.source.count("\n") > 40
    ]
    shown = [source for source in long if "Quiz(" not in source]
    assert not shown, "an idea per cell; plumbing belongs into lecture_utils"


@chapters
def test_it_imports_only_public_names_of_the_package(path):
    private = []
    for cell in read(path).cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(TransformerManager().transform_cell(cell.source))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            private += [
                f"{cell.id}: {name}"
                for name in names
                if name.startswith("lecture_utils.") and "._" in name
            ]
    assert not private


@chapters
def test_a_chapter_has_its_parts(path):
    notebook = read(path)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for heading in [
        "## Check yourself",
        "## Challenges",
        "## Exercises",
        "## In short",
        "## Further reading",
    ]:
        assert heading in text
    assert "After this chapter you can" in text
    exercises, checks, solutions = (tagged(notebook, t) for t in ("exercise", "check", "solution"))
    assert len(exercises) == len(checks) == len(solutions) >= 4
    assert text.count("### Exercise ") == len(exercises)
    assert "{cite}`" in text


NOISY = {
    "cell_type": "code",
    "id": "a",
    "metadata": {"tags": ["nbval-check-output"], "collapsed": True, "ExecuteTime": 3},
    "execution_count": 7,
    "source": "x",
    "outputs": [
        {"output_type": "stream", "name": "stderr", "text": "a warning"},
        {"output_type": "stream", "name": "stdout", "text": "42\n"},
        {"output_type": "display_data", "data": {"image/png": "aaaa"}, "metadata": {}},
        {
            "output_type": "execute_result",
            "data": {"text/plain": "42", "text/html": "<b>42</b>"},
            "metadata": {},
            "execution_count": 7,
        },
    ],
}


def noisy(**changes):
    cell = nbformat.from_dict({**NOISY, **changes})
    return nbformat.v4.new_notebook(
        cells=[cell], metadata={"widgets": {}, "kernelspec": {"name": "x", "display_name": "X"}}
    )


def test_stripping_keeps_the_text_of_tagged_cells_alone():
    cell = notebooks.strip(noisy()).cells[0]
    assert [o.get("text") or o.data for o in cell.outputs] == ["42\n", {"text/plain": "42"}]
    assert cell.execution_count == 1  # nbval compares only cells that have been run
    assert cell.metadata == {"tags": ["nbval-check-output"]}
    untagged = notebooks.strip(noisy(metadata={})).cells[0]
    assert (untagged.outputs, untagged.execution_count) == ([], None)
    assert notebooks.strip(noisy()).metadata == notebooks.NOTEBOOK_METADATA


def test_stripping_twice_changes_nothing_and_the_original_stays():
    original = noisy()
    once = notebooks.strip(original)
    assert notebooks.to_text(notebooks.strip(once)) == notebooks.to_text(once)
    assert original.cells[0].execution_count == 7


def test_the_address_is_written_once_and_replaced():
    notebook = notebooks.address(noisy(), "https://github.com/a/b")
    notebook = notebooks.address(notebook, "https://github.com/c/d", branch="dev")
    assert len(notebook.cells) == 2
    source = notebook.cells[0].source
    assert "https://github.com/c/d/archive/refs/heads/dev.zip" in source
    assert "github.com/a/b" not in source


def test_the_set_up_cell_does_nothing_outside_colab(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert run_set_up() == []


def test_the_set_up_cell_installs_in_a_colab_that_lacks_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    assert run_set_up() == []  # the package is here, so there is nothing to install
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert run_set_up() == [
        ("pip", "install --quiet https://github.com/a/b/archive/refs/heads/main.zip")
    ]


def run_set_up():
    """Run the set-up cell and return the magics that it called."""
    source = notebooks.address(noisy(), "https://github.com/a/b").cells[0].source
    called = []
    shell = types.SimpleNamespace(run_line_magic=lambda *arguments: called.append(arguments))
    exec(TransformerManager().transform_cell(source), {"get_ipython": lambda: shell})
    return called


def test_text_is_stored_as_one_stream():
    new = nbformat.v4
    pieces = [new.new_output("stream", name="stdout", text=text) for text in ("a\n", "b", "\n")]
    cell = new.new_code_cell("", outputs=[*pieces, new.new_output("stream", name="stderr")])
    assert notebooks.stored_outputs(cell) == []
    cell.metadata.tags = [notebooks.KEPT_TAG]
    assert [output.text for output in notebooks.stored_outputs(cell)] == ["a\nb\n"]
    assert [output.text for output in pieces] == ["a\n", "b", "\n"]


def test_copies_for_colab_leave_out_what_only_the_slides_show(tmp_path):
    notebooks.export(tmp_path)
    for path in PATHS:
        cells = nbformat.read(tmp_path / path.name, as_version=4).cells
        shown = [cell.id for cell in read(path).cells if not notebooks.is_only_for_slides(cell)]
        assert [cell.id for cell in cells] == shown
        assert len(shown) < len(read(path).cells)
        assert any("After this chapter you can" in cell.source for cell in cells)

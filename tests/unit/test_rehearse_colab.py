"""The rehearsal of Colab: what it changes in a notebook, and whether kernels look like Colab."""

import copy
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import rehearse_colab

CHAPTERS = sorted((Path(__file__).parents[2] / "book").glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.name[:2])
def test_only_the_address_in_the_set_up_cell_changes(path):
    notebook = nbformat.read(path, as_version=4)
    changed = rehearse_colab.with_archive(copy.deepcopy(notebook), Path("/tmp/main.zip"))
    pairs = zip(notebook.cells, changed.cells, strict=True)
    assert [old.id for old, new in pairs if old != new] == ["setup"]
    (setup,) = (cell.source for cell in changed.cells if cell.id == "setup")
    assert "%pip install --quiet /tmp/main.zip" in setup


def test_a_set_up_cell_without_an_address_is_refused():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1", id="setup")])
    with pytest.raises(ValueError, match="no address"):
        rehearse_colab.with_archive(notebook, Path("main.zip"))


@pytest.mark.slow
def test_kernels_look_like_colab(tmp_path):
    profile = rehearse_colab.pretend_to_be_colab(tmp_path)
    code = "import sys; print('google.colab' in sys.modules)"
    for environ, expected in (({"IPYTHONDIR": str(profile)}, "True"), ({}, "False")):
        environ = {"IPYTHONDIR": str(tmp_path / "empty"), **environ}
        result = subprocess.run(
            [sys.executable, "-m", "IPython", "-c", code],
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout.strip() == expected

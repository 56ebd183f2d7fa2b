"""The environment that `make` creates: whatever goes wrong, the next `make` can go on."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    os.name == "nt" or shutil.which("make") is None, reason="needs make and a POSIX shell"
)

# Stands for Python. Its venv creates a folder, then fails if there is no ensurepip, as in Debian.
PYTHON = """\
#!/bin/sh
echo "$*" >> "$CALLS"
case "$1 $2 $3" in
  "-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python && "$0" -m ensurepip ;;
  "-m ensurepip ") test -e "$ENSUREPIP" && touch .venv/pip ;;
  "-m pip "*) test -e .venv/pip ;;
  "tools/install.py "*) test -e .venv/pip ;;
esac
"""


@pytest.fixture
def make(tmp_path):
    """Return a function that runs `make`, and returns its status and the calls of Python."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    calls = tmp_path / "calls"

    def run():
        calls.write_text("")
        # Not the options of a `make` that runs these tests.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        environment |= {"CALLS": str(calls), "ENSUREPIP": str(tmp_path / "ensurepip")}
        command = ["make", ".venv/.ready-book", f"PYTHON={python}"]
        result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
        return result.returncode, calls.read_text().splitlines()

    return run


def test_a_failed_start_leaves_nothing_that_blocks_the_next_one(make, tmp_path):
    assert make()[0] != 0
    assert not (tmp_path / ".venv").exists()
    (tmp_path / "ensurepip").touch()
    status, calls = make()
    assert status == 0 and "-m venv .venv" in calls
    assert (tmp_path / ".venv" / ".ready-book").is_file()
    assert make() == (0, [])  # there is nothing to do


def test_an_environment_without_pip_gets_it_and_keeps_all_else(make, tmp_path):
    """As the environments of uv, or one whose creation was interrupted."""
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    shutil.copy(tmp_path / "python", folder)
    (folder / "own").touch()
    assert make()[0] != 0
    assert (folder / "own").is_file()
    (tmp_path / "ensurepip").touch()
    status, calls = make()
    assert status == 0 and "-m venv .venv" not in calls and "-m ensurepip" in calls
    assert (folder / "own").is_file()
    (tmp_path / ".venv" / ".ready-book").unlink()
    assert "-m ensurepip" not in make()[1]

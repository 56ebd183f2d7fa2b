"""Build the package, without the recorded runs if ``LECTURE_WITHOUT_RUNS=1`` is set.

Then a list of the runs' files takes their place, with checksums and the address from which
`lecture_utils.runs` downloads a run when it is needed. Everything else is in pyproject.toml.
"""

import hashlib
import json
import os
import subprocess
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
RUNS = Path("lecture_utils", "data", "runs")
COMMIT = "$Format:%H$"  # git writes it into archives of the repository; see .gitattributes


class BuildPy(build_py):
    """Copies the package's files."""

    def run(self):
        """Copy them, and write the list of the runs' files where these are left out."""
        super().run()
        if self.without_runs and not self.editable_mode:
            index = Path(self.build_lib, RUNS, "index.json")
            index.parent.mkdir(parents=True, exist_ok=True)
            index.write_text(json.dumps(index_of_runs(), indent=1) + "\n", "utf-8")

    @property
    def without_runs(self):
        """Whether the recorded runs are left out."""
        return os.environ.get("LECTURE_WITHOUT_RUNS", "") not in ("", "0")

    def find_data_files(self, package, src_dir):
        """Return the files of a package that are not modules."""
        files = super().find_data_files(package, src_dir)
        if not self.without_runs:
            return files
        return [file for file in files if RUNS not in Path(file).parents]


def index_of_runs():
    """Return the address of the recorded runs, and the checksum of each file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    files = sorted(path for path in (ROOT / RUNS).rglob("*") if path.is_file())
    return {
        "address": f"{project['urls']['Repository']}/raw/{commit()}/{RUNS.as_posix()}",
        "files": {
            path.relative_to(ROOT / RUNS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }


def commit():
    """Return the commit that the files are from, as far as that is known."""
    if not COMMIT.startswith("$"):
        return COMMIT
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return "main"
    return done.stdout.strip() if done.returncode == 0 else "main"


setup(cmdclass={"build_py": BuildPy})

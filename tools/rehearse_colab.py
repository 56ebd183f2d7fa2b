"""Run the chapters as Colab does: other Python, other PyTorch, the package from an archive.

    python tools/rehearse_colab.py --python python3.12 --with torch==2.11.0 torchvision==0.26.0

Creates a bare environment with Colab's packages (``--with``), pretends to be Colab, and runs the
notebooks in an empty folder. The setup cell of the first one installs the package from an archive
of this repository's last commit. Downloads of data are off unless ``--online`` is given. Needs the
network for the packages.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
#: Packages that run notebooks in Colab, in addition to all others.
_FRONT_END = ["ipykernel", "nbclient"]
_SETUP = "setup"


def make_environment(python, folder, packages):
    """Create a bare environment with Colab's packages; return its Python."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    interpreter = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *_FRONT_END, *packages], check=True)
    return interpreter


def pretend_to_be_colab(folder):
    """Write an IPython profile whose kernels have imported ``google.colab``; return its folder."""
    stub = folder / "stub" / "google" / "colab"
    stub.mkdir(parents=True)
    (stub / "__init__.py").touch()
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "colab.py").write_text(
        f"import sys\nsys.path.insert(0, {str(folder / 'stub')!r})\nimport google.colab\n",
        encoding="utf-8",
    )
    return folder / "ipython"


def with_archive(notebook, archive):
    """Make the setup cell install a local archive instead of the one on the web."""
    (setup,) = (cell for cell in notebook.cells if cell.id == _SETUP)
    setup.source, count = re.subn(r"https://\S+\.zip", str(archive), setup.source)
    if count != 1:
        raise ValueError("the setup cell has no address of an archive")
    return notebook


def run_chapters(interpreter, names, folder, environment):
    """Execute chapters one after the other; return the names of those that failed."""
    failed = []
    for name in names:
        start = time.monotonic()
        command = [interpreter, "-m", "jupyter", "execute", "--inplace", "--timeout=900", name]
        result = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        verdict = "passed" if result.returncode == 0 else "FAILED"
        print(f"{name:32}{verdict} in {time.monotonic() - start:.0f} s", flush=True)
        if result.returncode:
            failed.append(name)
            print(result.stderr[-3000:], flush=True)
    return failed


def rehearse(python, packages, chapters, online):
    """Do everything in a temporary folder; return the names of the chapters that failed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        archive = folder / "main.zip"
        subprocess.run(
            [
                "git",
                "archive",
                "--format=zip",
                "--prefix=book-main/",
                f"--output={archive}",
                "HEAD",
            ],
            cwd=ROOT,
            check=True,
        )
        interpreter = make_environment(python, folder / "environment", packages)
        content = folder / "content"
        content.mkdir()
        names = []
        for path in sorted((ROOT / "book").glob("[0-9]*.ipynb")):
            if not chapters or path.name[:2] in chapters:
                notebook = with_archive(nbformat.read(path, as_version=4), archive)
                nbformat.write(notebook, content / path.name)
                names.append(path.name)
        environment = {
            **{k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
            "IPYTHONDIR": str(pretend_to_be_colab(folder)),
            "LECTURE_OFFLINE": "0" if online else "1",
        }
        failed = run_chapters(interpreter, names, content, environment)
        listing = [interpreter, "-m", "pip", "list", "--format=freeze"]
        listed = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
        shown = re.findall(
            r"^(?:torch|torchvision|numpy|pytorch-lightning|lecture-utils)==.*$", listed, re.M
        )
        print(*shown, sep="\n")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="Python interpreter to use")
    parser.add_argument("--with", nargs="*", default=["torch", "torchvision"], dest="packages")
    parser.add_argument("--chapters", nargs="*", default=[], help="two digits each; by default all")
    parser.add_argument("--online", action="store_true", help="allow downloads of data and weights")
    options = parser.parse_args()
    failed = rehearse(options.python, options.packages, options.chapters, options.online)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()

"""Run a chapter again when something it uses has changed, and only then.

MyST-NB keeps executed notebooks and runs one again when its own cells change. It cannot know that
the code which the cells import has changed, or the JavaScript of a demo. This extension follows the
imports of each notebook through ``lecture_utils``, and drops the kept result when one of those
files is new.
"""

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

import jupytext
from answers import answers_file
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_cache import get_cache
from local_data import available_data
from myst_nb.core.read import is_myst_markdown_notebook
from sphinx.util import logging

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "lecture_utils"
#: Name of the file, in the folder of the kept results, that has the fingerprint of each chapter.
RECORD = "lecture_utils.json"
# What modules read from the package's folder. A run's card changes with its history and weights,
# but not with its test logits, which `runs.record_test_logits` replaces. The results of the tuning
# determine the recipes.
_DATA = {
    "datasets": ("data/samples/*.npz",),
    "interpretation.recordings": ("data/filters/*/*.*",),
    "runs": (
        "data/runs/*/*/*/card.json",
        "data/runs/*/*/*/test_logits.npz",
        "data/tuning/*.json",
    ),
    "transfer": ("data/samples/*.npz",),
}
logger = logging.getLogger(__name__)


@cache  # most modules are used by most chapters
def imported_names(source):
    """Return the dotted names that Python source imports, ``from a import b`` as both a and a.b."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            separator = "" if base.endswith(".") else "."
            names.add(base)
            names.update(f"{base}{separator}{alias.name}" for alias in node.names)
    return frozenset(names)


def notebook_source(path):
    """Return the Python of a notebook's code cells; IPython's magics become ordinary calls."""
    path = Path(path)
    # Pages in Markdown can have code cells, too. In others, blocks of code are only shown.
    if path.suffix == ".md" and not is_myst_markdown_notebook(path.read_text(encoding="utf-8")):
        return ""
    cells = jupytext.read(path).cells
    to_python = TransformerManager().transform_cell
    return "\n".join(to_python(cell.source) for cell in cells if cell.cell_type == "code")


def dependencies(notebook, root=ROOT):
    """Return the files of the package that a notebook uses, directly or through other modules.

    The answers to its exercises, which are executed with it, are among them.
    """
    demos = _demo_folders(root)
    answers = answers_file(notebook)
    files = {answers} if answers.is_file() else set()
    waiting = [(notebook_source(notebook), PACKAGE)]
    while waiting:
        source, package = waiting.pop()
        for name in imported_names(source):
            for path in _files_of(_absolute(name, package), demos, root):
                if path not in files:
                    files.add(path)
                    if path.suffix in (".py", ".pyi"):
                        waiting.append((path.read_text(encoding="utf-8"), _package_of(path, root)))
    return sorted(files)


def _demo_folders(root):
    """Read which demo lives in which folder from ``widgets/__init__.py``, without importing it."""
    init = root / PACKAGE / "widgets" / "__init__.py"
    if not init.is_file():
        return {}
    for node in ast.parse(init.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_DEMOS":
            return ast.literal_eval(node.value)
    return {}


def _absolute(name, package):
    if not name.startswith("."):
        return name
    level = len(name) - len(name.lstrip("."))
    parts = package.split(".")[: len(package.split(".")) - (level - 1)]
    return ".".join([*parts, *filter(None, [name.lstrip(".")])])


def _package_of(path, root):
    return ".".join(path.relative_to(root).parent.parts)


def _files_of(name, demos, root):
    """Return the files that belong to one dotted name: the module, and what it reads."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return []
    if parts[:2] == [PACKAGE, "widgets"] and len(parts) == 3 and parts[2] in demos:
        parts[2] = demos[parts[2]]
    base = root.joinpath(*parts)
    patterns = _DATA.get(".".join(parts[1:]), ())
    data = sorted(path for pattern in patterns for path in (root / PACKAGE).glob(pattern))
    if base.with_suffix(".py").is_file():
        return [base.with_suffix(".py"), *data]
    if (base / "__init__.py").is_file():
        is_demo = parts[:2] == [PACKAGE, "widgets"] and len(parts) == 3
        # What a package imports only when it is asked for is named in its stub.
        beside = sorted(base.glob("*.*" if is_demo else "__init__.py*"))
        shared = sorted((root / PACKAGE / "widgets" / "_shared").rglob("*.*")) if is_demo else []
        return [*beside, *shared, *data]
    return []


def fingerprint(files, root=ROOT):
    """Return one hash of the names and contents of files, and of the data if these look for any."""
    digest = hashlib.sha256()
    if any(path.is_relative_to(root / PACKAGE / "datasets") for path in files):
        digest.update(available_data().encode())
    for path in files:
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _drop_stale_results(app, env, added, changed, removed):
    """Forget the kept results whose dependencies changed; have Sphinx read those pages again."""
    folder = Path(app.config.nb_execution_cache_path or Path(app.outdir).parent / ".jupyter_cache")
    record = folder / RECORD
    known = json.loads(record.read_text()) if record.is_file() else {}
    stale, now = [], {}
    for docname in sorted(env.found_docs):
        path = Path(env.doc2path(docname))
        now[docname] = fingerprint(dependencies(path))
        if now[docname] != known.get(docname):
            stale.append(docname)
            _forget(folder, path)
    folder.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(now, indent=1))
    if stale:
        logger.info("notebooks to run, because what they import is new: %s", ", ".join(stale))
    return stale


def _forget(folder, path):
    cache = get_cache(folder)
    for record in cache.list_cache_records():
        # By name, because the results may have been copied from another checkout.
        if Path(record.uri).name == path.name:
            cache.remove_cache(record.pk)


def setup(app):
    app.connect("env-get-outdated", _drop_stale_results)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

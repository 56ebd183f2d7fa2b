"""A card says whether the code behind a run was changed, in any module that a run can import."""

import ast
import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

import lecture_utils
from lecture_utils.runs import _environment

PACKAGE = Path(lecture_utils.__file__).parent


def module_file(name):
    """Return the file of a module of the package; None if there is none of that name."""
    path = PACKAGE.joinpath(*name.split(".")[1:])
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def imported_names(file, package):
    """Yield the full names of all that a file imports, inside of functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: -node.level + 1 or None] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def closure(*names):
    """Return the files of some modules and of all that they import, directly or not."""
    files, waiting = set(), list(names)
    while waiting:
        parts = waiting.pop().split(".")
        # Importing a.b.c also runs a and a.b.
        for count in range(1, len(parts) + 1):
            name = ".".join(parts[:count])
            file = module_file(name)
            if file is None or file in files:
                continue
            files.add(file)
            package = name if file.name == "__init__.py" else name.rpartition(".")[0]
            # Packages with lazy imports list them in a stub beside the module.
            for each in (file, file.with_suffix(".pyi")):
                if each.is_file():
                    found = imported_names(each, package)
                    waiting += [full for full in found if full.startswith("lecture_utils.")]
    return sorted(files)


def run_modules():
    return [f"lecture_utils.runs.{path.stem}" for path in (PACKAGE / "runs").glob("*.py")]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A git repository with a copy of the sources, and `code_version` as it runs from there."""
    root = tmp_path_factory.mktemp("repository")
    ignore = shutil.ignore_patterns("__pycache__", "data")
    shutil.copytree(PACKAGE, root / "lecture_utils", ignore=ignore)
    data = root / "lecture_utils" / "data"
    shutil.copytree(PACKAGE / "data" / "tuning", data / "tuning")
    (data / "runs").mkdir()
    (root / ".gitignore").write_text("__pycache__/\n")
    (data / "runs" / "card.json").write_text("{}")
    git = ("git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@b.c")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "sources"], check=True)
    return root, code_version_of(root / "lecture_utils")


def code_version_of(package):
    """Return `code_version` as it runs from a copy of the package."""
    path = package / "runs" / "_environment.py"
    spec = importlib.util.spec_from_file_location("copied_environment", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.code_version


def changed(repository, path):
    """Edit a file of the copy, ask, and undo it."""
    root, code_version = repository
    path = root / path
    before = path.read_bytes()
    path.write_bytes(before + b"\n# edited\n")
    try:
        return code_version()["changed_since"]
    finally:
        path.write_bytes(before)


def test_the_closure_is_not_empty_and_has_what_was_once_forgotten():
    names = {path.relative_to(PACKAGE).as_posix() for path in closure(*run_modules())}
    assert len(names) > 50
    assert {
        "augmentation/_functional.py",
        "datasets/_cats_vs_dogs.py",
        "datasets/_image_cache.py",
        "datasets/pets/__init__.py",
        "training/_classifier.py",
        "transfer/_embedding.py",
        "_inspect.py",
    } <= names
    assert not any(name.startswith("widgets") for name in names)


@pytest.mark.slow
def test_editing_any_module_that_a_run_can_import_shows(repository):
    assert repository[1]()["changed_since"] is False
    for path in closure(*run_modules()):
        assert changed(repository, Path("lecture_utils", path.relative_to(PACKAGE))) is True, path
    assert repository[1]()["changed_since"] is False


@pytest.mark.parametrize("name", ["filters.json", "transfer.json"])
def test_editing_what_was_tuned_shows(repository, name):
    assert changed(repository, f"lecture_utils/data/tuning/{name}") is True
    assert repository[1]()["changed_since"] is False


def test_a_new_file_among_them_shows(repository):
    root, code_version = repository
    path = root / "lecture_utils" / "training" / "_new.py"
    path.touch()
    assert code_version()["changed_since"] is True
    path.unlink()
    assert code_version()["changed_since"] is False


@pytest.mark.parametrize(
    "path",
    [
        "lecture_utils/widgets/__init__.py",
        "lecture_utils/widgets/training_curves/__init__.py",
        "lecture_utils/widgets/training_curves/training_curves.js",
        "lecture_utils/data/runs/card.json",
    ],
)
def test_editing_a_demo_or_data_does_not(repository, path):
    assert changed(repository, path) is False


def test_the_commit_is_that_of_the_repository(repository):
    root, code_version = repository
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    head = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert code_version() == {"commit": head, "changed_since": False}


def test_an_environment_inside_of_another_repository_does_not_name_its_commit(repository):
    root, _ = repository
    package = root / ".venv" / "lib" / "lecture_utils"
    shutil.copytree(PACKAGE / "runs", package / "runs", ignore=shutil.ignore_patterns("__*__"))
    unknown = {"commit": None, "changed_since": None}
    assert code_version_of(package)() == unknown
    with (root / ".git" / "info" / "exclude").open("a") as file:
        file.write(".venv/\n")
    try:
        assert code_version_of(package)() == unknown
    finally:
        shutil.rmtree(root / ".venv")


def test_without_a_repository_nothing_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setattr(_environment, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert _environment.code_version() == {"commit": None, "changed_since": None}

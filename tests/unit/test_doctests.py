"""The examples in the docstrings of the package, run as a reader would type them."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "lecture_utils").rglob("*.py")
    if path.name != "__main__.py" and ">>> " in path.read_text(encoding="utf-8")
)

#: These describe large networks, layer by layer.
SLOW = {"lecture_utils.widgets.transfer_explorer"}


@pytest.fixture(autouse=True)
def no_downloads(monkeypatch, tmp_path):
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path))
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def names_of_topic(module_name):
    """Return what ``from lecture_utils.<topic> import *`` gives, which examples may use."""
    topic = import_module(".".join(module_name.split(".")[:2]))
    exported = getattr(topic, "__all__", ()) if topic.__name__ != "lecture_utils.widgets" else ()
    return {name: getattr(topic, name) for name in exported}


def test_there_are_examples():
    assert len(MODULES) > 50


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in MODULES],
)
def test_examples_give_what_they_show(name):
    module, report, ran = import_module(name), [], 0
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    names = {**names_of_topic(name), **vars(module)}
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, globs=names):
        ran += len(example.examples)
        runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)
    assert ran, f"{name} has examples that doctest does not find"

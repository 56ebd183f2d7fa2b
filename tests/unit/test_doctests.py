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

#: These describe large networks layer by layer, explain their predictions, or draw many pets.
SLOW = {
    "lecture_utils.runs.transfer",
    "lecture_utils.transfer._pet_maps",
    "lecture_utils.widgets.grad_cam_explorer",
    "lecture_utils.widgets.transfer_explorer",
}
#: All examples that are not run (``# doctest: +SKIP``), and what they need that a test lacks.
SKIPPED = {
    "lecture_utils.datasets._cats_vs_dogs": {"cats_vs_dogs": "the reader's own files"},
    "lecture_utils.datasets._download": {"download": "a download"},
    "lecture_utils.runs._runs": {
        "record_test_logits": "a download",
        "resume": "an interrupted training",
        "train": "a training",
    },
    "lecture_utils.training._image_folders": {
        "ImageDataModule": "the reader's own files",
        "find_images": "the reader's own files",
    },
    "lecture_utils.transfer._embedding": {"EmbeddedDataModule": "a training"},
}


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
    assert set(MODULES) >= SLOW | set(SKIPPED)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in MODULES],
)
def test_examples_give_what_they_show(name):
    module, report, ran, skipped = import_module(name), [], 0, set()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    names = {**names_of_topic(name), **vars(module)}
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, globs=names):
        ran += len(example.examples)
        if any(doctest.SKIP in each.options for each in example.examples):
            skipped.add(example.name.removeprefix(f"{name}."))
        runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)
    assert ran, f"{name} has examples that doctest does not find"
    assert skipped == SKIPPED.get(name, {}).keys(), "run the example, or list it with the reason"

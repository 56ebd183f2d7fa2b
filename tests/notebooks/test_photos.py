"""The chapters on pets, where there are images in a folder and weights of the large networks.

The build and its tests have neither. Here is what they leave out: a folder in the layout of the
photos (JPEG files of many sizes; what they show is drawn), MNIST in part, and weights of the right
shapes with random values. That the text is true of the real photos is for a build with them:
``make book PHOTOS=folder``.
"""

import hashlib
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from torchvision.models import get_model_builder

from lecture_utils.datasets.pets import draw_pet

BOOK = Path(__file__).parents[2] / "book"
pytestmark = pytest.mark.slow
SPLITS = {"train": 600, "val": 200, "test": 400}
NETWORKS = ("resnet18", "resnet50", "vgg16")
# Cells that a reader fills in, and their checks: they do not depend on the images.
LEFT_OUT = {"exercise", "check", "solution"}


def draw_folder(folder):
    rng = np.random.default_rng(7)
    for split, count in SPLITS.items():
        for number in range(count):
            kind = ("cat", "dog")[number % 2]
            path = folder / split / f"{kind}s" / f"{kind}.{number // 2}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            width, height = rng.integers(96, 260, 2)
            draw_pet(kind, rng).resize((int(width), int(height))).save(path, quality=80)


def save_random_weights(folder):
    folder.mkdir()
    for name in NETWORKS:
        torch.manual_seed(0)
        path = folder / "new.pth"
        torch.save(get_model_builder(name)(weights=None).state_dict(), path)
        digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        path.rename(folder / f"{name}-{digits}.pth")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    draw_folder(folder / "cats-vs-dogs")
    save_random_weights(folder / "weights")
    return folder


def execute(chapter, data, monkeypatch):
    """Execute a chapter with a data folder; return its cells by id."""
    monkeypatch.setenv("LECTURE_DATA", str(data))
    notebook = nbformat.read(BOOK / chapter, as_version=4)
    notebook.cells = [
        cell for cell in notebook.cells if not LEFT_OUT & set(cell.metadata.get("tags", []))
    ]
    place = {"metadata": {"path": str(BOOK)}}
    NotebookClient(notebook, timeout=600, resources=place).execute()
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


def printed(cell, stream="stdout"):
    return "".join(
        output.text
        for output in cell.outputs
        if output.output_type == "stream" and output.name == stream
    )


def figures(cell):
    return [o for o in cell.outputs if "text/html" in o.get("data", {})]


def test_chapter_5_trains_on_the_images(data, monkeypatch):
    cells = execute("05_cats_vs_dogs.ipynb", data, monkeypatch)
    assert "photos from LECTURE_DATA" in printed(cells["a102630c"])
    # They are not the photos that the recorded run was tested on, so none is shown as its mistake.
    assert "not those of the recorded run" in printed(cells["474e4533"])


def test_chapter_6_augments_the_images(data, monkeypatch):
    cells = execute("06_augmentation.ipynb", data, monkeypatch)
    assert "photos from LECTURE_DATA" in printed(cells["5009198d"], "stderr")


def test_chapter_8_looks_into_vgg16_and_resnet50(data, monkeypatch):
    cells = execute("08_interpretation.ipynb", data, monkeypatch)
    assert "photos from LECTURE_DATA" in printed(cells["c019"])
    assert "VGG16: weights from LECTURE_DATA" in printed(cells["c8n002"], "stderr")
    assert all(figures(cells[name]) for name in ("c8n005", "c8n008"))


def test_chapter_9_trains_resnet18(data, monkeypatch):
    cells = execute("09_transfer_learning.ipynb", data, monkeypatch)
    lines = printed(cells["other-backbones"]).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["efficientnet_lite0", "resnet18"]

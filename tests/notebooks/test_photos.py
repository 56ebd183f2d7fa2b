"""The chapters on pets, where there are images in a folder and weights of the large networks.

The build and its tests have neither. Here is what they leave out: a folder in the layout of the
photos (JPEG files of many sizes; what they show is drawn), and weights of the right shapes with
random values. That the text is true of the real photos is for a build with them:
``make book PHOTOS=folder``.

Cells that use the images or the weights run, some of them with fewer repetitions. Of the others,
those that take long are left to the build.
"""

import contextlib
import hashlib
import re
from pathlib import Path

import nbformat
import pytest
import torch
from file_server import serving
from nbclient import NotebookClient
from torchvision.models import get_model_builder

from lecture_utils import datasets

BOOK = Path(__file__).parents[2] / "book"
pytestmark = pytest.mark.slow
SIZES = (600, 200, 400)
# The splits of the folder, and the names that they have where the package keeps its drawings.
SPLITS = {"train": "train", "val": "validation", "test": "test"}
NETWORKS = ("resnet18", "resnet50", "vgg16")
# Kernels run this first: torchvision's weights come from a server on this machine, and nothing else
# is to be had. ResNet50's recommended weights are its second ones.
ADDRESSES = """
import socket
from torchvision.models import get_model_weights

look_up = socket.getaddrinfo
def only_this_machine(host, *others, **more):
    if host != "127.0.0.1":
        raise OSError(f"{host} is not to be asked in this test")
    return look_up(host, *others, **more)
socket.getaddrinfo = only_this_machine

for path in %r:
    weights = get_model_weights(path.rsplit("/", 1)[-1].rsplit("-", 1)[0]).DEFAULT
    weights.value.url = path
"""
LOADS = "c8n002"  # the cell of chapter 8 that asks for VGG16 and ResNet50
# Cells that a reader fills in, and their checks: they do not depend on the images.
LEFT_OUT = {"exercise", "check", "solution"}
# The first and the last cell of parts that depend neither on the images nor on the weights and that
# take long. If a cell that remains needs one of them, the test fails with a NameError.
PARTS_LEFT_OUT = {
    "06_augmentation.ipynb": [
        ("c6-flip1", "c6-flip"),  # trains on digits
        ("0cbe7fcb", "challenge-6-a"),  # recorded runs
    ],
    "08_interpretation.ipynb": [
        ("c016", "c016"),  # maps of the package's own images
        ("c027", "c8b001"),  # gradient ascent in a recorded network
        ("c033", "c8v020"),  # gradient ascent in EfficientNet-Lite0
        ("c8c005", "c8e011"),  # evidence in the package's own images
        ("c072", "challenge-8-a"),
    ],
    "09_transfer_learning.ipynb": [
        ("d2e1f265", "d2e1f265"),  # recorded runs
        ("285c33a9", "3d262acb"),  # recorded runs
        ("neighbors", "claim-pets"),  # recorded maps
        ("claim-trap1", "claim-trap1"),  # of all images and seeds; the build has the same drawings
        ("claim-trap2", "claim-trap2"),
        ("small-inputs", "claim-negative"),  # clothes and digits
        ("7a365df6", "challenge-9-a"),
    ],
}
# What a cell says, and what it says here, so that the same code is repeated less often.
SHORTENED = {
    "05_cats_vs_dogs.ipynb": {
        "7b7e144e": ("range(5)", "range(2)"),
        "c5e0000d": ("range(5)", "range(2)"),
        "419062f8": ("patience=6", "patience=1"),
        "c5e00014": ("kept_epoch + 6", "kept_epoch + 1"),
    },
    "08_interpretation.ipynb": {"c8n004": ("steps=40", "steps=2")},
    "09_transfer_learning.ipynb": {
        "a88a7bd1": ("validation_size=200", "validation_size=40"),
        "partial-by-hand": ("steps=60", "steps=2"),
        "trap1-steps": ("steps=15", "steps=5"),
        "1ff57a70": ("for seed in range(3)", "for seed in range(1)"),
        "trap2-effects": ("passes=2", "passes=1"),
        "b3ded759": ("for seed in range(3)", "for seed in range(1)"),
    },
}


def link_to_drawings(folder):
    """Fill the folder with the drawings of the build, because drawing takes long."""
    drawings = datasets.drawn_pets(SIZES).folder
    for split, theirs in SPLITS.items():
        for kind in ("cats", "dogs"):
            (folder / split / kind).mkdir(parents=True)
            for image in (drawings / theirs / kind).iterdir():
                (folder / split / kind / image.name).symlink_to(image)
            litter(folder / split / kind)
        litter(folder / split)
    litter(folder)


def litter(folder):
    """Leave what macOS and Windows leave in a folder that somebody has looked at."""
    for name in (".DS_Store", "Thumbs.db"):
        (folder / name).write_bytes(b"not an image")


def save_random_weights(folder):
    """Save weights as torchvision does: a file's name has the first digits of its checksum."""
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
    link_to_drawings(folder / "cats-vs-dogs")
    save_random_weights(folder / "weights")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The user's cache, except for images decoded from a folder, which is another in each test."""
    folder = tmp_path_factory.mktemp("cache")
    for each in datasets.drawn_pets(SIZES).folder.parents[1].iterdir():
        if each.name != "decoded-images":
            (folder / each.name).symlink_to(each)
    return folder


@contextlib.contextmanager
def weights_on_a_server(weights, folder, monkeypatch):
    """Let chapters download weights, but from a server on this machine, not from torchvision's.

    `folder` is for the cache and for the settings of the kernels.
    """

    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.setenv("LECTURE_CACHE", str(folder / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(folder / "torch"))
    monkeypatch.setenv("LECTURE_OFFLINE", "0")
    monkeypatch.setenv("LECTURE_DOWNLOAD", "1")
    with serving(weights) as host:
        addresses = [f"{host}/{path.name}" for path in sorted(weights.iterdir())]
        (startup / "addresses.py").write_text(ADDRESSES % addresses, encoding="utf-8")
        yield


def chapter_cells(chapter):
    """Return the cells of a chapter that are to run, some with fewer repetitions."""
    cells = {cell.id: cell for cell in nbformat.read(BOOK / chapter, as_version=4).cells}
    names = list(cells)
    for first, last in PARTS_LEFT_OUT.get(chapter, []):
        for name in names[names.index(first) : names.index(last) + 1]:
            del cells[name]
    for name, (many, few) in SHORTENED.get(chapter, {}).items():
        assert many in cells[name].source
        cells[name].source = cells[name].source.replace(many, few)
    return [c for c in cells.values() if not LEFT_OUT & set(c.metadata.get("tags", []))]


def execute(cells, data, monkeypatch):
    """Execute cells as one notebook with a data folder; return those with code by their id."""
    monkeypatch.setenv("LECTURE_DATA", str(data))
    notebook = nbformat.v4.new_notebook(cells=cells)
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


def test_chapter_5_trains_on_the_images(data, cache, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(cache))
    cells = execute(chapter_cells("05_cats_vs_dogs.ipynb"), data, monkeypatch)
    assert "photos from LECTURE_DATA" in printed(cells["a102630c"])
    # They are not the photos that the recorded run was tested on, so none is shown as its mistake.
    assert "not those of the recorded run" in printed(cells["474e4533"])


def test_chapter_6_augments_the_images(data, cache, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(cache))
    cells = execute(chapter_cells("06_augmentation.ipynb"), data, monkeypatch)
    assert "photos from LECTURE_DATA" in printed(cells["5009198d"], "stderr")


def test_chapter_8_downloads_vgg16_and_resnet50_and_looks_into_them(data, tmp_path, monkeypatch):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cats-vs-dogs").symlink_to(data / "cats-vs-dogs")
    with weights_on_a_server(data / "weights", tmp_path, monkeypatch):
        cells = execute(chapter_cells("08_interpretation.ipynb"), photos, monkeypatch)
    assert "photos from LECTURE_DATA" in printed(cells["c019"])
    said = printed(cells[LOADS], "stderr")
    for title, name in (("VGG16", "vgg16"), ("ResNet50", "resnet50")):
        (file,) = (data / "weights").glob(f"{name}-*.pth")
        assert re.search(rf"{title}: .* from a download, kept in the cache \({file.name}\)", said)
        assert (tmp_path / "cache" / "weights" / file.name).read_bytes() == file.read_bytes()
    assert all(figures(cells[name]) for name in ("c8n005", "c8n008"))


def test_chapter_8_says_why_it_does_without_them(tmp_path, monkeypatch):
    weights = tmp_path / "server"
    weights.mkdir()
    for name in ("vgg16", "resnet50"):
        (weights / f"{name}-00000000.pth").write_bytes(b"not what the name promises")
    (loads,) = (c for c in chapter_cells("08_interpretation.ipynb") if c.id == LOADS)
    imports = nbformat.v4.new_code_cell("from lecture_utils import pretrained")
    with weights_on_a_server(weights, tmp_path, monkeypatch):
        (weights / "resnet50-00000000.pth").unlink()
        cell = execute([imports, loads], tmp_path, monkeypatch)[LOADS]
    for title in ("VGG16", "ResNet50"):
        assert f"the weights of {title} are not on this machine" in printed(cell)
    for reason in (r"vgg16-00000000\.pth.*checksum", r"resnet50-00000000\.pth.*404"):
        assert re.search(reason, printed(cell, "stderr"))
    assert not list((tmp_path / "cache").rglob("*.pth"))


def test_chapter_9_trains_resnet18(data, cache, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(cache))
    cells = execute(chapter_cells("09_transfer_learning.ipynb"), data, monkeypatch)
    assert "photos from LECTURE_DATA" in printed(cells["a88a7bd1"], "stderr")
    lines = printed(cells["other-backbones"]).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["efficientnet_lite0", "resnet18"]

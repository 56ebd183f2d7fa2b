"""Cats and dogs: the small split of the public archive, and the drawn ones."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch
from faulty_server import FaultyServer
from PIL import Image

from lecture_utils import datasets
from lecture_utils.datasets import DownloadError, _cats_vs_dogs, _search
from lecture_utils.datasets.pets import KINDS, draw_pet
from lecture_utils.training import ImageDataModule

SMALL = {"train": (1, 6), "validation": (11, 13), "test": (14, 16)}
BROKEN = ("Cat/3.jpg",)


def jpeg(seed):
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    image.save(buffer, "jpeg")
    return buffer.getvalue()


def public_archive(broken=BROKEN, extra=()):
    """A small archive as Microsoft's: all numbers of both animals, some files no photos."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for kind in ("Cat", "Dog"):
            for number in range(20):
                name = f"{kind}/{number}.jpg"
                content = b"" if name in broken else jpeg(number + 100 * (kind == "Dog"))
                archive.writestr(f"PetImages/{name}", content)
            archive.writestr(f"PetImages/{kind}/Thumbs.db", b"no photo")
        archive.writestr("readme[1].txt", b"read me")
        for name in extra:
            archive.writestr(name, b"evil")
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def clean_machine(tmp_path, monkeypatch):
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_search, "_said", set())
    monkeypatch.setattr(_search, "_download_failed", set())
    monkeypatch.setattr(_cats_vs_dogs, "SMALL_SPLIT", SMALL)
    monkeypatch.setattr(_cats_vs_dogs, "_LEAST", 0.9)
    monkeypatch.setattr(_cats_vs_dogs, "_DRAWN", (4, 2, 2))


@pytest.fixture
def serve(monkeypatch):
    """Start a server for an archive, which becomes the public address."""
    servers = []

    def start(content, faults=(), checksum=None):
        monkeypatch.delenv("LECTURE_OFFLINE", raising=False)
        monkeypatch.setenv("LECTURE_DOWNLOAD", "1")
        server = FaultyServer(content, faults).__enter__()
        servers.append(server)
        digest = checksum or hashlib.sha256(content).hexdigest()
        monkeypatch.setattr(_cats_vs_dogs, "_URLS", (server.url,))
        monkeypatch.setattr(_cats_vs_dogs, "_CHECKSUM", f"sha256:{digest}")
        return server

    yield start
    for server in servers:
        server.__exit__()


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))


def leftovers(tmp_path):
    return [
        path.name
        for path in (tmp_path / "cache" / "cats-vs-dogs").iterdir()
        if path.suffix != ".lock" and path.name != "small"
    ]


# ---- the photos


def test_the_published_split_has_the_sizes_of_the_lecture():
    monkeypatched = {"train": (1, 1000), "validation": (4001, 4500), "test": (4501, 5000)}
    code = (
        "from lecture_utils.datasets._cats_vs_dogs import SMALL_SPLIT; import json; "
        "print(json.dumps(SMALL_SPLIT))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    split = {name: tuple(ends) for name, ends in json.loads(shown.stdout).items()}
    assert split == monkeypatched
    assert [2 * (last - first + 1) for first, last in split.values()] == [2000, 1000, 1000]


def test_the_download_gives_the_small_split_without_broken_files(serve, tmp_path):
    server = serve(public_archive())
    found = datasets.cats_vs_dogs()
    assert found.source == "download"
    assert found.skipped == {"train/cats/cat.3.jpg": "the file is empty"}
    assert "without 1 that cannot be read" in found.origin
    expected = [
        f"{split}/{kind}s/{kind}.{number}.jpg"
        for split, (first, last) in SMALL.items()
        for kind in ("cat", "dog")
        for number in range(first, last + 1)
        if (kind, number) != ("cat", 3)
    ]
    assert names(found.folder) == sorted(expected)
    assert (found.folder / "test/dogs/dog.15.jpg").read_bytes() == jpeg(115)
    # The archive is large; only the photos are kept.
    assert leftovers(tmp_path) == []
    again = datasets.cats_vs_dogs()
    assert (again.source, again.skipped) == ("cache", found.skipped)
    assert len(server.ranges) == 1


def test_the_data_module_takes_what_is_found(serve):
    serve(public_archive())
    data = ImageDataModule(datasets.cats_vs_dogs(), image_size=8)
    data.setup("fit")
    assert (len(data.train_set), len(data.validation_set)) == (11, 6)
    assert data.class_names == ("cats", "dogs")
    assert data.source == "download"
    assert data.origin.startswith("Cats vs Dogs: photos from a download")


def test_a_download_that_is_cut_goes_on(serve):
    server = serve(public_archive(), faults=["cut"])
    assert datasets.cats_vs_dogs().source == "download"
    assert server.ranges[0] is None
    assert server.ranges[1].startswith("bytes=")


@pytest.mark.parametrize("damage", ["remove", "shorten", "manifest"])
def test_a_damaged_cache_is_fetched_again(serve, damage):
    serve(public_archive())
    folder = datasets.cats_vs_dogs().folder
    before = names(folder)
    victim = folder / "train/dogs/dog.2.jpg"
    if damage == "remove":
        victim.unlink()
    elif damage == "shorten":
        victim.write_bytes(b"")
    else:
        (folder / "manifest.json").write_text("{")
    with pytest.raises(FileNotFoundError, match="is damaged"):
        datasets.cats_vs_dogs(source="cache")
    assert datasets.cats_vs_dogs().source == "download"
    assert names(folder) == before
    assert victim.read_bytes() == jpeg(102)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"extra": ["../../evil.jpg"]}, "leads outside"),
        ({"broken": [f"Cat/{number}.jpg" for number in range(20)]}, "is it another one"),
    ],
)
def test_an_archive_that_is_not_what_it_should_be_is_refused(serve, tmp_path, options, message):
    serve(public_archive(**options))
    with pytest.raises(DownloadError, match=message):
        datasets.cats_vs_dogs(source="download")
    assert not list(tmp_path.rglob("evil.jpg"))
    assert not (tmp_path / "cache/cats-vs-dogs/small").exists()
    assert datasets.cats_vs_dogs().source == "embedded"


def test_an_archive_with_another_checksum_is_thrown_away(serve, tmp_path):
    serve(public_archive(), checksum="0" * 64)
    with pytest.raises(DownloadError, match="wrong checksum"):
        datasets.cats_vs_dogs(source="download")
    assert leftovers(tmp_path) == []


def test_the_order_of_places(tmp_path, monkeypatch, serve):
    assert datasets.cats_vs_dogs().source == "embedded"
    serve(public_archive())
    assert datasets.cats_vs_dogs(download=False).source == "embedded"
    assert datasets.cats_vs_dogs().source == "download"
    assert datasets.cats_vs_dogs().source == "cache"
    for split in ("train", "val", "test"):
        for kind in ("cats", "dogs"):
            (tmp_path / "mine/cats-vs-dogs" / split / kind).mkdir(parents=True)
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "mine"))
    found = datasets.cats_vs_dogs()
    assert (found.source, found.folder) == ("folder", tmp_path / "mine/cats-vs-dogs")
    assert datasets.cats_vs_dogs(source="cache").source == "cache"


def test_places_that_do_not_have_it_say_so(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="LECTURE_DATA is not set"):
        datasets.cats_vs_dogs(source="folder")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="cats-vs-dogs/train/cats"):
        datasets.cats_vs_dogs(source="folder")
    with pytest.raises(FileNotFoundError, match="source='download' fetches it"):
        datasets.cats_vs_dogs(source="cache")
    with pytest.raises(FileNotFoundError, match="no system package"):
        datasets.cats_vs_dogs(source="package")
    with pytest.raises(FileNotFoundError, match="LECTURE_OFFLINE forbids"):
        datasets.cats_vs_dogs(source="download")
    with pytest.raises(ValueError, match="source is 'web'"):
        datasets.cats_vs_dogs(source="web")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "typo"))
    with pytest.raises(FileNotFoundError, match="not a folder"):
        datasets.cats_vs_dogs()


# ---- the drawn pets


def contents(folder):
    return {name: (folder / name).read_bytes() for name in names(folder)}


def draw(sizes=(4, 2, 2), **options):
    return datasets.drawn_pets(sizes, **options)


def test_the_same_seed_draws_the_same_bytes_and_a_larger_set_begins_with_a_smaller(
    tmp_path, monkeypatch
):
    first = contents(draw().folder)
    larger = contents(draw((6, 2, 4)).folder)
    other = contents(draw(seed=1).folder)
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "other"))
    assert contents(draw().folder) == first
    assert first.items() < larger.items()
    assert first.keys() == other.keys()
    assert not set(first.values()) & set(other.values())
    # No two images are the same, nor is one split a copy of another.
    assert len(set(larger.values())) == len(larger) == 12


def test_drawn_folders_suit_the_data_module():
    found = draw((6, 4, 2))
    data = ImageDataModule(found, image_size=16)
    data.setup("fit")
    data.setup("test")
    assert data.train_set.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert (len(data.validation_set), len(data.test_set)) == (4, 2)
    assert data.class_names == found.class_names == ("cats", "dogs")
    assert data.source == "embedded"
    assert data.converted == {"train": 0, "validation": 0, "test": 0}


def test_five_kinds_make_five_classes():
    found = draw((10, 5, 5), kinds=tuple(KINDS))
    data = ImageDataModule(found, image_size=16)
    data.setup("fit")
    assert data.class_names == found.class_names == ("bears", "cats", "dogs", "mice", "rabbits")
    assert torch.bincount(data.train_set.labels).tolist() == [2] * 5
    assert "bears, cats, dogs, mice and rabbits" in found.origin
    # The cats of a larger menagerie are the same cats.
    two = contents(draw((4, 2, 2)).folder)
    assert contents(found.folder).items() >= {
        (name, content) for name, content in two.items() if name.startswith("train/cats")
    }


def test_drawn_once_and_again_only_if_something_is_missing():
    folder = draw().folder
    before = contents(folder)
    stamps = {name: (folder / name).stat().st_mtime_ns for name in before}
    assert draw().folder == folder
    assert {name: (folder / name).stat().st_mtime_ns for name in before} == stamps
    (folder / "train/cats/cat.1.jpg").unlink()
    assert contents(draw().folder) == before


def test_an_interrupted_drawing_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("lecture_utils.datasets.pets.draw_pet", interrupt)
        with pytest.raises(KeyboardInterrupt):
            draw()
    left = [path for path in (tmp_path / "cache/drawn-pets").iterdir() if path.suffix != ".lock"]
    assert left == []
    assert len(contents(draw().folder)) == 8


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_images_are_in_color_of_many_sizes_and_never_blank(kind):
    images = [draw_pet(kind, np.random.default_rng([3, i])) for i in range(20)]
    assert {image.mode for image in images} == {"RGB"}
    assert len({image.size for image in images}) > 12
    for image in images:
        assert min(image.size) >= 120
        assert max(image.size) <= 200
        assert np.asarray(image).std() > 10


@pytest.mark.slow
def test_the_kinds_cannot_be_told_apart_by_their_mean_color_or_shape():
    """A nearest-mean classifier on the mean colors and the shape stays at chance level."""
    features, labels = [], []
    for label, kind in enumerate(("cat", "dog")):
        for i in range(60):
            image = draw_pet(kind, np.random.default_rng([9, label, i]))
            features.append([*np.asarray(image).mean((0, 1)) / 255, image.width / image.height])
            labels.append(label)
    features, labels = np.array(features), np.array(labels)
    train = np.arange(120) % 2 == 0
    means = [features[train & (labels == label)].mean(0) for label in (0, 1)]
    distances = [np.linalg.norm(features[~train] - mean, axis=1) for mean in means]
    right = (np.argmin(distances, axis=0) == labels[~train]).mean()
    assert right < 0.7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ("cat", "dragon")}, "kinds is"),
        ({"kinds": ("cat",)}, "kinds is"),
        ({"kinds": ("cat", "cat")}, "kinds is"),
        ({"sizes": (4, 2)}, "sizes is"),
        ({"sizes": (4, 2, 1)}, "at least 2"),
    ],
)
def test_nonsense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        draw(**options)
    with pytest.raises(ValueError, match="kind is 'dragon'"):
        draw_pet("dragon", np.random.default_rng(0))

"""Where data sets come from, in which order, and what happens when a place is broken."""

import dataclasses
import gzip
import hashlib
import os
import socket
import struct
import subprocess
import sys
import types

import numpy as np
import pytest
import skimage.data
import torch
from faulty_server import FaultyServer
from PIL import Image
from sklearn.datasets import load_digits
from torchvision.datasets.mnist import read_sn3_pascalvincent_tensor

from lecture_utils import datasets, runs
from lecture_utils.datasets import DownloadError, ImageClassificationData, _mnist, _search
from lecture_utils.datasets._idx import read_idx
from lecture_utils.training import InMemoryDataModule

LOADERS = {"fashion-mnist": datasets.fashion_mnist, "mnist": datasets.mnist}
ATTRIBUTES = {"fashion-mnist": "_FASHION_MNIST", "mnist": "_MNIST"}


def idx(array):
    array = np.asarray(array, dtype=np.uint8)
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_data_set(folder, seed=0, count=7, prefix="t10k", compress=True):
    """Write a tiny data set as it is published; return images and labels."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, size=(count, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, size=count, dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in (("images-idx3", images), ("labels-idx1", labels)):
        content = idx(array)
        path = folder / f"{prefix}-{name}-ubyte{'.gz' if compress else ''}"
        path.write_bytes(gzip.compress(content, mtime=0) if compress else content)
    return images, labels


def md5s(folder):
    return {p.name: "md5:" + hashlib.md5(p.read_bytes()).hexdigest() for p in folder.glob("*.gz")}


@pytest.fixture(autouse=True)
def clean_machine(tmp_path, monkeypatch):
    """Nothing is installed, cached or downloaded unless a test says so."""
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_search, "_said", set())
    monkeypatch.setattr(_search, "_download_failed", set())
    change(monkeypatch, "fashion-mnist", package_folder=str(tmp_path / "package"))


def change(monkeypatch, name, **values):
    collection = getattr(_mnist, ATTRIBUTES[name])
    monkeypatch.setattr(_mnist, ATTRIBUTES[name], dataclasses.replace(collection, **values))


@pytest.fixture
def online(tmp_path, monkeypatch):
    """A mirror of a small Fashion-MNIST test set; yields the server's own folder and a starter."""
    monkeypatch.delenv("LECTURE_OFFLINE")
    monkeypatch.setenv("LECTURE_DOWNLOAD", "1")
    folder = tmp_path / "server"
    images, labels = write_data_set(folder, seed=9)

    class Mirror(FaultyServer):
        def _answer(self, request, fault):
            self.content = (folder / request.path.rsplit("/")[-1]).read_bytes()
            super()._answer(request, fault)

    with Mirror(b"") as server:
        mirror = server.url.removesuffix("data.bin")
        change(monkeypatch, "fashion-mnist", mirrors=(mirror,), checksums=md5s(folder))
        yield server, images, labels


# ---- reading IDX files


@pytest.mark.parametrize("shape", [(5,), (0,), (3, 4), (2, 3, 4), (1, 28, 28)])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_read_idx_equals_torchvision(tmp_path, shape, ending):
    array = np.random.default_rng(0).integers(0, 256, size=shape, dtype=np.uint8)
    plain, path = tmp_path / "plain", tmp_path / f"file{ending}"
    plain.write_bytes(idx(array))
    path.write_bytes(gzip.compress(idx(array)) if ending else idx(array))
    result = read_idx(path)
    np.testing.assert_array_equal(result, array)
    if array.size:
        np.testing.assert_array_equal(result, read_sn3_pascalvincent_tensor(str(plain)).numpy())
    assert result.flags.writeable


GOOD = idx(np.zeros((3, 4)))
# Without the time of day, which would give the tests another name in each process.
PACKED = gzip.compress(GOOD, mtime=0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a", b"", "starts with nothing"),
        ("a", b"<html>", "starts with 3c68746d"),
        ("a", b"\0\0\x0d\x01" + bytes(8), "not an IDX file of bytes"),  # floats
        ("a", GOOD[:6], "ends inside its header"),
        ("a", GOOD[:-1], "should hold 3x4 bytes but holds 11"),
        ("a", GOOD + b"\0", "should hold 3x4 bytes but holds 13"),
        ("a", b"\0\0\x08\x03" + b"\xff" * 12, "should hold"),  # no attempt to allocate that
        ("a.gz", GOOD, "damaged"),
        ("a.gz", PACKED[:-9], "damaged"),
        ("a.gz", PACKED[:-8] + b"\1" * 8, "damaged"),
        ("a.gz", PACKED[:12] + b"\xff" * 30, "damaged"),
    ],
)
def test_read_idx_refuses(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


# ---- where the data comes from


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(("split", "prefix"), [("train", "train"), ("test", "t10k")])
def test_folder(tmp_path, monkeypatch, name, compress, split, prefix):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    for layout in getattr(_mnist, ATTRIBUTES[name]).layouts:
        images, labels = write_data_set(tmp_path / layout, 1, 7, prefix, compress)
        data = LOADERS[name](split)
        assert data.source == "folder"
        np.testing.assert_array_equal(data.images, images)
        np.testing.assert_array_equal(data.labels, labels)
        assert data.labels.dtype == np.int64
        assert len(data) == 7
        assert "7" in repr(data)
        for path in (tmp_path / layout).glob("*-ubyte*"):
            path.unlink()


def test_order(tmp_path, monkeypatch, online):
    """Folder before cache before package before download before the embedded sample."""
    server, _, _ = online
    expected = ["embedded", "download", "cache", "package", "folder"]
    taken = [datasets.fashion_mnist("test", download=False).source]
    taken.append(datasets.fashion_mnist("test").source)
    taken.append(datasets.fashion_mnist("test").source)
    for path in (tmp_path / "cache" / "fashion-mnist").iterdir():
        path.unlink()
    write_data_set(tmp_path / "package")
    taken.append(datasets.fashion_mnist("test").source)
    datasets.fashion_mnist("test", source="download")
    write_data_set(tmp_path / "folder" / "fashion-mnist")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "folder"))
    taken.append(datasets.fashion_mnist("test").source)
    assert taken == expected
    assert len(server.ranges) == 4  # two files, twice


def test_source_can_be_forced(tmp_path, monkeypatch, online):
    write_data_set(tmp_path / "package", seed=1)
    write_data_set(tmp_path / "folder" / "fashion-mnist", seed=2)
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "folder"))
    for source in ("download", "cache", "package", "folder", "embedded"):
        assert datasets.fashion_mnist("test", source=source).source == source


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("folder", "LECTURE_DATA is not set"),
        ("cache", "source='download' fetches it"),
        ("package", "install the system package dataset-fashion-mnist"),
        ("download", "LECTURE_OFFLINE forbids"),
    ],
)
def test_forced_source_that_has_nothing(source, message):
    with pytest.raises(FileNotFoundError, match=message):
        datasets.fashion_mnist("test", source=source)


def test_mnist_has_no_package():
    with pytest.raises(FileNotFoundError, match="no system package"):
        datasets.mnist("test", source="package")


@pytest.mark.parametrize("load", LOADERS.values())
def test_bad_arguments(load):
    with pytest.raises(ValueError, match=r"split is 'val'; use \"train\" or \"test\""):
        load("val")
    with pytest.raises(ValueError, match=r"source is 'web'; use one of folder, cache, package"):
        load("test", source="web")


def test_says_once_what_it_took(tmp_path, capsys):
    write_data_set(tmp_path / "package")
    datasets.fashion_mnist("test")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == ("Fashion-MNIST: 7 test images from the package dataset-fashion-mnist\n")
    datasets.fashion_mnist("test")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("value", ["1", "true", "yes", " 1 "])
def test_offline_never_asks_the_network(monkeypatch, online, value):
    server, _, _ = online
    monkeypatch.setenv("LECTURE_OFFLINE", value)
    assert datasets.fashion_mnist("test").source == "embedded"
    assert server.ranges == []


@pytest.mark.parametrize("value", ["0", "", "no", "False"])
def test_offline_can_be_switched_off(monkeypatch, online, value):
    _, images, labels = online
    monkeypatch.setenv("LECTURE_OFFLINE", value)
    data = datasets.fashion_mnist("test")
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)


@pytest.mark.parametrize(
    ("asked", "in_colab", "source"),
    [
        (None, False, "embedded"),
        (None, True, "download"),
        ("1", False, "download"),
        ("yes", False, "download"),
        ("0", True, "embedded"),
        ("no", True, "embedded"),
        ("", True, "download"),
    ],
)
def test_nothing_large_is_fetched_unasked_but_in_colab(
    monkeypatch, online, capsys, asked, in_colab, source
):
    server, _, _ = online
    monkeypatch.delenv("LECTURE_DOWNLOAD")
    if asked is not None:
        monkeypatch.setenv("LECTURE_DOWNLOAD", asked)
    if in_colab:
        monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    assert datasets.fashion_mnist("test").source == source
    assert bool(server.ranges) == (source == "download")
    assert ("download=True" in capsys.readouterr().err) == (source == "embedded")
    assert datasets.fashion_mnist("test", download=False).source == (
        "cache" if source == "download" else "embedded"
    )
    assert datasets.fashion_mnist("test", download=True).source in ("cache", "download")


def test_without_a_network_the_sample_is_taken_and_said(online, capsys):
    server, _, _ = online
    server.faults = ["gone", "gone"]
    assert datasets.fashion_mnist("test").source == "embedded"
    said = capsys.readouterr().err
    assert "could not be downloaded" in said
    assert "from the embedded sample" in said
    # the search does not knock again, but a reader who insists does
    assert datasets.fashion_mnist("test").source == "embedded"
    assert len(server.ranges) == 1
    with pytest.raises(DownloadError):
        datasets.fashion_mnist("test", source="download")
    assert datasets.fashion_mnist("test", source="download").source == "download"


def test_a_reader_who_insists_gets_another_download_after_a_failed_one(online):
    server, images, _ = online
    server.faults = ["gone", "gone"]
    assert datasets.fashion_mnist("test").source == "embedded"
    assert datasets.fashion_mnist("test", download=True).source == "embedded"
    assert len(server.ranges) == 2
    assert datasets.fashion_mnist("test").source == "embedded"
    data = datasets.fashion_mnist("test", download=True)
    assert data.source == "download"
    np.testing.assert_array_equal(data.images, images)


def test_damaged_cache_is_fetched_again(tmp_path, monkeypatch, online, capsys):
    _, images, _ = online
    datasets.fashion_mnist("test")
    path = tmp_path / "cache" / "fashion-mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(FileNotFoundError, match="damaged; source='download' replaces it"):
        datasets.fashion_mnist("test", source="cache")
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    assert datasets.fashion_mnist("test").source == "embedded"
    assert "damaged" in capsys.readouterr().err
    monkeypatch.delenv("LECTURE_OFFLINE")
    data = datasets.fashion_mnist("test")
    assert data.source == "download"
    np.testing.assert_array_equal(data.images, images)


def test_half_a_download_is_never_read(tmp_path, online):
    server, images, _ = online
    server.faults = ["cut"] * 3
    assert datasets.fashion_mnist("test").source == "embedded"
    assert (tmp_path / "cache/fashion-mnist/t10k-images-idx3-ubyte.gz.part").exists()
    data = datasets.fashion_mnist("test", source="download")
    np.testing.assert_array_equal(data.images, images)


def test_missing_folder_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "no such folder"))
    with pytest.raises(FileNotFoundError, match=r"no such folder.*correct or unset it"):
        datasets.fashion_mnist("test")


def test_damaged_folder_is_an_error_not_a_detour(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    write_data_set(tmp_path / "mnist")
    path = tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="damaged"):
        datasets.mnist("test")
    path.write_bytes(gzip.compress(idx(np.zeros((7, 32, 32)))))
    with pytest.raises(ValueError, match=r"shape \(7, 32, 32\)"):
        datasets.mnist("test")
    path.write_bytes(gzip.compress(idx(np.zeros((6, 28, 28)))))
    with pytest.raises(ValueError, match=r"labels of shape \(7,\)"):
        datasets.mnist("test")
    path.write_bytes(whole)
    labels = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(idx(np.full(7, 10))))
    with pytest.raises(ValueError, match="label 10 but there are only 10 classes"):
        datasets.mnist("test")


# ---- the embedded samples


def test_fashion_sample():
    train, test = (datasets.fashion_mnist(split, source="embedded") for split in ("train", "test"))
    assert train.class_names == datasets.FASHION_MNIST_CLASSES
    assert np.bincount(train.labels).tolist() == [50] * 10
    assert np.bincount(test.labels).tolist() == [20] * 10
    for data in (train, test):
        assert data.images.dtype == np.uint8
        assert data.images.max() == 255
        assert len(np.unique(data.images.reshape(len(data), -1), axis=0)) == len(data)
    # Real images with their own labels: the nearest training image tells most test labels.
    flat = [torch.from_numpy(d.images.reshape(len(d), -1) / 255) for d in (train, test)]
    nearest = torch.cdist(flat[1], flat[0]).argmin(dim=1).numpy()
    assert (train.labels[nearest] == test.labels).mean() > 0.65
    assert (_mnist._SAMPLES / "fashion_mnist.npz").stat().st_size < 400_000


def test_mnist_sample():
    train, test = (datasets.mnist(split, source="embedded") for split in ("train", "test"))
    assert "sample" in train.origin
    assert np.bincount(train.labels).tolist() == [100] * 10
    assert np.bincount(test.labels, minlength=10).min() > 30 and len(test) == 428
    images = np.concatenate([train.images, test.images])
    assert (images.dtype, images.shape[1:]) == (np.uint8, (28, 28))
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)
    # Real digits with their own labels: the nearest training image tells most test labels.
    flat = [torch.from_numpy(d.images.reshape(len(d), -1) / 255) for d in (train, test)]
    nearest = torch.cdist(flat[1], flat[0]).argmin(dim=1).numpy()
    assert (train.labels[nearest] == test.labels).mean() > 0.8
    assert (_mnist._SAMPLES / "mnist.npz").stat().st_size < 300_000


def test_no_recorded_model_was_trained_on_the_test_digits_of_the_sample():
    with np.load(_mnist._SAMPLES / "mnist.npz") as sample:
        places = {split: sample[f"{split}_places"].astype(int) for split in ("train", "test")}
    numbers = ImageClassificationData(
        np.arange(60_000, dtype=np.uint16).view(np.uint8).reshape(-1, 1, 2).copy(),
        np.zeros(60_000, int), ("0",), "embedded", "one number per image",
    )  # fmt: skip
    data = InMemoryDataModule(lambda split: numbers)
    data.setup("fit")
    held_out = data.validation_set.inputs.numpy().reshape(-1, 2).copy().view(np.uint16)[:, 0]
    assert len(held_out) == 5_000
    assert set(places["test"]) <= set(held_out)
    assert not set(places["train"]) & set(held_out)
    for name in ("mnist/dense", "mnist/flatten", "mnist/gap", "mnist/strong"):
        recipe = runs.recipe(name)
        assert (recipe.validation_size, recipe.resample_by_seed) == (5_000, False)


def test_digits_of_scikit_learn():
    digits = load_digits()
    enlarged = datasets.scikit_learn_digits()
    np.testing.assert_array_equal(enlarged.labels, digits.target)
    images = enlarged.images
    assert (images.shape, images.dtype) == ((1797, 28, 28), np.uint8)
    border = images.copy()
    border[:, 4:24, 4:24] = 0
    assert not border.any()
    for image, original in zip(images[::100], digits.images[::100], strict=True):
        # torch's bilinear enlargement treats pixels as areas, as ours does.
        expected = torch.nn.functional.interpolate(
            torch.from_numpy(original)[None, None] * 255 / 16, (20, 20), mode="bilinear"
        )
        np.testing.assert_allclose(image[4:24, 4:24], expected[0, 0].numpy(), atol=0.51)


def test_fashion_examples():
    examples = datasets.fashion_mnist_examples()
    sample = datasets.fashion_mnist("train", source="embedded")
    assert examples.shape == (10, 28, 28)
    assert examples.dtype == np.uint8
    for label, example in enumerate(examples):
        members = sample.images[sample.labels == label].astype(float)
        cost = [np.sqrt(((members - m) ** 2).sum(axis=(1, 2))).sum() for m in members]
        np.testing.assert_array_equal(example, members[np.argmin(cost)])


# ---- photos


@pytest.mark.slow
def test_every_photo_is_inside_scikit_image(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a photo asked for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    names = datasets.photo_names()
    assert names == sorted(names)
    for name in names:
        image = datasets.photo(name)
        assert image.dtype == np.uint8
        assert image.ndim == 2 or image.shape[2:] == (3,)
        assert datasets.photo(name, size=16, gray=True).shape == (16, 16)
    np.testing.assert_array_equal(datasets.photo("cat"), skimage.data.cat())


@pytest.mark.parametrize(
    ("size", "crop"),
    [(128, (300, 300)), ((50, 100), (226, 451)), ((400, 600), (300, 450)), (300, (300, 300))],
)
def test_photo_is_cut_around_the_middle_and_resized(size, crop):
    original = skimage.data.cat()
    top, left = (300 - crop[0]) // 2, (451 - crop[1]) // 2
    middle = original[top : top + crop[0], left : left + crop[1]]
    target = (size, size) if isinstance(size, int) else size
    expected = np.asarray(Image.fromarray(middle).resize(target[::-1], Image.Resampling.BILINEAR))
    result = datasets.photo("cat", size)
    assert result.shape == (*target, 3)
    # Pillow's anti-aliasing filter is another, so pixels differ a little at edges.
    assert np.abs(result.astype(float) - expected).mean() < 3


def test_gray_photo():
    expected = skimage.data.coffee() @ [0.2125, 0.7154, 0.0721]
    np.testing.assert_allclose(datasets.photo("coffee", gray=True), expected, atol=0.51)
    np.testing.assert_array_equal(datasets.photo("camera", gray=True), skimage.data.camera())


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("astronout", None, r"no photo 'astronout'; did you mean astronaut\?"),
        ("Coin", None, r"did you mean coins or moon\?"),
        ("zzz", None, "use one of astronaut, brick"),
        (3, None, "no photo 3"),
        ("cat", 0, "size is 0; use 1 or more"),
        ("cat", 1.5, "size is 1.5; give a whole number"),
    ],
)
def test_photo_refuses(name, size, message):
    with pytest.raises(ValueError, match=message):
        datasets.photo(name, size)


def test_imports_nothing_heavy():
    code = (
        "import sys, lecture_utils.datasets;"
        "heavy = ('torch', 'skimage', 'sklearn', 'scipy', 'anywidget'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    environment = {**os.environ, "LECTURE_OFFLINE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert result.stdout.strip() == "[]"

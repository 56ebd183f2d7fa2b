"""Photos in class folders: the images of torchvision's ImageFolder, decoded once, never
half-written.
"""

import errno
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image
from torch import nn
from torchvision import datasets as reference
from torchvision import transforms

from lecture_utils.augmentation import Augment
from lecture_utils.datasets import _image_cache
from lecture_utils.training import Classifier, ImageDataModule

# 16 bits of gray are read otherwise than ImageFolder does: test_own_image_files.py.
MODES = ("RGB", "L", "RGBA", "P", "CMYK", "LA", "1")


@pytest.fixture(autouse=True)
def clean_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))


def make_image(rng, mode="RGB"):
    height, width = rng.integers(5, 60, 2)
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65536, (height, width), dtype=np.uint16))
    image = Image.fromarray(rng.integers(0, 256, (height, width, 4), dtype=np.uint8), "RGBA")
    return image if mode == "RGBA" else image.convert("RGB").convert(mode)


def write_folder(root, counts=(4, 3), splits=("train", "validation", "test"), modes=("RGB",)):
    rng = np.random.default_rng(0)
    for split in splits:
        for label, count in enumerate(counts):
            folder = root / split / f"class{label}"
            folder.mkdir(parents=True)
            for i in range(count):
                mode = modes[i % len(modes)]
                ending = "jpg" if mode in ("RGB", "L", "CMYK") else "png"
                make_image(rng, mode).save(folder / f"{i}.{ending}")
    return root


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "pets")


def module(folder, stage="fit", **options):
    data = ImageDataModule(folder, **{"batch_size": 2, "image_size": (12, 10), **options})
    data.setup(stage)
    return data


def forbid_decoding(monkeypatch):
    def refuse(*_):
        raise AssertionError("this was to be read from the cache")

    monkeypatch.setattr(_image_cache, "_decode", refuse)


def only_cache(tmp_path, split="train"):
    (found,) = (tmp_path / "cache" / "decoded-images").glob(f"{split}-*[!k]")
    return found


# ---- what is read


@pytest.mark.parametrize("size", [(12, 10), (90, 70), 31])
def test_images_and_labels_are_those_of_image_folder(tmp_path, size):
    root = write_folder(tmp_path / "pets", (9, 8, 8), modes=MODES)
    rng = np.random.default_rng(1)
    (root / "train/class1/deeper").mkdir()
    make_image(rng).save(root / "train/class1/deeper/A.JPEG")
    make_image(rng).save(root / "train/class1/B.WEBP")
    (root / "train/class1/notes.txt").write_text("no image")
    data = module(root, image_size=size)
    pair = (size, size) if isinstance(size, int) else size
    expected = reference.ImageFolder(root / "train", transforms.Resize(pair))
    assert data.train_set.labels.tolist() == expected.targets
    assert data.class_names == tuple(expected.classes)
    assert data.train_set.inputs.shape == (27, 3, *pair)
    for i, (image, label) in enumerate(expected):
        ours, our_label = data.train_set[i]
        np.testing.assert_array_equal(ours.permute(1, 2, 0).numpy(), np.asarray(image))
        assert our_label == label
    assert data.converted["train"] == 19  # of 27 all but RGB


@pytest.mark.parametrize("name", ["validation", "val", "valid"])
def test_the_validation_folder_may_have_any_usual_name(tmp_path, name):
    data = module(write_folder(tmp_path / "pets", splits=("train", name)))
    assert len(data.validation_set) == 7
    with pytest.raises(FileNotFoundError, match="no folder test"):
        data.setup("test")


def test_the_test_set_is_not_read_for_training(folder):
    data = module(folder)
    assert data.test_set is None
    data.setup("test")
    assert len(data.test_set) == 7


def test_hidden_folders_and_files_are_no_data(folder):
    (folder / "train/.ipynb_checkpoints").mkdir()
    (folder / "train/class0/._0.jpg").write_bytes(b"not an image but what macOS leaves")
    data = module(folder)
    assert data.class_names == ("class0", "class1")
    assert data.skipped["train"] == {}


BROKEN = {
    "empty.jpg": b"",
    "text.jpg": b"<html>404</html>",
    "header.png": b"\x89PNG\r\n\x1a\n" + bytes(20),
}


def test_broken_files_are_left_out_named_and_counted(folder):
    whole = (folder / "train/class0/0.jpg").read_bytes()
    for name, content in {**BROKEN, "cut.jpg": whole[: len(whole) // 2]}.items():
        (folder / "train/class0" / name).write_bytes(content)
    for _ in "decoded", "from the cache":
        with pytest.warns(
            UserWarning, match=r"4 images in .*train.*: class0/cut.jpg \(.*\), class0/empty"
        ):
            data = module(folder)
        assert len(data.train_set) == 7
        assert data.train_set.labels.tolist() == [0] * 4 + [1] * 3
        assert {name.split("/")[1] for name in data.skipped["train"]} == {*BROKEN, "cut.jpg"}


def test_many_broken_files_are_not_all_named(folder):
    for i in range(20):
        (folder / "train/class0" / f"x{i:02}.jpg").write_bytes(b"")
    with pytest.warns(UserWarning, match="20 images .*and 15 more"):
        module(folder)


# ---- the cache


def test_images_are_decoded_once(folder, monkeypatch):
    first = module(folder)
    forbid_decoding(monkeypatch)
    second = module(folder)
    assert torch.equal(first.train_set.inputs, second.train_set.inputs)
    assert torch.equal(first.validation_set.labels, second.validation_set.labels)


def test_writing_into_the_images_does_not_reach_the_cache(folder):
    first = module(folder)
    before = first.train_set.inputs.clone()
    first.train_set.inputs.zero_()
    assert torch.equal(module(folder).train_set.inputs, before)


def change(folder):
    make_image(np.random.default_rng(5)).save(folder / "train/class0/0.jpg")


def touch(folder):
    path = folder / "train/class0/0.jpg"
    other = Image.open(path).transpose(Image.Transpose.ROTATE_180)
    size = path.stat().st_size
    other.save(path)
    content = path.read_bytes()[:size]
    path.write_bytes(content + bytes(size - len(content)))
    os.utime(path, ns=(1, time.time_ns() + 10**9))


def add(folder):
    make_image(np.random.default_rng(5)).save(folder / "train/class1/new.jpg")


def remove(folder):
    (folder / "train/class1/0.jpg").unlink()


def rename(folder):
    (folder / "train/class1/0.jpg").rename(folder / "train/class1/9.jpg")


@pytest.mark.filterwarnings("ignore:.*cannot be read")
@pytest.mark.parametrize("edit", [change, touch, add, remove, rename])
def test_an_edit_shows(folder, tmp_path, edit):
    before = module(folder).train_set.inputs.clone()
    edit(folder)
    after = module(folder)
    fresh = _image_cache.load_images(
        folder / "train", [*_names(folder / "train")], (12, 10)
    ).images.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(after.train_set.inputs.numpy(), fresh)
    assert before.shape != after.train_set.inputs.shape or not torch.equal(
        before, after.train_set.inputs
    )
    # The old one is gone: a folder that is edited a hundred times leaves one cache.
    assert only_cache(tmp_path).is_dir()


def _names(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.jpg"))


def truncate(cache):
    path = cache / "images.bin"
    path.write_bytes(path.read_bytes()[:-1])


def flip_a_bit(cache):
    content = bytearray((cache / "images.bin").read_bytes())
    content[100] ^= 1
    (cache / "images.bin").write_bytes(content)


def spoil_index(cache):
    (cache / "index.json").write_text('{"fingerprint": ')


def empty_index(cache):
    index = json.loads((cache / "index.json").read_text())
    (cache / "index.json").write_text(json.dumps({"fingerprint": index["fingerprint"]}))


def lose_images(cache):
    (cache / "images.bin").unlink()


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, spoil_index, empty_index, lose_images])
def test_a_damaged_cache_is_made_again(folder, tmp_path, monkeypatch, damage):
    before = module(folder).train_set.inputs.clone()
    damage(only_cache(tmp_path))
    assert torch.equal(module(folder).train_set.inputs, before)
    forbid_decoding(monkeypatch)
    assert torch.equal(module(folder).train_set.inputs, before)


def test_an_interrupted_build_leaves_nothing(folder, tmp_path, monkeypatch):
    decode, calls = _image_cache._decode, []

    def interrupt(path, size):
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return decode(path, size)

    with monkeypatch.context() as patch:
        patch.setattr(_image_cache, "_decode", interrupt)
        with pytest.raises(KeyboardInterrupt):
            module(folder)
    left = [path for path in (tmp_path / "cache").rglob("*") if path.suffix != ".lock"]
    assert left == [tmp_path / "cache" / "decoded-images"]
    assert len(module(folder).train_set) == 7


def _full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("trouble", ["full disk", "no folder"])
def test_without_room_for_the_cache_images_are_kept_in_memory(
    folder, monkeypatch, trouble, tmp_path
):
    expected = module(folder).train_set.inputs.clone()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(
        "LECTURE_CACHE", str(tmp_path / ("new" if trouble == "full disk" else "file"))
    )
    if trouble == "full disk":
        monkeypatch.setattr(_image_cache, "_write", _full_disk)
    with pytest.warns(UserWarning, match="kept in memory instead"):
        data = module(folder)
    assert torch.equal(data.train_set.inputs, expected)


# Reads images, of which only some are decoded within the time of a test.
_READ = """
import hashlib, itertools, sys, time
from pathlib import Path
from lecture_utils.datasets import _image_cache
decode, started = _image_cache._decode, itertools.count()
def slow(path, size):
    time.sleep(0.05 if next(started) < int(sys.argv[2]) else 600)
    # In one piece: threads print at once, and a line's end is a second piece.
    print("decoded\\n", end="", flush=True)
    return decode(path, size)
_image_cache._decode = slow
root = Path(sys.argv[1])
names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.jpg"))
print(hashlib.sha256(_image_cache.load_images(root, names, (12, 10)).images.tobytes()).hexdigest())
"""


def test_two_processes_at_once_decode_once_and_read_the_same(folder, tmp_path):
    command = [sys.executable, "-c", _READ, str(folder / "train"), "7"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert outputs[0][-1] == outputs[1][-1]
    assert sum(output.count("decoded") for output in outputs) == 7
    assert not list((tmp_path / "cache").rglob("*.part*"))


def test_a_killed_process_is_taken_over(folder, tmp_path):
    command = [sys.executable, "-c", _READ, str(folder / "train"), "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.kill()
    caches = tmp_path / "cache/decoded-images"
    assert any(".part" in path.name for path in caches.iterdir())
    assert len(module(folder).train_set) == 7
    assert not any(".part" in path.name for path in caches.iterdir())


# ---- batches


def test_more_training_images_include_the_fewer_and_classes_are_balanced(tmp_path):
    folder = write_folder(tmp_path / "pets", (12, 12, 14))
    keys = {}
    for size in (3, 7, 20, 36):
        data = module(folder, train_size=size, image_size=16)
        counts = torch.bincount(data.train_set.labels)
        assert len(data.train_set) == size
        assert counts.max() - counts.min() <= 1
        keys[size] = {image.numpy().tobytes() for image in data.train_set.inputs}
    assert keys[3] < keys[7] < keys[20] < keys[36]
    other = module(folder, train_size=20, image_size=16, split_seed=1).train_set.inputs
    assert {image.numpy().tobytes() for image in other} != keys[20]
    same = module(folder, train_size=20, image_size=16, seed=1).train_set.inputs
    assert {image.numpy().tobytes() for image in same} == keys[20]


def test_fewer_images_to_validate_and_to_test(tmp_path):
    folder = write_folder(tmp_path / "pets", (12, 12, 14))
    everything = module(folder, None, image_size=16)
    few = module(folder, None, image_size=16, validation_size=9, test_size=6)
    assert len(few.train_set) == len(everything.train_set)
    for split, size in (("validation", 9), ("test", 6)):
        part, whole = (getattr(data, f"{split}_set") for data in (few, everything))
        assert torch.bincount(part.labels).tolist() == [size // 3] * 3
        assert len(part) == len(few.files[split]) == size
        for image, label, name in zip(part.inputs, part.labels, few.files[split], strict=True):
            position = everything.files[split].index(name)
            assert torch.equal(image, whole.inputs[position])
            assert label == whole.labels[position]


def test_loaders_give_bytes_in_an_order_that_depends_on_seed_and_epoch(folder):
    def epoch(number, seed=0):
        loader = module(folder, seed=seed, image_size=16).train_dataloader()
        loader.sampler.set_epoch(number)
        batches = list(loader)
        assert [len(labels) for _, labels in batches] == [2, 2, 2, 1]
        assert batches[0][0].dtype == torch.uint8
        return torch.cat([images for images, _ in batches])

    assert torch.equal(epoch(0), epoch(0))
    assert not torch.equal(epoch(0), epoch(1))
    assert not torch.equal(epoch(0), epoch(0, seed=1))
    assert torch.equal(epoch(0).sum(0), epoch(1).sum(0))
    data = module(folder, eval_batch_size=3)
    validation = torch.cat([images for images, _ in data.val_dataloader()])
    assert torch.equal(validation, data.validation_set.inputs)


class Watch(pl.LightningModule):
    """A module as a beginner writes it: it relies on the data module for everything."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.seen, self.validated = [], []

    def training_step(self, batch, _):
        images, labels = batch
        self.seen.append(images.clone())
        logits = self.layer(images.mean((2, 3)))[:, 0]
        return nn.functional.binary_cross_entropy_with_logits(logits, labels.float())

    def validation_step(self, batch, _):
        self.validated.append(batch[0].clone())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def fit(watch, data, epochs=1):
    pl.Trainer(
        accelerator="cpu", max_epochs=epochs, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
        use_distributed_sampler=False,
    ).fit(watch, data)  # fmt: skip
    return watch


def test_a_trainer_gets_floats_and_augmentation_in_training_only(folder):
    plain = fit(Watch(), module(folder))
    assert plain.seen[0].dtype == torch.float32
    inverted = fit(Watch(), module(folder, augment=lambda images: 1 - images))
    for ours, theirs in zip(inverted.seen, plain.seen, strict=True):
        assert torch.allclose(ours, 1 - theirs)
    for ours, theirs in zip(inverted.validated, plain.validated, strict=True):
        assert torch.equal(ours, theirs)
    assert torch.equal(plain.validated[0] * 255, module(folder).validation_set.inputs.float())


def test_augmentation_depends_on_seed_and_step_and_all_random_numbers_repeat(folder):
    def augmented(seed):
        data = module(folder, augment=Augment(degrees=30, noise=0.1), seed=seed)
        torch.manual_seed(7)
        seen = fit(Watch(), data, epochs=2).seen
        return seen, torch.rand(3)

    first, after = augmented(0)
    again, after_again = augmented(0)
    other, _ = augmented(1)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))
    assert torch.equal(after, after_again)


def test_the_classifier_of_the_book_trains_on_it(folder):
    network = nn.Sequential(nn.Flatten(), nn.Linear(360, 1))
    classifier = Classifier(network, task="binary")
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=2, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(classifier, module(folder, augment=Augment(flip=0.5)))
    assert torch.isfinite(trainer.callback_metrics["val_loss"])


# ---- nonsense


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_size": 0}, "image_size is 0"),
        ({"image_size": (10, -1)}, "image_size is"),
        ({"image_size": (10, 10, 3)}, "image_size is"),
        ({"image_size": 1.5}, "image_size is"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"eval_batch_size": 0}, "eval_batch_size is 0"),
        ({"augment": "flip"}, "augment is 'flip'"),
        ({"train_size": 0}, "train_size is 0"),
        ({"train_size": 1}, "train_size is 1"),
        ({"train_size": 8}, "from 2 to 6"),
        ({"validation_size": 0}, "validation_size is 0"),
        ({"validation_size": 100}, "validation_size is 100"),
    ],
)
def test_options_that_make_no_sense_are_refused(folder, options, message):
    with pytest.raises(ValueError, match=message):
        module(folder, **options)


def test_a_test_set_larger_than_the_folder_is_refused(folder):
    with pytest.raises(ValueError, match="test_size is 100"):
        module(folder, "test", test_size=100)


def test_folders_that_do_not_hold_what_is_needed_are_refused(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        module(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no folder validation or val"):
        module(write_folder(tmp_path / "a", splits=("train",)))
    with pytest.raises(ValueError, match="two classes or more; it has only 'class0'"):
        module(write_folder(tmp_path / "b", (3,)))
    (tmp_path / "c/validation").mkdir(parents=True)
    with pytest.raises(ValueError, match="it has none"):
        module(tmp_path / "c")
    (folder / "validation/class2").mkdir()
    with pytest.raises(ValueError, match="class2 has no image"):
        module(folder)
    make_image(np.random.default_rng(0)).save(folder / "validation/class2/0.png")
    with pytest.raises(ValueError, match="every split needs the same folders"):
        module(folder)


@pytest.mark.filterwarnings("ignore:.*cannot be read")
def test_a_class_without_a_readable_image_is_refused(folder):
    for path in (folder / "train/class1").iterdir():
        path.write_bytes(b"gone")
    with pytest.raises(ValueError, match=r"no image in .*class1 can be read"):
        module(folder)

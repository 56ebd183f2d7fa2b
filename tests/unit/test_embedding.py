"""Embeddings: equal to running the network, computed once, and never from a damaged or half-written
file.
"""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from torch import nn

from lecture_utils import transfer
from lecture_utils.training import InMemoryDataset
from lecture_utils.transfer import TransferNetwork, _embedding, _embedding_cache


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "embeddings"


def small_network():
    torch.manual_seed(0)
    return TransferNetwork(
        {
            "stem": nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU()),
            "pool": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            "head": nn.Linear(4, 2),
        }
    )


def make_images(count=10, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, 256, (count, 3, 9, 7), dtype=np.uint8))


def forbid_computing(monkeypatch):
    def refuse(*_):
        raise AssertionError("this was to be read from the cache")

    monkeypatch.setattr(_embedding, "_run", refuse)


def folder_of(cache):
    (found,) = [path for path in cache.iterdir() if path.is_dir()]
    return found


@pytest.mark.parametrize("until", ["pool", "head"])
@pytest.mark.parametrize("batch_size", [1, 3, 10, 99])
def test_it_is_what_the_network_computes_in_prediction(until, batch_size):
    model, images = small_network(), make_images()
    found = transfer.embed(model, images, until, batch_size=batch_size)
    modes = [layer.training for layer in model.modules()]
    first = transfer.split(model, until)[0].eval()
    with torch.no_grad():
        expected = first(images.float() / 255)
    assert torch.allclose(found, expected, atol=1e-6)
    assert found.dtype == torch.float32
    assert all(modes)


def test_labels_stay_with_their_images_and_floats_are_taken_as_they_are():
    model, images = small_network(), make_images()
    data = InMemoryDataset(images, torch.arange(10))
    found = transfer.embed(model, data)
    assert isinstance(found, InMemoryDataset)
    assert torch.equal(found.labels, data.labels)
    floats = transfer.embed(model, (images.float() / 255).numpy())
    assert torch.allclose(floats, found.inputs, atol=1e-6)


def test_it_is_computed_once(monkeypatch):
    model, images = small_network(), make_images()
    first = transfer.embed(model, images)
    forbid_computing(monkeypatch)
    assert torch.equal(transfer.embed(model, images.clone()), first)
    channels_last = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(transfer.embed(small_network(), channels_last), first)
    # The head is not part of what was computed.
    with torch.no_grad():
        model.head.weight.add_(1)
    assert torch.equal(transfer.embed(model, images), first)


def test_what_was_read_can_be_changed_without_harm(monkeypatch):
    model, images = small_network(), make_images()
    first = transfer.embed(model, images)
    before = first.clone()
    first.zero_()
    forbid_computing(monkeypatch)
    assert torch.equal(transfer.embed(model, images), before)


@pytest.mark.parametrize("what", ["weight", "statistic", "pixel", "fewer", "order", "stage"])
def test_another_network_or_other_images_are_computed_anew(what, monkeypatch):
    model, images, until = small_network(), make_images(), "head"
    transfer.embed(model, images)
    if what == "weight":
        with torch.no_grad():
            model.stem[0].weight[0, 0, 0, 0] += 1e-3
    elif what == "statistic":
        model.stem[1].running_mean[0] += 1e-3
    elif what == "pixel":
        images[3, 0, 0, 0] ^= 1
    elif what == "fewer":
        images = images[:9]
    elif what == "order":
        images = images.flip(0)
    else:
        until = "pool"
    expected = transfer.embed(model, images, until, cache=False)
    assert torch.equal(transfer.embed(model, images, until), expected)
    forbid_computing(monkeypatch)
    assert torch.equal(transfer.embed(model, images, until), expected)


@pytest.mark.parametrize("damage", ["bit", "short", "empty", "index", "no index", "no numbers"])
def test_damaged_files_are_computed_anew(damage, cache):
    model, images = small_network(), make_images()
    expected = transfer.embed(model, images).clone()
    numbers, index = (folder_of(cache) / name for name in ("embeddings.bin", "index.json"))
    whole = numbers.read_bytes()
    if damage == "bit":
        numbers.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif damage == "short":
        numbers.write_bytes(whole[:-4])
    elif damage == "empty":
        numbers.write_bytes(b"")
    elif damage == "index":
        index.write_text('{"shape": [4')
    else:
        (index if damage == "no index" else numbers).unlink()
    assert torch.equal(transfer.embed(model, images), expected)
    assert numbers.read_bytes() == whole


class Stopped(BaseException):
    """Stands for the end of the process."""


def stop_after(monkeypatch, batches):
    """Let the computation end after so many batches, with progress saved after each."""
    monkeypatch.setattr(_embedding_cache, "_SAVE_EVERY", -1.0)
    run = _embedding._run

    def stopping(module, images, batch_size):
        for number, batch in enumerate(run(module, images, batch_size)):
            if number == batches:
                raise Stopped
            yield batch

    monkeypatch.setattr(_embedding, "_run", stopping)


def count_computed(monkeypatch):
    counted = []
    run = _embedding._run

    def counting(module, images, batch_size):
        for batch in run(module, images, batch_size):
            counted.append(len(batch))
            yield batch

    monkeypatch.setattr(_embedding, "_run", counting)
    return counted


def stopped_half_way(monkeypatch, model, images):
    with monkeypatch.context() as patch:
        stop_after(patch, 3)
        with pytest.raises(Stopped):
            transfer.embed(model, images, batch_size=2)


def test_a_stopped_computation_goes_on_where_it_was(monkeypatch, cache):
    model, images = small_network(), make_images()
    expected = transfer.embed(model, images, cache=False)
    stopped_half_way(monkeypatch, model, images)
    assert folder_of(cache).name.endswith(".part")
    counted = count_computed(monkeypatch)
    assert torch.allclose(transfer.embed(model, images, batch_size=2), expected, atol=1e-6)
    assert sum(counted) == 4
    assert not folder_of(cache).name.endswith(".part")


@pytest.mark.parametrize("damage", ["bit", "short", "longer", "progress", "count"])
def test_only_what_is_certain_is_gone_on_from(damage, monkeypatch, cache):
    model, images = small_network(), make_images()
    expected = transfer.embed(model, images, cache=False)
    stopped_half_way(monkeypatch, model, images)
    numbers, progress = (folder_of(cache) / name for name in ("embeddings.bin", "progress.json"))
    whole = numbers.read_bytes()
    if damage == "bit":
        numbers.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    elif damage == "short":
        numbers.write_bytes(whole[:-1])
    elif damage == "longer":  # killed between the numbers and the note about them
        numbers.write_bytes(whole + b"abc")
    elif damage == "progress":
        progress.write_text("{")
    else:
        progress.write_text('{"rows": 99, "shape": [4], "crc32": 0}')
    counted = count_computed(monkeypatch)
    assert torch.allclose(transfer.embed(model, images, batch_size=2), expected, atol=1e-6)
    assert sum(counted) == (4 if damage == "longer" else 10)


# After the first batch, it waits for minutes.
SCRIPT = """
import sys, time
sys.path[:0] = [{folder!r}]
from test_embedding import make_images, small_network
from lecture_utils import transfer
from lecture_utils.transfer import _embedding_cache
_embedding_cache._SAVE_EVERY = -1.0
write = _embedding_cache._write
def write_and_wait(path, content):
    write(path, content)
    time.sleep(600)
_embedding_cache._write = write_and_wait
transfer.embed(small_network(), make_images(), batch_size=2)
"""


@pytest.mark.slow
def test_a_killed_process_leaves_what_the_next_one_goes_on_from(monkeypatch, cache):
    code = SCRIPT.format(folder=os.path.dirname(__file__))
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    while not list(cache.glob("*.part/progress.json")):
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.01)
    process.kill()
    process.communicate()
    counted = count_computed(monkeypatch)
    model, images = small_network(), make_images()
    found = transfer.embed(model, images, batch_size=2)
    assert sum(counted) == 8
    assert torch.allclose(found, transfer.embed(model, images, cache=False), atol=1e-6)


def test_where_nothing_can_be_kept_it_is_computed_all_the_same(monkeypatch, tmp_path):
    model, images = small_network(), make_images()
    expected = transfer.embed(model, images, cache=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="Set LECTURE_CACHE"):
        assert torch.equal(transfer.embed(model, images), expected)


def test_errors_name_the_remedy():
    model = small_network()
    with pytest.raises(ValueError, match=r"data have shape \(3, 9, 7\)"):
        transfer.embed(model, make_images()[0])
    with pytest.raises(ValueError, match="at least one"):
        transfer.embed(model, make_images()[:0])
    with pytest.raises(ValueError, match="batch_size is 0"):
        transfer.embed(model, make_images(), batch_size=0)
    with pytest.raises(ValueError, match="until is 'layer4'"):
        transfer.embed(model, make_images(), "layer4")
    with pytest.raises(ValueError, match=r"a Sequential, .* attach_head\(model, num_classes\)"):
        transfer.embed(nn.Sequential(nn.Conv2d(3, 2, 3)), make_images())


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


class Shift(nn.Module):
    def forward(self, x):
        return x + 0.5


class ShiftBack(nn.Module):
    def forward(self, x):
        return x - 0.5


ShiftBack.__name__ = ShiftBack.__qualname__ = "Shift"  # as if its code had been edited


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Scale(1.0), Scale(3.0), lambda x: 3 * x),
        (Scale(1.0), Scale(1.00001), lambda x: 1.00001 * x),
        (Shift(), ShiftBack(), lambda x: x - 0.5),
    ],
)
def test_models_that_differ_in_attributes_or_code_alone_are_told_apart(one, other, expected):
    images = torch.rand(5, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    for layer in (one, other):
        stages = {"pool": nn.Sequential(layer, nn.Flatten()), "head": nn.Linear(48, 2)}
        found = transfer.embed(TransferNetwork(stages), images)
    assert torch.allclose(found, expected(images).flatten(1), atol=1e-6, rtol=1e-6)


def test_rounding_errors_do_not_spoil_the_cache():
    class Rounds(nn.Module):
        noise = 0.0

        def forward(self, x):
            return (x * (1 + self.noise * torch.sin(1e3 * x))).flatten(1)

    images, same = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)), 0
    model = Rounds()
    for trial in range(20):
        Rounds.noise = 0.0
        described = _embedding._behavior(model, images * (1 + trial / 20))
        Rounds.noise = 1e-6
        same += described == _embedding._behavior(model, images * (1 + trial / 20))
    assert same >= 18


def test_looking_at_a_model_changes_nothing():
    model, images = small_network(), make_images()
    model.stem.append(nn.Dropout())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    transfer.embed(model, images)
    assert torch.equal(torch.rand(1), expected)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(layer.training for layer in model.modules())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_floats_go_from_0_to_1(dtype):
    images = make_images()
    with pytest.raises(ValueError, match=r"data has values from \d+ to 255.* divide by 255"):
        transfer.embed(small_network(), images.to(dtype))
    assert transfer.embed(small_network(), (images / 255).to(dtype)).shape == (10, 4)
    # What is no image may have any values.
    assert transfer.run_in_batches(nn.Linear(3, 2), torch.full((4, 3), 200.0)).shape == (4, 2)


def test_augmented_copies_are_drawn_by_the_seed_and_embedded_one_after_the_other():
    from torchvision.models import resnet18

    torch.manual_seed(1)
    model = transfer.attach_head(resnet18(weights=None), 1)
    images = torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8)
    data = InMemoryDataset(images, torch.tensor([0, 1, 1, 0, 1]))
    shown = []

    def augment(batch):
        shown.append(batch * torch.rand(len(batch), 1, 1, 1))
        return shown[-1]

    state = torch.get_rng_state()
    found = transfer.embed_augmented(model, data, augment, 3, seed=4, batch_size=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert found.labels.tolist() == data.labels.tolist() * 3
    drawn = torch.cat(shown)
    scale = drawn.mean(dim=(1, 2, 3)) / (images.repeat(3, 1, 1, 1) / 255).mean(dim=(1, 2, 3))
    assert len(set(scale.tolist())) == 15 and scale.min() > 0 and scale.max() < 1
    expected = transfer.embed(model, drawn, cache=False)
    torch.testing.assert_close(found.inputs, expected, rtol=1e-4, atol=1e-5)
    again = transfer.embed_augmented(model, data, augment, 3, seed=4, batch_size=2)
    assert torch.equal(again.inputs, found.inputs)
    other = transfer.embed_augmented(model, data, augment, 3, seed=5, batch_size=2)
    assert not torch.equal(other.inputs, found.inputs)
    assert model.training
    with pytest.raises(ValueError, match=r"data is a Tensor; pass InMemoryDataset"):
        transfer.embed_augmented(model, images, augment)
    shown.clear()
    with pytest.raises(ValueError, match="batch_size is 0"):
        transfer.embed_augmented(model, data, augment, batch_size=0)
    assert not shown
    with pytest.raises(ValueError, match="augment is 3"):
        transfer.embed_augmented(model, data, 3)
    with pytest.raises(ValueError, match="copies"):
        transfer.embed_augmented(model, data, augment, 0)

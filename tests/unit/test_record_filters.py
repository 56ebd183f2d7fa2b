"""Recording filters of any network: which layers, how far they see, and what is written."""

import functools
import itertools
import json

import image_pool
import numpy as np
import pytest
import record_examples
import record_filters
import torch
import torchvision
from inspected_layers import filter_layers, measured_field
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from lecture_utils import geometry
from lecture_utils._inspect import output_of
from lecture_utils.interpretation import Priors, recordings
from lecture_utils.interpretation.recordings import PLANS, Plan
from lecture_utils.models import efficientnet_lite0
from lecture_utils.widgets._sprites import unpack_tiles

pytestmark = pytest.mark.slow

# Drawing the pets takes longer than the recordings here.
pool_of = functools.cache(image_pool.image_pool)
CLASSES = tuple("abcde")


def tiny_network():
    """A network of two layers, with a filter that nothing activates, and classes."""
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv2d(3, 5, 3, stride=2), nn.ReLU(), nn.Conv2d(5, 4, 3), nn.BatchNorm2d(4)),
        *(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)),
    )
    with torch.no_grad():
        network[0].weight[1] = 0
        network[0].bias[1] = -1
    return network.eval()


@pytest.fixture
def recorder(monkeypatch):
    """Let the recorder find a network and a plan under the name "tiny"."""

    def prepare(network, plan):
        monkeypatch.setitem(PLANS, "tiny", plan)
        kept = record_filters.load_model

        def load_model(name):
            if name != "tiny":
                return kept(name)
            return network, lambda images: images - 0.5, "of the test", CLASSES

        monkeypatch.setattr(record_filters, "load_model", load_model)
        monkeypatch.setattr(record_examples, "load_model", load_model)
        monkeypatch.setattr(record_filters, "image_pool", pool_of)
        monkeypatch.setattr(record_examples, "image_pool", pool_of)
        return network

    return prepare


PLAN = Plan("Tiny", classes=(2, 0), filters=4, swept=1, steps=3, sizes=(16, 24), image_size=32)


# ---- which layers, and how far they see ----


def test_every_expanded_convolution_of_inverted_bottlenecks():
    layers = filter_layers(efficientnet_lite0())
    assert len(layers) == 15
    assert layers[0] == "features.stage2.0.change.expand.norm"
    assert layers[-1] == "features.stage7.0.change.expand.norm"
    mobile = torchvision.models.mobilenet_v2(weights=None)
    modules = dict(mobile.named_modules())
    found = filter_layers(mobile)
    assert len(found) == 16
    for name in found:
        assert isinstance(modules[name], nn.BatchNorm2d)
    # Independent of the order of modules: what is expanded is what a depthwise layer takes.
    depthwise = [m.in_channels for m in modules.values() if getattr(m, "groups", 1) > 1]
    assert [modules[name].num_features for name in found] == depthwise[1:]


def test_other_networks_give_the_convolutions_that_mix_positions_and_channels():
    with torch.device("meta"):  # draws no weights
        vgg, resnet = torchvision.models.vgg16(), torchvision.models.resnet50()
    vgg, resnet = filter_layers(vgg), filter_layers(resnet)
    assert len(vgg) == 13 and vgg[:2] == ("features.0", "features.2")
    assert resnet[0] == "bn1" and resnet[1:] == tuple(
        f"layer{stage}.{block}.bn2"
        for stage, blocks in enumerate((3, 4, 6, 3), 1)
        for block in range(blocks)
    )
    assert filter_layers(nn.Sequential(nn.Linear(3, 4))) == ()


def test_the_measured_field_is_the_computed_one_and_sees_through_shortcuts():
    generator = np.random.default_rng(0)
    for kernel, stride, second in itertools.product((1, 3, 5), (1, 2), (2, 3)):
        network = nn.Sequential(
            nn.Conv2d(3, 4, kernel, stride=stride), nn.ReLU(), nn.Conv2d(4, 4, second)
        )
        with torch.no_grad():
            network[0].bias += float(generator.uniform(0, 1))
        expected = geometry.receptive_field(network, until="2")[-1].size[0]
        assert measured_field(network, "2", 40) == expected
    resnet = torchvision.models.resnet18(weights=None)
    # 7; 3 with stride 2 and jump 2; then four times 3 with jump 4: the shortcuts add nothing.
    assert measured_field(resnet, "layer1.1.bn2", 96) == 7 + 2 * 2 + 4 * 2 * 4
    assert measured_field(resnet, "layer4.1.bn2", 96) == 96


# ---- what is written ----


def test_a_recording_of_a_plain_network(recorder, tmp_path):
    network = recorder(tiny_network(), PLAN)
    folder = record_filters.record("tiny", tmp_path)
    card = recordings.Recording(folder).card
    first, second, classes = card["layers"]
    assert [each["label"] for each in card["layers"]] == ["layer 0", "layer 3", "classes"]
    assert first["path"] == "0" and second["path"] == "3"  # the normalization, not the ReLU
    assert first["channels"] == [0, 2, 3, 4] and first["of"] == 5  # 1 is dead
    assert classes["channels"] == [2, 0] and classes["names"] == ["c", "a"]
    assert classes["neuron"] is None and classes["of"] == 5
    assert card["plan"]["settings"] == recordings.settings()
    for number, layer in enumerate(card["layers"]):
        check_images(network, layer, recordings.Recording(folder).sheet(number))


def check_images(network, layer, sheet):
    """Compare the recorded numbers with what the network makes of the stored images."""
    tiles = recordings.tiles_of(layer)
    count = sum(len(row) for rows in tiles.values() for row in rows)
    images = unpack_tiles(sheet, layer["sheet"], count)
    assert images.shape[1] == layer["size"]
    with torch.no_grad():
        inputs = torch.tensor(images).permute(0, 3, 1, 2) / 255 - 0.5
        output = output_of(network.eval(), layer["path"], inputs)
    for kind, rows in tiles.items():
        if not rows:
            continue
        recorded = np.array(layer[kind]).reshape(len(rows), -1)
        for k, row in enumerate(rows):
            maps = output[row][:, layer["channels"][k]]
            if kind == "neuron":
                reached = maps[:, maps.shape[1] // 2, maps.shape[2] // 2]
            else:
                reached = maps.flatten(1).mean(dim=1) if maps.ndim > 1 else maps
            # Compression changes the pixels, and removes the finest noise, which some strengths of
            # the priors leave, and a single position shows more than a mean.
            rough = 0.05 if kind in ("optima", "minimum") else 0.2
            np.testing.assert_allclose(reached, recorded[k], atol=rough)
    assert (np.array(layer["optima"]).min(axis=1) > np.array(layer["minimum"])).all()


def test_a_network_with_shortcuts(recorder, tmp_path):
    torch.manual_seed(0)
    network = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=5)
    plan = Plan(
        "Shortcuts", classes=(1,), layers=("layer1.0.bn2", "layer2.0.bn2"), filters=2, swept=1,
        optima=2, steps=6, sizes=(16, 32), image_size=32,
    )  # fmt: skip
    recorder(network, plan)
    folder = record_filters.record("tiny", tmp_path)
    record_examples.record("tiny", tmp_path)
    recording = recordings.load("tiny", tmp_path)
    labels = [each["label"] for each in recording.card["layers"]]
    assert labels == ["layer1.0", "layer2.0", "classes"]
    assert [each["field"] for each in recording.card["layers"][:2]] == [27, 51]
    assert recording.card["layers"][2]["path"] == "fc"
    for number, layer in enumerate(recording.card["layers"]):
        check_images(network, layer, recordings.Recording(folder).sheet(number))
    assert network.training is False or not any(m._forward_hooks for m in network.modules())


def test_the_sweep_changes_one_prior_and_nothing_else(recorder, tmp_path, monkeypatch):
    recorder(tiny_network(), PLAN)
    calls = []
    original = record_filters.maximize_activation

    def spy(model, path, channels, **options):
        calls.append((path, list(channels), options))
        return original(model, path, channels, **options)

    monkeypatch.setattr(record_filters, "maximize_activation", spy)
    record_filters.record("tiny", tmp_path)
    swept = [options for path, channels, options in calls if path == "0" and channels == [0]]
    assert [each["priors"] for each in swept] == [Priors(**s) for s in recordings.settings()]
    assert {each["seed"] for each in swept} == {0} and not any("diversity" in s for s in swept)
    default = recordings.settings()[0]
    for setting in recordings.settings()[1:]:
        assert sum(setting[prior] != default[prior] for prior in default) == 1


def test_finished_layers_are_kept_and_shared_between_processes(recorder, tmp_path, monkeypatch):
    recorder(tiny_network(), PLAN)
    code = {"commit": "of the test", "changed_since": False}
    monkeypatch.setattr(record_filters, "code_version", lambda _: dict(code))
    whole = recordings.Recording(record_filters.record("tiny", tmp_path / "whole"))
    parts = record_filters.record("tiny", tmp_path, only=[1])
    assert [path.name for path in parts.iterdir()] == ["1.npz"]
    assert not recordings.folder_of("tiny", tmp_path).exists()
    computed = []
    original = record_filters._layer
    monkeypatch.setattr(
        record_filters, "_layer", lambda *args: computed.append(args[2]) or original(*args)
    )
    again = recordings.Recording(record_filters.record("tiny", tmp_path))
    assert computed == ["0", "7"] and not parts.exists()
    for one, other in zip(again.card["layers"], whole.card["layers"], strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
    assert again.sheet(1) == whole.sheet(1)
    # With another plan, what lies there is not taken.
    record_filters.record("tiny", tmp_path, only=[0])
    monkeypatch.setitem(PLANS, "tiny", Plan("Tiny", filters=2, steps=1, image_size=32))
    computed.clear()
    record_filters.record("tiny", tmp_path, only=[0])
    assert computed == ["0"]
    # Nor is a layer of edited code, which may have been edited differently then.
    record_filters.record("tiny", tmp_path, only=[0])
    assert computed == ["0"]
    code["changed_since"] = True
    record_filters.record("tiny", tmp_path, only=[0])
    record_filters.record("tiny", tmp_path, only=[0])
    code["changed_since"] = False
    record_filters.record("tiny", tmp_path, only=[0])
    assert computed == ["0"] * 4


# ---- images of a data set ----


def test_examples_and_pairs_by_brute_force(recorder, tmp_path):
    network = recorder(tiny_network(), PLAN)
    record_filters.record("tiny", tmp_path)
    record_examples.record("tiny", tmp_path)
    recording = recordings.load("tiny", tmp_path)
    pool = pool_of(32)
    groups, held_out = np.array(pool.groups), pool.held_out
    layer, entry = recording.examples["layers"][0], recording.card["layers"][0]
    with torch.no_grad():
        inputs = torch.tensor(pool.images).permute(0, 3, 1, 2) / 255 - 0.5
        maps = network[0](inputs)[:, entry["channels"]].numpy()
    mean = maps.mean(axis=(2, 3))
    for k in range(len(entry["channels"])):
        for kind, sign in (("most", 1), ("least", -1)):
            values = [value for _, value in layer["whole"][kind][k]]
            best = sorted(
                (max(sign * mean[(groups == g) & ~held_out, k]) for g in set(groups[~held_out])),
                reverse=True,
            )
            np.testing.assert_allclose(values, sign * np.array(best[: len(values)]), rtol=1e-3)
            extreme = sign * (sign * maps[:, k]).max(axis=(1, 2))
            for image, value, row, column in layer["local"][kind][k]:
                assert value == pytest.approx(extreme[image], rel=1e-3)
                side = maps.shape[2]
                at = (int(row * side), int(column * side))
                assert maps[image, k][at] == pytest.approx(value, rel=1e-3)
        ranks = np.argsort(np.argsort(mean[held_out, k])) / held_out.sum()
        rank_of = dict(zip(held_out.nonzero()[0].tolist(), ranks, strict=True))
        used = []
        for high, low, high_value, low_value in layer["pairs"][k]:
            assert held_out[high] and held_out[low] and groups[high] != groups[low]
            assert rank_of[high] >= 0.79 and rank_of[low] <= 0.21
            assert (high_value, low_value) == pytest.approx((mean[high, k], mean[low, k]), rel=1e-3)
            used += [high, low]
        assert len(set(used)) == len(used) == 2 * record_examples.PAIRS
    assert recording.examples["layers"][2]["local"] is None


def test_no_photo_is_in_both_halves_and_both_have_all_kinds():
    pool = pool_of(32)
    assert pool.images.shape == (len(pool.names), 32, 32, 3)
    halves = [
        {g for g, h in zip(pool.groups, pool.held_out, strict=True) if h == half}
        for half in (False, True)
    ]
    assert not halves[0] & halves[1]
    for half in (False, True):
        names = [n for n, h in zip(pool.names, pool.held_out, strict=True) if h == half]
        assert names.count("drawn cat") == names.count("drawn dog") == 15
        assert sum("drawn" not in name for name in names) == 50


def test_an_observer_is_right_where_the_filter_sees_what_it_measures(recorder, tmp_path):
    """A filter for brightness: who compares colors cannot fail; who guesses, would."""
    network = nn.Sequential(nn.Conv2d(3, 2, 1))
    with torch.no_grad():
        network[0].weight[0] = 1.0
        network[0].weight[1] = -1.0
        network[0].bias[:] = 2.0
    plan = Plan(
        "Brightness", layers=("0",), filters=2, swept=1, steps=16, sizes=(16, 16), image_size=32
    )
    recorder(network, plan)
    record_filters.record("tiny", tmp_path)
    record_examples.record("tiny", tmp_path)
    observers = recordings.load("tiny", tmp_path).examples["observers"]
    scores = observers["colors and contrast"]
    assert scores["examples"] == ["1" * 6]
    assert scores["synthesized"][0].count("1") >= 5


# ---- what cannot be recorded ----


def test_what_is_missing_is_said(recorder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"python tools/record_filters\.py vgg16"):
        record_examples.record("vgg16", tmp_path)
    with pytest.raises(ValueError, match="no plan for 'alexnet'"):
        recordings.folder_of("alexnet", tmp_path)
    recorder(tiny_network(), PLAN)
    folder = record_filters.record("tiny", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"python tools/record_examples\.py tiny"):
        recordings.load("tiny", tmp_path)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "weights": "older"}))
    with pytest.raises(ValueError, match="has new weights"):
        record_examples.record("tiny", tmp_path)

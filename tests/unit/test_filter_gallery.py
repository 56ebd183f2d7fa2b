"""FilterGallery and its recordings: what was recorded is what the networks answer, and can be
recorded again.
"""

import io
import json

import numpy as np
import pytest
import record_filters
import torch
import traitlets
from PIL import Image
from torch import nn

from lecture_utils import pretrained, runs
from lecture_utils._inspect import output_of
from lecture_utils.interpretation import recordings
from lecture_utils.interpretation.recordings import PLANS, LayerPlan, Plan
from lecture_utils.widgets import FilterGallery
from lecture_utils.widgets._sprites import unpack_tiles

NAMES = list(PLANS)


def network_of(name):
    if name in pretrained.NETWORKS:
        net = pretrained.load(name)
        return net.model, net.normalize
    return runs.load(name).model, lambda images: images


@pytest.mark.parametrize("name", NAMES)
def test_recordings_fit_their_plans_and_their_networks(name):
    card, plan = recordings.load(name).card, PLANS[name]
    assert card["plan"]["steps"] == plan.steps and tuple(card["plan"]["frames"]) == plan.frames
    assert [each["path"] for each in card["layers"]] == [each.path for each in plan.layers]
    assert card["code"]["changed_since"] is False and card["code"]["commit"]
    if name in runs.RECIPES:
        assert card["weights"] == runs.load(name).card["weights_sha256"], (
            f"{name} was trained anew; record: python tools/record_filters.py {name}"
        )


def test_recordings_are_all_there_and_small():
    assert recordings.available() == tuple(PLANS)
    folder = recordings.folder_of(NAMES[0]).parent
    assert sum(path.stat().st_size for path in folder.rglob("*.*")) < 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_the_images_that_are_shipped_activate_their_filters(name):
    """Decoded from their sprites, images of the Fourier method still reach most of what was
    recorded, and more than others do.
    """
    network, normalize = network_of(name)
    gallery = FilterGallery(name)
    for entry in gallery.recordings[name].card["layers"][-2:]:
        gallery.layer = entry["label"]
        images = torch.tensor(gallery.images("fourier")[:, -1]).permute(0, 3, 1, 2) / 255
        with torch.no_grad():
            responses = output_of(network.eval(), entry["path"], normalize(images))
        responses = responses.flatten(2).mean(2) if responses.ndim == 4 else responses
        reached = responses[:, entry["channels"]].numpy()  # image i, filter j
        recorded = np.array(entry["fourier"]["activations"])
        # Compression takes away some of the finest detail, of which a few filters need much.
        assert np.median(np.diagonal(reached) / recorded[:, -1]) > 0.6
        assert (reached.argmax(axis=0) == np.arange(len(reached))).mean() > 0.6
        # The ascent went up.
        assert (recorded[:, -1] > recorded[:, 0]).all()


@pytest.fixture
def tiny(monkeypatch):
    """A network of two layers with one filter that nothing activates, and few steps."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2), nn.ReLU(), nn.Conv2d(5, 3, 3))
    with torch.no_grad():
        network[0].weight[1] = 0
        network[0].bias[1] = -1
    layers = (LayerPlan("first", "0", 12), LayerPlan("last", "2", 24, (2, 0)))
    plan = Plan("Tiny", layers, filters=4, steps=3, frames=(0, 1, 3), image_size=64)
    monkeypatch.setitem(PLANS, "tiny", plan)
    names = ("a", "b", "c")
    monkeypatch.setattr(
        record_filters,
        "_load_model",
        lambda name: (network, lambda x: x - 0.5, "of the test", names),
    )
    monkeypatch.setattr(record_filters, "_PETS", 4)
    monkeypatch.setattr(record_filters.datasets, "photo_names", lambda: ["cat", "coins"])
    return network


def test_recording_again(tiny, tmp_path):
    recording = record_filters.record("tiny", tmp_path)
    card = recording.card
    first, last = card["layers"]
    assert first["channels"] == [0, 2, 3, 4] and first["of"] == 5  # 1 is dead
    assert last["channels"] == [2, 0] and last["names"] == ["c", "a"]
    assert card["data"]["pictures"] == 4 + 2 * 5
    # Frames are images of the ascent; the activations are theirs.
    tiles = unpack_tiles(recording.sprite(1, "pixel"), last["pixel"]["layout"], 6)
    images = torch.tensor(tiles.reshape(2, 3, 24, 24, 3)).permute(0, 1, 4, 2, 3) / 255 - 0.5
    with torch.no_grad():
        for i, channel in enumerate(last["channels"]):
            reached = tiny(images[i])[:, channel].mean(dim=(1, 2))
            np.testing.assert_allclose(reached, last["pixel"]["activations"][i], atol=0.05)
    for method in ("pixel", "fourier"):
        activations = np.array(last[method]["activations"])
        assert (activations[:, -1] > activations[:, 0]).all()
    # The images of the data set with the strongest activations, by brute force.
    data = record_filters.data_set(224)
    inputs = record_filters._resized(data.images, 64) - 0.5
    with torch.no_grad():
        best = tiny(inputs).amax(dim=(2, 3))[:, 2]
    expected = sorted(
        (max(best[i].item() for i in range(len(best)) if data.groups[i] == group))
        for group in set(data.groups)
    )[::-1][: record_filters.EXAMPLES]
    np.testing.assert_allclose(last["examples"]["activations"][0], expected, rtol=1e-3)
    again = record_filters.record("tiny", tmp_path / "again")
    assert again.card["layers"] == card["layers"]
    assert again.sprite(0, "fourier") == recording.sprite(0, "fourier")


def test_crops_lie_around_their_position_and_inside_the_image():
    image = np.zeros((224, 224, 3), np.uint8)
    image[100:108, 40:48] = 255
    for place, part in (((104 / 224, 44 / 224), 0.25), ((104 / 224, 44 / 224), 1.0)):
        crop = record_filters._crop(image, place, part)
        assert crop.shape == (64, 64, 3)
        rows, columns = np.nonzero(crop[..., 0] > 128)
        if part < 1:
            assert rows.mean() == pytest.approx(32, abs=2)
            assert columns.mean() == pytest.approx(32, abs=2)
    corner = record_filters._crop(image, (0.01, 0.99), 0.5)
    np.testing.assert_array_equal(
        corner, np.asarray(Image.fromarray(image[:112, 112:]).resize((64, 64)))
    )


def test_how_much_of_an_image_is_cut_out():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, stride=2)
    )
    # 3, then 3 + 2, then 5 + 2 * 4.
    record_filters.LEAST_CROP, kept = 1, record_filters.LEAST_CROP
    try:
        sides = [round(64 * record_filters._part(network, path, 64)) for path in "012"]
    finally:
        record_filters.LEAST_CROP = kept
    assert sides == [3, 5, 13]


def test_traits_follow_each_other():
    gallery = FilterGallery()
    assert (gallery.network, gallery.layer, gallery.step) == (NAMES[0], "convolution 1", 200)
    gallery.filter = gallery._entry["channels"][3]
    gallery.network = "efficientnet_lite0"
    assert gallery.layer == "stem"
    assert (
        gallery.filter == gallery.recordings["efficientnet_lite0"].card["layers"][0]["channels"][0]
    )
    sizes = [sum(each["bytes"].values()) for net in gallery.networks for each in net["layers"]]
    assert sum(sizes) == len(gallery.sprites)
    first = gallery.sprites[: gallery.networks[0]["layers"][0]["bytes"]["plain"]].tobytes()
    assert Image.open(io.BytesIO(first)).format == "WEBP"
    json.dumps(gallery.networks)
    html = gallery.figure_html()
    assert 'alt="Noise' in html and "200 steps" in html


def test_what_the_page_sends_arrives_at_once():
    gallery = FilterGallery()
    entry = gallery.recordings["efficientnet_lite0"].card["layers"][-1]
    sent = {
        "network": "efficientnet_lite0",
        "layer": "classes",
        "filter": entry["channels"][2],
        "step": 4,
    }
    gallery.set_state(sent)
    assert {name: getattr(gallery, name) for name in sent} == sent


@pytest.mark.parametrize(
    ("name", "value"), [("network", "vgg16"), ("layer", "stage 99"), ("filter", -1), ("step", 3)]
)
def test_what_was_not_recorded_is_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=f"{name} is .*recorded are"):
        FilterGallery().set_trait(name, value)


def test_unknown_and_missing_recordings(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="no plan for 'vgg16'"):
        FilterGallery("vgg16")
    with pytest.raises(ValueError, match="name each once"):
        FilterGallery(NAMES[0], NAMES[0])
    with pytest.raises(FileNotFoundError, match=r"python tools/record_filters\.py effi"):
        recordings.load("efficientnet_lite0", tmp_path)


def test_a_network_that_was_trained_anew_is_told(monkeypatch):
    gallery = FilterGallery(NAMES[0])
    assert gallery.networks[0]["outdated"] is False
    run = runs.load(NAMES[0])
    run.card["weights_sha256"] = "0" * 64
    monkeypatch.setattr(runs, "load", lambda name: run)
    assert FilterGallery(NAMES[0]).networks[0]["outdated"] is True

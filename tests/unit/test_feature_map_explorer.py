"""FeatureMapExplorer in Python: the maps are the network's, the numbers theirs, and sprites hold
them.
"""

import json

import numpy as np
import pytest
import torch
import traitlets
from PIL import Image, ImageOps
from torch import nn

from lecture_utils.geometry import seen_pixels
from lecture_utils.interpretation import dead_filters
from lecture_utils.widgets import FeatureMapExplorer
from lecture_utils.widgets._sprites import pack_tiles, unpack_tiles
from lecture_utils.widgets.feature_map_explorer.images import default_images
from lecture_utils.widgets.feature_map_explorer.maps import LayerMaps, record
from lecture_utils.widgets.feature_map_explorer.networks import convolution_layers, subjects


def images(count=3, seed=0):
    """Return smooth random images: noise of 14x14 values, enlarged."""
    values = np.random.default_rng(seed).integers(0, 256, (count, 14, 14, 3), dtype=np.uint8)
    return {f"p{i}": np.kron(each, np.ones((16, 16, 1), np.uint8)) for i, each in enumerate(values)}


def small():
    """Return a network with one filter that never answers, and a signed last layer."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 6, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 4, 3, padding=1)
    )
    with torch.no_grad():
        network[0].weight[2] = 0
        network[0].bias[2] = -1
    return network


@pytest.fixture(scope="module")
def explorer():
    return FeatureMapExplorer({"mine": (small(),)}, images=images())


def test_maps_and_numbers_are_the_networks(explorer):
    network = small()
    batch = torch.tensor(np.stack(list(images().values()))).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        first = network[:2](batch)
        last = network(batch)
    layers = explorer.maps["mine"]
    assert list(layers) == ["convolution 1", "convolution 2"]
    np.testing.assert_allclose(layers["convolution 1"].maps, first, atol=1e-5)
    np.testing.assert_allclose(layers["convolution 2"].maps, last, atol=1e-5)
    np.testing.assert_allclose(
        layers["convolution 2"].responses, last.abs().mean(dim=(2, 3)), atol=1e-5
    )
    peaks = layers["convolution 2"].peaks
    np.testing.assert_allclose(np.abs(peaks), last.abs().amax(dim=(2, 3)), atol=1e-5)
    assert (peaks < 0).any()
    assert [layer.is_signed for layer in layers.values()] == [False, True]
    dead = dead_filters(network, "1", batch)
    np.testing.assert_array_equal(layers["convolution 1"].dead, np.flatnonzero(dead))
    assert 2 in layers["convolution 1"].dead and not len(layers["convolution 2"].dead)


def test_what_travels_are_the_same_maps_on_one_scale_per_layer(explorer):
    """The sprites, decoded by Pillow, give back the maps; numbers in half precision."""
    sprites, numbers = explorer.sprites.tobytes(), explorer.numbers.tobytes()
    at = place = 0
    for entry in explorer.networks[0]["layers"]:
        layer = explorer.maps["mine"][entry["label"]]
        filters = entry["size"][0]
        sprite = sprites[at : at + entry["bytes"]]
        tiles = unpack_tiles(sprite, entry["layout"], 3 * filters)[..., 0].astype(float)
        tiles = tiles.reshape(filters, 3, *entry["layout"]["size"]).swapaxes(0, 1)
        limit = entry["limit"]
        values = (tiles - 128) / 127 * limit if entry["signed"] else tiles / 255 * limit
        shown = np.clip(layer.shown, -limit, limit)
        error = np.sqrt(((values - shown) ** 2).mean()) / limit
        assert error < 0.08
        assert np.mean(np.abs(layer.shown) > limit) < 0.003
        count = 2 * 3 * filters
        read = np.frombuffer(numbers, "<f2", count, place).reshape(2, 3, filters)
        np.testing.assert_allclose(read[0], layer.responses, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(read[1], layer.peaks, rtol=1e-3, atol=1e-6)
        at, place = at + entry["bytes"], place + 2 * count
    assert at == len(sprites) and place == len(numbers)


def test_a_map_lies_over_what_it_sees():
    """In the middle of a map's cell is the middle of the pixels that it depends on."""
    network = nn.Sequential(nn.Conv2d(3, 2, 5, stride=2), nn.ReLU(), nn.Conv2d(2, 2, 3))
    (subject,) = subjects([{"mine": (network, ["2"])}]).values()
    (layer,), _ = record(subject, np.zeros((1, 224, 224, 3), np.uint8))
    rows = layer.maps.shape[2]
    top, _, height, _ = layer.place
    for row in (0, rows // 2, rows - 1):
        seen = seen_pixels(network, 224, (row, row))
        middle = 224 * (top + height * (row + 0.5) / rows)
        assert np.mean(seen[0]) + 0.5 == pytest.approx(middle)


def test_large_maps_are_averaged():
    maps = np.random.default_rng(0).random((1, 1, 94, 130), np.float32)
    shown = LayerMaps("a", "a", maps, (0, 0, 1, 1)).shown
    assert shown.shape == (1, 1, 31, 43)
    assert shown.mean() == pytest.approx(maps.mean(), abs=0.01)


def test_an_empty_layer_has_a_scale_and_no_response():
    layer = LayerMaps("a", "a", np.zeros((2, 3, 8, 8), np.float32), (0, 0, 1, 1))
    assert layer.limit == 1 and len(layer.dead) == 3
    tiles = unpack_tiles(*layer.packed(), 6)
    assert tiles.max() <= 2  # the page itself makes an empty map perfectly empty


@pytest.mark.parametrize("shape", [(1, 7, 7), (10, 45, 47), (5, 40, 9, 3), (7, 64, 64, 3)])
def test_sprites_come_back(shape):
    smooth = np.linspace(0, 255, int(np.prod(shape[1:3])))
    tiles = np.stack([np.roll(smooth, 5 * i).reshape(shape[1:3]) for i in range(shape[0])])
    if len(shape) == 4:
        tiles = np.repeat(tiles[..., None], 3, axis=-1)
    tiles = tiles.astype(np.uint8)
    data, layout = pack_tiles(tiles, quality=90)
    back = unpack_tiles(data, layout, len(tiles)).astype(float)
    wanted = tiles if len(shape) == 4 else np.repeat(tiles[..., None], 3, axis=-1)
    assert back.shape == wanted.shape
    assert np.abs(back - wanted).mean() < 6
    with pytest.raises(ValueError, match="no tiles"):
        pack_tiles(tiles[:0], 50)


def test_layers_of_other_networks_are_found():
    from torchvision.models import resnet18

    layers = convolution_layers(resnet18())
    # The second convolution of a block is followed by an addition, not by its ReLU.
    expected = ["relu", "layer1.0.relu", "layer1.0.conv2"]
    assert list(layers.values())[:3] == expected
    assert len(layers) == 20


@pytest.mark.slow
def test_default_networks_and_images():
    explorer = FeatureMapExplorer("efficientnet_lite0")
    assert len(explorer.image_names) == 5
    layers = explorer.maps["efficientnet_lite0"]
    assert [each.maps.shape[1] for each in layers.values()] == [
        32, 16, 24, 40, 80, 112, 192, 320, 1280
    ]  # fmt: skip
    said = dict(zip(explorer.image_names, explorer.networks[0]["said"], strict=True))
    assert said["coffee"].startswith("espresso")
    assert len(explorer.sprites) < 500_000
    html = explorer.figure_html()
    assert "stage 7" in html and "Predictions of the network: " in html and 'alt="' in html


def test_photos_of_a_cat_and_a_dog_where_there_are_some(monkeypatch, tmp_path):
    """A folder of images in the data set's layout stands for it; its names decide."""
    values = np.random.default_rng(1).integers(0, 256, (10, 30, 40, 3), dtype=np.uint8)
    for split in ("train", "val", "test"):
        for kind in ("cats", "dogs"):
            folder = tmp_path / "cats-vs-dogs" / split / kind
            folder.mkdir(parents=True)
            for i, each in enumerate(values):
                Image.fromarray(each).save(folder / f"{kind[:-1]}.{4501 + i}.png")
            (folder / ".DS_Store").write_bytes(b"of the file manager")
            (folder / "Thumbs.db").write_bytes(b"of the file manager")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    shown = default_images()
    assert list(shown)[:2] == ["test photo, cat", "test photo, dog"]
    middle = ImageOps.fit(Image.fromarray(values[4]), (224, 224))
    np.testing.assert_array_equal(shown["test photo, dog"], np.asarray(middle))


def test_traits_follow_each_other(explorer):
    explorer.layer = "convolution 1"
    explorer.filter = 5
    explorer.layer = "convolution 2"
    assert explorer.filter == 3
    explorer.layer = "convolution 1"
    for sort in ("number", "response", "difference"):
        explorer.sort = sort
        json.dumps(explorer.figure_html())


def test_what_the_page_sends_arrives_at_once(explorer):
    both = FeatureMapExplorer({"a": (small(),), "b": (small()[:2],)}, images=images())
    both.set_state({"model": "b", "layer": "convolution 1", "filter": 4, "left": "p2"})
    assert (both.model, both.layer, both.filter, both.left) == ("b", "convolution 1", 4, "p2")
    both.set_state({"model": "a", "layer": "convolution 2", "filter": 3})
    assert (both.model, both.layer, both.filter) == ("a", "convolution 2", 3)
    both.model = "b"
    assert both.layer == "convolution 1"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"left": "p9"}, "left is 'p9'; use one of p0, p1, p2"),
        ({"model": "other"}, "use one of mine"),
        ({"layer": "convolution 9"}, "use one of convolution 1, convolution 2"),
        ({"filter": 6}, "has the filters 0 to 5"),
        ({"sort": "size"}, "sort"),
    ],
)
def test_nonsense_is_refused(explorer, change, message):
    explorer.layer = "convolution 1"
    with pytest.raises(traitlets.TraitError, match=message):
        explorer.set_trait(*next(iter(change.items())))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (["alexnet"], {}, "no network 'alexnet'"),
        (["mnist/gap"], {}, "for color photos"),
        ([{"a": nn.Conv2d(3, 2, 3)}], {}, r"give \(model, layers\)"),
        ([{"a": (nn.Conv2d(3, 2, 3), ["nope"])}], {}, "no layer 'nope'"),
        ([{"a": (nn.Linear(3, 2),)}], {}, "no convolution"),
        ([{"a": (small(),)}, {"a": (small(),)}], {}, "two networks called 'a'"),
        ([{"a": (small(),)}], {"images": {"one": np.zeros((9, 9), np.uint8)}}, "2 to 8"),
        ([{"a": (small(),)}], {"images": {"x": np.zeros(3), "y": np.zeros(3)}}, "shape"),
    ],
)
def test_wrong_arguments_say_what_to_do(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        FeatureMapExplorer(*arguments, **{"images": images(), **options})


def test_a_network_that_gives_nan_is_refused():
    network = small()
    with torch.no_grad():
        network[0].bias[0] = float("nan")
    with pytest.raises(ValueError, match="NaN"):
        FeatureMapExplorer({"a": (network,)}, images=images())

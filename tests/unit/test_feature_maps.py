"""FeatureMaps in Python: what it accepts, and that its maps are torch's."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import traitlets

from lecture_utils.widgets import FeatureMaps
from lecture_utils.widgets.feature_maps.bank import named_bank, random_bank

rng = np.random.default_rng(21)


def by_torch(image, filters, stride, padding, relu, pool, shift):
    x = torch.tensor(image / 255).permute(2, 0, 1)[None]
    x = torch.roll(x, shift, dims=(2, 3))
    margin = (filters.shape[-1] // 2,) * 4
    if padding == "zeros":
        x = F.pad(x, margin)
    elif padding == "wrap":
        x = F.pad(x, margin, mode="circular")
    maps = F.conv2d(x, torch.tensor(filters, dtype=torch.float64), stride=stride)
    if relu:
        maps = F.relu(maps)
    if pool:
        maps = F.max_pool2d(maps, 2)
    return maps[0].numpy()


def test_maps_are_torchs():
    for _ in range(12):
        k = int(rng.choice([1, 3, 5, 7]))
        filters = rng.normal(size=(int(rng.integers(1, 9)), 3, k, k)).astype(np.float32)
        image = rng.integers(0, 256, size=(64, 64, 3), dtype=np.uint8)
        settings = {
            "stride": int(rng.integers(1, 4)),
            "padding": str(rng.choice(["valid", "zeros", "wrap"])),
            "relu": bool(rng.integers(2)),
            "pool": bool(rng.integers(2)),
            "shift": tuple(int(n) for n in rng.integers(-16, 17, size=2)),
        }
        demo = FeatureMaps(image, filters, **settings)
        expected = by_torch(image, filters, **settings)
        np.testing.assert_allclose(demo.maps, expected, atol=1e-10)
        np.testing.assert_allclose(demo.pooled, expected.mean(axis=(1, 2)), atol=1e-10)


def test_a_wrapped_shift_moves_maps_and_leaves_means():
    still = FeatureMaps(padding="wrap")
    moved = FeatureMaps(padding="wrap", shift=(4, -7))
    np.testing.assert_allclose(moved.maps, np.roll(still.maps, (4, -7), axis=(1, 2)), atol=1e-12)
    np.testing.assert_allclose(moved.pooled, still.pooled, atol=1e-12)


def test_the_banks_mean_what_they_say():
    names, filters = named_bank()
    assert filters.shape == (8, 3, 5, 5) and len(set(names)) == 8
    sums = filters.sum(axis=(1, 2, 3))
    for name in (
        "horizontal edges",
        "vertical edges",
        "bright blobs",
        "red, not green",
        "blue, not yellow",
    ):
        assert abs(sums[names.index(name)]) < 1e-6  # a gray area means nothing to them
    red = np.zeros((3, 5, 5))
    red[0] = 1
    assert (filters[names.index("red, not green")] * red).sum() == pytest.approx(1)
    assert sums[names.index("brightness")] == pytest.approx(1, abs=1e-6)
    assert np.array_equal(random_bank()[1], random_bank()[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": "dog"}, "no photo 'dog'"),
        ({"image": np.zeros((64, 64))}, "dimensions"),
        ({"image": np.zeros((32, 64, 3))}, r"\(32, 64, 3\)"),
        ({"image": np.full((64, 64, 3), 1.5)}, "outside of 0 to 1"),
        ({"image": np.full((64, 64, 3), np.nan)}, "NaN"),
        ({"filters": "gabor"}, "no bank 'gabor'"),
        ({"filters": np.zeros((2, 3, 4, 4))}, r"\(2, 3, 4, 4\)"),
        ({"filters": np.zeros((9, 3, 3, 3))}, r"\(9, 3, 3, 3\)"),
        ({"filters": np.full((1, 3, 3, 3), np.inf)}, "infinite"),
        ({"padding": "same"}, "padding"),
        ({"stride": 0}, "stride"),
        ({"shift": (17, 0)}, "17"),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        FeatureMaps(**arguments)


def test_the_figure_tells_the_numbers():
    html = FeatureMaps(filters=rng.normal(size=(2, 3, 3, 3))).figure_html()
    assert "2 maps of 62×62" in html and html.count("<tr>") == 2 and "alt=" in html

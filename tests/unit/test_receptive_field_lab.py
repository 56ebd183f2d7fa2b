"""ReceptiveFieldLab in Python: what it accepts, and that its numbers are torch's."""

import numpy as np
import pytest
import torch
import traitlets
from torch import nn

from lecture_utils.geometry import LayerSpec, receptive_field
from lecture_utils.widgets import ReceptiveFieldLab
from lecture_utils.widgets.receptive_field_lab import PRESETS, side_holding

rng = np.random.default_rng(11)


def random_stack(depth=4):
    return [
        {
            "kind": str(rng.choice(["conv", "max", "average"])),
            "kernel": int(rng.integers(1, 6)),
            "stride": int(rng.integers(1, 3)),
            "dilation": int(rng.integers(1, 4)),
        }
        for _ in range(rng.integers(1, depth + 1))
    ]


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_have_the_fields_of_the_library(preset):
    lab = ReceptiveFieldLab(preset)
    specs = [LayerSpec(x["kernel"], x["stride"], 0, x["dilation"]) for x in lab.layers]
    assert lab.receptive_fields == receptive_field(specs)
    assert len(lab.profile) == lab.receptive_fields[-1].size[0]


@pytest.mark.slow
def test_vgg16_sees_what_torchvisions_sees():
    from torchvision.models import vgg16

    lab = ReceptiveFieldLab("VGG16")
    expected = receptive_field(vgg16(weights=None).features)
    assert [f.size for f in lab.receptive_fields] == [f.size for f in expected]
    assert [f.jump for f in lab.receptive_fields] == [f.jump for f in expected]


def test_the_profile_is_the_gradient_of_averaging_layers():
    for _ in range(10):
        lab = ReceptiveFieldLab(random_stack())
        convolutions = []
        for layer in lab.layers:
            options = {"stride": layer["stride"], "dilation": layer["dilation"], "bias": False}
            convolution = nn.Conv1d(1, 1, layer["kernel"], **options, dtype=torch.float64)
            nn.init.constant_(convolution.weight, 1 / layer["kernel"])
            convolutions.append(convolution)
        size = lab.receptive_fields[-1].size[0]
        x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
        nn.Sequential(*convolutions)(x).sum().backward()
        np.testing.assert_allclose(lab.profile, x.grad[0, 0], atol=1e-12)


def test_layers_may_be_specs():
    lab = ReceptiveFieldLab([LayerSpec(5, stride=2), {"kernel": 3, "kind": "max"}])
    assert lab.layers[0] == {"kind": "conv", "kernel": 5, "stride": 2, "dilation": 1}
    assert lab.layers[1] == {"kind": "max", "kernel": 3, "stride": 1, "dilation": 1}


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("VGG", "no preset 'VGG'"),
        ([], "0 layers"),
        ([{"kernel": 3}] * 25, "25 layers"),
        ([{"kernel": 12}], "layer 1 has kernel 12"),
        ([{"kernel": 3}, {"kernel": 3, "stride": 0}], "layer 2 has stride 0"),
        ([{"kernel": 3, "kind": "pool"}], "layer 1 is a 'pool'"),
        ([{"kernel": 3, "padding": 1}], "padding"),
        ([{"stride": 1}], "kernel None"),
        ([LayerSpec((3, 5))], "square windows"),
    ],
)
def test_what_cannot_be_shown_is_refused(layers, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        ReceptiveFieldLab(layers)


def test_the_square_that_holds_a_share():
    for size in (1, 2, 7, 8):
        weights = rng.random((size, size))
        side = side_holding(0.8, weights)
        edge = (size - side) // 2
        assert weights[edge : size - edge, edge : size - edge].sum() >= 0.8 * weights.sum()
        if side > 2:
            inner = weights[edge + 1 : size - edge - 1, edge + 1 : size - edge - 1]
            assert inner.sum() < 0.8 * weights.sum()
    assert side_holding(1, np.ones((6, 6))) == 6


def test_the_figure_tells_the_numbers():
    html = ReceptiveFieldLab("dilated 1-2-4-8").figure_html()
    assert "sees 31×31 pixels" in html and html.count("<tr>") == 5 and "alt=" in html
    assert "too many" in ReceptiveFieldLab([{"kernel": 11, "stride": 4}] * 6).figure_html()

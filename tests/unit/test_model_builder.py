"""ModelBuilder in Python: stacks against torch, torchinfo and lecture_utils.geometry."""

import numpy as np
import pytest
import torch
import torchinfo
import traitlets
from random_stacks import sloppy_stack, valid_stack
from torch import nn

from lecture_utils import models
from lecture_utils.geometry import count_macs, receptive_field
from lecture_utils.widgets import ModelBuilder
from lecture_utils.widgets.model_builder.kinds import KINDS
from lecture_utils.widgets.model_builder.presets import PRESETS
from lecture_utils.widgets.model_builder.stack import describe


@pytest.mark.slow
def test_random_stacks_are_torchinfos():
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(200):
        layers, shape, network = valid_stack(rng)
        rows = describe(layers, shape, batch_size=3)
        info = torchinfo.summary(network, (1, *shape), verbose=0)
        assert [row["problem"] for row in rows] == [None] * len(layers)
        found = info.summary_list[1:]
        assert [(1, *row["output_shape"]) for row in rows] == [tuple(f.output_size) for f in found]
        assert [row["parameters"] for row in rows] == [max(f.num_params, 0) for f in found]
        assert sum(row["mult_adds"] for row in rows) == info.total_mult_adds
        assert sum(row["macs"] for row in rows) == count_macs(network, shape)
        assert [row["bytes"] for row in rows] == [12 * np.prod(f.output_size) for f in found]
        for field in receptive_field(network):
            assert rows[int(field.name)]["receptive_field"] == field.size
        seen |= {layer["type"] for layer in layers}
    assert seen == set(KINDS)


def test_what_torch_refuses_is_explained_and_nothing_else():
    rng = np.random.default_rng(2)
    refusals = set()
    for _ in range(400):
        layers, shape, refused = sloppy_stack(rng)
        problems = [row["problem"] for row in describe(layers, shape)]
        first = next((i for i, problem in enumerate(problems) if problem), None)
        assert first == refused, (layers, shape, problems)
        if refused is None:
            continue
        refusals.add(layers[refused]["type"])
        assert problems[refused].endswith(".") and "Waits" not in problems[refused]
        waiting = problems[refused + 1 :]
        assert waiting == [f"Waits for layer {refused + 1}."] * len(waiting)
    assert refusals == set(KINDS) - {"ReLU", "Dropout", "Flatten"}


def test_the_last_dense_or_global_layer_sees_all_that_gradients_reach():
    network = nn.Sequential(
        nn.Conv2d(1, 1, 3, stride=2, bias=False),
        nn.AvgPool2d(2, 1),
        nn.AdaptiveAvgPool2d(1),
    )
    nn.init.ones_(network[0].weight)
    image = torch.zeros(1, 1, 12, 17, requires_grad=True)
    network(image).sum().backward()
    rows, columns = (torch.nonzero(image.grad[0, 0].any(axis)) for axis in (1, 0))
    extent = tuple(int(at.max() - at.min() + 1) for at in (rows, columns))
    builder = ModelBuilder(network, input_shape=(1, 12, 17))
    assert builder.summary[-1]["receptive_field"] == extent


@pytest.mark.parametrize(("preset", "name"), [("flatten",) * 2, ("gap",) * 2, ("dense",) * 2])
def test_presets_are_the_chapters_networks(preset, name):
    network = models.build(name)
    builder = ModelBuilder(preset=preset)
    assert repr(builder.model) == repr(network)
    assert ModelBuilder(network, input_shape=(1, 28, 28)).layers == builder.layers


def test_the_lectures_numbers():
    totals = {
        name: sum(row["parameters"] for row in ModelBuilder(preset=name).summary)
        for name in PRESETS
    }
    assert (totals["flatten"], totals["gap"]) == (93_322, 56_394)


@pytest.mark.parametrize("preset", PRESETS)
def test_models_run_and_come_back(preset):
    builder = ModelBuilder(preset=preset)
    model = builder.model
    assert model(torch.zeros(2, *builder.input_shape)).shape == (2, 10)
    again = ModelBuilder(model, input_shape=builder.input_shape)
    assert again.layers == builder.layers


def test_random_networks_come_back():
    rng = np.random.default_rng(3)
    for _ in range(40):
        layers, shape, network = valid_stack(rng)
        builder = ModelBuilder(nn.Sequential(network), input_shape=shape)
        assert builder.layers == layers
        assert repr(builder.model) == repr(network)


def test_layers_become_complete_and_may_be_wrong():
    builder = ModelBuilder()
    builder.layers = [{"type": "Flatten"}, {"type": "Linear", "in_features": 5}]
    assert builder.layers[1] == {
        "type": "Linear",
        "in_features": 5,
        "out_features": 10,
        "bias": True,
    }
    with pytest.raises(ValueError, match=r"layer 2, Linear: in_features is 5, .*784 .*1×28×28"):
        _ = builder.model
    assert "in_features is 5" in builder.figure_html()
    builder.layers = []
    assert len(builder.model) == 0 and "0 parameters" in builder.figure_html()
    builder.layers = [
        {"type": "Flatten"},
        {"type": "Linear", "in_features": 784, "out_features": 60_000},
        {"type": "Linear", "in_features": 60_000, "out_features": 60_000},
    ]
    with pytest.raises(ValueError, match="GiB of memory"):
        _ = builder.model


def test_named_padding_becomes_a_number():
    network = nn.Sequential(nn.Conv2d(3, 4, 5, padding="same"), nn.Conv2d(4, 4, 3, padding="valid"))
    builder = ModelBuilder(network, input_shape=(3, 9, 9))
    assert [layer["padding"] for layer in builder.layers] == [2, 0]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([{"type": "LSTM"}], "layer 1 is .*LSTM.*one of the types Conv2d"),
        (["ReLU"], "write a dict"),
        ([{"type": "ReLU", "p": 1}], "ReLU has no setting"),
        ([{"type": "Conv2d", "kernel_size": 0}], "kernel_size is 0; use a whole number from 1"),
        ([{"type": "Conv2d", "stride": 1.5}], "stride is 1.5"),
        ([{"type": "Conv2d", "padding": True}], "padding is True"),
        ([{"type": "Conv2d", "bias": 1}], "use True or False"),
        ([{"type": "Dropout", "p": float("nan")}], "p is nan; use a number from 0 to 1"),
        ([{"type": "ReLU"}] * 61, "61 layers"),
    ],
)
def test_wrong_layers_are_named(layers, message):
    builder = ModelBuilder()
    before = builder.layers
    with pytest.raises(traitlets.TraitError, match=message):
        builder.layers = layers
    assert builder.layers == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"preset": "resnet"}, "preset is 'resnet'; use one of flatten, gap"),
        ({"model": nn.ReLU(), "preset": "gap"}, "not both"),
        ({"model": nn.Sequential(nn.ReLU())}, "say how large an image is"),
        ({"model": 7, "input_shape": (1, 2, 2)}, "model is 7"),
        ({"input_shape": (1, 0, 28)}, "height must be from 1"),
        ({"input_shape": (28, 28)}, "input_shape"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_nonsense_is_named(arguments, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        ModelBuilder(**arguments)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            nn.Conv2d(3, 4, (3, 5)),
            r"kernel_size of module 0 .*\(3, 5\); the builder has only squares",
        ),
        (nn.Conv2d(3, 4, 3, padding_mode="reflect"), "padding_mode .*'reflect'"),
        (nn.Conv2d(4, 4, 3), "was made for 4 channels, but receives 3"),
        (nn.BatchNorm2d(7), "was made for 7 channels, but receives 3"),
        (nn.MaxPool2d(2, dilation=2), "dilation of module 0"),
        (nn.AdaptiveAvgPool2d(7), "output_size .* is 7; the builder has only 1"),
        (nn.Tanh(), "one of the types"),
    ],
)
def test_networks_beyond_the_builder_are_refused(module, message):
    with pytest.raises(ValueError, match=message):
        ModelBuilder(nn.Sequential(module), input_shape=(3, 8, 8))


def test_the_figure_tells_the_numbers():
    page = ModelBuilder(batch_size=2).figure_html()
    assert page.count("<tr>") == 13 and "93,322 parameters" in page and "<script" not in page
    assert "<td>32×26×26</td><td>320</td><td>216,320</td><td>169.0 KiB</td><td>3×3</td>" in page

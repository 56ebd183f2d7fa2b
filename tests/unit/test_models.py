"""The networks: parameters and shapes against torchinfo and against sums by hand."""

import pytest
import torch
import torchinfo

from lecture_utils import geometry, models


@pytest.mark.parametrize(
    ("build", "parameters", "shape"),
    [
        (models.convolutional_base, 55_744, (2, 64, 3, 3)),
        (models.flatten_cnn, 93_322, (2, 10)),
        (models.gap_cnn, 56_394, (2, 10)),
        (models.dense_network, 28 * 28 * 512 + 512 + 512 * 10 + 10, (2, 10)),
        (models.strong_cnn, 85_818, (2, 10)),
    ],
)
def test_parameters_and_shapes_are_those_of_the_docstring(build, parameters, shape):
    network = build()
    assert geometry.count_parameters(network) == parameters
    summary = torchinfo.summary(network, input_size=(2, 1, 28, 28), verbose=0)
    assert summary.total_params == parameters
    assert network(torch.rand(2, 1, 28, 28)).shape == shape
    assert f"{parameters:,}" in build.__doc__


def test_the_cnns_share_their_base():
    base = [str(layer) for layer in models.convolutional_base()]
    for build in (models.flatten_cnn, models.gap_cnn):
        assert [str(layer) for layer in build()][: len(base)] == base


def test_global_average_pooling_is_the_mean_of_each_map():
    network = models.gap_cnn().eval()
    maps = network[:8](torch.rand(3, 1, 28, 28))
    logits = maps.mean(dim=(2, 3)) @ network[-1].weight.T + network[-1].bias
    assert torch.allclose(network[8:](maps), logits, atol=1e-6)


def test_strong_stays_below_its_limit():
    assert geometry.count_parameters(models.strong_cnn()) < 100_000


@pytest.mark.parametrize("name", models.NETWORKS)
def test_build_gives_the_network_of_that_name_for_any_number_of_classes(name):
    torch.manual_seed(3)
    network = models.build(name, 4)
    torch.manual_seed(3)
    same = models.NETWORKS[name](4)
    shape = (3, 50, 46) if name.startswith("cats") else (1, 28, 28)
    assert network(torch.rand(2, *shape)).shape == (2, 4)
    for one, other in zip(network.parameters(), same.parameters(), strict=True):
        assert torch.equal(one, other)


def test_photo_networks_have_the_parameters_of_the_lecture_and_one_logit():
    network = models.build("cats")
    summary = torchinfo.summary(network, input_size=(1, 3, 150, 150), verbose=0)
    assert summary.total_params == 307_393
    assert network(torch.rand(2, 3, 150, 150)).shape == (2, 1)
    dropout = models.build("cats-dropout")
    assert geometry.count_parameters(dropout) == 307_393
    images = torch.rand(2, 3, 60, 60)
    assert not torch.equal(dropout(images), dropout(images))
    assert torch.equal(dropout.eval()(images), dropout(images))


def test_half_the_width_is_the_same_network_with_half_the_channels():
    wide, narrow = models.cats_cnn(), models.cats_cnn(width=16)
    assert [type(layer) for layer in wide] == [type(layer) for layer in narrow]
    halves = [layer.out_channels for layer in narrow if hasattr(layer, "out_channels")]
    assert halves == [layer.out_channels // 2 for layer in wide if hasattr(layer, "out_channels")]
    assert narrow(torch.rand(2, 3, 48, 48)).shape == (2, 1)
    with pytest.raises(ValueError, match="width is 0"):
        models.cats_cnn(width=0)


def test_batch_normalization_comes_after_every_convolution_and_changes_nothing_else():
    torch.manual_seed(0)
    plain = models.cats_cnn(width=4)
    torch.manual_seed(0)
    normalized = models.cats_cnn(width=4, batch_norm=True)
    kinds = [type(layer).__name__ for layer in normalized]
    assert [kinds[i + 1] for i, kind in enumerate(kinds) if kind == "Conv2d"] == ["BatchNorm2d"] * 4
    rest = [layer for layer in normalized if not isinstance(layer, torch.nn.BatchNorm2d)]
    assert [type(layer) for layer in rest] == [type(layer) for layer in plain]
    for one, other in zip(plain.parameters(), torch.nn.Sequential(*rest).parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_residual_block_adds_its_change():
    block = models.ResidualBlock(4).eval()
    images = torch.randn(2, 4, 6, 7)
    torch.testing.assert_close(block(images), (images + block.change(images)).clamp(min=0))


@pytest.mark.parametrize("dropout", [-0.1, 1.0, float("nan"), "0.5", True, None])
def test_a_dropout_that_is_no_probability_is_refused(dropout):
    with pytest.raises(ValueError, match="dropout is"):
        models.cats_cnn(dropout=dropout)


def test_errors_name_what_is_wrong():
    with pytest.raises(ValueError, match="no network 'vgg'; use one of dense, flatten, gap"):
        models.build("vgg")
    with pytest.raises(ValueError, match="num_classes is 0"):
        models.build("gap", 0)


def test_small_vggs_differ_in_their_pooling_alone():
    images = torch.rand(2, 1, 32, 32)
    maps, weights = {}, models.small_vgg().state_dict()
    for pooling in ("max", "average", "none"):
        network = models.small_vgg(pooling=pooling).eval()
        network.load_state_dict(weights)
        assert network(images).shape == (2, 10)
        maps[pooling] = network[:6](images), network[:7](images)
    before = maps["max"][0]
    windows = before.unfold(2, 2, 2).unfold(3, 2, 2)
    expected = {
        "max": windows.amax((-2, -1)),
        "average": windows.mean((-2, -1)),
        "none": windows[..., 0, 0],
    }
    for pooling, pooled in expected.items():
        torch.testing.assert_close(maps[pooling][1], pooled)


def test_an_unknown_pooling_is_named():
    with pytest.raises(ValueError, match="pooling is 'min'; use one of max, average, none"):
        models.small_vgg(pooling="min")

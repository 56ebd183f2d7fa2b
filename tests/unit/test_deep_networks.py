"""Plain and residual networks of any depth: against torchvision's block, and counted."""

import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock

from lecture_utils import geometry
from lecture_utils.models import DeepBlock, deep_cnn


def test_a_block_with_shortcut_is_that_of_torchvision():
    torch.manual_seed(0)
    ours, theirs = DeepBlock(6, 6).eval(), BasicBlock(6, 6).eval()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        nn.init.normal_(one, std=0.3)
        other.data.copy_(one)
    images = torch.randn(3, 6, 9, 7)
    torch.testing.assert_close(ours(images), theirs(images))


@pytest.mark.parametrize(("stride", "out_channels"), [(1, 4), (2, 4), (2, 10), (3, 5)])
def test_a_shortcut_adds_pixels_that_stay_and_zeros_for_new_channels(stride, out_channels):
    torch.manual_seed(1)
    block = DeepBlock(4, out_channels, stride=stride).eval()
    nn.init.zeros_(block.change[-1].weight)
    images = torch.rand(2, 4, 7, 8)
    out = block(images)
    assert torch.equal(out[:, :4], images[:, :, ::stride, ::stride])
    assert not out[:, 4:].any()
    block.shortcut = False
    assert not block(images).any()


def test_a_block_with_pre_activation_adds_to_its_input_and_changes_it_in_no_other_way():
    torch.manual_seed(0)
    block = DeepBlock(5, 5, pre_activation=True).eval()
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.3)
    first, conv1, second, conv2 = (
        block.change[0], block.change[2], block.change[3], block.change[5]
    )  # fmt: skip
    images = torch.randn(3, 5, 9, 7)
    expected = images + conv2(second(conv1(first(images).relu())).relu())
    torch.testing.assert_close(block(images), expected)
    block.shortcut = False
    torch.testing.assert_close(block(images), expected - images)


@pytest.mark.parametrize("shortcuts", [False, True])
def test_pre_activation_needs_no_more_convolutions_and_ends_with_a_relu(shortcuts):
    network = deep_cnn(depth=20, pre_activation=True, shortcuts=shortcuts)
    assert sum(isinstance(m, nn.Conv2d | nn.Linear) for m in network.modules()) == 20
    maps = network[:-3](torch.rand(2, 1, 28, 28))
    assert (maps >= 0).all()
    assert (maps == 0).any()


@pytest.mark.parametrize("depth", [8, 20, 56])
def test_depth_counts_layers_and_shortcuts_cost_no_weights(depth):
    plain, residual = (deep_cnn(depth=depth, shortcuts=shortcuts) for shortcuts in (False, True))
    for network in (plain, residual):
        assert sum(isinstance(m, nn.Conv2d | nn.Linear) for m in network.modules()) == depth
    assert geometry.count_parameters(plain) == geometry.count_parameters(residual)
    assert plain.state_dict().keys() == residual.state_dict().keys()
    residual.load_state_dict(plain.state_dict())
    images = torch.rand(2, 1, 28, 28)
    assert not torch.allclose(plain.eval()(images), residual.eval()(images))


@pytest.mark.parametrize("depth", [8, 20])
def test_without_normalization_and_with_either_initialization(depth):
    torch.manual_seed(2)
    he = deep_cnn(depth=depth, shortcuts=False, normalize=False)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in he.modules())
    own = deep_cnn(depth=depth, shortcuts=False, normalize=False, initialization="torch")
    for network, expected in ((he, (2 / 9 / 8) ** 0.5), (own, (1 / 3 / 9 / 8) ** 0.5)):
        spread = network[3].change[0].weight.std().item()
        assert spread == pytest.approx(expected, rel=0.15)
    # He's weights keep what passes about as large; PyTorch's shrink it at every layer.
    images = torch.rand(4, 1, 28, 28)
    maps = [network[:-3](images).square().mean().sqrt().item() for network in (he, own)]
    assert maps[0] > 100 * maps[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 2}, "depth is 2; it must be 8, 14, 20"),
        ({"depth": 18}, "depth is 18"),
        ({"depth": 8, "width": 0}, "width is 0; it must be at least 1"),
        ({"depth": 8, "num_classes": 0}, "num_classes is 0"),
        ({"depth": 8, "initialization": "zeros"}, "initialization is 'zeros'; use 'he' or 'torch'"),
    ],
)
def test_nonsense_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        deep_cnn(**options)

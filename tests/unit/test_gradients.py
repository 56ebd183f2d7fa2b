"""Gradient norms per layer: against backward(), and against derivatives by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from lecture_utils.models import deep_cnn
from lecture_utils.training import gradient_norms


@pytest.mark.parametrize("shortcuts", [False, True])
def test_norms_are_those_of_backward_and_leave_no_trace(shortcuts):
    torch.manual_seed(0)
    network = deep_cnn(depth=14, shortcuts=shortcuts).double()
    images = torch.rand(4, 1, 28, 28, dtype=torch.float64)
    loss = functional.cross_entropy(network(images), torch.arange(4))
    norms = gradient_norms(network, loss)
    assert all(parameter.grad is None for parameter in network.parameters())
    assert gradient_norms(network, loss) == norms
    loss.backward()
    layers = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    }
    assert list(norms) == list(layers) and len(norms) == 14
    for name, layer in layers.items():
        assert norms[name] == pytest.approx(layer.weight.grad.square().sum().sqrt().item())


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv1d(2, 3, 3), (1, 2, 5)),
        (nn.Conv3d(2, 3, 2), (1, 2, 3, 3, 3)),
        (nn.ConvTranspose2d(2, 3, 3), (1, 2, 4, 4)),
    ],
)
def test_convolutions_of_every_dimension_count(layer, shape):
    inputs = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    norms = gradient_norms(nn.Sequential(layer, nn.ReLU()), layer(inputs).square().sum())
    layer(inputs).square().sum().backward()
    assert norms == {"0": pytest.approx(layer.weight.grad.norm().item())}


def test_gradients_vanish_through_small_weights_as_by_hand():
    weights = (0.5, 0.1, 2.0)
    network = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in weights))
    for layer, weight in zip(network, weights, strict=True):
        nn.init.constant_(layer.weight, weight)
    norms = gradient_norms(network, network(torch.tensor([3.0])).sum())
    assert norms == pytest.approx({"0": 0.1 * 2 * 3, "1": 0.5 * 2 * 3, "2": 0.5 * 0.1 * 3})


def test_a_layer_that_the_loss_does_not_see_has_none_and_a_frozen_one_is_left_out():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2))
    network[1].requires_grad_(False)
    norms = gradient_norms(network, network[0](torch.ones(1, 2)).sum())
    assert list(norms) == ["0", "2"]
    assert norms["0"] > 0 and norms["2"] == 0.0


def test_nonsense_is_named():
    network = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="a tensor with one number"):
        gradient_norms(network, network(torch.ones(1, 2)))
    with pytest.raises(ValueError, match="loss is 3"):
        gradient_norms(network, 3)
    with torch.no_grad(), pytest.raises(ValueError, match=r"outside of torch.no_grad"):
        gradient_norms(network, network(torch.ones(1, 2)).sum())
    with pytest.raises(ValueError, match="no convolution or dense layer"):
        gradient_norms(nn.ReLU(), torch.ones((), requires_grad=True))


def test_a_gradient_whose_square_is_too_small_for_32_bits_is_not_zero():
    layer = nn.Linear(2, 1)
    norms = gradient_norms(nn.Sequential(layer), 1e-30 * layer(torch.tensor([3.0, 4.0])).sum())
    assert norms["0"] == pytest.approx(5e-30, rel=1e-5)

"""Parameters and multiplications against torchinfo."""

import pytest
import torch
import torchvision
from torch import nn
from torchinfo import summary

from lecture_utils.geometry import count_macs, count_parameters


def small_network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, (1, 5), groups=4, dilation=(1, 2), bias=False),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 8 * 4, 10),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "size"),
    [
        (small_network, (3, 32, 32)),
        (lambda: nn.Conv2d(1, 4, 5, bias=False), (1, 20, 30)),
        (lambda: nn.Linear(7, 3), (7,)),
        (lambda: nn.Sequential(nn.Conv1d(2, 3, 4), nn.ReLU()), (2, 50)),
        (lambda: torchvision.models.vgg16(weights=None), (3, 64, 64)),
        (lambda: torchvision.models.alexnet(weights=None), (3, 224, 224)),
    ],
)
def test_equals_torchinfo(build, size):
    model = build()
    expected = summary(model, input_size=(1, *size), verbose=0)
    assert count_parameters(model) == expected.total_params
    # torchinfo counts the bias of a layer as one more weight.
    assert count_macs(model, size, count_bias=True) == expected.total_mult_adds


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_equals_torchinfo_but_for_normalization(name):
    model = torchvision.models.get_model(name, weights=None)
    expected = summary(model, input_size=(1, 3, 96, 96), verbose=0)
    assert count_parameters(model) == expected.total_params
    # torchinfo adds one operation per parameter of a batch normalization, whatever the image size.
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    extra = sum(count_parameters(norm) for norm in norms)
    assert count_macs(model, (3, 96, 96), count_bias=True) == expected.total_mult_adds - extra


def test_published_numbers():
    """He et al. (2016) give ResNet-18 1.8e9 multiply-adds; torchvision documents 11,689,512."""
    model = torchvision.models.resnet18(weights=None)
    assert count_parameters(model) == 11_689_512
    assert count_macs(model, (3, 224, 224)) == pytest.approx(1.8e9, rel=0.02)


def test_frozen_and_shared_parameters():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.BatchNorm1d(4))
    model[1].weight = model[0].weight
    assert count_parameters(model) == 16 + 4 + 4 + 8
    model[0].weight.requires_grad_(False)
    assert count_parameters(model, trainable_only=True) == 16


def test_model_stays_as_it_was():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout())
    count_macs(model, (1, 9, 9))
    assert all(module.training for module in model.modules())
    assert model[1].num_batches_tracked == 0
    assert not any(module._forward_hooks for module in model.modules())


def test_double_precision_model():
    assert count_macs(nn.Conv2d(1, 1, 2).double(), (1, 3, 3)) == 16


@pytest.mark.parametrize(
    ("model", "size", "message"),
    [
        (nn.Sequential(nn.LSTM(3, 4)), (5, 3), "0 is a LSTM, for which there is no rule"),
        (nn.Bilinear(2, 2, 2), (2,), "the model is a Bilinear"),
        (nn.Conv2d(3, 1, 3), (1, 9, 9), r"not accept an image of size \(1, 9, 9\)"),
        (nn.Conv2d(1, 1, 3), (1, 2, 2), r"does not accept an image"),
    ],
)
def test_count_macs_refuses(model, size, message):
    with pytest.raises(ValueError, match=message):
        count_macs(model, size)
    assert not any(module._forward_hooks for module in model.modules())


def test_lazy_layer():
    model = nn.LazyLinear(3)
    with pytest.raises(ValueError, match="weight has no size yet"):
        count_parameters(model)
    model(torch.zeros(1, 2))
    assert count_parameters(model) == 9

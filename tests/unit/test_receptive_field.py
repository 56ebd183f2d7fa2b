"""Receptive fields against brute force: which input pixels does an output of torch's depend on?"""

import copy
from fractions import Fraction

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from lecture_utils.geometry import (
    LayerSpec,
    effective_receptive_field,
    output_size,
    receptive_field,
    seen_pixels,
)
from lecture_utils.models import efficientnet_lite0


def positive(layer):
    """Make every weight positive, so that no two paths cancel."""
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, 0.5, 1.5)
    return layer


def random_stack(rng, kinds=("convolution", "average", "max")):
    """Build 1 to 4 random layers as an nn.Sequential, and their specs."""
    layers, specs = [], []
    for _ in range(rng.integers(1, 5)):
        kind = rng.choice(kinds)
        kernel = tuple(int(k) for k in rng.integers(1, 5, size=2))
        stride = tuple(int(s) for s in rng.integers(1, 4, size=2))
        most = 3 if kind == "convolution" else None
        padding = tuple(
            int(rng.integers(0, (k // 2 if most is None else most) + 1)) for k in kernel
        )
        options = {"stride": stride, "padding": padding}
        if kind != "average":
            options["dilation"] = tuple(int(d) for d in rng.integers(1, 4, size=2))
        if kind != "convolution":
            options["ceil_mode"] = bool(rng.integers(2))
        if kind == "convolution":
            layers.append(positive(nn.Conv2d(1, 1, kernel, bias=False, **options)))
        else:
            layers.append((nn.MaxPool2d if kind == "max" else nn.AvgPool2d)(kernel, **options))
        specs.append({"kernel": kernel, **options})
        if rng.random() < 0.3:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers).double(), specs


def fitting_stack(rng, size, **options):
    while True:
        model, specs = random_stack(rng, **options)
        try:
            out = size
            for spec in specs:
                out = output_size(out, **spec)
        except ValueError:
            continue
        return model, specs, out


def gradient_mask(model, size, place):
    image = torch.ones(1, 1, *size, dtype=torch.float64, requires_grad=True)
    model(image)[0, :, place[0], place[1]].sum().backward()
    return image.grad[0, 0].numpy() != 0


def perturbation_mask(model, size, place):
    """Mark the pixels that change the output when they become huge (max pooling included)."""
    images = torch.full((size[0] * size[1] + 1, 1, *size), 0.5, dtype=torch.float64)
    images[1:].view(size[0] * size[1], -1).fill_diagonal_(1e6)
    with torch.no_grad():
        outputs = model(images)[:, 0, place[0], place[1]]
    return (outputs[1:] != outputs[0]).reshape(size).numpy()


def mask_of(rows, columns, size):
    mask = np.zeros(size, dtype=bool)
    mask[np.ix_(rows, columns)] = True
    return mask


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_gradients_reach_exactly_the_predicted_pixels(seed):
    rng = np.random.default_rng(seed)
    size = tuple(int(n) for n in rng.integers(12, 40, size=2))
    model, specs, out = fitting_stack(rng, size, kinds=("convolution", "average"))
    for _ in range(4):
        place = tuple(int(rng.integers(n)) for n in out)
        expected = gradient_mask(model, size, place)
        np.testing.assert_array_equal(mask_of(*seen_pixels(specs, size, place), size), expected)
        np.testing.assert_array_equal(mask_of(*seen_pixels(model, size, place), size), expected)


@pytest.mark.parametrize("seed", range(60, 100))
def test_max_pooling_depends_on_exactly_the_predicted_pixels(seed):
    rng = np.random.default_rng(seed)
    size = tuple(int(n) for n in rng.integers(8, 20, size=2))
    model, specs, out = fitting_stack(rng, size)
    place = tuple(int(rng.integers(n)) for n in out)
    expected = perturbation_mask(model, size, place)
    np.testing.assert_array_equal(mask_of(*seen_pixels(specs, size, place), size), expected)


@pytest.mark.parametrize("seed", range(100, 140))
def test_size_jump_and_offset(seed):
    """Far from the border, the seen pixels span exactly the theoretical region."""
    rng = np.random.default_rng(seed)
    specs = random_stack(rng)[1]
    field = receptive_field(specs)[-1]
    size = tuple(max(6 * s + 20 * jump, 30) for s, jump in zip(field.size, field.jump, strict=True))
    out = size
    for spec in specs:
        out = output_size(out, **spec)
    place = out[0] // 2, out[1] // 2
    for a, seen in enumerate(seen_pixels(specs, size, place)):
        first = field.offset[a] + place[a] * field.jump[a]
        assert (seen.min(), seen.max()) == (first, first + field.size[a] - 1)


def test_the_book_rule():
    """Plain 3x3s add 2 each; pooling doubles the jump; dilation 1-2-4-8 grows like a power of 2."""
    plain = receptive_field([{"kernel": 3}] * 5)
    assert [field.size[0] for field in plain] == [3, 5, 7, 9, 11]
    pooled = receptive_field([{"kernel": 3}, {"kernel": 2, "stride": 2}, {"kernel": 3}])
    assert [(field.size[0], field.jump[0]) for field in pooled] == [(3, 1), (4, 2), (8, 2)]
    dilated = receptive_field([{"kernel": 3, "dilation": d, "padding": d} for d in (1, 2, 4, 8)])
    assert [field.size[0] for field in dilated] == [3, 7, 15, 31]
    assert dilated[-1].offset == (-15, -15)
    assert dilated[-1].jump == (1, 1)


def positive_network(build):
    """A network without normalization whose every path counts."""
    model = build().double().eval()
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            module.weight.data /= module.weight[0].numel()
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "until", "size"),
    [
        (lambda: torchvision.models.vgg16(weights=None).features, "16", 160),
        (lambda: torchvision.models.resnet18(weights=None), "layer1", 161),
        (lambda: torchvision.models.resnet18(weights=None), "layer2.0.conv2", 161),
        (
            lambda: torchvision.models.googlenet(weights=None, init_weights=False),
            "inception3a",
            161,
        ),
        (efficientnet_lite0, "features.stage4", 224),  # pads more to the right than to the left
    ],
)
def test_networks_by_gradient(build, until, size):
    model = positive_network(build)
    field = receptive_field(model, until)[-1]
    # Average instead of maximum: max pooling sends the gradient to one pixel of its window only.
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                options = (child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(module, name, nn.AvgPool2d(*options))
    layers = dict(model.named_modules())
    seen = {}
    layers[until].register_forward_hook(lambda _, __, output: seen.update(maps=output))
    image = torch.rand(1, 3, size, size, dtype=torch.float64, requires_grad=True)
    model(image)
    place = seen["maps"].shape[-1] // 2
    seen["maps"][0, :, place, place].sum().backward()
    mask = image.grad[0].abs().sum(dim=0).numpy() > 0
    for axis in range(2):
        seen_here = np.flatnonzero(mask.any(axis=1 - axis))
        first = field.offset[axis] + place * field.jump[axis]
        assert (seen_here.min(), seen_here.max()) == (first, first + field.size[axis] - 1)


@pytest.mark.slow
def test_known_networks():
    vgg = torchvision.models.vgg16(weights=None)
    fields = {field.name: field for field in receptive_field(vgg)}
    assert fields["features.30"].size == (212, 212)  # Araujo et al., table of architectures
    assert fields["features.30"].jump == (32, 32)
    assert not any(name.startswith("classifier") for name in fields)
    resnet = receptive_field(torchvision.models.resnet50(weights=None), "layer4")
    # By hand: the stem's 11, then 2 * step for each 3x3, the first of a stage at the old step.
    size = 11 + 3 * 8 + (8 + 3 * 16) + (16 + 5 * 32) + (32 + 2 * 64)
    assert resnet[-1].size == (size, size)
    assert resnet[-1].jump == (32, 32)


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3, padding=1)
        self.head = nn.Linear(2, 1)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.first(x)), 2)
        x = x + self.second(x)
        x = functional.avg_pool2d(x, kernel_size=3, stride=1, padding=1)
        return self.head(torch.flatten(x.mean(dim=(2, 3)), 1))


def test_functional_layers_and_branches():
    fields = receptive_field(Functional())
    assert [field.size[0] for field in fields] == [3, 4, 8, 8, 12]
    assert [field.jump[0] for field in fields] == [1, 2, 2, 2, 2]
    with pytest.raises(ValueError, match=r"head sees the whole image, because of mean"):
        receptive_field(Functional(), "head")
    with pytest.raises(ValueError, match=r"not a simple chain of layers: it branches at"):
        seen_pixels(Functional(), 20, 0)


class Uneven(nn.Module):
    def __init__(self):
        super().__init__()
        self.slow, self.fast = nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1, stride=2)

    def forward(self, x):
        return self.slow(x) + self.fast(x)


class Untraceable(nn.Sequential):
    def forward(self, x):
        return super().forward(x) if x.sum() > 0 else x


@pytest.mark.parametrize(
    ("layers", "until", "message"),
    [
        ([{"kernel": 0}], None, "kernel is 0"),
        ([{"kernel": 3, "stride": 0}], None, "stride is 0"),
        ([{"kernel": 3, "padding": -1}], None, "padding is -1"),
        ([{"kernel": 2, "padding": "same"}], None, "ambiguous"),
        ([{"size": 3}], None, "is not a layer"),
        ([3], None, "3 is not a layer"),
        ([LayerSpec(3, name="a")], "b", r"no layer is called 'b'; there are \['a'\]"),
        (nn.Sequential(nn.Conv2d(1, 1, 3)), "7", "never uses a layer called '7'"),
        (nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), None, "'circular'; only zeros"),
        (Uneven(), None, r"branches meet with jumps"),
        (Untraceable(nn.Conv2d(1, 1, 3)), None, "torch.fx cannot trace this Untraceable"),
    ],
)
def test_receptive_field_refuses(layers, until, message):
    with pytest.raises(ValueError, match=message):
        receptive_field(layers, until)


@pytest.mark.parametrize(
    ("layers", "size", "output", "message"),
    [
        ([{"kernel": 3}], 5, 3, r"output is 3, .* only \(3, 3\)"),
        ([{"kernel": 3}], 5, -1, "output is -1"),
        ([{"kernel": 7}], 5, 0, "does not fit"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten()), 5, 0, r"1 \(Flatten\) mixes the whole"),
    ],
)
def test_seen_pixels_refuses(layers, size, output, message):
    with pytest.raises(ValueError, match=message):
        seen_pixels(layers, size, output)


def test_until_cuts_the_list():
    specs = [LayerSpec(3, name="a"), LayerSpec(3, name="b"), LayerSpec(3, name="c")]
    assert [field.name for field in receptive_field(specs, "b")] == ["a", "b"]
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU(), nn.MaxPool2d(2))
    assert [field.name for field in receptive_field(model, "1")] == ["0"]


def test_effective_field_of_linear_layers_is_exact():
    """Without nonlinearity the gradient is the stack's own kernel: all ones give binomials."""
    model = nn.Sequential(*[nn.Conv2d(1, 1, 3, bias=False) for _ in range(3)])
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    weights = effective_receptive_field(model, image_size=(11, 13))
    line = np.convolve(np.convolve([1, 1, 1], [1, 1, 1]), [1, 1, 1])
    expected = np.zeros((11, 13))
    expected[2:9, 3:10] = np.outer(line, line)  # output (2, 3) of a 5x7 map
    np.testing.assert_allclose(weights, expected / expected.sum(), rtol=1e-5)


def test_effective_field_lies_inside_the_theoretical_one():
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None)
    field = receptive_field(model, "layer2")[-1]
    weights = effective_receptive_field(model, "layer2", image_size=160, n_images=2)
    assert weights.shape == (160, 160)
    assert weights.sum() == pytest.approx(1)
    first = field.offset[0] + 10 * field.jump[0]
    inside = weights[first : first + field.size[0], first : first + field.size[1]]
    assert inside.sum() == pytest.approx(1)


def test_effective_field_leaves_the_model_as_it_was():
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Conv2d(4, 2, 3),
    )
    model[1].eval()
    before = copy.deepcopy(model.state_dict())
    first = effective_receptive_field(model, "1", image_size=12)
    np.testing.assert_array_equal(first, effective_receptive_field(model, "1", image_size=12))
    assert [module.training for module in model] == [True, False, True, True, True]
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    # batch normalization before an in-place ReLU: the gradient is that of the normalization
    assert (first > 0).sum() == 9


def test_effective_field_of_dead_units_is_zero():
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
    nn.init.zeros_(model[0].weight)
    nn.init.constant_(model[0].bias, -1)
    assert not effective_receptive_field(model, image_size=9).any()


class Idle(nn.Sequential):
    def forward(self, x):
        return self[0](x)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (nn.Conv2d(1, 1, 3), {"layer": "conv9"}, "no layer 'conv9'"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten()), {}, r"\(16, 3844\), not feature maps"),
        (nn.Conv2d(1, 1, 3), {"output": (70, 0)}, r"maps are only \(62, 62\)"),
        (nn.Conv2d(1, 1, 3), {"image_size": 0}, "image_size is 0"),
        (nn.Conv2d(1, 1, 3), {"n_images": 0}, "n_images is 0"),
        (Idle(nn.Conv2d(1, 1, 3), nn.ReLU()), {"layer": "1"}, "never uses it"),
    ],
)
def test_effective_field_refuses(model, options, message):
    with pytest.raises(ValueError, match=message):
        effective_receptive_field(model, **options)


def _random_layers(rng, border_modes):
    """Draw 1 to 4 layers of all kinds that receptive fields are followed through."""
    number = lambda low, high: int(rng.integers(low, high))  # noqa: E731
    kinds = {
        "conv": lambda: nn.Conv2d(
            1, 1, (number(1, 5), number(1, 5)), padding="same", dilation=number(1, 3), bias=False
        ),
        "strided": lambda: nn.Conv2d(
            1, 1, number(1, 5), stride=number(1, 4), padding=number(0, 3), bias=False
        ),
        "transposed": lambda: nn.ConvTranspose2d(
            1,
            1,
            (number(1, 5), number(1, 5)),
            stride=(number(1, 4), number(1, 4)),
            dilation=number(1, 3),
            bias=False,
        ),
        "upsample": lambda: nn.Upsample(
            scale_factor=(number(1, 4), number(1, 4)),
            mode=str(rng.choice(["nearest", "bilinear", "bicubic", "nearest-exact"])),
        ),
        "half again": lambda: nn.Upsample(scale_factor=1.5, mode="bilinear"),
        "pool": lambda: nn.AvgPool2d(number(1, 4), number(1, 3), ceil_mode=bool(number(0, 2))),
        "norm pool": lambda: nn.LPPool2d(2, number(1, 4), stride=number(1, 3)),
        "pad": lambda: getattr(nn, rng.choice(border_modes))((1, 2, 0, 1)),
        "shuffle": lambda: nn.Sequential(nn.Conv2d(1, 4, 2, bias=False), nn.PixelShuffle(2)),
        "unshuffle": lambda: nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4, 1, 1, bias=False)),
        "neighbors": lambda: nn.LocalResponseNorm(2),
        "channels": lambda: nn.Sequential(
            nn.Conv2d(1, 4, 1, bias=False), nn.ChannelShuffle(2), nn.Conv2d(4, 1, 1, bias=False)
        ),
    }
    layers = [kinds[str(kind)]() for kind in rng.choice(list(kinds), number(1, 5))]
    return positive(nn.Sequential(*layers)).double().eval()


def _fitting_layers(rng, size, border_modes):
    while True:
        model = _random_layers(rng, border_modes)
        try:
            with torch.no_grad():
                out = tuple(model(torch.ones(1, 1, *size, dtype=torch.float64)).shape[2:])
        except RuntimeError:
            continue
        if min(out) > 0 and max(out) < 120:
            return model, out


BORDERS = ("ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200, 250))
def test_layers_of_all_kinds_see_exactly_what_gradients_reach(seed):
    rng = np.random.default_rng(seed)
    size = tuple(int(n) for n in rng.integers(14, 24, size=2))
    model, out = _fitting_layers(rng, size, BORDERS)
    for _ in range(6):
        place = tuple(int(rng.integers(n)) for n in out)
        expected = gradient_mask(model, size, place)
        np.testing.assert_array_equal(mask_of(*seen_pixels(model, size, place), size), expected)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(250, 290))
def test_regions_far_from_the_border_and_the_largest_of_them(seed):
    rng = np.random.default_rng(seed)
    model, _ = _fitting_layers(rng, (20, 20), BORDERS)
    fields = receptive_field(nn.Sequential(model, nn.AvgPool2d(1)))
    size = 240
    middle = [round(size / 2 / jump) for jump in fields[-1].jump]
    largest = [0, 0]
    # As many outputs as it takes until the pattern of fields repeats.
    period = max(Fraction(jump).denominator for jump in fields[-1].jump)
    for i in range(max(period, 12)):
        place = middle[0] + i, middle[1] + i
        region = fields[-1].region(place)
        for a, seen in enumerate(seen_pixels(model, size, place)):
            ends = (seen[0], seen[-1]) if len(seen) else None
            assert ends == ((region[a][0], region[a][-1]) if region[a] else None)
            largest[a] = max(largest[a], len(region[a]))
    assert tuple(largest) == fields[-1].size


@pytest.mark.parametrize(
    ("layer", "size", "jump", "offset"),
    [
        (nn.Conv2d(1, 1, 4, padding="same"), 4, 1, -1),
        (nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), 3, 1, -1),
        (nn.Upsample(scale_factor=2), 1, Fraction(1, 2), 0),
        (nn.Upsample(scale_factor=2, mode="bilinear"), 2, Fraction(1, 2), -1),
        (nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1), 2, Fraction(1, 2), -1),
        (nn.PixelShuffle(2), 1, Fraction(1, 2), 0),
        (nn.PixelUnshuffle(2), 2, 2, 0),
        (nn.LPPool2d(2, 3), 3, 3, 0),
    ],
)
def test_single_layers_by_hand(layer, size, jump, offset):
    (field,) = receptive_field(layer)
    assert (field.size, field.jump, field.offset) == ((size,) * 2, (jump,) * 2, (offset,) * 2)
    assert all(type(n) is int for n in (*field.size, *field.offset))


def test_a_unet_and_one_axis():
    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.top, self.deep = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, padding=1)

        def forward(self, x):
            x = self.top(x)
            deep = functional.interpolate(
                self.deep(functional.max_pool2d(x, 2)), scale_factor=2, mode="nearest"
            )
            return torch.cat([x, deep], dim=1)

    # The skip connection sees 3, the other branch 3 pooled pixels of 2, widened by 1 on each side.
    assert receptive_field(UNet())[-1].size == (8, 8)
    line = nn.Sequential(nn.Conv1d(1, 1, 3), nn.MaxPool1d(2), nn.ConvTranspose1d(1, 1, 4, stride=2))
    field = receptive_field(line)[-1]
    assert (field.size, field.jump) == ((1, 6), (1, 1))


def test_channels_last_inside_of_a_network():
    """ConvNeXt normalizes and mixes channels with the channels last; that moves nothing."""
    block = torchvision.models.convnext.CNBlock(4, 1e-6, 0.0)
    assert receptive_field(block)[-1].size == (7, 7)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (nn.FractionalMaxPool2d(2, output_ratio=0.5), "windows are drawn at random"),
        (nn.MaxUnpool2d(2), "depends on the image"),
        (nn.Unfold(3), "columns of patches"),
        (nn.Upsample(size=9), "pass scale_factor="),
        (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), "align_corners"),
        (nn.CircularPad2d(1), "two opposite edges"),
        (nn.Conv3d(1, 1, 3), "volumes"),
    ],
)
def test_unknown_layers_are_named(layer, message):
    model = nn.Sequential(nn.Conv2d(1, 1, 3), layer)
    with pytest.raises(ValueError, match=rf"unknown layer 1 \({type(layer).__name__}\).*{message}"):
        receptive_field(model)
    assert [field.size for field in receptive_field(model, until="0")] == [(3, 3)]
    with pytest.raises(ValueError, match="unknown layer 1"):
        receptive_field(model, until="1")


class Between(nn.Module):
    """Two convolutions that keep the size, and something between them."""

    def __init__(self, between, channels):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(channels, 1, 3, padding=1)
        self.between = between

    def forward(self, x):
        return self.second(self.between(self.first(x)))


def channels_last(change):
    return lambda x: change(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


@pytest.mark.parametrize(
    ("between", "channels", "message"),
    [
        (lambda x: x[..., ::2], 4, r"getitem \(getitem\): it cuts the map"),
        (lambda x: x[..., 4:], 4, "it cuts the map"),
        (lambda x: x[:, ..., 4:], 4, "it cuts the map"),
        (lambda x: x[:, :2, 4:], 2, "it cuts the map"),
        (channels_last(lambda x: x[:, ::2]), 4, "it cuts the map"),
        (lambda x: torch.cat([x, x], dim=3), 4, r"cat \(cat\): it joins maps side by side"),
        (lambda x: torch.concat([x, x], -1), 4, "it joins maps side by side"),
        (lambda x: torch.concatenate([x, x], axis=2), 4, "it joins maps side by side"),
        (channels_last(lambda x: torch.cat([x, x], 1)), 4, "it joins maps side by side"),
    ],
)
def test_maps_that_are_cut_or_joined_side_by_side_are_refused(between, channels, message):
    model = Between(between, channels)
    model(torch.zeros(1, 1, 8, 8))  # the network itself works
    with pytest.raises(ValueError, match=rf"unknown layer .*{message}"):
        receptive_field(model)
    assert receptive_field(model, until="first")[-1].size == (3, 3)


@pytest.mark.parametrize(
    ("between", "channels"),
    [
        (lambda x: x[:, ::2], 2),
        (lambda x: x[:, ::2, ...], 2),
        (lambda x: x[..., ::2, :, :], 2),
        (lambda x: x[:, 1:, :, :], 3),
        (lambda x: x[...], 4),
        (channels_last(lambda x: x[..., 1:]), 3),
        (channels_last(lambda x: x[:, :, :, 1:]), 3),
        (lambda x: torch.cat([x, x], 1), 8),
        (lambda x: torch.concat([x, x], dim=-3), 8),
        (lambda x: torch.cat([x, x]), 4),  # along the batch
        (channels_last(lambda x: torch.cat([x, x], dim=-1)), 8),
    ],
)
def test_picking_and_joining_channels_moves_nothing(between, channels):
    model = Between(between, channels)
    field = receptive_field(model)[-1]
    assert (field.size, field.jump, field.offset) == ((5, 5), (1, 1), (-2, -2))
    image = torch.zeros(1, 1, 9, 9, requires_grad=True)
    positive(model)(image)[0, 0, 4, 4].backward()
    assert image.grad is not None
    rows, columns = np.nonzero(image.grad[0, 0].numpy())
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 6, 2, 6)


@pytest.mark.parametrize(
    "layer", [nn.GroupNorm(1, 1), nn.LayerNorm([1, 8, 8]), nn.InstanceNorm2d(1), nn.Softmax(-1)]
)
def test_normalization_over_positions_sees_the_whole_image(layer):
    with pytest.raises(ValueError, match="1 sees the whole image, because of 1"):
        receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3), layer), until="1")

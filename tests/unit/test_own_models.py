"""Models that readers bring along: other layouts, other types, wrapped and compiled ones.

What is expected is computed by hand in plain PyTorch, in float64.
"""

import copy

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from lecture_utils.architectures import trace
from lecture_utils.geometry import count_macs, effective_receptive_field, receptive_field
from lecture_utils.interpretation import (
    _activations,
    cam,
    dead_filters,
    feature_maps,
    grad_cam,
    grad_cam_channels,
    maximize_activation,
    occlusion,
)
from lecture_utils.profiling import activation_memory, training_memory
from lecture_utils.transfer import attach_head, freeze


def seeded(build):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build().double().eval()


def noise(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def swin():
    # 8 channels: at 32 x 24 pixels, as many as there are rows in a map.
    return torchvision.models.SwinTransformer([4, 4], 8, [2, 2], [2, 2], [4, 4], num_classes=5)


def convnext():
    setting = torchvision.models.convnext.CNBlockConfig
    return torchvision.models.ConvNeXt([setting(8, 6, 1), setting(6, None, 1)], num_classes=5)


def by_hand(model, module, images, index, last):
    """Grad-CAM as the paper has it, with the layer's axes told by a person."""
    kept = []
    hook = module.register_forward_hook(lambda _, __, output: kept.append(output))
    logits = model(images)
    hook.remove()
    (gradient,) = torch.autograd.grad(logits[:, index].sum(), kept[-1])
    maps = kept[-1].detach()
    if last:
        maps, gradient = maps.permute(0, 3, 1, 2), gradient.permute(0, 3, 1, 2)
    weights = gradient.mean(dim=(2, 3))
    return (weights[:, :, None, None] * maps).sum(1), maps


SWIN_LAYERS = {
    "features.0": True,
    "features.0.0": False,
    "features.0.1": True,  # torchvision's Permute
    "features.1": True,
    "features.1.0": True,
    "features.1.0.attn": True,
    "features.1.1.mlp": True,
    "features.1.1.norm2": True,
    "features.2.norm": True,
    "features.3.1": True,
    "norm": True,
    "permute": False,
}
CONVNEXT_LAYERS = {
    "features.0": False,
    "features.1.0": False,
    "features.1.0.block.0": False,
    "features.1.0.block.1": True,
    "features.1.0.block.2": True,  # LayerNorm, as it comes
    "features.1.0.block.4": True,  # GELU between two dense layers
    "features.1.0.block.6": False,
    "features.2.0": False,  # torchvision's LayerNorm2d, which turns the axes back
    "features.3": False,
}


@pytest.mark.parametrize(
    ("build", "layer", "last"),
    [
        *((swin, layer, last) for layer, last in SWIN_LAYERS.items()),
        *((convnext, layer, last) for layer, last in CONVNEXT_LAYERS.items()),
    ],
)
def test_maps_of_any_layout_are_the_right_way_round(build, layer, last):
    model, images = seeded(build), noise(2, 3, 32, 24)
    module = model.get_submodule(layer)
    expected, maps = by_hand(model, module, images, 3, last)
    torch.testing.assert_close(feature_maps(model, layer, images, batch_size=1), maps)
    torch.testing.assert_close(grad_cam(model, layer, images, 3, signed=True), expected)
    channels = grad_cam_channels(model, layer, images, 3)
    assert channels.weights.shape == maps.shape[:2]
    dead = dead_filters(model, layer, images, threshold=0.5)
    assert torch.equal(dead, maps.amax(dim=(0, 2, 3)) <= 0.5)


NETWORKS = {
    "Swin": swin,
    "ConvNeXt": convnext,
    "ResNet": torchvision.models.resnet18,
    "MobileNet": torchvision.models.mobilenet_v3_small,
    "ShuffleNet": torchvision.models.shufflenet_v2_x0_5,
    "SqueezeNet": torchvision.models.squeezenet1_1,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_one_layer_tells_the_same_axes_as_the_whole_forward_pass(name, monkeypatch):
    model, images = seeded(NETWORKS[name]), noise(1, 3, 64, 48)
    outputs = {}
    hooks = [
        module.register_forward_hook(
            lambda _, __, output, path=path: outputs.update({path: output})
        )
        for path, module in model.named_modules()
    ]
    model(images)
    for hook in hooks:
        hook.remove()
    layers = [
        path
        for path, output in outputs.items()
        if output.ndim == 4
        and _activations.has_spatial_layer(model.get_submodule(path))
        and _activations.MapReader("", model.get_submodule(path)).axes is None
    ]
    assert len(layers) > 1
    inside = feature_maps(model, layers, images)
    monkeypatch.setattr(_activations, "has_spatial_layer", lambda _: False)
    whole = feature_maps(model, layers, images)
    assert {layer: maps.shape for layer, maps in inside.items()} == {
        layer: maps.shape for layer, maps in whole.items()
    }
    assert all(torch.equal(inside[layer], whole[layer]) for layer in layers)


def test_following_ends_with_an_error_inside_the_layer():
    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Linear(7, 1))

        def forward(self, images):
            return self.layer(images)

    with pytest.raises(ValueError, match="does not accept images"):
        feature_maps(Broken(), "layer", torch.zeros(1, 1, 4, 4))
    assert torch.overrides._get_current_function_mode() is None


def test_cam_and_gradient_ascent_with_the_channels_last():
    model, images = seeded(swin), noise(2, 3, 32, 24)
    signed = cam(model, "norm", images, 3, signed=True)
    assert signed.shape == (2, 4, 3)
    logits = signed.mean(dim=(1, 2)) + model.head.bias[3]
    torch.testing.assert_close(logits.detach(), model(images)[:, 3].detach())
    for layer in ("norm", "features.1.0.attn"):
        result = maximize_activation(model, layer, [5, 0], size=(32, 24), steps=2, method="pixel")
        maps = feature_maps(model, layer, result.images)
        expected = torch.stack([maps[0, 5].mean(), maps[1, 0].mean()])
        torch.testing.assert_close(result.activations, expected)


class Reshaped(nn.Module):
    """Tokens, and maps made of tokens: nothing says what is what but the numbers."""

    def __init__(self, last):
        super().__init__()
        self.stem, self.tokens, self.maps = nn.Conv2d(1, 4, 1), nn.Identity(), nn.Identity()
        self.head, self.last = nn.Linear(4, 3), last

    def forward(self, images):
        rows, columns = images.shape[2:]
        tokens = self.tokens(self.stem(images).flatten(2).transpose(1, 2))
        maps = tokens.reshape(len(tokens), rows, columns, 4)
        if not self.last:
            maps = tokens.transpose(1, 2).reshape(len(tokens), 4, rows, columns)
        maps = self.maps(maps)
        return self.head(maps.mean((1, 2) if self.last else (2, 3)))


@pytest.mark.parametrize("last", [False, True])
def test_maps_made_of_tokens(last):
    model, images = seeded(lambda: Reshaped(last)), noise(1, 1, 12, 20)
    expected, maps = by_hand(model, model.maps, images, 1, last)
    torch.testing.assert_close(grad_cam(model, "maps", images, 1, signed=True), expected)
    with pytest.raises(ValueError, match=r"shape \(1, 240, 4\), probably tokens .*is reshaped to"):
        grad_cam(model, "tokens", images, 1)
    # Four channels of 4 x 4: nobody can tell.
    square = noise(1, 1, 4, 4)
    with pytest.raises(ValueError, match=r"layer 'maps' outputs .* pass channel_axis=1 if"):
        feature_maps(model, "maps", square)
    axis = -1 if last else 1
    _, maps = by_hand(model, model.maps, square, 1, last)
    torch.testing.assert_close(feature_maps(model, "maps", square, channel_axis=axis), maps)
    with pytest.raises(ValueError, match="channel_axis is 2; use 1"):
        feature_maps(model, "maps", square, channel_axis=2)


def test_rows_and_columns_exchanged():
    class Turned(nn.Module):
        def forward(self, x):
            return x.transpose(2, 3)

    model = nn.Sequential(nn.Conv2d(1, 2, 1), Turned(), nn.Flatten(), nn.Linear(30, 2)).double()
    images = noise(1, 1, 5, 3)
    torch.testing.assert_close(feature_maps(model, "1", images), feature_maps(model, "0", images))


class Apply(nn.Module):
    """A function of maps, then a layer without an opinion."""

    def __init__(self, function, channels=8):
        super().__init__()
        self.conv, self.function, self.out = nn.Conv2d(3, channels, 1), function, nn.Identity()

    def forward(self, images):
        return self.out(self.function(self.conv(images))).flatten(1)


def _to_last(x):
    return torch.einsum("bchw->bhwc", x)


def _contract(x):
    return torch.tensordot(x, torch.eye(8, dtype=x.dtype), ([1], [0]))


@pytest.mark.parametrize("function", [_to_last, _contract, lambda x: x.rot90(1, (1, 3))])
def test_functions_nobody_knows_leave_no_trace(function):
    """With 8 channels of 8 x 8, only the reader knows which axis is which."""
    model, images = seeded(lambda: Apply(function)), noise(1, 3, 8, 8)
    with pytest.raises(ValueError, match=r"'out' outputs .* pass channel_axis=1 if"):
        feature_maps(model, "out", images)
    with pytest.raises(ValueError, match=r"'out' outputs .* pass channel_axis=1 if"):
        grad_cam(model, "out", images, 1)


@pytest.mark.parametrize("function", [_to_last, _contract])
def test_maps_turned_by_functions_that_nobody_knows(function):
    model, images = seeded(lambda: Apply(function)), noise(1, 3, 8, 12)
    expected = model.conv(images).detach()
    torch.testing.assert_close(feature_maps(model, "out", images), expected)
    images = noise(1, 3, 8, 8)
    expected = model.conv(images).detach()
    maps = feature_maps(model, "out", images, channel_axis=-1)
    torch.testing.assert_close(maps, expected)


KNOWN = {
    "mT": lambda x: x.mT,
    "adjoint": lambda x: x.adjoint(),
    "keywords": lambda x: torch.transpose(input=x, dim0=1, dim1=2),
    "swapaxes": lambda x: torch.swapaxes(x, axis1=1, axis0=3),
    "permute": lambda x: torch.permute(input=x, dims=(0, 2, 3, 1)),
    "numbers": lambda x: x.permute(0, -1, 1, 2),
    "movedim": lambda x: torch.movedim(x, source=1, destination=-1),
    "data": lambda x: x.data,
    "same shape": lambda x: x.view(x.shape),
    "matrix": lambda x: x @ torch.eye(8, dtype=x.dtype),
    "slices": lambda x: x[:, :, ::1],
    "there and back": lambda x: x.transpose(0, 1).neg().transpose(0, 1).neg(),
}


@pytest.mark.parametrize("name", KNOWN)
def test_axes_are_followed_whichever_way_they_are_turned(name):
    """Of a batch with 8 images with 8 channels of 8 x 8, no shape says anything."""
    model, images = seeded(lambda: Apply(KNOWN[name])), noise(8, 3, 8, 8)
    expected = model.conv(images).detach()
    if name == "there and back":
        torch.testing.assert_close(KNOWN[name](expected), expected)
    torch.testing.assert_close(feature_maps(model, "out", images), expected)


def test_a_batch_that_is_not_in_front():
    model = seeded(lambda: Apply(lambda x: x.transpose(0, 1)))
    with pytest.raises(ValueError, match="its axes cannot be followed"):
        feature_maps(model, "out", noise(8, 3, 8, 8))


class Between(nn.Module):
    """Two convolutions with kernels of 3, something between them, and a way past them."""

    def __init__(self, between):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, padding=1)
        self.between = between

    def forward(self, x):
        return self.b(self.between(self.a(x), x))


@pytest.mark.parametrize(
    "between",
    [
        lambda x, _: x.real,
        lambda x, _: x.data,
        lambda x, _: x + x.shape[0] + x.ndim + x.stride(0),
        torch.max,
        torch.min,
        torch.maximum,
        torch.fmin,
        lambda x, _: torch.max(x, x),
        lambda x, y: torch.min(input=x, other=y),
        lambda x, y: x.max(y),
    ],
)
def test_what_treats_every_position_by_itself(between):
    fields = receptive_field(Between(between))
    assert fields[-1].size == (5, 5)
    assert receptive_field(Between(between), until="b") == fields


@pytest.mark.parametrize("turn", ["mT", "T", "mH", "H"])
def test_what_turns_the_image_has_no_rule(turn):
    model = Between(lambda x, _: getattr(x, turn))
    with pytest.raises(ValueError, match=rf"unknown layer \S+ \({turn}\); pass until='a'"):
        receptive_field(model)
    with pytest.raises(ValueError, match="b has no known receptive field"):
        receptive_field(model, until="b")
    assert [field.size for field in receptive_field(model, until="a")] == [(3, 3)]


@pytest.mark.parametrize("reduce", [torch.max, torch.min])
def test_the_largest_of_all_positions(reduce):
    model = Between(lambda x, _: x + reduce(x))
    assert [field.size for field in receptive_field(model, until="a")] == [(3, 3)]
    with pytest.raises(ValueError, match="b sees the whole image"):
        receptive_field(model, until="b")


def compiled(model):
    """Wrap a model without loading the compiler, which takes seconds."""
    return torch.compile(model, backend="eager")


@pytest.mark.parametrize("wrap", [compiled, nn.DataParallel])
def test_receptive_fields_of_wrapped_models(wrap):
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 5, 2))
    wrapped = wrap(model)
    assert receptive_field(wrapped) == receptive_field(model)
    prefix = next(name for name, module in wrapped.named_modules() if module is model)
    for name in ("0", f"{prefix}.0"):
        assert [field.size for field in receptive_field(wrapped, until=name)] == [(3, 3)]


def test_a_class_is_no_model():
    with pytest.raises(
        ValueError, match=r"layers is the class Conv2d; pass a model, Conv2d\(\.\.\.\)"
    ):
        receptive_field(nn.Conv2d)


class HeadFirst(nn.Module):
    """The layer that is defined first comes last."""

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(8, 2, 1)
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())

    def forward(self, images):
        return self.head(self.encoder((images - 0.5) / 0.2)).mean(dim=(2, 3))


class Unshuffled(nn.Sequential):
    def __init__(self):
        super().__init__(nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 3))


@pytest.mark.parametrize(("build", "channels"), [(HeadFirst, 3), (Unshuffled, 3)])
def test_the_first_convolution_is_the_one_that_sees_the_image(build, channels):
    model = seeded(build)
    name = "head" if build is HeadFirst else "1"
    result = maximize_activation(model, name, 0, size=8, steps=1)
    assert result.images.shape == (1, channels, 8, 8)
    weights = effective_receptive_field(model, name, image_size=8)
    assert weights.sum() == pytest.approx(1)
    assert trace(model, 8).children
    with pytest.raises(ValueError, match="channels is 0; it must be at least 1"):
        maximize_activation(model, name, 0, size=8, channels=0)


def test_channels_can_be_said():
    model = nn.Sequential(nn.Flatten(2), nn.Flatten(), nn.Linear(32, 2)).double()
    assert maximize_activation(model, "2", 1, size=4, channels=2, steps=1).images.shape[1] == 2


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("method", ["pixel", "fourier"])
def test_gradient_ascent_in_half_precision(dtype, method):
    model = seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 2, 3)))
    options = {"method": method, "size": 12, "steps": 8}
    half = maximize_activation(copy.deepcopy(model).to(dtype), "2", 1, **options)
    assert half.images.dtype == half.activations.dtype == torch.float32
    assert half.history.dtype == torch.float32 and half.images.isfinite().all()
    # It climbs, and by about as much as in single precision.
    single = maximize_activation(model.float(), "2", 1, **options)
    assert half.activations > half.history[0]
    torch.testing.assert_close(half.activations, single.activations, rtol=0.05, atol=0.02)


def plain():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))


@pytest.mark.parametrize("how", ["script", "trace"])
def test_torchscript_models_can_be_covered_but_not_looked_into(how):
    model, images = seeded(plain), noise(2, 3, 8, 8)
    scripted = torch.jit.script(model) if how == "script" else torch.jit.trace(model, images)
    torch.testing.assert_close(
        occlusion(scripted, images, 1, window=4), occlusion(model, images, 1, window=4)
    )
    inside = nn.Sequential(scripted, nn.Identity())
    for call in (
        lambda: grad_cam(scripted, "0", images),
        lambda: feature_maps(scripted, "0", images),
        lambda: cam(scripted, "0", images),
        lambda: maximize_activation(scripted, "0", 0),
        lambda: feature_maps(inside, "0.1", images),
    ):
        with pytest.raises(ValueError, match=r"TorchScript module.* before torch.jit.script or"):
            call()


@pytest.mark.slow
@pytest.mark.parametrize("wrap", [nn.DataParallel, compiled])
def test_wrapped_models_are_looked_into_by_the_names_inside(wrap):
    model, images = seeded(plain), noise(2, 3, 8, 8)
    wrapped = wrap(model)
    wrapped(images)  # compiled without hooks
    expected = grad_cam(model, "1", images, 2)
    for layer in ("1", model[1]):
        torch.testing.assert_close(grad_cam(wrapped, layer, images, 2), expected)
    torch.testing.assert_close(feature_maps(wrapped, "1", images), feature_maps(model, "1", images))
    ours, theirs = (
        maximize_activation(each, "0", 1, size=8, steps=2).images for each in (wrapped, model)
    )
    torch.testing.assert_close(ours, theirs)


def test_compiled_in_place():
    model, images = seeded(plain), noise(2, 3, 8, 8)
    expected = grad_cam(model, "1", images, 2)
    model.compile(backend="eager")
    model(images)
    torch.testing.assert_close(grad_cam(model, "1", images, 2), expected)


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = plain()

    def forward(self, images, scale):
        return self.model(images) * scale


def test_what_cannot_be_run_says_why():
    model, images = seeded(TwoInputs), noise(1, 3, 8, 8)
    for call in (
        lambda: grad_cam(model, "model.0", images),
        lambda: feature_maps(model, "model.0", images),
        lambda: occlusion(model, images, window=4),
        lambda: maximize_activation(model, "model.0", 0, size=8, steps=1),
    ):
        with pytest.raises(
            ValueError, match=r"needs more than the images .*'scale'.*supplies the rest"
        ):
            call()
    with pytest.raises(ValueError, match="model is a builtin_function_or_method; pass a"):
        feature_maps(torch.relu, "0", images)
    broken = seeded(plain)
    broken[3].to("meta")
    with pytest.raises(ValueError, match="have no values"):
        grad_cam(broken, "0", images)


class Lists(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.ParameterList([torch.ones(3 * 64, 2)])

    def forward(self, images):
        return images.flatten(1) @ self.weights[0]


def test_models_without_layers_or_parameters():
    images = noise(1, 3, 8, 8)
    fall = occlusion(seeded(Lists), images, 0, window=8)
    torch.testing.assert_close(fall, images.sum().expand(1, 8, 8))
    with pytest.raises(ValueError, match="no layer 'fc'; its first level has"):
        feature_maps(seeded(Lists), "fc", images)
    empty = nn.Sequential(nn.ReLU(), nn.AvgPool2d(2))
    assert torch.equal(feature_maps(empty, "0", images), images.relu())
    assert maximize_activation(empty, "1", 0, size=4, steps=1).images.dtype == torch.float32


class Mixed(nn.Module):
    """The head comes first, and in another type than the rest."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2).float()
        self.stem = nn.Conv2d(3, 4, 3)

    def forward(self, images):
        return self.head(self.stem(images).mean(dim=(2, 3)).to(self.head.weight.dtype))


def test_models_of_two_types():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Mixed()
    model.stem.double()
    images = noise(1, 3, 8, 8)
    assert grad_cam(model, "stem", images, 1).dtype == torch.float64
    assert maximize_activation(model, "stem", 1, size=8, steps=1).images.dtype == torch.float64
    with pytest.raises(ValueError, match=r"images are torch.float16 but .* and torch"):
        grad_cam(model, "stem", images.half(), 1)


class Squeezed(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

    def forward(self, images):
        return self.head(self.conv(images).relu().mean(dim=(2, 3))).squeeze()


@pytest.mark.parametrize("index", [None, 2])
def test_one_image_of_a_model_that_squeezes(index):
    model, images = seeded(Squeezed), noise(3, 3, 8, 8)
    for call in (
        lambda batch: grad_cam(model, "conv", batch, index, signed=True),
        lambda batch: cam(nn.Sequential(model), "0.conv", batch, index, signed=True),
        lambda batch: occlusion(model, batch, index, window=4, batch_size=4),
    ):
        try:
            whole = call(images)
        except ValueError as error:
            assert "averaging layer" in str(error)  # of cam: a ReLU comes between
            continue
        torch.testing.assert_close(call(images[:1]), whole[:1])


def test_wrong_numbers_of_logits():
    class Doubled(Squeezed):
        def forward(self, images):
            return torch.cat([super().forward(images)] * 2)

    model, images = seeded(Doubled), noise(2, 3, 8, 8)
    for call in (
        lambda: grad_cam(model, "conv", images, 1),
        lambda: occlusion(model, images, 1, window=4),
    ):
        with pytest.raises(ValueError, match=r"logits have shape \(4, 5\).*the batch has 2 images"):
            call()


def test_cam_finds_the_dense_layer_that_gives_the_logits():
    class Reordered(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.classifier, self.other = nn.Conv2d(1, 3, 3), nn.Linear(3, 2), None
            self.other = nn.Linear(3, 2)  # the last one, but never used

        def forward(self, images):
            return self.classifier(self.conv(images).mean(dim=(2, 3)))

    model, images = seeded(Reordered), noise(2, 1, 6, 6)
    logits = cam(model, "conv", images, 1, signed=True).mean(dim=(1, 2)) + model.classifier.bias[1]
    torch.testing.assert_close(logits.detach(), model(images)[:, 1].detach())


def test_quantized_models():
    if "qnnpack" not in torch.backends.quantized.supported_engines:
        pytest.skip("this PyTorch cannot run quantized models")
    from torch.ao.nn import quantized

    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = "qnnpack"
    try:
        conv = quantized.Conv2d(3, 4, 3)
        conv.scale = 0.1
        model = nn.Sequential(quantized.Quantize(0.05, 128, torch.quint8), conv)
        model.append(quantized.DeQuantize()).append(nn.Flatten())
        images = noise(1, 3, 8, 8).float()
        maps = feature_maps(model, "1", images)
        torch.testing.assert_close(maps.flatten(1), model(images))
        with pytest.raises(ValueError, match=r"outputs torch.quint8, .*before it was quantized"):
            grad_cam(model, "1", images)
    finally:
        torch.backends.quantized.engine = before


# ---- sizes as torchinfo takes them


@pytest.mark.parametrize(
    "size", [(3, 9, 7), [1, 3, 9, 7], torch.Size([1, 3, 9, 7]), np.array([3, 9, 7])]
)
def test_sizes_with_and_without_the_batch_axis(size):
    model = seeded(lambda: nn.Sequential(nn.Conv2d(3, 2, 3), nn.Conv2d(2, 1, 1)))
    assert count_macs(model, size) == 7 * 5 * (2 * 27 + 2)
    # Single precision: the convolution keeps its input, 3 x 9 x 7, for its weights, and so on.
    assert activation_memory(model, size) == 4 * (3 * 9 * 7 + 2 * 7 * 5)
    assert trace(model, size).macs == 7 * 5 * (2 * 27 + 2)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((8, 3, 9, 7), r"size is \(8, 3, 9, 7\); .* without the batch axis: \(3, 9, 7\)"),
        ((3, 9, 7.5), "whole numbers of at least 1"),
        ((3, 0, 7), "whole numbers of at least 1"),
        ("small", "whole numbers of at least 1"),
    ],
)
def test_sizes_that_are_none(size, message):
    model = nn.Conv2d(3, 2, 3)
    with pytest.raises(ValueError, match=f"input_{message}" if "size" in message else message):
        count_macs(model, size)
    with pytest.raises(ValueError, match=message.replace("size", "shape", 1)):
        activation_memory(model, size)
    with pytest.raises(ValueError, match="image_size is"):
        trace(model, size)
    with pytest.raises(ValueError, match="shape is"):
        training_memory(model, size[1:])


def test_volumes_are_no_batches():
    assert count_macs(nn.Conv3d(1, 2, 1), (1, 4, 5, 6)) == 2 * 4 * 5 * 6


# ---- a new head for any network


def tiny_resnet(**options):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        block = torchvision.models.resnet.BasicBlock
        return torchvision.models.ResNet(block, [1, 1, 1, 1], num_classes=4, **options)


class Subclass(torchvision.models.ResNet):
    pass


class CifarBlock(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, 3, 2, 1)

    def forward(self, x):
        return functional.relu(self.conv(x))


class ResNet(nn.Module):
    """As many write it for CIFAR: functions in place of layers, and other names."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(CifarBlock(4, 8))
        self.layer2 = nn.Sequential(CifarBlock(8, 8))

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.avg_pool2d(self.layer2(self.layer1(x)), 8)
        return self.linear(x.view(x.size(0), -1))


class VGG(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(4)]
        layers += [nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(8)]
        self.features, self.classifier = nn.Sequential(*layers), nn.Linear(6, 4)

    def forward(self, x):
        return self.classifier(self.features(x).view(x.size(0), -1))


def with_head(head):
    model = tiny_resnet()
    model.fc = head
    return model


OWN = {
    "dropout": (lambda: with_head(nn.Sequential(nn.Dropout(0.5), nn.Linear(512, 4))), 512, 64),
    "two layers": (
        lambda: with_head(nn.Sequential(nn.Linear(512, 9), nn.ReLU(), nn.Linear(9, 4))),
        9,
        64,
    ),
    "no head": (lambda: with_head(nn.Identity()), 512, 64),
    "subclass": (
        lambda: Subclass(torchvision.models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=4),
        512,
        64,
    ),
    "CIFAR ResNet": (ResNet, 8, 32),
    "CIFAR VGG": (VGG, 6, 32),
    "chain": (lambda: nn.Sequential(*list(tiny_resnet().children())[:-2]), 512, 64),
    "Swin": (swin, 16, 32),
    "ConvNeXt": (convnext, 6, 32),
    "MobileNet": (lambda: torchvision.models.mobilenet_v3_small(num_classes=4), 1024, 64),
    "DenseNet": (
        lambda: torchvision.models.DenseNet(4, (1, 1, 1, 1), 8, num_classes=4),
        None,
        64,
    ),
    "SqueezeNet's features": (lambda: torchvision.models.squeezenet1_1().features, 512, 64),
    "wrapped": (lambda: nn.DataParallel(tiny_resnet()), 512, 64),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_a_head_for_other_peoples_networks(name):
    build, features, size = OWN[name]
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = build()
    # Statistics that matter, so that evaluation mode does.
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1, generator=torch.Generator().manual_seed(4))
    model.train()
    before = copy.deepcopy(model.state_dict())
    random = torch.get_rng_state()
    ours = attach_head(model, 2)
    after = torch.get_rng_state()
    torch.set_rng_state(random)
    nn.Linear(ours.head.in_features, 2)  # the head's weights are all that is drawn
    assert torch.equal(after, torch.get_rng_state())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(module.training for module in model.modules())
    assert features is None or ours.head.in_features == features
    assert ours.stages[-2:] == ("pool", "head")

    # With the old last layer in place of the new head, it is the old network.
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(5))
    linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
    last = {"CIFAR ResNet": 0}.get(name, -1)
    maps = name in ("chain", "SqueezeNet's features")
    plain = maps or name == "no head"
    ours.head = nn.Identity() if plain else copy.deepcopy(linear[last])
    with torch.no_grad():
        expected = model.eval()(ours.normalize(images))
        result = ours.eval()(images)
    if maps:
        expected = expected.mean(dim=(2, 3))
    scale = expected.abs().max()
    torch.testing.assert_close(result / scale, expected / scale, rtol=1e-4, atol=1e-4)
    assert all(p.requires_grad for p in freeze(ours, "pool").pool.parameters())


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc((self.left(x) + self.right(x)).mean(dim=(2, 3)))


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(self.conv(self.conv(x)).mean(dim=(2, 3)))


class Inside(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = tiny_resnet()

    def forward(self, x):
        return self.net(x)


class OwnTraining(nn.Module):
    """Does something in training mode that no layer knows of."""

    def __init__(self, place):
        super().__init__()
        self.place = place
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 50, 3)
        self.fc = nn.Linear(50, 3)

    def forward(self, x):
        x = self.first(x)
        if self.place == "dropout":
            x = functional.dropout(x, 0.5, self.training)
        if self.place == "noise" and self.training:
            x = x + torch.randn_like(x)
        x = self.second(x).mean(dim=(2, 3))
        return self.fc(functional.dropout(x, 0.5, self.training) if self.place == "last" else x)


def ends_with(*layers, classes=4):
    model = tiny_resnet()
    model.fc = nn.Linear(512, classes)
    return nn.Sequential(model, *layers)


INSIDE = r"inside its part '0'.*pass that part, model.get_submodule\('0'\)"


def test_dropout_right_before_the_head_is_left_out():
    model = OwnTraining("last")
    ours = attach_head(model, 2).train()
    images = torch.rand(1, 3, 8, 8)
    ours.head = nn.Identity()
    expected = model.second(model.first(ours.normalize(images))).mean(dim=(2, 3))
    torch.testing.assert_close(ours(images), expected)


def test_layers_that_are_random_stay_random():
    layers = [nn.Conv2d(3, 8, 3), nn.Dropout(), nn.Conv2d(8, 40, 3), nn.AdaptiveAvgPool2d(1)]
    ours = attach_head(nn.Sequential(*layers, nn.Flatten(), nn.Linear(40, 3)), 2).train()
    images = torch.rand(1, 3, 8, 8)
    assert not torch.equal(ours(images), ours(images))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_head_is_of_the_networks_type(dtype):
    model = tiny_resnet().to(dtype)
    ours = attach_head(model, 2).eval()
    assert {p.dtype for p in ours.parameters()} == {dtype}
    assert ours(torch.rand(1, 3, 64, 64).to(dtype)).dtype == dtype


def test_another_head():
    first = freeze(attach_head(tiny_resnet(), 2, dropout=0.5), "layer3")
    second = attach_head(first, 5)
    assert second.stages == first.stages
    assert second.frozen_until is None
    assert all(p.requires_grad for p in second.parameters())
    assert (second.head.in_features, second.head.out_features) == (512, 5)
    assert first.frozen_until == "layer3"
    assert first.head[1].out_features == 2
    images = torch.rand(1, 3, 64, 64)
    first.head = second.head = nn.Identity()
    assert torch.equal(first.eval()(images), second.eval()(images))
    with pytest.raises(ValueError, match="head was replaced"):
        attach_head(first, 5)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("resnet18", r"model is 'resnet18'; pass a network: pretrained.load\('resnet18'\)"),
        (torchvision.models.resnet18, r"model is resnet18, .* the result of resnet18\(\)"),
        (3, "model is a int; pass a network: a torch.nn.Module"),
    ],
)
def test_what_is_no_network(model, message):
    with pytest.raises(ValueError, match=message):
        attach_head(model, 2)


@pytest.mark.parametrize("dropout", ["0.5", None, float("nan")])
def test_dropout_is_a_number(dropout):
    with pytest.raises(ValueError, match=r"dropout is .*; give a finite number"):
        attach_head(tiny_resnet(), 2, dropout=dropout)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ends_with(nn.Softmax(1)), INSIDE),
        (lambda: ends_with(nn.Sigmoid(), classes=1), INSIDE),
        (lambda: ends_with(nn.BatchNorm1d(4)), INSIDE),
        (
            lambda: torchvision.models.squeezenet1_1(num_classes=4),
            r"a 1x1 convolution, 'classifier.1', .* pass the part before it, as model.features",
        ),
        (lambda: OwnTraining("dropout"), "in training mode its forward method does more"),
        (lambda: OwnTraining("noise"), "in training mode its forward method does more"),
        (Branching, "not to Branching: something happens between 'left' and 'right'"),
        (Twice, "its part 'conv' is used more than once"),
        (Inside, r"inside its part 'net'.*pass that part, model.get_submodule\('net'\)"),
        (lambda: nn.Conv2d(1, 2, 3), "not to Conv2d: it does not take color images"),
        (TwoInputs, "needs more than the images"),
        (lambda: torch.jit.script(VGG()), "before torch.jit.script"),
    ],
)
def test_networks_that_cannot_be_cut(build, message):
    with pytest.raises(ValueError, match=message):
        attach_head(build(), 2)

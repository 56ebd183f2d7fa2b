"""Looking into networks: the same maps as other implementations, and a model left as it was.

Models and images are float64 wherever two computations of the same are compared. The two add up in
different orders. In float32 their difference depends on the processor, and comes close to every
tolerance that could still reveal a mistake.
"""

import copy

import numpy as np
import pytest
import torch
import torchvision
from rounding import sum_error
from torch import nn

from lecture_utils import models, pretrained
from lecture_utils.interpretation import (
    cam,
    dead_filters,
    feature_maps,
    find_layer,
    grad_cam,
    grad_cam_channels,
    occlusion,
    overlay,
    record_activations,
)

RESNET_LAYERS = ("conv1", "layer2.0.conv1", "layer3.1.bn2", "layer4", "layer4.1.conv2")
LITE_LAYERS = (
    "features.stem",
    "features.stage3",
    "features.stage5.0.change.depthwise.conv",
    "features.head",
)

# torchvision adds the skip connection in place: pytorch-grad-cam then reads the sum instead of the
# layer's own output.
ADDED_IN_PLACE = ("layer3.1.bn2",)


def resnet18():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torchvision.models.resnet18(weights=None).eval()


@pytest.fixture(scope="module")
def networks():
    lite = copy.deepcopy(pretrained.load("efficientnet_lite0").model)
    return {"resnet18": resnet18().double(), "lite": lite.double()}


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 3, 64, 64, generator=generator, dtype=torch.float64)


@pytest.fixture
def small():
    """A network with one logit, as for cats and dogs."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        return models.build("cats").eval().double()


def two_layers():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 3))


PEERS = [
    *(("resnet18", layer) for layer in RESNET_LAYERS),
    *(("lite", layer) for layer in LITE_LAYERS),
]


@pytest.mark.slow
@pytest.mark.parametrize("classes", [[3, 977], None])
@pytest.mark.parametrize(("name", "layer"), PEERS)
def test_grad_cam_is_that_of_captum_and_of_pytorch_grad_cam(networks, images, name, layer, classes):
    from captum.attr import LayerGradCam
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.image import scale_cam_image
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    network = networks[name]
    _, module = find_layer(network, layer)
    ours = grad_cam(network, layer, images, classes, signed=True)
    chosen = classes or network(images).argmax(dim=1).tolist()
    theirs = LayerGradCam(network, module).attribute(images, torch.tensor(chosen))[:, 0]
    assert ours.shape == theirs.shape
    scale = theirs.abs().max()
    torch.testing.assert_close(ours / scale, theirs.detach() / scale, rtol=1e-4, atol=1e-4)

    positive = grad_cam(network, layer, images, classes)
    assert torch.equal(positive, ours.relu())
    if layer in ADDED_IN_PLACE:
        return
    targets = [ClassifierOutputTarget(index) for index in chosen]
    with GradCAM(network, [module]) as peer:
        stretched = peer(images, targets)
    # It stretches each map to 0..1, resizes it, and stretches it again.
    expected = scale_cam_image(scale_cam_image(positive.numpy(), (64, 64)))
    np.testing.assert_allclose(expected, stretched, rtol=1e-4, atol=1e-4)


def test_grad_cam_of_one_logit(small, images):
    up, down = (grad_cam(small, "9", images, index, signed=True) for index in (1, 0))
    torch.testing.assert_close(up, -down)
    chosen = (small(images)[:, 0] > 0).long()
    predicted = grad_cam_channels(small, "9", images)
    assert torch.equal(predicted.class_index, chosen)
    assert torch.equal(predicted.scores, small(images)[:, 0].abs())
    flat = nn.Sequential(small, nn.Flatten(0))
    torch.testing.assert_close(grad_cam(flat, "0.9", images, 1, signed=True), up)


def test_channels_add_up_to_the_map(networks, images):
    found = grad_cam_channels(networks["lite"], "features.head", images, 281)
    assert found.weights.shape == (2, 1280) and found.activations.shape == (2, 1280, 2, 2)
    torch.testing.assert_close(found.contributions.sum(dim=1), found.map(signed=True))
    torch.testing.assert_close(found.map(), found.map(signed=True).relu())
    best = found.top(8)
    assert best.shape == (2, 8)
    rest = found.weights.scatter(1, best, float("-inf"))
    assert (rest.amax(dim=1) <= found.weights.gather(1, best)[:, -1]).all()
    sums = found.contributions.sum(dim=(2, 3))
    expected = sums.topk(5, dim=1).values
    most = found.top(5, by="contribution")
    torch.testing.assert_close(sums.gather(1, most), expected)
    with pytest.raises(ValueError, match="count is 1281; the layer has 1280"):
        found.top(1281)
    with pytest.raises(ValueError, match="by is 'size'"):
        found.top(by="size")


def test_a_silent_layer_gives_an_empty_map(images):
    network = two_layers().double()
    nn.init.constant_(network[0].weight, 0)
    nn.init.constant_(network[0].bias, -1)
    assert grad_cam(network, "1", images[:, :1, :5, :5]).count_nonzero() == 0


@pytest.mark.slow
def test_cam_is_grad_cam_where_there_is_only_pooling(networks, images):
    for network, layer in ((networks["lite"], "features.head"), (networks["resnet18"], "layer4")):
        for index in (None, [7, 400]):
            signed = cam(network, layer, images, index, signed=True)
            by_gradient = grad_cam(network, layer, images, index, signed=True)
            places = signed[0].numel()
            torch.testing.assert_close(signed / places, by_gradient, rtol=1e-4, atol=1e-5)
            chosen = grad_cam_channels(network, layer, images, index)
            dense = list(network.modules())[-1]
            logits = signed.mean(dim=(1, 2)) + dense.bias[chosen.class_index]
            torch.testing.assert_close(logits, chosen.scores, rtol=1e-4, atol=1e-4)
            assert torch.equal(cam(network, layer, images, index), signed.relu())


def test_cam_of_one_logit(images):
    network = models.build("cats-strong").eval().double()
    last = next(i for i, m in enumerate(network) if isinstance(m, nn.AdaptiveAvgPool2d)) - 1
    one, zero = (cam(network, str(last), images, index, signed=True) for index in (1, 0))
    torch.testing.assert_close(one, -zero)
    bias = network[-1].bias
    torch.testing.assert_close(one.mean(dim=(1, 2)) + bias, network(images)[:, 0])


def test_cam_refuses_other_networks(small, networks, images):
    with pytest.raises(ValueError, match=r"dense layer has 512 inputs.*use grad_cam"):
        cam(small, "9", images)
    with pytest.raises(ValueError, match=r"has 1280 inputs, layer 'features.stage3' has 40"):
        cam(networks["lite"], "features.stage3", images)
    with pytest.raises(ValueError, match=r"'layer4.1.conv2' .* does not give the logits"):
        cam(networks["resnet18"], "layer4.1.conv2", images)
    with pytest.raises(ValueError, match="needs a dense layer"):
        network = nn.Sequential(nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        cam(network.double(), "0", images)


@pytest.mark.parametrize(
    ("window", "stride", "size"), [(4, 4, (16, 16)), (6, 4, (17, 13)), ((3, 5), (2, 5), (9, 11))]
)
def test_occlusion_is_that_of_captum(window, stride, size):
    from captum.attr import Occlusion

    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 5)
    )
    network.eval().double()
    images = torch.randn(2, 3, *size, dtype=torch.float64)
    height, width = (window, window) if isinstance(window, int) else window
    steps = (stride, stride) if isinstance(stride, int) else stride
    theirs = Occlusion(network).attribute(
        images, (3, height, width), strides=(3, *steps), target=torch.tensor([1, 4]), baselines=0.25
    )
    ours = occlusion(network, images, [1, 4], window=window, stride=stride, fill=0.25, batch_size=3)
    assert ours.shape == (2, *size)
    # captum adds up in float32: a few windows, each rounded by at most 6e-8 of a change below 1.
    torch.testing.assert_close(ours, theirs[:, 0].double(), rtol=1e-6, atol=1e-6)


def test_occlusion_of_one_logit_and_with_a_color(small, images):
    one, zero = (
        occlusion(small, images[:1], index, window=32, fill=(0.1, 0.2, 0.3)) for index in (1, 0)
    )
    torch.testing.assert_close(one, -zero)
    covered = images[:1].clone()
    covered[:, :, :16, :16] = torch.tensor([0.1, 0.2, 0.3])[:, None, None]
    corner = occlusion(small, images[:1], 1, window=16, stride=16, fill=(0.1, 0.2, 0.3))[0, 0, 0]
    torch.testing.assert_close(corner, (small(images[:1]) - small(covered))[0, 0])


def test_record_activations_keeps_what_works_in_place_would_overwrite(images):
    network = resnet18().double()
    with record_activations(network, ["bn1", network.relu]) as activations:
        network(images)
    assert set(activations) == {"bn1", "relu"}
    assert activations["bn1"].min() < 0
    torch.testing.assert_close(activations["bn1"].relu(), activations["relu"])
    assert activations["bn1"].requires_grad
    with pytest.raises(KeyError, match="nothing is recorded for layer 'fc'"):
        activations["fc"]


def test_recorded_activations_take_part_in_gradients(images):
    network = resnet18().double()
    with record_activations(network, "layer1.0.bn1") as activations:
        logits = network(images)
    gradient = torch.autograd.grad(logits[:, 0].sum(), activations["layer1.0.bn1"])[0]
    assert gradient.abs().sum() > 0


def test_feature_maps(images, small):
    torch.testing.assert_close(feature_maps(small, "0", images), small[0](images))
    several = feature_maps(small, ["0", small[3]], images, batch_size=1)
    assert list(several) == ["0", "3"]
    torch.testing.assert_close(several["3"], small[:4](images))
    assert not several["3"].requires_grad


def test_dead_filters(images, small):
    layer = small[6]
    with torch.no_grad():
        layer.bias[5] = -1e6
        layer.weight[9], layer.bias[9] = 0, 0
    dead = dead_filters(small, layer, images, batch_size=1)
    assert torch.equal(dead, small[:7](images).amax(dim=(0, 2, 3)) <= 0)
    assert dead[5] and dead[9] and not dead.all()
    both = dead_filters(small, ["3", "7"], images)  # "7" is the ReLU
    assert torch.equal(both["7"], dead) and both["3"].shape == (64,)
    assert dead_filters(small, layer, images, threshold=1e9).all()


CALLS = {
    "record": lambda model, x: record_once(model, x),
    "feature_maps": lambda model, x: feature_maps(model, "0.0", x),
    "dead_filters": lambda model, x: dead_filters(model, "0.0", x),
    "grad_cam": lambda model, x: grad_cam(model, "0.0", x),
    "cam": lambda model, x: cam(model, "0.1", x),
    "occlusion": lambda model, x: occlusion(model, x, window=3),
}


def record_once(model, x):
    with record_activations(model, "0.0") as activations:
        model(x)
    return activations["0.0"]


def gray_network():
    """In training mode, except for one part; with a gradient at every weight."""
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
    model = nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    model.train()
    body[0].eval()
    model(torch.rand(4, 1, 6, 6)).sum().backward()
    return model


@pytest.mark.parametrize("grad", ["on", "off", "inference"])
@pytest.mark.parametrize("name", [name for name in CALLS if name != "record"])
def test_a_model_is_left_as_it_was(name, grad):
    model = gray_network()
    modes = [module.training for module in model.modules()]
    state = {key: value.clone() for key, value in model.state_dict().items()}
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    random = torch.get_rng_state()
    context = {"on": torch.enable_grad, "off": torch.no_grad, "inference": torch.inference_mode}
    with context[grad]():
        before = torch.is_grad_enabled()
        result = CALLS[name](model, torch.rand(2, 1, 6, 6, generator=torch.Generator()))
        assert torch.is_grad_enabled() == before
    assert not result.requires_grad
    assert torch.equal(torch.get_rng_state(), random)
    assert [module.training for module in model.modules()] == modes
    for key, value in model.state_dict().items():
        assert torch.equal(value, state[key])
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert torch.equal(parameter.grad, gradient)
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("name", list(CALLS))
def test_hooks_are_removed_after_an_error(name):
    model = gray_network()
    modes = [module.training for module in model.modules()]
    with pytest.raises((ValueError, RuntimeError)):
        CALLS[name](model, torch.rand(1, 2, 6, 6))
    assert not any(module._forward_hooks for module in model.modules())
    assert [module.training for module in model.modules()] == modes
    assert torch.is_grad_enabled()


def test_grad_cam_of_frozen_weights_and_with_single_precision(images):
    network = resnet18().double().requires_grad_(False)
    expected = grad_cam(resnet18().double(), "layer4", images, 3)
    assert expected.dtype == torch.float64
    torch.testing.assert_close(grad_cam(network, "layer4", images, 3), expected)
    single = grad_cam(network.float(), "layer4", images.float(), 3)
    assert single.dtype == torch.float32
    scale = expected.abs().max()
    torch.testing.assert_close(single.double() / scale, expected / scale, rtol=0, atol=1e-3)


class Forked(nn.Module):
    """One branch does not lead to the logits, one layer is never used, one gives a pair."""

    def __init__(self):
        super().__init__()
        self.main, self.side, self.unused = (nn.Conv2d(1, 2, 3) for _ in range(3))
        self.pair = Pair()

    def forward(self, images):
        self.side(images)
        return self.pair(self.main(images))[0].flatten(1)


class Pair(nn.Module):
    def forward(self, x):
        return x, x


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("mian", "no layer 'mian'; did you mean 'main'"),
        ("zzz", "no layer 'zzz'; its first level has 'main', 'side', 'unused', 'pair'"),
        ("side", "logits do not depend on layer 'side'"),
        ("unused", "'unused' is part of the model, but its forward pass never uses it"),
        ("pair", "'pair' outputs a tuple, not feature maps"),
        ("", r"layer '' outputs shape \(2, 18\)"),
        (nn.ReLU(), "ReLU is not part of the model"),
        (7, "no layer 7"),
    ],
)
def test_layers_that_do_not_work(layer, message):
    with pytest.raises(ValueError, match=message):
        grad_cam(Forked(), layer, torch.rand(2, 1, 5, 5), 0)


def test_names_of_layers_are_hinted_at(networks):
    for wrong, right in {
        "layer4.2.conv2": "'layer4.1.conv2'",
        "layer4.conv2": "'layer4.0'",
        "Layer4": "'layer4'",
    }.items():
        with pytest.raises(ValueError, match=right):
            feature_maps(resnet18(), wrong, torch.zeros(1, 3, 64, 64))


@pytest.mark.parametrize(
    ("class_index", "message"),
    [
        (3, "class_index is 3; the model has the classes 0 to 2"),
        (-1, "classes 0 to 2"),
        ([0, 3], "classes 0 to 2"),
        ([0, 1, 2], "one for each of the 2 images"),
        (1.5, "pass an integer"),
        (True, "pass an integer"),
        ("cat", "pass an integer"),
    ],
)
def test_classes_that_do_not_work(class_index, message):
    for call in (grad_cam, cam):
        model = gray_network().eval()
        layer = "0"
        with pytest.raises(ValueError, match=message):
            call(model, layer, torch.rand(2, 1, 5, 5), class_index)
    with pytest.raises(ValueError, match=message):
        occlusion(two_layers(), torch.rand(2, 1, 5, 5), class_index, window=2)


def test_a_model_that_raises_an_error_without_a_message_is_reported():
    class Bare(nn.Module):
        def forward(self, images):
            raise RuntimeError

    model = Bare()
    model.layer = nn.Conv2d(1, 1, 3)
    with pytest.raises(ValueError, match=r"does not accept images of .* no reason is given"):
        feature_maps(model, "layer", torch.rand(1, 1, 5, 5))


def test_an_error_about_a_layer_does_not_blame_the_images():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(18, 2))
    with pytest.raises(ValueError, match=r"^layer '1' outputs shape"):
        feature_maps(model, "1", torch.rand(1, 1, 5, 5))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.rand(1, 5, 5), r"shape \(1, 5, 5\); pass \(N, C, H, W\); image\[None\] makes"),
        (torch.rand(0, 1, 5, 5), r"shape \(0, 1, 5, 5\)"),
        (torch.rand(2, 3, 5, 5), r"does not accept images of shape \(2, 3, 5, 5\)"),
        (torch.zeros(1, 1, 5, 5, dtype=torch.uint8), "images is torch.uint8"),
        (np.zeros((1, 1, 5, 5)), "images is ndarray"),
        (torch.rand(1, 1, 5, 5).double(), r"use images.to\(torch.float32\)"),
        (
            torch.rand(1, 1, 5, 5, device="meta"),
            r"on meta but the model on cpu; use images.to\('cpu'\)",
        ),
    ],
)
def test_images_that_do_not_work(images, message):
    model = two_layers()
    for call in (
        lambda: grad_cam(model, "0", images),
        lambda: feature_maps(model, "0", images),
        lambda: occlusion(model, images, window=2),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 6}, r"window is 6; it must fit into images of 5 x 5"),
        ({"window": 0}, "window"),
        ({"window": 2, "stride": 3}, "stride is 3; it must be at most the window"),
        ({"window": 2, "fill": (1, 2)}, "fill is"),
        ({"window": 2, "fill": float("nan")}, "fill is nan"),
        ({"window": 2, "batch_size": 0}, "batch_size is 0"),
    ],
)
def test_covers_that_do_not_work(options, message):
    with pytest.raises(ValueError, match=message):
        occlusion(two_layers(), torch.rand(1, 1, 5, 5), **options)


def test_outputs_that_are_no_logits():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    with pytest.raises(ValueError, match=r"logits have shape \(1, 2, 3, 3\) instead of"):
        grad_cam(model, "0", torch.rand(1, 1, 5, 5))


def test_an_overlay_shows_evidence_and_nothing_else():
    image = np.full((8, 6, 3), 128, np.uint8)
    gray = overlay(image, np.zeros((2, 2)))
    np.testing.assert_allclose(gray, 128 / 255, atol=sum_error(2, 1))  # in float32
    red = overlay(image, np.full((2, 2), 3.0), limit=3)[4, 3]
    blue = overlay(image, np.full((2, 2), -3.0), limit=3)[4, 3]
    assert red[0] > red[2] + 0.3 and blue[2] > blue[0] + 0.3
    half = overlay(image, np.full((2, 2), 1.5), limit=3)[4, 3]
    np.testing.assert_allclose(half, (red + 128 / 255) / 2, atol=0.01)
    # An image of floats with the channels first is the same.
    floats = torch.full((3, 8, 6), 128 / 255)
    np.testing.assert_allclose(
        overlay(floats, torch.ones(2, 2)), overlay(image, torch.ones(2, 2)), atol=1e-6
    )


@pytest.mark.parametrize(
    ("image", "evidence", "options", "message"),
    [
        (np.zeros((8, 8)), np.zeros((2, 2)), {}, "image has shape"),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((1, 2, 2)), {}, r"pass one map \(h, w\)"),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((2, 2)), {"limit": 0}, "limit is 0"),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((2, 2)), {"opacity": 2}, "opacity is 2"),
    ],
)
def test_overlays_that_do_not_work(image, evidence, options, message):
    with pytest.raises(ValueError, match=message):
        overlay(image, evidence, **options)

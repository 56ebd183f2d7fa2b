"""GradCamExplorer: all classes at once equal one class at a time, bytes give the numbers back."""

import numpy as np
import pytest
import torch
import torchvision
import traitlets
from torch import nn

from lecture_utils import interpretation, pretrained
from lecture_utils.widgets import GradCamExplorer
from lecture_utils.widgets.grad_cam_explorer import images, packing
from lecture_utils.widgets.grad_cam_explorer.chain import as_chain
from lecture_utils.widgets.grad_cam_explorer.evidence import channel_weights, occlusion_falls

rng = np.random.default_rng(8)


@pytest.fixture(scope="module")
def demo():
    return GradCamExplorer(["rocket"])


@pytest.fixture(scope="module")
def net():
    return pretrained.load("efficientnet_lite0")


def small_network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1),
        nn.BatchNorm2d(5),
        nn.ReLU6(),
        nn.Conv2d(5, 7, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(7, 4),
    ).eval()


@pytest.mark.parametrize("seed", range(3))
def test_weights_of_all_classes_are_gradients_of_each(seed):
    network = small_network(seed)
    image = torch.randn(1, 3, 9, 12)
    chain = as_chain(network, image)
    for name, maps in chain.maps(image).items():
        after = chain.after(name)
        found = channel_weights(after, maps.detach(), chunk=int(rng.integers(1, 8)))
        for c in range(4):
            leaf = maps.detach().clone().requires_grad_()
            (gradient,) = torch.autograd.grad(after(leaf)[0, c], leaf)
            torch.testing.assert_close(found[c], gradient.mean(dim=(2, 3))[0], atol=1e-6, rtol=1e-4)


@pytest.mark.slow
def test_the_real_network_at_every_layer_against_grad_cam(demo, net):
    batch = net.preprocess(images.known_photo("rocket"))
    one = demo.explanations["rocket"]
    assert [layer["rows"] for layer in demo.layers] == [28, 14, 7]
    for name in one.layers:
        for c in (int(one.top(1)[0]), int(rng.integers(1000))):
            expected = interpretation.grad_cam(net.model, name, batch, c, signed=True)[0].numpy()
            scale = np.abs(expected).max()
            np.testing.assert_allclose(one.layers[name].cam(c), expected, atol=1e-4 * scale)


@pytest.mark.slow
def test_last_map_adds_up_to_the_logit(demo):
    one = demo.explanations["rocket"]
    last = one.layers["features.head"].cam(slice(None))
    np.testing.assert_allclose(last.sum(axis=(1, 2)) + demo.biases, one.logits, atol=1e-3)


def test_falls_are_those_of_occlusion():
    network = small_network(5)
    image = torch.randn(1, 3, 32, 32)
    found = occlusion_falls(network, image, window=16, stride=8)
    for c in range(4):
        expected = interpretation.occlusion(network, image, c, window=16, stride=8)[0]
        spread = found[c].repeat_interleave(8, 0).repeat_interleave(8, 1)
        torch.testing.assert_close(spread, expected, atol=1e-6, rtol=1e-4)
    with pytest.raises(ValueError, match="evenly"):
        occlusion_falls(network, image, window=16, stride=7)


def test_resnets_are_chains_and_two_dense_layers_are_not():
    torch.manual_seed(0)
    image = torch.randn(1, 3, 64, 64)
    network = torchvision.models.resnet18(weights=None).eval()
    chain = as_chain(network, image)
    assert list(chain.parts)[-1] == "layer4"
    assert images.default_layers(chain, image) == ("layer2", "layer3", "layer4")
    with torch.no_grad():
        torch.testing.assert_close(
            chain.after("layer3")(chain.maps(image)["layer3"]), network(image)
        )
    two_dense = nn.Sequential(nn.Conv2d(3, 2, 64), nn.Flatten(), nn.Linear(2, 3), nn.Linear(3, 2))
    for other in (two_dense, small_network(0)[:5]):
        with pytest.raises(ValueError, match="not a chain"):
            as_chain(other.eval(), image)


def test_bytes_give_the_numbers_back():
    for shape in ((3, 50), (2, 4, 9), (1, 1)):
        values = rng.normal(size=shape).astype(np.float32)
        data, scale = packing.signed_bytes(values)
        error = np.abs((data - 128.0) * scale[..., None] - values)
        assert data.dtype == np.uint8 and (error <= 0.501 * scale[..., None]).all()
        data, ranges = packing.ranged_bytes(values)
        error = np.abs(ranges[..., :1] + data * ranges[..., 1:] - values)
        assert (error <= 0.51 * ranges[..., 1:] + 1e-6).all()
    sparse = np.maximum(rng.normal(size=(7, 9)), 0)
    mask, kept, step = packing.sparse_bytes(sparse)
    found = np.zeros(63)
    found[np.unpackbits(mask)[:63] == 1] = kept * step
    np.testing.assert_allclose(found.reshape(7, 9), sparse, atol=0.51 * step)
    for zeros in (np.zeros((2, 3), np.float32),):
        assert (packing.signed_bytes(zeros)[0] == 128).all()
        assert (packing.ranged_bytes(zeros)[0] == 0).all()
        assert packing.sparse_bytes(zeros)[1].size == 0
    assert packing.index_bytes(np.array([258, 65535])).tolist() == [2, 1, 255, 255]


def test_the_page_says_how_far_it_is_off(demo):
    assert [layer["name"] for layer in demo.layers] == list(demo.explanations["rocket"].layers)
    assert all(0 < layer["error"] < 0.015 for layer in demo.layers)
    assert demo.layers[-1]["error"] < 0.5 / 127 * 1.5


def test_map_follows_the_traits(demo):
    demo.class_index, demo.layer = 657, "features.stage5"
    assert demo.map.shape == (14, 14)
    np.testing.assert_array_equal(
        demo.map, demo.explanations["rocket"].layers["features.stage5"].cam(657)
    )
    demo.layer = "features.head"
    assert demo.map.shape == (7, 7)


@pytest.mark.slow
def test_own_images_and_layers():
    image = rng.integers(0, 256, size=(40, 60, 3), dtype=np.uint8)
    demo = GradCamExplorer(
        {"noise": image}, layers=["features.head"], class_index=3, evidence="both"
    )
    assert demo.photos == [{"name": "noise", "code": ""}] and len(demo.layers) == 1
    assert len(demo.listed) == 12 and demo.inner_maps.size == 0
    assert demo.explanations["noise"].image.shape == (224, 224, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"photos": []}, "no photos"),
        ({"photos": "cat"}, "list of names"),
        ({"photos": ["rocket", "rokcet"]}, "rocket"),
        ({"photos": ["rocket"], "photo": "cat"}, "'cat'; use one of rocket"),
        ({"photos": ["rocket"], "layer": "features.stage4"}, "features.stage4"),
        ({"photos": ["rocket"], "class_index": 1000}, "0 to 999"),
        ({"photos": ["rocket"], "other_class": -1}, "0 to 999"),
        ({"photos": ["rocket"], "evidence": "some"}, "evidence"),
        ({"photos": ["rocket"], "opacity": 101}, "101"),
        ({"photos": {"x": np.zeros((8, 8, 3))}}, "uint8"),
        (
            {"photos": {"x": np.zeros((8, 8), np.uint8)}, "layers": ["features.stage3"]},
            "features.head as the last",
        ),
        ({"model": "no-net"}, "no-net"),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        GradCamExplorer(**arguments)


def test_the_figure_tells_the_numbers(demo):
    html = demo.figure_html()
    one = demo.explanations["rocket"]
    assert demo.class_names[one.top(1)[0]] in html and html.count("<tr>") == 6 and "alt=" in html
    assert f"{one.limit('features.head'):.2f}".rstrip("0") in html

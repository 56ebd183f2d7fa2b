"""DrawADigit in Python: the network's description, centering and moving, traits, and the figure."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import traitlets
from PIL import Image
from scipy import ndimage
from torch import nn

from lecture_utils import geometry, models
from lecture_utils.widgets import DrawADigit
from lecture_utils.widgets.draw_a_digit import center, move
from lecture_utils.widgets.draw_a_digit.examples import chosen_examples
from lecture_utils.widgets.draw_a_digit.layers import describe, frozen, pack


def network(seed=0, build=models.gap_cnn):
    torch.manual_seed(seed)
    return build()


def digits(count=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 28, 28), dtype=np.uint8), rng.integers(0, 10, count)


def blob(seed, shape=(280, 280)):
    """A random smooth drawing, somewhere on the paper."""
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=shape), 12)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    middle = rng.uniform(0.3, 0.7, 2) * shape
    near = np.hypot(rows - middle[0], (columns - middle[1]) * rng.uniform(0.5, 2)) < 70
    return np.where(near & (noise > 0), 1.0, 0.0)


# ---- Centering and moving


@pytest.mark.parametrize("seed", range(8))
def test_centering_is_that_of_mnist(seed):
    ink = blob(seed)
    digit = center(ink)
    rows, columns = np.nonzero(digit)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    middle = ndimage.center_of_mass(digit)
    assert all(13.45 <= place <= 14.55 for place in middle)
    assert np.array_equal(np.rint(digit * 255) / np.float32(255), digit)
    # The same box, scaled by Pillow's area filter.
    y, x = np.nonzero(ink)
    box = ink[y.min() : y.max() + 1, x.min() : x.max() + 1]
    size = np.ptp(columns) + 1, np.ptp(rows) + 1
    reference = Image.fromarray(box.astype(np.float32)).resize(size, Image.Resampling.BOX)
    small = digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    # Pillow counts a pixel on an edge for one side only.
    np.testing.assert_allclose(small, reference, atol=0.2)
    assert small.mean() == pytest.approx(np.mean(reference), abs=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (40, 1), (1, 40), (3, 200), (20, 20), (7, 13)])
def test_centering_takes_any_shape_and_stays_inside(shape):
    ink = np.zeros((280, 280))
    ink[5 : 5 + shape[0], 9 : 9 + shape[1]] = 1
    digit = center(ink)
    rows, columns = np.nonzero(digit)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert digit.max() == 1


def test_a_digit_with_all_its_mass_at_one_end_is_not_cut():
    ink = np.zeros((100, 100))
    ink[:, 50] = 1
    ink[90:, 20:80] = 1
    digit = center(ink)
    assert np.ptp(np.nonzero(digit)[0]) + 1 == 20


def test_no_ink_is_an_empty_digit():
    assert not center(np.full((28, 28), 0.4)).any()


@pytest.mark.parametrize("seed", range(6))
def test_moving_is_grid_sample(seed):
    rng = np.random.default_rng(seed)
    image = rng.random((28, 28)).astype(np.float32)
    right, down = rng.uniform(-14, 14, 2)
    angle = rng.uniform(-180, 180)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    rotate = np.array([[cos, -sin], [sin, cos]])
    back = rotate @ [-right / 14, -down / 14]
    theta = torch.tensor(np.column_stack([rotate, back]), dtype=torch.float32)[None]
    grid = F.affine_grid(theta, (1, 1, 28, 28), align_corners=False)
    reference = F.grid_sample(torch.tensor(image)[None, None], grid, align_corners=False)[0, 0]
    np.testing.assert_allclose(move(image, right, down, angle), reference, atol=1e-4)


def test_moving_by_nothing_and_by_whole_pixels_is_exact():
    image = np.random.default_rng(0).random((28, 28)).astype(np.float32)
    np.testing.assert_array_equal(move(image), image)
    moved = move(image, right=3, down=-2)
    np.testing.assert_array_equal(moved[:-2, 3:], image[2:, :-3])
    assert not moved[-2:].any() and not moved[:, :3].any()
    np.testing.assert_allclose(move(image, degrees=90), np.rot90(image), atol=1e-6)


# ---- The network on its way to the page


def test_weights_travel_in_half_precision_only_if_that_loses_nothing():
    exact = np.float32([0.5, -2.0, 0.0, 65504.0, 2**-24])
    packed, precision = pack(exact)
    assert precision == "float16"
    np.testing.assert_array_equal(packed.view("<f2").astype(np.float32), exact)
    for value in (0.1, 1e6, 1e-9):
        packed, precision = pack(np.float32([value]))
        assert precision == "float32"
        assert packed.view("<f4")[0] == np.float32(value)


@pytest.mark.parametrize("name", ["gap", "flatten", "dense", "strong"])
def test_all_networks_of_the_book_can_travel(name):
    model = network(build=models.NETWORKS[name])
    layers, parameters = describe(frozen(model))
    buffers = sum(b.numel() for n, b in model.named_buffers() if "running" in n)
    assert len(parameters) == geometry.count_parameters(model) + buffers
    assert "Dropout" not in [layer["kind"] for layer in layers]
    demo = DrawADigit(model, digits())
    with torch.no_grad():
        expected = model.eval()(torch.tensor(demo.input)[None, None])[0]
    np.testing.assert_allclose(demo.logits, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nn.Conv2d(1, 1, 3, dilation=2, padding=2), r"dilation=\(2, 2\) is not supported"),
        (nn.Conv2d(1, 1, 3, padding="same"), "padding='same'"),
        (nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), "padding_mode"),
        (nn.Sigmoid(), "cannot compute Sigmoid"),
        (nn.BatchNorm2d(1), "must come right before"),
        (nn.MaxPool2d(3, 1, padding=1), "padding=1"),
    ],
)
def test_unsupported_layers_are_named(layer, words):
    model = nn.Sequential(layer, nn.Flatten(), nn.Linear(784, 10))
    with pytest.raises(ValueError, match=words):
        DrawADigit(model, digits())


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Linear(784, 10), "is a Linear; give an nn.Sequential"),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 7)), r"\(1, 7\)"),
        (nn.Sequential(nn.Conv2d(3, 4, 3)), "does not take"),
    ],
)
def test_networks_that_do_not_read_digits(model, words):
    with pytest.raises(ValueError, match=words):
        DrawADigit(model, digits())


def test_a_network_whose_training_diverged():
    model = network()
    nn.init.constant_(model[0].bias, torch.nan)
    with pytest.raises(ValueError, match="not finite"):
        DrawADigit(model, digits())


def test_the_given_network_is_left_as_it_was():
    model = network(build=models.strong_cnn).train()
    DrawADigit(model, digits())
    assert model.training


def test_a_run_that_does_not_exist():
    with pytest.raises(ValueError, match="no/such"):
        DrawADigit("no/such", digits())


# ---- Examples and traits


def test_examples_are_one_of_each_digit_and_confident_mistakes():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 28, 28), dtype=np.uint8)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    with torch.no_grad():
        scores = model(torch.tensor(images).float()[:, None] / 255).softmax(1).numpy()
    labels = scores.argmax(axis=1)
    wrong = [5, 17, 29]
    labels[wrong] = (labels[wrong] + 1) % 10
    chosen = chosen_examples(model.eval(), images, labels)
    surest = sorted(wrong, key=lambda i: -scores[i].max())
    assert chosen[-3:] == surest
    assert sorted(labels[chosen[:-3]]) == sorted(set(np.delete(labels, wrong)))


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (np.zeros((2, 8, 8)), [1, 2], r"\(2, 8, 8\)"),
        (np.zeros((0, 28, 28)), [], r"\(0, 28, 28\)"),
        (np.zeros((2, 28, 28)), [1], "labels of shape"),
        (np.full((1, 28, 28), np.nan), [1], "from 0"),
        (np.full((1, 28, 28), 255.0), [1], "from 0"),
        (np.zeros((1, 28, 28)), [10], "digits from 0 to 9"),
    ],
)
def test_examples_that_cannot_be_used(images, labels, words):
    with pytest.raises(ValueError, match=words):
        DrawADigit(network(), (images, labels))


def test_image_and_source_follow_each_other():
    images, labels = digits()
    demo = DrawADigit(network(), (images, labels))
    demo.source = "example 2"
    np.testing.assert_allclose(demo.image, images[1] / 255, atol=1e-7)
    demo.image = np.eye(28)
    assert demo.source == "your array"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("image", np.zeros((8, 8)), "reads 28x28"),
        ("image", np.full((28, 28), np.nan), "from 0"),
        ("image", np.full((28, 28), 2.0), "from 0"),
        ("right", 15.0, "right"),
        ("down", float("nan"), "is nan"),
        ("degrees", 181.0, "degrees"),
        ("source", "nowhere", "'nowhere'"),
        ("unit", [1, 2], "unit"),
    ],
)
def test_values_that_cannot_be_used(name, value, words):
    with pytest.raises(traitlets.TraitError, match=words):
        setattr(DrawADigit(network(), digits()), name, value)


def test_activations_are_those_of_hooks():
    model = network(build=models.strong_cnn).eval()
    demo = DrawADigit(model, digits(), right=2.5, degrees=30)
    seen = []
    for module in model:
        if not isinstance(module, (nn.Conv2d, nn.Dropout)):
            module.register_forward_hook(lambda _, __, output: seen.append(output[0].numpy()))
    with torch.no_grad():
        model(torch.tensor(demo.input)[None, None])
    # Each convolution counts together with the normalization behind it.
    outputs = demo.activations()
    assert len(outputs) == len(seen)
    for ours, theirs in zip(outputs, seen, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert demo.probabilities.sum() == pytest.approx(1)


def test_the_figure_tells_the_scores():
    demo = DrawADigit(network(), digits())
    page = demo.figure_html()
    read = int(demo.logits.argmax())
    assert f"The network predicts {read}" in page
    percents = [float(p) for p in re.findall(r"<td>([\d.]+)%</td>", page)]
    np.testing.assert_allclose(percents, 100 * demo.probabilities, atol=0.051)

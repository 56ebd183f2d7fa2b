"""Gradient ascent: images that activate their channel, reproducibly, and a model left as it was."""

import pytest
import torch
from torch import nn

from lecture_utils import models
from lecture_utils.interpretation import Priors, feature_maps, maximize_activation
from lecture_utils.interpretation._canvases import FourierCanvas, color_basis
from lecture_utils.interpretation._diversity import similarity
from lecture_utils.interpretation._priors import total_variation, transform

METHODS = ("pixel", "fourier")


@pytest.fixture
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return models.build("cats")


def ascend(network, layer="3", channel=(0, 5), **options):
    return maximize_activation(
        network, layer, list(channel), **{"size": 24, "steps": 12, **options}
    )


@pytest.mark.parametrize("method", METHODS)
def test_it_climbs(network, method):
    result = ascend(network, method=method, frames=(0, 4, 12))
    assert result.images.shape == (2, 3, 24, 24) and result.history.shape == (12, 2)
    assert result.images.min() >= 0 and result.images.max() <= 1
    assert result.frames.shape == (3, 2, 3, 24, 24) and result.frame_steps == (0, 4, 12)
    assert torch.equal(result.frames[-1], result.images)

    def activation(images):
        maps = feature_maps(network[:4], "3", images)
        return torch.stack([maps[0, 0].mean(), maps[1, 5].mean()])

    start, middle, end = (activation(frame) for frame in result.frames)
    torch.testing.assert_close(end, result.activations)
    assert (end > middle).all() and (middle > start).all()
    if method == "pixel":
        torch.testing.assert_close(start, result.history[0])


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_gives_the_same_images_and_a_batch_the_same_as_one(network, method):
    together = ascend(network, method=method, steps=3)
    assert torch.equal(together.images, ascend(network, method=method, steps=3).images)
    assert not torch.equal(together.images, ascend(network, method=method, steps=3, seed=1).images)
    alone = ascend(network, channel=[0], method="pixel", steps=3)
    both = ascend(network, channel=[0, 5], method="pixel", steps=3)
    torch.testing.assert_close(alone.images[0], both.images[0], rtol=1e-3, atol=1e-4)


def test_a_step_on_pixels_is_a_step_of_adam(network):
    network.eval()
    result = ascend(
        network, channel=[5], method="pixel", steps=2, frames=(0, 1, 2), learning_rate=0.01
    )
    pixels = result.frames[0].clone().requires_grad_()
    optimizer = torch.optim.Adam([pixels], lr=0.01)
    for step in (1, 2):
        optimizer.zero_grad()
        (-network[:4](pixels)[0, 5].mean()).backward()
        optimizer.step()
        torch.testing.assert_close(result.frames[step], pixels.detach())


def test_logits_and_gray_networks():
    torch.manual_seed(0)
    network = models.build("gap").eval()
    result = maximize_activation(network, "10", 7, size=28, steps=8, frames=[0])
    assert result.images.shape == (1, 1, 28, 28)
    start, end = (network(images)[0, 7] for images in (result.frames[0], result.images))
    torch.testing.assert_close(end.detach(), result.activations[0])
    assert end > start


def test_it_normalizes(network):
    network.eval()
    result = ascend(network, steps=0, normalize=lambda images: 2 * images - 1, size=(20, 26))
    assert result.images.shape == (2, 3, 20, 26) and result.history.shape == (0, 2)
    maps = network[:4](2 * result.images - 1)
    torch.testing.assert_close(maps[1, 5].mean().detach(), result.activations[1])


def test_a_neuron_is_the_middle_of_the_map_and_needs_its_receptive_field_only(network):
    result = ascend(network, objective="neuron", priors=Priors(transformations=0), frames=(0, 12))
    maps = feature_maps(network[:4], "3", result.images)
    middle = maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]
    torch.testing.assert_close(torch.stack([middle[0, 0], middle[1, 5]]), result.activations)
    assert (result.activations > ascend(network, steps=0, objective="neuron").activations).all()
    # On pixels, what the neuron does not see stays as it was.
    pixels = ascend(network, objective="neuron", method="pixel", frames=(0,))
    assert torch.equal(pixels.images[..., 0, 0], pixels.frames[0][..., 0, 0])
    assert not torch.equal(pixels.images, pixels.frames[0])


def test_the_lowest_activation(network):
    low, high = (ascend(network, minimize=minimize).activations for minimize in (True, False))
    start = ascend(network, steps=0).activations
    assert (low < start).all() and (start < high).all()


def test_each_prior_does_what_it_says(network):
    def images(**priors):
        return ascend(network, steps=20, priors=Priors(**priors), learning_rate=0.1).images

    default = images()
    rough = total_variation(default)
    assert (total_variation(images(fourier=0)) > 1.3 * rough).all()
    assert (total_variation(images(total_variation=20)) < 0.9 * rough).all()

    def colorfulness(batch):
        return (batch - batch.mean(dim=1, keepdim=True)).abs().mean(dim=(1, 2, 3))

    assert (colorfulness(images(color=0)) > colorfulness(default)).all()
    still = ascend(network, steps=20, priors=Priors(transformations=0), learning_rate=0.1)
    moved = ascend(network, steps=20, learning_rate=0.1)
    assert (still.activations > moved.activations).all()  # a pattern for one position only


def test_strengths_do_not_change_the_contrast_at_the_start():
    def contrast(fourier, color):
        generator = torch.Generator().manual_seed(0)
        canvas = FourierCanvas((16, 3, 32, 32), generator, torch.empty(0), fourier, color)
        return torch.logit(canvas.images().detach()).std().item()

    at_default = contrast(1, 1)
    for fourier, color in ((0, 1), (0.5, 0.5), (1.5, 0), (1, 0)):
        assert contrast(fourier, color) == pytest.approx(at_default, rel=0.25)
    torch.testing.assert_close(color_basis(3, 0.0) / color_basis(3, 0.0)[0, 0], torch.eye(3))


def test_total_variation_by_hand_and_a_still_image():
    image = torch.tensor([[[[0.0, 1.0], [0.5, 0.5]]]])
    torch.testing.assert_close(total_variation(image), torch.tensor([(0.5 + 0.5) / 2]))
    assert total_variation(torch.rand(2, 3, 1, 1)).tolist() == [0, 0]
    generator = torch.Generator().manual_seed(0)
    assert transform(image, 0, generator) is image
    assert transform(image, 4, generator).shape == image.shape


def test_similarity_is_the_cosine_of_gram_matrices():
    torch.manual_seed(0)
    for shape in ((5, 7, 2, 2), (5, 2, 4, 4)):  # few positions, and few channels
        maps = torch.randn(shape)
        features = maps.flatten(2)
        gram = (features @ features.transpose(1, 2)).flatten(1)
        cosine = torch.cosine_similarity(gram[:, None], gram[None], dim=2)
        found = similarity(maps, [4, 4, 4, 9, 1])
        expected = torch.stack(
            [cosine[0, 1:3].mean(), cosine[1, [0, 2]].mean(), cosine[2, :2].mean()]
        )
        torch.testing.assert_close(found[:3], expected)
        assert found[3:].tolist() == [0, 0]


def test_diversity_drives_images_of_a_channel_apart(network):
    def alike(diversity):
        result = ascend(network, channel=[5, 5, 5], steps=20, diversity=diversity)
        maps = feature_maps(network[:4], "3", result.images)
        return similarity(maps, [5, 5, 5]).mean(), result.activations.mean()

    without, with_it = alike(0), alike(2)
    assert with_it[0] < without[0] and with_it[1] < without[1]


@pytest.mark.parametrize("size", [(24, 24), (31, 20), (1, 7)])
def test_waves_and_colors_are_those_of_photos(size):
    generator = torch.Generator().manual_seed(0)
    canvas = FourierCanvas((64, 3, *size), generator, torch.empty(0))
    assert canvas.images().shape == (64, 3, *size)
    logits = torch.logit(canvas.images().detach())
    if size == (24, 24):
        # Brightness varies most, and the colors as the basis says.
        colors = torch.cov(logits.permute(1, 0, 2, 3).flatten(1))
        expected = color_basis(3) @ color_basis(3).T
        torch.testing.assert_close(
            colors / colors.trace(), expected / expected.trace(), rtol=0.3, atol=0.02
        )
        # Power falls with the square of the frequency.
        power = torch.fft.fft2(logits).abs().square().mean(dim=(0, 1))
        ratio = (power[0, 2] / power[0, 8]).sqrt().item()
        assert 3 < ratio < 5.3


@pytest.mark.parametrize("method", METHODS)
def test_the_model_is_left_as_it_was(network, method):
    network.train().requires_grad_(True)
    random = torch.get_rng_state()
    with torch.no_grad():
        ascend(network, method=method, steps=2)
    assert network.training and all(p.grad is None for p in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())
    assert torch.equal(torch.get_rng_state(), random)
    with pytest.raises(ValueError, match="channel is 64"):
        ascend(network, channel=[64])
    assert network.training and not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "30"}, "no layer '30'"),
        ({"layer": "2", "channel": [32]}, "channel is 32; layer '2' has the channels 0 to 31"),
        ({"channel": [-1]}, r"channel is \[-1\]; pass an integer of at least 0"),
        ({"channel": []}, "pass an integer of at least 0, or several"),
        ({"channel": [True]}, "pass an integer"),
        ({"objective": "layer"}, "objective"),
        ({"priors": {"color": 1}}, "pass interpretation.Priors"),
        ({"priors": Priors(), "method": "pixel"}, 'the method "pixel" has no priors'),
        ({"diversity": -1}, "diversity is -1; give a number of at least 0"),
        ({"diversity": float("nan")}, "diversity"),
        ({"method": "lucid"}, "method is 'lucid'; use one of 'pixel', 'fourier'"),
        ({"steps": -1}, "steps is -1"),
        ({"steps": 1.5}, "steps is 1.5"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": "a"}, "learning_rate is 'a'; give a positive, finite number"),
        ({"frames": 2}, r"frames is 2; pass a list of steps, such as \[0, 12\]"),
        ({"frames": "2"}, "frames is '2'; pass a list of steps"),
        ({"frames": (0, 13)}, r"frames is \(0, 13\); pass steps from 0 to 12"),
        ({"size": 0}, "size"),
        ({"size": 3}, r"does not accept images of shape \(2, 3, 3, 3\)"),
    ],
)
def test_what_does_not_work(network, options, message):
    with pytest.raises(ValueError, match=message):
        ascend(network, **options)


@pytest.mark.parametrize(
    ("strengths", "message"),
    [
        ({"fourier": -1}, "fourier is -1"),
        ({"color": 1.5}, "color is 1.5; give a strength from 0 to 1"),
        ({"transformations": 5}, "from 0 to 4"),
        ({"total_variation": float("inf")}, "total_variation"),
        ({"color": "red"}, "color"),
    ],
)
def test_strengths_that_do_not_exist(strengths, message):
    with pytest.raises(ValueError, match=message):
        Priors(**strengths)


def test_a_layer_without_channels():
    class Flat(nn.Module):
        def forward(self, images):
            return images.flatten()

    with pytest.raises(ValueError, match=r"layer '0' outputs \(48,\); maximize_activation needs"):
        maximize_activation(nn.Sequential(Flat()), "0", 0, size=4)

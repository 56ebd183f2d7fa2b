"""Evidence pixel by pixel, deletion curves, and models that have forgotten what they learned."""

import copy

import pytest
import torch
import torchvision
from torch import nn

from lecture_utils.interpretation import (
    deletion_curve,
    guided_gradient,
    input_gradient,
    integrated_gradients,
    smooth_grad,
    with_random_weights,
)


@pytest.fixture(scope="module")
def model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torchvision.models.resnet18(weights=None).double().eval()


@pytest.fixture(scope="module")
def small():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(32, 4),
        ).double()


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(2, 3, 32, 32, generator=generator, dtype=torch.float64)


def not_in_place(model):
    """Captum's hooks on gradients cannot cope with layers that work in place."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return model


def test_the_gradient_is_that_of_captum(model, images):
    from captum.attr import Saliency

    theirs = Saliency(model).attribute(images, target=[3, 7], abs=False)
    torch.testing.assert_close(input_gradient(model, images, [3, 7]), theirs)


@pytest.mark.parametrize("baseline", [0.0, -0.7])
def test_integrated_gradients_are_those_of_captum(small, images, baseline):
    from captum.attr import IntegratedGradients

    theirs = IntegratedGradients(small).attribute(
        images, baselines=baseline, target=[1, 3], n_steps=20, method="riemann_middle"
    )
    ours = integrated_gradients(small, images, [1, 3], baseline=baseline, steps=20)
    torch.testing.assert_close(ours, theirs)


def test_integrated_gradients_are_complete(small, images):
    baseline = images.mean(dim=(2, 3), keepdim=True)
    shares = integrated_gradients(small, images, [1, 3], baseline=baseline, steps=400)
    with torch.no_grad():
        before, after = small(baseline.expand_as(images)), small(images)
    rows, classes = [0, 1], [1, 3]
    wanted = after[rows, classes] - before[rows, classes]
    torch.testing.assert_close(shares.sum(dim=(1, 2, 3)), wanted, atol=2e-3, rtol=2e-2)


def test_the_default_class_is_that_of_the_image_itself(small, images):
    predicted = small(images).argmax(dim=1)
    for method in (input_gradient, smooth_grad, integrated_gradients, guided_gradient):
        torch.testing.assert_close(method(small, images), method(small, images, predicted))


# A ReLU in a block of torchvision's ResNet is one module that is used twice: captum's hooks then
# refuse. A plain stack has each of its own.
def test_guided_backpropagation_is_that_of_captum(small, images):
    from captum.attr import GuidedBackprop

    theirs = GuidedBackprop(small).attribute(images, target=[1, 3])
    torch.testing.assert_close(guided_gradient(small, images, [1, 3]), theirs)


def test_guided_backpropagation_works_with_layers_that_work_in_place(model, images):
    ours = guided_gradient(model, images, 5)
    torch.testing.assert_close(ours, guided_gradient(not_in_place(model), images, 5))
    assert not torch.allclose(ours, input_gradient(model, images, 5))


def test_guided_backpropagation_by_hand_with_a_relu6():
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 3, bias=False), nn.ReLU6(), nn.Linear(3, 1))
    with torch.no_grad():
        model[1].weight.copy_(torch.tensor([[1.0, 0], [0, 1], [5, 5]]))
        model[3].weight.copy_(torch.tensor([[2.0, -1, 4]]))
    image = torch.tensor([1.0, 2.0]).view(1, 1, 1, 2)
    # The second unit has a negative gradient, and the third is at its upper limit.
    assert guided_gradient(model, image, 1).flatten().tolist() == [2, 0]
    assert input_gradient(model, image, 1).flatten().tolist() == [2, -1]
    # With one logit, the evidence for class 0 has the opposite sign, before it is guided.
    assert guided_gradient(model, image, 0).flatten().tolist() == [0, 1]


def test_smooth_grad_is_the_mean_over_noisy_copies(small, images):
    ours = smooth_grad(small, images, [1, 3], noise=0.2, samples=5, seed=4)
    generator = torch.Generator().manual_seed(4)
    span = torch.stack([image.max() - image.min() for image in images]).view(2, 1, 1, 1)
    total = 0
    for _ in range(5):
        drawn = torch.randn(images.shape, generator=generator, dtype=torch.float64)
        noisy = (images + 0.2 * span * drawn).requires_grad_()
        scores = small(noisy)
        (scores[0, 1] + scores[1, 3]).backward()
        total = total + noisy.grad
    torch.testing.assert_close(ours, total / 5)
    small.zero_grad()
    without = smooth_grad(small, images, [1, 3], noise=0, samples=2)
    torch.testing.assert_close(without, input_gradient(small, images, [1, 3]))


@pytest.mark.parametrize(
    "method", [input_gradient, smooth_grad, integrated_gradients, guided_gradient]
)
def test_nothing_is_left_behind(small, images, method):
    small.train()
    with torch.no_grad():
        method(small, images, 0)
    assert small.training
    assert all(p.grad is None for p in small.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in small.modules())
    assert not images.requires_grad
    small.eval()


def test_what_cannot_be_computed_is_refused(small, images):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2).double())
    with pytest.raises(ValueError, match="nothing to guide"):
        guided_gradient(flat, images)
    with pytest.raises(ValueError, match="noise is -1"):
        smooth_grad(small, images, noise=-1)
    with pytest.raises(ValueError, match="baseline is"):
        integrated_gradients(small, images, baseline=torch.zeros(5))
    with pytest.raises(ValueError, match="steps is 0"):
        integrated_gradients(small, images, steps=0)
    constant = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2).double())

    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = constant

        def forward(self, images):
            return self.inner(images.detach() * 0)

    with pytest.raises(ValueError, match="do not depend on the images"):
        input_gradient(Constant(), images)


def test_a_deletion_curve_by_hand(small, images):
    generator = torch.Generator().manual_seed(3)
    evidence = torch.rand(2, 4, 2, generator=generator)
    curve = deletion_curve(small, images, evidence, [1, 3], steps=4, fill=0.5, batch_size=3)
    assert curve.shape == (2, 5)
    for n, index in enumerate((1, 3)):
        image = images[n].clone()
        order = evidence[n].flatten().argsort(descending=True).tolist()
        with torch.no_grad():
            for step in range(5):
                for cell in order[: 2 * step]:
                    row, column = divmod(cell, 2)
                    image[:, 8 * row : 8 * row + 8, 16 * column : 16 * column + 16] = 0.5
                expected = small(image[None])[0, index]
                torch.testing.assert_close(curve[n, step], expected)


def test_cells_need_not_divide_the_image(small, images):
    curve = deletion_curve(small, images, torch.rand(5, 7), 0, fill=torch.zeros(3))
    assert curve.shape == (2, 36)
    with torch.no_grad():
        torch.testing.assert_close(curve[:, 0], small(images)[:, 0])
        torch.testing.assert_close(curve[:, -1], small(torch.zeros_like(images))[:, 0])


def test_evidence_must_fit(small, images):
    for evidence, problem in (
        (torch.rand(3, 4, 4), "pass \\(h, w\\), or \\(2, h, w\\)"),
        (torch.rand(64, 4), "32 x 32 pixels"),
        (torch.full((2, 2), torch.nan), "not finite"),
    ):
        with pytest.raises(ValueError, match=problem):
            deletion_curve(small, images, evidence)
    with pytest.raises(ValueError, match="only 4 cells"):
        deletion_curve(small, images, torch.rand(2, 2), steps=5)


def test_random_weights_in_some_layers_only(model):
    state = torch.get_rng_state()
    other = with_random_weights(model, ["fc", "layer4"], seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    again = with_random_weights(model, [model.fc, "layer4"], seed=3)
    for (name, old), new, same in zip(
        model.named_parameters(), other.parameters(), again.parameters(), strict=True
    ):
        assert torch.equal(new, same), name
        # Normalization begins with ones and zeros, and so it is in a ResNet without training.
        drawn = name.startswith("fc.") or (name.startswith("layer4.") and old.ndim == 4)
        assert torch.equal(old, new) != drawn, name
    assert not torch.equal(with_random_weights(model, "fc", seed=4).fc.weight, again.fc.weight)
    with pytest.raises(ValueError, match="no layer 'head'"):
        with_random_weights(model, "head")
    with pytest.raises(ValueError, match="no weights that could be drawn"):
        with_random_weights(model, "maxpool")


class Summary(nn.Module):
    """Attention over pixels and a token with weights of its own, as in a vision transformer."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 4))
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        pixels = torch.cat([self.token.expand(len(x), -1, -1), x.flatten(2).mT], dim=1)
        return self.attention(pixels, pixels, pixels)[0][:, 0]


class DrawnSummary(Summary):
    def reset_parameters(self):
        nn.init.normal_(self.token)


def filled(model):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.123)
    return model


def test_attention_is_drawn_as_in_a_new_layer():
    model = filled(nn.Sequential(nn.Conv2d(3, 4, 3), DrawnSummary(), nn.Linear(4, 2)))
    other = with_random_weights(model, "", seed=1)
    assert all((value == 0.123).all() for value in model.parameters())
    assert not any((value == 0.123).any() for value in other.parameters())
    attention, new = other[1].attention, nn.MultiheadAttention(4, 2)
    # Its biases begin with zeros, and its weights within Glorot's bounds.
    for ours, theirs in zip(attention.parameters(), new.parameters(), strict=True):
        assert ours.any() == theirs.any()
    assert attention.in_proj_weight.abs().max() <= (6 / (4 + 12)) ** 0.5
    transformer = with_random_weights(filled(nn.Transformer(8, 2, 1, 1, 16)), "")
    assert not any((value == 0.123).any() for value in transformer.parameters())


def test_parameters_that_would_stay_trained_are_named():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), Summary(), nn.Linear(4, 2))
    with pytest.raises(ValueError, match=r"module '1' \(Summary\) has .* again: token; give"):
        with_random_weights(model, "")
    with pytest.raises(ValueError, match="module '1'"):
        with_random_weights(model, ["0", "1"])
    assert not any(value.isnan().any() for value in model.parameters())
    with_random_weights(model, ["0", "1.attention", "2"])
    vit = torchvision.models.VisionTransformer(8, 4, 1, 2, 8, 8, num_classes=2)
    with pytest.raises(ValueError, match=r"module '' \(VisionTransformer\) .* class_token"):
        with_random_weights(vit, "")
    # Weights that a parametrization computes from others: its layer can only draw the result.
    normalized = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)))
    with pytest.raises(ValueError, match=r"module '0\.parametrizations\.weight'.*original0"):
        with_random_weights(normalized, "0")

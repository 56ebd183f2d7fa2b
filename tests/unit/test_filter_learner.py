"""FilterLearner in Python: its traits, its gradient against PyTorch's, and what it leaves in a
page.
"""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import traitlets

from lecture_utils.convolution import KERNELS, convolve2d
from lecture_utils.widgets import FilterLearner
from lecture_utils.widgets.filter_learner import training


def torch_kernel(weights):
    return torch.tensor(np.array(weights), dtype=torch.float64)[None, None].requires_grad_()


def random_learner(seed, **settings):
    rng = np.random.default_rng(seed)
    shape = rng.integers(8, 40, 2)
    target = rng.normal(size=(size := int(rng.choice([3, 5])), size))
    options = {
        "learning_rate": 10 ** rng.uniform(-3, -1.5),
        "batch": [1, 16, 64, 256, "all"][seed % 5],
        "noise": rng.uniform(0, 1),
        "momentum": rng.uniform(0, 0.95),
        "seed": int(rng.integers(2**32)),
        "centered": bool(seed % 2),
    }
    return FilterLearner(rng.random(shape), target, **{**options, **settings})


@pytest.mark.parametrize("seed", range(10))
def test_gradient_and_updates_are_those_of_autograd(seed):
    learner = random_learner(seed)
    image = learner.image.astype(np.float64)
    image = torch.from_numpy(image - learner.centered * image.mean())[None, None]
    responses = torch.from_numpy(learner.responses)
    weight = torch_kernel(learner.weights)
    optimizer = torch.optim.SGD([weight], learner.learning_rate, momentum=learner.momentum)
    for _ in range(4):
        errors = F.conv2d(image, weight).flatten() - responses
        assert learner.loss == pytest.approx(errors.square().mean().item(), rel=1e-10)
        optimizer.zero_grad()
        errors[torch.from_numpy(learner.positions)].square().mean().backward()
        np.testing.assert_allclose(learner.gradient, weight.grad[0, 0], rtol=1e-9, atol=1e-12)
        optimizer.step()
        learner.train()
        np.testing.assert_allclose(learner.weights, weight.detach()[0, 0], rtol=1e-9, atol=1e-12)
    assert learner.steps == 4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("batch", [64, "all"])
def test_with_defaults_it_finds_the_sobel_kernel(seed, batch):
    learner = FilterLearner(seed=seed, batch=batch)
    assert learner.distance > 1
    learner.train(300)
    np.testing.assert_allclose(learner.weights, KERNELS["sobel x"], atol=1e-2)
    assert learner.distance < 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("source", ["Sandal", "Ankle boot", "cat"])
def test_the_largest_stable_rate_is_where_descent_turns_into_divergence(source, momentum):
    learner = FilterLearner(source=source, batch="all", momentum=momentum)
    before = learner.loss
    learner.learning_rate = 0.99 * learner.stable_rate
    learner.train(1500)
    assert learner.loss < before
    learner.reset()
    learner.learning_rate = 1.01 * learner.stable_rate
    with pytest.raises(FloatingPointError, match=r"diverges at step \d+ with learning_rate"):
        learner.train(6000)
    assert learner.steps == 0


def test_curvature_is_the_hessian_of_the_loss():
    learner = random_learner(4, batch="all")
    rows, responses = map(torch.from_numpy, (np.array(learner.patches), learner.responses))
    start = torch.from_numpy(np.array(learner.weights.ravel()))
    hessian = torch.autograd.functional.hessian(
        lambda weights: (rows @ weights - responses).square().mean(), start
    )
    values = torch.linalg.eigvalsh(hessian).numpy()
    np.testing.assert_allclose(2 * learner.eigenvalues, values, rtol=1e-6, atol=1e-12)
    limit = 2 * (1 + learner.momentum) / values[-1]
    assert learner.stable_rate == pytest.approx(limit)


def test_the_teacher_is_a_convolution_with_noise_of_the_chosen_level():
    image = np.random.default_rng(3).random((60, 50))
    learner = FilterLearner(image, "laplacian", noise=0.3, seed=7)
    clean = convolve2d(learner.image.astype(float), KERNELS["laplacian"]).ravel()
    noise = learner.responses - clean
    assert noise.std() == pytest.approx(0.3, rel=0.05)
    assert abs(noise.mean()) < 0.03
    assert learner.noise_floor == pytest.approx((noise**2).mean())
    other = FilterLearner(image, "laplacian", noise=0.3, seed=8)
    assert abs(np.corrcoef(noise, other.responses - clean)[0, 1]) < 0.1
    learner.noise = 0
    np.testing.assert_allclose(learner.responses, clean, atol=1e-12)
    assert learner.noise_floor == pytest.approx(0, abs=1e-20)


def test_random_numbers_are_uniform_and_unrelated():
    streams = np.array([training.uniform(seed, s, 4000) for seed in (0, 1) for s in range(4)])
    assert streams.min() > 0 and streams.max() < 1
    counts = np.histogram(streams, 20, (0, 1))[0] / streams.size
    np.testing.assert_allclose(counts, 0.05, atol=0.005)
    correlation = np.corrcoef(streams) - np.eye(len(streams))
    assert np.abs(correlation).max() < 0.06
    values = training.normal(5, 9, 20_000)
    assert values.mean() == pytest.approx(0, abs=0.03)
    assert values.std() == pytest.approx(1, abs=0.02)
    assert (np.abs(values) < 1.96).mean() == pytest.approx(0.95, abs=0.01)
    assert (training.uniform(3, 2, 5) == training.uniform(3, 2, 50)[:5]).all()


def test_a_flat_image_teaches_only_the_sum_and_a_black_one_nothing():
    flat = FilterLearner(source="flat gray", target="box blur", batch="all", learning_rate=0.01)
    start = flat.weights
    flat.train(400)
    moved = flat.weights - start
    np.testing.assert_allclose(moved, moved.mean(), atol=1e-12)
    assert flat.weights.sum() == pytest.approx(1, abs=1e-3)
    black = FilterLearner(np.zeros((9, 9)))
    assert not black.gradient.any()
    assert black.stable_rate == np.inf


def test_seeds_and_reset():
    first, second = FilterLearner(seed=3), FilterLearner(seed=4)
    start = first.weights
    assert not np.allclose(start, second.weights)
    first.train(5)
    first.reset()
    np.testing.assert_array_equal(first.weights, start)
    assert first.steps == 0 and not first.velocity.any()
    first.target = np.eye(5)
    assert first.weights.shape == (5, 5) and first.target_name == "custom"
    first.target_name = "sobel y"
    assert first.weights.shape == (3, 3)
    np.testing.assert_array_equal(first.target, KERNELS["sobel y"])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("learning_rate", 0, "learning_rate is 0.0; use a number from 0.0001"),
        ("learning_rate", np.nan, "learning_rate is nan"),
        ("noise", -0.1, "noise is -0.1"),
        ("momentum", 1, "momentum is 1.0; use a number from 0 to 0.95"),
        ("batch", 10, "10"),
        ("seed", -1, "-1"),
        ("target", np.zeros((4, 4)), r"shape \(4, 4\); give 3x3 or 5x5"),
        ("target", np.full((3, 3), np.inf), "inf at row 0, column 0"),
        ("target_name", "sobel z", "no kernel 'sobel z'"),
        ("image", np.zeros((200, 30)), r"at most 128x128, for example image\[:64"),
        ("source", "dog", "no image 'dog'"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(name, value, words):
    learner = FilterLearner()
    before = getattr(learner, name)
    with pytest.raises(traitlets.TraitError, match=words):
        setattr(learner, name, value)
    np.testing.assert_array_equal(getattr(learner, name), before)


def test_other_nonsense_is_named():
    with pytest.raises(ValueError, match="smaller than the 5x5 kernel"):
        FilterLearner(np.zeros((4, 9)), np.eye(5)).train()
    with pytest.raises(ValueError, match="steps is -1"):
        FilterLearner().train(-1)
    learner = FilterLearner(learning_rate=50)
    with pytest.raises(FloatingPointError, match=r"learning_rate 50; use less than 9\.58"):
        learner.train(300)


def test_the_figure_tells_what_was_learned():
    learner = FilterLearner()
    html = learner.figure_html()
    assert learner.steps == 0
    text = re.sub("<[^>]+>", " ", html)
    assert f"starts with a loss of {learner.loss:.3g}" in text
    assert f"learning rate of {learner.stable_rate:.3g}" in text
    learner.train(300)
    assert f"{learner.distance:.3g} away from the target" in text
    assert html.count("<img") == 1 and "<script" not in html
    assert "training diverges" in FilterLearner(learning_rate=50).figure_html()
    assert "smaller than the kernel" in FilterLearner(np.zeros((2, 9))).figure_html()

"""Gabor kernels and banks against scikit-image and scipy.ndimage."""

import itertools
import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from rounding import sum_error
from scipy import ndimage
from skimage import filters

from lecture_utils.filter_banks import GaborBank, _engine, gabor_kernel

MODES = ["reflect", "wrap", "constant", "nearest"]


def random_parameters(rng, *, elongated=False):
    frequency, theta = rng.uniform(0.02, 0.5), rng.uniform(-7, 7)
    sigma = tuple(rng.uniform(0.8, 5, 2)) if elongated else rng.uniform(0.4, 4)
    return frequency, theta, sigma


def by_ndimage(image, kernel, mode):
    image = np.asarray(image, dtype=np.float64)
    real = ndimage.convolve(image, kernel.real, mode=mode)
    return real + 1j * ndimage.convolve(image, kernel.imag, mode=mode)


def largest_difference(ours, reference):
    """Relative to the strongest response of each filter, so that no weak one is overlooked."""
    ours = np.asarray(ours)
    assert ours.shape == reference.shape
    scale = abs(reference).max((-2, -1), keepdims=True)
    return (abs(ours - reference) / scale).max()


@pytest.mark.parametrize("seed", range(40))
def test_kernel_equals_scikit_image(seed):
    rng = np.random.default_rng(seed)
    frequency, theta, (sigma_x, sigma_y) = random_parameters(rng, elongated=True)
    phase, n_stds = rng.uniform(-4, 4), rng.choice([2, 3, 3.7])
    ours = gabor_kernel(
        frequency, theta, sigma_x=sigma_x, sigma_y=sigma_y, phase=phase, n_stds=n_stds
    )
    theirs = filters.gabor_kernel(
        frequency, theta, sigma_x=sigma_x, sigma_y=sigma_y, offset=phase, n_stds=n_stds
    )
    assert ours.dtype == np.complex128
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("theta", [0, math.pi / 4, math.pi / 2, math.pi, 1e-9, 5])
@pytest.mark.parametrize("sigma", [0.05, 1 / 3, 1, 2.5, 8])
def test_round_kernel_equals_scikit_image(theta, sigma):
    theirs = filters.gabor_kernel(0.16, theta, sigma_x=sigma, sigma_y=sigma)
    np.testing.assert_allclose(gabor_kernel(0.16, theta, sigma), theirs, rtol=0, atol=1e-12)


def test_default_sigma_is_one_octave_like_scikit_image():
    np.testing.assert_allclose(
        gabor_kernel(0.13, 0.4), filters.gabor_kernel(0.13, 0.4), rtol=0, atol=1e-12
    )


def test_one_sigma_may_be_left_to_the_common_one():
    np.testing.assert_array_equal(
        gabor_kernel(0.2, 0.3, 2, sigma_y=5), gabor_kernel(0.2, 0.3, sigma_x=2, sigma_y=5)
    )


def test_bank_is_the_outer_product_in_order():
    bank = GaborBank([0.1, 0.3], [0, 1.0, 2.0], [1.5, 4])
    expected = list(itertools.product([0.1, 0.3], [0, 1.0, 2.0], [1.5, 4]))
    assert bank.parameters == expected
    assert len(bank) == len(bank.kernels) == len(bank.names) == len(set(bank.names)) == 12
    for (frequency, theta, sigma), kernel in zip(expected, bank.kernels, strict=True):
        np.testing.assert_array_equal(kernel, gabor_kernel(frequency, theta, sigma))


def test_bank_from_list_keeps_order_and_pairs():
    parameters = [(0.31, 0, 3.6), (0.16, 1.2, (2.0, 4.0)), (0.36, 1.6, 1.3)]
    bank = GaborBank.from_list(parameters)
    assert bank.parameters == parameters
    np.testing.assert_array_equal(
        bank.kernels[1], gabor_kernel(0.16, 1.2, sigma_x=2.0, sigma_y=4.0)
    )
    assert GaborBank.from_list(bank.parameters).parameters == bank.parameters
    assert GaborBank(0.16, 1.2, [(2.0, 4.0)]).parameters == [parameters[1]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(28, 28), (40, 17), (47, 83), (100, 33)])
def test_responses_equal_ndimage(shape, mode):
    rng = np.random.default_rng(shape[0])
    bank = GaborBank.from_list([random_parameters(rng) for _ in range(4)], phase=0.7)
    image = rng.random(shape)
    reference = np.stack([by_ndimage(image, kernel, mode) for kernel in bank.kernels])
    double = bank.responses(image, mode)
    assert double.dtype == np.complex128
    assert largest_difference(double, reference) < 1e-12
    single = bank.responses(image.astype(np.float32), mode)
    assert single.dtype == np.complex64
    assert largest_difference(single, reference) < 1e-5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(28, 28), (64, 51)])
def test_elongated_responses_equal_ndimage(shape, mode):
    rng = np.random.default_rng(3)
    parameters = [random_parameters(rng, elongated=n != 1) for n in range(3)]
    bank = GaborBank.from_list(parameters)
    image = rng.random(shape)
    reference = np.stack([by_ndimage(image, kernel, mode) for kernel in bank.kernels])
    assert largest_difference(bank.responses(image, mode), reference) < 1e-8
    assert largest_difference(bank.responses(np.float32(image), mode), reference) < 1e-5


@pytest.mark.parametrize("fourier", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_both_routes_of_large_images_are_exact(monkeypatch, fourier, mode):
    monkeypatch.setattr(_engine, "uses_fourier", lambda *_: fourier)
    rng = np.random.default_rng(5)
    bank = GaborBank.from_list([(0.1, 0.5, 6.0), (0.3, 2.0, 1.0), (0.2, 1.0, (1.5, 3.0))])
    image = 1000 + rng.random((70, 45))  # the mean must not drown the rest in single precision
    reference = np.stack([by_ndimage(image, kernel, mode) for kernel in bank.kernels])
    assert largest_difference(bank.responses(image, mode), reference) < 1e-7


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 3), (2, 60)])
@pytest.mark.parametrize("mode", MODES)
def test_images_smaller_than_the_kernel_repeat_their_border(shape, mode):
    # Checked with np.pad: where the border is 2, 4, ... images away, ndimage's "reflect" reads
    # outside the image (SciPy 1.17).
    rng = np.random.default_rng(8)
    bank = GaborBank([0.1], [0.4], [5.0])
    image, kernel = rng.random(shape), bank.kernels[0]
    reach_y, reach_x = kernel.shape[0] // 2, kernel.shape[1] // 2
    name = {"reflect": "symmetric", "nearest": "edge"}.get(mode, mode)
    padded = np.pad(image, [(reach_y, reach_y), (reach_x, reach_x)], mode=name)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    reference = np.einsum("yxij,ij->yx", windows, kernel[::-1, ::-1])[None]
    assert largest_difference(bank.responses(image, mode), reference) < 1e-12


@pytest.mark.parametrize("shape", [(28, 28), (50, 44)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_in_torch_out(shape, dtype):
    rng = np.random.default_rng(2)
    bank = GaborBank([0.16, 0.4], [0, 1.0, 2.5], [2.0])
    images = torch.from_numpy(rng.random((3, *shape))).to(dtype)
    responses = bank.responses(images, "wrap")
    assert responses.dtype == dtype.to_complex()
    assert responses.device == images.device
    np.testing.assert_array_equal(responses, bank.responses(images.numpy(), "wrap"))
    for method in (bank.magnitudes, bank.energies):
        assert method(images).dtype == dtype
        np.testing.assert_array_equal(method(images), method(images.numpy()))


@pytest.mark.parametrize("sigma", [1.7, (1.5, 3.0)])
@pytest.mark.parametrize("shape", [(12, 15), (60, 47)])
@pytest.mark.parametrize("mode", MODES)
def test_gradients_flow_through_responses(shape, mode, sigma):
    rng = np.random.default_rng(1)
    bank = GaborBank.from_list([(0.2, 0.6, sigma), (0.1, 2.0, 1.2)])
    image = torch.from_numpy(rng.random(shape)).requires_grad_()
    responses = bank.responses(image, mode)
    np.testing.assert_allclose(
        responses.detach(), bank.responses(image.detach().numpy(), mode), atol=1e-10
    )
    weights = torch.from_numpy(
        rng.normal(size=responses.shape) + 1j * rng.normal(size=responses.shape)
    )
    (responses * weights).real.sum().backward()
    # Responses are linear in the image, so the slope along any direction is a plain difference.
    direction = rng.random(shape)
    slope = (bank.responses(direction, mode) * weights.numpy()).real.sum()
    assert float((image.grad * torch.from_numpy(direction)).sum()) == pytest.approx(slope, rel=1e-8)


def test_gradients_flow_through_magnitudes_and_energies():
    bank = GaborBank([0.2], [0.6], [1.7])
    image = torch.rand(2, 9, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    image.requires_grad_()
    assert torch.autograd.gradcheck(bank.magnitudes, image)
    assert torch.autograd.gradcheck(bank.energies, image)


def test_no_gradient_is_recorded_under_no_grad():
    image = torch.rand(30, 30, requires_grad=True)
    with torch.no_grad():
        assert not GaborBank([0.2], [0], [2]).responses(image).requires_grad


@pytest.mark.parametrize("shape", [(28, 28), (45, 70)])
def test_a_batch_is_its_images_one_by_one(shape):
    rng = np.random.default_rng(4)
    bank = GaborBank([0.16, 0.3], [0, 1, 2], [1.3, (1.0, 2.0)])
    images = rng.random((23, *shape))
    for method in (bank.responses, bank.magnitudes, bank.energies):
        one_by_one = np.stack([method(image) for image in images])
        np.testing.assert_allclose(method(images), one_by_one, rtol=1e-12, atol=1e-14)


def test_magnitudes_and_energies_follow_from_responses():
    rng = np.random.default_rng(6)
    bank = GaborBank([0.16, 0.3], [0, 1, 2], [1.3, 4.0])
    for shape in [(5, 20, 28), (2, 50, 61)]:
        images = rng.random(shape)
        responses = bank.responses(images)
        np.testing.assert_allclose(bank.magnitudes(images), abs(responses), rtol=1e-12)
        energies = (abs(responses) ** 2).mean((-2, -1))
        np.testing.assert_allclose(bank.energies(images), energies, rtol=1e-12)


def test_a_wave_answers_where_frequency_and_direction_match():
    x, y = np.arange(64), np.arange(64)[:, None]
    theta = math.pi / 4
    wave = np.cos(2 * math.pi * 0.25 * (x * math.cos(theta) + y * math.sin(theta)))
    thetas = np.arange(8) * math.pi / 8
    energies = GaborBank([0.1, 0.25, 0.4], thetas, [3.0]).energies(wave).reshape(3, 8)
    assert np.unravel_index(energies.argmax(), energies.shape) == (1, 2)
    assert energies[1, 2] > 20 * np.delete(energies.ravel(), [9, 10, 11]).max()


def test_memory_layouts_and_the_input_itself_survive():
    rng = np.random.default_rng(7)
    bank = GaborBank([0.2], [0.5], [2.0])
    image = rng.random((60, 50))
    before = image.copy()
    expected = bank.responses(image)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(bank.responses(np.asfortranarray(image)), expected)
    np.testing.assert_array_equal(bank.responses(image[::-1][::-1].tolist()), expected)
    frozen = image.copy()
    frozen.setflags(write=False)
    np.testing.assert_array_equal(bank.responses(frozen), expected)
    transposed = torch.from_numpy(image.T.copy()).T
    np.testing.assert_array_equal(bank.responses(transposed), expected)


def test_changing_mode_shape_and_dtype_between_calls():
    rng = np.random.default_rng(9)
    bank = GaborBank([0.2], [0.5], [2.0])
    image = rng.random((30, 30))
    first = bank.responses(image, "wrap")
    bank.responses(image, "constant")
    bank.responses(image[:20].astype(np.float32), "wrap")
    np.testing.assert_array_equal(bank.responses(image, "wrap"), first)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, bool])
def test_integers_are_not_rounded(dtype):
    image = np.random.default_rng(0).integers(0, 2, (30, 30)).astype(dtype)
    bank = GaborBank([0.2], [0.5], [2.0])
    responses = bank.responses(image)
    assert responses.dtype == np.complex128
    np.testing.assert_array_equal(responses, bank.responses(image.astype(np.float64)))
    tensor = bank.responses(torch.from_numpy(image))
    assert tensor.dtype == torch.complex64
    (kernel,) = bank.kernels
    np.testing.assert_allclose(tensor, responses, atol=sum_error(kernel.size, abs(kernel).sum()))


def test_half_precision():
    bank = GaborBank([0.2], [0.5], [2.0])
    image = np.random.default_rng(0).random((20, 20)).astype(np.float16)
    np.testing.assert_array_equal(bank.responses(image), bank.responses(np.float32(image)))
    with pytest.raises(TypeError, match=r"float16.*\.float\(\)"):
        bank.responses(torch.from_numpy(image))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"frequency": 0}, "frequency is 0"),
        ({"frequency": -0.1}, "frequency is -0.1"),
        ({"frequency": math.nan}, "frequency is nan"),
        ({"frequency": math.inf}, "frequency is inf"),
        ({"frequency": None}, "frequency is None"),
        ({"sigma": 0}, "sigma is 0"),
        ({"sigma": -2.0}, "sigma is -2"),
        ({"sigma": math.nan}, "sigma is nan"),
        ({"sigma_x": 0}, "sigma is 0"),
        ({"sigma": 1e9}, "smaller sigma"),
        ({"theta": math.nan}, "theta is nan"),
        ({"phase": math.inf}, "phase is inf"),
        ({"n_stds": 0}, "n_stds is 0"),
    ],
)
def test_bad_parameters_are_refused(keywords, message):
    arguments = {"frequency": 0.2, "theta": 0.0, "sigma": 2.0} | keywords
    with pytest.raises(ValueError, match=message):
        gabor_kernel(**arguments)
    if "sigma_x" not in keywords:
        rest = {name: arguments.pop(name) for name in ("phase", "n_stds") if name in arguments}
        with pytest.raises(ValueError, match=message):
            GaborBank.from_list([tuple(arguments.values())], **rest)


@pytest.mark.parametrize(
    "entry", [(0.2, 0.0), 0.2, (0.2, 0, 1, 2), (0.2, 0, (1, 2, 3)), (0.2, 0, ())]
)
def test_entries_of_the_wrong_form_are_refused(entry):
    with pytest.raises(ValueError, match="give"):
        GaborBank.from_list([entry])


def test_an_empty_bank_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        GaborBank([], [0], [2])


@pytest.mark.parametrize(("frequency", "theta"), [(0.7, 0.0), (1.0, 0.0), (0.9, 0.4), (0.8, 4.0)])
def test_a_wave_beyond_nyquist_warns_of_its_alias(frequency, theta):
    with pytest.warns(UserWarning, match="Nyquist") as caught:
        kernel = gabor_kernel(frequency, theta, 3.0)
    assert caught[0].filename == __file__
    alias, alias_theta = (
        float(x) for x in str(caught[0].message).split(" looks like ")[2].split(" at theta ")
    )
    assert alias <= 0.5 * math.sqrt(2)
    # The wave inside the kernel, sampled at the pixels, is the one that the warning names.
    y, x = (np.arange(-(size // 2), size // 2 + 1) for size in kernel.shape)
    phase = 2 * math.pi * alias * (x * math.cos(alias_theta) + y[:, None] * math.sin(alias_theta))
    np.testing.assert_allclose(
        kernel, abs(kernel) * np.exp(1j * phase), atol=0.01 * abs(kernel).max()
    )


def test_a_bank_warns_once_and_fine_diagonal_waves_not_at_all():
    with pytest.warns(UserWarning, match="3 more") as caught:
        GaborBank([0.6, 0.7], [0.0, 0.1, math.pi / 2], [2.0])
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gabor_kernel(0.5, 0.0, 2.0)
        gabor_kernel(0.69, math.pi / 4, 2.0)  # 0.49 cycles per pixel along x and along y


def test_torch_is_not_imported_for_numpy():
    code = (
        "import sys, numpy as np; from lecture_utils.filter_banks._gabor import GaborBank; "
        "GaborBank([.2], [0], [2]).energies(np.eye(30)); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

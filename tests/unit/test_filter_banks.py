"""The bank interface and the classic banks against scipy.ndimage."""

import math
import warnings

import numpy as np
import pytest
import torch
from scipy import ndimage

from lecture_utils.filter_banks import (
    FilterBank,
    GaborBank,
    _engine,
    haar_bank,
    laplacian_of_gaussian_bank,
    sobel_bank,
)
from lecture_utils.filter_banks._separable import border_index, factorize

MODES = ["reflect", "wrap", "constant", "nearest"]
SHAPES = [(28, 28), (3, 50), (41, 67), (90, 64)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", SHAPES)
def test_random_kernels_of_all_sizes_equal_ndimage(shape, mode):
    rng = np.random.default_rng(shape[1])
    sizes = [(1, 1), (2, 2), (1, 4), (5, 3), (4, 7)]
    bank = FilterBank([rng.normal(size=size) for size in sizes])
    image = rng.random(shape)
    reference = np.stack([ndimage.convolve(image, kernel, mode=mode) for kernel in bank.kernels])
    responses = bank.responses(image, mode)
    assert responses.dtype == np.float64
    np.testing.assert_allclose(responses, reference, atol=1e-10)
    single = bank.responses(np.float32(image), mode)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, reference, atol=1e-5 * abs(reference).max())


@pytest.mark.parametrize("fourier", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_both_routes_of_large_images_are_exact_for_real_kernels(monkeypatch, fourier, mode):
    monkeypatch.setattr(_engine, "uses_fourier", lambda *_: fourier)
    rng = np.random.default_rng(0)
    bank = FilterBank([rng.normal(size=size) for size in [(2, 2), (9, 4), (3, 12)]])
    image = 100 + rng.random((43, 75))
    reference = np.stack([ndimage.convolve(image, kernel, mode=mode) for kernel in bank.kernels])
    np.testing.assert_allclose(bank.responses(image, mode), reference, atol=1e-8)


def test_real_and_complex_kernels_may_mix():
    rng = np.random.default_rng(1)
    kernels = [rng.normal(size=(3, 3)), rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))]
    image = rng.random((50, 50))
    responses = FilterBank(kernels).responses(image)
    for response, kernel in zip(responses, kernels, strict=True):
        np.testing.assert_allclose(response, ndimage.convolve(image, kernel), atol=1e-10)


@pytest.mark.parametrize("shape", [(15, 15), (60, 50)])
def test_gradients_of_real_banks(shape):
    rng = np.random.default_rng(2)
    bank = FilterBank([rng.normal(size=(2, 3)), rng.normal(size=(5, 5))])
    image = torch.from_numpy(rng.random(shape)).requires_grad_()
    responses = bank.responses(image, "constant")
    np.testing.assert_allclose(
        responses.detach(), bank.responses(image.detach(), "constant"), atol=1e-10
    )
    responses[1].sum().backward()
    # With a zero border each pixel's slope is the sum of the weights that ever meet it.
    ones = np.ones(shape)
    slope = ndimage.correlate(ones, bank.kernels[1], mode="constant")
    np.testing.assert_allclose(image.grad, slope, atol=1e-9)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", SHAPES)
def test_sobel_equals_ndimage(shape, mode):
    image = np.random.default_rng(0).random(shape)
    bank = sobel_bank()
    assert bank.names == ["Sobel x", "Sobel y"]
    reference = [ndimage.sobel(image, axis, mode=mode) for axis in (1, 0)]
    np.testing.assert_allclose(bank.responses(image, mode), reference, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(28, 28), (70, 45)])
def test_laplacian_of_gaussian_equals_ndimage(shape, mode):
    image = np.random.default_rng(0).random(shape)
    sigmas = [0.7, 1.5, 3]
    reference = [s**2 * ndimage.gaussian_laplace(image, s, mode=mode) for s in sigmas]
    responses = laplacian_of_gaussian_bank(sigmas).responses(image, mode)
    np.testing.assert_allclose(responses, reference, atol=1e-10)


def test_laplacian_of_gaussian_finds_the_scale_of_a_blob():
    y, x = np.mgrid[-40:41, -40:41]
    sigmas = [1, 2, 3, 4, 5, 6]
    for radius in (4, 7):
        disk = (x**2 + y**2 <= radius**2).astype(float)
        center = laplacian_of_gaussian_bank(sigmas).responses(disk)[:, 40, 40]
        assert sigmas[center.argmin()] == round(radius / math.sqrt(2))


def test_haar_is_an_orthonormal_basis():
    rng = np.random.default_rng(0)
    image = rng.random((64, 46))
    bank = haar_bank([2], average=True)
    # Every second pixel of the four responses holds the whole image: nothing is lost or doubled.
    coefficients = bank.responses(image)[:, ::2, ::2]
    assert (coefficients**2).sum() == pytest.approx((image**2).sum())
    pairs = zip(coefficients, bank.kernels, strict=True)
    rebuilt = sum(np.kron(plane, kernel[::-1, ::-1]) for plane, kernel in pairs)
    np.testing.assert_allclose(rebuilt, image, atol=1e-14)
    flat = np.array([kernel.ravel() for kernel in haar_bank([8], average=True).kernels])
    np.testing.assert_allclose(flat @ flat.T, np.eye(4), atol=1e-15)


@pytest.mark.parametrize("bank", [sobel_bank(), haar_bank([2, 4]), laplacian_of_gaussian_bank([2])])
def test_banks_that_measure_change_ignore_flat_images(bank):
    # A Laplacian of Gaussian is cut off where it is not quite zero.
    assert abs(bank.responses(np.full((50, 50), 3.0))).max() < 0.001 * 3.0


def test_magnitudes_and_energies_of_real_banks():
    image = np.random.default_rng(0).random((4, 45, 50))
    bank = sobel_bank()
    responses = bank.responses(image)
    np.testing.assert_array_equal(bank.magnitudes(image), abs(responses))
    np.testing.assert_allclose(bank.energies(image), (responses**2).mean((-2, -1)))


@pytest.mark.parametrize("bank", [sobel_bank(), GaborBank([0.2], [0, 1], [2])])
def test_a_change_of_the_lists_changes_no_response(bank):
    image = np.random.default_rng(0).random((12, 12))
    kernels, names = len(bank.kernels), len(bank.names)
    before = bank.responses(image)
    bank.kernels.append(np.ones((3, 3)))
    bank.names.append("mean")
    assert np.array_equal(bank.responses(image), before)
    assert len(bank) == len(before) == kernels == names
    # Also if the responses are computed for the first time.
    bank.__dict__.pop("_factors")
    np.testing.assert_array_equal(bank.responses(image[:, :9]).shape, (kernels, 12, 9))


def test_an_empty_batch_gives_an_empty_result():
    assert sobel_bank().responses(np.empty((0, 20, 20))).shape == (0, 2, 20, 20)
    assert sobel_bank().energies(np.empty((0, 60, 60))).shape == (0, 2)


@pytest.mark.parametrize("rank", [1, 2, 5])
@pytest.mark.parametrize("is_complex", [False, True])
def test_factorize_finds_the_rank(rank, is_complex):
    rng = np.random.default_rng(rank)
    columns, rows = rng.normal(size=(rank, 9)), rng.normal(size=(rank, 12))
    if is_complex:
        columns = columns + 1j * rng.normal(size=columns.shape)
    kernel = columns.T @ rows
    found_columns, found_rows = factorize(kernel)
    assert len(found_columns) == len(found_rows) == rank
    np.testing.assert_allclose(found_columns.T @ found_rows, kernel, atol=1e-9)


def test_factorize_keeps_whole_numbers_and_takes_zeros():
    columns, rows = factorize(sobel_bank().kernels[0])
    assert (columns.T @ rows).tolist() == sobel_bank().kernels[0].tolist()
    zeros = FilterBank([np.zeros((3, 3))]).responses(np.ones((5, 5)))
    np.testing.assert_array_equal(zeros, np.zeros((1, 5, 5)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("length", [1, 2, 5])
def test_border_index_equals_np_pad(length, mode):
    signal = np.arange(1, length + 1)
    index = border_index(length, 13, 11, mode)
    ours = np.where(index >= 0, signal[index], 0)
    name = {"reflect": "symmetric", "nearest": "edge"}.get(mode, mode)
    np.testing.assert_array_equal(ours, np.pad(signal, (13, 11), mode=name))


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_image_with_nan_or_infinity_is_refused(value, as_tensor):
    image = np.ones((3, 20, 20))
    image[1, 2, 5] = value
    image = torch.from_numpy(image) if as_tensor else image
    for method in (sobel_bank().responses, sobel_bank().magnitudes, sobel_bank().energies):
        with pytest.raises(ValueError, match=r"first at \(1, 2, 5\).*nan_to_num"):
            method(image)


def test_huge_but_finite_values_are_no_nan():
    image = np.full((20, 20), 3e38, dtype=np.float32)  # the sum of which overflows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        responses = haar_bank().responses(image / 4)
    assert np.isfinite(responses).all()


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.ones(5), ValueError, r"shape \(5,\).*\(H, W\)"),
        (np.ones((2, 1, 5, 5)), ValueError, "without channels"),
        (np.ones((20, 20, 3)), ValueError, "looks like color.*gray"),
        (
            np.ones((2, 9, 4)),
            ValueError,
            "a batch of gray images that are 4 pixels wide one by one",
        ),
        (np.ones((0, 5)), ValueError, "no pixels"),
        (np.ones((5, 5), complex), TypeError, "complex128.*real"),
        (np.array([["a", "b"]]), TypeError, "real numbers"),
        (torch.ones(5, 5, dtype=torch.complex64), TypeError, "complex64"),
    ],
)
def test_other_bad_images_are_refused(image, error, message):
    with pytest.raises(error, match=message):
        sobel_bank().responses(image)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r"'mirror'.*reflect, wrap, constant, nearest"):
        sobel_bank().responses(np.ones((5, 5)), "mirror")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FilterBank([]), "at least one kernel"),
        (lambda: FilterBank([[1, 2, 3]]), r"kernel 0 has shape \(3,\)"),
        (lambda: FilterBank([[[1.0]], [[math.nan]]]), "kernel 1 holds NaN"),
        (lambda: FilterBank([np.empty((0, 2))]), r"kernel 0 has shape \(0, 2\)"),
        (lambda: FilterBank([[[1.0]]], ["a", "b"]), "2 names for 1 kernels"),
        (lambda: laplacian_of_gaussian_bank([0]), "sigma is 0"),
        (lambda: laplacian_of_gaussian_bank([1], truncate=-1), "truncate is -1"),
        (lambda: laplacian_of_gaussian_bank([]), "at least one kernel"),
        (lambda: haar_bank([3]), "size 3"),
        (lambda: haar_bank([0]), "size 0"),
        (lambda: haar_bank([2.5]), "size 2.5"),
    ],
)
def test_bad_banks_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("shape", [(28, 28), (96, 64)])  # both routes of the engine
@pytest.mark.parametrize("is_complex", [False, True])
def test_pooled_averages_the_magnitudes_over_cells(shape, is_complex):
    rng = np.random.default_rng(3)
    kernels = rng.normal(size=(3, 5, 4)) + is_complex * 1j * rng.normal(size=(3, 5, 4))
    bank, images = FilterBank(kernels), rng.random((2, *shape))
    pooled = bank.pooled(images, cells=4, mode="wrap")
    height, width = shape[0] // 4, shape[1] // 4
    for (n, k, row, column), value in np.ndenumerate(pooled):
        response = ndimage.convolve(images[n] + 0j, kernels[k], mode="wrap")
        cell = response[height * row :, width * column :][:height, :width]
        assert value == pytest.approx(abs(cell).mean())
    np.testing.assert_array_equal(bank.pooled(images[0], 4, "wrap"), pooled[0])


def test_pooled_takes_tensors_and_gives_gradients():
    rng = np.random.default_rng(4)
    bank, image = FilterBank(rng.normal(size=(2, 3, 3))), torch.from_numpy(rng.random((12, 8)))
    reference = bank.pooled(image.numpy(), 2)
    np.testing.assert_allclose(bank.pooled(image, 2), reference)
    image.requires_grad_()
    pooled = bank.pooled(image, 2)
    np.testing.assert_allclose(pooled.detach(), reference)
    pooled.sum().backward()
    assert image.grad.abs().sum() > 0


def test_pooled_refuses_cells_that_do_not_fit():
    with pytest.raises(ValueError, match="28x30 pixels cannot be divided into 4x4"):
        sobel_bank().pooled(np.ones((28, 30)), 4)
    with pytest.raises(ValueError, match="cells is 0"):
        sobel_bank().pooled(np.ones((28, 28)), 0)
    with pytest.raises(ValueError, match=r"shape \(5,\)"):
        sobel_bank().pooled(np.ones(5), 5)


def test_no_product_is_so_large_that_blas_starts_threads_of_its_own(monkeypatch):
    # Threads of BLAS inside of ours wait for each other, minutes long on a busy machine.
    products = []

    def matmul(left, right, out=None):
        products.append(left.shape[-2] * left.shape[-1] * right.shape[-1])
        return np.einsum("...ij,...jk->...ik", left, right, out=out)

    rng = np.random.default_rng(5)
    kernels = rng.normal(size=(3, 9, 9)) + 1j * rng.normal(size=(3, 9, 9))
    factors = [factorize(kernel) for kernel in kernels]
    plan = _engine.DensePlan(factors, (40, 40), "wrap", np.dtype(complex))
    for _, left, _ in plan.runs:
        assert left.shape[-2] * left.shape[-1] * 40 <= _engine.PRODUCT
    left, right, out = rng.random((2, 40, 720)), rng.random((2, 720, 80)), np.empty((2, 40, 80))
    monkeypatch.setattr(_engine.np, "matmul", matmul)
    _engine.multiply(left, right, out)
    np.testing.assert_allclose(out, np.einsum("...ij,...jk->...ik", left, right))
    assert max(products) <= _engine.PRODUCT

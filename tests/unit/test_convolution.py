"""convolve2d against torch and SciPy, every refusal, and what the kernels promise."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import laplace, sobel
from scipy.signal import convolve2d as scipy_convolve2d
from scipy.signal import correlate2d
from skimage.feature import match_template

from lecture_utils import convolution
from lecture_utils.convolution import (
    KERNELS,
    convolution_matrix,
    convolve2d,
    flip_kernel,
    gaussian_kernel,
    normalized_correlation,
)


def torch_convolve2d(image, kernel, **options):
    images = torch.from_numpy(np.ascontiguousarray(np.atleast_3d(image).transpose(2, 0, 1)))[
        :, None
    ]
    weight = torch.from_numpy(np.ascontiguousarray(kernel))[None, None]
    output = torch.nn.functional.conv2d(images, weight, **options)[:, 0]
    return output.permute(1, 2, 0).numpy().reshape(*output.shape[1:], *image.shape[2:])


pairs = {
    name: st.one_of(numbers, st.tuples(numbers, numbers))
    for name, numbers in {
        "stride": st.integers(1, 4),
        "padding": st.integers(0, 4),
        "dilation": st.integers(1, 3),
    }.items()
}


@settings(max_examples=400, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    channels=st.one_of(st.none(), st.integers(1, 4)),
    kernel_size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    **pairs,
)
def test_equals_torch(seed, size, channels, kernel_size, stride, padding, dilation):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=size if channels is None else (*size, channels))
    kernel = rng.normal(size=kernel_size)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    pads, holes = np.broadcast_to(padding, 2), np.broadcast_to(dilation, 2)
    fits = all(size[i] + 2 * pads[i] > holes[i] * (kernel_size[i] - 1) for i in range(2))
    if not fits:
        with pytest.raises(ValueError, match="does not fit"):
            convolve2d(image, kernel, **options)
        return
    expected = torch_convolve2d(image, kernel, **options)
    actual = convolve2d(image, kernel, **options)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 1), (12, 8, 3)])
@pytest.mark.parametrize("kernel_size", [(1, 1), (3, 3), (5, 3), (7, 7), (11, 11)])
@pytest.mark.parametrize("dilation", [1, 2, (3, 1)])
def test_same_padding_equals_torch(shape, kernel_size, dilation):
    rng = np.random.default_rng(0)
    image, kernel = rng.normal(size=shape), rng.normal(size=kernel_size)
    output = convolve2d(image, kernel, padding="same", dilation=dilation)
    assert output.shape == shape
    expected = torch_convolve2d(image, kernel, padding="same", dilation=dilation)
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-12)


def test_same_accepts_an_even_kernel_where_dilation_leaves_no_doubt():
    rng = np.random.default_rng(1)
    image, kernel = rng.normal(size=(9, 10)), rng.normal(size=(2, 4))
    output = convolve2d(image, kernel, padding="same", dilation=2)
    expected = torch_convolve2d(image, kernel, padding="same", dilation=2)
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel_size", [(1, 1), (2, 3), (4, 4), (11, 11)])
def test_equals_scipy(kernel_size):
    rng = np.random.default_rng(2)
    image, kernel = rng.normal(size=(31, 17)), rng.normal(size=kernel_size)
    expected = correlate2d(image, kernel, mode="valid")
    np.testing.assert_allclose(convolve2d(image, kernel), expected, rtol=0, atol=1e-12)
    flipped = convolve2d(image, flip_kernel(kernel), padding="valid")
    expected = scipy_convolve2d(image, kernel, mode="valid")
    np.testing.assert_allclose(flipped, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, np.float64, np.uint64])
def test_other_types_become_float64(dtype):
    image = np.random.default_rng(3).integers(0, 2, size=(6, 6)).astype(dtype)
    output = convolve2d(image, [[-1, 1]])
    assert output.dtype == np.float64
    np.testing.assert_array_equal(output, np.diff(image.astype(float), axis=1))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_single_precision_stays_single(dtype):
    rng = np.random.default_rng(4)
    image, kernel = rng.normal(size=(9, 9)).astype(dtype), rng.normal(size=(3, 3))
    output = convolve2d(image, kernel)
    assert output.dtype == np.float32
    expected = torch_convolve2d(image.astype(np.float32), kernel.astype(np.float32))
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5)


def test_accepts_views_and_writes_to_nothing():
    rng = np.random.default_rng(5)
    image = np.asfortranarray(rng.normal(size=(10, 12)))[::-1, ::2]
    kernel = rng.normal(size=(3, 3)).T
    image.flags.writeable = kernel.flags.writeable = False
    output = convolve2d(image, kernel)
    np.testing.assert_allclose(output, correlate2d(image, kernel, mode="valid"), atol=1e-12)
    output[:] = 0  # the result is the caller's own


def test_nan_in_the_image_spreads_to_every_window_that_holds_it():
    image = np.zeros((9, 9))
    image[4, 4] = np.nan
    output = convolve2d(image, KERNELS["identity"], padding="same")
    expected = np.zeros((9, 9), dtype=bool)
    expected[3:6, 3:6] = True
    np.testing.assert_array_equal(np.isnan(output), expected)


IMAGE, KERNEL = np.ones((6, 8)), np.ones((3, 3))


@pytest.mark.parametrize(
    ("image", "kernel", "options", "message"),
    [
        (IMAGE, np.ones((7, 3)), {}, r"kernel of size 7 .*input of size 6.*padding of at least 1"),
        (IMAGE, np.ones((3, 11)), {"padding": 1}, r"size 11 .*padding 1.*at least 2"),
        (IMAGE, KERNEL, {"dilation": 4}, r"spread over 9 by dilation 4"),
        (IMAGE, np.ones((2, 3)), {"padding": "same"}, r"ambiguous.*2x3.*odd"),
        (IMAGE, np.ones((4, 4)), {"padding": "same", "dilation": 3}, r"ambiguous.*4x4"),
        (IMAGE, KERNEL, {"padding": "same", "stride": 2}, r'"same" with stride 2'),
        (IMAGE, KERNEL, {"padding": "full"}, r"'full'.*\"valid\", \"same\""),
        (IMAGE, KERNEL, {"stride": 0}, r"stride is 0; use 1 or more"),
        (IMAGE, KERNEL, {"stride": (1, -2)}, r"stride is \(1, -2\); use 1"),
        (IMAGE, KERNEL, {"stride": 1.5}, r"stride is 1.5; give a whole number"),
        (IMAGE, KERNEL, {"stride": True}, r"stride is True"),
        (IMAGE, KERNEL, {"stride": (1, 2, 3)}, r"stride is \(1, 2, 3\)"),
        (IMAGE, KERNEL, {"stride": None}, r"stride is None"),
        (IMAGE, KERNEL, {"padding": -1}, r"padding is -1; use 0 or more"),
        (IMAGE, KERNEL, {"padding": [1]}, r"padding is \[1\]"),
        (IMAGE, KERNEL, {"dilation": 0}, r"dilation is 0; use 1 or more"),
        (IMAGE, [[1, np.nan]], {}, r"kernel has nan at row 0, column 1"),
        (IMAGE, [[1], [-np.inf]], {}, r"kernel has -inf at row 1, column 0"),
        (IMAGE.astype(np.float32), [[1e300]], {}, r"1e\+300.*finite float32"),
        (IMAGE, np.ones(3), {}, r"kernel has shape \(3,\)"),
        (IMAGE, np.ones((3, 3, 3)), {}, r"kernel has shape \(3, 3, 3\)"),
        (IMAGE, np.ones((0, 3)), {}, r"kernel is empty"),
        (IMAGE, [[1, 2], [3]], {}, r"rows differ"),
        (IMAGE, [["a"]], {}, r"kernel has type <U1"),
        (IMAGE, [[1j]], {}, r"kernel has type complex128"),
        (np.ones((0, 5)), KERNEL, {}, r"image is empty \(shape \(0, 5\)\)"),
        (np.ones((5, 5, 0)), KERNEL, {}, r"image is empty"),
        (np.ones(5), KERNEL, {}, r"image has shape \(5,\)"),
        (5.0, KERNEL, {}, r"image has shape \(\)"),
        (np.ones((1, 3, 8, 8)), KERNEL, {}, r"image has shape \(1, 3, 8, 8\).*one image at a time"),
        (np.ones((5, 5), dtype=object), KERNEL, {}, r"image has type object"),
        (None, KERNEL, {}, r"image has type object"),
    ],
)
def test_refuses(image, kernel, options, message):
    with pytest.raises(ValueError, match=message):
        convolve2d(image, kernel, **options)


def test_kernels_are_locked_and_usable():
    image = np.random.default_rng(6).random((12, 12))
    assert list(KERNELS)[:3] == ["horizontal edge", "diagonal edge", "edge detect"]
    for name, kernel in KERNELS.items():
        assert name == name.lower()
        assert kernel.dtype == np.float64
        assert kernel.shape[0] == kernel.shape[1]
        assert kernel.shape[0] % 2 == 1
        with pytest.raises(ValueError, match="read-only"):
            kernel[0, 0] = 1
        assert convolve2d(image, kernel, padding="same").shape == image.shape


def test_kernel_sums():
    """Edge kernels ignore plain brightness; blurs, sharpen, emboss and identity keep it."""
    zero = {
        "horizontal edge", "edge detect", "vertical edge", "rising diagonal edge",
        "falling diagonal edge", "sobel x", "sobel y", "laplacian", "laplacian with diagonals",
    }  # fmt: skip
    for name, kernel in KERNELS.items():
        expected = 0 if name in zero else 3 if name == "diagonal edge" else 1
        assert kernel.sum() == pytest.approx(expected, abs=1e-15), name


def test_kernels_equal_scipys():
    image = np.random.default_rng(7).random((20, 20))
    references = {
        "sobel x": sobel(image, axis=1, mode="constant"),
        "sobel y": sobel(image, axis=0, mode="constant"),
        "laplacian": laplace(image, mode="constant"),
    }
    for name, expected in references.items():
        output = convolve2d(image, KERNELS[name], padding="same")
        np.testing.assert_allclose(output, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(KERNELS["edge detect"], -KERNELS["laplacian with diagonals"])


@pytest.mark.parametrize(
    ("name", "bright"),
    [
        ("horizontal edge", lambda y, x: y < 8),
        ("vertical edge", lambda y, x: x < 8),
        # y grows downwards: along a rising line y + x stays the same, along a falling one y - x.
        ("rising diagonal edge", lambda y, x: y + x < 15),
        ("falling diagonal edge", lambda y, x: x > y),
    ],
)
def test_each_edge_kernel_answers_most_to_its_own_edge(name, bright):
    y, x = np.mgrid[:16, :16]
    image = bright(y, x).astype(float)
    center = {
        key: convolve2d(image, KERNELS[key])[5:9, 5:9].max()
        for key in KERNELS
        if key.endswith("edge") and key != "diagonal edge"
    }
    assert max(center, key=center.get) == name


@pytest.mark.parametrize(("size", "sigma"), [(1, 1.0), (3, 0.5), (7, 1.2), (11, 40), (5, 1e-200)])
def test_gaussian_kernel(size, sigma):
    kernel = gaussian_kernel(size, sigma)
    assert kernel.shape == (size, size)
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose(kernel, kernel.T)
    np.testing.assert_allclose(kernel, flip_kernel(kernel))
    if size > 1:
        middle = size // 2
        ratio = kernel[middle, middle + 1] / kernel[middle, middle]
        assert ratio == pytest.approx(np.exp(-0.5 / sigma / sigma) if sigma > 1e-3 else 0)


@pytest.mark.parametrize(
    ("size", "sigma", "message"),
    [
        (4, 1.0, "size is 4"),
        ((3, 5), 1.0, r"size is \(3, 5\)"),
        (0, 1.0, "size is 0"),
        (3, 0, "sigma is 0"),
        (3, -1, "sigma is -1"),
        (3, np.nan, "sigma is nan"),
        (3, "wide", "sigma is 'wide'"),
        (3, None, "sigma is None"),
    ],
)
def test_gaussian_kernel_refuses(size, sigma, message):
    with pytest.raises(ValueError, match=message):
        gaussian_kernel(size, sigma)


@pytest.mark.parametrize("size", [(3, 3), (1, 5), (4, 2), (9, 9)])
def test_normalized_correlation_equals_scikit_images(size):
    rng = np.random.default_rng(8)
    image, template = rng.normal(size=(20, 17)), rng.normal(size=size)
    expected = match_template(image, template)
    np.testing.assert_allclose(normalized_correlation(image, template), expected, atol=1e-12)
    changed = normalized_correlation(1000 + 0.01 * image, 3 - 2 * template)
    np.testing.assert_allclose(changed, -expected, atol=1e-8)


def test_normalized_correlation_of_flat_patches_is_zero():
    image = np.full((9, 9), 0.1)
    image[6:, 6:] = 1
    output = normalized_correlation(image.astype(np.float32), np.eye(3))
    assert (output[:4, :4] == 0).all()
    assert output[6, 6] == 0
    assert np.abs(output[4:6, 4:6]).max() > 0.1
    assert (normalized_correlation(np.zeros((4, 4)), np.eye(3)) == 0).all()
    assert normalized_correlation(np.eye(3, dtype=np.uint8) * 200, np.eye(3)) == pytest.approx(1)
    tiny = normalized_correlation(1e-9 * np.eye(3), 1e-9 * np.eye(3))
    assert tiny == pytest.approx(1)


def correlations(image, template):
    """Compute Pearson's coefficient at each position by definition, in exact arithmetic."""

    def exact(values):
        values = [Fraction(float(value)) for value in np.ravel(values)]
        mean = sum(values) / len(values)
        return [value - mean for value in values]

    height, width = np.shape(template)
    b = exact(template)
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for y, x in np.ndindex(output.shape):
        a = exact(image[y : y + height, x : x + width])
        product = sum(p * q for p, q in zip(a, b, strict=True))
        squared = sum(p * p for p in a) * sum(q * q for q in b)
        if squared:
            output[y, x] = float(product * abs(product) / squared)
    return np.sign(output) * np.abs(output) ** 0.5


@pytest.mark.parametrize("seed", range(6))
def test_one_bright_pixel_and_tiny_templates_change_no_other_correlation(seed, monkeypatch):
    monkeypatch.setattr(convolution, "_BLOCK", 30)  # several blocks in each row
    rng = np.random.default_rng(seed)
    image = rng.random((9, 12))
    size = rng.integers(1, 5, size=2) + 1
    image[0, 0] = 10.0 ** rng.integers(3, 9)
    image[6:, 8:] = rng.random()  # flat
    y, x = rng.integers(1, 4, size=2)
    template = image[y : y + size[0], x : x + size[1]].copy()
    expected = correlations(image, template)
    assert expected[y, x] == 1
    for scales in ((1, 1), (1e-170, 1e-170), (1e250, 1e-300), (1, 1e300)):
        found = normalized_correlation(scales[0] * image, scales[1] * template)
        np.testing.assert_allclose(found, expected, atol=1e-7)
    assert (found[6:, 8:] == 0).all()


@pytest.mark.parametrize(
    ("image", "template", "message"),
    [
        (np.ones(5), KERNEL, r"image has shape \(5,\)"),
        (np.ones((5, 5, 3)), KERNEL, r"image has shape \(5, 5, 3\)"),
        ([[0, np.nan], [1, 2]], [[0, 1]], "not finite"),
        (IMAGE, KERNEL, "all values of the template are equal"),
        (IMAGE, np.full((3, 3), 0.1), "all values of the template are equal"),
        (np.eye(2), np.eye(3), "does not fit"),
        (IMAGE, [[0, np.inf]], "template has inf"),
    ],
)
def test_normalized_correlation_refuses(image, template, message):
    with pytest.raises(ValueError, match=message):
        normalized_correlation(image, template)


def test_imports_nothing_heavy():
    code = (
        "import sys, lecture_utils; assert 'numpy' not in sys.modules;"
        "import lecture_utils.convolution, lecture_utils.geometry;"
        "print([m for m in ('torch', 'scipy', 'matplotlib', 'anywidget') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    kernel_size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    **pairs,
)
def test_matrix_is_torchs_convolution_and_its_transpose_the_gradient(
    seed, size, kernel_size, stride, padding, dilation
):
    rng = np.random.default_rng(seed)
    image, kernel = rng.normal(size=size), rng.normal(size=kernel_size)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    pads, holes = np.broadcast_to(padding, 2), np.broadcast_to(dilation, 2)
    if any(size[i] + 2 * pads[i] <= holes[i] * (kernel_size[i] - 1) for i in range(2)):
        with pytest.raises(ValueError, match="does not fit"):
            convolution_matrix(kernel, size, **options)
        return
    matrix = convolution_matrix(kernel, size, **options)
    x = torch.tensor(image, requires_grad=True)
    weight = torch.tensor(kernel)[None, None]
    y = torch.nn.functional.conv2d(x[None, None], weight, **options)[0, 0]
    assert matrix.shape == (y.numel(), x.numel())
    np.testing.assert_allclose(matrix @ image.ravel(), y.detach().numpy().ravel(), atol=1e-12)
    error = rng.normal(size=tuple(y.shape))
    y.backward(torch.tensor(error))
    np.testing.assert_allclose(matrix.T @ error.ravel(), x.grad.numpy().ravel(), atol=1e-12)
    # Rows and columns that no window reads are PyTorch's `output_padding`.
    unread = [
        (size[i] + 2 * int(pads[i]) - int(holes[i]) * (kernel_size[i] - 1) - 1)
        % int(np.broadcast_to(stride, 2)[i])
        for i in range(2)
    ]
    transposed = torch.nn.functional.conv_transpose2d(
        torch.tensor(error)[None, None], weight, output_padding=unread, **options
    )[0, 0]
    assert tuple(transposed.shape) == size
    np.testing.assert_allclose(matrix.T @ error.ravel(), transposed.numpy().ravel(), atol=1e-12)


def test_matrix_stores_every_weight_and_nothing_else():
    sobel = KERNELS["sobel x"]  # three of its weights are zero
    matrix = convolution_matrix(sobel, 6)
    assert matrix.shape == (16, 36) and matrix.nnz == 16 * 9
    assert set(matrix.toarray().ravel()) == {-2, -1, 0, 1, 2}
    assert convolution_matrix(sobel, (6, 6), padding="same").nnz == 16 * 9 + 16 * 6 + 4 * 4
    assert convolution_matrix([[2]], 3).toarray().tolist() == (2 * np.eye(9)).tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[np.nan]], 4), "finite"),
        (([1, 2], 4), "shape"),
        ((np.ones((3, 3)), 2), "does not fit"),
        ((np.ones((3, 3)), 0), "size"),
        ((np.ones((3, 3)), (4, 4, 4)), "size"),
    ],
)
def test_no_matrix_of_nonsense(arguments, message):
    with pytest.raises(ValueError, match=message):
        convolution_matrix(*arguments)

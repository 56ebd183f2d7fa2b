"""ConvolutionMatrix in Python: its traits, and its products against PyTorch's."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import traitlets

from lecture_utils.widgets import ConvolutionMatrix
from lecture_utils.widgets.convolution_matrix.counts import tap_of_each_entry


def by_torch(image, kernel, error, stride, padding):
    """The output, and the gradient with respect to the image."""
    x = torch.tensor(np.array(image, dtype=float), requires_grad=True)
    weight = torch.tensor(np.array(kernel, dtype=float))[None, None]
    y = F.conv2d(x[None, None], weight, None, stride, padding)[0, 0]
    y.backward(torch.tensor(np.array(error)[: y.shape[0], : y.shape[1]]))
    return y.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("seed", range(30))
def test_products_are_torchs_output_and_gradient(seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(-99, 100, rng.integers(3, 9, 2))
    kernel = rng.normal(size=rng.integers(2, 4, 2))
    error = rng.normal(size=(9, 9))
    stride, padding = int(rng.integers(1, 3)), int(rng.integers(2))
    demo = ConvolutionMatrix(image, kernel, stride=stride, padding=padding, error=error)
    output, gradient = by_torch(image, kernel, error, stride, padding)
    np.testing.assert_allclose(demo.output, output, atol=1e-10)
    np.testing.assert_allclose(demo.gradient, gradient, atol=1e-10)
    # No weight is zero, so that they can be counted.
    counts = demo.counts
    assert counts.entries == output.size * image.size == demo.matrix.size
    assert counts.nonzero == np.count_nonzero(demo.matrix)
    assert counts.distinct == len(np.unique(demo.matrix[demo.matrix != 0]))
    taps = tap_of_each_entry(demo.image.shape, demo.kernel.shape, stride, padding)
    held = np.append(kernel.ravel(), 0.0)[taps]  # tap -1 is the zero at the end
    np.testing.assert_array_equal(held, demo.matrix)


def test_everything_follows_the_traits():
    demo = ConvolutionMatrix()
    assert demo.counts == (576, 144, 9)
    demo.padding = 1
    assert demo.matrix.shape == (36, 36) and demo.counts.nonzero == 256
    demo.stride = 2
    demo.kernel = np.eye(2)
    # Two of the four weights are zero: they still are weights.
    assert demo.counts.distinct == 4 and len(np.unique(demo.matrix)) == 2
    output, gradient = by_torch(demo.image, demo.kernel, demo.errors, 2, 1)
    np.testing.assert_array_equal(demo.output, output)
    np.testing.assert_array_equal(demo.gradient, gradient)


def test_an_error_map_of_the_output_is_completed():
    error = np.arange(16.0).reshape(4, 4)
    demo = ConvolutionMatrix(error=error)
    np.testing.assert_array_equal(demo.error, error)
    demo.padding = 1
    assert demo.error.shape == (6, 6)
    np.testing.assert_array_equal(demo.error[:4, :4], error)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": np.zeros((9, 6))}, r"shape \(9, 6\).*3x3 to 8x8"),
        ({"image": np.zeros((2, 6))}, r"shape \(2, 6\).*3x3"),
        ({"image": [1, 2]}, "2 dimensions"),
        ({"image": np.full((4, 4), 0.5)}, "0.5 at row 0, column 0; use whole numbers"),
        ({"image": "cat"}, "array of numbers"),
        ({"kernel": np.ones((4, 4))}, "2x2 to 3x3"),
        ({"kernel": [[1]]}, "2x2 to 3x3"),
        ({"kernel": [[1, 2], [3, np.nan]]}, "nan at row 1, column 1"),
        ({"kernel": np.full((3, 3), 100)}, "-99 to 99"),
        ({"stride": 3}, "stride"),
        ({"padding": -1}, "padding"),
        ({"padding": "same"}, "padding"),
        ({"error": np.ones((10, 10))}, r"errors has shape \(10, 10\)"),
        ({"error": [[np.inf]]}, "inf at row 0"),
    ],
)
def test_nonsense_is_named(arguments, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ConvolutionMatrix(**arguments)


def test_the_figure_tells_the_numbers():
    demo = ConvolutionMatrix(stride=2)
    page = demo.figure_html()
    assert page.count("<img") == 1 and 'alt="An image of 6×6 pixels, the 4×36' in page
    assert "144 entries. 36 of them hold a weight" in page and "D = \N{MINUS SIGN}4" in page
    cells = re.findall(r"<td>(.*?)</td>", page)
    grids = (demo.image, demo.kernel, demo.output, demo.error, demo.gradient)
    expected = [int(value) for grid in grids for value in grid.ravel()]
    assert [int(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells] == expected

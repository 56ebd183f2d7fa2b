"""The Python side of ConvolutionLab and ConvolutionSteps; tests/browser has the other."""

import re

import numpy as np
import pytest
from rounding import sum_error
from scipy.signal import correlate2d
from traitlets import TraitError

from lecture_utils.convolution import KERNELS
from lecture_utils.datasets import FASHION_MNIST_CLASSES, fashion_mnist_examples
from lecture_utils.widgets import ConvolutionLab, ConvolutionSteps

rng = np.random.default_rng(0)


def test_output_follows_every_trait():
    lab = ConvolutionLab(kernel="sharpen")
    image, kernel = rng.random((20, 31)), rng.normal(size=(5, 3))
    lab.image = image
    lab.kernel = kernel
    lab.padding = 3
    expected = correlate2d(np.pad(image, 3), kernel, mode="valid")
    # The demo has float32: 15 products and the rounded pixels, none above 1.
    tolerance = sum_error(16, np.abs(kernel).sum())
    np.testing.assert_allclose(lab.output, expected, atol=tolerance)
    lab.stride = 2
    np.testing.assert_allclose(lab.output, expected[::2, ::2], atol=tolerance)
    holes = np.zeros((9, 5))
    holes[::2, ::2] = kernel
    lab.dilation, lab.stride = 2, 1
    expected = correlate2d(np.pad(image, 3), holes, "valid")
    np.testing.assert_allclose(lab.output, expected, atol=tolerance)


def test_output_can_be_observed_but_not_set():
    lab = ConvolutionLab()
    seen = []
    lab.observe(lambda change: seen.append(change["new"].shape), names="output")
    lab.padding = 1
    assert seen == [lab.image.shape]
    with pytest.raises(TraitError, match="read-only"):
        lab.output = np.zeros((2, 2))
    with pytest.raises(ValueError, match="read-only"):
        lab.output[0, 0] = 1


def test_a_name_and_what_it_stands_for_follow_each_other():
    lab = ConvolutionLab()
    lab.kernel_name = "laplacian"
    np.testing.assert_array_equal(lab.kernel, KERNELS["laplacian"])
    lab.kernel = np.eye(3)[::-1]
    assert lab.kernel_name == "custom"
    lab.kernel = KERNELS["sobel x"]
    assert lab.kernel_name == "sobel x"
    lab.source = "Sandal"
    sandal = fashion_mnist_examples()[FASHION_MNIST_CLASSES.index("Sandal")] / 255
    np.testing.assert_allclose(lab.image, sandal, atol=1e-7)
    lab.image = rng.random((9, 9))
    assert lab.source == "your array"


def test_what_the_page_sends_is_taken_as_it_is():
    lab = ConvolutionLab()
    drawing = rng.random((28, 28)).astype(np.float32)
    lab.set_state(
        {
            "source": "your drawing",
            "image": {"shape": [28, 28], "dtype": "float32", "data": memoryview(drawing.tobytes())},
        }
    )
    assert lab.source == "your drawing"
    np.testing.assert_array_equal(lab.image, drawing)
    lab.set_state(
        {
            "kernel": {
                "shape": [1, 2],
                "dtype": "float64",
                "data": memoryview(np.array([[1.0, -1.0]]).tobytes()),
            },
            "kernel_name": "custom",
            "position": [3, 4],
        }
    )
    assert lab.position == (3, 4)
    np.testing.assert_allclose(lab.output, drawing[:, :-1] - drawing[:, 1:], atol=1e-6)


def test_same_and_valid_become_numbers():
    assert ConvolutionLab(kernel=np.ones((7, 7)), padding="same").padding == 3
    lab = ConvolutionLab(kernel=np.ones((3, 3)), dilation=4, padding="same")
    assert lab.padding == 4
    lab.padding = "valid"
    assert lab.padding == 0


@pytest.mark.parametrize(
    "image",
    [
        (rng.random((12, 10)) * 255).astype(np.uint8),
        rng.random((12, 10)),
        rng.random((12, 10)) > 0.5,
        (rng.random((12, 10, 3)) * 255).astype(np.uint8),
        rng.random((12, 10, 3)),
    ],
)
def test_images_of_all_common_kinds(image):
    from skimage.color import rgb2gray
    from skimage.util import img_as_float

    lab = ConvolutionLab(image)
    expected = rgb2gray(image) if image.ndim == 3 else img_as_float(image)
    np.testing.assert_allclose(lab.image, expected, atol=1e-6)
    assert lab.source == "your array"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.array([[0.0, np.nan]])}, "nan at row 0, column 1"),
        ({"image": np.array([[0.0, 3.0]])}, "from 0 to 3"),
        ({"image": np.zeros((600, 20))}, "512x512"),
        ({"image": np.zeros((2, 2, 2, 2))}, r"\(2, 2, 2, 2\)"),
        ({"image": np.zeros((0, 4))}, r"\(0, 4\)"),
        ({"image": "cat.png"}, "type"),
        ({"kernel": np.ones((12, 3))}, r"\(12, 3\).*11x11"),
        ({"kernel": [[1.0, np.inf]]}, "inf at row 0, column 1"),
        ({"kernel": [[1.0, 1e9]]}, "1e\\+09|1000000000"),
        ({"kernel": "blurr"}, "kernel"),
        ({"kernel": [1.0, 2.0]}, "2 dimensions"),
        ({"stride": 0}, "stride"),
        ({"stride": 5}, "stride"),
        ({"padding": -1}, "padding"),
        ({"padding": "full"}, "full"),
        ({"dilation": 0}, "dilation"),
        ({"position": (-1, 0)}, "position|-1"),
        ({"source": "Hat"}, "Hat.*Sneaker"),
        ({"kernel_name": "magic"}, "magic.*sharpen"),
    ],
)
def test_bad_values_are_named_and_change_nothing(change, message):
    lab = ConvolutionLab()
    before = {name: lab.trait_values()[name] for name in ("image", "kernel", "stride", "padding")}
    ((name, value),) = change.items()
    with pytest.raises((TraitError, ValueError), match=message):
        setattr(lab, name, value)
    for key, old in before.items():
        np.testing.assert_array_equal(getattr(lab, key), old)


def test_bad_arguments_of_the_constructor():
    with pytest.raises(ValueError, match="'blurr'"):
        ConvolutionLab(kernel="blurr")
    with pytest.raises(TraitError, match="Hat"):
        ConvolutionLab(source="Hat")
    with pytest.raises(ValueError, match="no images"):
        ConvolutionLab(sources={})
    with pytest.raises(ValueError, match="your file"):
        ConvolutionLab(sources={"your file": np.zeros((4, 4))})
    with pytest.raises(TraitError, match="ambiguous"):
        ConvolutionLab(kernel=np.ones((2, 2)), padding="same")


def test_own_sources():
    images = {"noise": rng.random((8, 8)), "ramp": np.linspace(0, 1, 64).reshape(8, 8)}
    lab = ConvolutionLab(sources=images)
    assert lab.source == "noise"
    lab.source = "ramp"
    np.testing.assert_allclose(lab.image, images["ramp"], atol=0.5 / 255)


def test_a_kernel_that_does_not_fit_has_no_output():
    lab = ConvolutionLab(np.ones((5, 5)), np.ones((11, 11)))
    assert lab.output.shape == (0, 0)
    assert "does not fit" in lab.figure_html()
    lab.padding = 3
    assert lab.output.shape == (1, 1)


def test_the_position_stays_inside_of_the_output():
    lab = ConvolutionLab()
    lab.position = (25, 25)
    lab.stride = 2
    assert lab.position == (12, 12)


def test_the_start_shows_the_strongest_answer():
    lab = ConvolutionLab()
    assert np.abs(lab.output).max() == abs(lab.output[lab.position])


def test_labs_do_not_share_state():
    first, second = ConvolutionLab(), ConvolutionLab()
    first.kernel_name = "identity"
    assert second.kernel_name == "horizontal edge"


def numbers_of(fragment):
    cells = re.findall(r"<td>([^<]*)</td>", fragment)
    return np.array([float(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells])


@pytest.mark.parametrize("stride, padding, dilation", [(1, 0, 1), (2, 2, 1), (1, 3, 2)])
def test_the_figure_of_the_lab_computes(stride, padding, dilation):
    lab = ConvolutionLab(stride=stride, padding=padding, dilation=dilation)
    fragment = lab.figure_html()
    patch, kernel = numbers_of(fragment).reshape(2, -1)
    shown = float(re.search(r"sums to ([^,]+),", fragment)[1].replace("\N{MINUS SIGN}", "-"))
    assert shown == pytest.approx(lab.output[lab.position], abs=0.005)
    # The patch is rounded to two decimals.
    assert (patch * kernel).sum() == pytest.approx(shown, abs=0.005 * (1 + np.abs(kernel).sum()))


@pytest.mark.parametrize(
    "demo", [ConvolutionLab(), ConvolutionLab(source="cat"), ConvolutionSteps(source="cat")]
)
def test_figures_are_complete_and_small(demo):
    fragment = demo.figure_html()
    assert len(fragment) < 60_000
    assert re.search(r'alt="[^"]{40,}"', fragment)
    assert "<script" not in fragment and "http" not in fragment


def test_steps_are_the_lectures_three_kernels():
    steps = ConvolutionSteps(source="triangle")
    for name, output in steps.outputs.items():
        expected = correlate2d(steps.image, KERNELS[name], mode="valid")
        tolerance = sum_error(9, np.abs(KERNELS[name]).sum())
        np.testing.assert_allclose(output, expected, atol=tolerance)
    assert list(steps.outputs) == ["horizontal edge", "diagonal edge", "edge detect"]


def test_steps_refuse_nonsense():
    with pytest.raises(ValueError, match="'blurr'"):
        ConvolutionSteps(["blurr"])
    with pytest.raises(ValueError, match="one to three"):
        ConvolutionSteps([])
    with pytest.raises(ValueError, match="equal size"):
        ConvolutionSteps(["sobel x", "gaussian blur 5x5"])
    with pytest.raises(ValueError, match=r"progress is 1\.5"):
        ConvolutionSteps(progress=1.5)
    with pytest.raises(TraitError, match="Hat"):
        ConvolutionSteps(source="Hat")

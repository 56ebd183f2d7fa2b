import numpy as np
import pytest

from lecture_utils.convolution import convolve2d, flip_kernel
from lecture_utils.datasets import SHAPES, draw_shape


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("size", [8, 28, 65])
def test_brightness_goes_from_0_to_1(name, size):
    image = draw_shape(name, size)
    assert image.shape == (size, size)
    assert image.min() >= 0 and image.max() <= 1
    assert image.max() > 0.9 and image.min() < 0.1


def test_the_circle_has_the_area_of_a_circle():
    size = 200
    area = draw_shape("circle", size).sum()
    assert area == pytest.approx(np.pi * (0.68 * size / 2) ** 2, rel=1e-3)


def test_the_triangle_stands_on_its_base():
    widths = draw_shape("triangle", 64).sum(axis=1)
    assert widths[:8].sum() == 0
    inside = widths[widths > 1]
    assert (np.diff(inside[:-1]) > 0).all()


def test_symmetry():
    for name in ("circle", "square", "triangle"):
        image = draw_shape(name)
        np.testing.assert_allclose(image, image[:, ::-1], atol=1e-12)


def test_a_dot_shows_the_kernel_turned():
    kernel = np.arange(9.0).reshape(3, 3)
    output = convolve2d(draw_shape("dot", 9), kernel, padding=1)
    np.testing.assert_array_equal(output[3:6, 3:6], flip_kernel(kernel))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"'hexagon'.*circle"):
        draw_shape("hexagon")
    with pytest.raises(ValueError, match="size is 4"):
        draw_shape("circle", 4)

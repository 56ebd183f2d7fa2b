import numpy as np
import pytest

from lecture_utils.palette import gray_lut, signed_colors, signed_lut


@pytest.mark.parametrize("dark", [False, True])
def test_zero_is_neutral_and_the_ends_differ(dark):
    table = signed_lut(dark).astype(int)
    assert table.shape == (511, 3)
    assert np.ptp(table[255]) <= 8  # a gray, or nearly
    assert table[0, 2] > table[0, 0] + 100  # blue below zero
    assert table[-1, 0] > table[-1, 2] + 100  # red above


@pytest.mark.parametrize("dark", [False, True])
def test_lightness_changes_steadily_from_the_middle_to_both_ends(dark):
    lightness = signed_lut(dark) @ np.array([0.2126, 0.7152, 0.0722])
    away = -1 if not dark else 1
    assert (np.diff(lightness[255:]) * away > -0.8).all()
    assert (np.diff(lightness[255::-1]) * away > -0.8).all()
    assert abs(lightness[255] - lightness[-1]) > 100


def test_both_ends_are_equally_strong():
    for dark in (False, True):
        lightness = signed_lut(dark) @ np.array([0.2126, 0.7152, 0.0722])
        assert abs(lightness[0] - lightness[-1]) < 0.25 * abs(lightness[255] - lightness[0])


def test_gray_is_gray():
    table = gray_lut()
    assert (table == np.arange(256)[:, None]).all()


def test_colors_of_values():
    colors = signed_colors([[-2.0, 0.0, 2.0], [np.nan, 9.0, -9.0]], limit=2.0)
    table = signed_lut()
    assert colors.shape == (2, 3, 3)
    assert (colors == table[[[0, 255, 510], [255, 510, 0]]]).all()


def test_a_limit_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="limit is 0"):
        signed_colors([1.0], limit=0)


def test_all_zero_is_the_middle():
    assert (signed_colors(np.zeros((2, 2))) == signed_lut()[255]).all()

"""GaborLab in Python: its traits, its numbers, and what it leaves in a page."""

import re
import warnings

import numpy as np
import pytest
import traitlets
from skimage.filters import gabor

from lecture_utils.datasets import zone_plate
from lecture_utils.filter_banks import gabor_kernel
from lecture_utils.palette import cyclic_lut, sequential_colors, sequential_lut
from lecture_utils.widgets import GaborLab

rng = np.random.default_rng(5)


def test_it_starts_at_the_strongest_place_of_a_zone_plate():
    lab = GaborLab()
    assert lab.source == "zone plate"
    np.testing.assert_allclose(lab.image, zone_plate(), atol=0.5 / 255 + 1e-6)
    # The zone plate's frequency at distance r from the middle is r / 256.
    row, column = np.array(lab.position) - 128
    assert np.hypot(row, column) / 256 == pytest.approx(lab.frequency, abs=0.01)
    assert np.arctan2(row, column) % np.pi == pytest.approx(lab.theta, abs=0.1)


def test_kernel_and_response_follow_the_traits():
    image = rng.random((40, 30))
    lab = GaborLab(image, 0.31, 0, 3.6)
    assert lab.source == "your array"
    for settings in ({}, {"frequency": 0.2, "aspect": 2.0}, {"theta": 2.5, "phase": 1.0}):
        for name, value in settings.items():
            setattr(lab, name, value)
        options = {
            "theta": lab.theta,
            "sigma_x": lab.sigma,
            "sigma_y": lab.sigma * lab.aspect,
        }
        np.testing.assert_allclose(
            lab.kernel, gabor_kernel(lab.frequency, **options, phase=lab.phase)
        )
        real, imaginary = gabor(lab.image.astype(float), lab.frequency, **options, offset=lab.phase)
        np.testing.assert_allclose(lab.response, real + 1j * imaginary, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frequency", 0),
        ("frequency", 0.8),
        ("frequency", np.nan),
        ("theta", -0.1),
        ("theta", 3.2),
        ("sigma", 0.4),
        ("sigma", np.inf),
        ("aspect", 5),
        ("phase", 4),
    ],
)
def test_values_that_cannot_be_shown_are_refused(name, value):
    lab = GaborLab()
    before = getattr(lab, name)
    with pytest.raises(traitlets.TraitError, match=rf"{name} is .*use a number from"):
        setattr(lab, name, value)
    assert getattr(lab, name) == before


def test_other_nonsense_is_named():
    with pytest.raises(traitlets.TraitError, match="no image 'dog'"):
        GaborLab(source="dog")
    with pytest.raises(traitlets.TraitError, match=r"shape \(4,\)"):
        GaborLab(np.zeros(4))
    with pytest.raises(traitlets.TraitError, match="nan at row 1, column 2"):
        image = np.zeros((3, 3))
        image[1, 2] = np.nan
        GaborLab(image)
    with pytest.raises(ValueError, match="is reserved"):
        GaborLab(sources={"your file": np.zeros((9, 9))})
    with pytest.raises(traitlets.TraitError, match="sepia"):
        GaborLab().response_part = "sepia"


def test_a_wave_above_nyquist_is_shown_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lab = GaborLab(frequency=0.7, theta=0)
        assert np.isfinite(lab.response).all()


def test_own_images_and_own_array():
    lab = GaborLab(sources={"noise": rng.integers(0, 256, (20, 30), dtype=np.uint8)})
    assert lab.source == "noise"
    lab.image = np.ones((8, 8))
    assert lab.source == "your array"
    lab.source = "noise"
    assert lab.image.shape == (20, 30)


def test_images_travel_as_bytes_and_arrays_as_they_are():
    lab = GaborLab()
    state = lab.get_state("image")["image"]
    assert state["dtype"] == "uint8"
    levels = np.frombuffer(state["data"], np.uint8).reshape(state["shape"])
    np.testing.assert_array_equal((levels / 255).astype(np.float32), lab.image)
    lab.image = rng.random((5, 6))
    state = lab.get_state("image")["image"]
    assert state["dtype"] == "float32"
    np.testing.assert_array_equal(np.frombuffer(state["data"], "f4").reshape(5, 6), lab.image)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_images_from_the_page(dtype):
    lab = GaborLab(np.zeros((3, 3)))
    values = np.arange(6, dtype=dtype) * (40 if dtype == "uint8" else 0.125)
    message = {"shape": [2, 3], "dtype": dtype, "data": memoryview(values.astype(dtype).tobytes())}
    lab.set_state({"image": message, "source": "your file", "theta": 1})
    expected = values.reshape(2, 3) / (255 if dtype == "uint8" else 1)
    np.testing.assert_allclose(lab.image, expected, rtol=1e-6)
    assert (lab.source, lab.theta) == ("your file", 1.0)


def test_the_figure_tells_the_numbers():
    lab = GaborLab(source="cat")
    html = lab.figure_html()
    assert html.count("<img") == 1 and 'alt="' in html
    assert "<script" not in html
    magnitude = np.abs(lab.response)
    text = re.sub("<[^>]+>", "", html)
    for value in ((magnitude**2).mean(), magnitude.max()):
        assert f"{value:.4g}" in text
    assert "25×25" in text and "cat" in text


def test_a_zone_plate_holds_the_frequency_of_each_distance():
    plate = zone_plate(256)
    assert plate.min() >= 0 and plate.max() <= 1
    np.testing.assert_allclose(plate, plate.T)
    # Around (128, 128 + 64), a quarter of the size away, one wave takes four pixels.
    line = plate[128, 192 - 8 : 192 + 8] - 0.5
    assert np.abs(np.fft.rfft(line * np.hanning(16))).argmax() == 4
    with pytest.raises(ValueError, match="size is 4"):
        zone_plate(4)


@pytest.mark.parametrize("dark", [False, True])
def test_magnitudes_get_steadily_darker_or_brighter(dark):
    lightness = sequential_lut(dark) @ np.array([0.2126, 0.7152, 0.0722])
    away = 1 if dark else -1
    assert (np.diff(lightness) * away > -0.8).all()
    assert abs(lightness[0] - lightness[-1]) > 150


def test_colors_of_magnitudes():
    table = sequential_lut()
    assert (sequential_colors([0, 1, 2, 5], limit=2) == table[[0, 128, 255, 255]]).all()
    assert (sequential_colors(np.zeros(3)) == table[0]).all()
    with pytest.raises(ValueError, match="limit is -1"):
        sequential_colors([1], limit=-1)


def test_angles_go_around_a_circle_of_equally_light_colors():
    table = cyclic_lut().astype(float)
    assert (table[0] == table[-1]).all()
    assert np.abs(np.diff(table, axis=0)).max() < 16
    lightness = table @ np.array([0.2126, 0.7152, 0.0722])
    assert np.ptp(lightness) < 50

"""Scattering coefficients against scipy.ndimage, pair by pair."""

import numpy as np
import pytest
from scipy import ndimage

from lecture_utils.filter_banks import GaborBank, _scattering, scattering


def pool(response, cells):
    height, width = (length // cells for length in response.shape)
    return response.reshape(cells, height, cells, width).mean((1, 3))


def reference(image, bank, second, cells, mode):
    """Return both orders, with one loop over all pairs of filters."""
    first_order, second_order = [], []
    for mine, kernel in zip(bank.parameters, bank.kernels, strict=True):
        magnitude = abs(ndimage.convolve(image + 0j, kernel, mode=mode))
        first_order.append(pool(magnitude, cells))
        for other, next_kernel in zip(second.parameters, second.kernels, strict=True):
            if other.frequency < mine.frequency:
                response = abs(ndimage.convolve(magnitude + 0j, next_kernel, mode=mode))
                second_order.append(pool(response, cells))
    return np.array(first_order), np.array(second_order)


# Frequencies in no order, so that filters with the same partners do not lie side by side.
BANK = GaborBank.from_list([(0.3, 0, 1.5), (0.1, 1, 3), (0.2, 2, 2), (0.3, 1, 1.5), (0.1, 0, 3)])
SECOND = GaborBank([0.05, 0.2], [0.3, 1.2], 2.5, phase=0.4, n_stds=2)


@pytest.mark.parametrize("mode", ["reflect", "wrap"])
@pytest.mark.parametrize("second", [None, SECOND])
def test_scattering_equals_the_loop_over_all_pairs(monkeypatch, mode, second):
    monkeypatch.setattr(_scattering, "STEP", 2 * len(BANK) * 24 * 16)  # two images at a time
    images = np.random.default_rng(0).random((5, 24, 16))
    both = scattering(images, BANK, second, cells=2, mode=mode)
    for number, image in enumerate(images):
        expected = reference(image, BANK, second or BANK, 2, mode)
        for order, wanted in zip(both, expected, strict=True):
            np.testing.assert_allclose(order[number], wanted, atol=1e-6)


def test_a_single_image_and_its_precision():
    image = np.random.default_rng(1).random((28, 28), dtype=np.float32)
    first, second = scattering(image, BANK)
    assert first.shape == (5, 4, 4) and second.shape == (2 * 3 + 2, 4, 4)
    assert first.dtype == second.dtype == np.float32
    np.testing.assert_allclose(first, BANK.pooled(image), rtol=1e-6)


def test_without_a_lower_frequency_there_is_no_second_order():
    first, second = scattering(np.ones((2, 8, 8)), GaborBank(0.2, [0, 1], 2), cells=2)
    assert first.shape == (2, 2, 2, 2) and second.shape == (2, 0, 2, 2)
    assert scattering(np.empty((0, 8, 8)), BANK, cells=2)[1].shape == (0, 8, 2, 2)


def test_cells_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="cannot be divided into 3x3"):
        scattering(np.ones((28, 28)), BANK, cells=3)

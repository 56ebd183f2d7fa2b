"""The banks of FilterBankExplorer, and how they travel to the page (`banks.js` reads them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils.filter_banks import (
    FilterBank,
    GaborBank,
    gabor_kernel,
    haar_bank,
    laplacian_of_gaussian_bank,
    sobel_bank,
)

#: Frequencies, in cycles per pixel, between which a Gabor bank spreads.
LOWEST, HIGHEST = 0.08, 0.4
#: A bank of a single frequency has this one.
SINGLE = 0.16
#: sigma times frequency of a filter that passes a band of one octave.
ONE_OCTAVE = 0.56

LARGEST_BANK = 128
LARGEST_KERNEL = 65

#: Banks whose kernels travel as numbers; Gabor banks travel as parameters.
FIXED_BANKS: dict[str, Callable[[], FilterBank]] = {
    "Sobel": sobel_bank,
    "Haar": lambda: haar_bank((2, 4, 8)),
    "Laplacian of Gaussian": lambda: laplacian_of_gaussian_bank((0.7, 1, 1.4, 2, 2.8, 4)),
}


def gabor_parameters(
    frequencies: int, orientations: int, sigma: float | None = None
) -> list[tuple[float, float, float]]:
    """List what defines the filters of a Gabor bank on a grid of frequencies and angles.

    Parameters
    ----------
    frequencies : int
        How many, spread by equal ratios from 0.08 to 0.4 cycles per pixel.
    orientations : int
        How many, spread evenly over half a turn; the other half would give the same magnitudes.
    sigma : float, optional
        Standard deviation of every envelope; by default 0.56 / frequency, a band of one octave.

    Returns
    -------
    list of (frequency, theta, sigma)
        The angles change fastest.

    Examples
    --------
    >>> gabor_parameters(2, 1, sigma=3)
    [(0.08, 0.0, 3), (0.4, 0.0, 3)]
    """
    if frequencies == 1:
        grid = [SINGLE]
    else:
        ratio, last = HIGHEST / LOWEST, frequencies - 1
        grid = [round(LOWEST * ratio ** (i / last), 4) for i in range(frequencies)]
    thetas = [np.pi * i / orientations for i in range(orientations)]
    return [
        (frequency, theta, ONE_OCTAVE / frequency if sigma is None else sigma)
        for frequency in grid
        for theta in thetas
    ]


def check_bank(bank: FilterBank) -> None:
    """Raise ValueError, with the remedy, if a bank is too large for the page."""
    if len(bank) > LARGEST_BANK:
        raise ValueError(
            f"the bank has {len(bank)} filters; the explorer shows at most {LARGEST_BANK}"
        )
    for kernel, name in zip(bank.kernels, bank.names, strict=True):
        if max(kernel.shape) > LARGEST_KERNEL:
            raise ValueError(
                f"the kernel of {name!r} has shape {kernel.shape}; the explorer shows at most "
                f"{LARGEST_KERNEL}x{LARGEST_KERNEL}, so take a smaller sigma"
            )


def pack_banks(
    banks: Mapping[str, FilterBank],
) -> tuple[list[dict[str, Any]], NDArray[np.float64]]:
    """Return what the page needs of some banks: descriptions, and all weights end to end.

    Parameters
    ----------
    banks : dict of str to FilterBank

    Returns
    -------
    descriptions : list of dict
        For each bank its name and its filters: name, shape, whether complex, and for a Gabor
        filter its parameters, which replace its weights.
    weights : numpy.ndarray of float64, shape (m,)
        Of the other filters: real parts, then (if complex) imaginary parts.
    """
    descriptions, weights = [], [np.zeros(0)]
    for bank_name, bank in banks.items():
        filters = []
        for kernel, name, parameters in zip(
            bank.kernels, bank.names, _parameters_of(bank), strict=True
        ):
            is_complex = np.iscomplexobj(kernel)
            filters.append(
                {
                    "name": name,
                    "shape": list(kernel.shape),
                    "complex": is_complex,
                    "gabor": parameters,
                }
            )
            if parameters is None:
                weights += [np.real(kernel).ravel(), np.imag(kernel).ravel()][: 1 + is_complex]
        descriptions.append({"name": bank_name, "filters": filters})
    return descriptions, np.concatenate(weights)


def _parameters_of(bank):
    """Yield the parameters of each Gabor filter that `gabor.js` can build, None for others."""
    for kernel, entry in zip(
        bank.kernels, getattr(bank, "parameters", [None] * len(bank)), strict=True
    ):
        if entry is None:
            yield None
            continue
        frequency, theta, sigma = entry
        sigma_x, sigma_y = sigma if isinstance(sigma, tuple) else (sigma, sigma)
        phase = float(np.angle(kernel[kernel.shape[0] // 2, kernel.shape[1] // 2]))
        # With other `n_stds` the kernel is cut elsewhere, and travels as numbers.
        same = gabor_kernel(frequency, theta, sigma_x=sigma_x, sigma_y=sigma_y, phase=phase)
        if same.shape != kernel.shape or not np.allclose(same, kernel, rtol=1e-9, atol=0):
            yield None
            continue
        yield {
            "frequency": frequency,
            "theta": theta,
            "sigma": sigma_x,
            "sigmaY": sigma_y,
            "phase": phase,
        }


def gabor_bank(frequencies: int, orientations: int, sigma: float | None = None) -> GaborBank:
    """Return the `GaborBank` of `gabor_parameters`."""
    return GaborBank.from_list(gabor_parameters(frequencies, orientations, sigma))

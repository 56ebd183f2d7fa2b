"""Gabor filters, which are waves inside a Gaussian window: a single one, or a whole bank.

Chapter 2, *Filter banks*, introduces them. The conventions (axes, angle, phase, support, scale) are
those of `skimage.filters.gabor_kernel`, so that the two are interchangeable.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lecture_utils._validation import finite, positive
from lecture_utils.filter_banks._bank import FilterBank
from lecture_utils.filter_banks._separable import factorize

# The value of sigma * frequency for which the passband, at half its height, is one octave wide.
ONE_OCTAVE = 3 * math.sqrt(math.log(2) / 2) / math.pi
# A kernel that extends further from its center is a typing error, and would fill the memory.
LARGEST_REACH = 4096


def gabor_kernel(
    frequency: float,
    theta: float = 0.0,
    sigma: float | None = None,
    *,
    sigma_x: float | None = None,
    sigma_y: float | None = None,
    phase: float = 0.0,
    n_stds: float = 3,
) -> NDArray[np.complex128]:
    r"""Return a complex Gabor kernel.

    .. math:: g(x, y) = \frac{1}{2\pi\sigma_x\sigma_y}
        \exp\left(-\frac{x'^2}{2\sigma_x^2} - \frac{y'^2}{2\sigma_y^2}\right)
        \exp\left(i (2\pi f x' + \varphi)\right)

    .. math:: x' = x\cos\theta + y\sin\theta,\quad y' = -x\sin\theta + y\cos\theta

    with x to the right and y down, both 0 in the center.

    Parameters
    ----------
    frequency : float
        Cycles per pixel, positive.
    theta : float
        Direction in which the wave travels, in radians: 0 is along x, with vertical stripes;
        pi / 2 is along y.
    sigma : float, optional
        Standard deviation of a round envelope in pixels. By default ``0.56 / frequency``, which
        passes a band of one octave.
    sigma_x, sigma_y : float, optional
        Standard deviations along the wave and along its crests, for an elongated envelope. Each
        defaults to `sigma`.
    phase : float
        Phase of the wave at the center, in radians; scikit-image calls it ``offset``.
    n_stds : float
        Size of the kernel: it extends this many standard deviations.

    Returns
    -------
    numpy.ndarray, complex128, shape (2 y0 + 1, 2 x0 + 1)
        The bounding box of the rotated envelope, at least 3x3.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, one that must be positive is not, or the kernel would
        extend more than 4096 pixels from its center.

    Warns
    -----
    UserWarning
        If the wave is too fine for the pixel grid, on which it looks like a coarser one, its
        alias. The warning names the alias.

    References
    ----------
    J. G. Daugman, *Uncertainty relation for resolution in space, spatial frequency, and
    orientation optimized by two-dimensional visual cortical filters*, JOSA A 2(7), 1985.

    Examples
    --------
    >>> kernel = gabor_kernel(0.16, theta=1.2, sigma=4.0)
    >>> kernel.shape
    (25, 25)
    >>> float(kernel[12, 12].real) == 1 / (2 * np.pi * 4.0**2)
    True
    """
    fallback = sigma if sigma is not None else ONE_OCTAVE / positive("frequency", frequency)
    along = fallback if sigma_x is None else sigma_x
    across = fallback if sigma_y is None else sigma_y
    parameters = _checked_parameters((frequency, theta, (along, across)))
    _warn_of_aliases([parameters], stacklevel=3)
    return _kernel(parameters, *_checked_rest(phase, n_stds))


class GaborParameters(NamedTuple):
    """The parameters of one filter of a bank.

    ``sigma`` is a float or, for an elongated envelope, the pair ``(sigma_x, sigma_y)``.
    """

    frequency: float
    theta: float
    sigma: float | tuple[float, float]


class GaborBank(FilterBank):
    """Filter images with many Gabor filters at once.

    Parameters
    ----------
    frequencies, thetas, sigmas : iterable of float, or float
        As for `gabor_kernel`; the bank holds all combinations, with the sigmas changing fastest
        and the frequencies slowest. A sigma may be a pair ``(sigma_x, sigma_y)``.
    phase, n_stds : float
        As for `gabor_kernel`, for all filters.

    Attributes
    ----------
    parameters : list of GaborParameters
        Frequency, theta and sigma of each filter.
    kernels : list of numpy.ndarray, complex128
        One kernel per filter.
    names : list of str
        One name per filter, with its parameters.

    Raises
    ------
    ValueError
        If a list is empty, or `gabor_kernel` would refuse a parameter.

    Warns
    -----
    UserWarning
        As `gabor_kernel`, but once for the whole bank.

    Notes
    -----
    `responses` (complex), `magnitudes` and `energies` come from `FilterBank`. For a round envelope,
    time grows in proportion to sigma, not to its square; see `lecture_utils.filter_banks._engine`.

    Examples
    --------
    >>> bank = GaborBank([0.16, 0.31], thetas=[0, np.pi / 4, np.pi / 2], sigmas=[3.6])
    >>> len(bank), bank.names[1]
    (6, 'f 0.16, theta 0.79, sigma 3.6')
    >>> bank.responses(np.eye(32)).shape
    (6, 32, 32)
    >>> GaborBank.from_list([(0.16, 1.2, 4.0), (0.31, 0, 3.6)]).parameters[1]
    GaborParameters(frequency=0.31, theta=0.0, sigma=3.6)
    """

    def __init__(
        self,
        frequencies: Iterable[float] | float,
        thetas: Iterable[float] | float,
        sigmas: Iterable[float | tuple[float, float]] | float,
        *,
        phase: float = 0.0,
        n_stds: float = 3,
    ):
        lists = (_as_list(values) for values in (frequencies, thetas, sigmas))
        self._build(itertools.product(*lists), phase, n_stds)

    @classmethod
    def from_list(
        cls,
        parameters: Iterable[tuple[float, float, float | tuple[float, float]]],
        *,
        phase: float = 0.0,
        n_stds: float = 3,
    ) -> GaborBank:
        """Return a bank with exactly the filters listed.

        Parameters
        ----------
        parameters : iterable of (frequency, theta, sigma)
            As for `gabor_kernel`; a sigma may be a pair ``(sigma_x, sigma_y)``. The `parameters`
            of another bank are accepted.
        phase, n_stds : float
            As for `gabor_kernel`, for all filters.

        Returns
        -------
        GaborBank
        """
        bank = cls.__new__(cls)
        bank._build(parameters, phase, n_stds)
        return bank

    def _build(self, parameters: Iterable[Any], phase: float, n_stds: float) -> None:
        self.parameters = [_checked_parameters(entry) for entry in parameters]
        if not self.parameters:
            raise ValueError("a Gabor bank needs at least one frequency, one theta and one sigma")
        _warn_of_aliases(self.parameters, stacklevel=4)
        self._phase, self._n_stds = _checked_rest(phase, n_stds)
        kernels = [_kernel(entry, self._phase, self._n_stds) for entry in self.parameters]
        super().__init__(kernels, [_name(entry) for entry in self.parameters])
        self._parameters = tuple(self.parameters)  # as for `FilterBank._kernels`

    def _factorize(self):
        return [
            self._round_factors(entry, kernel.shape)
            if isinstance(entry.sigma, float)
            else factorize(kernel)
            for entry, kernel in zip(self._parameters, self._kernels, strict=True)
        ]

    def _round_factors(self, parameters, shape):
        """Return the two 1-D kernels whose product is a round Gabor kernel."""
        frequency, theta, sigma = parameters
        y, x = (np.arange(-(size // 2), size // 2 + 1) for size in shape)
        u, v = frequency * math.cos(theta), frequency * math.sin(theta)
        column = np.exp(-(y**2) / (2 * sigma**2) + 1j * (2 * math.pi * v * y + self._phase))
        row = np.exp(-(x**2) / (2 * sigma**2) + 2j * math.pi * u * x)
        return column[None] / (2 * math.pi * sigma**2), row[None]


def _kernel(parameters, phase, n_stds):
    frequency, theta, sigma = parameters
    sigma_x, sigma_y = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    cos, sin = math.cos(theta), math.sin(theta)
    x0 = math.ceil(max(abs(n_stds * sigma_x * cos), abs(n_stds * sigma_y * sin), 1))
    y0 = math.ceil(max(abs(n_stds * sigma_y * cos), abs(n_stds * sigma_x * sin), 1))
    if max(x0, y0) > LARGEST_REACH:
        raise ValueError(
            f"sigma {sigma} gives a kernel of {2 * y0 + 1}x{2 * x0 + 1} pixels; use a smaller "
            f"sigma or n_stds, so that it extends at most {LARGEST_REACH} pixels"
        )
    y, x = np.arange(-y0, y0 + 1)[:, None], np.arange(-x0, x0 + 1)
    along, across = x * cos + y * sin, -x * sin + y * cos
    envelope = -0.5 * (along**2 / sigma_x**2 + across**2 / sigma_y**2)
    wave = 2 * math.pi * frequency * along + phase
    return np.exp(envelope + 1j * wave) / (2 * math.pi * sigma_x * sigma_y)


def _name(parameters):
    frequency, theta, sigma = parameters
    widths = "x".join(f"{width:.3g}" for width in _as_list(sigma))
    return f"f {frequency:.3g}, theta {theta:.2f}, sigma {widths}"


def _as_list(values: Any) -> list[Any]:
    return list(values) if np.iterable(values) else [values]


def _checked_parameters(entry: Any) -> GaborParameters:
    try:
        frequency, theta, sigma = entry
    except (TypeError, ValueError):
        raise ValueError(f"{entry!r} is not a filter; give (frequency, theta, sigma)") from None
    frequency = positive("frequency", frequency)
    widths = [positive("sigma", width) for width in _as_list(sigma)]
    if len(widths) not in (1, 2):
        raise ValueError(f"sigma is {sigma!r}; give a number or a pair (sigma_x, sigma_y)")
    along, across = widths[0], widths[-1]
    sigma = along if along == across else (along, across)
    return GaborParameters(frequency, finite("theta", theta), sigma)


def _checked_rest(phase, n_stds):
    return finite("phase", phase), positive("n_stds", n_stds)


def _warn_of_aliases(parameters, stacklevel):
    """Warn once about all waves whose phase advances by more than half a cycle per pixel."""
    aliases = []
    for frequency, theta, _ in parameters:
        u, v = frequency * math.cos(theta), frequency * math.sin(theta)
        if max(abs(u), abs(v)) > 0.5 + 1e-12:
            # Whole cycles between two pixels are invisible on the grid.
            u, v = u - round(u), v - round(v)
            seen = f"{math.hypot(u, v):.4g} at theta {math.atan2(v, u):.4g}"
            aliases.append(f"{frequency:.4g} at theta {theta:.4g} looks like {seen}")
    if aliases:
        more = f" (and {len(aliases) - 3} more)" if len(aliases) > 3 else ""
        warnings.warn(
            "on the pixel grid, a wave above the Nyquist limit of 0.5 cycles per pixel along x or "
            f"y looks like a coarser one: frequency {'; '.join(aliases[:3])}{more}",
            UserWarning,
            stacklevel=stacklevel,
        )

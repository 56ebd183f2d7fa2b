"""How a bank of 2-D filters runs fast: separate kernels, cut tiles, multiply small matrices.

Every kernel is a short sum of products of two 1-D kernels (its *factors*): a round Gabor, a Sobel
or a Haar kernel is one product, a Laplacian of Gaussian two, an elongated Gabor about a dozen. For
Gabor kernels this is the well-known factorization "multiply the image by the carrier, blur it with
a separable Gaussian, multiply back", with both multiplications absorbed into the 1-D kernels:

    exp(-(x^2 + y^2) / 2s^2) exp(i 2 pi (u x + v y))
        = [exp(-x^2 / 2s^2) exp(i 2 pi u x)] [exp(-y^2 / 2s^2) exp(i 2 pi v y)]

so the work per pixel grows with the width of the kernel, not with its area. A 1-D filter is a
banded matrix, and a processor is most efficient at products of matrices that fit its cache. There
are three routes, chosen by the rules in `make_plan` and `uses_fourier`:

dense    images up to `SMALL` pixels: ``vertical @ image @ horizontal``, border included.
tiled    larger images: the same for overlapping tiles of the padded image.
fourier  wide kernels, or many factors: one forward FFT per image, one inverse FFT per filter.

Borders are exact on every route, because padding an image commutes with filtering along the other
axis. The matrices stay below the size at which NumPy's BLAS starts its own threads; this module
starts the threads instead, one job each, so that they need not wait for each other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import DTypeLike, NDArray
from scipy import fft

from lecture_utils.filter_banks._separable import (
    Factor,
    banded_matrix,
    border_index,
    folded_matrix,
    matrix_pair,
    reach,
)

# Up to this side length, an image is cheaper in one piece, despite the zeros of the banded matrix.
SMALL = 40
# Columns of results in a tile; also rows, if the kernel has up to 33 taps.
TILE = 32
# One operation of an FFT takes as long as this many in a matrix product (measured on CPUs).
FFT_COST_RATIO = 10
# Number of multiplications above which NumPy's BLAS starts threads for a matrix product.
PRODUCT = 2**18
# Number of values in one piece of work on small images, which then stays in the cache.
PIECE = 2**19


def as_reals(x):
    """View complex ``(..., n)`` as real ``(..., 2 n)``; return real arrays unchanged."""
    return x.view(x.real.dtype) if np.iscomplexobj(x) else x


def stacked(pairs, shape, dtype):
    """Return the left and right matrices of some filters as two stacks for images of one shape.

    The left ones all multiply the same image, so several form one product, up to `PRODUCT`.
    """
    real = np.empty(0, dtype).real.dtype
    left = np.stack([pair[0] for pair in pairs]).astype(real)
    right = np.stack([pair[1] for pair in pairs]).astype(real)
    together = max(1, PRODUCT // (left[0].size * shape[1]))
    while len(pairs) % together:
        together -= 1
    rows = together * left[0].size // shape[0]
    # A kernel that is a sum of many products has too many rows even alone, so it is split.
    parts = next(n for n in divisors(rows) if n == rows or rows // n * math.prod(shape) <= PRODUCT)
    return left.reshape(-1, rows // parts, shape[0]), right


def divisors(number):
    """Return the divisors of an integer in ascending order."""
    return [n for n in range(1, number + 1) if number % n == 0]


def multiply(left, right, out):
    """Write ``left @ right`` to `out`, in steps for which BLAS starts no threads."""
    inner = right.shape[-2]
    step = max(1, PRODUCT // (left.shape[-2] * right.shape[-1]))
    np.matmul(left[..., :step], right[..., :step, :], out=out)
    for at in range(step, inner, step):
        out += left[..., at : at + step] @ right[..., at : at + step, :]


class DensePlan:
    """Responses of small images, several images and filters at a time.

    Parameters
    ----------
    factors : list of (columns, rows)
        From `_separable.factorize`, one pair for each filter.
    shape : (int, int)
        Height and width of the images.
    mode : str
        One of `_separable.MODES`.
    dtype : numpy.dtype
        Type of the responses: real or complex, single or double precision.
    """

    def __init__(self, factors, shape, mode, dtype):
        self.dtype, self.shape = np.dtype(dtype), shape
        is_complex = self.dtype.kind == "c"
        self.images_per_job = max(1, PIECE // (2 * len(factors) * math.prod(shape)))
        self.runs = []
        for filters in equal_ranks(factors):
            pairs = [
                matrix_pair(
                    factor,
                    lambda column: folded_matrix(column, shape[0], mode),
                    lambda row: folded_matrix(row, shape[1], mode),
                    is_complex,
                )
                for factor in factors[filters]
            ]
            self.runs.append((filters, *stacked(pairs, shape, self.dtype)))

    def batches(
        self,
        images: NDArray,
        out: NDArray | None,
        done: Callable[[slice, slice, Any], None] | None,
    ) -> Iterator[list[Callable[[], None]]]:
        """Yield lists of independent jobs, functions that each do a piece of the work.

        Parameters
        ----------
        images : numpy.ndarray, shape (b, H, W)
        out : numpy.ndarray, shape (b, n, H, W), or None
            Array for the responses; without it, each job allocates its own.
        done : callable(slice of images, slice of filters, responses), or None
            Called with each piece.
        """
        size = self.images_per_job
        pieces = [slice(at, min(at + size, len(images))) for at in range(0, len(images), size)]
        yield [lambda piece=piece: self._filter(images, piece, out, done) for piece in pieces]

    def _filter(self, images, piece, out, done):
        height, width = self.shape
        for filters, left, right in self.runs:
            vertical = left @ images[piece, None]
            vertical = vertical.reshape(len(vertical), len(right), height, -1)
            shape = (*vertical.shape[:2], height, width)
            result = np.empty(shape, self.dtype) if out is None else out[piece, filters]
            multiply(vertical, right, as_reals(result))
            if done:
                done(piece, filters, result)


class LargePlan:
    """Responses of larger images, one image and one filter at a time.

    Has the parameters of `DensePlan`.
    """

    def __init__(self, factors, shape, mode, dtype):
        self.dtype, self.shape = np.dtype(dtype), shape
        self.padding = Padding(factors, shape, mode)
        self.filters = [
            FourierFilter(self, factor)
            if uses_fourier(factor, shape, self.dtype.kind == "c")
            else TiledFilter(self, factor)
            for factor in factors
        ]
        self.any_fourier = any(isinstance(f, FourierFilter) for f in self.filters)

    def batches(
        self,
        images: NDArray,
        out: NDArray | None,
        done: Callable[[slice, slice, Any], None] | None,
    ) -> Iterator[list[Callable[[], None]]]:
        """Yield lists of independent jobs; see `DensePlan.batches`."""
        for b, image in enumerate(images):
            padded = self.padding.apply(image)
            spectrum, mean = None, padded.mean()
            if self.any_fourier:
                # Subtract the mean, which is far larger than the rest in most images: the transform
                # would spread its rounding errors over all frequencies.
                transform = fft.fft2 if self.dtype.kind == "c" else fft.rfft2
                spectrum = transform(padded - mean, self.padding.fourier_shape, workers=-1)
            yield [
                lambda b=b, n=n, source=(padded, spectrum, mean): self._filter(
                    source, b, n, out, done
                )
                for n in range(len(self.filters))
            ]

    def _filter(self, source, b, n, out, done):
        result = np.empty(self.shape, self.dtype) if out is None else out[b, n]
        self.filters[n].apply(*source, result)
        if done:
            done(slice(b, b + 1), slice(n, n + 1), result[None, None])


class Padding:
    """The border that the widest kernels of a bank need around an image."""

    def __init__(self, factors, shape, mode):
        taps = np.array([(columns.shape[1], rows.shape[1]) for columns, rows in factors])
        self.before, after = (side.max(axis=0) for side in reach(taps))
        self.rows, self.columns = (
            border_index(length, before, behind, mode)
            for length, before, behind in zip(shape, self.before, after, strict=True)
        )
        # A circular convolution of this size corrupts only the border, which is cut off.
        lengths: Any = [fft.next_fast_len(len(axis)) for axis in (self.rows, self.columns)]
        self.fourier_shape: tuple[int, int] = (lengths[0], lengths[1])

    def apply(self, image):
        padded = image[self.rows[:, None], self.columns]
        padded[self.rows < 0] = 0
        padded[:, self.columns < 0] = 0
        return padded


class TiledFilter:
    """One filter of a `LargePlan` by matrix products of overlapping tiles."""

    def __init__(self, plan, factor):
        self.dtype = plan.dtype
        taps = np.array([factor[0].shape[1], factor[1].shape[1]])
        self.start = plan.padding.before - reach(taps)[0]
        self.tile = np.minimum(plan.shape, [TILE if taps.max() <= 33 else TILE // 2, TILE])
        self.window = self.tile + taps - 1
        left, right = matrix_pair(
            factor,
            lambda column: banded_matrix(column, self.tile[0]),
            lambda row: banded_matrix(row, self.tile[1]),
            self.dtype.kind == "c",
        )
        real = np.empty(0, self.dtype).real.dtype
        self.left = left.reshape(-1, left.shape[-1]).astype(real)
        self.right = right.astype(real)

    def apply(self, padded, spectrum, mean, out):
        """Write the response of a padded image into `out`, shape (H, W)."""
        (tile_height, tile_width), (height, width) = self.tile, out.shape
        windows = sliding_window_view(padded, self.window)[self.start[0] :, self.start[1] :]
        whole = width - width % tile_width
        for y in _tile_starts(height, tile_height):
            strip = out[y : y + tile_height]
            blocks = strip[:, :whole].reshape(tile_height, -1, tile_width).swapaxes(0, 1)
            self._multiply(windows[y, :whole:tile_width], blocks)
            if whole < width:  # the last tile ends with the image and overlaps its neighbor
                last = width - tile_width
                self._multiply(windows[y, last], strip[:, last:])

    def _multiply(self, windows, out):
        vertical = self.left @ windows
        vertical = vertical.reshape(*vertical.shape[:-2], self.tile[0], -1)
        np.matmul(vertical, self.right, out=as_reals(out))


class FourierFilter:
    """One filter of a `LargePlan` by the product of two Fourier spectra."""

    def __init__(self, plan, factor):
        columns, rows = factor
        self.dtype, self.shape = plan.dtype, plan.padding.fourier_shape
        self.columns, self.rows = factor_spectra(factor, self.shape, self.dtype.kind == "c")
        self.sum = (columns.sum(axis=1) * rows.sum(axis=1)).sum()
        self.start = plan.padding.before + np.array([columns.shape[1], rows.shape[1]]) // 2

    def apply(self, padded, spectrum, mean, out):
        """Write the response to an image's spectrum into `out`, shape (H, W)."""
        (top, left), (height, width) = self.start, out.shape
        kernel = self.columns.T.astype(spectrum.dtype) @ self.rows.astype(spectrum.dtype)
        # One axis after the other, so that the second transform skips rows that are cut off.
        product: Any = fft.ifft(kernel * spectrum, axis=0, overwrite_x=True)
        product = product[top : top + height]
        if self.dtype.kind == "c":
            product = fft.ifft(product, axis=1, overwrite_x=True)
        else:
            product = fft.irfft(product, self.shape[1], axis=1)
        np.add(product[:, left : left + width], self.dtype.type(mean * self.sum), out=out)


Plan: TypeAlias = DensePlan | LargePlan


def factor_spectra(factor: Factor, shape: tuple[int, ...], is_complex: bool) -> tuple[Any, Any]:
    """Return the Fourier transforms of 1-D factors, padded to `shape` (half of it if real)."""
    columns, rows = factor
    return fft.fft(columns, shape[0]), (fft.fft if is_complex else fft.rfft)(rows, shape[1])


def uses_fourier(factor, shape, is_complex):
    """Return whether the Fourier route is cheaper than the tiled one for one filter.

    Costs are counted in operations per pixel. For a tile of size ``TILE`` and a kernel of K taps,
    the window is ``L = TILE + K``. The two matrix products take ``rank (2 L^2 / TILE + 2 L)``, two
    and four times as many if complex. The transform takes ``5 log2(pixels)``, half if real, and
    each of its operations costs as much as `FFT_COST_RATIO` of the others.
    """
    columns, rows = factor
    window = TILE + max(columns.shape[1], rows.shape[1])
    tiled = len(columns) * (2 * window**2 / TILE + 2 * window * (2 if is_complex else 1))
    padded = (shape[0] + columns.shape[1]) * (shape[1] + rows.shape[1])
    fourier = 5 * math.log2(padded) * padded / math.prod(shape)
    return (2 if is_complex else 1) * tiled > FFT_COST_RATIO * fourier / (1 if is_complex else 2)


def make_plan(factors: list[Factor], shape: tuple[int, int], mode: str, dtype: DTypeLike) -> Plan:
    """Return the plan, dense or large, that filters images of one shape."""
    plan = DensePlan if max(shape) <= SMALL else LargePlan
    return plan(factors, tuple(shape), mode, dtype)


def equal_ranks(factors):
    """Split a list of factors into slices of neighbors with equally many products."""
    ranks = [len(columns) for columns, _ in factors]
    edges = [n for n in range(1, len(ranks)) if ranks[n] != ranks[n - 1]]
    return [slice(a, b) for a, b in zip([0, *edges], [*edges, len(ranks)], strict=True)]


def run(
    plan: Plan,
    images: NDArray,
    out: NDArray | None = None,
    done: Callable[[slice, slice, Any], None] | None = None,
    threads: int | None = None,
) -> None:
    """Filter ``(b, H, W)`` images by a plan, on several threads.

    Parameters
    ----------
    plan, images, out, done
        See `DensePlan.batches`.
    threads : int, optional
        By default, all processors available to this process.
    """
    if threads is None:
        affinity = getattr(os, "sched_getaffinity", None)
        threads = len(affinity(0)) if affinity else os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        for jobs in plan.batches(images, out, done):
            if threads == 1 or len(jobs) == 1:
                for job in jobs:
                    job()
            else:
                for future in [pool.submit(job) for job in jobs]:
                    future.result()


def _tile_starts(length, tile):
    starts = list(range(0, length - tile + 1, tile))
    return starts if starts[-1] == length - tile else [*starts, length - tile]

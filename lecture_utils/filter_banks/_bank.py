"""Banks of image filters behind one interface: Sobel, Laplacian of Gaussian, Haar, or your own.

Chapter 2, *Filter banks*, introduces them. Gabor banks, which share the interface, are in
`_gabor`; the computation is in `_engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_utils._validation import is_whole, positive, whole
from lecture_utils.filter_banks import _engine, _torch
from lecture_utils.filter_banks._checks import checked_image, checked_kernel
from lecture_utils.filter_banks._separable import Factor, factorize

if TYPE_CHECKING:
    from torch import Tensor

    from lecture_utils.filter_banks._engine import Plan


class FilterBank:
    """Convolve images with every kernel of a list.

    Parameters
    ----------
    kernels : iterable of array_like, each of shape (height, width)
        Real or complex, finite, of any size. If one is complex, so are all responses.
    names : iterable of str, optional
        One name for each kernel; by default ``"filter 0"``, ``"filter 1"``, ...

    Attributes
    ----------
    kernels : list of numpy.ndarray
        float64 or complex128.
    names : list of str
        Changing the lists later does not change the responses.

    Raises
    ------
    ValueError
        If there are no kernels, a kernel is not a finite 2-D array, or the names do not match.

    Notes
    -----
    True convolution, not the cross-correlation of neural networks: a kernel is rotated by 180
    degrees before it slides, exactly as in `scipy.ndimage.convolve`.

    Examples
    --------
    >>> bank = FilterBank([[[1, 0, -1]], [[1], [0], [-1]]], ["along x", "along y"])
    >>> image = np.array([[0.0, 1, 4], [0, 1, 4]])
    >>> bank.responses(image).shape
    (2, 2, 3)
    >>> bank.responses(image)[0, 0].tolist()
    [1.0, 4.0, 3.0]
    """

    def __init__(self, kernels: Iterable[ArrayLike], names: Iterable[str] | None = None):
        self.kernels: list[NDArray[Any]] = [
            checked_kernel(kernel, n) for n, kernel in enumerate(kernels)
        ]
        # The computation uses this tuple, because its buffers must fit the filters that it knows.
        self._kernels = tuple(self.kernels)
        if not self._kernels:
            raise ValueError("a bank needs at least one kernel; the list is empty")
        count = len(self._kernels)
        self.names = [f"filter {n}" for n in range(count)] if names is None else list(names)
        if len(self.names) != count:
            raise ValueError(f"{len(self.names)} names for {count} kernels; give one name to each")
        self._plan: tuple[object, Plan] | None = None

    def __len__(self) -> int:
        return len(self._kernels)

    def __repr__(self) -> str:
        sizes = sorted({kernel.shape for kernel in self._kernels})
        listed = ", ".join(f"{height}x{width}" for height, width in sizes[:4])
        return f"{type(self).__name__}({len(self)} kernels: {listed}{', ...' * (len(sizes) > 4)})"

    @property
    def is_complex(self) -> bool:
        """Whether the responses are complex."""
        return any(np.iscomplexobj(kernel) for kernel in self._kernels)

    @overload
    def responses(self, image: Tensor, mode: str = "reflect") -> Tensor: ...
    @overload
    def responses(self, image: ArrayLike, mode: str = "reflect") -> NDArray[Any]: ...
    def responses(self, image: ArrayLike | Tensor, mode: str = "reflect") -> NDArray[Any] | Tensor:
        """Convolve one image or a batch with every filter.

        Parameters
        ----------
        image : array_like or torch.Tensor, shape (H, W) or (b, H, W)
            Gray images, without NaN or infinities. float32 and float64 are kept. Integers and
            booleans give responses in float64 (NumPy) or in PyTorch's default dtype, never
            rounded to integers. An image may be smaller than the kernels; the border is then
            repeated as often as needed.
        mode : {"reflect", "wrap", "constant", "nearest"}
            The values beyond the border, as in `scipy.ndimage.convolve`: the mirrored image, the
            opposite side, zeros, or the nearest pixel.

        Returns
        -------
        numpy.ndarray or torch.Tensor, shape (n, H, W) or (b, n, H, W)
            In the image's library, precision and device; complex if any kernel is. Gradients flow
            back to a tensor that requires them.

        Raises
        ------
        ValueError
            If the image has no pixels, the wrong number of axes, color channels, NaN or
            infinities, or if the mode is unknown.
        TypeError
            If the image does not hold real numbers, or is a half-precision tensor.

        Notes
        -----
        Equal to `scipy.ndimage.convolve` up to rounding. In float32 the rounding error is about
        1e-6 of the brightest pixel; for faint structures on a bright background, pass float64.
        """
        return self._apply(image, mode)

    @overload
    def magnitudes(self, image: Tensor, mode: str = "reflect") -> Tensor: ...
    @overload
    def magnitudes(self, image: ArrayLike, mode: str = "reflect") -> NDArray[Any]: ...
    def magnitudes(self, image: ArrayLike | Tensor, mode: str = "reflect") -> NDArray[Any] | Tensor:
        """Return the absolute values of `responses`, using less memory.

        Parameters
        ----------
        image, mode
            As for `responses`.

        Returns
        -------
        numpy.ndarray or torch.Tensor, shape (n, H, W) or (b, n, H, W)
            Real and nonnegative.
        """
        return self._apply(image, mode, reduce=abs)

    @overload
    def energies(self, image: Tensor, mode: str = "reflect") -> Tensor: ...
    @overload
    def energies(self, image: ArrayLike, mode: str = "reflect") -> NDArray[Any]: ...
    def energies(self, image: ArrayLike | Tensor, mode: str = "reflect") -> NDArray[Any] | Tensor:
        """Return the mean squared magnitude of every filter's response.

        The mean over pixels makes images of different sizes comparable. The responses are never
        all in memory at once, so a whole data set may be passed.

        Parameters
        ----------
        image, mode
            As for `responses`.

        Returns
        -------
        numpy.ndarray or torch.Tensor, shape (n,) or (b, n)
            Real and nonnegative.

        Examples
        --------
        >>> stripes = np.tile([0.0, 0, 1, 1], (8, 2))
        >>> x, y = sobel_bank().energies(stripes, mode="wrap")
        >>> float(x), float(y)
        (16.0, 0.0)
        """
        return self._apply(image, mode, reduce=self._energy, shape=())

    @overload
    def pooled(self, image: Tensor, cells: int = 4, mode: str = "reflect") -> Tensor: ...
    @overload
    def pooled(self, image: ArrayLike, cells: int = 4, mode: str = "reflect") -> NDArray[Any]: ...
    def pooled(
        self, image: ArrayLike | Tensor, cells: int = 4, mode: str = "reflect"
    ) -> NDArray[Any] | Tensor:
        """Average the magnitudes of every filter's response over the cells of a grid.

        The result shows how strongly each filter responds in each part of the image, but no longer
        where exactly. The responses are never all in memory at once.

        Parameters
        ----------
        image
            As for `responses`; height and width are multiples of `cells`.
        cells : int
            Rows and columns of the grid.
        mode
            As for `responses`.

        Returns
        -------
        numpy.ndarray or torch.Tensor, shape (n, cells, cells) or (b, n, cells, cells)
            Real and nonnegative.

        Raises
        ------
        ValueError
            If the image cannot be divided into that many equal cells.

        Examples
        --------
        >>> bank = FilterBank([[[1, 0, -1]], [[1], [0], [-1]]])
        >>> ramp = np.tile(np.arange(8.0), (8, 1))
        >>> bank.pooled(ramp, cells=2)[:, 0, 0].tolist()
        [1.75, 0.0]
        """
        cells = whole("cells", cells, 1)
        height, width = np.shape(image)[-2:] if len(np.shape(image)) >= 2 else (cells, cells)
        if height % cells or width % cells:
            raise ValueError(
                f"an image of {height}x{width} pixels cannot be divided into {cells}x{cells} equal "
                "cells; choose a number that divides both, or crop the image"
            )

        def pool(tile):
            tile = abs(tile)
            parts = (cells, tile.shape[-2] // cells, cells, tile.shape[-1] // cells)
            return tile.reshape(*tile.shape[:-2], *parts).mean((-3, -1))

        return self._apply(image, mode, reduce=pool, shape=(cells, cells))

    def _energy(self, tile):
        squares = tile.real**2 + tile.imag**2 if self.is_complex else tile**2
        return squares.mean((-2, -1))

    @cached_property
    def _factors(self) -> list[Factor]:
        return self._factorize()

    def _factorize(self) -> list[Factor]:
        """Return (columns, rows) for each kernel; a subclass that knows them overrides this."""
        return [factorize(kernel) for kernel in self._kernels]

    def _apply(
        self,
        image: Any,
        mode: str,
        reduce: Callable[[Any], Any] | None = None,
        shape: tuple[int, ...] | None = None,
    ) -> Any:
        """Filter, and reduce every piece of the responses while it is still in the cache.

        A reduced response has the shape `shape`; None means that of the image.
        """
        images, single = checked_image(image, mode)
        if not _torch.is_tensor(images):
            result = self._apply_numpy(images, mode, reduce, shape)
        elif _torch.needs_torch(images):
            result = _torch.apply(self._factors, images, mode, self.is_complex, reduce)
        else:
            result = _torch.through_numpy(
                images, lambda x, n: self._apply_numpy(x, mode, reduce, shape, threads=n)
            )
        return result[0] if single else result

    def _apply_numpy(self, images, mode, reduce, reduced_shape, threads=None):
        shape = images.shape[1:]
        dtype = np.result_type(images.dtype, np.complex64) if self.is_complex else images.dtype
        key = (shape, mode, dtype)
        if self._plan is None or self._plan[0] != key:
            self._plan = (key, _engine.make_plan(self._factors, shape, mode, dtype))
        plan = self._plan[1]
        result_shape = (
            len(images),
            len(self),
            *(shape if reduced_shape is None else reduced_shape),
        )
        if reduce is None:
            result = np.empty(result_shape, dtype)
            _engine.run(plan, images, out=result, threads=threads)
            return result
        result = np.empty(result_shape, images.dtype)

        def keep(chunk, filters, tile):
            result[chunk, filters] = reduce(tile)

        _engine.run(plan, images, done=keep, threads=threads)
        return result


def sobel_bank() -> FilterBank:
    """Return the two Sobel filters, which estimate the slope of brightness along x and y.

    Responses are positive where the image gets brighter to the right (x) or downward (y). Their
    values are eight times the slope per pixel, as in `scipy.ndimage.sobel`.

    Returns
    -------
    FilterBank

    Examples
    --------
    >>> ramp = np.arange(5.0)[None, :].repeat(4, axis=0)
    >>> sobel_bank().responses(ramp)[:, 2, 2].tolist()
    [8.0, 0.0]
    """
    along_x = np.outer([1, 2, 1], [1, 0, -1])
    return FilterBank([along_x, along_x.T], ["Sobel x", "Sobel y"])


def laplacian_of_gaussian_bank(sigmas: Iterable[float], truncate: float = 4.0) -> FilterBank:
    """Return Laplacian of Gaussian filters, which detect blobs of about the radius ``1.4 sigma``.

    The filter is multiplied by sigma squared, so that the response to a blob is equally strong at
    every scale (T. Lindeberg, *Feature detection with automatic scale selection*, 1998). Bright
    blobs give negative responses.

    Parameters
    ----------
    sigmas : iterable of float
        Standard deviations of the Gaussians in pixels, positive.
    truncate : float
        Kernels extend ``truncate * sigma`` pixels, rounded, to each side.

    Returns
    -------
    FilterBank
        Each computes ``sigma**2 * scipy.ndimage.gaussian_laplace(image, sigma,
        truncate=truncate)``.

    Raises
    ------
    ValueError
        If a sigma or `truncate` is not a positive finite number.

    Examples
    --------
    >>> laplacian_of_gaussian_bank([1, 2]).names
    ['LoG sigma 1', 'LoG sigma 2']
    """
    sigmas = [positive("sigma", sigma) for sigma in sigmas]
    positive("truncate", truncate)
    kernels = []
    for sigma in sigmas:
        radius = int(truncate * sigma + 0.5)
        x = np.arange(-radius, radius + 1)
        blur = np.exp(-(x**2) / (2 * sigma**2))
        blur /= blur.sum()
        bend = blur * (x**2 / sigma**2 - 1)  # the second derivative, times sigma squared
        kernels.append(np.outer(blur, bend) + np.outer(bend, blur))
    return FilterBank(kernels, [f"LoG sigma {sigma:g}" for sigma in sigmas])


def haar_bank(sizes: Iterable[int] = (2,), average: bool = False) -> FilterBank:
    """Return Haar wavelets: differences of the means of two halves, or of quarters, of a square.

    Each has unit length (the squares of its weights sum to 1). So the wavelets of one size, average
    included, are an orthonormal basis for 2x2 arrangements of blocks.

    Parameters
    ----------
    sizes : iterable of int
        Sides of the squares in pixels; even, at least 2.
    average : bool
        Whether to add the constant filter, which measures the mean that the others ignore.

    Returns
    -------
    FilterBank
        For each size: left minus right, top minus bottom, one diagonal minus the other.

    Raises
    ------
    ValueError
        If a size is not an even positive integer.

    References
    ----------
    A. Haar, *Zur Theorie der orthogonalen Funktionensysteme*, Math. Annalen 69, 1910.

    Examples
    --------
    >>> haar_bank().kernels[0].tolist()
    [[0.5, -0.5], [0.5, -0.5]]
    """
    kernels, names = [], []
    for size in sizes:
        if not is_whole(size) or size < 2 or size % 2:
            raise ValueError(f"Haar size {size!r} cannot be halved; use an even integer, 2 or more")
        size = whole("size", size)
        flat, step = np.ones(size), np.repeat([1.0, -1.0], size // 2)
        pairs = [(flat, step), (step, flat), (step, step)]
        kernels += [np.outer(column, row) / size for column, row in pairs]
        names += [f"Haar {size} {what}" for what in ("left-right", "top-bottom", "diagonal")]
        if average:
            kernels.append(np.outer(flat, flat) / size)
            names.append(f"Haar {size} average")
    return FilterBank(kernels, names)

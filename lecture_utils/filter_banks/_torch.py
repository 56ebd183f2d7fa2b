"""Filter banks in PyTorch itself: for gradients, and for tensors on a GPU.

The same mathematics as in `lecture_utils.filter_banks._engine`, which is faster for ordinary
tensors in main memory, but in steps that PyTorch can differentiate: matrix products for small
images, Fourier transforms for larger ones. PyTorch is looked up among the loaded modules, so that
NumPy users need not install it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lecture_utils.filter_banks import _engine as engine
from lecture_utils.filter_banks._separable import folded_matrix

# Number of response values computed in one step.
STEP = 2**25


def is_tensor(value: object) -> bool:
    """Return whether `value` is a PyTorch tensor, without importing PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def needs_torch(image: Any) -> bool:
    """Return whether a tensor requires gradients or is not in main memory."""
    torch = sys.modules["torch"]
    return image.device.type != "cpu" or (image.requires_grad and torch.is_grad_enabled())


def as_float(image: Any) -> Any:
    """Return a tensor as float32 or float64; integers become PyTorch's default dtype."""
    torch = sys.modules["torch"]
    if image.is_complex() or image.dtype in (torch.float16, torch.bfloat16):
        # PyTorch has no complex type to match half precision.
        raise TypeError(
            f"the image has dtype {image.dtype}; pass real float32 or float64 numbers, "
            "for example image.float()"
        )
    return image if image.is_floating_point() else image.to(torch.get_default_dtype())


def through_numpy(images, function):
    """Call ``function(array, number of threads)`` and return its array as a tensor."""
    torch = sys.modules["torch"]
    return torch.from_numpy(function(images.numpy(force=True), torch.get_num_threads()))


def apply(factors, images, mode, is_complex, reduce=None):
    """Filter ``(b, H, W)`` images.

    Parameters
    ----------
    factors : list of (columns, rows)
        From `_separable.factorize`, one pair for each filter.
    images : torch.Tensor, shape (b, H, W)
        float32 or float64.
    mode : str
        One of `_separable.MODES`.
    is_complex : bool
        Whether the responses are complex.
    reduce : callable, optional
        Applied to the responses of some images at a time.

    Returns
    -------
    torch.Tensor, shape (b, n, H, W), or the result of `reduce`
        On the device of the images.
    """
    torch = sys.modules["torch"]
    shape = tuple(images.shape[1:])
    prepare = _matrices if max(shape) <= engine.SMALL else _spectra
    filter_some = prepare(factors, shape, mode, is_complex, images)
    some = max(1, STEP // (len(factors) * shape[0] * shape[1]))
    pieces = (filter_some(part) for part in images.split(some))
    return torch.cat([reduce(piece) if reduce else piece for piece in pieces])


def _matrices(factors, shape, mode, is_complex, like):
    """Return the function that filters small images by matrix products."""
    torch = sys.modules["torch"]
    # Padding with zeros gives all filters as many products as the longest one has.
    rank = max(len(columns) for columns, _ in factors)
    dtype = complex if is_complex else float
    vertical = np.zeros((len(factors), shape[0], rank, shape[0]), dtype)
    horizontal = np.zeros((len(factors), rank, shape[1], shape[1]), dtype)
    for n, (columns, rows) in enumerate(factors):
        for r, (column, row) in enumerate(zip(columns, rows, strict=True)):
            vertical[n, :, r] = folded_matrix(column, shape[0], mode)
            horizontal[n, r] = folded_matrix(row, shape[1], mode).T
    dtype = like.dtype.to_complex() if is_complex else like.dtype
    left = torch.as_tensor(vertical, dtype=dtype, device=like.device).flatten(1, 2)
    right = torch.as_tensor(horizontal, dtype=dtype, device=like.device).flatten(1, 2)

    def filter_some(images):
        across = torch.matmul(left, images.to(dtype)[:, None])
        return torch.matmul(across.unflatten(2, (shape[0], -1)).flatten(3), right)

    return filter_some


def _spectra(factors, shape, mode, is_complex, like):
    """Return the function that filters larger images by Fourier transforms."""
    torch = sys.modules["torch"]
    padding = engine.Padding(factors, shape, mode)
    size = padding.fourier_shape
    dtype = like.dtype.to_complex()

    def constant(values, dtype):
        return torch.as_tensor(np.asarray(values), dtype=dtype, device=like.device)

    rows, columns = constant(padding.rows, torch.long), constant(padding.columns, torch.long)
    inside = ((rows >= 0)[:, None] & (columns >= 0)).to(like.dtype)
    # One filter at a time: the spectra of a whole bank may need more memory than its responses.
    filters = []
    for factor in factors:
        spectra = [
            constant(part, dtype) for part in engine.factor_spectra(factor, size, is_complex)
        ]
        total = (factor[0].sum(axis=1) * factor[1].sum(axis=1)).sum()
        total = constant(total, dtype if is_complex else like.dtype)
        start = padding.before + np.array([factor[0].shape[1], factor[1].shape[1]]) // 2
        filters.append(
            (spectra, total, *(slice(a, a + n) for a, n in zip(start, shape, strict=True)))
        )

    def filter_some(images):
        padded = images[:, rows][:, :, columns] * inside
        mean = padded.mean((1, 2), keepdim=True)
        forward = torch.fft.fft2 if is_complex else torch.fft.rfft2
        image = forward(padded - mean, s=size)
        results = []
        for (column, row), total, down, across in filters:
            product = image * (column.T @ row)
            full = torch.fft.ifft2(product) if is_complex else torch.fft.irfft2(product, s=size)
            results.append(full[:, down, across] + mean * total)
        return torch.stack(results, 1)

    return filter_some

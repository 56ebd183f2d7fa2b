"""Two-dimensional convolution in readable code, and a collection of classic kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from lecture_utils._validation import as_pair
from lecture_utils.geometry import output_size, padding_per_side

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "KERNELS",
    "convolution_matrix",
    "convolve2d",
    "flip_kernel",
    "gaussian_kernel",
    "normalized_correlation",
]

# `normalized_correlation` processes patches in blocks of about this many pixels.
_BLOCK = 2**17
# A patch is flat if no pixel deviates from its mean by more than this fraction of the mean: so much
# may be rounding.
_FLAT = 1e-13


def convolve2d(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
) -> NDArray[np.floating[Any]]:
    """Slide a kernel over an image and sum the products at every position.

    CNNs call this operation a convolution. Mathematicians first rotate the kernel by 180 degrees
    and call the version without rotation cross-correlation; `flip_kernel` converts between the two.

    Parameters
    ----------
    image : array_like, shape (H, W) or (H, W, C)
        Real numbers. Each channel is convolved separately with the same kernel. An output is NaN
        if its window contains a NaN.
    kernel : array_like, shape (kh, kw)
        Finite real numbers.
    stride : int or pair of int
        Pixels from one position of the window to the next, at least 1.
    padding : int, pair of int, "valid" or "same"
        Rows and columns of zeros added on each side. ``"valid"`` adds none; ``"same"`` adds enough
        to keep the size of the image.
    dilation : int or pair of int
        Pixels from one kernel cell to the next, at least 1 (1: no holes).

    Returns
    -------
    ndarray, shape (H', W') or (H', W', C)
        float32 for a float16 or float32 image, otherwise float64. `geometry.output_size` gives H'
        and W'.

    Raises
    ------
    ValueError
        If a shape, value or type is invalid; the message names the value and how to correct it.

    Notes
    -----
    ``torch.nn.functional.conv2d`` computes the same values (one input and one output channel).

    Examples
    --------
    >>> convolve2d([[1, 2, 4], [1, 2, 4]], [[-1, 1]])
    array([[1., 2.],
           [1., 2.]])
    """
    image = _real_array(image, "image")
    if image.ndim not in (2, 3):
        raise ValueError(
            f"image has shape {image.shape}; give (height, width) or (height, width, channels), "
            "one image at a time"
        )
    image = image.astype(np.float32 if image.dtype in (np.float16, np.float32) else np.float64)
    kernel = _checked_kernel(kernel, image.dtype)
    output_size(image.shape[:2], kernel.shape, stride, padding, dilation)  # raises if it cannot fit
    pad_y, pad_x = padding_per_side(padding, kernel.shape, stride, dilation)
    step_y, step_x = as_pair(stride, "stride", minimum=1)
    hole_y, hole_x = as_pair(dilation, "dilation", minimum=1)

    zeros = [(pad_y, pad_y), (pad_x, pad_x)] + [(0, 0)] * (image.ndim - 2)
    padded = np.pad(image, zeros)
    covered = (hole_y * (kernel.shape[0] - 1) + 1, hole_x * (kernel.shape[1] - 1) + 1)
    # A view, not a copy: windows[y, x] (or windows[y, x, channel]) is the patch that starts there.
    windows = sliding_window_view(padded, covered, axis=(0, 1))
    windows = windows[::step_y, ::step_x, ..., ::hole_y, ::hole_x]
    return np.einsum("...ij,ij->...", windows, kernel)


def convolution_matrix(
    kernel: ArrayLike,
    size: int | tuple[int, int],
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
) -> csr_array:
    """Write a convolution as a matrix.

    Multiplying the matrix by the pixels of an image, in row order, gives the outputs of
    `convolve2d`, in row order. Multiplying its transpose by the gradient with respect to the
    outputs gives the gradient with respect to the image.

    Parameters
    ----------
    kernel : array_like, shape (kh, kw)
        Finite real numbers.
    size : int or pair of int
        Height and width of the image, (H, W); a single number stands for a square image.
    stride, padding, dilation
        As for `convolve2d`.

    Returns
    -------
    scipy.sparse.csr_array of float64, shape (H' W', H W)
        Entry (r, c) is the weight of pixel c in output r. The matrix stores every entry that
        belongs to a kernel weight, even if that weight is zero; all other entries are zero.
        ``toarray()`` returns a NumPy array.

    Raises
    ------
    ValueError
        If a shape, value or type is invalid; the message names the value and how to correct it.

    Notes
    -----
    A dense layer between the same pixels and outputs is free to choose every entry of the matrix. A
    convolution has at most ``kh * kw`` nonzero entries per row, and the same weights in every row.

    Examples
    --------
    >>> convolution_matrix([[-1, 1]], (1, 4)).toarray()
    array([[-1.,  1.,  0.,  0.],
           [ 0., -1.,  1.,  0.],
           [ 0.,  0., -1.,  1.]])
    """
    from scipy.sparse import csr_array  # Only this function needs SciPy.

    kernel = _checked_kernel(kernel, np.float64)
    height, width = as_pair(size, "size", minimum=1)
    rows, columns = output_size((height, width), kernel.shape, stride, padding, dilation)
    padding_y, padding_x = padding_per_side(padding, kernel.shape, stride, dilation)
    step_y, step_x = as_pair(stride, "stride", minimum=1)
    hole_y, hole_x = as_pair(dilation, "dilation", minimum=1)

    # The pixel that each weight (i, j) connects to each output (y, x).
    y, x, i, j = np.ogrid[:rows, :columns, : kernel.shape[0], : kernel.shape[1]]
    pixel_y = y * step_y - padding_y + i * hole_y
    pixel_x = x * step_x - padding_x + j * hole_x
    inside = (pixel_y >= 0) & (pixel_y < height) & (pixel_x >= 0) & (pixel_x < width)
    pixel = np.broadcast_to(pixel_y * width + pixel_x, inside.shape)[inside]
    output = np.broadcast_to(y * columns + x, inside.shape)[inside]
    weights = np.broadcast_to(kernel, inside.shape)[inside]
    return csr_array((weights, (output, pixel)), shape=(rows * columns, height * width))


def normalized_correlation(image: ArrayLike, template: ArrayLike) -> NDArray[np.float64]:
    """Measure how similar each image patch is to a template, ignoring brightness and contrast.

    At each position, the patch and the template are reduced by their means, and their dot product
    is divided by the product of their norms. This is Pearson's correlation coefficient.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Finite real numbers.
    template : array_like, shape (h, w)
        Finite real numbers, not all equal; at most as large as the image.

    Returns
    -------
    ndarray, shape (H - h + 1, W - w + 1)
        From -1 (the negative of the template) to 1 (the template, perhaps darker or lighter); 0 for
        patches without contrast.

    Raises
    ------
    ValueError
        If a shape, value or type is invalid, or all values of the template are equal.

    Notes
    -----
    ``skimage.feature.match_template`` computes the same values at positions inside the image.

    References
    ----------
    Lewis, "Fast normalized cross-correlation", Vision Interface, 1995.

    Examples
    --------
    >>> patch = np.array([[1, 0], [0, 1]])
    >>> normalized_correlation(0.3 * patch + 0.5, patch).round(6)
    array([[1.]])
    >>> normalized_correlation([[0, 1, 1], [1, 0, 1]], patch).round(2)
    array([[-1.  ,  0.58]])
    """
    pixels = _real_array(image, "image").astype(np.float64)
    kernel = _checked_kernel(template, np.float64, "template")
    if pixels.ndim != 2:
        raise ValueError(f"image has shape {pixels.shape}; give (height, width), one gray image")
    if not np.isfinite(pixels).all():
        raise ValueError("image has values that are not finite; replace them with numbers")
    rows, columns = output_size(pixels.shape, kernel.shape)  # raises if it does not fit
    if (kernel == kernel[0, 0]).all():
        raise ValueError("all values of the template are equal; use a template with some contrast")
    size = kernel.shape
    # Scaled, so that no sum or square below overflows or underflows.
    pixels, kernel = (x / (np.abs(x).max() or 1.0) for x in (pixels, kernel))
    kernel = (kernel - kernel.mean()).ravel()
    kernel /= np.linalg.norm(kernel)
    windows = sliding_window_view(pixels, size)
    output = np.empty((rows, columns))
    step = max(1, _BLOCK // kernel.size)
    for row in range(rows):
        for start in range(0, columns, step):
            block = slice(start, start + step)
            patches = windows[row, block].reshape(-1, kernel.size)
            means = patches.mean(axis=1)
            patches = patches - means[:, None]  # not in place: reshape may return a view
            largest = np.abs(patches).max(axis=1)
            flat = largest <= _FLAT * np.abs(means)
            patches /= np.where(flat, 1.0, largest)[:, None]
            norms = np.sqrt(np.einsum("ij,ij->i", patches, patches))
            output[row, block] = np.where(flat, 0.0, patches @ kernel / np.where(flat, 1.0, norms))
    return np.clip(output, -1.0, 1.0)


def flip_kernel(kernel: ArrayLike) -> NDArray[np.float64]:
    """Rotate a kernel by 180 degrees.

    `convolve2d` with the flipped kernel is the convolution used in mathematics and signal
    processing.

    Parameters
    ----------
    kernel : array_like, shape (kh, kw)
        Finite real numbers.

    Returns
    -------
    ndarray, shape (kh, kw)
        A copy with rows and columns in reverse order.

    Examples
    --------
    >>> flip_kernel([[1, 2], [3, 4]])
    array([[4., 3.],
           [2., 1.]])
    """
    return _checked_kernel(kernel, np.float64)[::-1, ::-1].copy()


def gaussian_kernel(size: int, sigma: float) -> NDArray[np.float64]:
    """Sample a round Gaussian on a square grid and scale its sum to 1.

    Parameters
    ----------
    size : int
        Rows and columns, odd, at least 1. About ``6 * sigma + 1`` covers nearly all of the bell.
    sigma : float
        Standard deviation in pixels, above 0.

    Returns
    -------
    ndarray, shape (size, size)
        Weights with sum 1, so that blurring preserves the mean brightness.

    Raises
    ------
    ValueError
        If `size` is even or below 1, or `sigma` is not a positive number.

    Examples
    --------
    >>> gaussian_kernel(3, sigma=0.5).round(2)
    array([[0.01, 0.08, 0.01],
           [0.08, 0.62, 0.08],
           [0.01, 0.08, 0.01]])
    """
    rows, columns = as_pair(size, "size", minimum=1)
    if rows != columns or rows % 2 == 0:
        raise ValueError(
            f"size is {size!r}; use one odd number such as 5, so that the kernel has a center"
        )
    if not _is_positive(sigma):
        raise ValueError(f"sigma is {sigma!r}; use a number above 0, in pixels")
    distance = np.arange(rows) - rows // 2
    # Divided before squaring: the square of a tiny sigma would underflow to zero.
    bell = np.exp(-0.5 * np.minimum(np.abs(distance / sigma), 1e3) ** 2)
    bell /= bell.sum()
    return np.outer(bell, bell)


def _is_positive(value: Any) -> bool:
    if not np.isscalar(value) or isinstance(value, str | bytes) or not np.isreal(value):
        return False
    return 0 < float(np.real(value)) < np.inf


def _real_array(values, name):
    """Return `values` as a non-empty array of real numbers."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} is not a rectangle of numbers: its rows differ in length"
        ) from error
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name} has type {array.dtype}; give real numbers")
    if array.size == 0:
        raise ValueError(f"{name} is empty (shape {array.shape}); give at least one pixel")
    return array


def _checked_kernel(kernel, dtype, name="kernel"):
    """Return `kernel` as a two-dimensional finite array of type `dtype`."""
    kernel = _real_array(kernel, name)
    if kernel.ndim != 2:
        raise ValueError(
            f"{name} has shape {kernel.shape}; give (height, width), for example (3, 3)"
        )
    with np.errstate(over="ignore"):
        converted = kernel.astype(dtype)
    if not np.isfinite(converted).all():
        row, column = np.argwhere(~np.isfinite(converted))[0]
        raise ValueError(
            f"{name} has {kernel[row, column]} at row {row}, column {column}, which is not a "
            f"finite {converted.dtype}; replace it with a number"
        )
    return converted


def _read_only(rows, scale=1):
    kernel = np.array(rows, dtype=np.float64) / scale
    kernel.flags.writeable = False
    return kernel


_BINOMIAL = np.array([1, 4, 6, 4, 1])

#: Classic kernels by name, in menu order: read-only float64 arrays (copy one to change it, as in
#: ``KERNELS["sharpen"].copy()``). The first three are the lecture's. The response of an edge kernel
#: is positive where the side under its positive weights is the brighter one.
KERNELS: dict[str, NDArray[np.float64]] = {
    "horizontal edge": _read_only([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
    # Its weights sum to 3, so it responds to a bright diagonal line, but also to plain brightness.
    "diagonal edge": _read_only([[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    "edge detect": _read_only([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "vertical edge": _read_only([[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
    # Named after the direction of the edge, from left to right.
    "rising diagonal edge": _read_only([[2, 1, 0], [1, 0, -1], [0, -1, -2]]),
    "falling diagonal edge": _read_only([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]),
    "sobel x": _read_only([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "sobel y": _read_only([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "laplacian": _read_only([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "laplacian with diagonals": _read_only([[1, 1, 1], [1, -8, 1], [1, 1, 1]]),
    "sharpen": _read_only([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "box blur": _read_only(np.ones((3, 3)), scale=9),
    # Binomial weights: the usual approximation of a Gaussian, exact in binary fractions.
    "gaussian blur 3x3": _read_only([[1, 2, 1], [2, 4, 2], [1, 2, 1]], scale=16),
    "gaussian blur 5x5": _read_only(np.outer(_BINOMIAL, _BINOMIAL), scale=256),
    "emboss": _read_only([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    "identity": _read_only([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
}

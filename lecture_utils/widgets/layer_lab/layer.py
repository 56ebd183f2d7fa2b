"""What one layer computes: convolution, max pooling or average pooling of one channel."""

import numpy as np

from lecture_utils.geometry import output_size

OPERATIONS = ("convolution", "max", "average")


def find_problem(shape, kernel_shape, operation, stride, padding, dilation, ceil_mode):
    """Say why a layer cannot be computed, and what to change.

    Parameters
    ----------
    shape, kernel_shape : tuple of int
        Rows and columns of image and window.
    operation : {"convolution", "max", "average"}
    stride, padding, dilation : int
    ceil_mode : bool

    Returns
    -------
    str or None
        None if there is nothing wrong.

    Examples
    --------
    >>> find_problem((5, 5), (2, 2), "max", 2, 0, 1, False) is None
    True
    """
    if operation != "convolution" and padding > min(kernel_shape) // 2:
        return (
            f"padding is {padding}, but pooling allows at most half the window, here "
            f"{min(kernel_shape) // 2}: otherwise a window could lie on padding alone"
        )
    if operation == "average" and dilation > 1:
        return f"dilation is {dilation}, but average pooling has none; use dilation=1"
    ceil_mode = ceil_mode and operation != "convolution"
    try:
        output_size(shape, kernel_shape, stride, padding, dilation, ceil_mode)
    except ValueError as error:
        return str(error)
    return None


def layer_output(image, kernel, operation, stride, padding, dilation, ceil_mode):
    """Compute the output of one layer as PyTorch does.

    Padding is minus infinity for max pooling and zero otherwise. Average pooling counts the padding
    among the cells it divides by (``count_include_pad=True``), but not what hangs over the padded
    image in ceil mode.

    Parameters
    ----------
    image : ndarray, shape (H, W)
    kernel : ndarray, shape (kh, kw)
        The weights of a convolution; pooling uses the shape only.
    operation : {"convolution", "max", "average"}
    stride, padding, dilation : int
    ceil_mode : bool
        Ignored by a convolution, which has no ceil mode.

    Returns
    -------
    ndarray of float64, shape (H', W')

    Raises
    ------
    ValueError
        If `find_problem` finds one.

    Examples
    --------
    >>> layer_output(np.eye(2), np.ones((2, 2)), "max", 2, 0, 1, False)
    array([[1.]])
    """
    settings = (operation, stride, padding, dilation, ceil_mode)
    if problem := find_problem(image.shape, kernel.shape, *settings):
        raise ValueError(problem)
    ceil_mode = ceil_mode and operation != "convolution"
    rows, columns = output_size(image.shape, kernel.shape, stride, padding, dilation, ceil_mode)
    border = -np.inf if operation == "max" else 0.0
    windows = _windows(image, kernel.shape, (rows, columns), stride, padding, dilation, border)
    if operation == "max":
        return windows.max((2, 3))
    if operation == "convolution":
        return np.einsum("yxij,ij->yx", windows, kernel)
    ones = np.ones(np.add(image.shape, 2 * padding))  # the image with its padding, but no more
    counted = _windows(ones, kernel.shape, (rows, columns), stride, 0, dilation, 0.0)
    return windows.sum((2, 3)) / counted.sum((2, 3))


def _windows(image, kernel_shape, output_shape, stride, padding, dilation, border):
    """Return the values in each window, shape (H', W', kh, kw); outside of the image `border`."""
    covered = [dilation * (size - 1) + 1 for size in kernel_shape]
    after = [
        max(padding, (count - 1) * stride + span - padding - size)
        for count, span, size in zip(output_shape, covered, image.shape, strict=True)
    ]
    padded = np.pad(
        np.asarray(image, float),
        [(padding, extra) for extra in after],
        constant_values=border,
    )
    windows = np.lib.stride_tricks.sliding_window_view(padded, covered)
    windows = windows[::stride, ::stride, ::dilation, ::dilation]
    return windows[: output_shape[0], : output_shape[1]]

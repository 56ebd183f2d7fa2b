"""The output size of a convolution or pooling layer.

Every function works on one axis (integers) or on two (pairs: rows first, columns second).
"""

from __future__ import annotations

from typing import overload

from lecture_utils._validation import as_pair


def padding_per_side(
    padding: int | tuple[int, int] | str,
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    dilation: int | tuple[int, int] = 1,
) -> tuple[int, int]:
    """Compute how many rows and columns of zeros are added on each side of an image.

    Parameters
    ----------
    padding : int, pair of int, "valid" or "same"
        ``"valid"`` pads nothing; ``"same"`` pads so that the output is as large as the input.
    kernel, stride, dilation : int or pair of int
        The layer, as in `output_size`. Used only for ``"same"``.

    Returns
    -------
    tuple of int
        Rows at the top (and equally many at the bottom), columns on the left (and on the right).

    Raises
    ------
    ValueError
        If `padding` is something else; or if ``"same"`` is combined with a stride above 1 (no
        padding then keeps the size), or would need more zeros on one side than on the other.

    Examples
    --------
    >>> padding_per_side("same", kernel=5)
    (2, 2)
    """
    if not isinstance(padding, str):
        return as_pair(padding, "padding")
    if padding == "valid":
        return 0, 0
    if padding != "same":
        raise ValueError(f'padding is {padding!r}; use "valid", "same", a whole number or a pair')
    kernels, dilations = as_pair(kernel, "kernel", 1), as_pair(dilation, "dilation", 1)
    if as_pair(stride, "stride", 1) != (1, 1):
        raise ValueError(
            f'padding="same" with stride {stride!r} cannot keep the size of the image; '
            "use stride=1, or give the padding as a number"
        )
    total = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
    if total[0] % 2 or total[1] % 2:
        raise ValueError(
            f'padding="same" is ambiguous for a kernel of size {kernels[0]}x{kernels[1]}: an even '
            "size has no center, so one side would get one more zero than the other; use an odd "
            "size, or pad the image yourself with np.pad"
        )
    return total[0] // 2, total[1] // 2


@overload
def output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | str = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int: ...
@overload
def output_size(
    size: tuple[int, int],
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
) -> tuple[int, int]: ...
@overload
def output_size(
    size: int | tuple[int, int],
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
) -> int | tuple[int, int]: ...
def output_size(
    size: int | tuple[int, int],
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
) -> int | tuple[int, int]:
    """Compute the output size of a convolution or pooling layer.

    With input size `n`, kernel `k`, stride `s`, padding `p` on each side and dilation `d`, the
    kernel covers ``d * (k - 1) + 1`` pixels and fits at ``(n + 2p - d * (k - 1) - 1) // s + 1``
    positions.

    Parameters
    ----------
    size : int or pair of int
        Height and width of the input in pixels, at least 1.
    kernel : int or pair of int
        Kernel size in pixels, at least 1.
    stride : int or pair of int
        Distance from one window to the next, at least 1. For pooling layers usually `kernel`.
    padding : int, pair of int, "valid" or "same"
        Zeros added on each side; see `padding_per_side`.
    dilation : int or pair of int
        Distance between neighboring kernel cells, at least 1.
    ceil_mode : bool
        Whether a last window may extend past the far edge, as in pooling layers: rounds up instead
        of down. That window must start inside the input or the padding before it (PyTorch's rule).

    Returns
    -------
    int or tuple of int
        A single number if all arguments are numbers, otherwise a pair (height, width).

    Raises
    ------
    ValueError
        If a number is out of range or the kernel does not fit into the padded input.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.

    Examples
    --------
    >>> output_size(28, kernel=3)
    26
    >>> output_size((28, 40), kernel=2, stride=2)
    (14, 20)
    """
    arguments = (size, kernel, stride, padding, dilation)
    # As in `as_pair`: an array with two numbers is a pair, too.
    one_axis = not any(
        isinstance(value, (tuple, list)) or getattr(value, "ndim", 0) == 1 for value in arguments
    )
    pads = padding_per_side(padding, kernel, stride, dilation)
    sizes, kernels = as_pair(size, "size", 1), as_pair(kernel, "kernel", 1)
    strides, dilations = as_pair(stride, "stride", 1), as_pair(dilation, "dilation", 1)
    height, width = (
        _output_size_1d(*axis, ceil_mode)
        for axis in zip(sizes, kernels, strides, pads, dilations, strict=True)
    )
    return height if one_axis else (height, width)


def _output_size_1d(size, kernel, stride, padding, dilation, ceil_mode):
    covered = dilation * (kernel - 1) + 1
    room = size + 2 * padding - covered
    steps = -(-room // stride) if ceil_mode else room // stride
    # A window that would start in the padding after the input contains no pixel of it.
    if ceil_mode and steps * stride >= size + padding:
        steps -= 1
    if steps < 0:
        spread = f" (spread over {covered} by dilation {dilation})" if dilation > 1 else ""
        raise ValueError(
            f"a kernel of size {kernel}{spread} does not fit into an input of size {size} with "
            f"padding {padding}; use a smaller kernel or dilation, or a padding of at least "
            f"{-(-(covered - size) // 2)}"
        )
    return steps + 1

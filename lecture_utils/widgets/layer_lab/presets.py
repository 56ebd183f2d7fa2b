"""The cases to start from: the lecture's own, and what the lecture leaves out."""

#: Finds edges between left and right.
EDGES = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]


def edge_image(size):
    """Return a small image with a dark and a bright half, slanted and a little uneven.

    Parameters
    ----------
    size : int
        Rows and columns.

    Returns
    -------
    list of list of int
        Whole numbers from 0 to 9.

    Examples
    --------
    >>> edge_image(3)
    [[0, 1, 9], [2, 0, 8], [1, 9, 7]]
    """
    return [
        [(2 * row + column) % 3 + (7 if row + 2 * column > size else 0) for column in range(size)]
        for row in range(size)
    ]


def _preset(name, size, kernel, operation="convolution", stride=1, padding=0, **rest):
    return {
        "name": name,
        "image": edge_image(size),
        "kernel": kernel,
        "operation": operation,
        "stride": stride,
        "padding": padding,
        "dilation": rest.get("dilation", 1),
        "ceil_mode": rest.get("ceil_mode", False),
    }


def _window(size):
    return [[1] * size] * size


PRESETS = [
    _preset("3×3 kernel", 5, EDGES),
    _preset("Zero padding", 5, EDGES, padding=1),
    _preset("Stride 2", 5, EDGES, stride=2),
    _preset("2×2 max pooling", 6, _window(2), "max", stride=2),
    _preset("Dilation 2", 7, EDGES, dilation=2),
    _preset("3×3 average pooling", 7, _window(3), "average", stride=2, padding=1),
    _preset("Leftover row", 5, _window(2), "max", stride=2),
    _preset("Ceil mode", 5, _window(2), "max", stride=2, ceil_mode=True),
]

"""A small bank of filters for color images, each with a meaning."""

import numpy as np

from lecture_utils.convolution import KERNELS, gaussian_kernel

SIZE = 5
GRAY = np.array([1, 1, 1]) / 3
#: The excess of red over green, and of blue over yellow.
RED_GREEN = np.array([1, -1, 0])
BLUE_YELLOW = np.array([-0.5, -0.5, 1])


def _slices(colors, kernel):
    """Return one kernel slice per color channel, (3, SIZE, SIZE)."""
    kernel = np.asarray(kernel, dtype=float)
    margin = (SIZE - len(kernel)) // 2
    return np.multiply.outer(colors, np.pad(kernel, margin))


def _blob():
    narrow, wide = (gaussian_kernel(SIZE, sigma) for sigma in (0.8, 1.6))
    return 3 * (narrow - wide)


def named_bank():
    """Return names and filters, (8, 3, 5, 5)."""
    smooth = gaussian_kernel(SIZE, 1)
    bank = {
        "horizontal edges": _slices(GRAY, -KERNELS["sobel y"] / 2),
        "vertical edges": _slices(GRAY, KERNELS["sobel x"] / 2),
        "bright blobs": _slices(GRAY, _blob()),
        "red, not green": _slices(RED_GREEN, smooth),
        "blue, not yellow": _slices(BLUE_YELLOW, smooth),
        "edges from green to red": _slices(RED_GREEN, KERNELS["sobel x"] / 2),
        "sharpened": _slices(GRAY, KERNELS["sharpen"]),
        "brightness": _slices(GRAY, smooth),
    }
    return list(bank), np.array(list(bank.values()), dtype=np.float32)


def random_bank(seed=0):
    """Return names and filters as a layer starts with them, before it has learned anything."""
    bound = 1 / np.sqrt(3 * SIZE**2)
    filters = np.random.default_rng(seed).uniform(-bound, bound, size=(8, 3, SIZE, SIZE))
    return [f"random {number}" for number in range(1, 9)], filters.astype(np.float32)

"""Colors and letters of the weights; ``weights.js`` has the same."""

import numpy as np

from lecture_utils.palette import cyclic_lut

from .. import _figure

PAPER = (247, 247, 247)
LETTERS = "ABCDEFGHI"


def tap_colors(taps, count):
    """Return the matrix as an RGB image, uint8, with one color per weight.

    Parameters
    ----------
    taps : ndarray of int
        As `counts.tap_of_each_entry` returns them.
    count : int
        Weights of the kernel.
    """
    # Neighbors of nine weights would be hard to tell apart one ninth of the circle from each other.
    step = 4 if count == 9 else 1
    hues = np.rint(256 * (np.arange(count) * step % count) / count).astype(int)
    colors = np.vstack([cyclic_lut()[hues], PAPER]).astype(np.uint8)
    return colors[taps]


def tap_letters(kernel):
    """Write the weights with their letters: "A = 1, B = 2"."""
    pairs = zip(LETTERS, np.ravel(kernel), strict=False)
    return ", ".join(f"{letter} = {_figure.number(weight)}" for letter, weight in pairs)

"""Challenges on convolution."""

from __future__ import annotations

import numpy as np

from lecture_utils.convolution import KERNELS, convolve2d
from lecture_utils.widgets import Challenge, ConvolutionLab
from lecture_utils.widgets._figure import signed_tile

from . import at_least, at_most, close_to, equal_to

__all__ = ["find_the_kernel", "same_size", "wide_view"]

_BLUR = "gaussian blur 5x5"
_SECRET = np.array([[-1.0, 0, 0], [0, 0, 0], [0, 0, 1]])


def same_size() -> Challenge:
    """Return the challenge to keep the size of an image (a minute)."""
    return Challenge(
        ConvolutionLab(kernel=_BLUR),
        "A 5×5 blur eats away the border of the 28×28 image. Make the output as large as the "
        "image again, without changing the kernel.",
        [
            equal_to("rows", 28, "An output of 28 rows", "The output has {value} rows."),
            equal_to(
                "kernel_name",
                _BLUR,
                "The kernel as it was given",
                "The kernel is no longer the given one.",
            ),
        ],
        [
            "Which of the three sliders adds pixels that the image does not have?",
            "A 5×5 kernel fits at 28 − 5 + 1 = 24 positions along each axis. Four are missing, two "
            "on each side.",
        ],
        name="1/same-size",
        title="Keep the size",
        minutes=1,
        answer="Set the padding to 2. With a k×k kernel, the output loses k − 1 rows and columns, "
        "so the image needs (k − 1) / 2 = 2 more on each side. PyTorch calls this padding “same”.",
        solution={"padding": 2},
    )


def wide_view() -> Challenge:
    """Return the challenge to cover a wide window with few weights (3 minutes)."""
    return Challenge(
        ConvolutionLab(kernel="vertical edge"),
        "Make the window of each output pixel cover 9×9 pixels, with no more than nine weights. "
        "The output must still have 28 rows.",
        [
            at_least(
                "covered",
                9,
                "A window of 9×9 pixels",
                "The shorter side of the window is {value}.",
            ),
            at_most("kernel_weights", 9, "At most nine weights", "The kernel has {value} weights."),
            equal_to("rows", 28, "An output of 28 rows", "The output has {value} rows."),
        ],
        [
            "The weights need not lie next to each other.",
            "With dilation d, a 3×3 kernel covers 2·d + 1 pixels along each axis.",
        ],
        name="1/wide-view",
        title="A wide view from nine weights",
        minutes=3,
        answer="Set the dilation to 4 and the padding to 4. Three weights, four pixels apart, "
        "cover 4 · (3 − 1) + 1 = 9 pixels. Without padding, such a window costs 8 rows, so each "
        "side needs 4.",
        solution={"dilation": 4, "padding": 4},
    )


def find_the_kernel() -> Challenge:
    """Return the challenge to find the kernel behind an output (10 minutes)."""
    lab = ConvolutionLab(kernel=KERNELS["identity"])
    target = convolve2d(lab.image, _SECRET)
    return Challenge(
        lab,
        "Somebody convolved the boot with a 3×3 kernel, without padding, and got the image "
        "below: blue is negative, red is positive, and white is zero. Find the kernel.",
        [
            close_to(
                "output", target, 5, "The same output, within 5%", "Your output is off by {value}%."
            )
        ],
        [
            "Where the boot has a uniform gray level, the output is zero. What does this say "
            "about the sum of the weights?",
            "The output is positive where the image gets brighter toward the lower right, and "
            "negative where it gets darker.",
            "Only two weights are not zero, and both are in corners.",
        ],
        name="1/find-the-kernel",
        title="Which kernel was it?",
        minutes=10,
        answer="The kernel has −1 in the top left corner, 1 in the bottom right corner, and 0 "
        "elsewhere. It subtracts each pixel’s upper-left neighbor from its lower-right one: a "
        "derivative along the diagonal.",
        solution={"kernel": _SECRET},
        images=[
            (
                signed_tile(target),
                "The output to reproduce: the outline of a boot, red on its upper and left edges "
                "and blue on its lower and right edges.",
            )
        ],
    )

"""Challenges on the layers of a CNN."""

from __future__ import annotations

from lecture_utils.widgets import Challenge, FilterLearner, LayerLab, ReceptiveFieldLab

from . import at_most, equal_to

__all__ = ["hundred_steps", "see_far", "two_by_two"]


def two_by_two() -> Challenge:
    """Return the challenge to shrink a grid with a convolution (a minute)."""
    return Challenge(
        LayerLab(kernel=3),
        "Turn the 5×5 input into a 2×2 output. Keep the 3×3 kernel, and add no padding.",
        [
            equal_to("rows", 2, "An output of 2 rows", "Rows of the output: {value}."),
            equal_to("columns", 2, "An output of 2 columns", "Columns of the output: {value}."),
            equal_to("input_cells", 25, "An input of 5×5 cells", "The input has {value} cells."),
            equal_to("window", 3, "A 3×3 kernel", "The shorter side of the kernel is {value}."),
            equal_to("padding", 0, "No padding", "The padding is {value}."),
        ],
        [
            "The window may skip positions.",
            "Along an axis of five cells, the window fits at the positions 0, 1, and 2.",
        ],
        name="3/two-by-two",
        title="Two by two",
        minutes=1,
        answer="Set the stride to 2. The window fits at the positions 0, 1, and 2 along each axis. "
        "With a stride of 2 it skips position 1, so two are left: ⌊(5 − 3) / 2⌋ + 1 = 2.",
        solution={"stride": 2},
    )


def see_far() -> Challenge:
    """Return the challenge to see 31 pixels with few weights (5 minutes)."""
    return Challenge(
        ReceptiveFieldLab("plain 3×3"),
        "Give each output a receptive field of 31×31 pixels, with at most 36 weights per channel "
        "in all kernels together. Leave no pixel of the field unread, and keep one output for "
        "each input pixel: a jump of 1.",
        [
            equal_to(
                "size", 31, "A receptive field of 31×31 pixels", "The field is {value}×{value}."
            ),
            at_most(
                "kernel_weights", 36, "At most 36 weights", "The kernels have {value} weights."
            ),
            equal_to("jump", 1, "A jump of 1", "The jump is {value}."),
            equal_to(
                "read",
                31,
                "All 31 pixels read along each axis",
                "Along each axis, {value} pixels are read.",
            ),
        ],
        [
            "Four 3×3 kernels have 36 weights. Without dilation, their receptive field is 9×9.",
            "A layer with dilation d adds 2·d to the field. What must the four dilations sum to?",
            "Go from the smallest dilation to the largest. A gap opens only where a dilation is "
            "larger than the receptive field of the layers so far.",
        ],
        name="3/see-far",
        title="See far, cheaply",
        minutes=5,
        answer="Use four 3×3 layers with the dilations 1, 2, 4, and 8. The field grows to 3, 7, "
        "15, and 31: it roughly doubles with each layer, while each layer adds only nine weights. "
        "Strides, in convolutions or in pooling, would reach as far, but they would make the jump "
        "larger.",
        solution={"layers": _layers(1, 2, 4, 8)},
    )


def hundred_steps() -> Challenge:
    """Return the challenge to learn a kernel within 100 steps (10 minutes)."""
    return Challenge(
        FilterLearner(source="cat", learning_rate=0.1, momentum=0),
        "Train a student on the photo of the cat. Find settings that bring it to within a distance "
        "of 0.1 of the Sobel kernel in 100 steps. Whenever you change a setting, the page trains a "
        "new student in the background.",
        [
            at_most(
                "distance_after_100",
                0.1,
                "A distance of at most 0.1 after 100 steps",
                "After 100 steps, the distance is {value}.",
                digits=2,
            ),
            equal_to("target_name", "sobel x", "The target “sobel x”", "The target is {value}."),
            equal_to("source", "cat", "The photo of the cat", "The image is {value}."),
            equal_to("noise", 0.0, "No noise", "The teacher adds noise."),
        ],
        [
            "Look at the largest stable learning rate. What limits it?",
            "No pixel is negative, and neighbors are similar, so most patches point in nearly the "
            "same direction, that of overall brightness. Center the image.",
            "Momentum helps where the slope is gentle. A batch of all pixels has no sampling "
            "noise.",
        ],
        name="3/hundred-steps",
        title="A hundred steps",
        minutes=10,
        answer="Center the image, set the momentum to 0.9, the batch to “All”, and the learning "
        "rate to about 10. On the raw image, the brightness makes the largest eigenvalue of the "
        "Hessian so large that, even with this momentum, training diverges at any rate above about "
        "1. Centering reduces this eigenvalue to less than a twentieth.",
        solution={"centered": True, "momentum": 0.9, "batch": "all", "learning_rate": 10.0},
    )


def _layers(*dilations):
    return [{"kind": "conv", "kernel": 3, "stride": 1, "dilation": d} for d in dilations]

"""The comparisons of `slider_latency.py`: demos, their controls, and the notebook version."""

from dataclasses import dataclass

from _common import CHAPTER


@dataclass(frozen=True)
class Control:
    """A control of a demo, and how its value changes when keys are pressed."""

    name: str
    focus: object  # a function of the demo's locator that returns the locator to press keys on
    value: str  # JavaScript: the control's value, from the detail of the demo's event
    start: float
    step: float  # change per press of `key`
    end: float  # where `back` replaces `key`; at `start`, `key` replaces `back`
    key: str = "ArrowRight"
    back: str = "ArrowLeft"

    def presses(self, count):
        """Return the keys to press, each with the resulting value."""
        steps = round((self.end - self.start) / self.step)
        there = [(self.key, self.start + self.step * (i + 1)) for i in range(steps)]
        return_ = [(self.back, self.start + self.step * i) for i in reversed(range(steps))]
        sweep = there + return_
        return [sweep[i % len(sweep)] for i in range(count)]


@dataclass(frozen=True)
class Comparison:
    """A demo on a page, its controls, and an equivalent notebook.

    `compute` is Python source that defines ``compute(value)`` and `scale`, the arguments with which
    `imshow` draws the result; the notebook copies the first of `controls`.
    """

    title: str
    page: str
    demo: str  # CSS selector
    canvas: str  # CSS selector of the output's canvas inside the demo
    name: str  # the demo's name in its event `lu:drawn`
    output: str  # JavaScript: the output's numbers, from the event's detail
    set_up: object  # a function of the demo's locator
    controls: tuple
    compute: str
    median_limit: float = 17.0  # milliseconds
    tail_limit: float = 33.0  # the same for the 95th percentile


def large_photo_and_kernel(lab):
    """Choose the photo, an 11x11 kernel and "same" padding, using the lab's own controls."""
    lab.get_by_role("radio", name="cat", exact=True).check(force=True)
    lab.get_by_role("radio", name="11 by 11").check(force=True)
    lab.get_by_role("slider", name="Padding").fill("5")


CONVOLUTION = Comparison(
    title="ConvolutionLab, 256x256 photo, 11x11 kernel",
    page=CHAPTER,
    demo=".lu-convolution-lab",
    canvas=".lab-panel-output .lu-plane canvas",
    name="convolution_lab",
    output="({ output }) => [...output]",
    set_up=large_photo_and_kernel,
    controls=(
        Control(
            "weight in the center",
            lambda lab: lab.get_by_role("gridcell").nth(60),
            "({ weights }) => weights[60]",
            *(0, 0.1, 6),
            key="PageUp",
            back="PageDown",
        ),
        Control(
            "padding",
            lambda lab: lab.get_by_role("slider", name="Padding"),
            "({ layer }) => layer.padding",
            *(5, -1, 0),
            key="ArrowLeft",
            back="ArrowRight",
        ),
        Control(
            "dilation",
            lambda lab: lab.get_by_role("slider", name="Dilation"),
            "({ layer }) => layer.dilation",
            *(1, 1, 4),
        ),
        Control(
            "stride",
            lambda lab: lab.get_by_role("slider", name="Stride"),
            "({ layer }) => layer.stride",
            *(1, 1, 4),
        ),
    ),
    compute="""\
import numpy as np
from scipy import ndimage

from lecture_utils.convolution import KERNELS
from lecture_utils.datasets import photo

image = photo("cat", size=256, gray=True) / 255
kernel = np.pad(KERNELS["horizontal edge"], 4)
scale = dict(cmap="RdBu_r")


def compute(weight):
    kernel[5, 5] = weight
    return ndimage.correlate(image, kernel, mode="constant")
""",
)


def large_photo_and_wide_filter(lab):
    """Choose the photo, a filter of sigma 8 (49x49 weights) and the real part of the response."""
    lab.get_by_role("radio", name="cat", exact=True).check(force=True)
    response = lab.get_by_role("group", name="Response", exact=True)
    response.get_by_role("radio", name="Real").check(force=True)
    lab.get_by_role("slider", name="Theta").fill("0")
    lab.get_by_role("slider", name="Sigma").fill("8")


GABOR = Comparison(
    title="GaborLab, 256x256 photo, sigma 8",
    page="book/02_filter_banks.html",
    demo=".lu-gabor-lab",
    canvas=".gabor-panel-response .lu-plane canvas",
    name="gabor_lab",
    output="({ re }) => [...re]",
    set_up=large_photo_and_wide_filter,
    controls=(
        Control(
            "frequency",
            lambda lab: lab.get_by_role("slider", name="Frequency"),
            "({ frequency }) => frequency",
            *(0.16, 0.01, 0.46),
        ),
        Control(
            "theta",
            lambda lab: lab.get_by_role("slider", name="Theta"),
            "({ theta }) => theta",
            *(0, 0.01, 0.3),
        ),
        Control(
            "sigma, 8 to 5",
            lambda lab: lab.get_by_role("slider", name="Sigma"),
            "({ sigma }) => sigma",
            *(8, -0.1, 5),
            key="ArrowLeft",
            back="ArrowRight",
        ),
    ),
    # The notebook does only half the work: the lab also computes the imaginary part.
    compute="""\
from scipy import ndimage
from skimage.filters import gabor_kernel

from lecture_utils.datasets import photo

image = photo("cat", size=256, gray=True) / 255
scale = dict(cmap="RdBu_r")


def compute(frequency):
    kernel = gabor_kernel(frequency, theta=0, sigma_x=8, sigma_y=8)
    return ndimage.convolve(image, kernel.real, mode="reflect")
""",
)
COMPARISONS = (CONVOLUTION, GABOR)

"""Challenges on filter banks."""

from __future__ import annotations

import math

import numpy as np

from lecture_utils.widgets import Challenge, FilterBankExplorer, GaborLab

from . import at_least, at_most

__all__ = ["catch_the_stripes", "no_filter_wasted", "one_half_only"]


def catch_the_stripes() -> Challenge:
    """Return the challenge to tune a Gabor filter to stripes (2 minutes)."""
    return Challenge(
        GaborLab(sources={"stripes": _stripes(0.14, 40)}, frequency=0.3, theta=0, sigma=5),
        "This Gabor filter hardly responds to the stripes. Tune its frequency and its direction "
        "until it responds strongly. Keep the filter selective: sigma must be at least 4 pixels.",
        [
            at_least(
                "energy",
                0.045,
                "An energy (mean |r|²) of at least 0.045",
                "The energy is {value}.",
                digits=4,
            ),
            at_least("sigma", 4, "Sigma of at least 4", "Sigma is {value}.", digits=1),
        ],
        [
            "How many stripes cross a row of the image, and how many cross a column? The ratio of "
            "the two numbers gives the direction. For the frequency, measure straight across the "
            "stripes: if the bright ones are seven pixels apart, it is 1/7.",
            "Theta is the direction in which the brightness changes, across the stripes, not "
            "along them.",
        ],
        name="2/catch-the-stripes",
        title="Catch the stripes",
        minutes=2,
        answer="Set the frequency to 0.14 and theta to 0.7 (40°). A filter responds most when its "
        "spot in the frequency plane lies on the spot of the stripes. With a sigma of 5, the spot "
        "is small: at a frequency of 0.18, less than a quarter of the energy is left.",
        solution={"frequency": 0.14, "theta": 0.7},
    )


def one_half_only() -> Challenge:
    """Return the challenge to respond to one of two similar patterns (5 minutes)."""
    left = np.arange(96) < 48
    image = np.where(left, _stripes(0.2, 30), _stripes(0.2, 60))
    lab = GaborLab(sources={"two directions": image}, frequency=0.2, theta=0.79, sigma=2)
    return Challenge(
        lab,
        "The stripes on the left and on the right are equally wide, but their directions differ "
        "by 30°. Make the filter respond strongly to the left half and hardly at all to the "
        "right half.",
        [
            at_least(
                "energy_left",
                0.04,
                "An energy (mean |r|²) of at least 0.04 on the left",
                "The energy on the left is {value}.",
                digits=3,
            ),
            at_least(
                "left_to_right",
                40,
                "At least 40 times as much energy on the left as on the right",
                "The energy on the left is {value} times that on the right.",
                digits=1,
            ),
        ],
        [
            "The brightness of the stripes on the left changes in a direction of 30°. Theta is in "
            "radians.",
            "A filter that is wide in the image has a small spot in the frequency plane. Which "
            "slider makes the spot smaller?",
            "If the filter is too wide, it reaches across the border between the halves.",
        ],
        name="2/one-half-only",
        title="One half, not the other",
        minutes=5,
        answer="Set theta to 0.52 (30°) and sigma to 4. With a sigma of 2, the spot in the "
        "frequency plane is so large that it covers both patterns. With a sigma of 10, the filter "
        "is so wide that it reaches far into the other half.",
        solution={"theta": 0.52, "sigma": 4.0},
    )


def no_filter_wasted() -> Challenge:
    """Return the challenge to build a bank without weak or redundant filters (10 minutes)."""
    return Challenge(
        FilterBankExplorer(),
        "On these images of clothes, most of the 32 filters are weak or redundant: they hardly "
        "respond, or they respond like a stronger filter. Build a bank of at least 20 filters, "
        "none of them weak or redundant. Leave the images and the two limits as they are.",
        [
            at_least("filters", 20, "At least 20 filters", "The bank has {value} filters."),
            at_most("weak", 0, "No weak filter", "Weak filters: {value}."),
            at_most("redundant", 0, "No redundant filter", "Redundant filters: {value}."),
            at_least(
                "weak_below",
                0.05,
                "“Weak” still means less than 0.05 times the strongest filter’s energy",
                "The limit for “weak” is now {value}.",
                digits=2,
            ),
            at_most(
                "redundant_above",
                0.95,
                "“Redundant” still means a correlation above 0.95",
                "The limit for “redundant” is now {value}.",
                digits=2,
            ),
        ],
        [
            "Sort by frequency. Which filters are weak, and which are redundant?",
            "Filters for low frequencies need a wide window to tell directions apart. At high "
            "frequencies, such a window passes only a narrow band, which holds little of the "
            "energy of an image.",
            "Try every option under “Envelope”.",
        ],
        name="2/no-filter-wasted",
        title="No filter wasted",
        minutes=10,
        answer="Choose the envelope “σ 0.56 / f: one octave”. With one sigma for all frequencies, "
        "all spots have the same size: at low frequencies they overlap, and at high frequencies "
        "they are too small to catch much. If the window shrinks as the frequency grows, the spots "
        "cover the plane more evenly.",
        solution={"sigma": None},
    )


def _stripes(frequency, degrees):
    """Return 96x96 pixels of stripes, from 0 to 1."""
    rows, columns = np.mgrid[:96, :96]
    angle = math.radians(degrees)
    phase = frequency * (columns * math.cos(angle) + rows * math.sin(angle))
    return 0.5 + 0.5 * np.cos(2 * np.pi * phase)

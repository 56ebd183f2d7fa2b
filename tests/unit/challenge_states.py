"""Every challenge of the book, and random settings of its demo to judge."""

from importlib import import_module

import numpy as np

CHAPTERS = range(1, 10)


def _layers(rng):
    draw = rng.integers
    return [
        {
            "kind": str(rng.choice(["conv", "max"], p=[0.8, 0.2])),
            "kernel": int(draw(1, 6)),
            "stride": int(draw(1, 3)),
            "dilation": int(draw(1, 9)),
        }
        for _ in range(draw(1, 6))
    ]


#: How to draw settings, by the name of the function that makes the challenge.
DRAWS = {
    "same_size": lambda rng: {
        "padding": int(rng.integers(0, 6)),
        "stride": int(rng.integers(1, 5)),
    },
    "wide_view": lambda rng: {
        "padding": int(rng.integers(0, 6)),
        "dilation": int(rng.integers(1, 5)),
    },
    "find_the_kernel": lambda rng: {"kernel": rng.normal(size=(3, 3)).round(2)},
    "catch_the_stripes": lambda rng: {
        "frequency": float(rng.uniform(0.1, 0.2)),
        "theta": float(rng.uniform(0.5, 0.9)),
        "sigma": float(rng.uniform(2, 8)),
    },
    "one_half_only": lambda rng: {
        "theta": float(rng.uniform(0.3, 0.9)),
        "sigma": float(rng.uniform(2, 8)),
    },
    "no_filter_wasted": lambda rng: {
        "frequencies": int(rng.integers(1, 5)),
        "orientations": int(rng.integers(1, 7)),
        "sigma": float(rng.choice([1.5, 2.0, 4.0])),
    },
    "two_by_two": lambda rng: {
        "padding": int(rng.integers(0, 3)),
        "stride": int(rng.integers(1, 5)),
    },
    "see_far": lambda rng: {"layers": _layers(rng)},
    "hundred_steps": lambda rng: {
        "centered": bool(rng.integers(2)),
        "momentum": float(rng.choice([0, 0.5, 0.9])),
        "learning_rate": float(rng.uniform(0.01, 2)),
        "batch": [16, 64, "all"][rng.integers(3)],
    },
}


def makers():
    """Return the functions that make the book's challenges, by ``chapter_1.same_size``."""
    found = {}
    for number in CHAPTERS:
        module = import_module(f"lecture_utils.challenges.chapter_{number}")
        found.update({f"chapter_{number}.{name}": getattr(module, name) for name in module.__all__})
    return found


def drawn(name, count=4, seed=0):
    """Return random settings for the challenge of that name."""
    rng = np.random.default_rng(seed)
    return [DRAWS[name.split(".")[1]](rng) for _ in range(count)]

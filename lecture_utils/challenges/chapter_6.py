"""Challenges on augmentation and regularization."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lecture_utils import datasets
from lecture_utils.widgets import AugmentationLab, Challenge, RegularizationLab
from lecture_utils.widgets.augmentation_lab.figure import drawn_by_torchvision
from lecture_utils.widgets.augmentation_lab.presets import OFF

from . import at_least, at_most, between, equal_to

__all__ = ["keep_the_label", "match_the_twelve", "slow_starter"]

_SECRET = {**OFF, "flip": 0.5, "brightness": 0.6, "erase": 1.0}


def keep_the_label() -> Challenge:
    """Return the challenge to augment a digit so that it stays one (2 minutes)."""
    data = datasets.mnist("test", source="embedded")
    six = data.images[np.flatnonzero(data.labels == 6)[0]]
    large = np.asarray(Image.fromarray(six).resize((112, 112), Image.Resampling.BILINEAR))
    return Challenge(
        AugmentationLab(sources={"a six": large}, preset="photos"),
        "These settings suit photos, but not a digit: some versions of this 6 are no longer a 6. "
        "Change the settings so that every version is still a 6, but no two are alike.",
        [
            at_most(
                "flip",
                0,
                "No mirror images",
                "The probability of mirroring is {value}.",
                digits=2,
            ),
            at_least(
                "crop_from",
                0.8,
                "No large part cut away",
                "A crop may keep as little as {value} of the area.",
                2,
            ),
            at_most(
                "erase",
                0,
                "No erasing",
                "The probability of erasing is {value}.",
                digits=2,
            ),
            between(
                "degrees",
                5,
                30,
                "A maximum rotation between 5° and 30°",
                "The rotation goes up to {value}°.",
            ),
            between(
                "translate",
                0.03,
                0.15,
                "A maximum translation between 0.03 and 0.15 of the image size",
                "The translation goes up to {value} of the image size.",
                digits=2,
            ),
        ],
        [
            "A mirrored 6 is not a digit at all. Half a 6 could be a 0 or a 5.",
            "One of the buttons at the top sets everything that you need.",
        ],
        name="6/keep-the-label",
        title="A six must stay a six",
        minutes=2,
        answer="Choose “digits”: small rotations, translations, changes of scale, and shears, "
        "and nothing else. With each augmentation, you tell the network that this kind of change "
        "does not affect the label. Whether this is true depends on the data: a mirrored cat is "
        "still a cat, but a mirrored 6 is not a 6.",
        solution={
            **{name: OFF[name] for name in ("flip", "crop", "erase", "hue")},
            "degrees": 10.0,
            "translate": 0.08,
        },
    )


def slow_starter() -> Challenge:
    """Return the challenge to find what pays off only with a large budget (3 minutes)."""
    solution = {"method": "augmentation", "strengths": {"augmentation": "strong"}}
    lab = RegularizationLab(method="augmentation", strength="strong", budget=20)
    solved = lab.readings()
    lab.method, lab.strengths = "dropout", {}
    first, last = lab.budgets[0], lab.budgets[-1]
    return Challenge(
        lab,
        "Find a method, and a strength, that costs accuracy with a small budget but pays off with "
        "a large one. With the large budget, it must also close most of the gap between training "
        "and validation accuracy. Switch between the budgets to compare.",
        [
            at_most(
                "ahead_first",
                -1,
                f"Within {first} epochs, a validation accuracy at least 1 point lower than "
                "without regularization",
                f"Within {first} epochs, the difference is {{value}} points.",
                digits=1,
            ),
            at_least(
                "ahead_last",
                3,
                f"Within {last} epochs, a validation accuracy at least 3 points higher than "
                "without regularization",
                f"Within {last} epochs, the difference is {{value}} points.",
                digits=1,
            ),
            at_most(
                "gap_last",
                10,
                f"Within {last} epochs, a gap of at most 10 points",
                f"Within {last} epochs, the gap is {{value}} points.",
                digits=1,
            ),
        ],
        [
            f"Choose the budget of {first} epochs, and look for a method whose mean lies left of "
            "the line for no regularization. Try the other strengths of each method, too.",
            "Two strengths of the same method meet the first two conditions. Which of them makes "
            "it harder to memorize the training photos?",
        ],
        name="6/slow-starter",
        title="The slow starter",
        minutes=3,
        answer="Strong augmentation. Compared with no regularization, its mean validation accuracy "
        f"is {-solved['ahead_first']:.1f} points lower within {first} epochs, and "
        f"{solved['ahead_last']:.1f} points higher within {last}, with a gap of only "
        f"{solved['gap_last']:.1f} points. If you stopped after {first} epochs, you would conclude "
        "that strong augmentation hurts. So compare methods with the budget that you will really "
        "use.",
        solution=solution,
    )


def match_the_twelve() -> Challenge:
    """Return the challenge to find the settings behind twelve images (5 minutes)."""
    lab = AugmentationLab(preset="nothing")
    versions = drawn_by_torchvision(lab.image, _SECRET, 5, 12, lab.other)
    rows = [np.concatenate(versions[start : start + 6], axis=1) for start in (0, 6)]
    return Challenge(
        lab,
        "Somebody made the twelve images below with three transforms. Which ones, and how "
        "strong? The random draws differ from yours, so compare the kinds of change, not the "
        "individual images.",
        [
            equal_to("transforms", 3, "Three transforms are on", "Transforms on: {value}."),
            between("flip", 0.25, 0.75, "The same geometry", "Compare which way the cats face."),
            between("brightness", 0.4, 0.8, "The same colors", "Compare light and dark."),
            at_least("erase", 0.75, "The same holes", "Compare what is missing."),
        ],
        [
            "Look for what changes from image to image: which way the cat faces, how bright the "
            "image is, and whether something is missing.",
            "Is the cat ever rotated, or enlarged?",
            "Every one of the twelve images has a hole. So how likely is a hole?",
        ],
        name="6/match-the-twelve",
        title="Which transforms were these?",
        minutes=5,
        answer="Mirroring with probability 0.5, brightness ±0.6, and erasing with probability 1. "
        "Always look at a batch like this when you test a data loader: it can show errors that no "
        "metric reveals.",
        solution={name: _SECRET[name] for name in ("flip", "brightness", "erase")},
        images=[
            (
                np.concatenate(rows),
                "Twelve versions of a photo of a cat. Some are mirrored, some are darker, some are "
                "brighter, and each has a black rectangle somewhere.",
            )
        ],
    )

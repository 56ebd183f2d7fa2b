"""Challenges on augmentation and regularization."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lecture_utils import datasets
from lecture_utils.widgets import AugmentationLab, Challenge, TrainingCurves
from lecture_utils.widgets.augmentation_lab.figure import drawn_by_torchvision
from lecture_utils.widgets.augmentation_lab.presets import OFF

from . import at_least, at_most, between, equal_to

__all__ = ["keep_the_label", "match_the_twelve", "when_it_pays_off"]

_SECRET = {**OFF, "flip": 0.5, "brightness": 0.6, "erase": 1.0}


def keep_the_label() -> Challenge:
    """Return the challenge to augment a digit so that it stays one (2 minutes)."""
    data = datasets.mnist("test", source="embedded")
    six = data.images[np.flatnonzero(data.labels == 6)[0]]
    large = np.asarray(Image.fromarray(six).resize((112, 112), Image.Resampling.BILINEAR))
    return Challenge(
        AugmentationLab(sources={"a six": large}, preset="photos"),
        "These settings suit photos. For a 6 they do not: some versions are no longer a 6. "
        "Change the settings so that every version is still a 6, but no two are alike.",
        [
            at_most(
                "flip",
                0,
                "No mirror images",
                "The probability of mirroring is {value}.",
                digits=2,
            ),
            at_least("crop_from", 0.8, "No part cut away", "Crops may be as small as {value}.", 2),
            at_most(
                "erase",
                0,
                "No holes",
                "The probability of a hole is {value}.",
                digits=2,
            ),
            between(
                "degrees",
                5,
                30,
                "A rotation, by 5° to 30° at most",
                "The rotation goes up to {value}°.",
            ),
            between(
                "translate",
                0.03,
                0.15,
                "A shift, by 0.03 to 0.15 at most",
                "The shift goes up to {value}.",
                digits=2,
            ),
        ],
        [
            "A mirrored 6 is not a digit at all. Half a 6 could be a 0 or a 5.",
            "One of the buttons at the top has nearly everything that you need.",
        ],
        name="6/keep-the-label",
        title="A six must stay a six",
        minutes=2,
        answer="Choose “digits”: small rotations, shifts, changes of size, and shears, and "
        "nothing else. An augmentation tells the network that the label does not depend on a "
        "change. Whether this is true depends on the data: a mirrored cat is a cat, but a "
        "mirrored 6 is not a 6.",
        solution={
            **{name: OFF[name] for name in ("flip", "crop", "erase", "hue")},
            "degrees": 10.0,
            "translate": 0.08,
        },
    )


def when_it_pays_off() -> Challenge:
    """Return the challenge to find where augmentation overtakes its control (3 minutes)."""
    names = {
        "without": "cats-vs-dogs/remedies-none",
        "with augmentation": "cats-vs-dogs/remedies-augmentation",
    }
    curves = TrainingCurves(names)
    losses = [run["seeds"][0]["val_loss"] for run in curves.runs]
    behind = [epoch for epoch, (a, b) in enumerate(zip(*losses, strict=True), 1) if b >= a]
    first = behind[-1] + 1
    curves.epoch = 1
    return Challenge(
        curves,
        "Augmentation makes training harder, so at first it does not help. From some epoch on, "
        "the validation loss with augmentation stays below the loss without it. Move the line "
        "through the curves to the first such epoch.",
        [
            equal_to(
                "epoch",
                first,
                "The first epoch from which augmentation stays ahead",
                "It is not epoch {value}.",
            )
        ],
        [
            "The curves cross several times. Only the last crossing counts.",
            "Use the arrow keys, and compare the two values in the table.",
        ],
        name="6/when-it-pays-off",
        title="When does it pay off?",
        minutes=3,
        answer=f"Epoch {first}. Without augmentation, the network has begun to overfit by then, "
        "and its validation loss climbs. With augmentation it still falls. If you stopped both "
        "runs after ten epochs, you would conclude that augmentation hurts. There is only one "
        "run of each, so do not read much into the exact epoch.",
        solution={"epoch": first},
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
            equal_to("transforms", 3, "Three transforms are on", "On: {value}."),
            between("flip", 0.25, 0.75, "The same geometry", "Compare which way the cats look."),
            between("brightness", 0.4, 0.8, "The same colors", "Compare light and dark."),
            at_least("erase", 0.75, "The same damage", "Compare what is missing."),
        ],
        [
            "Look for what changes from image to image: which way the cat looks, how bright it is, "
            "and whether something is missing.",
            "Is the cat ever rotated, or enlarged?",
            "Every one of the twelve images has a hole. What does this say about its probability?",
        ],
        name="6/match-the-twelve",
        title="Which transforms were these?",
        minutes=5,
        answer="Mirror with probability 0.5, brightness ±0.6, and cutout with probability 1. "
        "Looking at a batch like this is the best test of a data loader: it shows errors that no "
        "metric reveals.",
        solution={name: _SECRET[name] for name in ("flip", "brightness", "erase")},
        images=[
            (
                np.concatenate(rows),
                "Twelve versions of a photo of a cat. Some are mirrored, they are darker or "
                "brighter, and each has a gray or black rectangle somewhere.",
            )
        ],
    )

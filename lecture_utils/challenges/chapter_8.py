"""Challenges on looking inside a network."""

from __future__ import annotations

import numpy as np

from lecture_utils.widgets import Challenge, FilterGallery, GradCamExplorer, ResponseQuiz
from lecture_utils.widgets._recorded import smooth_tile

from . import at_least, at_most, equal_to

__all__ = ["find_the_filter", "predict_the_response", "the_other_half"]

_LAYER, _FILTER = "stage5.2", 618
_COLLAGE = "cat beside coffee"


def the_other_half() -> Challenge:
    """Return the challenge to find a class with evidence elsewhere (a minute)."""
    explorer = GradCamExplorer([_COLLAGE])
    espresso = explorer.class_names.index("espresso")
    return Challenge(
        explorer,
        "The map shows where the network finds evidence for the likeliest class: in the left "
        "half. Among the ten likeliest classes, choose one whose evidence lies in the right "
        "half.",
        [
            at_least(
                "center",
                60,
                "Evidence centered at 60% of the width or farther right",
                "The evidence for this class is centered at {value}% of the width.",
            ),
            at_most(
                "rank",
                10,
                "One of the ten likeliest classes",
                "The class has rank {value} by probability.",
            ),
            equal_to("layer", _last_layer(explorer), "The last layer", "Choose the last layer."),
        ],
        ["Look at the photo: what is on the right?"],
        name="8/the-other-half",
        title="The other half",
        minutes=1,
        answer="“Espresso” and “cup”, for example, are among the ten likeliest, and their evidence "
        "lies on the cup. A Grad-CAM map answers a question about one class. It does not show what "
        "the network “looks at” as such.",
        solution={"class_index": espresso},
    )


def find_the_filter() -> Challenge:
    """Return the challenge to find the filter behind three images (5 minutes)."""
    images = ResponseQuiz().question(_LAYER, _FILTER, 0)["examples"][:3]
    gallery = FilterGallery("efficientnet_lite0")
    return Challenge(
        gallery,
        "For one of the filters in the gallery, the three images below are the first three “data "
        "set images with the highest activation”. Find it: choose its layer, then the filter.",
        [
            equal_to("layer", _LAYER, "The correct layer", "The filter is not in {value}."),
            equal_to("filter", _FILTER, "The correct filter", "It is not filter {value}."),
        ],
        [
            "Choose a filter, and look at the data set images with the highest activation. Do they "
            "begin with the three images above?",
            "All three images show something round. So look for round shapes in the synthesized "
            "images.",
            f"It is in {_LAYER}.",
        ],
        name="8/find-the-filter",
        title="Whose favorites are these?",
        minutes=5,
        answer=f"It is filter {_FILTER} of {_LAYER}. The synthesized images narrow the search, and "
        "the data set images settle it. How well can you predict the response of a filter from "
        "either kind of image? The next challenge measures it.",
        solution={"layer": _LAYER, "filter": _FILTER},
        images=[
            (
                np.concatenate([smooth_tile(image) for image in images], axis=1),
                "Three images: a red saucer below the handle of a cup, the back of an eye with its "
                "blood vessels, and a bright, round cell under a microscope.",
            )
        ],
    )


def predict_the_response() -> Challenge:
    """Return the challenge to predict responses (5 minutes)."""
    return Challenge(
        ResponseQuiz(seed=8),
        "Answer at least ten questions, and get at least 80% of all your answers correct. You "
        "may continue for as long as you like.",
        [
            at_least("answered", 10, "At least ten answers", "You have answered {value}."),
            at_least(
                "percent", 80, "At least 80% correct", "Of your answers, {value}% are correct."
            ),
        ],
        [
            "Chance level is 50%. The two programs in the table above do better: one compares "
            "colors and contrast, the other compares the features of a network.",
            "In the first stages, look at colors and stripes; in the last ones, at objects.",
        ],
        name="8/predict-the-response",
        title="Predict the response",
        minutes=5,
        answer="There is no trick, but there is a strategy: first decide which feature the three "
        "images with a high activation have in common and the one with a low activation lacks. "
        "With ten answers, a score of 80% can be luck. After twenty answers or more, compare your "
        "two scores: the one for synthesized images and the one for real examples.",
        solution={"scores": {"synthesized": [4, 5], "examples": [4, 5]}},
    )


def _last_layer(explorer):
    return explorer.layer

"""ResponseQuiz: predict which of two images activates a filter more, from what it responds to."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from lecture_utils.statistics import wilson

from .. import _figure
from .._demo import Demo
from .._recorded import as_traits, load_recordings, smooth_tile
from .._sprites import unpack_tiles
from .._traits import Whole

#: What a question shows of the filter. Each condition has as many images.
CONDITIONS = ("synthesized", "examples")


class ResponseQuiz(Demo):
    """Let readers predict the response of filters, from synthesized images or from real ones.

    A question shows three images with a high activation of a filter and one with a low activation:
    either synthesized, or images of a data set. Of two other images, which were used for neither,
    one is from the fifth with the highest activations, the other from the fifth with the lowest.
    Questions are drawn at random, with each layer equally likely. They come in pairs: one question
    with synthesized images and one with examples, in random order. In a live notebook, all traits
    are in sync both ways.

    Parameters
    ----------
    name : str
        Name of a recording, see `lecture_utils.interpretation.recordings`.
    seed : int
        Seed of the order of the questions.

    Attributes
    ----------
    scores : dict of str to list of int
        Numbers of correct answers and of all answers, by condition ("synthesized", "examples").

    Raises
    ------
    ValueError, FileNotFoundError, traitlets.TraitError
        If there is no such recording, or the seed is negative.

    Examples
    --------
    >>> ResponseQuiz("efficientnet_lite0").scores
    {'synthesized': [0, 0], 'examples': [0, 0]}
    """

    networks = traitlets.List().tag(sync=True)
    deferred = traitlets.Dict().tag(sync=True)
    pairs = traitlets.List().tag(sync=True)
    observers = traitlets.Dict().tag(sync=True)
    seed = Whole(0, min=0).tag(sync=True)
    scores = traitlets.Dict().tag(sync=True)

    def __init__(self, name: str = "efficientnet_lite0", seed: int = 0):
        (self.recording,) = load_recordings([name]).values()
        numbers, images = as_traits(self.recording, wanted=(), objectives=("whole",))
        super().__init__(
            networks=[numbers],
            deferred=images,
            pairs=[layer["pairs"] for layer in self.recording.examples["layers"]],
            observers=self.observer_scores(),
            seed=seed,
            scores={condition: [0, 0] for condition in CONDITIONS},
        )

    @traitlets.validate("scores")
    def _check_scores(self, proposal):
        scores = proposal["value"]
        right = set(scores) == set(CONDITIONS) and all(
            len(pair) == 2 and 0 <= pair[0] <= pair[1] for pair in scores.values()
        )
        if not right:
            raise traitlets.TraitError(
                f"scores are {scores!r}; give [correct, all] for each of {', '.join(CONDITIONS)}"
            )
        return scores

    def observer_scores(self) -> dict[str, dict[str, list[int]]]:
        """Return how two simple programs did: correct answers and all questions.

        Returns
        -------
        dict of str to dict of str to list of int
            By program and condition. A program compares features of both images with those of the
            images shown, and takes the one that is nearer to those with a high activation.
        """
        return {
            observer: {
                condition: [sum(text.count("1") for text in texts), sum(map(len, texts))]
                for condition, texts in by_condition.items()
            }
            for observer, by_condition in self.recording.examples["observers"].items()
        }

    def question(self, layer: str, filter: int, pair: int) -> dict[str, NDArray[np.uint8]]:
        """Return the images of a question.

        Parameters
        ----------
        layer : str
            Label of the layer.
        filter : int
            Number of the filter (or class).
        pair : int
            Which of its pairs, from 0.

        Returns
        -------
        dict of str to ndarray of uint8
            "synthesized" and "examples", four images each, the last with a low activation; and
            "pair": the image with the higher activation, then the other one.
        """
        entries = self.networks[0]["layers"]
        number = [each["label"] for each in entries].index(layer)
        entry = entries[number]
        at = entry["channels"].index(filter)
        count = sum(len(row) for rows in entry["tiles"].values() for row in rows)
        sheet = unpack_tiles(self.recording.sheet(number), entry["sheet"], count)
        pool = self.networks[0]["pool"]
        images = unpack_tiles(self.recording.pool(), pool["sheet"], len(pool["names"]))
        whole = entry["examples"]["whole"]
        shown = [image for image, _ in (*whole["most"][at][:3], *whole["least"][at][:1])]
        return {
            "synthesized": sheet[[*entry["tiles"]["optima"][at], *entry["tiles"]["minimum"][at]]],
            "examples": images[shown],
            "pair": images[self.pairs[number][at][pair][:2]],
        }

    def readings(self) -> dict[str, Any]:
        """Return the correct answers, all answers, and the former in percent of the latter."""
        correct, answered = (sum(pair[i] for pair in self.scores.values()) for i in (0, 1))
        percent = 100 * correct / answered if answered else 0
        return {"correct": correct, "answered": answered, "percent": percent}

    def figure_html(self) -> str:
        """Return a question with its answer, and how two programs did."""
        entry = self.networks[0]["layers"][-2]
        filter = entry["channels"][0]
        images = self.question(entry["label"], filter, 0)
        shown = (*images["synthesized"][[0, 3]], *images["pair"])
        tiles = [smooth_tile(each) for each in shown]
        high, low = self.pairs[-2][0][0][2:]
        alt = (
            f"Synthesized images with a high and with a low activation of filter {filter} of "
            f"{entry['label']}; then two images of the data set. The first of these two activates "
            f"the filter more: its activation is {_figure.number(high)}, that of the second "
            f"{_figure.number(low)}."
        )
        rows = [
            _figure.table_row(observer, [_score_text(*scores[c]) for c in CONDITIONS])
            for observer, scores in self.observers.items()
        ]
        heads = ("Program", "Synthesized images", "Examples")
        return (
            f"<figure>{_figure.image_html(tiles, alt)}"
            f"<figcaption>{html.escape(alt)}</figcaption></figure>"
            '<div class="demo-numbers">'
            f"{_figure.table('Two programs take the quiz (chance level: 50%)', heads, rows)}</div>"
        )


def _score_text(correct: int, answered: int) -> str:
    low, high = wilson(correct, answered)
    return f"{correct / answered:.0%} of {answered} ({low:.0%} to {high:.0%})"

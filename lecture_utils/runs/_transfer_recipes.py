"""The recipes on transfer learning: every boundary, fair learning curves, and ablations.

The learning curves compare strategies on 10 to 2,000 photos. For a given number of photos, all
strategies take the same number of optimizer steps, with batches of 16: `steps` computes it. A run
goes through its photos eight times, or more often if that were below 100 steps. Strategies that end
in "-long" take ten times as many. In LP-FT, half of the steps train the head alone, and the other
half everything. The optimizer is AdamW with weight decay 0.01 and a one-cycle schedule; all layers
except the head have a tenth of the head's learning rate, as in the lecture.

The learning rate of each strategy is chosen on the validation photos, with seeds that no recorded
run uses: ``tools/tune_transfer.py`` writes its results into ``data/tuning/transfer.json``. This is
the rule: start with the three rates of `GRID`. Of the rates whose mean validation accuracy is
within one standard error (for 1,000 photos) of the best one, take the one with the lowest mean
validation loss. If it is the smallest or the largest rate tried, try the next one in `RATES` as
well, and choose again. 50 photos decide for up to 200 photos, and 500 photos for more. No test
photo is used for this.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from lecture_utils.runs._recipe import Recipe

NETWORK = "efficientnet_lite0"
# The stage from which each of the lecture's strategies trains the network.
STRATEGIES = {"feature-extraction": "head", "partial": "stage7", "end-to-end": "stem"}
# The other boundaries tried, from the head to the input.
BETWEEN = ("top", "stage6", "stage5", "stage4", "stage3")
_TITLES = {
    "feature-extraction": "Feature extraction",
    "partial": "Partial fine-tuning",
    "end-to-end": "End-to-end fine-tuning",
}

#: The strategies of the learning curves, and their names in figures.
CURVES = {
    "from-scratch": "from scratch",
    "from-scratch-long": "from scratch, 10 times the steps",
    "extraction": "feature extraction",
    "extraction-copies": "feature extraction, 8 augmented copies",
    "partial": "partial fine-tuning",
    "end-to-end": "end-to-end fine-tuning",
    "lp-ft": "head first, then end to end",
}
COUNTS = (10, 20, 50, 100, 200, 500, 1_000, 2_000)
#: Numbers of training photos used for choosing the learning rate, and the seeds of these runs.
TUNED_COUNTS = {50: (100, 101), 500: (100,)}
GRID = (1e-3, 3e-3, 1e-2)
#: The rates from which the grid is taken, and which extend it if its ends are not enough.
RATES = (1e-5, 3e-5, 1e-4, 3e-4, *GRID, 3e-2, 1e-1, 3e-1, 1.0)
#: The results of tuning: a list of ``learning_rate``, ``seed``, ``val_accuracy`` and ``val_loss``
#: per strategy and tuned number of photos.
TUNING = Path(__file__).parents[1] / "data" / "tuning" / "transfer.json"
#: Number of copies of each photo in runs whose name ends in "-copies".
COPIES = 8
_VALIDATION_PHOTOS = 1_000
_BATCH, _PASSES, _LEAST_STEPS, _LONG = 16, 8, 100, 10
_AUGMENTATION = {
    "degrees": 10.0,
    "crop": [0.6, 1.0],
    "flip": 0.5,
    "brightness": 0.2,
    "contrast": 0.2,
    "saturation": 0.2,
}


def seeds(count: int) -> range:
    """Return the seeds of the learning curves for a number of photos."""
    return range(5 if count <= 200 else 3)


def steps(strategy: str, count: int) -> int:
    """Compute the number of optimizer steps of a strategy on a number of photos.

    Parameters
    ----------
    strategy : str
        One of `CURVES`.
    count : int

    Returns
    -------
    int

    Examples
    --------
    >>> steps("partial", 10), steps("partial", 2_000)
    (100, 1000)
    """
    once = max(_LEAST_STEPS, _PASSES * count // _BATCH)
    return once * (_LONG if strategy.endswith("-long") else 1)


def chosen(strategy: str, count: int) -> float:
    """Choose the learning rate of a strategy for a number of photos by the rule above.

    Returns
    -------
    float
        The highest rate of the schedule, for the head.
    """
    tuned = max((known for known in TUNED_COUNTS if known <= count), default=min(TUNED_COUNTS))
    return best(_tuning()[strategy][str(tuned)])


def best(tried: list[dict[str, float]]) -> float:
    """Choose among trials, which have the same seeds for each rate."""
    scores = {}
    for rate in {trial["learning_rate"] for trial in tried}:
        of_rate = [trial for trial in tried if trial["learning_rate"] == rate]
        scores[rate] = [fmean(t[name] for t in of_rate) for name in ("val_accuracy", "val_loss")]
    top = max(accuracy for accuracy, _ in scores.values())
    error = math.sqrt(top * (1 - top) / _VALIDATION_PHOTOS)
    close = [rate for rate, (accuracy, _) in scores.items() if accuracy >= top - error]
    return min(close, key=lambda rate: scores[rate][1])


def _tuning():
    return json.loads(TUNING.read_text(encoding="utf-8")) if TUNING.is_file() else {}


def next_rate(tried: list[dict[str, float]], seeds: Iterable[int]) -> float | None:
    """Return the rate that the rule tries next, with all seeds; None if the choice is final."""
    seeds = {*seeds}
    known = {
        rate
        for rate in {trial["learning_rate"] for trial in tried}
        if seeds <= {trial["seed"] for trial in tried if trial["learning_rate"] == rate}
    }
    for rate in GRID:
        if rate not in known:
            return rate
    at = RATES.index(best([trial for trial in tried if trial["learning_rate"] in known]))
    beside = RATES[max(0, at - 1)], RATES[min(at + 1, len(RATES) - 1)]
    return next((rate for rate in beside if rate not in known), None)


def _is_tuned(strategy, known):
    tried = known.get(strategy, {})
    return all(
        next_rate(tried.get(str(count), []), seeds) is None for count, seeds in TUNED_COUNTS.items()
    )


def make(extraction: Recipe, scratch: Recipe) -> list[Recipe]:
    """Create all of these recipes from two others.

    Parameters
    ----------
    extraction : Recipe
        Feature extraction on all photos.
    scratch : Recipe
        The same photos without a pretrained model.

    Returns
    -------
    list of Recipe
    """
    # Small steps and few epochs, so that the pretrained weights are adapted, not overwritten.
    tuning = replace(
        extraction, epochs=3, learning_rate=2e-3, backbone_lr_scale=0.1, keep_weights=False
    )
    strategies = [
        replace(
            extraction if stage == "head" else tuning,
            name=f"transfer/{strategy}",
            title=f"{_TITLES[strategy]}, {extraction.image_size} pixels",
            train_from=stage,
        )
        for strategy, stage in STRATEGIES.items()
    ]
    between = [
        replace(
            tuning,
            name=f"transfer/from-{stage}",
            title=f"From {stage} on",
            train_from=stage,
            save_predictions=False,
        )
        for stage in BETWEEN
    ]
    # The image size that the network was designed for.
    large = [
        replace(
            run, name=f"{run.name}-224px", title=f"{_TITLES[strategy]}, 224 pixels", image_size=224
        )
        for strategy, run in zip(STRATEGIES, strategies, strict=True)
        if strategy != "end-to-end"
    ]
    # How good the architecture is without the pretrained weights.
    random = replace(
        extraction,
        name="transfer/random-features",
        title="Features of random weights",
        pretrained=False,
    )
    known = _tuning()
    curves = [
        make_one(extraction, scratch, strategy, count)
        for strategy in CURVES
        if _is_tuned(strategy, known)
        for count in COUNTS
    ]
    return [*strategies, *between, *large, random, *curves, *_why_not(extraction, scratch, known)]


def make_one(
    extraction: Recipe, scratch: Recipe, strategy: str, count: int, rate: float | None = None
) -> Recipe:
    """Create the recipe for a point of the learning curves.

    Parameters
    ----------
    extraction, scratch
        As for `make`.
    strategy : str
        One of `CURVES`.
    count : int
        One of `COUNTS`.
    rate : float, optional
        Learning rate; by default the one chosen by tuning.
    """
    from_scratch = strategy.startswith("from-scratch")
    repeats = steps(strategy, count) * _BATCH // count
    recipe = replace(
        scratch if from_scratch else extraction,
        name=f"learning-curves/{strategy}-{count}",
        title=f"{CURVES[strategy][0].upper()}{CURVES[strategy][1:]}, {count:,} photos",
        optimizer="adamw",
        weight_decay=0.01,
        schedule="one-cycle",
        learning_rate=rate or chosen(strategy, count),
        batch_size=_BATCH,
        train_size=count,
        epochs=1,
        repeats=repeats,
        resample_by_seed=True,
        keep_weights=False,
        save_predictions=False,
    )
    if from_scratch:
        return recipe
    first = {"partial": "stage7", "end-to-end": "stem", "lp-ft": "stem"}.get(strategy, "head")
    recipe = replace(recipe, train_from=first, backbone_lr_scale=1.0 if first == "head" else 0.1)
    if strategy.endswith("-copies"):
        recipe = replace(
            recipe,
            augmentation=_AUGMENTATION,
            augmented_copies=COPIES,
            repeats=repeats // COPIES,
        )
    if strategy == "lp-ft":
        # The head learns as fast as in feature extraction.
        head_rate = chosen("extraction", count)
        recipe = replace(
            recipe, repeats=repeats - repeats // 2, head_repeats=repeats // 2, head_rate=head_rate
        )
    return recipe


def _why_not(extraction, scratch, known):
    """Create the runs that test why partial fine-tuning beats feature extraction.

    They use all photos, and the steps and rates of the learning curves.
    """
    if not (_is_tuned("extraction", known) and _is_tuned("partial", known)):
        return []
    count = COUNTS[-1]
    head, partial = (
        make_one(extraction, scratch, strategy, count) for strategy in ("extraction", "partial")
    )
    large = [
        replace(
            run,
            name=f"{run.name}-224px",
            title=f"{run.title}, 224 pixels",
            image_size=224,
        )
        for run in (head, partial)
    ]
    augmented = replace(
        partial,
        name=f"learning-curves/partial-copies-{count}",
        title=f"Partial fine-tuning, 8 augmented copies, {count:,} photos",
        augmentation=_AUGMENTATION,
        augmented_copies=COPIES,
        repeats=partial.repeats // COPIES,
    )
    # The lecture's settings: Adam with a constant rate of 0.001, a tenth of it for the backbone.
    constant = [
        replace(
            run,
            name=name,
            title=f"{run.title}, 10 epochs at a constant rate",
            optimizer="adam",
            weight_decay=0.0,
            schedule="constant",
            learning_rate=1e-3,
            batch_size=20,
            epochs=10,
            repeats=1,
        )
        for run, name in (
            (head, f"learning-curves/extraction-constant-{count}"),
            (partial, f"learning-curves/partial-constant-{count}"),
        )
    ]
    return [*large, augmented, *constant]

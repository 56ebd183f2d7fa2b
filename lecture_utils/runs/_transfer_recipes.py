"""The recipes on transfer learning: three strategies, every boundary, and ever fewer photos."""

from __future__ import annotations

from dataclasses import replace

from lecture_utils.runs._recipe import Recipe

NETWORK = "efficientnet_lite0"
# The stage from which each of the lecture's strategies trains the network.
STRATEGIES = {"feature-extraction": "head", "partial": "stage7", "end-to-end": "stem"}
# The other boundaries that were tried, from the head to the input.
BETWEEN = ("top", "stage6", "stage5", "stage4", "stage3")
COUNTS = (10, 20, 50, 100, 200, 500, 1000)
_TITLES = {
    "feature-extraction": "Feature extraction",
    "partial": "Partial fine-tuning",
    "end-to-end": "End-to-end fine-tuning",
}
# Images in all batches of a run on few photos together, however few different ones there are.
_IMAGES_PER_RUN = {
    "feature-extraction": 4_800,
    "partial": 480,
    "end-to-end": 480,
    "from-scratch": 3_200,
}


def make(extraction: Recipe, scratch: Recipe) -> list[Recipe]:
    """Make all of them from two.

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
    # Steps are small and epochs few, so that the pretrained weights are adapted, not overwritten.
    tuning = replace(
        extraction, epochs=3, learning_rate=2e-3, backbone_lr_scale=0.1, keep_weights=False
    )
    strategies = {
        strategy: replace(
            extraction if stage == "head" else tuning,
            name=f"transfer/{strategy}",
            title=f"{_TITLES[strategy]}, {extraction.image_size} pixels",
            train_from=stage,
        )
        for strategy, stage in STRATEGIES.items()
    }
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
    others = [
        # The size that the network was designed for.
        *(
            replace(
                strategies[strategy],
                name=f"transfer/{strategy}-224px",
                title=f"{_TITLES[strategy]}, 224 pixels",
                image_size=224,
            )
            for strategy in ("feature-extraction", "partial")
        ),
        # What the architecture is worth without the pretrained weights.
        replace(
            extraction,
            name="transfer/random-features",
            title="Features of random weights",
            pretrained=False,
        ),
    ]
    fewer = [
        _with_fewer(base, strategy, count)
        for strategy, base in (*strategies.items(), ("from-scratch", scratch))
        for count in COUNTS
        # Without a pretrained model, 500 photos and more are in the chapter on cats and dogs.
        if strategy != "from-scratch" or count < 500
    ]
    return [*strategies.values(), *between, *others, *fewer]


def _with_fewer(base, strategy, count):
    title = _TITLES.get(strategy, "From scratch")
    return replace(
        base,
        name=f"transfer/{strategy}-{count}",
        title=f"{title}, {count:,} photos",
        epochs=1,
        repeats=max(2, round(_IMAGES_PER_RUN[strategy] / count)),
        batch_size=16,
        train_size=count,
        resample_by_seed=True,
        keep_weights=False,
        save_predictions=False,
    )

"""The recipes of the chapter on transfer learning: three ways, every boundary, and fewer and fewer photos."""

from dataclasses import replace

NETWORK = "efficientnet_lite0"
# How much of the network each of the lecture's ways leaves to be trained: from this stage on.
WAYS = {"feature-extraction": "head", "partial": "stage7", "end-to-end": "stem"}
# Where else it was cut, from the head to the picture.
BETWEEN = ("top", "stage6", "stage5", "stage4", "stage3")
COUNTS = (10, 20, 50, 100, 200, 500, 1000)
_TITLES = {
    "feature-extraction": "Feature extraction",
    "partial": "Partial fine-tuning",
    "end-to-end": "End-to-end fine-tuning",
}
# Batches of a run on few photos: pictures in all of them together, however few different ones there are.
_PICTURES = {"feature-extraction": 4_800, "partial": 480, "end-to-end": 480, "from-scratch": 3_200}


def make(extraction, scratch):
    """Make all of them from two.

    Parameters
    ----------
    extraction : Recipe
        Feature extraction on all photos.
    scratch : Recipe
        The same photos without a trained network.

    Returns
    -------
    list of Recipe
    """
    # Steps so small and epochs so few because what the network knows is worth more than what it still has to learn.
    tuning = replace(
        extraction, epochs=3, learning_rate=2e-3, backbone_rate=0.1, keep_weights=False
    )
    ways = {
        way: replace(
            extraction if until == "head" else tuning,
            name=f"transfer/{way}",
            title=f"{_TITLES[way]}, {extraction.image_size} pixels",
            until=until,
        )
        for way, until in WAYS.items()
    }
    between = [
        replace(
            tuning,
            name=f"transfer/from-{until}",
            title=f"From {until} on",
            until=until,
            describe_test=False,
        )
        for until in BETWEEN
    ]
    others = [
        # The size that the network was made for.
        *(
            replace(
                ways[way],
                name=f"transfer/{way}-224px",
                title=f"{_TITLES[way]}, 224 pixels",
                image_size=224,
            )
            for way in ("feature-extraction", "partial")
        ),
        # What the network's shape is worth without what it has learned.
        replace(
            extraction,
            name="transfer/random-features",
            title="Features of random weights",
            pretrained=False,
        ),
    ]
    fewer = [
        _with_fewer(base, way, count)
        for way, base in (*ways.items(), ("from-scratch", scratch))
        for count in COUNTS
        # Without a trained network, 500 photos and more are in the chapter on cats and dogs.
        if way != "from-scratch" or count < 500
    ]
    return [*ways.values(), *between, *others, *fewer]


def _with_fewer(base, way, count):
    title = _TITLES.get(way, "From scratch")
    return replace(
        base,
        name=f"transfer/{way}-{count}",
        title=f"{title}, {count:,} photos",
        epochs=1,
        repeats=max(2, round(_PICTURES[way] / count)),
        batch_size=16,
        train_size=count,
        draw_by_seed=True,
        keep_weights=False,
        describe_test=False,
    )

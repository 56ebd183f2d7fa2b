"""The recipes that compare designed, random and learned filters.

Seven networks, which differ only in their first layers (see `models.filter_network`), are trained
on few and on many images of clothes. All take 3,000 steps with batches of 100 images. Learning rate
and weight decay were chosen on the validation images, for each network and number of images, with a
seed that no recorded run uses. ``tools/tune_filters.py`` writes its results into
``data/tuning/filters.json``, and the highest validation accuracy decides.
"""

from __future__ import annotations

import json
from pathlib import Path

from lecture_utils.runs._recipe import Recipe

#: The networks, and their names in figures.
NETWORKS = {
    "pixels": "pixels",
    "gabor": "Gabor filters",
    "smooth": "smooth random filters",
    "random": "random filters",
    "one-layer": "one learned layer",
    "two-random": "two random layers",
    "two-layers": "two learned layers",
}
#: Numbers of training images.
SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 50_000)
#: The values tried in tuning. Weight decay is that of AdamW, which multiplies it by the learning
#: rate.
LEARNING_RATES = (1e-3, 3e-3, 1e-2)
WEIGHT_DECAYS = (0.1, 1.0, 3.0)
#: The sizes that are tuned. The others use the choice for the next smaller one of these, or for the
#: smallest.
TUNED_SIZES = (1_000, 10_000)
#: The results of tuning: a list of ``learning_rate``, ``weight_decay``, ``val_accuracy`` and
#: ``val_loss`` per network and tuned size.
TUNING = Path(__file__).parents[1] / "data" / "tuning" / "filters.json"
_STEPS, _BATCH = 3_000, 100
# Total number of images in the batches of an epoch: the minimum for the larger sets.
_IMAGES_PER_EPOCH = 30_000
# Optimizer steps after which the first filters are kept, in runs that learn them.
_SNAPSHOTS = (
    *(0, 1, 2, 3, 5, 8, 12, 18, 27, 40, 60),
    *(90, 135, 200, 300, 450, 675, 1_000, 1_500, 2_200, 3_000),
)


def chosen(network: str, size: int) -> tuple[float, float]:
    """Choose the learning rate and weight decay of a network for a number of training images.

    Returns
    -------
    (float, float)
        Those with the highest accuracy on the validation images, for the next smaller tuned size
        (or the smallest one); of several, the first.
    """
    tuned = max((known for known in TUNED_SIZES if known <= size), default=min(TUNED_SIZES))
    tried = tuning()[network][str(tuned)]
    best = max(tried, key=lambda trial: trial["val_accuracy"])
    return best["learning_rate"], best["weight_decay"]


def tuning() -> dict[str, dict[str, list[dict[str, float]]]]:
    """Read the results of tuning, by network and by number of training images."""
    return json.loads(TUNING.read_text(encoding="utf-8"))


def name_of(network: str, size: int) -> str:
    """Return the name of the recipe for a network and a number of training images."""
    return f"filters/{network}-{size}"


def make() -> list[Recipe]:
    """Create these recipes, without those of networks that are not tuned yet.

    Returns
    -------
    list of Recipe
    """
    tuned = [name for name, sizes in tuning().items() if len(sizes) == len(TUNED_SIZES)]
    return [make_one(network, size) for network in NETWORKS if network in tuned for size in SIZES]


def make_one(network: str, size: int, settings: tuple[float, float] | None = None) -> Recipe:
    """Create the recipe for a network and a number of training images.

    Parameters
    ----------
    network : str
        One of `NETWORKS`.
    size : int
        One of `SIZES`.
    settings : (float, float), optional
        Learning rate and weight decay; by default those chosen by tuning.
    """
    learning_rate, weight_decay = settings or chosen(network, size)
    repeats = max(1, _IMAGES_PER_EPOCH // size)
    return Recipe(
        name_of(network, size),
        f"Fashion-MNIST, {NETWORKS[network]}, {size:,} images",
        "fashion_mnist",
        network,
        epochs=_STEPS * _BATCH // (size * repeats),
        batch_size=_BATCH,
        optimizer="adamw",
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        validation_size=10_000,
        train_size=size,
        repeats=repeats,
        resample_by_seed=True,
        keep_weights=False,
        save_classes=True,
        snapshots=_SNAPSHOTS if network in ("one-layer", "two-layers") else (),
    )

"""The model, data and settings of each recorded run: the only place where they are chosen."""

from __future__ import annotations

import math
from dataclasses import replace

from lecture_utils.runs import _filter_recipes, _regularization_recipes, _transfer_recipes
from lecture_utils.runs._recipe import PHOTOS, Recipe

__all__ = ["RECIPES", "recipe"]


def recipe(name: str) -> Recipe:
    """Look up a recipe.

    Parameters
    ----------
    name : str
        For example "mnist/gap".

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If there is no recipe of that name.

    Examples
    --------
    >>> recipe("mnist/gap").model
    'gap'
    """
    if name not in RECIPES:
        raise ValueError(f"there is no run {name!r}; use one of {', '.join(RECIPES)}")
    return RECIPES[name]


# With the settings of the others, the training loss of the network with global average pooling
# still falls at the end; more and larger steps were chosen on the validation images.
_MNIST = (
    Recipe("mnist/dense", "MNIST, dense network", "mnist", "dense", 6, learning_rate=2e-3),
    Recipe("mnist/flatten", "MNIST, CNN with flatten", "mnist", "flatten", 6),
    Recipe(
        "mnist/gap",
        "MNIST, CNN with global average pooling",
        "mnist",
        "gap",
        epochs=8,
        batch_size=64,
        learning_rate=6e-3,
    ),
)

_STRONG = Recipe(
    "mnist/strong",
    "MNIST, under 100,000 parameters",
    "mnist",
    "strong",
    epochs=15,
    optimizer="adamw",
    learning_rate=6e-3,
    weight_decay=0.02,
    ema_decay=0.998,
    augmentation={
        "degrees": 12.0,
        # Two pixels; and a shift of 0.15 pixels per row.
        "translate": 2 / 28,
        "scale": [0.88, 1.12],
        "shear": math.degrees(math.atan(0.15)),
    },
)

# The same networks and settings on clothes: only the data differ.
_FASHION = tuple(
    replace(
        run,
        name=run.name.replace("mnist", "fashion_mnist"),
        title=run.title.replace("MNIST", "Fashion-MNIST"),
        dataset="fashion_mnist",
    )
    for run in _MNIST
)

# The lecture's network and settings: Adam with a constant rate, batches of 20, no regularization.
# Only the images are smaller than its 150 x 150 pixels: on a CPU, an epoch then takes half a minute
# instead of two.
_PLAIN = Recipe(
    "cats-vs-dogs/from-scratch",
    "Cats and dogs, nothing against overfitting",
    "cats_vs_dogs",
    "cats",
    epochs=20,
    batch_size=20,
    schedule="constant",
    learning_rate=1e-3,
    image_size=96,
)

# Crops show objects enlarged, and the smaller training size compensates for that: see `Augment`.
_AUGMENTED = replace(
    _PLAIN,
    name="cats-vs-dogs/augmented",
    title="Cats and dogs, with augmentation, dropout and weight decay",
    model="cats-dropout",
    epochs=150,
    batch_size=32,
    optimizer="adamw",
    schedule="one-cycle",
    learning_rate=2e-3,
    weight_decay=0.05,
    augmentation={
        "degrees": 15.0,
        "crop": [0.4, 1.0],
        "flip": 0.5,
        "brightness": 0.2,
        "contrast": 0.2,
        "saturation": 0.2,
        "size": 96,
    },
    image_size=112,
)

_STRONG_PHOTOS = Recipe(
    "cats-vs-dogs/strong",
    "Cats and dogs, a residual network",
    "cats_vs_dogs",
    "cats-strong",
    epochs=120,
    batch_size=32,
    optimizer="adamw",
    learning_rate=1e-3,
    weight_decay=0.3,
    ema_decay=0.998,
    mixup=0.2,
    augmentation={
        "degrees": 15.0,
        "crop": [0.35, 1.0],
        "flip": 0.5,
        "brightness": 0.3,
        "contrast": 0.3,
        "saturation": 0.3,
        "erase": 0.25,
        "size": 96,
    },
    image_size=112,
)

# The same with a stride instead of each pooling layer.
_STRIDES = replace(
    _STRONG_PHOTOS,
    name="cats-vs-dogs/strides",
    title="Cats and dogs, a residual network without pooling",
    model="cats-strides",
    keep_weights=False,
)

# The lecture's network on small images, for the fastest training.
_SMALL = replace(
    _PLAIN,
    name="cats-vs-dogs/photos-2000",
    title="64 pixels, 2,000 photos",
    epochs=24,
    optimizer="adamw",
    schedule="one-cycle",
    learning_rate=2e-3,
    image_size=64,
)

# The same number of steps on fewer photos, each of which is seen more often.
_FEWER = tuple(
    replace(
        _SMALL,
        name=f"cats-vs-dogs/photos-{count}",
        title=f"64 pixels, {count:,} photos",
        epochs=_SMALL.epochs * 2000 // count,
        train_size=count,
    )
    for count in (500, 1000)
)

# Each regularization method of the augmented run alone, and all of them; nothing else differs.
_NO_REMEDY = replace(
    _SMALL, name="cats-vs-dogs/remedies-none", title="64 pixels, no remedy", epochs=60
)
_AUGMENTATION = {**_AUGMENTED.augmentation, "size": 64}
_REMEDIES = (
    _NO_REMEDY,
    replace(
        _NO_REMEDY,
        name="cats-vs-dogs/remedies-augmentation",
        title="64 pixels, augmentation only",
        augmentation=_AUGMENTATION,
    ),
    replace(
        _NO_REMEDY,
        name="cats-vs-dogs/remedies-dropout",
        title="64 pixels, dropout only",
        model="cats-dropout",
    ),
    replace(
        _NO_REMEDY,
        name="cats-vs-dogs/remedies-decay",
        title="64 pixels, weight decay only",
        weight_decay=_AUGMENTED.weight_decay,
    ),
    replace(
        _NO_REMEDY,
        name="cats-vs-dogs/remedies-all",
        title="64 pixels, all remedies",
        model="cats-dropout",
        weight_decay=_AUGMENTED.weight_decay,
        augmentation=_AUGMENTATION,
    ),
)

# Depth with and without shortcuts: the same images, steps and settings for all six networks.
_DEPTHS = tuple(
    Recipe(
        f"fashion_mnist/{kind}-{depth}",
        f"Fashion-MNIST, {kind} network of {depth} layers",
        "fashion_mnist",
        f"{kind}-{depth}",
        epochs=5,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        train_size=12_000,
    )
    for kind in ("plain", "residual")
    for depth in (8, 20, 56)
)

_CATS = (_PLAIN, _AUGMENTED, _STRONG_PHOTOS, _STRIDES, *_REMEDIES, _SMALL, *_FEWER)

# The head is trained on features that never change, so epochs cost almost nothing.
_EXTRACTION = Recipe(
    "transfer/feature-extraction",
    "Feature extraction",
    PHOTOS,
    "efficientnet_lite0",
    epochs=10,
    batch_size=32,
    optimizer="adamw",
    learning_rate=3e-3,
    weight_decay=0.01,
    image_size=128,
    train_from="head",
    pretrained=True,
    save_predictions=True,
)
_TRANSFER = _transfer_recipes.make(_EXTRACTION, _NO_REMEDY)

_ALL = (
    *_MNIST,
    _STRONG,
    *_FASHION,
    *_DEPTHS,
    *_filter_recipes.make(),
    *_CATS,
    *_regularization_recipes.make(),
    *_TRANSFER,
)
#: All recipes by name.
RECIPES = {run.name: run for run in _ALL}

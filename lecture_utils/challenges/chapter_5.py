"""Challenges on training for cats vs dogs."""

from __future__ import annotations

from lecture_utils.widgets import Challenge, ModelBuilder, TrainingCurves

from . import at_least, at_most, equal_to

__all__ = ["far_and_small", "lose_nothing", "which_epoch"]


def which_epoch() -> Challenge:
    """Return the challenge to find the epoch to keep (a minute)."""
    curves = TrainingCurves("cats-vs-dogs/from-scratch")
    losses = curves.runs[0]["seeds"][0]["val_loss"]
    best = losses.index(min(losses)) + 1
    curves.epoch = len(losses)
    return Challenge(
        curves,
        "Which epoch of this run would you keep? Move the vertical line to the epoch with the "
        "lowest validation loss.",
        [
            equal_to(
                "epoch",
                best,
                "The epoch with the lowest validation loss",
                "The loss of epoch {value} is not the lowest.",
            )
        ],
        [
            "The training loss keeps falling, so it cannot tell you.",
            "Use the arrow keys to move epoch by epoch, and read the values in the table.",
        ],
        name="5/which-epoch",
        title="Which epoch?",
        minutes=1,
        answer=f"Epoch {best}. From there on, the training loss keeps falling, while the "
        "validation loss stays above this minimum: measured by the loss, the network improves only "
        "on the photos that it was trained on.",
        solution={"epoch": best},
    )


def lose_nothing() -> Challenge:
    """Return the challenge to stop early without a loss (5 minutes)."""
    runs = [f"cats-vs-dogs/photos-{count}" for count in (500, 1000, 2000)]
    return Challenge(
        TrainingCurves(*runs, patience=2),
        "Here are nine training runs: three seeds each with 500, 1,000, and 2,000 photos. "
        "Choose a patience, and the quantity that early stopping watches, so that all nine keep "
        "their best epoch and at least 300 epochs are saved in total.",
        [
            equal_to(
                "kept_best",
                9,
                "All nine keep their best epoch",
                "Runs that keep their best epoch: {value} of 9.",
            ),
            at_least("epochs_saved", 300, "At least 300 epochs saved", "Epochs saved: {value}."),
        ],
        [
            "With more patience, fewer runs miss their best epoch, but fewer epochs are saved.",
            "The best epoch by accuracy comes later than the best one by loss.",
        ],
        name="5/lose-nothing",
        title="Stop early, lose nothing",
        minutes=5,
        answer="Watch the validation loss with a patience of 9. One run goes eight epochs without "
        "a lower loss before it improves again, so a patience of 8 is too short. With 10, nothing "
        "is lost either, but fewer than 300 epochs are saved. You could know this only in "
        "hindsight; for your next run, choose a patience with some margin.",
        solution={"patience": 9, "monitor": "val_loss"},
    )


def far_and_small() -> Challenge:
    """Return the challenge to see more with a third of the parameters (10 minutes)."""
    from lecture_utils import models

    builder = ModelBuilder(models.cats_cnn(), input_shape=(3, 150, 150))
    layers = [dict(layer) for layer in builder.layers]
    solution = _with_channels(layers, [32, 32, 64, 64], units=64)
    solution[9]["dilation"] = 3
    return Challenge(
        builder,
        "The chapter’s network has 307,393 parameters, and its last convolution has a receptive "
        "field of 38×38 of the 150×150 pixels, about a quarter of the width. Enlarge this field "
        "to at least 70×70 pixels, with at most 100,000 parameters in the network. Keep at least "
        "four convolutions and one output.",
        [
            equal_to("fits", True, "All layers fit", "At least one layer does not fit."),
            equal_to("outputs", 1, "One output", "Length of the output vector: {value}."),
            at_most(
                "parameters",
                100_000,
                "At most 100,000 parameters",
                "There are {value} parameters.",
            ),
            at_least("convolutions", 4, "At least four convolutions", "Convolutions: {value}."),
            at_least(
                "field",
                70,
                "A receptive field of at least 70×70",
                "The receptive field is {value}×{value}.",
            ),
        ],
        [
            "Which two layers have most of the parameters?",
            "The last convolution works on a map with a jump of 8: neighboring cells are 8 pixels "
            "apart in the image. So each additional row of its window adds 8 pixels.",
            "A fourth pooling layer and a fifth convolution would do, and so would a dilation "
            "(see “All settings”).",
        ],
        name="5/far-and-small",
        title="See more with less",
        minutes=10,
        answer="For example, take 32, 32, 64, and 64 channels, 64 units in the first dense layer, "
        "and a dilation of 3 in the last convolution. The window then covers 7×7 cells of the map, "
        "with the same nine weights per channel: 22 + 6 · 8 = 70 pixels. So a network with "
        "fewer weights can have a wider view. To find out whether it is also more accurate, you "
        "would have to train it.",
        solution={"layers": solution},
    )


def _with_channels(layers, channels, units):
    """Return the layers of the chapter's network with other numbers of channels and units."""
    layers, channels = [dict(layer) for layer in layers], list(channels)
    last = channels[-1]
    for layer in layers:
        if layer["type"] == "Conv2d":
            layer["out_channels"] = channels.pop(0)
    dense = [layer for layer in layers if layer["type"] == "Linear"]
    dense[0].update(in_features=last, out_features=units)
    dense[1].update(in_features=units)
    return layers

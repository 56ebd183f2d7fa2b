"""Challenges on a first CNN."""

from __future__ import annotations

import numpy as np

from lecture_utils import datasets
from lecture_utils.widgets import Challenge, DrawADigit, ModelBuilder

from . import at_least, at_most, equal_to, one_of

__all__ = ["five_thousand", "repair_and_shrink", "six_or_nine"]


def six_or_nine() -> Challenge:
    """Return the challenge to make the network read a six as a nine (a minute)."""
    # The digits of the sample, so that everybody gets the same ones.
    data = datasets.mnist("test", source="embedded")
    sixes = np.flatnonzero(data.labels == 6)[[0, 1, 3]]
    demo = DrawADigit(examples=(data.images[sixes], data.labels[sixes]))
    demo.source = "example 1"
    return Challenge(
        demo,
        "Make the network read a nine, with a confidence of at least 99%, without drawing "
        "anything. All three examples are sixes.",
        [
            equal_to("predicted", 9, "It reads a 9", "It reads {value}."),
            at_least(
                "confidence", 99, "A confidence of at least 99%", "The confidence is {value}%."
            ),
            one_of(
                "source",
                ["example 1", "example 2", "example 3"],
                "One of the examples",
                "This is your own drawing.",
            ),
        ],
        ["What do you get if you turn a 6 upside down?"],
        name="4/six-or-nine",
        title="Six or nine?",
        minutes=1,
        answer="Rotate the digit by 180°. The network was trained on upright digits only, and it "
        "has no way to know which way is up. Whether a rotated digit is still the same digit is "
        "for us to say: chapter 6 returns to this.",
        solution={"degrees": 180.0},
    )


def repair_and_shrink() -> Challenge:
    """Return the challenge to repair a network and make it small (5 minutes)."""
    builder = ModelBuilder(preset="flatten")
    builder.layers = [layer for layer in builder.layers if layer["type"] != "Flatten"]
    return Challenge(
        builder,
        "This network for digits does not work. Repair it, and shrink it to fewer than 20,000 "
        "parameters. Keep at least two convolutions.",
        [
            equal_to("fits", True, "All layers fit", "At least one layer does not fit."),
            equal_to("outputs", 10, "A vector of 10 outputs", "Length of the vector: {value}."),
            at_most(
                "parameters",
                19_999,
                "Fewer than 20,000 parameters",
                "There are {value} parameters in the layers that fit.",
            ),
            at_least("convolutions", 2, "At least two convolutions", "Convolutions: {value}."),
        ],
        [
            "A linear layer needs a vector. Which layer turns maps into a vector?",
            "Look at the bars: which layers have most of the parameters?",
            "Halving the channels of two consecutive layers leaves a quarter of the weights "
            "between them.",
        ],
        name="4/repair-and-shrink",
        title="Repair and shrink",
        minutes=5,
        answer="Add a Flatten before the first Linear. Then reduce the number of channels, for "
        "example to 16 in all three convolutions, so that the third one outputs 16 × 3 × 3 = 144 "
        "values. With 64 units in the first Linear, the network has 14,730 parameters.",
        solution={"layers": _network([16, 16, 16], [(144, 64), (64, 10)])},
    )


def five_thousand() -> Challenge:
    """Return the challenge to see far with 5,000 parameters (10 minutes)."""
    return Challenge(
        ModelBuilder(preset="gap"),
        "Build a network with 10 outputs and at most 5,000 parameters for images of 28×28 "
        "pixels. Each output of its last convolution, or of a max or average pooling layer after "
        "it, must have a receptive field of at least 24×24 pixels: nearly the whole image. Global "
        "average pooling does not count.",
        [
            equal_to("fits", True, "All layers fit", "At least one layer does not fit."),
            equal_to("outputs", 10, "A vector of 10 outputs", "Length of the vector: {value}."),
            at_most(
                "parameters", 5000, "At most 5,000 parameters", "There are {value} parameters."
            ),
            at_least(
                "field",
                24,
                "A receptive field of at least 24×24",
                "The receptive field is {value}×{value}.",
            ),
        ],
        [
            "Start with fewer channels: 8, 16, and 16 leave room for more layers.",
            "After two pooling layers, the jump is 4: neighboring cells of the map are four pixels "
            "apart in the image. A 3×3 kernel then adds 8 pixels to the receptive field.",
            "If a map becomes too small for another layer, add padding. Or dilate a kernel instead "
            "of adding a layer (see “All settings”).",
        ],
        name="4/five-thousand",
        title="Nearly the whole image for 5,000 parameters",
        minutes=10,
        answer="Use 8, 16, and 16 channels, and set the dilation of the third convolution to 2. "
        "After two convolutions and poolings, the receptive field is 10 pixels, with a jump of 4. "
        "The third convolution adds 2 · 2 · 4 = 16, for a total of 26. Neither the dilation nor "
        "the global average pooling adds weights, and with so few channels, the network has only "
        "3,738 parameters.",
        solution={"layers": _global([8, 16, 16])},
    )


def _network(channels, dense):
    one, two, three = ({"type": "Conv2d", "out_channels": count} for count in channels)
    relu, pool = {"type": "ReLU"}, {"type": "MaxPool2d"}
    linear = [
        {"type": "Linear", "in_features": inputs, "out_features": outputs}
        for inputs, outputs in dense
    ]
    body = [one, relu, pool, two, relu, pool, three, relu]
    return [*body, {"type": "Flatten"}, linear[0], relu, *linear[1:]]


def _global(channels):
    body = _network(channels, [(channels[-1], 10)])[:8]
    body[6] = {**body[6], "dilation": 2}
    head = {"type": "Linear", "in_features": channels[-1], "out_features": 10}
    return [*body, {"type": "AdaptiveAvgPool2d"}, {"type": "Flatten"}, head]

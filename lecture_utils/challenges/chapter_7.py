"""Challenges on architectures."""

from __future__ import annotations

from lecture_utils.architectures import published
from lecture_utils.widgets import AccuracyCost, Challenge, FactorizationLab, ModelBuilder
from lecture_utils.widgets.accuracy_cost.choose import chosen

from . import at_least, at_most, equal_to

__all__ = ["a_quarter", "cheapest", "seven_by_seven"]

_CHANNELS = 64


def cheapest() -> Challenge:
    """Return the challenge to find the cheapest network above 75% (2 minutes)."""
    rows = [row for row in chosen(published(), "best") if row.accuracy >= 0.75]
    best = min(rows, key=lambda row: row.macs)
    return Challenge(
        AccuracyCost(),
        "Select the network that needs the fewest MACs among all with a top-1 accuracy of at least "
        "75%. Use the best weights trained on ImageNet.",
        [
            at_least(
                "accuracy",
                75,
                "An accuracy of at least 75%",
                "Your network has {value}%.",
                digits=1,
            ),
            at_most(
                "mega_macs",
                best.macs / 1e6,
                "No other such network needs fewer MACs",
                "Your network needs {value} million MACs. Another one above 75% needs fewer.",
            ),
            equal_to(
                "weights",
                "best",
                "The best weights on ImageNet",
                "Choose the weights “best on ImageNet”.",
            ),
        ],
        [
            "The line is the Pareto front: it connects the networks that no other one beats in "
            "accuracy without costing more, or in cost without being less accurate.",
            "With the focus on the plot, Home selects the cheapest network, and Page Up moves "
            "along the front to more accurate ones. Stop at the first one that reaches 75%.",
        ],
        name="7/cheapest",
        title="The cheapest above 75%",
        minutes=2,
        answer=f"{best.title}, with {100 * best.accuracy:.1f}% and {best.macs / 1e6:.0f} million "
        f"MACs. ResNet50, where the demo starts, needs many times that number. Judged by "
        f"parameters, {min(rows, key=lambda row: row.parameters).title} wins instead: what is "
        "cheap depends on what you pay for.",
        solution={"selected": best.name},
    )


def a_quarter() -> Challenge:
    """Return the challenge to find how wide a bottleneck may be (3 minutes)."""
    lab = FactorizationLab(
        kind="bottleneck", kernel=3, inputs=256, outputs=256, middle=256, size=56, measure=False
    )
    return Challenge(
        lab,
        "A bottleneck (1×1, 3×3, 1×1) replaces a 3×3 convolution from 256 to 256 channels. It may "
        "have at most a quarter of the parameters. What is the largest number of channels that its "
        "middle layer can have?",
        [
            at_most(
                "percent",
                25,
                "At most 25% of the parameters",
                "The replacement has {value}% of the parameters.",
                digits=1,
            ),
            at_least(
                "middle",
                102,
                "A middle layer as wide as it can be",
                "The middle layer has {value} channels, and more are possible.",
            ),
            equal_to("kind", "bottleneck", "A bottleneck", "Choose the bottleneck."),
            *(
                equal_to(name, 256, f"256 channels {way}", f"Channels {way}: {{value}}.")
                for name, way in (("inputs", "in"), ("outputs", "out"))
            ),
            equal_to("kernel", 3, "A 3×3 kernel", "The kernel is {value}×{value}."),
        ],
        [
            "With m channels in the middle, the bottleneck has 256·m + 9·m² + 256·m weights. The "
            "3×3 convolution has 9 · 256².",
            "Try 100, then go up one by one.",
        ],
        name="7/a-quarter",
        title="A quarter of the cost",
        minutes=3,
        answer="102 channels. The positive solution of 9m² + 512m = 9 · 256² / 4 is m ≈ 102.7. "
        "ResNet50 takes 64, a quarter of the channels, for about an eighth of the cost.",
        solution={"middle": 102},
    )


def seven_by_seven() -> Challenge:
    """Return the challenge to replace a 7×7 convolution (10 minutes)."""
    builder = ModelBuilder(preset="gap", input_shape=(_CHANNELS, 28, 28))
    builder.layers = [_conv(_CHANNELS, 7)]
    narrow = 16
    layers = [_conv(narrow, 1), *[_conv(narrow, 3)] * 3, _conv(_CHANNELS, 1)]
    return Challenge(
        builder,
        "A 7×7 convolution on 64 channels has 200,768 parameters. Replace it with layers that "
        "have at most 10,000 parameters in total. The receptive field must still be at least 7×7, "
        "and the layers must still turn 64 maps of 28×28 into 64 maps of 28×28.",
        [
            equal_to("fits", True, "All layers fit", "At least one layer does not fit."),
            equal_to("channels", _CHANNELS, "64 maps", "Maps: {value}."),
            equal_to("rows", 28, "Maps of 28×28", "The maps have {value} rows."),
            at_least(
                "field",
                7,
                "A receptive field of at least 7×7",
                "The receptive field is {value}×{value}.",
            ),
            at_most(
                "parameters", 10_000, "At most 10,000 parameters", "There are {value} parameters."
            ),
            at_least("convolutions", 2, "Two or more convolutions", "Convolutions: {value}."),
        ],
        [
            "Three 3×3 convolutions have the receptive field of one 7×7 convolution. With 64 "
            "channels each, they have 110,784 parameters.",
            "Make them work on fewer channels, between two 1×1 convolutions.",
            "“All settings” shows the groups: with 64 groups, each channel is filtered on its "
            "own. What then mixes the channels?",
        ],
        name="7/seven-by-seven",
        title="Seven by seven, for a twentieth",
        minutes=10,
        answer="One approach is a bottleneck: 1×1 to 16 channels, three 3×3 convolutions with "
        "padding 1, and 1×1 back to 64, with 9,088 parameters. Another is a depthwise 7×7 "
        "convolution (64 groups, padding 3) and a 1×1 convolution, with 7,360. ResNet50 takes the "
        "first approach, with a single 3×3 convolution. Inception stops halfway: its 1×1 "
        "convolutions reduce the number of channels before the larger convolutions, but none of "
        "them increases it again. MobileNet and ConvNeXt take the second approach.",
        solution={"layers": layers},
    )


def _conv(channels, kernel):
    return {
        "type": "Conv2d",
        "out_channels": channels,
        "kernel_size": kernel,
        "padding": kernel // 2,
    }

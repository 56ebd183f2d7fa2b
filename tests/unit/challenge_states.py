"""Every challenge of the book, and random settings of its demo to judge."""

from importlib import import_module

import numpy as np

CHAPTERS = range(1, 10)


def _layers(rng):
    draw = rng.integers
    return [
        {
            "kind": str(rng.choice(["conv", "max"], p=[0.8, 0.2])),
            "kernel": int(draw(1, 6)),
            "stride": int(draw(1, 3)),
            "dilation": int(draw(1, 9)),
        }
        for _ in range(draw(1, 6))
    ]


#: How to draw settings, by the name of the function that makes the challenge.
DRAWS = {
    "same_size": lambda rng: {
        "kernel_name": str(rng.choice(["gaussian blur 5x5", "sharpen"])),
        "padding": int(rng.integers(0, 6)),
        "stride": int(rng.integers(1, 5)),
    },
    "wide_view": lambda rng: {
        "kernel": np.ones(rng.choice([1, 3, 9], size=2)),
        "padding": int(rng.integers(0, 6)),
        "dilation": int(rng.integers(1, 5)),
    },
    "find_the_kernel": lambda rng: {"kernel": rng.normal(size=(3, 3)).round(2)},
    "catch_the_stripes": lambda rng: {
        "frequency": float(rng.uniform(0.1, 0.2)),
        "theta": float(rng.uniform(0.5, 0.9)),
        "sigma": float(rng.uniform(2, 8)),
    },
    "one_half_only": lambda rng: {
        "theta": float(rng.uniform(0.3, 0.9)),
        "sigma": float(rng.uniform(2, 8)),
    },
    "no_filter_wasted": lambda rng: {
        "frequencies": int(rng.integers(1, 5)),
        "orientations": int(rng.integers(1, 7)),
        "sigma": float(rng.choice([1.5, 2.0, 4.0])),
    },
    "two_by_two": lambda rng: {
        "image": np.zeros([int(rng.integers(5, 8))] * 2),
        "kernel": np.ones(rng.integers(2, 4, size=2)),
        "padding": int(rng.integers(0, 3)),
        "stride": int(rng.integers(1, 5)),
    },
    "see_far": lambda rng: {"layers": _layers(rng)},
    "hundred_steps": lambda rng: {
        "centered": bool(rng.integers(2)),
        "momentum": float(rng.choice([0, 0.5, 0.9])),
        "learning_rate": float(rng.uniform(0.01, 2)),
        "batch": [16, 64, "all"][rng.integers(3)],
    },
    "six_or_nine": lambda rng: {
        "degrees": float(rng.integers(-90, 91)),
        "right": float(rng.integers(-6, 7)),
    },
    "repair_and_shrink": lambda rng: {"layers": _network(rng)},
    "five_thousand": lambda rng: {"layers": _network(rng)},
    "which_epoch": lambda rng: {"epoch": int(rng.integers(1, 13))},
    "lose_nothing": lambda rng: {
        "patience": int(rng.integers(1, 9)),
        "monitor": str(rng.choice(["val_loss", "val_accuracy"])),
    },
    "far_and_small": lambda rng: {"layers": _network(rng)},
    "keep_the_label": lambda rng: {
        "flip": round(float(rng.uniform()), 2),
        "degrees": float(rng.integers(0, 60)),
        "crop": (round(float(rng.uniform(0.1, 0.9)), 2), 1.0),
        "translate": round(float(rng.uniform(0, 0.3)), 2),
    },
    "slow_starter": lambda rng: {
        "budget": int(rng.choice([20, 60, 150])),
        "method": str(rng.choice(["augmentation", "weight-decay", "label-smoothing"])),
        "strengths": {"augmentation": str(rng.choice(["weak", "medium"]))},
    },
    "match_the_twelve": lambda rng: {
        "flip": round(float(rng.uniform()), 2),
        "brightness": round(float(rng.uniform()), 2),
        "noise": round(float(rng.uniform(0, 0.5)), 2),
    },
    "cheapest": lambda rng: {
        "selected": str(rng.choice(["resnet18", "vgg16", "mobilenet_v2", "vit_b_16"])),
        "weights": str(rng.choice(["first", "best", "all"])),
    },
    "a_quarter": lambda rng: {
        "kind": str(rng.choice(["asymmetric", "stacked", "bottleneck", "separable"])),
        "middle": int(rng.integers(1, 513)),
        "outputs": int(rng.integers(1, 513)),
    },
    "seven_by_seven": lambda rng: {"layers": _network(rng)},
    "the_other_half": lambda rng: {"class_index": int(rng.choice([281, 282, 285, 504, 967]))},
    "find_the_filter": lambda rng: {
        "layer": str(rng.choice(["stage5.2", "stage7.0"])),
    },
    "predict_the_response": lambda rng: {
        "scores": {
            name: [int(rng.integers(0, 8)), int(rng.integers(8, 12))]
            for name in ("synthesized", "examples")
        }
    },
    "a_third_learns": lambda rng: {
        "train_from": str(rng.choice(["stage3", "stage6", "top", "head"]))
    },
    "most_for_the_memory": lambda rng: {
        "model": "resnet18",
        "train_from": str(rng.choice(["layer1", "layer2", "layer3", "head"])),
    },
    "lost_in_the_crowd": lambda rng: {
        "stage": str(rng.choice(["random weights", "pretrained", "fine-tuned"])),
        "selected": int(rng.integers(0, 200)),
    },
}


def _network(rng):
    """Return layers of which some fit and some may not."""
    channels = [int(count) for count in rng.integers(1, 40, 3)]
    layers = []
    for count in channels[: rng.integers(1, 4)]:
        kernel = int(rng.integers(1, 8))
        padding = int(rng.integers(0, kernel // 2 + 1))
        conv = {"type": "Conv2d", "out_channels": count, "kernel_size": kernel, "padding": padding}
        layers += [{**conv, "dilation": int(rng.integers(1, 4))}, {"type": "ReLU"}]
        if rng.integers(2):
            layers.append({"type": str(rng.choice(["MaxPool2d", "AvgPool2d", "BatchNorm2d"]))})
    if rng.integers(2):
        layers += [{"type": "AdaptiveAvgPool2d"}, {"type": "Flatten"}]
    inputs = channels[len([x for x in layers if x["type"] == "Conv2d"]) - 1]
    wanted = [inputs, 100][rng.integers(2)]
    return [*layers, {"type": "Linear", "in_features": wanted, "out_features": 10}][
        : len(layers) + rng.integers(2)
    ]


def makers():
    """Return the functions that make the book's challenges, by ``chapter_1.same_size``."""
    found = {}
    for number in CHAPTERS:
        module = import_module(f"lecture_utils.challenges.chapter_{number}")
        found.update({f"chapter_{number}.{name}": getattr(module, name) for name in module.__all__})
    return found


def drawn(name, count=4, seed=0):
    """Return random settings for the challenge of that name."""
    rng = np.random.default_rng(seed)
    return [DRAWS[name.split(".")[1]](rng) for _ in range(count)]

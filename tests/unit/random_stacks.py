"""Random stacks of layers for the tests of ModelBuilder, and torch's word on them."""

import math

import torch
from torch import nn

from lecture_utils.widgets.model_builder.kinds import complete

MAPS = ("Conv2d", "MaxPool2d", "AvgPool2d", "BatchNorm2d", "ReLU", "Dropout", "AdaptiveAvgPool2d")
REFUSALS = (RuntimeError, ValueError, IndexError)


def random_layer(rng, kind, shape, sloppy):
    """Return a layer; a sloppy one may not fit an input of the shape."""
    layer = {"type": kind}
    if "Pool2d" in kind and kind != "AdaptiveAvgPool2d":
        kernel = int(rng.integers(1, 6))
        padding = int(rng.integers(0, 3 if sloppy else kernel // 2 + 1))
        layer |= {"kernel_size": kernel, "stride": int(rng.integers(1, 4)), "padding": padding}
        layer["ceil_mode"] = bool(rng.integers(2))
    elif kind == "Conv2d":
        channels = shape[0]
        groups = int(rng.integers(1, 4)) if sloppy else int(rng.choice([1, math.gcd(channels, 4)]))
        out = int(rng.integers(1, 9)) if sloppy else groups * int(rng.integers(1, 5))
        layer |= {"out_channels": out, "kernel_size": int(rng.integers(1, 6)), "groups": groups}
        layer |= {"stride": int(rng.integers(1, 4)), "padding": int(rng.integers(0, 4))}
        layer |= {"dilation": int(rng.integers(1, 4)), "bias": bool(rng.integers(2))}
    elif kind == "Linear":
        wrong = sloppy and rng.random() < 0.3
        layer |= {"in_features": shape[-1] + int(wrong), "out_features": int(rng.integers(1, 20))}
        layer["bias"] = bool(rng.integers(2))
    return complete(layer)


def as_module(layer, shape):
    """Make torch's layer for an input of the shape; torch may raise."""
    settings = {name: value for name, value in layer.items() if name != "type"}
    if layer["type"] == "Conv2d":
        settings["in_channels"] = shape[0]
    elif layer["type"] == "BatchNorm2d":
        settings["num_features"] = shape[0]
    elif layer["type"] == "AdaptiveAvgPool2d":
        settings["output_size"] = 1
    return getattr(nn, layer["type"])(**settings).eval()


def through(layer, shape):
    """Return torch's layer and the shape that comes out of it; torch may raise."""
    module = as_module(layer, shape)
    with torch.no_grad():
        output = module(torch.zeros(2, *shape))
    # Global pooling of vectors averages over the batch instead of complaining.
    if len(output) != 2:
        raise ValueError(f"{layer['type']} mixes images")
    return module, tuple(output.shape[1:])


def valid_stack(rng):
    """Return (layers, input shape, nn.Sequential) of a stack that torch runs."""
    first = shape = tuple(int(n) for n in (rng.integers(1, 5), *rng.integers(6, 40, 2)))
    layers, modules = [], []
    head = int(rng.integers(0, 4))
    kinds = [str(kind) for kind in rng.choice(MAPS[:-1], rng.integers(1, 8))]
    kinds += [["AdaptiveAvgPool2d"], [], [], []][head]
    kinds += ["Flatten", "Linear", "ReLU", "Linear"] if head < 3 else []
    for kind in kinds:
        for _ in range(50):
            layer = random_layer(rng, kind, shape, sloppy=False)
            try:
                module, output = through(layer, shape)
            except REFUSALS:
                continue
            break
        else:
            continue
        layers.append(layer)
        modules.append(module)
        shape = output
    return layers, first, nn.Sequential(*modules)


def sloppy_stack(rng):
    """Return (layers, input shape, place of the first that torch refuses or None)."""
    first = shape = tuple(int(n) for n in (rng.integers(1, 5), *rng.integers(3, 20, 2)))
    layers, refused = [], None
    for _ in range(rng.integers(2, 9)):
        kind = str(rng.choice([*MAPS, "Conv2d", "MaxPool2d", "Flatten", "Linear"]))
        layer = random_layer(rng, kind, shape, sloppy=True)
        layers.append(layer)
        if refused is None:
            try:
                shape = through(layer, shape)[1]
            except REFUSALS:
                refused = len(layers) - 1
    return layers, first, refused

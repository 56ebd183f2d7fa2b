"""Stacks and input shapes to start from."""

from .kinds import complete

SHAPES = [
    {"name": "MNIST", "shape": [1, 28, 28]},
    {"name": "CIFAR", "shape": [3, 32, 32]},
    {"name": "Photo", "shape": [3, 150, 150]},
    {"name": "ImageNet", "shape": [3, 224, 224]},
]

_RELU, _POOL, _FLATTEN = {"type": "ReLU"}, {"type": "MaxPool2d"}, {"type": "Flatten"}
_GLOBAL = {"type": "AdaptiveAvgPool2d"}


def _conv(out_channels, kernel_size=3, **rest):
    return {"type": "Conv2d", "out_channels": out_channels, "kernel_size": kernel_size, **rest}


def _linear(in_features, out_features):
    return {"type": "Linear", "in_features": in_features, "out_features": out_features}


def _block(channels):
    """Two padded convolutions and a pooling, as in VGG."""
    one = [_conv(channels, padding=1), _RELU]
    return [*one, *one, _POOL]


_BASE = [_conv(32), _RELU, _POOL, _conv(64), _RELU, _POOL, _conv(64), _RELU]

_STACKS = {
    "flatten": (
        "Flatten + dense",
        [1, 28, 28],
        [*_BASE, _FLATTEN, _linear(576, 64), _RELU, _linear(64, 10)],
    ),
    "gap": ("Global average pooling", [1, 28, 28], [*_BASE, _GLOBAL, _FLATTEN, _linear(64, 10)]),
    "dense": ("Dense only", [1, 28, 28], [_FLATTEN, _linear(784, 512), _RELU, _linear(512, 10)]),
    "vgg": (
        "VGG-like",
        [3, 32, 32],
        [
            *_block(32),
            *_block(64),
            *_block(128),
            _FLATTEN,
            _linear(2048, 256),
            _RELU,
            {"type": "Dropout"},
            _linear(256, 10),
        ],
    ),
    "all-convolutional": (
        "All-convolutional",
        [3, 32, 32],
        [
            *[_conv(96, padding=1), _RELU, _conv(96, stride=2, padding=1), _RELU],
            *[_conv(192, padding=1), _RELU, _conv(192, stride=2, padding=1), _RELU],
            *[_conv(192, 1), _RELU, _conv(10, 1), _GLOBAL, _FLATTEN],
        ],
    ),
}

#: Name: {"title", "shape", "layers"}.
PRESETS = {
    name: {"title": title, "shape": shape, "layers": [complete(layer) for layer in layers]}
    for name, (title, shape, layers) in _STACKS.items()
}

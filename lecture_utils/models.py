"""The networks of the chapter on a first CNN, and one that makes the most of 100,000 parameters.

They take gray pictures of 28x28 pixels with values from 0 (black) to 1 (white), as a tensor of shape
(N, 1, 28, 28), and return one logit per class, shape (N, 10). `NETWORKS` and `build` also know those of
`photo_networks` and `deep_networks`.
"""

from functools import partial

from torch import nn

from lecture_utils.deep_networks import deep_cnn
from lecture_utils.geometry import count_parameters
from lecture_utils.photo_networks import cats_cnn, strong_photo_cnn

__all__ = [
    "NETWORKS",
    "build",
    "convolutional_base",
    "count_parameters",
    "dense_network",
    "flatten_cnn",
    "gap_cnn",
    "strong_cnn",
]


def convolutional_base():
    """Build the part that both small CNNs share: three convolutions, two poolings, no padding.

    Returns
    -------
    nn.Sequential
        From (N, 1, 28, 28) to (N, 64, 3, 3), 55,744 parameters.

    Examples
    --------
    >>> count_parameters(convolutional_base())
    55744
    """
    return nn.Sequential(
        nn.Conv2d(1, 32, kernel_size=3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, kernel_size=3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 64, kernel_size=3),
        nn.ReLU(),
    )


def flatten_cnn(num_classes=10):
    """Build the base with two dense layers on all 64 x 3 x 3 of its activations.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    nn.Sequential
        From (N, 1, 28, 28) to (N, num_classes); 93,322 parameters for ten classes.

    Raises
    ------
    ValueError
        If there is no class.

    Examples
    --------
    >>> count_parameters(flatten_cnn())
    93322
    """
    _check_classes(num_classes)
    return nn.Sequential(
        *convolutional_base(),
        nn.Flatten(),
        nn.Linear(64 * 3 * 3, 64),
        nn.ReLU(),
        nn.Linear(64, num_classes),
    )


def gap_cnn(num_classes=10):
    """Build the base with global average pooling and one dense layer.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    nn.Sequential
        From (N, 1, 28, 28) to (N, num_classes); 56,394 parameters for ten classes.

    Raises
    ------
    ValueError
        If there is no class.

    References
    ----------
    Lin, Chen and Yan, "Network in network", arXiv:1312.4400.

    Examples
    --------
    >>> count_parameters(gap_cnn())
    56394
    """
    _check_classes(num_classes)
    return nn.Sequential(
        *convolutional_base(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, num_classes),
    )


def dense_network(num_classes=10):
    """Build the baseline without a convolution: one hidden layer of 512 units.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    nn.Sequential
        From (N, 1, 28, 28) to (N, num_classes); 407,050 parameters for ten classes.

    Raises
    ------
    ValueError
        If there is no class.

    Examples
    --------
    >>> count_parameters(dense_network())
    407050
    """
    _check_classes(num_classes)
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, 512),
        nn.ReLU(),
        nn.Linear(512, num_classes),
    )


def strong_cnn(num_classes=10):
    """Build a CNN with batch normalization and strides that stays below 100,000 parameters.

    Most of its multiplications happen at 13x13 pixels or fewer, which makes it cheaper to train than
    pooling late would be. The last activations are flattened: where a stroke is tells a 6 from a 9.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    nn.Sequential
        From (N, 1, 28, 28) to (N, num_classes); 85,818 parameters for ten classes.

    Raises
    ------
    ValueError
        If there is no class.

    Examples
    --------
    >>> count_parameters(strong_cnn()) < 100_000
    True
    """
    _check_classes(num_classes)
    return nn.Sequential(
        *_normalized_convolution(1, 16, kernel_size=3),
        *_normalized_convolution(16, 32, kernel_size=5, stride=2, padding=2),
        *_normalized_convolution(32, 48, kernel_size=3),
        *_normalized_convolution(48, 48, kernel_size=3),
        *_normalized_convolution(48, 64, kernel_size=3, stride=2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(64 * 4 * 4, num_classes),
    )


NETWORKS = {
    "dense": dense_network,
    "flatten": flatten_cnn,
    "gap": gap_cnn,
    "strong": strong_cnn,
    "cats": cats_cnn,
    "cats-dropout": partial(cats_cnn, dropout=0.5),
    "cats-strong": strong_photo_cnn,
    "cats-strides": partial(strong_photo_cnn, pooling=False),
    **{
        f"{kind}-{depth}": partial(deep_cnn, depth=depth, shortcuts=kind == "residual")
        for kind in ("plain", "residual")
        for depth in (8, 20, 56)
    },
}


def build(name, num_classes=None):
    """Build a network by its name, with new random weights.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    num_classes : int, optional
        At least 1. By default what the network was made for: ten, or for photos one logit for two classes.

    Returns
    -------
    nn.Sequential
        From pictures to logits.

    Raises
    ------
    ValueError
        If the name is unknown or there is no class.

    Examples
    --------
    >>> build("gap")[-1]
    Linear(in_features=64, out_features=10, bias=True)
    """
    if name not in NETWORKS:
        raise ValueError(f"there is no network {name!r}; use one of {', '.join(NETWORKS)}")
    return NETWORKS[name]() if num_classes is None else NETWORKS[name](num_classes)


def _normalized_convolution(in_channels, out_channels, **options):
    # Batch normalization subtracts the mean, so a bias before it would do nothing.
    return (
        nn.Conv2d(in_channels, out_channels, bias=False, **options),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def _check_classes(num_classes):
    if num_classes < 1:
        raise ValueError(f"num_classes is {num_classes}; a classifier needs at least 1")

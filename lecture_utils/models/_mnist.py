"""The models of the chapter on a first CNN, and the best one with up to 100,000 parameters.

They take gray images of 28x28 pixels with values from 0 (black) to 1 (white), as a tensor of shape
(N, 1, 28, 28), and return one logit per class, shape (N, 10).
"""

from __future__ import annotations

from torch import nn

from lecture_utils.models._blocks import check_classes, normalized_convolution


def convolutional_base() -> nn.Sequential:
    """Build the part that both small CNNs share: three convolutions, two poolings, no padding.

    Returns
    -------
    nn.Sequential
        Maps (N, 1, 28, 28) to (N, 64, 3, 3); 55,744 parameters.

    Examples
    --------
    >>> from lecture_utils.geometry import count_parameters
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


def flatten_cnn(num_classes: int = 10) -> nn.Sequential:
    """Build the base with two dense layers on all its 64 x 3 x 3 activations.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    nn.Sequential
        Maps (N, 1, 28, 28) to (N, num_classes); 93,322 parameters for ten classes.

    Raises
    ------
    ValueError
        If `num_classes` is below 1.

    Examples
    --------
    >>> from lecture_utils.geometry import count_parameters
    >>> count_parameters(flatten_cnn())
    93322
    """
    num_classes = check_classes(num_classes)
    return nn.Sequential(
        *convolutional_base(),
        nn.Flatten(),
        nn.Linear(64 * 3 * 3, 64),
        nn.ReLU(),
        nn.Linear(64, num_classes),
    )


def gap_cnn(num_classes: int = 10) -> nn.Sequential:
    """Build the base with global average pooling and one dense layer.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    nn.Sequential
        Maps (N, 1, 28, 28) to (N, num_classes); 56,394 parameters for ten classes.

    Raises
    ------
    ValueError
        If `num_classes` is below 1.

    References
    ----------
    Lin, Chen, and Yan, "Network in network", arXiv:1312.4400.

    Examples
    --------
    >>> from lecture_utils.geometry import count_parameters
    >>> count_parameters(gap_cnn())
    56394
    """
    num_classes = check_classes(num_classes)
    return nn.Sequential(
        *convolutional_base(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, num_classes),
    )


def dense_network(num_classes: int = 10) -> nn.Sequential:
    """Build the baseline without convolutions: one hidden layer of 512 units.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    nn.Sequential
        Maps (N, 1, 28, 28) to (N, num_classes); 407,050 parameters for ten classes.

    Raises
    ------
    ValueError
        If `num_classes` is below 1.

    Examples
    --------
    >>> from lecture_utils.geometry import count_parameters
    >>> count_parameters(dense_network())
    407050
    """
    num_classes = check_classes(num_classes)
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, 512),
        nn.ReLU(),
        nn.Linear(512, num_classes),
    )


def strong_cnn(num_classes: int = 10) -> nn.Sequential:
    """Build a CNN with batch normalization and strides that stays below 100,000 parameters.

    Most of its multiplications happen at 13x13 pixels or fewer, so it is cheaper to train than a
    network that pools late. The last activations are flattened, because the position of a stroke
    distinguishes a 6 from a 9.

    Parameters
    ----------
    num_classes : int
        At least 1.

    Returns
    -------
    nn.Sequential
        Maps (N, 1, 28, 28) to (N, num_classes); 85,818 parameters for ten classes.

    Raises
    ------
    ValueError
        If `num_classes` is below 1.

    Examples
    --------
    >>> from lecture_utils.geometry import count_parameters
    >>> count_parameters(strong_cnn()) < 100_000
    True
    """
    num_classes = check_classes(num_classes)
    return nn.Sequential(
        *normalized_convolution(1, 16, kernel_size=3),
        *normalized_convolution(16, 32, kernel_size=5, stride=2, padding=2),
        *normalized_convolution(32, 48, kernel_size=3),
        *normalized_convolution(48, 48, kernel_size=3),
        *normalized_convolution(48, 64, kernel_size=3, stride=2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(64 * 4 * 4, num_classes),
    )

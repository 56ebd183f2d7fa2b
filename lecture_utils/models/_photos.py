"""The models of the chapters on cats and dogs: from color photos of any size to one logit.

They take tensors of shape (N, 3, H, W) with values from 0 (black) to 1 (white). With one logit,
shape (N, 1), a value above 0 means the second of two classes; with more, there is one per class.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lecture_utils._validation import check_bound, whole
from lecture_utils.models._blocks import check_classes, normalized_convolution


def cats_cnn(
    num_classes: int = 1, *, dropout: float = 0.0, width: int = 32, batch_norm: bool = False
) -> nn.Sequential:
    """Build four convolutions with global average pooling and two dense layers.

    Parameters
    ----------
    num_classes : int
        Number of logits, at least 1.
    dropout : float
        Probability of dropping a hidden unit of the dense layers, 0 to less than 1.
    width : int
        Channels of the first convolution, at least 1; all other layers scale with it. 32 gives the
        lecture's network; 16 costs about a third.
    batch_norm : bool
        Whether every convolution is followed by batch normalization.

    Returns
    -------
    nn.Sequential
        Maps (N, 3, H, W), H and W at least 38, to (N, num_classes); 307,393 parameters for one
        logit.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Without batch normalization, this many layers need initial weights of the right size, or the
    signal fades from layer to layer and the network learns nothing for many epochs: see He et al.,
    "Delving deep into rectifiers", arXiv:1502.01852. With it they start from the same weights, for
    comparison.

    Examples
    --------
    >>> import torch
    >>> cats_cnn()(torch.zeros(2, 3, 150, 150)).shape
    torch.Size([2, 1])
    """
    num_classes = check_classes(num_classes)
    dropout = check_bound("dropout", dropout, 1, included=False)
    width = whole("width", width, 1, "a layer needs at least 1 channel")
    model = nn.Sequential(
        *_convolution(3, width, batch_norm),
        nn.MaxPool2d(2),
        *_convolution(width, 2 * width, batch_norm),
        nn.MaxPool2d(2),
        *_convolution(2 * width, 4 * width, batch_norm),
        nn.MaxPool2d(2),
        *_convolution(4 * width, 4 * width, batch_norm),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, 16 * width),
        nn.ReLU(),
        *([nn.Dropout(dropout)] if dropout else []),
        nn.Linear(16 * width, num_classes),
    )
    _initialize(model)
    return model


def _convolution(in_channels, out_channels, batch_norm):
    norm = [nn.BatchNorm2d(out_channels)] if batch_norm else []
    return nn.Conv2d(in_channels, out_channels, kernel_size=3), *norm, nn.ReLU()


class ResidualBlock(nn.Module):
    """Two convolutions whose output is added to their input.

    Parameters
    ----------
    channels : int
        Channels of input and output, at least 1.

    References
    ----------
    He, Zhang, Ren and Sun, "Deep residual learning for image recognition", arXiv:1512.03385.

    Examples
    --------
    >>> import torch
    >>> ResidualBlock(8)(torch.zeros(1, 8, 5, 5)).shape
    torch.Size([1, 8, 5, 5])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            *normalized_convolution(channels, channels, kernel_size=3, padding=1),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Compute relu(images + change)."""
        return nn.functional.relu(images + self.change(images))


def small_resnet(num_classes: int = 1, *, pooling: bool = True) -> nn.Sequential:
    """Build a small residual network with batch normalization throughout.

    Parameters
    ----------
    num_classes : int
        Number of logits, at least 1.
    pooling : bool
        Whether max pooling halves height and width, three times. Otherwise the convolution before
        it does so, with a stride of 2. Both have the same weights; with strides, these three
        convolutions cost a quarter.

    Returns
    -------
    nn.Sequential
        Maps (N, 3, H, W), H and W at least 1, to (N, num_classes); 1,939,233 parameters for one
        logit.

    Raises
    ------
    ValueError
        If `num_classes` is below 1.

    Examples
    --------
    >>> import torch
    >>> small_resnet().eval()(torch.zeros(2, 3, 96, 96)).shape
    torch.Size([2, 1])
    """
    num_classes = check_classes(num_classes)
    halving = _pooled_convolution if pooling else _strided_convolution
    return nn.Sequential(
        *_strided_convolution(3, 32),
        *halving(32, 64),
        ResidualBlock(64),
        *halving(64, 128),
        ResidualBlock(128),
        *halving(128, 256),
        ResidualBlock(256),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(256, num_classes),
    )


def _strided_convolution(in_channels, out_channels):
    return normalized_convolution(in_channels, out_channels, kernel_size=3, stride=2, padding=1)


def _pooled_convolution(in_channels, out_channels):
    # Pooling comes first, so that normalization and ReLU process only a quarter of the values.
    convolution, *rest = normalized_convolution(in_channels, out_channels, kernel_size=3, padding=1)
    return convolution, nn.MaxPool2d(kernel_size=3, stride=2, padding=1), *rest


def _initialize(model):
    """Draw the weights as He et al. do, and let the first layer center the images."""
    for layer in model:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    first = model[0]
    with torch.no_grad():
        # As if it were applied to (x - 0.5) / 0.25, which has a mean of about 0 and a standard
        # deviation of about 1.
        first.weight.div_(0.25)
        first.bias.sub_(0.5 * first.weight.sum(dim=(1, 2, 3)))

"""Networks of any depth, with and without shortcuts, to show the use of residual connections.

The architecture is that of He, Zhang, Ren and Sun for small images ("Deep residual learning for
image recognition", arXiv:1512.03385, section 4.2), with fewer channels: a convolution, three stages
of blocks with two convolutions each, global average pooling and a dense layer. A plain and a
residual network of the same depth have the same weights, because a shortcut has none.
"""

from __future__ import annotations

from torch import Tensor, nn

from lecture_utils._validation import whole


class DeepBlock(nn.Module):
    """Two convolutions with batch normalization; with a shortcut, the input is added.

    By default, a ReLU follows the sum. With `pre_activation`, normalization and ReLU come before
    each convolution, and nothing follows the sum.

    Where the block halves height and width, the shortcut takes every second pixel; where it has
    more output channels, the additional channels of the shortcut are 0.

    Parameters
    ----------
    in_channels, out_channels : int
        `out_channels` is at least `in_channels`.
    stride : int
        Stride of the first convolution.
    shortcut : bool
        Whether the input is added.
    normalize : bool
        Whether each convolution has batch normalization.
    pre_activation : bool
        Whether normalization and ReLU come before each convolution (He et al., "Identity mappings
        in deep residual networks", arXiv:1603.05027).

    Examples
    --------
    >>> import torch
    >>> DeepBlock(8, 16, stride=2)(torch.zeros(1, 8, 28, 28)).shape
    torch.Size([1, 16, 14, 14])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        shortcut: bool = True,
        normalize: bool = True,
        pre_activation: bool = False,
    ) -> None:
        super().__init__()
        self.new_channels = out_channels - in_channels
        self.stride = stride
        self.shortcut = shortcut
        self.pre_activation = pre_activation
        first = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        second = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        between = _normalization(out_channels, normalize)
        if pre_activation:
            before = _normalization(in_channels, normalize)
            layers = [before, nn.ReLU(), first, between, nn.ReLU(), second]
        else:
            after = _normalization(out_channels, normalize)
            layers = [first, between, nn.ReLU(), second, after]
        self.change = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the change, plus the images if there is a shortcut; by default, apply a ReLU."""
        changed = self.change(images)
        if self.shortcut:
            same = images[:, :, :: self.stride, :: self.stride]
            changed = changed + nn.functional.pad(same, (0, 0, 0, 0, 0, self.new_channels))
        return changed if self.pre_activation else nn.functional.relu(changed)


def deep_cnn(
    num_classes: int = 10,
    *,
    depth: int,
    shortcuts: bool = True,
    width: int = 8,
    normalize: bool = True,
    initialization: str = "he",
    pre_activation: bool = False,
) -> nn.Sequential:
    """Build a network with `depth` layers that have weights.

    Parameters
    ----------
    num_classes : int
        Number of logits, at least 1.
    depth : int
        Number of convolutions and dense layers: 8, 14, 20, ..., six more for each block added to
        every stage.
    shortcuts : bool
        Whether every block adds its input.
    width : int
        Channels of the first stage, at least 1; the second has twice, the third four times as many.
    normalize : bool
        Whether each convolution has batch normalization.
    initialization : {"he", "torch"}
        The initial weights of the convolutions: those of He et al. ("Delving deep into rectifiers",
        arXiv:1502.01852), or PyTorch's own, which are smaller.
    pre_activation : bool
        Whether all blocks have normalization and ReLU before their convolutions; another pair of
        them then follows the last block.

    Returns
    -------
    nn.Sequential
        Maps (N, 1, 28, 28) to (N, num_classes).

    Raises
    ------
    ValueError
        If an argument is not one of these values.

    Examples
    --------
    >>> import torch
    >>> deep_cnn(depth=20)(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    depth = whole("depth", depth)
    if depth < 8 or depth % 6 != 2:
        raise ValueError(f"depth is {depth}; it must be 8, 14, 20 or another six more")
    width, num_classes = whole("width", width, 1), whole("num_classes", num_classes, 1)
    if initialization not in ("he", "torch"):
        raise ValueError(f"initialization is {initialization!r}; use 'he' or 'torch'")
    layers: list[nn.Module] = [nn.Conv2d(1, width, kernel_size=3, padding=1, bias=False)]
    if not pre_activation:
        layers += [_normalization(width, normalize), nn.ReLU()]
    channels = width
    for stage in range(3):
        for block in range((depth - 2) // 6):
            out_channels = width * 2**stage
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(
                DeepBlock(
                    channels,
                    out_channels,
                    stride=stride,
                    shortcut=shortcuts,
                    normalize=normalize,
                    pre_activation=pre_activation,
                )
            )
            channels = out_channels
    if pre_activation:
        layers += [_normalization(channels, normalize), nn.ReLU()]
    model = nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes)
    )
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and initialization == "he":
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return model


def _normalization(channels, normalize):
    return nn.BatchNorm2d(channels) if normalize else nn.Identity()

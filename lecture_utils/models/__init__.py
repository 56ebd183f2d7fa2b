"""The models that the chapters train, from small CNNs for digits to EfficientNet-Lite for photos.

They take images of shape (N, C, H, W) with values from 0 (black) to 1 (white), except
`efficientnet_lite0`, which takes normalized images. They return one logit per class; by
default, the models for cats and dogs return a single logit for the two. `build` creates a model
by its name in `NETWORKS`.
"""

from lecture_utils.models._build import NETWORKS, build
from lecture_utils.models._deep import DeepBlock, deep_cnn
from lecture_utils.models._efficientnet_lite import (
    InvertedBottleneck,
    efficientnet_lite0,
    from_original_names,
)
from lecture_utils.models._filters import filter_network, gabor_filters, smooth_filters
from lecture_utils.models._mnist import (
    convolutional_base,
    dense_network,
    flatten_cnn,
    gap_cnn,
    strong_cnn,
)
from lecture_utils.models._photos import ResidualBlock, cats_cnn, small_resnet
from lecture_utils.models._vgg import small_vgg

__all__ = [
    "NETWORKS",
    "DeepBlock",
    "InvertedBottleneck",
    "ResidualBlock",
    "build",
    "cats_cnn",
    "convolutional_base",
    "deep_cnn",
    "dense_network",
    "efficientnet_lite0",
    "filter_network",
    "flatten_cnn",
    "from_original_names",
    "gabor_filters",
    "gap_cnn",
    "small_resnet",
    "small_vgg",
    "smooth_filters",
    "strong_cnn",
]

"""Look into a trained network: what its filters answer to, what they wish to see, and what decided.

A layer is named by its module path, such as ``"features.stage3"`` (`model.named_modules` lists them), or is the module
itself. Images are what the model takes, already normalized, as a tensor (N, C, H, W) on the model's device. No function
changes the model: evaluation mode is on only while it runs, gradients of the weights stay as they were, hooks are removed.
"""

from lecture_utils.interpretation.ascent import MaximizedActivation, maximize_activation
from lecture_utils.interpretation.class_maps import ChannelWeights, cam, grad_cam, grad_cam_channels
from lecture_utils.interpretation.layers import (
    dead_filters,
    feature_maps,
    find_layer,
    record_activations,
)
from lecture_utils.interpretation.occluding import occlusion
from lecture_utils.interpretation.overlays import overlay

__all__ = [
    "ChannelWeights",
    "MaximizedActivation",
    "cam",
    "dead_filters",
    "feature_maps",
    "find_layer",
    "grad_cam",
    "grad_cam_channels",
    "maximize_activation",
    "occlusion",
    "overlay",
    "record_activations",
]

__all__ = [
    "ChannelWeights",
    "MaximizedActivation",
    "Priors",
    "cam",
    "dead_filters",
    "deletion_curve",
    "feature_maps",
    "find_layer",
    "grad_cam",
    "grad_cam_channels",
    "guided_gradient",
    "input_gradient",
    "integrated_gradients",
    "maximize_activation",
    "occlusion",
    "overlay",
    "record_activations",
    "smooth_grad",
    "with_random_weights",
]

from ._activation_maximization import (
    MaximizedActivation as MaximizedActivation,
)
from ._activation_maximization import (
    maximize_activation as maximize_activation,
)
from ._activations import (
    dead_filters as dead_filters,
)
from ._activations import (
    feature_maps as feature_maps,
)
from ._activations import (
    find_layer as find_layer,
)
from ._activations import (
    record_activations as record_activations,
)
from ._deletion import deletion_curve as deletion_curve
from ._grad_cam import (
    ChannelWeights as ChannelWeights,
)
from ._grad_cam import (
    cam as cam,
)
from ._grad_cam import (
    grad_cam as grad_cam,
)
from ._grad_cam import (
    grad_cam_channels as grad_cam_channels,
)
from ._occlusion import occlusion as occlusion
from ._overlay import overlay as overlay
from ._pixel_gradients import (
    guided_gradient as guided_gradient,
)
from ._pixel_gradients import (
    input_gradient as input_gradient,
)
from ._pixel_gradients import (
    integrated_gradients as integrated_gradients,
)
from ._pixel_gradients import (
    smooth_grad as smooth_grad,
)
from ._priors import Priors as Priors
from ._random_weights import with_random_weights as with_random_weights

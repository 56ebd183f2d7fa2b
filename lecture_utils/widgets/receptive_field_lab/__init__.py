"""ReceptiveFieldLab: build a stack of layers, and see the receptive field of one output."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from lecture_utils._validation import is_whole, whole
from lecture_utils.geometry import LayerSpec, ReceptiveField, receptive_field

from .. import _figure
from .._demo import Demo

KINDS = ("conv", "max", "average")
#: Smallest and largest value of each number of a layer.
LIMITS = {"kernel": (1, 11), "stride": (1, 4), "dilation": (1, 16)}
MOST_LAYERS = 24
LARGEST_FIELD = 1000


def _conv(kernel=3, stride=1, dilation=1):
    return {"kind": "conv", "kernel": kernel, "stride": stride, "dilation": dilation}


def _pool(kernel=2, stride=2, kind="max"):
    return {"kind": kind, "kernel": kernel, "stride": stride, "dilation": 1}


def _vgg16():
    blocks = ([_conv()] * count + [_pool()] for count in (2, 2, 3, 3, 3))
    return [layer for block in blocks for layer in block]


PRESETS = {
    "plain 3×3": [_conv()] * 5,
    "with pooling": [_conv(), _pool()] * 3,
    "dilated 1-2-4-8": [_conv(dilation=d) for d in (1, 2, 4, 8)],
    "dilated 2-2-2": [_conv(dilation=2)] * 3,
    "VGG16": _vgg16(),
    "ResNet's stem": [_conv(7, stride=2), _pool(3)] + [_conv()] * 4,
}


class ReceptiveFieldLab(Demo):
    """A stack of convolution and pooling layers, and the cone from one output down to the input.

    In a live notebook, all traits are in sync both ways.

    Parameters
    ----------
    layers : str or list of (LayerSpec or dict), optional
        The name of one of `PRESETS`; or the layers, first layer first: a `LayerSpec` (a
        convolution), or a dict with ``kind`` ("conv", "max" or "average"), ``kernel``, ``stride``
        and ``dilation``. Windows are square. Padding is left out, because it moves fields but does
        not change their size.
    weights : {"uniform", "random"}
        How the effective field is measured: with kernels that average, or as the mean over several
        draws of random kernels. Pooling counts as an average in both.

    Attributes
    ----------
    layers : list of dict
        As above, complete.
    receptive_fields : list of ReceptiveField
        After each layer, from `lecture_utils.geometry`.

    Raises
    ------
    ValueError, traitlets.TraitError
        If there is no such preset, or a layer cannot be shown; the message names the value.

    Examples
    --------
    >>> [f.size[0] for f in ReceptiveFieldLab("dilated 1-2-4-8").receptive_fields]
    [3, 7, 15, 31]
    """

    layers = traitlets.List(traitlets.Dict()).tag(sync=True)
    weights = traitlets.Enum(("uniform", "random"), "uniform").tag(sync=True)
    presets = traitlets.List().tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        layers: str | Iterable[LayerSpec | Mapping[str, Any]] = "with pooling",
        weights: str = "uniform",
    ):
        if isinstance(layers, str):
            if layers not in PRESETS:
                raise ValueError(f"there is no preset {layers!r}; use one of {', '.join(PRESETS)}")
            layers = PRESETS[layers]
        super().__init__(
            layers=[_as_dict(layer) for layer in layers],
            weights=weights,
            presets=[{"name": name, "layers": stack} for name, stack in PRESETS.items()],
            limits={**LIMITS, "layers": MOST_LAYERS, "field": LARGEST_FIELD},
        )

    @traitlets.validate("layers")
    def _check(self, proposal):
        layers = proposal["value"]
        if not 1 <= len(layers) <= MOST_LAYERS:
            raise traitlets.TraitError(
                f"there are {len(layers)} layers; the lab shows 1 to {MOST_LAYERS}"
            )
        for number, layer in enumerate(layers, 1):
            if layer.keys() != {"kind", *LIMITS}:
                raise traitlets.TraitError(
                    f"layer {number} has {sorted(layer)}; give kind, kernel, stride and dilation"
                )
            if layer["kind"] not in KINDS:
                raise traitlets.TraitError(
                    f"layer {number} is a {layer['kind']!r}; use one of {', '.join(KINDS)}"
                )
            for name, (low, high) in LIMITS.items():
                if not is_whole(layer[name]) or not low <= layer[name] <= high:
                    raise traitlets.TraitError(
                        f"layer {number} has {name} {layer[name]!r}; use a whole number from {low} "
                        f"to {high}"
                    )
        return layers

    @property
    def receptive_fields(self) -> list[ReceptiveField]:
        """Return the theoretical field after each layer."""
        return receptive_field(
            [
                LayerSpec(x["kernel"], stride=x["stride"], dilation=x["dilation"])
                for x in self.layers
            ]
        )

    @property
    def profile(self) -> NDArray[np.float64]:
        """Return the weight of each input pixel along one axis if all kernels average.

        It has shape (size,) and sums to 1. The map over both axes is the outer product of the
        profile with itself.
        """
        profile = np.ones(1)
        for layer in reversed(self.layers):
            spread = np.zeros((len(profile) - 1) * layer["stride"] + 1)
            spread[:: layer["stride"]] = profile
            window = np.zeros(layer["dilation"] * (layer["kernel"] - 1) + 1)
            window[:: layer["dilation"]] = 1 / layer["kernel"]
            profile = np.convolve(spread, window)
        return profile

    def readings(self) -> dict[str, Any]:
        """Return what one output sees along an axis, and what it costs.

        ``jump`` is the distance between the fields of neighboring outputs. ``read`` counts the
        pixels along the axis that some weight reaches, and ``kernel_weights`` the weights of all
        convolutions, for one channel.
        """
        field = self.receptive_fields[-1]
        convolutions = [layer for layer in self.layers if layer["kind"] == "conv"]
        return {
            "size": field.size[0],
            "jump": field.jump[0],
            "read": int(np.count_nonzero(self.profile)),
            "kernel_weights": sum(layer["kernel"] ** 2 for layer in convolutions),
            "pooling": len(self.layers) - len(convolutions),
        }

    def figure_html(self) -> str:
        """Return the effective field as an image, and the fields as a table."""
        fields = self.receptive_fields
        size = fields[-1].size[0]
        if size > LARGEST_FIELD:
            return f"<p>One output sees {size}×{size} pixels, too many to draw.</p>"
        rows = "".join(
            f"<tr><td>{number}</td><td>{html.escape(_title(layer))}</td>"
            f"<td>{field.size[0]}×{field.size[1]}</td><td>{field.jump[0]}</td></tr>"
            for number, (layer, field) in enumerate(zip(self.layers, fields, strict=True), 1)
        )
        tile = _figure.sequential_tile(np.outer(self.profile, self.profile))
        side = side_holding(0.95, np.outer(self.profile, self.profile))
        text = (
            f"After {len(fields)} layer{'s' * (len(fields) > 1)}, one output sees {size}×{size} "
            "pixels; with averaging kernels, at least 95% of the total weight lies in the middle "
            f"{side}×{side}."
        )
        alt = f"A square of {size}×{size} pixels: the darker a pixel, the more it counts."
        return (
            f"<figure>{_figure.image_html([tile], alt)}"
            f"<figcaption>{text}</figcaption></figure>"
            '<div class="demo-numbers"><table><caption>Receptive field after each layer</caption>'
            "<thead><tr><th>no.</th><th>layer</th><th>sees</th><th>jump</th></tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )


def side_holding(share: float, weights: NDArray) -> int:
    """Return the side of the smallest centered square that holds a share of a map's weight.

    Parameters
    ----------
    share : float
        From 0 to 1.
    weights : array (N, N)

    Returns
    -------
    int
        Between 1 and N, even or odd as N is.
    """
    size = len(weights)
    needed = share * weights.sum() * (1 - 1e-9)
    for side in range(2 - size % 2, size + 1, 2):
        edge = (size - side) // 2
        if weights[edge : edge + side, edge : edge + side].sum() >= needed:
            return side
    return size


def _as_dict(layer):
    if isinstance(layer, LayerSpec):
        numbers = {name: getattr(layer, name) for name in LIMITS}
        uneven = {name: value for name, value in numbers.items() if not is_whole(value)}
        if uneven:
            raise ValueError(f"the lab draws square windows only, not {uneven}")
        return {"kind": "conv", **{name: whole(name, value) for name, value in numbers.items()}}
    layer = {"kind": "conv", "kernel": None, "stride": 1, "dilation": 1, **layer}
    # What travels to the page is an int, whatever it was.
    return {name: int(value) if is_whole(value) else value for name, value in layer.items()}


def _title(layer):
    kinds = {"conv": "convolution", "max": "max pooling", "average": "average pooling"}
    kind = kinds[layer["kind"]]
    extra = [f"{name} {layer[name]}" for name in ("stride", "dilation") if layer[name] != 1]
    return ", ".join([f"{kind} {layer['kernel']}×{layer['kernel']}", *extra])

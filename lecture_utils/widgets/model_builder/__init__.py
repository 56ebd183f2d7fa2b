"""ModelBuilder: a stack of layers to change, with the shapes and costs of each."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from .. import _figure
from .._demo import Demo
from .._traits import Whole
from .kinds import KINDS, MOST_LAYERS, complete
from .modules import build, read
from .presets import PRESETS, SHAPES
from .stack import describe

if TYPE_CHECKING:
    from torch import nn

MOST_PARAMETERS = 10**9
_WINDOWS = ("Conv2d", "MaxPool2d", "AvgPool2d")
_LIMITS = ((1, 4096), (1, 2048), (1, 2048))


class Layers(traitlets.List):
    """The layers of a stack; each becomes complete."""

    def validate(self, obj: Any, value: Any) -> list[dict[str, Any]]:
        """Return the layers as new dicts with all settings."""
        layers = super().validate(obj, value) or []
        if len(layers) > MOST_LAYERS:
            raise traitlets.TraitError(
                f"{len(layers)} layers; the builder has room for {MOST_LAYERS}"
            )
        try:
            return [complete(layer, f"layer {i}") for i, layer in enumerate(layers, 1)]
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None


class ModelBuilder(Demo):
    """Build a network layer by layer and watch shapes, parameters, multiplications and memory.

    In a live notebook, all traits are in sync both ways. Layers that do not fit are allowed: the
    page explains each problem beside its layer.

    Parameters
    ----------
    model : torch.nn.Sequential, optional
        Made of convolutions, pooling, normalization, ReLU, dropout, Flatten, and Linear. The demo
        takes its layers, not its weights.
    preset : {"flatten", "gap", "dense", "vgg", "all-convolutional"}, optional
        By default "flatten", the chapter's first CNN, unless a model is given.
    input_shape : tuple of int, optional
        Channels, height and width of one image. By default the preset's; needed for a model.
    batch_size : int
        Images at once, 1 to 4096; memory depends on it.

    Attributes
    ----------
    layers : list of dict
        Such as ``{"type": "MaxPool2d", "kernel_size": 2}``; settings left out get their default.
        Assign a new list to change it.
    summary : list of dict
        Per layer: shapes, parameters, multiplications, bytes, receptive field, problem.
    model : torch.nn.Sequential
        The network, with new random weights each time.

    Raises
    ------
    traitlets.TraitError, ValueError
        If a layer, a setting or the input shape is unknown or out of range.

    Examples
    --------
    >>> sum(row["parameters"] for row in ModelBuilder(preset="gap").summary)
    56394
    """

    layers = Layers().tag(sync=True)
    input_shape = traitlets.Tuple(*[Whole() for _ in _LIMITS], default_value=(1, 28, 28)).tag(
        sync=True
    )
    batch_size = Whole(1, min=1, max=4096).tag(sync=True)
    kinds = traitlets.Dict().tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)
    shapes = traitlets.List().tag(sync=True)

    def __init__(
        self,
        model: nn.Sequential | None = None,
        *,
        preset: str | None = None,
        input_shape: Sequence[int] | None = None,
        batch_size: int = 1,
    ):
        if model is not None and preset is not None:
            raise ValueError("give a model or a preset, not both")
        channels = []
        if model is None:
            preset = "flatten" if preset is None else preset
            if preset not in PRESETS:
                raise ValueError(f"preset is {preset!r}; use one of {', '.join(PRESETS)}")
            layers, default = PRESETS[preset]["layers"], tuple(PRESETS[preset]["shape"])
            input_shape = default if input_shape is None else input_shape
        else:
            if not hasattr(model, "named_modules"):
                raise ValueError(f"model is {model!r}; give a torch.nn.Sequential")
            if input_shape is None:
                raise ValueError("say how large an image is: input_shape=(channels, height, width)")
            layers, channels = read(model)
        super().__init__(
            layers=layers,
            input_shape=input_shape,
            batch_size=batch_size,
            kinds=KINDS,
            presets=PRESETS,
            shapes=SHAPES,
        )
        _compare_channels(channels, self.summary)

    @traitlets.validate("input_shape")
    def _check_shape(self, proposal):
        shape = tuple(int(size) for size in proposal["value"])
        names = ("channels", "height", "width")
        for name, size, (low, high) in zip(names, shape, _LIMITS, strict=True):
            if not low <= size <= high:
                raise traitlets.TraitError(
                    f"input_shape is {shape}; {name} must be from {low} to {high}"
                )
        return shape

    @property
    def summary(self) -> list[dict[str, Any]]:
        """The output and cost of each layer, or why it does not fit."""
        return describe(self.layers, self.input_shape, self.batch_size)

    @property
    def model(self) -> nn.Sequential:
        """The network as torch.nn.Sequential, with new random weights."""
        rows = self.summary
        parameters = sum(row["parameters"] or 0 for row in rows)
        if parameters > MOST_PARAMETERS:
            raise ValueError(
                f"{parameters:,} parameters would fill {parameters * 4 / 2**30:.0f} GiB of memory; "
                "make a Linear layer smaller"
            )
        return build(self.layers, rows)

    def readings(self) -> dict[str, Any]:
        """Return whether all layers fit, and what the network has, costs and sees.

        ``outputs`` is the length of the last vector; where maps come last, ``channels`` and
        ``rows`` are their number and size. ``field`` is the side of what one output of the last
        convolution or pooling layer sees.
        """
        rows = self.summary
        fits = all(row["problem"] is None for row in rows)
        last = rows[-1]["output_shape"] if rows and fits else ()
        windows = [
            max(row["receptive_field"])
            for row in rows
            if row["problem"] is None and row["layer"] in _WINDOWS and row["receptive_field"]
        ]
        return {
            "fits": fits,
            "outputs": last[0] if len(last) == 1 else 0,
            "channels": last[0] if len(last) == 3 else 0,
            "rows": last[1] if len(last) == 3 else 0,
            "parameters": sum(row["parameters"] or 0 for row in rows),
            "convolutions": sum(row["layer"] == "Conv2d" for row in rows),
            "field": windows[-1] if windows else 1,
        }

    def figure_html(self) -> str:
        """Return the stack as a table of numbers."""
        rows = self.summary
        body = [_table_row(i, row) for i, row in enumerate(rows, 1)]
        heads = ("Layer", "Output", "Parameters", "MACs", "Activations", "Receptive field")
        parameters, mult_adds = (
            sum(row[name] or 0 for row in rows) for name in ("parameters", "mult_adds")
        )
        size = "×".join(map(str, self.input_shape))
        caption = (
            f"A network for images of {size} (channels × height × width): {parameters:,} "
            f"parameters, {mult_adds:,} MACs for one image (as torchinfo counts, with biases)."
        )
        return _figure.table(caption, heads, body)


def _compare_channels(made_for, rows):
    """Refuse a model whose layers were made for other numbers of channels than they receive."""
    for number, (wanted, row) in enumerate(zip(made_for, rows, strict=False), 1):
        if wanted is not None and row["input_shape"] and wanted != row["input_shape"][0]:
            raise ValueError(
                f"layer {number}, {row['layer']}, was made for {wanted} channels, but receives "
                f"{row['input_shape'][0]}; change the model or input_shape"
            )


def _table_row(number, row):
    if row["problem"]:
        problem = html.escape(row["problem"])
        return (
            f'<tr><th scope="row">{number}. {row["layer"]}</th><td colspan="5">{problem}</td></tr>'
        )
    field = row["receptive_field"]
    cells = (
        "×".join(map(str, row["output_shape"])),
        f"{row['parameters']:,}",
        f"{row['mult_adds']:,}",
        f"{row['bytes'] / 1024:,.1f} KiB",
        "×".join(map(str, field)) if field else "–",
    )
    return _figure.table_row(f"{number}. {row['layer']}", cells)

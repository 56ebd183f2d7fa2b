"""ModelBuilder: a stack of layers to change, with the shapes and costs of each."""

import html

import traitlets

from .._demo import Demo
from .kinds import KINDS, MOST_LAYERS, complete
from .modules import build, read
from .presets import PRESETS, SHAPES
from .stack import describe

MOST_PARAMETERS = 10**9
_LIMITS = ((1, 4096), (1, 2048), (1, 2048))


class Layers(traitlets.List):
    """The layers of a stack; each becomes complete."""

    def validate(self, obj, value):
        """Return the layers as new dicts with all settings."""
        value = super().validate(obj, value)
        if len(value) > MOST_LAYERS:
            raise traitlets.TraitError(
                f"{len(value)} layers; the builder has room for {MOST_LAYERS}"
            )
        try:
            return [complete(layer, f"layer {i}") for i, layer in enumerate(value, 1)]
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None


class ModelBuilder(Demo):
    """Build a network layer by layer and watch shapes, parameters, multiplications and memory.

    In a live notebook all traits are in sync both ways. Layers that do not fit are allowed: the
    page explains each problem beside its layer.

    Parameters
    ----------
    network : torch.nn.Sequential, optional
        Of convolutions, pooling, normalization, ReLU, dropout, Flatten and Linear. Its layers are
        taken, its weights are not.
    preset : {"flatten", "gap", "dense", "vgg", "all-convolutional"}, optional
        By default "flatten", the chapter's first CNN, unless a network is given.
    input_shape : tuple of int, optional
        Channels, height and width of one image. By default the preset's; needed for a network.
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
    input_shape = traitlets.Tuple(
        *[traitlets.Int() for _ in _LIMITS], default_value=(1, 28, 28)
    ).tag(sync=True)
    batch_size = traitlets.Int(1, min=1, max=4096).tag(sync=True)
    kinds = traitlets.Dict().tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)
    shapes = traitlets.List().tag(sync=True)

    def __init__(self, network=None, *, preset=None, input_shape=None, batch_size=1):
        if network is not None and preset is not None:
            raise ValueError("give a network or a preset, not both")
        channels = []
        if network is None:
            preset = "flatten" if preset is None else preset
            if preset not in PRESETS:
                raise ValueError(f"preset is {preset!r}; use one of {', '.join(PRESETS)}")
            layers, default = PRESETS[preset]["layers"], tuple(PRESETS[preset]["shape"])
            input_shape = default if input_shape is None else input_shape
        else:
            if not hasattr(network, "named_modules"):
                raise ValueError(f"network is {network!r}; give a torch.nn.Sequential")
            if input_shape is None:
                raise ValueError("say how large an image is: input_shape=(channels, height, width)")
            layers, channels = read(network)
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
    def summary(self):
        """The output and cost of each layer, or why it does not fit."""
        return describe(self.layers, self.input_shape, self.batch_size)

    @property
    def model(self):
        """The network as torch.nn.Sequential, with new random weights."""
        rows = self.summary
        parameters = sum(row["parameters"] or 0 for row in rows)
        if parameters > MOST_PARAMETERS:
            raise ValueError(
                f"{parameters:,} parameters would fill {parameters * 4 / 2**30:.0f} GiB of memory; "
                "make a Linear layer smaller"
            )
        return build(self.layers, rows)

    def figure_html(self):
        """Return the stack as a table of numbers."""
        rows = self.summary
        body = "".join(_table_row(i, row) for i, row in enumerate(rows, 1))
        names = ("Layer", "Output", "Parameters", "Multiply-adds", "Activations", "Sees")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        parameters, mult_adds = (
            sum(row[name] or 0 for row in rows) for name in ("parameters", "mult_adds")
        )
        size = "×".join(map(str, self.input_shape))
        return (
            f"<table><caption>A network for images of {size} (channels × height × width): "
            f"{parameters:,} parameters, {mult_adds:,} multiply-adds for one image.</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def _compare_channels(made_for, rows):
    """Refuse a network whose layers were made for other numbers of channels than arrive."""
    for number, (wanted, row) in enumerate(zip(made_for, rows, strict=False), 1):
        if wanted is not None and row["input_shape"] and wanted != row["input_shape"][0]:
            raise ValueError(
                f"layer {number}, {row['layer']}, was made for {wanted} channels, but "
                f"{row['input_shape'][0]} arrive; change the network or input_shape"
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
    data = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{number}. {row["layer"]}</th>{data}</tr>'

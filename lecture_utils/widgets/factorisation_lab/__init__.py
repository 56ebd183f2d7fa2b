"""FactorisationLab: a convolution replaced by cheaper ones with the same receptive field."""

import traitlets

from .._demo import Demo
from .plans import KINDS, layers, parameters, receptive_field
from .timing import measure as measure_times


class FactorisationLab(Demo):
    """Replace one convolution by smaller ones and compare parameters, multiply-adds and time.

    All layers have stride 1, no bias, and padding that keeps the size.

    Parameters
    ----------
    kind : {"asymmetric", "stacked", "bottleneck", "separable"}
        n×n into 1×n and n×1; into 3×3 layers; between two 1×1; depthwise, then 1×1.
    kernel : {3, 5, 7, 9, 11}
    inputs, outputs, middle : int
        Channels, 1 to 512; ``middle`` is the bottleneck's width.
    size : int
        Height and width of the image in pixels, 1 to 224.
    measure : bool
        Time both in PyTorch on this machine now, for the table that the page shows.

    Raises
    ------
    traitlets.TraitError
        If a setting is unknown or out of range.

    Examples
    --------
    >>> FactorisationLab(measure=False).summary["after"]["parameters"]
    24576
    """

    kind = traitlets.Enum(KINDS, "asymmetric").tag(sync=True)
    kernel = traitlets.Enum((3, 5, 7, 9, 11), 3).tag(sync=True)
    inputs = traitlets.Int(64, min=1, max=512).tag(sync=True)
    outputs = traitlets.Int(64, min=1, max=512).tag(sync=True)
    middle = traitlets.Int(16, min=1, max=512).tag(sync=True)
    size = traitlets.Int(28, min=1, max=224).tag(sync=True)
    times = traitlets.Dict().tag(sync=True)

    def __init__(self, *, measure=True, **settings):
        super().__init__(**settings)
        if measure:
            self.times = measure_times()

    @property
    def summary(self):
        """Layers, parameters, multiply-adds and receptive field, before and after."""
        plans = layers(self.kind, self.kernel, self.inputs, self.outputs, self.middle)
        return {
            name: {
                "layers": stack,
                "parameters": parameters(stack),
                "macs": parameters(stack) * self.size**2,
                "receptive_field": receptive_field(stack),
            }
            for name, stack in zip(("before", "after"), plans, strict=True)
        }

    def figure_html(self):
        """Return both costs as a table."""
        rows = "".join(
            f'<tr><th scope="row">{name}</th><td>{row["parameters"]:,}</td>'
            f"<td>{row['macs']:,}</td><td>{'×'.join(map(str, row['receptive_field']))}</td></tr>"
            for name, row in self.summary.items()
        )
        heads = ("Convolution", "Parameters", "Multiply-adds", "Receptive field")
        head = "".join(f'<th scope="col">{name}</th>' for name in heads)
        return (
            f"<table><caption>A {self.kernel}×{self.kernel} convolution, {self.inputs} to "
            f"{self.outputs} channels, {self.size}×{self.size} pixels: {self.kind}.</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )

"""FactorizationLab: a convolution replaced by cheaper ones with the same receptive field."""

from __future__ import annotations

from typing import Any

import traitlets

from .. import _figure
from .._demo import Demo
from .._traits import Whole
from .plans import KINDS, layers, parameters, receptive_field
from .timing import measure as measure_times


class FactorizationLab(Demo):
    """Replace one convolution by smaller ones and compare parameters, MACs and time.

    All layers have stride 1, no bias, and padding that keeps the size.

    Parameters
    ----------
    kind : {"asymmetric", "stacked", "bottleneck", "separable"}
        What replaces an n×n convolution: a 1×n and an n×1 convolution; 3×3 convolutions; an n×n
        convolution between two 1×1 ones; or a depthwise convolution and a 1×1 one.
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
    >>> FactorizationLab(measure=False).summary["after"]["parameters"]
    24576
    """

    kind = traitlets.Enum(KINDS, "asymmetric").tag(sync=True)
    kernel = traitlets.Enum((3, 5, 7, 9, 11), 3).tag(sync=True)
    inputs = Whole(64, min=1, max=512).tag(sync=True)
    outputs = Whole(64, min=1, max=512).tag(sync=True)
    middle = Whole(16, min=1, max=512).tag(sync=True)
    size = Whole(28, min=1, max=224).tag(sync=True)
    times = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        *,
        kind: str = "asymmetric",
        kernel: int = 3,
        inputs: int = 64,
        outputs: int = 64,
        middle: int = 16,
        size: int = 28,
        measure: bool = True,
    ):
        super().__init__(
            kind=kind, kernel=kernel, inputs=inputs, outputs=outputs, middle=middle, size=size
        )
        if measure:
            self.times = measure_times()

    @property
    def summary(self) -> dict[str, dict[str, Any]]:
        """Layers, parameters, MACs and receptive field, before and after."""
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

    def readings(self) -> dict[str, Any]:
        """Return the parameters after the replacement, alone and in percent of those before."""
        before, after = (self.summary[name]["parameters"] for name in ("before", "after"))
        return {"parameters": after, "percent": 100 * after / before}

    def figure_html(self) -> str:
        """Return both costs as a table."""
        rows = []
        for name, row in self.summary.items():
            field = "×".join(map(str, row["receptive_field"]))
            cells = (f"{row['parameters']:,}", f"{row['macs']:,}", field)
            rows.append(_figure.table_row(name, cells))
        heads = ("Convolution", "Parameters", "MACs", "Receptive field")
        caption = (
            f"A {self.kernel}×{self.kernel} convolution, {self.inputs} to {self.outputs} channels, "
            f"{self.size}×{self.size} pixels, before and after its replacement ({self.kind})."
        )
        return _figure.table(caption, heads, rows)

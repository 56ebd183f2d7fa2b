"""Layers and receptive fields, as far as their geometry goes."""

from __future__ import annotations

from dataclasses import dataclass

from lecture_utils._validation import as_pair
from lecture_utils.geometry._sizes import padding_per_side


@dataclass(frozen=True)
class LayerSpec:
    """The window of a convolution or pooling layer.

    Attributes
    ----------
    kernel, stride, dilation : int or pair of int
        At least 1; rows first.
    padding : int, pair of int, "valid" or "same"
        On each side.
    ceil_mode : bool
        Whether the last window may hang over the edge.
    name : str
        What to call the layer.
    """

    kernel: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] | str = 0
    dilation: int | tuple[int, int] = 1
    ceil_mode: bool = False
    name: str = ""

    def __post_init__(self):
        as_pair(self.kernel, "kernel", 1)
        as_pair(self.stride, "stride", 1)
        as_pair(self.dilation, "dilation", 1)
        padding_per_side(self.padding, self.kernel, self.stride, self.dilation)


@dataclass(frozen=True)
class ReceptiveField:
    """What the outputs of a layer see of the input; pairs are (rows, columns), in input pixels.

    Attributes
    ----------
    name : str
        The layer.
    size : tuple of int
        Extent of the region that one output sees. With dilation it can have holes.
    jump : tuple of int
        Distance between the regions of neighboring outputs.
    offset : tuple of int
        First row and column that output (0, 0) sees; negative numbers lie in the padding. Output
        ``i`` sees ``offset + i * jump`` to ``offset + i * jump + size - 1``.
    """

    name: str
    size: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)
    offset: tuple[int, int] = (0, 0)

    def after(self, spec: LayerSpec) -> ReceptiveField:
        """Return the field after one more layer.

        Parameters
        ----------
        spec : LayerSpec

        Returns
        -------
        ReceptiveField
        """
        kernel, stride, padding, dilation = window(spec)
        rows, columns = (
            (
                self.size[a] + dilation[a] * (kernel[a] - 1) * self.jump[a],
                self.jump[a] * stride[a],
                self.offset[a] - padding[a] * self.jump[a],
            )
            for a in range(2)
        )
        size, jump, offset = zip(rows, columns, strict=True)
        return ReceptiveField(spec.name, size, jump, offset)


def window(spec: LayerSpec) -> tuple[tuple[int, int], ...]:
    """Return kernel, stride, padding and dilation of a layer as pairs."""
    return (
        as_pair(spec.kernel, "kernel", 1),
        as_pair(spec.stride, "stride", 1),
        padding_per_side(spec.padding, spec.kernel, spec.stride, spec.dilation),
        as_pair(spec.dilation, "dilation", 1),
    )

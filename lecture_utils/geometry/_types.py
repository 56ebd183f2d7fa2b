"""The geometry of layers and receptive fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from lecture_utils._validation import as_pair
from lecture_utils.geometry._grids import Grid, windows
from lecture_utils.geometry._sizes import padding_per_side


@dataclass(frozen=True)
class LayerSpec:
    """The window of a convolution or pooling layer.

    Attributes
    ----------
    kernel, stride, dilation : int or pair of int
        At least 1; rows first.
    padding : int, pair of int, "valid" or "same"
        Zeros on each side.
    ceil_mode : bool
        Whether the last window may extend past the edge.
    name : str
        Name of the layer.
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
    """The part of the input that a layer's outputs see; pairs (rows, columns), in input pixels.

    Attributes
    ----------
    name : str
        Name of the layer.
    size : tuple of int
        Extent of the region that one output sees; the largest, where outputs differ, as they do
        after upsampling. With dilation it can have holes.
    jump : tuple of int, or of fractions.Fraction
        Distance between the regions of neighboring outputs. After upsampling it can be a fraction:
        one half means that every second output moves on by one pixel.
    offset : tuple of int
        First row and column that output (0, 0) sees; negative numbers lie in the padding.

    Notes
    -----
    If the jumps are integers, output ``i`` sees ``offset + i * jump`` to ``offset + i * jump +
    size - 1``. `region` returns the region of an output in any case.
    """

    name: str
    size: tuple[int, int] = (1, 1)
    jump: tuple[int | Fraction, int | Fraction] = (1, 1)
    offset: tuple[int, int] = (0, 0)
    _grids: tuple[Grid, Grid] | None = field(default=None, repr=False)

    def region(self, output: int | tuple[int, int]) -> tuple[range, range]:
        """Return the rows and columns that an output sees, from first to last.

        Parameters
        ----------
        output : int or pair of int
            Row and column of the output.

        Returns
        -------
        rows, columns : range
            Negative numbers lie in the padding. Both are empty for an output that sees nothing, as
            happens in a transposed convolution whose kernel is smaller than its stride.

        Raises
        ------
        ValueError
            If `output` is not a position.

        Examples
        --------
        >>> ReceptiveField("conv").after(LayerSpec(3, stride=2)).region((0, 2))
        (range(0, 3), range(4, 7))
        """
        ends = (g.at(i) for g, i in zip(grids_of(self), as_pair(output, "output"), strict=True))
        rows, columns = (range(cell[0], cell[-1] + 1) if cell else range(0) for cell in ends)
        return rows, columns

    def after(self, spec: LayerSpec) -> ReceptiveField:
        """Return the field after one more layer.

        Parameters
        ----------
        spec : LayerSpec
            The next layer.

        Returns
        -------
        ReceptiveField
        """
        rows, columns = (windows(*axis) for axis in zip(*window(spec), strict=True))
        return through(self, spec.name, (rows, columns))


def grids_of(field: ReceptiveField) -> tuple[Grid, Grid]:
    """Return what every output sees: a `Grid` for the rows and one for the columns."""
    if field._grids is not None:
        return field._grids
    rows, columns = (
        Grid(((field.offset[a], field.offset[a] + field.size[a] - 1),), int(field.jump[a]))
        for a in range(2)
    )
    return rows, columns


def through(field: ReceptiveField, name: str, layer: tuple[Grid, Grid]) -> ReceptiveField:
    """Return the field after one more layer of any kind, given by its grids."""
    rows, columns = (mine.then(its) for mine, its in zip(grids_of(field), layer, strict=True))
    return field_of(name, (rows, columns))


def field_of(name: str, grids: tuple[Grid, Grid]) -> ReceptiveField:
    """Return the receptive field described by two grids, one for rows and one for columns."""
    firsts = [next((c[0] for c in grid.cells if c), 0) for grid in grids]
    return ReceptiveField(
        name,
        (grids[0].size, grids[1].size),
        (grids[0].jump, grids[1].jump),
        (firsts[0], firsts[1]),
        # Size, jump and offset already describe it, so fields stay equal and small.
        None
        if len(grids[0].cells) == len(grids[1].cells) == 1 and all(grid.size for grid in grids)
        else grids,
    )


def window(spec: LayerSpec) -> tuple[tuple[int, int], ...]:
    """Return kernel, stride, padding and dilation of a layer as pairs."""
    return (
        as_pair(spec.kernel, "kernel", 1),
        as_pair(spec.stride, "stride", 1),
        padding_per_side(spec.padding, spec.kernel, spec.stride, spec.dilation),
        as_pair(spec.dilation, "dilation", 1),
    )

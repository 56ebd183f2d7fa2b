"""The input positions that affect each position of a layer's output, along one axis.

A window moves by its stride from one output to the next. Upsampling is the reverse: several
consecutive outputs belong to one step of the input, and each of them depends on different
positions. A `Grid` describes both: a cycle of outputs, and how far the input advances per cycle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Grid:
    """The positions that outputs see along one axis, ignoring the ends of the input.

    Attributes
    ----------
    cells : tuple of tuple of int
        The positions that each of the first outputs sees, in ascending order; may be empty.
    step : int
        Output ``i + len(cells)`` sees the positions of output ``i``, shifted by this amount.
    """

    cells: tuple[tuple[int, ...], ...] = ((0,),)
    step: int = 1

    @property
    def jump(self) -> int | Fraction:
        """The mean distance in the input between neighboring outputs."""
        jump = Fraction(self.step, len(self.cells))
        return jump.numerator if jump.denominator == 1 else jump

    @property
    def size(self) -> int:
        """The extent of the positions that one output sees; the largest, where outputs differ."""
        return max((cell[-1] - cell[0] + 1 for cell in self.cells if cell), default=0)

    def at(self, output: int) -> tuple[int, ...]:
        """List the positions that one output sees."""
        cycle, phase = divmod(output, len(self.cells))
        return tuple(cell + cycle * self.step for cell in self.cells[phase])

    def then(self, layer: Grid) -> Grid:
        """Return the first and last positions that outputs of one more layer see."""
        cycles = len(self.cells) // math.gcd(len(self.cells), layer.step)
        cells = (
            [position for seen in layer.at(output) for position in self.at(seen)]
            for output in range(cycles * len(layer.cells))
        )
        step = cycles * layer.step * self.step // len(self.cells)
        return Grid(tuple(map(_ends, cells)), step)

    def joined(self, other: Grid) -> Grid:
        """Return the first and last positions that outputs of two branches see together."""
        length = math.lcm(len(self.cells), len(other.cells))
        cells = ((*self.at(output), *other.at(output)) for output in range(length))
        return Grid(tuple(map(_ends, cells)), self.step * length // len(self.cells))


def windows(kernel: int, stride: int, padding: int, dilation: int) -> Grid:
    """Return the grid of a convolution or pooling layer, with `padding` before the first pixel."""
    return Grid((tuple(dilation * cell - padding for cell in range(kernel)),), stride)


def transposed(kernel: int, stride: int, padding: int, dilation: int) -> Grid:
    """Return the grid of a transposed convolution: windows with outputs and inputs swapped."""
    cells: list[list[int]] = [[] for _ in range(stride)]
    for cell in range(kernel):
        # Input q contributes to output q * stride - padding + dilation * cell.
        cycle, phase = divmod(dilation * cell - padding, stride)
        cells[phase].append(-cycle)
    return Grid(tuple(tuple(sorted(cell)) for cell in cells), 1)


def resized(factor: Fraction, mode: str) -> Grid:
    """Return the grid of an interpolation that scales an image by `factor`."""
    before, after = {"bicubic": (1, 2)}.get(mode, (0, 1))
    cells = []
    for output in range(factor.numerator):
        position = output / factor
        if mode == "nearest-exact":
            position = (output + Fraction(1, 2)) / factor
        elif mode != "nearest":
            position = (output + Fraction(1, 2)) / factor - Fraction(1, 2)
        first = math.floor(position)
        if mode.startswith("nearest") or position == first:
            cells.append((first,))
        else:
            cells.append(tuple(range(first - before, first + after + 1)))
    return Grid(tuple(cells), factor.denominator)


def _ends(positions):
    return (min(positions), max(positions)) if positions else ()

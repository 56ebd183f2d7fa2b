"""A network as a tree of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True)
class Block:
    """A part of a network, with what it puts out and what it costs for one image.

    Attributes
    ----------
    name : str
        Module path, such as ``"layer2.0.conv1"``, or what a group of layers is called.
    kind : str
        Class of the module or name of the function; ``"stage"`` and ``"unit"`` for groups of layers
        that are no module of their own, ``"parallel"`` for branches.
    label : str
        The same for readers: ``"Conv 3×3, stride 2"``.
    shape : tuple of int or None
        Of its output, without the batch axis. None if it is never run.
    parameters : int
        One that is shared counts where it is used first.
    macs : int
        Multiply-accumulate operations of convolutions and matrix products.
    memory : int
        Bytes of the outputs that its layers write, as float32. A layer that works in place, or only
        looks at its input in another shape, writes nothing.
    receptive_field : tuple of int or None
        Rows and columns of the input that one output can see; None where there is no such window,
        because a layer mixes all positions.
    children : tuple of Block
        What the block consists of, in the order of the data flow. Empty for a single layer.
    branches : tuple of tuple of Block
        Of a ``"parallel"`` block: the paths from its one input to the block that comes after it. A
        shortcut that changes nothing is an empty tuple.
    training_only : bool
        Whether the block is left out when the network predicts, as an auxiliary classifier is. Its
        parameters are part of the totals, its operations and its memory are not.
    note : str
        What a reader should know about how the block was taken apart.
    """

    name: str
    kind: str
    label: str
    shape: tuple[int, ...] | None = None
    parameters: int = 0
    macs: int = 0
    memory: int = 0
    receptive_field: tuple[int, int] | None = None
    children: tuple[Block, ...] = ()
    branches: tuple[tuple[Block, ...], ...] = ()
    training_only: bool = False
    note: str = ""

    @property
    def parts(self) -> tuple[Block, ...]:
        """The blocks one level down, whether one after the other or side by side."""
        return (*self.children, *(block for branch in self.branches for block in branch))

    def walk(self) -> Iterator[Block]:
        """Yield the block itself and all blocks within, outer before inner.

        Yields
        ------
        Block
        """
        yield self
        for part in self.parts:
            yield from part.walk()

    def layers(self) -> Iterator[Block]:
        """Yield the layers within, those that consist of nothing further.

        Yields
        ------
        Block
        """
        return (block for block in self.walk() if not block.parts and block.kind != "parallel")

    def find(self, name: str) -> Block:
        """Return the outermost block of a name.

        Parameters
        ----------
        name : str

        Returns
        -------
        Block

        Raises
        ------
        ValueError
            If there is none.
        """
        for block in self.walk():
            if block.name == name:
                return block
        names = ", ".join(repr(block.name) for block in self.children)
        raise ValueError(f"there is no block {name!r} here; on the first level are {names}")


class Costs(TypedDict):
    """What blocks cost; the fields of `Block` with these names."""

    parameters: int
    macs: int
    memory: int


def totals(parts: Iterable[Block], *, in_training: bool = False) -> Costs:
    """Add up what parts cost.

    Parameters
    ----------
    parts : iterable of Block
    in_training : bool
        Count operations and memory of blocks that are run in training only, too.

    Returns
    -------
    Costs
    """
    parts = list(parts)
    run = [part for part in parts if in_training or not part.training_only]
    return {
        "parameters": sum(part.parameters for part in parts),
        "macs": sum(part.macs for part in run),
        "memory": sum(part.memory for part in run),
    }

"""A network as a tree of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True)
class Block:
    """A part of a network, with its output shape and its cost for one image.

    Attributes
    ----------
    name : str
        Module path, such as ``"layer2.0.conv1"``, or the name of a group of layers.
    kind : str
        Class of the module, or name of the function; ``"stage"`` and ``"unit"`` for groups of
        layers that are not a module, ``"parallel"`` for branches.
    label : str
        A readable name, such as ``"Conv 3×3, stride 2"``.
    shape : tuple of int or None
        Output shape without the batch axis. None if the block is never run.
    parameters : int
        Number of parameters. A shared parameter counts where it is used first.
    macs : int
        Multiply-accumulate operations of convolutions and matrix products.
    memory : int
        Bytes of the outputs that its layers write, as float32. A layer that works in place, or that
        only reshapes its input, writes nothing.
    receptive_field : tuple of int or None
        Rows and columns of the input that affect one output; None if there is no such window,
        because a layer mixes all positions.
    children : tuple of Block
        The parts of the block in the order of the data flow. Empty for a single layer.
    branches : tuple of tuple of Block
        For a ``"parallel"`` block: the paths from its input to the block after it. A shortcut that
        changes nothing is an empty tuple.
    training_only : bool
        Whether the block runs only in training, as an auxiliary classifier does. Its parameters
        count in the totals; its operations and memory do not.
    note : str
        A remark for the reader on how the block was taken apart.
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
        """The blocks one level down, whether in sequence or in parallel."""
        return (*self.children, *(block for branch in self.branches for block in branch))

    def walk(self) -> Iterator[Block]:
        """Yield the block itself and all blocks inside it, outer before inner.

        Yields
        ------
        Block
        """
        yield self
        for part in self.parts:
            yield from part.walk()

    def layers(self) -> Iterator[Block]:
        """Yield the layers inside the block, those that have no parts of their own.

        Yields
        ------
        Block
        """
        return (block for block in self.walk() if not block.parts and block.kind != "parallel")

    def find(self, name: str) -> Block:
        """Return the outermost block with a given name.

        Parameters
        ----------
        name : str
            Its `name`, a module path or the name of a group.

        Returns
        -------
        Block

        Raises
        ------
        ValueError
            If there is no such block.
        """
        for block in self.walk():
            if block.name == name:
                return block
        names = ", ".join(repr(block.name) for block in self.children)
        raise ValueError(f"there is no block {name!r} here; the first level has {names}")


class Costs(TypedDict):
    """The cost of some blocks; the fields are those of `Block` with the same names."""

    parameters: int
    macs: int
    memory: int


def totals(parts: Iterable[Block], *, in_training: bool = False) -> Costs:
    """Add up the costs of several blocks.

    Parameters
    ----------
    parts : iterable of Block
    in_training : bool
        Include the operations and memory of blocks that run only in training.

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

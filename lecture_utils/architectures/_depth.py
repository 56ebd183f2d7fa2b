"""The depth of a network."""

from lecture_utils.architectures._block import Block

__all__ = ["depth"]


def depth(block: Block) -> int:
    """Count the layers with weights on the longest path through a block.

    Most papers count this way, but not all: Inception v3 has 48 layers here, 42 in its paper.

    Parameters
    ----------
    block : Block
        A network, or a part of one, as returned by `trace`.

    Returns
    -------
    int
        Convolutions and dense layers in sequence; of parallel branches, the longest counts. Blocks
        that run only in training are left out.

    Examples
    --------
    >>> from lecture_utils.architectures import load, trace
    >>> depth(trace(*load("resnet50")))
    50
    """
    if block.training_only:
        return 0
    if block.kind == "parallel":
        return max(sum(map(depth, branch)) for branch in block.branches)
    if block.children:
        return sum(map(depth, block.children))
    # Normalizations have weights but multiply no matrix; attention without weights does multiply.
    return int(block.parameters > 0 and block.macs > 0)

"""A tree of blocks as the short lists that travel to the page; `block.js` reads them."""

from lecture_utils.architectures import Block


def as_data(block: Block):
    """Return a block as a list.

    Parameters
    ----------
    block : Block

    Returns
    -------
    list
        Name, kind, label, shape or 0, parameters, MACs, bytes, receptive field or 0, children,
        branches, and 1 if it is run in training only; what is empty at the end is left out.
    """
    row = [
        block.name,
        block.kind,
        block.label,
        list(block.shape) if block.shape is not None else 0,
        block.parameters,
        block.macs,
        block.memory,
        list(block.receptive_field) if block.receptive_field else 0,
        [as_data(child) for child in block.children],
        [[as_data(inner) for inner in branch] for branch in block.branches],
        int(block.training_only),
    ]
    while row[-1] in (0, []):
        row.pop()
    return row

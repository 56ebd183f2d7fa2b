"""The tree of a network that torch.fx cannot trace: modules in the order of their calls."""

from __future__ import annotations

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from lecture_utils._inspect import evaluating
from lecture_utils.architectures._block import Block
from lecture_utils.architectures._labels import module_label
from lecture_utils.architectures._steps import FLOAT32, without_values
from lecture_utils.architectures._tree import unused_blocks

NOTE = (
    "torch.fx cannot trace this network's forward method ({}), so the tree shows only the modules "
    "in the order of their calls: no branches, no functions, no receptive fields."
)


def tree_by_hooks(model: nn.Module, shape: tuple[int, ...], reason: str) -> Block:
    """Run a network with hooks on all its modules.

    Parameters
    ----------
    model : torch.nn.Module
    shape : tuple of int
        Size of the image, (C, H, W).
    reason : str
        Why ``torch.fx`` cannot trace the network.

    Returns
    -------
    Block
        Named ``""``; its note explains what is missing.

    Raises
    ------
    ValueError
        If the network does not accept the image.
    """
    counter = FlopCounterMode(display=False)
    seen: set[int] = set()
    stack: list[list[Block]] = [[]]
    starts: list[int] = []
    names = {part: name for name, part in model.named_modules()}
    # While the network runs, other tensors replace its parameters.
    direct = {part: list(part.parameters(recurse=False)) for part in names}

    def before(part, _):
        stack.append([])
        starts.append(counter.get_total_flops())

    def after(part, inputs, output):
        children, kind = tuple(stack.pop()), type(part).__name__
        macs = (counter.get_total_flops() - starts.pop()) // 2
        mine = direct[part] if children else [p for m in part.modules() for p in direct[m]]
        own = {id(p): p.numel() for p in mine if id(p) not in seen}
        seen.update(own)
        tensor = output if isinstance(output, torch.Tensor) else None
        known = {t.untyped_storage()._cdata for t in inputs if isinstance(t, torch.Tensor)}
        memory = sum(child.memory for child in children)
        if not children and tensor is not None and tensor.untyped_storage()._cdata not in known:
            memory = FLOAT32 * tensor.numel()
        stack[-1].append(
            Block(
                names[part],
                kind,
                kind if children else module_label(part),
                None if tensor is None else tuple(tensor.shape[1:]),
                sum(own.values()) + sum(child.parameters for child in children),
                macs,
                memory,
                children=children,
            )
        )

    hooks = []
    try:
        for part in model.modules():
            hooks.append(part.register_forward_pre_hook(before))
            hooks.append(part.register_forward_hook(after))
        with evaluating(model), torch.no_grad(), counter:
            functional_call(model, without_values(model), (torch.zeros(1, *shape, device="meta"),))
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"the network does not accept an image of {shape}: {reason}") from error
    finally:
        for hook in hooks:
            hook.remove()
    (root,) = stack[0]
    unused = unused_blocks(model, seen)
    return Block(
        "",
        root.kind,
        root.kind,
        root.shape,
        root.parameters + sum(block.parameters for block in unused),
        root.macs,
        root.memory,
        children=(*root.children, *unused),
        note=NOTE.format(reason),
    )

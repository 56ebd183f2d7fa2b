"""From the steps of a forward pass to a tree of blocks: modules within modules, and branches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from lecture_utils.architectures._block import Block, totals
from lecture_utils.architectures._labels import step_kind, step_label
from lecture_utils.architectures._stages import group_stages, group_units
from lecture_utils.architectures._steps import Step
from lecture_utils.architectures._wiring import chain


@dataclass
class _Counted:
    """The parameters already counted; needed because layers can share them."""

    modules: dict[str, nn.Module]
    seen: set[int] = field(default_factory=set)

    def __call__(self, parameters: Iterable[nn.Parameter]) -> int:
        new = {id(p): p.numel() for p in parameters if id(p) not in self.seen}
        self.seen |= new.keys()
        return sum(new.values())


def build_tree(model: nn.Module, steps: list[Step]) -> Block:
    """Arrange the steps of a network's forward pass as a tree.

    Parameters
    ----------
    model : torch.nn.Module
    steps : list of Step

    Returns
    -------
    Block
        The network, named ``""``.
    """
    counted = _Counted(dict(model.named_modules()))
    children = _arrange(steps, 0, counted)
    children = group_stages(_dissolve(children))
    children += unused_blocks(model, counted.seen)
    own = counted(model.parameters(recurse=False))
    run = [step for step in steps if not step.training_only]
    last = next((step for step in reversed(run) if step.read_by_output), run[-1])
    sums = totals(children)
    return Block(
        "",
        type(model).__name__,
        type(model).__name__,
        last.shape,
        sums["parameters"] + own,
        sums["macs"],
        sums["memory"],
        last.receptive_field,
        tuple(children),
    )


def unused_blocks(model: nn.Module, seen: set[int]) -> list[Block]:
    """Return a block for each part of a network that has parameters and is never run.

    Parameters
    ----------
    model : torch.nn.Module
    seen : set of int
        The ``id`` of each parameter already counted; those of the new blocks are added.

    Returns
    -------
    list of Block
    """
    blocks = []
    for name, part in model.named_modules():
        own = {id(p): p.numel() for p in part.parameters()}
        # The outermost module that is never used.
        if name and own and not own.keys() & seen:
            kind = type(part).__name__
            note = "Not run for a prediction."
            count = sum(own.values())
            blocks.append(Block(name, kind, kind, None, count, training_only=True, note=note))
            seen |= own.keys()
    return blocks


def _arrange(steps: list[Step], depth: int, counted: _Counted) -> list[Block]:
    """Turn the steps inside one module call into a list of blocks."""
    groups = [
        list(group)
        for _, group in itertools.groupby(
            steps, key=lambda s: s.owners[depth][0] if len(s.owners) > depth else s.node
        )
    ]
    blocks = [_block(group, depth, counted) for group in groups]
    on_the_way = [i for i, group in enumerate(groups) if not group[0].training_only]
    number = {i: n for n, i in enumerate(on_the_way, 1)}
    home = {step.node: i for i, group in enumerate(groups) for step in group}
    arranged = _blocks(
        chain(list(number.values()), _edges(groups, number, home), 0, len(number) + 1),
        [None, *(blocks[i] for i in on_the_way)],
    )
    for i, block in enumerate(blocks):
        if block.training_only:
            before = {
                blocks[home[s.node]].name for s in groups[i][0].inputs if s and s.node in home
            }
            _insert(arranged, block, before)
    return group_units(arranged)


def _edges(groups, number, home):
    """Return which group reads from which; 0 is the input, n + 1 whatever reads the result."""
    edges, end = set(), len(number) + 1
    for i, n in number.items():
        for step in groups[i]:
            sources = {home.get(s.node) if s else None for s in step.inputs}
            edges |= {(number.get(j, 0), n) for j in sources if j != i}
            readers = {home.get(user) for user in step.node.users if user.meta.get("shape")}
            readers &= {None, *number}
            if step.read_by_output or None in readers:
                edges.add((n, end))
    edges = {(a, b) for a, b in edges if a < b}
    for n in number.values():
        if not any(b == n for _, b in edges):
            edges.add((0, n))
        if not any(a == n for a, _ in edges):
            edges.add((n, end))
    return edges


def _block(group: list[Step], depth: int, counted: _Counted) -> Block:
    """Make a block from one step, or from the steps of one module call."""
    first, last = group[0], group[-1]
    if len(first.owners) <= depth:
        parameters = counted(first.module.parameters() if first.module else first.weights)
        name = str(first.node.target) if first.module else _function_name(first, depth)
        return Block(
            name,
            step_kind(first),
            step_label(first),
            first.shape,
            parameters,
            first.macs,
            first.memory,
            first.receptive_field,
            training_only=first.training_only,
        )
    _, path, kind = first.owners[depth]
    children = _arrange(group, depth + 1, counted)
    own = counted(counted.modules[path].parameters(recurse=False))
    only = children[0] if len(children) == 1 and children[0].kind != "parallel" else None
    if issubclass(kind, nn.Sequential) and only and not own:
        return only
    if only and only.kind == "unit":
        children = list(only.children)
    # Inside, everything is counted; outside, only the parameters.
    sums = totals(children, in_training=first.training_only)
    return Block(
        path,
        kind.__name__,
        only.label if only and only.kind == "unit" else kind.__name__,
        last.shape,
        sums["parameters"] + own,
        sums["macs"],
        sums["memory"],
        last.receptive_field,
        tuple(children),
        training_only=first.training_only,
    )


def _function_name(step: Step, depth: int) -> str:
    inside = step.owners[depth - 1][1] if depth else ""
    # torch.fx numbers functions "add", "add_1", "add_2"... throughout the whole network.
    return f"{inside}.{step.node.name}" if inside else step.node.name


def _blocks(links: list[Any], blocks: list[Any]) -> list[Block]:
    arranged: list[Block] = []
    for link in links:
        if isinstance(link, int):
            arranged.append(blocks[link])
            continue
        branches = tuple(tuple(_unwrap(group_units(_blocks(path, blocks)))) for path in link)
        sums = totals(block for branch in branches for block in branch)
        label = f"{len(branches)} branches"
        arranged.append(Block("", "parallel", label, None, **sums, branches=branches))
    return arranged


def _unwrap(branch: Sequence[Block]) -> Sequence[Block]:
    """Replace a branch that is a single Sequential by the layers inside it."""
    alone = len(branch) == 1 and branch[0].kind == "Sequential"
    return branch[0].children if alone else branch


def _insert(arranged, block, before):
    """Insert a block that runs only in training after the block that it reads from."""
    for i, other in enumerate(arranged):
        if other.name in before:
            arranged.insert(i + 1, block)
            return
    arranged.append(block)


def _dissolve(children: Sequence[Block]) -> list[Block]:
    """Replace a module that holds most of a network, such as VGG's `features`, by its parts."""
    sizes = [sum(1 for _ in child.layers()) for child in children]
    lifted = []
    for child, size in zip(children, sizes, strict=True):
        most = child.children and not child.training_only and size > sum(sizes) / 2
        lifted.extend(_dissolve(child.children) if most and child.kind != "unit" else [child])
    return lifted

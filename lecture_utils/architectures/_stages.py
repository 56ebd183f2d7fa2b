"""Group layers outside any module: a convolution with normalization and activation; stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lecture_utils.architectures._block import Block, totals

_FOLLOWERS = (
    "BatchNorm", "LayerNorm", "GroupNorm", "ReLU", "relu", "GELU", "SiLU", "Hardswish", "Sigmoid",
    "sigmoid", "Tanh", "Dropout", "dropout", "Swish",
)  # fmt: skip
_STARTERS = ("conv", "linear")
_POOLS = ("MaxPool", "max_pool", "AvgPool", "avg_pool")
_MIXERS = ("AdaptiveAvgPool2d", "adaptive_avg_pool2d", "Flatten", "flatten", "mean", "view")


def group_units(blocks: Iterable[Block]) -> list[Block]:
    """Group each convolution or linear layer with the pixelwise layers after it.

    Parameters
    ----------
    blocks : list of Block
        In the order of the data flow.

    Returns
    -------
    list of Block
    """
    grouped: list[Block] = []
    run: list[Block] = []
    for block in blocks:
        if run and _follows(block):
            run.append(block)
            continue
        grouped += _unit(run)
        run = [block] if _is_layer(block) and block.kind.lower().startswith(_STARTERS) else []
        if not run:
            grouped.append(block)
    return grouped + _unit(run)


def group_stages(blocks: Sequence[Block]) -> list[Block]:
    """Group the top-level layers of a network into stages with the same size of feature maps.

    A stage ends after a pooling layer, or before a convolution with a stride; the last stage starts
    where positions are mixed.

    Parameters
    ----------
    blocks : list of Block

    Returns
    -------
    list of Block
        Unchanged if a single stage would hold everything.
    """
    runs: list[list[Block]] = []
    open_run = False
    for block in blocks:
        loose = _is_loose(block)
        if not (open_run and loose) or _starts_stage(block, runs[-1]):
            runs.append([])
        runs[-1].append(block)
        open_run = loose and not block.kind.startswith(_POOLS)
    if len(runs) == 1:
        return list(blocks)
    names = _stage_names(runs)
    return [
        run[0] if len(run) == 1 else _group(name, "stage", name, run)
        for run, name in zip(runs, names, strict=True)
    ]


def _stage_names(runs):
    """Number the stages; stem and head are the parts before and after a network's own blocks."""
    groups = [i for i, run in enumerate(runs) if len(run) > 1]
    heads = [i for i in groups if runs[i][0].kind in _MIXERS or runs[i][0].kind == "Dropout"]
    stages = [i for i in groups if i not in heads]
    names = [""] * len(runs)
    for n, i in enumerate(stages, 1):
        names[i] = "stem" if len(stages) == 1 and i == 0 else f"stage {n}"
    for i in heads:
        head = any(block.parameters for block in runs[i])
        names[i] = "head" if head else ", ".join(block.name for block in runs[i])
    return names


def _starts_stage(block, run):
    if _mixes(block):
        return not any(_mixes(other) for other in run)
    before, after = run[-1].shape, block.shape
    if not before or not after or len(before) != 3 or len(after) != 3:
        return False
    return 1.5 * after[-1] < before[-1] and not block.kind.startswith(_POOLS)


def _mixes(block):
    return block.kind in _MIXERS


def _is_loose(block):
    """Return whether a block is a layer, a unit, or a module with nothing but a unit in it."""
    if block.training_only or block.kind == "parallel" or block.shape is None:
        return False
    return not any(part.parts or part.kind == "parallel" for part in block.parts) and (
        block.kind == "unit" or not block.parts or _unit_length(block) == len(block.parts)
    )


def _unit_length(block: Block) -> int:
    units = group_units(list(block.children))
    return len(units[0].children) if len(units) == 1 else 0


def _follows(block):
    return _is_layer(block) and block.kind.startswith(_FOLLOWERS)


def _is_layer(block):
    return not block.parts and block.kind != "parallel"


def _unit(run):
    if len(run) < 2:
        return run
    return [_group(run[0].name, "unit", run[0].label, run)]


def _group(name, kind, label, blocks):
    last = blocks[-1]
    training_only = all(block.training_only for block in blocks)
    sums = totals(blocks, in_training=training_only)
    return Block(
        name,
        kind,
        label,
        last.shape,
        **sums,
        receptive_field=last.receptive_field,
        children=tuple(blocks),
        training_only=training_only,
    )

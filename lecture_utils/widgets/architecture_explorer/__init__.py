"""ArchitectureExplorer: two networks side by side, as blocks as wide as their cost."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import traitlets

from lecture_utils.architectures import available, load, title, trace

from .. import _figure
from .._demo import Demo
from .._traits import one_of
from .data import as_data

if TYPE_CHECKING:
    from torch import nn

NETWORKS = ("vgg16", "resnet50", "inception_v3", "resnet18", "efficientnet_lite0", "cats-strong")
COSTS = ("parameters", "macs", "memory")

#: The blocks open at first, where that is not the first block with branches: most of VGG16's
#: parameters, and the shortcut that halves the size of the maps.
OPENED = {
    "vgg16": ["classifier"],
    "resnet50": ["layer2", "layer2.0"],
    "resnet18": ["layer2", "layer2.0"],
}


class ArchitectureExplorer(Demo):
    """Show networks as diagrams of blocks that open down to single layers, made from the modules.

    Each block shows its output, parameters, multiply-accumulate operations (MACs), activation
    memory, and receptive field; the width of its bar is its cost. See
    `lecture_utils.architectures.trace` for how these are counted. In a live notebook, all traits
    are in sync both ways.

    Parameters
    ----------
    *networks : str or dict
        Names that `lecture_utils.architectures.available` lists, or dicts
        ``{name: (module, image_size)}``. By default VGG16, ResNet50, Inception v3, ResNet18,
        EfficientNet-Lite0, and the book's network for cats and dogs.
    left, right : str, optional
        The two that are shown first; by default the first and the second.
    cost : {"parameters", "macs", "memory"}
        What the widths of the bars stand for.
    same_scale : bool
        Whether a cost has the same width in both networks. If not, the largest block of each
        network fills its width.
    opened : dict, optional
        For each network, a list of the names of blocks that are open. By default, those that lead
        to the first branches; for VGG16 and the ResNets, hand-picked ones.

    Attributes
    ----------
    trees : dict
        For each name the `lecture_utils.architectures.Block` of the whole network.

    Raises
    ------
    ValueError, traitlets.TraitError
        If a network or block is unknown, given twice, or cannot be run.

    Examples
    --------
    >>> from torch import nn
    >>> explorer = ArchitectureExplorer({"mine": (nn.Conv2d(3, 8, kernel_size=3), 32)})
    >>> explorer.trees["mine"].macs
    194400
    """

    networks = traitlets.List().tag(sync=True)
    left = traitlets.Unicode().tag(sync=True)
    right = traitlets.Unicode().tag(sync=True)
    cost = traitlets.Enum(COSTS, "parameters").tag(sync=True)
    same_scale = traitlets.Bool(True).tag(sync=True)
    opened = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        *networks: str | Mapping[str, tuple[nn.Module, int | Sequence[int]]],
        left: str | None = None,
        right: str | None = None,
        cost: str = "parameters",
        same_scale: bool = True,
        opened: Mapping[str, Sequence[str]] | None = None,
    ):
        known = available()
        chosen = networks or [name for name in NETWORKS if name in known]
        self.trees, data = {}, []
        for item in chosen:
            for name, (tree, shape, own) in _trees(item).items():
                if name in self.trees:
                    raise ValueError(f"there are two networks called {name!r}; rename one")
                self.trees[name] = tree
                data.append(
                    {
                        "name": name,
                        "title": name if own else title(name),
                        "size": list(shape),
                        "own": own,
                        "note": tree.note,
                        "tree": as_data(tree),
                    }
                )
        names = list(self.trees)
        start = {
            name: _branching(tree) if network["own"] else OPENED.get(name, _branching(tree))
            for network, (name, tree) in zip(data, self.trees.items(), strict=True)
        }
        super().__init__(
            networks=data,
            left=names[0] if left is None else left,
            right=names[min(1, len(names) - 1)] if right is None else right,
            cost=cost,
            same_scale=same_scale,
            opened=start if opened is None else opened,
        )

    @traitlets.validate("left", "right")
    def _check_side(self, proposal):
        return one_of(proposal, self.trees)

    @traitlets.validate("opened")
    def _check_opened(self, proposal):
        for name, blocks in proposal["value"].items():
            if name not in self.trees:
                raise traitlets.TraitError(
                    f"opened names a network {name!r}; use one of {', '.join(self.trees)}"
                )
            for block in blocks:
                try:
                    self.trees[name].find(block)
                except ValueError as error:
                    raise traitlets.TraitError(f"opened, {name}: {error}") from None
        return proposal["value"]

    def figure_html(self) -> str:
        """Return a table of the blocks of each of the two networks."""
        shown = dict.fromkeys((self.left, self.right))
        return "".join(self._table(name) for name in shown)

    def _table(self, name):
        tree = self.trees[name]
        (network,) = (item for item in self.networks if item["name"] == name)
        size = "×".join(map(str, network["size"]))
        heads = ("Block", "Output", "Parameters", "MACs", "Activations", "Receptive field")
        note = f"<p>{html.escape(tree.note)}</p>" if tree.note else ""
        caption = (
            f"{network['title']} for an image of {size}: {tree.parameters:,} parameters, "
            f"{tree.macs:,} MACs, {tree.memory / 2**20:,.1f} MiB of activations."
        )
        return _figure.table(caption, heads, map(_table_row, tree.children)) + note


def _table_row(block):
    field = "×".join(map(str, block.receptive_field)) if block.receptive_field else "–"
    kind = "" if block.kind in ("stage", "Sequential", block.name) else f" ({block.label})"
    if block.training_only:
        kind += ", only in training"
    cells = (
        "×".join(map(str, block.shape)) if block.shape else "–",
        f"{block.parameters:,}",
        f"{block.macs:,}",
        f"{block.memory / 2**20:,.2f} MiB",
        field,
    )
    return _figure.table_row((block.name or block.label) + kind, cells)


def _branching(block):
    """Return the names of the blocks to open to see the first branches; none if there are none."""
    if any(child.kind == "parallel" for child in block.children):
        return [block.name] if block.name else []
    for child in block.children:
        if any(part.kind == "parallel" for part in child.walk()):
            return [*([block.name] if block.name else []), *_branching(child)]
    return []


def _trees(item):
    """Trace a network, or each one of a dict.

    Returns a dict from names to (tree, image shape, whether the network is the reader's own).
    """
    if isinstance(item, str):
        tree, shape = _trace_known(item)
        return {item: (tree, shape, False)}
    if not isinstance(item, dict) or not item:
        raise ValueError(
            f"{item!r} is not a network; give a name such as 'resnet50', or "
            "{name: (module, image_size)}"
        )
    trees = {}
    for name, pair in item.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise ValueError(f"{name!r} is {pair!r}; give (module, image_size)")
        tree = trace(*pair)
        size = pair[1] if isinstance(pair[1], (tuple, list)) else (pair[1], pair[1])
        trees[str(name)] = (tree, tuple(size), True)
    return trees


@cache
def _trace_known(name):
    module, shape = load(name)
    return trace(module, shape), shape

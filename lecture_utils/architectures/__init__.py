"""Take networks apart: every block's shape, parameters, operations, memory and receptive field.

A network is followed by ``torch.fx`` through its forward method and run once on PyTorch's device
"meta", where tensors have shapes and no values. So nothing here is drawn or typed in by hand, it
needs no memory, and a large network takes about a second.
"""

from lecture_utils.architectures._block import Block
from lecture_utils.architectures._depth import depth
from lecture_utils.architectures._networks import available, load, title
from lecture_utils.architectures._published import (
    Published,
    best_weights,
    pareto_front,
    published,
)
from lecture_utils.architectures._trace import trace

__all__ = [
    "Block",
    "Published",
    "available",
    "best_weights",
    "depth",
    "load",
    "pareto_front",
    "published",
    "title",
    "trace",
]

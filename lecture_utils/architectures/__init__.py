"""Take networks apart: every block's shape, parameters, operations, memory and receptive field.

``torch.fx`` traces a network's forward method, and the trace runs once on PyTorch's device "meta",
where tensors have shapes but no values. So every shape and count comes from the network itself.
This needs almost no memory and takes about a second even for a large network.
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

"""Run a network's graph once without values, and record the shape and cost of every step."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import fx, nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from lecture_utils._inspect import evaluating, training_mode
from lecture_utils.geometry import ReceptiveField
from lecture_utils.geometry._graph import node_fields

FLOAT32 = 4

#: One call of a module: a key, the module's path and its class.
Call: TypeAlias = tuple[str, str, type]


@dataclass(eq=False)
class Step:
    """One call in the forward pass that outputs a tensor."""

    node: fx.Node
    owners: tuple[Call, ...]  # The enclosing module calls, outermost first.
    module: nn.Module | None  # The layer that is called, or None for a function.
    weights: list[nn.Parameter]  # Parameters that a function reads.
    inputs: list[Step | None]  # The steps it reads from; None stands for the image.
    shape: tuple[int, ...]
    macs: int
    memory: int
    receptive_field: tuple[int, int] | None
    training_only: bool = False
    read_by_output: bool = False


class TracingError(Exception):
    """Raised if ``torch.fx`` cannot trace a network."""


class _Tracer(fx.Tracer):
    """Also treats subclasses of a layer as layers."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        layers = (nn.Conv2d, nn.Linear, nn.modules.batchnorm._NormBase)
        return isinstance(m, layers) or super().is_leaf_module(m, module_qualified_name)


class _Recorder(fx.Interpreter):
    """Runs a graph step by step; records each node's shape, operations and bytes."""

    def __init__(self, graph, counter):
        super().__init__(graph)
        self.counter = counter

    def run_node(self, n: fx.Node) -> Any:
        node = n
        before = self.counter.get_total_flops()
        result = super().run_node(node)
        outputs = [t for t in _flat(result) if isinstance(t, torch.Tensor)]
        inputs = [self.env[each] for each in node.all_input_nodes if each in self.env]
        known = {
            t.untyped_storage()._cdata
            for value in inputs
            for t in _flat(value)
            if isinstance(t, torch.Tensor)
        }
        node.meta["macs"] = (self.counter.get_total_flops() - before) // 2
        node.meta["shape"] = tuple(outputs[0].shape[1:]) if outputs else None
        node.meta["memory"] = FLOAT32 * sum(
            t.numel() for t in outputs if t.untyped_storage()._cdata not in known
        )
        return result


class _Runner(nn.Module):
    """Wraps the recorder in a module, so that its parameters can be replaced."""

    def __init__(self, graph, counter):
        super().__init__()
        self.graph, self.recorder = graph, _Recorder(graph, counter)

    def forward(self, image):
        return self.recorder.run(image)


def record_steps(model: nn.Module, shape: tuple[int, ...]) -> list[Step]:
    """Trace a network and run its graph on an image without values.

    Parameters
    ----------
    model : torch.nn.Module
    shape : tuple of int
        Size of the image, (C, H, W).

    Returns
    -------
    list of Step
        In the order of the forward pass.

    Raises
    ------
    TracingError
        If ``torch.fx`` cannot trace the network.
    ValueError
        If the network does not accept the image.
    """
    with evaluating(model):
        graph = _trace(model)
    if _unused(model, graph):
        # Parts that do not run for a prediction may run in training, such as an auxiliary
        # classifier.
        used = set(_paths(graph))
        try:
            whole = _trace_in_training(model)
            _run(whole, shape)
        except (TracingError, ValueError):
            pass
        else:
            return _steps(whole, lambda path: path not in used)
    _run(graph, shape)
    return _steps(graph, lambda path: False)


def without_values(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the parameters and buffers of a model as tensors with a shape but no memory.

    Floats become single precision, in which memory is counted.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    dict
        Arguments for ``torch.func.functional_call``.
    """
    tensors = itertools.chain(model.named_parameters(), model.named_buffers())
    return {
        name: torch.empty_like(
            tensor, device="meta", dtype=torch.float32 if tensor.is_floating_point() else None
        )
        for name, tensor in tensors
    }


def _trace(model):
    model = model if list(model.children()) else nn.Sequential(model)
    try:
        return fx.GraphModule(model, _Tracer().trace(model))
    except Exception as error:  # torch.fx raises many kinds of errors.
        raise TracingError(str(error).strip().partition("\n")[0]) from error


def _trace_in_training(model):
    with training_mode(model):
        return _trace(model)


def _run(graph, shape):
    counter = FlopCounterMode(display=False)
    image = torch.zeros(1, *shape, device="meta")
    try:
        with evaluating(graph), torch.no_grad(), counter:
            runner = _Runner(graph, counter)
            functional_call(runner, without_values(runner), (image,))
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"the network does not accept an image of {shape}: {reason}") from error


def _steps(graph: fx.GraphModule, only_in_training: Callable[[str], bool]) -> list[Step]:
    modules, parameters = dict(graph.named_modules()), dict(graph.named_parameters())
    fields: dict[fx.Node, ReceptiveField | str] = {}
    with suppress(ValueError):  # Padding with other values than zeros, for example.
        fields = node_fields(graph)
    steps: dict[fx.Node, Step | None] = {}
    ends: set[Step] = set()
    for node in graph.graph.nodes:
        if node.op == "output" or _is_record(node):
            ends |= {step for n in node.all_input_nodes if (step := steps.get(n))}
        elif node.op == "placeholder":
            steps[node] = None
        inputs = [steps[n] for n in node.all_input_nodes if n in steps]
        # A network's own tensors, and arithmetic on shapes, are not steps on the image's path.
        if not inputs or node.op == "output" or _is_record(node) or not node.meta.get("shape"):
            continue
        field = fields.get(node)
        steps[node] = Step(
            node,
            _owners(node),
            modules[str(node.target)] if node.op == "call_module" else None,
            [parameters[str(n.target)] for n in node.all_input_nodes if n.target in parameters],
            inputs,
            node.meta["shape"],
            node.meta["macs"],
            node.meta["memory"],
            field.size if isinstance(field, ReceptiveField) else None,
            any(only_in_training(path) for _, path, _ in _stack(node)),
        )
    for step in steps.values():
        if step is not None:
            step.read_by_output = any(step is end for end in ends)
    return [step for step in steps.values() if step is not None]


def _is_record(node):
    """Return whether a step only names several results, as Inception does in training."""
    return isinstance(node.target, type) and issubclass(node.target, tuple)


def _unused(model, graph):
    used = {id(parameter) for parameter in graph.parameters()}
    return any(id(parameter) not in used for parameter in model.parameters())


def _paths(graph: fx.GraphModule) -> Iterator[str]:
    return (path for node in graph.graph.nodes for _, path, _ in _stack(node))


def _stack(node: fx.Node) -> list[Call]:
    stack = node.meta.get("nn_module_stack") or {}
    return [(key, path, kind) for key, (path, kind) in stack.items()]


def _owners(node: fx.Node) -> tuple[Call, ...]:
    stack = _stack(node)
    # A layer is itself the last of its owners.
    return tuple(stack[:-1] if node.op == "call_module" else stack)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [item for part in value for item in _flat(part)]
    return [value]

"""Follow a network's connections, including branches, from layer to layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from lecture_utils._inspect import unwrapped
from lecture_utils.geometry._rules import (
    Lost,
    Rule,
    Step,
    gives_numbers,
    rule_of_function,
    rule_of_module,
    turned,
)
from lecture_utils.geometry._types import ReceptiveField, field_of, grids_of, through

if TYPE_CHECKING:
    from torch import fx, nn

_State: TypeAlias = ReceptiveField | Lost


def model_fields(model: nn.Module, until: str | None = None) -> list[ReceptiveField]:
    """Compute the receptive fields of a model; see `receptive_field`.

    Parameters
    ----------
    model : torch.nn.Module
        Must be traceable by ``torch.fx``.
    until : str, optional
        Module path of the last layer, or block, of interest.

    Returns
    -------
    list of ReceptiveField
        One per layer that changes the field, and one per point where branches meet.

    Raises
    ------
    ValueError
        See `receptive_field`.
    """
    states: dict[fx.Node, _State] = {}
    fields: list[ReceptiveField] = []
    until = until if until is None else _inside(model, until)
    end, unknown, last = None, None, None
    for node, rule in _rules(model):
        inputs = [states[i] for i in node.all_input_nodes if i in states]
        if node.op == "placeholder":
            states[node] = ReceptiveField("input")
        elif inputs and node.op != "output":
            state = states[node] = _next_state(node, rule, inputs)
            counts = len(inputs) > 1 or not (rule is None or _only_pads(rule))
            if isinstance(state, ReceptiveField):
                if counts:
                    fields.append(state)
                last = str(node.target) if node.op == "call_module" else last
            elif state.kind == "unknown" and unknown is None:
                unknown = state, last
            if until is not None and f"{node.target}.".startswith(f"{until}."):
                end = state, len(fields)
    if until is None:
        if unknown is not None:
            remedy = (
                f"pass until={unknown[1]!r} to stop before it" if unknown[1] else "leave it out"
            )
            raise ValueError(f"{unknown[0]}; {remedy}")
        return fields
    if end is None:
        raise ValueError(f"the network never uses a layer called {until!r}")
    state, length = end
    if isinstance(state, Lost):
        if state.kind == "whole":
            raise ValueError(
                f"{until} sees the whole image, because of {state.layer}; stop before that"
            )
        raise ValueError(f"{until} has no known receptive field: {state}; stop before that")
    return fields[:length]


def node_fields(traced: fx.GraphModule) -> dict[fx.Node, ReceptiveField | str]:
    """Compute the receptive field of every step of a traced model.

    Parameters
    ----------
    traced : torch.fx.GraphModule

    Returns
    -------
    dict
        From ``torch.fx.Node`` to a `ReceptiveField`, or to a text that explains why there is none.

    Raises
    ------
    ValueError
        If a convolution uses circular padding.
    """
    states: dict[fx.Node, _State] = {}
    for node, rule in _rules(traced):
        inputs = [states[i] for i in node.all_input_nodes if i in states]
        if node.op == "placeholder":
            states[node] = ReceptiveField("input")
        elif inputs:
            try:
                states[node] = _next_state(node, rule, inputs)
            except ValueError as error:
                states[node] = Lost(node.name, "unknown", str(error))
    return {
        node: state if isinstance(state, ReceptiveField) else str(state)
        for node, state in states.items()
    }


def chain_steps(model: nn.Module) -> list[Step]:
    """List the steps of a model that is a simple chain of layers.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    list of Step

    Raises
    ------
    ValueError
        If branches meet or a layer mixes the whole image.
    """
    steps, previous = [], None
    for node, rule in _rules(model):
        if node.op in ("placeholder", "output"):
            previous = previous or node
            continue
        if node.all_input_nodes != [previous]:
            raise ValueError(f"the network is not a simple chain of layers: it branches at {node}")
        if isinstance(rule, Lost):
            raise ValueError(f"{rule}; leave it out, as in model[:-1]")
        if rule is not None:
            steps.append(rule)
        previous = node
    return steps


def _inside(model: nn.Module, name: str) -> str:
    """Return a layer's name as seen from inside ``DataParallel`` or ``torch.compile``."""
    prefix = next((n for n, m in model.named_modules() if m is unwrapped(model)), "")
    return name.removeprefix(f"{prefix}.") if prefix else name


def _rules(model: nn.Module) -> Iterator[tuple[fx.Node, Rule]]:
    """Yield every step of the forward pass with its effect on receptive fields."""
    from torch import fx, nn

    model = unwrapped(model)
    # torch.fx would trace into the code of a single layer.
    model = model if list(model.children()) else nn.Sequential(model)
    try:
        traced = model if isinstance(model, fx.GraphModule) else fx.symbolic_trace(model)
    except Exception as error:
        raise ValueError(
            f"torch.fx cannot trace this {type(model).__name__} ({error}); give its layers as specs"
        ) from error
    modules = dict(traced.named_modules())
    # Steps that output maps as (N, H, W, C).
    channels_last: set[fx.Node] = set()
    for node in traced.graph.nodes:
        if node.op in ("placeholder", "output"):
            yield node, None
            continue
        if gives_numbers(node):
            continue
        last = any(each in channels_last for each in node.all_input_nodes)
        order = turned(node)
        if order == ((0, 3, 1, 2) if last else (0, 2, 3, 1)):
            last = not last
            yield node, None
        elif node.op == "call_module":
            yield node, rule_of_module(str(node.target), modules[str(node.target)], last)
        elif node.op in ("call_function", "call_method"):
            yield node, rule_of_function(node, last)
        if last:
            channels_last.add(node)


def _only_pads(rule):
    return isinstance(rule, Step) and rule.only_pads


def _next_state(node: fx.Node, rule: Rule, inputs: list[_State]) -> _State:
    fields = []
    for state in inputs:
        if isinstance(state, Lost):
            return state
        fields.append(state)
    if isinstance(rule, Lost):
        return rule
    field = fields[0] if len(fields) == 1 else _meet(node.name, fields)
    return field if rule is None else through(field, rule.name, (rule.rows, rule.columns))


def _meet(name: str, fields: list[ReceptiveField]) -> ReceptiveField:
    """Find the smallest region that contains those of all branches."""
    if len({field.jump for field in fields}) > 1:
        raise ValueError(
            f"at {name} branches meet with jumps {[field.jump for field in fields]}; such a "
            "network has no single receptive field"
        )
    (rows, columns), *others = map(grids_of, fields)
    for other in others:
        rows, columns = rows.joined(other[0]), columns.joined(other[1])
    return field_of(name, (rows, columns))

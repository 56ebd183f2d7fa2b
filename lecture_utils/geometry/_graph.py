"""Follow a network's own wiring, branches included, from layer to layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from lecture_utils.geometry._types import LayerSpec, ReceptiveField

if TYPE_CHECKING:
    from torch import fx, nn

# Functions and methods that treat every position of a feature map alike and by itself. Of several
# maps they take the same position: there branches meet.
_PIXELWISE = {
    "add", "iadd", "sub", "mul", "imul", "truediv", "neg", "cat", "concat", "relu", "relu_",
    "relu6", "leaky_relu", "elu", "gelu", "silu", "hardswish", "hardtanh", "sigmoid", "tanh",
    "softplus", "dropout", "dropout2d", "batch_norm", "clamp", "abs", "square", "contiguous",
}  # fmt: skip


@dataclass(frozen=True)
class _Pad(LayerSpec):
    """A layer that only pads: `padding` rows above and columns to the left, or more elsewhere."""


# What a step does to receptive fields: a window; nothing; or a text that says why nobody knows.
_Rule: TypeAlias = LayerSpec | str | None


def model_fields(model: nn.Module, until: str | None = None) -> list[ReceptiveField]:
    """Compute the receptive fields of a model, see `receptive_field`.

    Parameters
    ----------
    model : torch.nn.Module
        One that ``torch.fx`` can trace.
    until : str, optional
        Module path of the last layer, or block, of interest.

    Returns
    -------
    list of ReceptiveField
        One per convolution, pooling layer and meeting of branches.

    Raises
    ------
    ValueError
        See `receptive_field`.
    """
    states: dict[fx.Node, ReceptiveField | str] = {}
    fields: list[ReceptiveField] = []
    end = None
    for node, rule in _rules(model):
        inputs = [states[i] for i in node.all_input_nodes if i in states]
        if node.op == "placeholder":
            states[node] = ReceptiveField("input")
        elif inputs:
            states[node] = _next_state(node, rule, inputs)
            field = states[node]
            counts = len(inputs) > 1 or not (rule is None or isinstance(rule, _Pad))
            if isinstance(field, ReceptiveField) and counts:
                fields.append(field)
            if until is not None and f"{node.target}.".startswith(f"{until}."):
                end = field, len(fields)
    if until is None:
        return fields
    if end is None:
        raise ValueError(f"the network never uses a layer called {until!r}")
    if isinstance(end[0], str):
        raise ValueError(f"{until} sees the whole image, because of {end[0]}; stop before that")
    return fields[: end[1]]


def node_fields(traced: fx.GraphModule) -> dict[fx.Node, ReceptiveField | str]:
    """Compute the receptive field of every step of a traced model.

    Parameters
    ----------
    traced : torch.fx.GraphModule

    Returns
    -------
    dict
        From ``torch.fx.Node`` to a `ReceptiveField`, or to a text that says why there is none.

    Raises
    ------
    ValueError
        If a convolution pads with something else than zeros.
    """
    states: dict[fx.Node, ReceptiveField | str] = {}
    for node, rule in _rules(traced):
        inputs = [states[i] for i in node.all_input_nodes if i in states]
        if node.op == "placeholder":
            states[node] = ReceptiveField("input")
        elif inputs:
            try:
                states[node] = _next_state(node, rule, inputs)
            except ValueError as error:
                states[node] = str(error)
    return states


def chain_specs(model: nn.Module) -> list[LayerSpec]:
    """List the windows of a model that is a plain chain of layers.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    list of LayerSpec

    Raises
    ------
    ValueError
        If branches meet or a layer mixes the whole image.
    """
    specs, previous = [], None
    for node, rule in _rules(model):
        if node.op in ("placeholder", "output"):
            previous = previous or node
            continue
        if node.all_input_nodes != [previous]:
            raise ValueError(f"the network is no plain chain of layers: it branches at {node}")
        if isinstance(rule, str):
            raise ValueError(f"{rule} mixes the whole image; leave it out, as in model[:-1]")
        if isinstance(rule, _Pad):
            raise ValueError(f"{rule.name} only pads; let the convolution after it do that")
        if rule is not None:
            specs.append(rule)
        previous = node
    return specs


def _rules(model: nn.Module) -> Iterator[tuple[fx.Node, _Rule]]:
    """Yield every step of the forward pass with what it does to receptive fields.

    That is a LayerSpec for a window, None for a pixelwise step, and a text that names the step if
    its outputs depend on everything, or nobody here knows on what.
    """
    from torch import fx, nn

    # A layer on its own would be traced into its inside.
    model = model if list(model.children()) else nn.Sequential(model)
    try:
        traced = model if isinstance(model, fx.GraphModule) else fx.symbolic_trace(model)
    except Exception as error:
        raise ValueError(
            f"torch.fx cannot follow this {type(model).__name__} ({error}); "
            "give its layers as specs"
        ) from error
    modules = dict(traced.named_modules())
    for node in traced.graph.nodes:
        if node.op == "call_module":
            yield node, _rule_of_module(str(node.target), modules[str(node.target)])
        elif node.op in ("call_function", "call_method"):
            yield node, _rule_of_function(node)
        elif node.op in ("placeholder", "output"):
            yield node, None


def _rule_of_module(name: str, module: Any) -> _Rule:
    from torch import nn

    if isinstance(module, nn.Conv2d):
        if module.padding_mode != "zeros":
            raise ValueError(f"{name} pads with {module.padding_mode!r}; only zeros are understood")
        window: Any = (module.kernel_size, module.stride, module.padding, module.dilation)
        return LayerSpec(*window, name=name)
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        dilation = getattr(module, "dilation", 1)
        return LayerSpec(
            module.kernel_size, module.stride, module.padding, dilation, module.ceil_mode, name
        )
    if isinstance(module, nn.ZeroPad2d) and min(module.padding) >= 0:
        left, _, top, _ = module.padding
        return _Pad(1, padding=(top, left), name=name)
    activation = type(module).__module__ == "torch.nn.modules.activation"
    pixelwise = (nn.BatchNorm2d, nn.Identity, nn.modules.dropout._DropoutNd)
    if isinstance(module, pixelwise) or (
        activation and not isinstance(module, nn.MultiheadAttention)
    ):
        return None
    return f"{name} ({type(module).__name__})"


def _rule_of_function(node: fx.Node) -> _Rule:
    from torch.nn import functional

    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    if node.target in (functional.max_pool2d, functional.avg_pool2d):
        names = ("input", "kernel_size", "stride", "padding")
        values: dict[str, Any] = dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
        kernel = values["kernel_size"]
        return LayerSpec(
            kernel,
            values.get("stride") or kernel,
            values.get("padding", 0),
            values.get("dilation", 1),
            values.get("ceil_mode", False),
            node.name,
        )
    return None if name in _PIXELWISE else f"{node.name} ({name})"


def _next_state(
    node: fx.Node, rule: _Rule, inputs: list[ReceptiveField | str]
) -> ReceptiveField | str:
    fields = []
    for state in inputs:
        if isinstance(state, str):
            return state
        fields.append(state)
    if isinstance(rule, str):
        return rule
    field = fields[0] if len(fields) == 1 else _meet(node.name, fields)
    return field if rule is None else field.after(rule)


def _meet(name: str, fields: list[ReceptiveField]) -> ReceptiveField:
    """Find the smallest region that holds those of all branches."""
    if len({field.jump for field in fields}) > 1:
        raise ValueError(
            f"at {name} branches meet with jumps {[field.jump for field in fields]}; such a "
            "network has no single receptive field"
        )
    top, left = (min(field.offset[a] for field in fields) for a in range(2))
    bottom, right = (max(field.offset[a] + field.size[a] for field in fields) for a in range(2))
    return ReceptiveField(name, (bottom - top, right - left), fields[0].jump, (top, left))

"""Find the stages of any network whose parts run one after the other, by observing a run."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lecture_utils._inspect import (
    Snapshot,
    check_forward,
    evaluating,
    training_mode,
    unwrapped,
)

# Networks for small images may accept no others.
_SIZES = (64, 32, 96, 128, 224, 299)
# Operations in forward methods, between two layers, that have no module.
_GLUE: tuple[Callable[[], list[nn.Module]], ...] = (
    lambda: [],
    lambda: [nn.ReLU()],
    lambda: [nn.Flatten()],
    lambda: [nn.AdaptiveAvgPool2d(1), nn.Flatten()],
    lambda: [nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()],
    lambda: [nn.AdaptiveMaxPool2d(1), nn.Flatten()],
    lambda: [nn.ReLU(), nn.Flatten()],
    lambda: [nn.MaxPool2d(2)],
    lambda: [nn.ReLU(), nn.MaxPool2d(2)],
    lambda: [nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()],
    lambda: [nn.ReLU(), nn.MaxPool2d(3, 2, 1)],
    lambda: [nn.ReLU6()],
    lambda: [nn.SiLU()],
    lambda: [nn.GELU()],
    lambda: [nn.LeakyReLU()],
)


def checked(model: nn.Module) -> nn.Module:
    """Return the network inside a wrapper, or raise ValueError if it cannot be taken apart."""
    model = unwrapped(model)
    if any(isinstance(module, torch.jit.ScriptModule) for module in model.modules()):
        raise ValueError(
            "the model is a TorchScript module, which cannot be taken apart; pass the model before "
            "torch.jit.script or torch.jit.trace"
        )
    return model


class Trial:
    """One run of a network on a noise image, in evaluation mode.

    Parameters
    ----------
    model : nn.Module
        Not changed.

    Attributes
    ----------
    images : tensor, shape (1, 3, H, W)
    features : int
        Number of inputs of the last linear layer or, if there is none, of output channels.

    Raises
    ------
    ValueError
        If the model does not accept color images, or a linear layer is not the last active layer.
    """

    def __init__(self, model: nn.Module) -> None:
        check_forward(model.forward)
        self.model = model
        self.kind = type(model).__name__
        self.images, output = self._run()
        self.linear: nn.Module | None = None
        self.target = output
        calls = self._calls([m for m in model.modules() if isinstance(m, nn.Linear)])
        parts = _parts(model)
        if calls:
            linear, given, logits = calls[-1]
            if any(part is linear for part in parts.values()):
                self.linear, self.target = linear, given
            elif isinstance(output, Tensor) and self._decides(linear, logits, output):
                inside = next(n for n, m in model.named_children() if linear in set(m.modules()))
                raise ValueError(
                    self._refusal(f"its last linear layer lies inside its part {inside!r}")
                    + f"; or pass that part, model.get_submodule({inside!r})"
                )
        if self.linear is None:
            self._check_that_no_convolution_classifies(output)
        if not isinstance(self.target, Tensor) or self.target.ndim not in (2, 4):
            shape = tuple(getattr(self.target, "shape", ())) or type(self.target).__name__
            raise ValueError(self._refusal(f"its features have shape {shape}, not (N, features)"))
        self.features = self.target.shape[1]

    def confirms(self, stages: OrderedDict[str, nn.Module]) -> bool:
        """Return whether the stages, one after the other, compute the last linear layer's input."""
        chain = nn.Sequential(stages)
        try:
            with evaluating(self.model), evaluating(chain), torch.no_grad():
                return _equal(chain(self.images), self.target)
        except (RuntimeError, ValueError, TypeError):
            return False

    def check_training(self, stages: OrderedDict[str, nn.Module]) -> None:
        """Raise ValueError if the stages omit an operation that runs only in training mode.

        Dropout and batch normalization layers stay in evaluation mode: they are included in the
        stages, or left out on purpose.
        """
        chain = nn.Sequential(stages)
        snapshot = Snapshot(self.model)
        try:
            images, target = self._train()
            snapshot.restore()
            with _training_functions(chain), torch.no_grad():
                result = chain(images)
        finally:
            snapshot.restore()
        if isinstance(target, Tensor) and target.ndim == 4:
            target = target.mean(dim=(2, 3))
        same = isinstance(target, Tensor) and (
            _equal(result, target) or _is_dropout(result, target)
        )
        if not same:
            reason = (
                "in training mode its forward method does more than its layers do, such as "
                "functional.dropout or noise; make that a layer (nn.Dropout)"
            )
            raise self.refuse(reason)

    def _train(self) -> tuple[Tensor, Any]:
        """Run the model on two images in training mode; return them and the value of `target`."""
        targets: list[Any] = []

        def note(_, inputs):
            targets.append(inputs[0].clone())

        # Layers used only in training, such as Inception's, may need larger images.
        sizes = dict.fromkeys([self.images.shape[-1], _SIZES[-1]])
        reason = ""
        hook = None if self.linear is None else self.linear.register_forward_pre_hook(note)
        try:
            for size in sizes:
                images = nn.functional.interpolate(self.images.float(), (size, size))
                images = torch.cat([images, -images]).to(self.images)
                try:
                    with _training_functions(self.model), torch.no_grad():
                        output = self.model(images.clone())
                except Exception as error:  # as in `_run`
                    reason = reason or str(error).strip().partition("\n")[0]
                    continue
                output = output[0] if isinstance(output, tuple) else output
                return images, targets[-1] if targets else output
        finally:
            if hook is not None:
                hook.remove()
        raise self.refuse(f"it does not run in training mode: {reason}")

    def _decides(self, linear: nn.Module, logits: Tensor, output: Tensor) -> bool:
        """Return whether a linear layer's output is, or alone determines, the network's output."""
        if _equal(logits.flatten(), output.flatten()):
            return True
        if logits.ndim != 2:
            return False
        hook = linear.register_forward_hook(lambda *_: logits.clone())
        try:
            with evaluating(self.model), torch.no_grad():
                # From another image, but with the same logits.
                return _equal(self.model(-self.images), output)
        finally:
            hook.remove()

    def _check_that_no_convolution_classifies(self, output):
        """Refuse networks such as SqueezeNet, whose features look the same as logits."""
        named = {m: name for name, m in self.model.named_modules() if m._parameters}
        calls = self._calls(list(named))
        last = calls[-1][0] if calls else None
        if (
            isinstance(last, nn.Conv2d)
            and last.kernel_size == (1, 1)
            and getattr(output, "ndim", 4) == 2
            and last.out_channels == output.shape[1]
        ):
            reason = (
                f"its last layer with weights is a 1x1 convolution, {named[last]!r}, which may be "
                "its classifier"
            )
            raise ValueError(
                f"{self._refusal(reason)}; or pass the part before it, as model.features of a "
                "SqueezeNet"
            )

    def calls_of(self, parts: OrderedDict[str, nn.Module]) -> list[tuple[str, Tensor, Tensor]]:
        """List the calls of parts in order: name, input and output."""
        names = {module: name for name, module in parts.items()}
        return [(names[m], given, output) for m, given, output in self._calls(list(names))]

    def _calls(self, modules):
        """Run the model again; inputs and outputs are copies, because of in-place layers."""
        calls, open_inputs = [], {}

        def before(module, inputs):
            given = inputs[0] if inputs else None
            open_inputs[module] = given.clone() if isinstance(given, Tensor) else given

        def after(module, _, output):
            output = output.clone() if isinstance(output, Tensor) else output
            calls.append((module, open_inputs.pop(module), output))

        hooks = []
        try:
            for module in modules:
                hooks.append(module.register_forward_pre_hook(before))
                hooks.append(module.register_forward_hook(after))
            with evaluating(self.model), torch.no_grad():
                self.model(self.images)
        finally:
            for hook in hooks:
                hook.remove()
        return calls

    def _run(self):
        like = next((p for p in self.model.parameters() if p.is_floating_point()), torch.empty(0))
        generator = torch.Generator().manual_seed(0)
        reason = ""
        for size in _SIZES:
            images = torch.randn(1, 3, size, size, generator=generator).to(like.device, like.dtype)
            try:
                with evaluating(self.model), torch.no_grad():
                    return images, self.model(images)
            except Exception as error:  # forward methods check sizes in their own ways
                reason = reason or str(error).strip().partition("\n")[0]
        raise ValueError(self._refusal(f"it does not take color images: {reason}"))

    def _refusal(self, reason):
        return (
            f"a head can be attached to networks for color images whose parts run one after the "
            f"other, not to {self.kind}: {reason}; build an nn.Sequential of its layers yourself"
        )

    def refuse(self, reason: str) -> ValueError:
        """Return the error that explains why this network cannot be cut."""
        return ValueError(self._refusal(reason))


def in_order(model: nn.Module, trial: Trial) -> OrderedDict[str, nn.Module]:
    """Cut a network into its parts, in the order in which they are called.

    Parameters
    ----------
    model : nn.Module
    trial : Trial
        A trial of this model.

    Returns
    -------
    OrderedDict of nn.Module
        The last one is called ``pool``.

    Raises
    ------
    ValueError
        If the parts do not run one after the other.
    """
    if trial.images.is_meta:
        raise trial.refuse("its weights have no values (device meta)")
    parts = _parts(model)
    calls = trial.calls_of(parts)
    # Everything from the last linear layer on is the head.
    ends = [i for i, (name, _, _) in enumerate(calls) if parts[name] is trial.linear]
    calls = calls[: ends[-1]] if ends else calls
    names = [name for name, _, _ in calls]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise trial.refuse(f"its part {twice!r} is used more than once")
    steps: list[tuple[str, nn.Module]] = []
    value, before = trial.images, "the image"
    for name, given, output in calls:
        steps += _glue(trial, value, given, f"between {before} and {name!r}", f"before_{name}")
        steps.append((name, parts[name]))
        value, before = output, repr(name)
    target, pooled = trial.target, []
    if target.ndim == 4:
        pooled = [("pooling", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten())]
        trial.target = target.mean(dim=(2, 3))
    steps += _glue(trial, value, target, f"between {before} and the features", "last") + pooled
    stages = _grouped(steps)
    if not trial.confirms(stages):
        raise trial.refuse("its parts, one after the other, do not compute its features")
    return stages


def _parts(model):
    """List a network's parts: its children, and those of a child that is a chain of stages."""
    children = list(model.named_children())
    with_maps = [name for name, child in children if _has_convolutions(child)]
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for name, child in children:
        inside = list(child.named_children())
        chain = isinstance(child, nn.Sequential) and len(inside) > 0
        stages = all(isinstance(part, nn.Sequential) for _, part in inside)
        if chain and (with_maps == [name] or stages or name not in with_maps):
            for key, part in inside:
                parts[f"{name}{key}" if key.isdigit() else f"{name}_{key}"] = part
        else:
            parts[f"part{name}" if name.isdigit() else name] = child
    return parts


def _has_convolutions(module):
    return any(isinstance(each, nn.Conv2d) for each in module.modules())


def _glue(trial, value, wanted, where, name):
    """Find the operations between two parts, and express them as layers."""
    if isinstance(value, Tensor) and isinstance(wanted, Tensor):
        for layers in _GLUE:
            chain = nn.Sequential(*layers())
            try:
                fits = _equal(chain(value.clone()), wanted)
            except (RuntimeError, ValueError, IndexError):
                continue
            if fits:
                return [(f"{name}_{i}", layer) for i, layer in enumerate(chain)]
    raise trial.refuse(f"something happens {where} that is not a layer, or there are branches")


def _grouped(steps):
    """Group single layers into stages: up to a pooling layer, or to a part that contains layers."""
    stages: OrderedDict[str, nn.Module] = OrderedDict()
    block: list[tuple[str, nn.Module]] = []

    def close():
        if block:
            name = f"block{len(stages)}" if stages else "stem"
            stages[name] = nn.Sequential(OrderedDict(block))
            block.clear()

    for name, layer in steps:
        if list(layer.children()):
            close()
            # "head" is the name of the new classification head; "normalize" comes first.
            taken = name in ("head", "normalize", "pool", "dense", "stem")
            stages[f"{name}_" if taken and name != "stem" else name] = layer
        else:
            block.append((name, layer))
            if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
                close()
    dense = any(isinstance(layer, nn.Linear) for _, layer in block)
    last = nn.Sequential(OrderedDict(block))
    if dense:
        stages["dense"] = last
    stages["pool"] = nn.Identity() if dense else last
    return stages


@contextmanager
def _training_functions(model: nn.Module) -> Iterator[None]:
    """Put a model into training mode, except for its dropout and batch normalization layers."""
    layers = nn.modules.dropout._DropoutNd | nn.modules.batchnorm._BatchNorm
    with training_mode(model):
        for module in model.modules():
            if isinstance(module, layers):
                module.training = False
        yield


def _is_dropout(values, dropped):
    """Return whether dropout alone explains the difference: zeros, and one factor otherwise."""
    if values.shape != dropped.shape:
        return False
    kept = dropped != 0
    factor = dropped[kept].double().sum() / values[kept].double().sum()
    return bool(factor > 1) and _equal(values[kept] * factor.to(values.dtype), dropped[kept])


def _equal(values, expected):
    if not isinstance(values, Tensor) or values.shape != expected.shape:
        return False
    if values.is_meta:
        return True
    # Uninitialized weights can give any value; the same computation gives it again.
    finite = expected.nan_to_num(0, 0, 0)
    precision = max(1e-4, 4 * torch.finfo(expected.dtype).eps)
    limit = precision * max(float(finite.abs().max()), 1e-6)
    return torch.allclose(values, expected, rtol=0, atol=limit, equal_nan=True)

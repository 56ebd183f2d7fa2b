"""A sequential PyTorch model for the page: a list of layers, and a buffer of parameters."""

import copy

import numpy as np

SIZE = 28
CLASSES = 10
_SUPPORTED = (
    "Conv2d, BatchNorm2d right behind it, Linear, ReLU, MaxPool2d, AdaptiveAvgPool2d(1), Flatten, "
    "Dropout, and Identity"
)


def frozen(model):
    """Return a copy of a model in evaluation mode, on the CPU, in single precision.

    Raises
    ------
    ValueError
        If it is not an `nn.Sequential`, or does not turn (1, 1, 28, 28) into ten logits.
    """
    import torch
    from torch import nn

    if not isinstance(model, nn.Sequential):
        raise ValueError(f"model is a {type(model).__name__}; give an nn.Sequential")
    model = copy.deepcopy(model).eval().cpu().float()
    try:
        with torch.no_grad():
            shape = tuple(model(torch.zeros(1, 1, SIZE, SIZE)).shape)
    except RuntimeError as error:
        raise ValueError(f"the model does not take an input of (1, 1, 28, 28): {error}") from None
    if shape != (1, CLASSES):
        raise ValueError(
            f"the model turns (1, 1, 28, 28) into {shape}; one logit per digit would be (1, 10)"
        )
    return model


def describe(model):
    """List what the page must know about each layer, and its parameters.

    Parameters
    ----------
    model : nn.Sequential
        As `frozen` returns it. Sequentials inside are unpacked.

    Returns
    -------
    layers : list of dict
        Kind, sizes and options. Layers that do nothing in evaluation mode are left out.
    parameters : ndarray of float32, shape (number of parameters,)
        In the order of the layers: weight, bias; for batch normalization also mean and variance.

    Raises
    ------
    ValueError
        If a layer, or an option, is not supported (the message names it), or a parameter is NaN.

    Examples
    --------
    >>> from torch import nn
    >>> layers, parameters = describe(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
    >>> [layer["kind"] for layer in layers], parameters.shape
    (['Flatten', 'Linear'], (7850,))
    """
    layers, arrays = [], []
    for module in _unpacked(model):
        kind = type(module).__name__
        if kind in ("Dropout", "Dropout2d", "Identity"):
            continue
        if kind not in _DESCRIPTIONS:
            raise ValueError(f"the page cannot compute {module}; it knows {_SUPPORTED}")
        if kind == "BatchNorm2d" and not (layers and layers[-1]["kind"] == "Conv2d"):
            raise ValueError(
                f"the page folds {module} into a Conv2d, which must come right before it"
            )
        layer, tensors = _DESCRIPTIONS[kind](module)
        layers.append(layer)
        arrays += [t.detach().numpy().ravel() for t in tensors if t is not None]
    parameters = np.concatenate(arrays).astype(np.float32) if arrays else np.zeros(0, np.float32)
    if not np.isfinite(parameters).all():
        raise ValueError("the model has parameters that are not finite; has its training diverged?")
    return layers, parameters


def pack(parameters):
    """Return parameters as bytes, and their type: half precision where that loses nothing.

    Returns
    -------
    bytes : ndarray of uint8
    precision : {"float16", "float32"}
    """
    with np.errstate(over="ignore"):
        half = parameters.astype("<f2")
    if np.array_equal(half.astype(np.float32), parameters):
        return half.view(np.uint8), "float16"
    return parameters.astype("<f4").view(np.uint8), "float32"


def _unpacked(model):
    for module in model:
        if type(module).__name__ == "Sequential":
            yield from _unpacked(module)
        else:
            yield module


def _pair(value):
    return [int(v) for v in value] if isinstance(value, (tuple, list)) else [int(value)] * 2


def _refuse(module, unsupported):
    if unsupported:
        raise ValueError(f"the page cannot compute {module}: {unsupported} is not supported")


def _conv(module):
    for name, usual in (("groups", 1), ("dilation", (1, 1)), ("padding_mode", "zeros")):
        value = getattr(module, name)
        _refuse(module, value != usual and f"{name}={value!r}")
    _refuse(module, isinstance(module.padding, str) and f"padding={module.padding!r}")
    layer = {
        "kind": "Conv2d",
        "inputs": module.in_channels,
        "outputs": module.out_channels,
        "kernel": _pair(module.kernel_size),
        "step": _pair(module.stride),
        "padding": _pair(module.padding),
        "bias": module.bias is not None,
    }
    return layer, (module.weight, module.bias)


def _batch_norm(module):
    _refuse(module, not module.affine and "affine=False")
    _refuse(module, module.running_mean is None and "track_running_stats=False")
    layer = {"kind": "BatchNorm2d", "outputs": module.num_features, "epsilon": module.eps}
    return layer, (module.weight, module.bias, module.running_mean, module.running_var)


def _linear(module):
    layer = {
        "kind": "Linear",
        "inputs": module.in_features,
        "outputs": module.out_features,
        "bias": module.bias is not None,
    }
    return layer, (module.weight, module.bias)


def _max_pool(module):
    for name, usual in (("padding", (0, 0)), ("dilation", (1, 1))):
        value = getattr(module, name)
        _refuse(module, tuple(_pair(value)) != usual and f"{name}={value!r}")
    _refuse(module, module.ceil_mode and "ceil_mode=True")
    kernel, step = _pair(module.kernel_size), _pair(module.stride)
    return {"kind": "MaxPool2d", "kernel": kernel, "step": step}, ()


def _average(module):
    _refuse(module, _pair(module.output_size) != [1, 1] and f"output_size={module.output_size}")
    return {"kind": "AdaptiveAvgPool2d"}, ()


def _flatten(module):
    _refuse(module, module.start_dim != 1 and f"start_dim={module.start_dim}")
    return {"kind": "Flatten"}, ()


_DESCRIPTIONS = {
    "Conv2d": _conv,
    "BatchNorm2d": _batch_norm,
    "Linear": _linear,
    "ReLU": lambda module: ({"kind": "ReLU"}, ()),
    "MaxPool2d": _max_pool,
    "AdaptiveAvgPool2d": _average,
    "Flatten": _flatten,
}

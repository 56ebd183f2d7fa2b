"""The output and cost of each layer, or why it does not fit; `stack.js` computes the same."""

import math

from lecture_utils.geometry import output_size

FLOAT32 = 4


def describe(layers, input_shape, batch_size=1):
    """Follow the shapes through a stack of layers.

    Parameters
    ----------
    layers : list of dict
        Complete layers, see `kinds.complete`.
    input_shape : tuple of int
        Channels, height and width.
    batch_size : int
        Images at once; only memory depends on it.

    Returns
    -------
    list of dict
        One per layer: ``layer`` (its type), ``input_shape``, ``output_shape``, ``parameters``,
        ``macs`` (multiplications by a weight, one image), ``mult_adds`` (as torchinfo counts:
        biases and normalization too), ``bytes`` (of the outputs, float32), ``receptive_field``
        (rows and columns, or None where that has no meaning) and ``problem``, a sentence or None.
        After the first problem, shapes and numbers are None.

    Examples
    --------
    >>> row = describe([{"type": "Flatten"}], (1, 28, 28))[0]
    >>> row["output_shape"], row["parameters"]
    ((784,), 0)
    """
    shape, field = tuple(input_shape), ((1, 1), (1, 1))
    rows, waits, flattened = [], None, None
    for number, layer in enumerate(layers, 1):
        problem = waits or find_problem(layer, shape, flattened)
        row = {"layer": layer["type"], "problem": problem}
        if problem:
            waits = waits or f"Waits for layer {number}."
            names = "input_shape output_shape parameters macs mult_adds bytes receptive_field"
            rows.append(row | dict.fromkeys(names.split()))
            continue
        output = _output_shape(layer, shape)
        field = _next_field(layer, shape, field, flattened)
        rows.append(
            row
            | {"input_shape": shape, "output_shape": output}
            | _costs(layer, shape, output)
            | {"bytes": FLOAT32 * batch_size * math.prod(output)}
            | {"receptive_field": field and field[0]}
        )
        if layer["type"] == "Flatten" and len(shape) == 3:
            flattened = shape
        elif layer["type"] == "Linear":
            flattened = None
        shape = output
    return rows


def find_problem(layer, shape, flattened=None):
    """Say why a layer does not fit its input, and what to change; None if it fits.

    Parameters
    ----------
    layer : dict
    shape : tuple of int
        Of its input: (C, H, W) or (features,).
    flattened : tuple of int, optional
        The shape that was flattened into this input.

    Returns
    -------
    str or None
    """
    kind = layer["type"]
    if kind == "Linear":
        return _linear_problem(layer["in_features"], shape, flattened)
    if kind in ("ReLU", "Dropout", "Flatten"):
        return None
    if len(shape) == 1:
        return (
            f"{kind} works on maps (channels × height × width), but it receives a vector of "
            f"{shape[0]} values. Move it up, before Flatten."
        )
    if kind in ("BatchNorm2d", "AdaptiveAvgPool2d"):
        return None
    channels, height, width = shape
    kernel, padding, dilation = layer["kernel_size"], layer["padding"], layer.get("dilation", 1)
    if kind == "Conv2d":
        groups = layer["groups"]
        for count, what in ((channels, "incoming"), (layer["out_channels"], "outgoing")):
            if count % groups:
                noun = "channel" if count == 1 else "channels"
                return f"{count} {what} {noun} cannot be divided into {groups} equal groups."
    elif padding > kernel // 2:
        return (
            f"Padding is {padding}, but pooling allows at most half of its kernel, here "
            f"{kernel // 2}: otherwise a window could lie on padding alone."
        )
    try:
        _map_size(layer, height, width)
    except ValueError:
        covered = dilation * (kernel - 1) + 1
        spread = f" ({kernel}×{kernel}, spread by dilation {dilation})" if dilation > 1 else ""
        padded = f"{height + 2 * padding}×{width + 2 * padding}"
        inside = f"; with padding {padding}, {padded}" if padding else ""
        return (
            f"The kernel covers {covered}×{covered} pixels{spread}, but its input has only "
            f"{height}×{width}{inside}. Use a smaller kernel, or pool less before it."
        )
    return None


def _linear_problem(wanted, shape, flattened):
    if shape[-1] == wanted:
        return None
    if len(shape) == 3:
        return (
            f"Linear reads vectors of {wanted} values, but it receives maps of {_times(shape)}. "
            f"Put a Flatten before it: that makes {math.prod(shape)} values."
        )
    origin = f" ({_times(flattened)}, flattened)" if flattened else ""
    return f"in_features is {wanted}, but the layer receives {shape[0]} values{origin}."


def _map_size(layer, height, width):
    return output_size(
        (height, width),
        layer["kernel_size"],
        layer["stride"],
        layer["padding"],
        layer.get("dilation", 1),
        layer.get("ceil_mode", False),
    )


def _output_shape(layer, shape):
    kind = layer["type"]
    if kind == "Linear":
        return (*shape[:-1], layer["out_features"])
    if kind == "Flatten":
        return (math.prod(shape),)
    if kind == "AdaptiveAvgPool2d":
        return (shape[0], 1, 1)
    if "kernel_size" in layer:
        return (layer.get("out_channels", shape[0]), *_map_size(layer, *shape[1:]))
    return shape


def _costs(layer, shape, output):
    kind, parameters, macs, mult_adds = layer["type"], 0, 0, 0
    if kind == "Conv2d":
        weights = layer["out_channels"] * (shape[0] // layer["groups"]) * layer["kernel_size"] ** 2
        parameters = weights + layer["bias"] * layer["out_channels"]
        positions = output[1] * output[2]
        macs, mult_adds = weights * positions, parameters * positions
    elif kind == "Linear":
        parameters = (layer["in_features"] + layer["bias"]) * layer["out_features"]
        macs, mult_adds = math.prod(output) * layer["in_features"], parameters
    elif kind == "BatchNorm2d":
        parameters = mult_adds = 2 * shape[0]
    return {"parameters": parameters, "macs": macs, "mult_adds": mult_adds}


def _next_field(layer, shape, field, flattened):
    """Return (size, jump) of the receptive field, each (rows, columns)."""
    kind = layer["type"]
    if field is None or (kind == "Linear" and len(shape) == 3):
        return None  # A dense layer on one axis of maps: no window any more.
    size, jump = field
    if "kernel_size" in layer:
        reach = layer.get("dilation", 1) * (layer["kernel_size"] - 1)
        size = tuple(n + reach * by for n, by in zip(size, jump, strict=True))
        return size, tuple(by * layer["stride"] for by in jump)
    # A layer that reads all positions has the union of all their fields.
    counts = shape[1:] if kind == "AdaptiveAvgPool2d" else flattened[1:] if flattened else None
    if counts and kind in ("AdaptiveAvgPool2d", "Linear"):
        size = tuple(n + (count - 1) * by for n, count, by in zip(size, counts, jump, strict=True))
    return size, jump


def _times(shape):
    return "×".join(map(str, shape))

"""Write a small network as an ONNX file without the onnx package, as raw protocol buffers.

A message is a list of fields; a field is its number, its wire type, and either an integer (type 0)
or bytes preceded by their length (type 2). The numbers are those of onnx.proto, opset 17.
"""

import numpy as np

_FLOAT, _INTS = 1, 7
_OPSET, _IR_VERSION = 17, 8


def _integer(value):
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    return bytes([*data, value])


def _field(number, value):
    if isinstance(value, int):
        return _integer(number << 3) + _integer(value)
    data = value.encode() if isinstance(value, str) else value
    return _integer(number << 3 | 2) + _integer(len(data)) + data


def _message(*fields):
    return b"".join(_field(number, value) for number, value in fields)


def _tensor(name, array):
    dims = [(1, size) for size in array.shape]
    raw = np.ascontiguousarray(array, "<f4").tobytes()
    return _message(*dims, (2, _FLOAT), (8, name), (9, raw))


def _value(name, shape):
    dims = _message(*((1, _message((1, size))) for size in shape))
    return _message((1, name), (2, _message((1, _message((1, _FLOAT), (2, dims))))))


def _node(kind, inputs, output, attributes):
    fields = [(1, name) for name in inputs] + [(2, output), (4, kind)]
    for name, value in attributes.items():
        if isinstance(value, int):
            attribute = _message((1, name), (3, value), (20, 2))
        else:
            attribute = _message((1, name), *((8, v) for v in value), (20, _INTS))
        fields.append((5, attribute))
    return _message(*fields)


def export(model):
    """Return an `nn.Sequential` as the bytes of an ONNX file, from "input" to the last output.

    Parameters
    ----------
    model : nn.Sequential
        Layers: Conv2d, ReLU, MaxPool2d, AdaptiveAvgPool2d(1), Flatten and Linear.

    Raises
    ------
    ValueError
        If the model has another layer.
    """
    nodes, tensors, last = [], [], "input"
    for i, module in enumerate(model):
        kind, attributes = _operator(module)
        inputs = [last]
        for name, parameter in module.named_parameters():
            inputs.append(f"{i}.{name}")
            tensors.append(_tensor(inputs[-1], parameter.detach().numpy()))
        last = f"output{i}"
        nodes.append(_node(kind, inputs, last, attributes))
    graph = _message(
        *((1, node) for node in nodes),
        (2, "network"),
        *((5, tensor) for tensor in tensors),
        (11, _value("input", (1, 1, 28, 28))),
        (12, _value(last, (1, 10))),
    )
    return _message((1, _IR_VERSION), (7, graph), (8, _message((1, ""), (2, _OPSET))))


def _operator(module):
    kind = type(module).__name__
    if kind == "Conv2d":
        return "Conv", {"strides": module.stride, "pads": module.padding * 2}
    if kind == "MaxPool2d":
        size, step = (
            (v, v) if isinstance(v, int) else v for v in (module.kernel_size, module.stride)
        )
        return "MaxPool", {"kernel_shape": size, "strides": step}
    if kind == "Linear":
        return "Gemm", {"transB": 1}
    simple = {"ReLU": "Relu", "AdaptiveAvgPool2d": "GlobalAveragePool", "Flatten": "Flatten"}
    if kind not in simple:
        raise ValueError(f"cannot write {module} as ONNX")
    return simple[kind], {}

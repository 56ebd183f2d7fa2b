"""The WebAssembly of the demos: its bytes come from its text, it computes what NumPy does."""

import base64
import re

import numpy as np
import pytest
import wasm_kernels
import wasmtime
from numpy.lib.stride_tricks import sliding_window_view

TEXT = (wasm_kernels.FOLDER / "kernels.wat").read_text(encoding="utf-8")
SCRIPT = (wasm_kernels.FOLDER / "kernels.js").read_text(encoding="utf-8")
PAGE = 65536


def test_the_bytes_are_those_of_the_text():
    shipped = dict(re.findall(r'export const (\w+) =\s*"([^"]+)"', SCRIPT))
    assert {n: base64.b64decode(b) for n, b in shipped.items()} == wasm_kernels.modules(TEXT)
    # A comment changes nothing, an instruction does.
    assert wasm_kernels.modules(";; a comment\n" + TEXT) == wasm_kernels.modules(TEXT)
    assert wasm_kernels.modules(TEXT.replace("f32x4.max", "f32x4.min")) != wasm_kernels.modules(
        TEXT
    )


@pytest.fixture(params=["RELAXED", "PLAIN"])
def kernels(request):
    """The exported functions, and the memory they work in as an array of float32."""
    config = wasmtime.Config()
    config.wasm_relaxed_simd = True
    store = wasmtime.Store(wasmtime.Engine(config))
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(4, None)))
    module = wasmtime.Module(store.engine, wasm_kernels.modules(TEXT)[request.param])
    exports = wasmtime.Instance(store, module, [memory]).exports(store)
    numbers = np.ctypeslib.as_array(memory.data_ptr(store), (4 * PAGE,)).view(np.float32)
    return lambda name, *arguments: exports[name](store, *map(int, arguments)), numbers


@pytest.mark.parametrize("shape", [(6, 7, 3, 2, 4, 1), (4, 4, 1, 1, 8, 3), (9, 5, 3, 3, 4, 2)])
def test_convolution_and_pooling_are_numpys(kernels, shape):
    run, memory = kernels
    height, width, rows, columns, channels, blocks = shape
    rng = np.random.default_rng(sum(shape))
    image = rng.normal(size=(height, width, channels)).astype(np.float32)
    weights = rng.normal(size=(blocks, rows, columns, channels, 8)).astype(np.float32)
    bias = rng.normal(size=(blocks, 8)).astype(np.float32)
    out = (height - rows + 1) * (width - columns + 1)
    # Addresses in bytes: the image, the offsets, the weights, the bias, the output.
    starts = np.cumsum([0, image.size, out, weights.size, bias.size]) * 4
    places = [start // 4 for start in starts]
    memory[: image.size] = image.ravel()
    top, left = np.divmod(np.arange(out), width - columns + 1)
    offsets = 4 * channels * (top * width + left)
    memory[places[1] : places[1] + out] = offsets.astype(np.int32).view(np.float32)
    memory[places[2] : places[2] + weights.size] = weights.ravel()
    memory[places[3] : places[3] + bias.size] = bias.ravel()
    pixel_bytes, skip = 32 * blocks, 4 * channels * (width - columns)
    run("convolve", starts[1], out, starts[2], starts[3], starts[4], pixel_bytes, rows,
        columns * channels, skip, blocks)  # fmt: skip
    result = memory[places[4] : places[4] + out * 8 * blocks].reshape(out, blocks, 8)
    windows = sliding_window_view(image.astype(float), (rows, columns), axis=(0, 1))
    windows = windows.reshape(out, channels, rows, columns)
    expected = np.einsum("pcij,bijck->pbk", windows, weights.astype(float)) + bias
    # Each of the n terms is rounded at most twice.
    terms = rows * columns * channels
    scale = np.einsum("pcij,bijck->pbk", abs(windows), abs(weights).astype(float)) + abs(bias)
    assert (abs(result - expected) <= 2 * terms * np.finfo(np.float32).eps * scale).all()

    end = starts[4] + 4 * result.size
    run("relu", starts[4], end, 4 * result.size)
    rectified = memory[end // 4 : end // 4 + result.size].reshape(result.shape)
    assert np.array_equal(rectified, np.maximum(result, 0))


def test_max_pooling_is_numpys(kernels):
    run, memory = kernels
    rng = np.random.default_rng(3)
    image = rng.normal(size=(6, 8, 16)).astype(np.float32)
    memory[: image.size] = image.ravel()
    top, left = np.divmod(np.arange(12), 4)
    offsets = 4 * 16 * (2 * top * 8 + 2 * left)
    memory[image.size : image.size + 12] = offsets.astype(np.int32).view(np.float32)
    output = image.size + 12
    run("maxPool", 4 * image.size, 12, 4 * output, 64, 2, 2, 4 * 16 * 6)
    result = memory[output : output + 12 * 16].reshape(3, 4, 16)
    assert np.array_equal(result, image.reshape(3, 2, 4, 2, 16).max(axis=(1, 3)))

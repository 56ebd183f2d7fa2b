/**
 * The forward pass of a small sequential network, as PyTorch would do it in evaluation mode.
 *
 * Activations lie channels last: the value of channel c in row y, column x is
 * `data[(y * columns + x) * stride + c]`. The stride is the number of channels, filled up to a
 * multiple of 8, so that the inner loops (simd.js, or plain.js where there is no SIMD) need no
 * special cases.
 */

import { plainKernels } from "./plain.js";
import { CHANNELS, PIXELS, UNROLL, simdKernels } from "./simd.js";

const roundUp = (value, step) => Math.ceil(value / step) * step;

/**
 * @typedef {{kind: string, channels: number, rows: number, columns: number, stride: number,
 *   data: Float32Array, weight?: Float32Array, bias?: Float32Array, kernel?: number[], step?:
 *   number[], padding?: number[], normalized?: boolean}} Layer
 *   The outputs of a layer, and what made them. `weight` is in PyTorch's order.
 */

/**
 * @param {{input: number[], layers: Record<string, any>[]}} description Of `network_description` in
 *   Python.
 * @param {Float32Array} parameters All parameters in PyTorch's order, end to end.
 * @param {{simd?: boolean}} [options] `simd: false` insists on plain JavaScript.
 * @returns {{input: Layer, layers: Layer[], run: (image: Float32Array) => Float32Array,
 *   engine: string}} `run` takes the image row by row, and returns the last layer's numbers, which
 *   the next run overwrites.
 */
export function makeNetwork(
  { input: [channels, rows, columns], layers },
  parameters,
  { simd = true } = {},
) {
  const memory = planner();
  // One channel need not be filled up to eight for a convolution, which is then much quicker.
  const stride = layers[0].kind === "Conv2d" ? channels : roundUp(channels, CHANNELS);
  const input = activation(memory, { kind: "Input" }, channels, rows, columns, stride);
  let last = input;
  const active = foldBatchNorms(readParameters(layers, parameters)).map((layer) => {
    last = PLAN[layer.kind](memory, layer, last);
    return last;
  });
  const engine = memory.build(simd);
  return {
    input,
    layers: active,
    engine,
    run(image) {
      for (let i = 0; i < rows * columns; i += 1) {
        for (let c = 0; c < channels; c += 1)
          input.data[i * stride + c] = image[c * rows * columns + i];
      }
      for (const layer of active) layer.compute();
      return last.data.subarray(0, last.channels);
    },
  };
}

/**
 * The values of a layer in PyTorch's order: channels, rows, columns.
 * @param {Layer} layer
 * @returns {Float32Array}
 */
export function channelsFirst({ channels, rows, columns, stride, data }) {
  const size = rows * columns;
  const values = new Float32Array(channels * size);
  for (let c = 0; c < channels; c += 1) {
    for (let i = 0; i < size; i += 1) values[c * size + i] = data[i * stride + c];
  }
  return values;
}

// ---- Parameters

function readParameters(layers, parameters) {
  let at = 0;
  const take = (count) => {
    at += count;
    return parameters.subarray(at - count, at);
  };
  const read = layers.map((layer) => {
    const { kind, inputs, outputs, kernel = [1, 1], bias } = layer;
    if (kind === "Conv2d" || kind === "Linear") {
      const weight = take(outputs * inputs * kernel[0] * kernel[1]);
      return { ...layer, weight, bias: bias ? take(outputs) : new Float32Array(outputs) };
    }
    if (kind === "BatchNorm2d") {
      const [scale, shift, mean, variance] = [0, 1, 2, 3].map(() => take(outputs));
      return { ...layer, scale, shift, mean, variance };
    }
    return { ...layer };
  });
  if (at !== parameters.length)
    throw new RangeError(`the network has ${at} parameters, but ${parameters.length} came`);
  return read;
}

/**
 * After training, a batch normalization multiplies each channel by one factor and adds one number.
 */
function foldBatchNorms(layers) {
  const folded = [];
  for (const layer of layers) {
    if (layer.kind !== "BatchNorm2d") {
      folded.push(layer);
      continue;
    }
    const conv = folded.pop();
    const factor = layer.scale.map(
      (scale, c) => scale / Math.sqrt(layer.variance[c] + layer.epsilon),
    );
    const size = conv.weight.length / conv.outputs;
    const weight = conv.weight.map((value, i) => value * factor[Math.floor(i / size)]);
    const bias = conv.bias.map((value, c) => (value - layer.mean[c]) * factor[c] + layer.shift[c]);
    folded.push({ ...conv, weight, bias, normalized: true });
  }
  return folded;
}

// ---- Memory: planned first, then made in one piece, because WebAssembly sees only one

function planner() {
  let bytes = 0;
  const bindings = [];
  const kernels = {};
  return {
    kernels,
    /**
     * Reserve room; `bind(array, address)` is called when it exists. Four numbers more may be read.
     */
    reserve(Type, length, bind) {
      const address = bytes;
      bytes = roundUp(bytes + 4 * length + 16, 16);
      bindings.push((buffer) => bind(new Type(buffer, address, length), address));
    },
    build(simd) {
      Object.assign(kernels, (simd && simdKernels(bytes)) || plainKernels(bytes));
      for (const bind of bindings) bind(kernels.memory);
      return kernels.name;
    },
  };
}

function activation(memory, layer, channels, rows, columns, stride = roundUp(channels, CHANNELS)) {
  const output = { ...layer, channels, rows, columns, stride, compute() {} };
  // The kernel writes whole blocks of pixels.
  memory.reserve(Float32Array, Math.max(rows * columns, PIXELS) * stride, (data, address) => {
    output.data = data;
    output.address = address;
  });
  return output;
}

// ---- Layers

const PLAN = {
  Conv2d: planConvolution,
  Linear: planConvolution,
  ReLU: planReLU,
  MaxPool2d: planMaxPool,
  AdaptiveAvgPool2d: planAverage,
  Flatten: planFlatten,
};

/** A linear layer is a convolution, too: with one pixel of many channels. */
function planConvolution(memory, layer, before) {
  const { kernel = [1, 1], step = [1, 1], padding = [0, 0], inputs, outputs, weight, bias } = layer;
  const source = padding[0] || padding[1] ? planPadding(memory, before, padding) : before;
  const rows = Math.floor((source.rows - kernel[0]) / step[0]) + 1;
  const columns = Math.floor((source.columns - kernel[1]) / step[1]) + 1;
  const output = activation(memory, layer, outputs, rows, columns);
  const taps = roundUp(kernel[1] * source.stride, UNROLL);
  const blocks = output.stride / CHANNELS;
  const addresses = {};
  const reserve = (name, Type, length, fill) =>
    memory.reserve(Type, length, (array, address) => {
      addresses[name] = address;
      fill(array);
    });

  reserve("weights", Float32Array, blocks * kernel[0] * taps * CHANNELS, (packed) => {
    for (let out = 0; out < outputs; out += 1) {
      const block = Math.floor(out / CHANNELS) * kernel[0];
      for (let i = 0; i < inputs; i += 1) {
        for (let y = 0; y < kernel[0]; y += 1) {
          for (let x = 0; x < kernel[1]; x += 1) {
            const tap = (block + y) * taps + x * source.stride + i;
            packed[tap * CHANNELS + (out % CHANNELS)] =
              weight[((out * inputs + i) * kernel[0] + y) * kernel[1] + x];
          }
        }
      }
    }
  });
  reserve("bias", Float32Array, output.stride, (padded) => padded.set(bias));
  const count = Math.max(rows * columns, PIXELS);
  const offsets = planOffsets(memory, source, output, step, count);
  const skip = 4 * (source.stride * source.columns - taps);
  output.compute = () => {
    source.pad?.();
    const { weights, bias: start } = addresses;
    memory.kernels.convolve(
      offsets.address,
      count,
      weights,
      start,
      output.address,
      4 * output.stride,
      kernel[0],
      taps,
      skip,
      blocks,
    );
  };
  return output;
}

/** Where each output pixel's window begins. What is beyond the last pixel repeats it. */
function planOffsets(memory, source, { rows, columns }, step, count) {
  const addresses = { address: 0 };
  memory.reserve(Int32Array, count, (offsets, address) => {
    addresses.address = address;
    for (let i = 0; i < count; i += 1) {
      const pixel = Math.min(i, rows * columns - 1);
      const [y, x] = [Math.floor(pixel / columns) * step[0], (pixel % columns) * step[1]];
      offsets[i] = source.address + 4 * source.stride * (y * source.columns + x);
    }
  });
  return addresses;
}

function planPadding(memory, before, [top, left]) {
  const { channels, rows, columns, stride } = before;
  const output = activation(memory, {}, channels, rows + 2 * top, columns + 2 * left, stride);
  output.pad = () => {
    for (let y = 0; y < rows; y += 1) {
      const row = before.data.subarray(y * columns * stride, (y + 1) * columns * stride);
      output.data.set(row, ((y + top) * output.columns + left) * stride);
    }
  };
  return output;
}

function planReLU(memory, layer, before) {
  const output = activation(
    memory,
    layer,
    before.channels,
    before.rows,
    before.columns,
    before.stride,
  );
  output.compute = () =>
    memory.kernels.relu(before.address, output.address, output.data.byteLength);
  return output;
}

function planMaxPool(memory, layer, before) {
  const { kernel, step } = layer;
  const rows = Math.floor((before.rows - kernel[0]) / step[0]) + 1;
  const columns = Math.floor((before.columns - kernel[1]) / step[1]) + 1;
  const output = activation(memory, layer, before.channels, rows, columns, before.stride);
  const offsets = planOffsets(memory, before, output, step, rows * columns);
  const pixelBytes = 4 * before.stride;
  const skip = pixelBytes * (before.columns - kernel[1]);
  output.compute = () =>
    memory.kernels.maxPool(
      offsets.address,
      rows * columns,
      output.address,
      pixelBytes,
      kernel[0],
      kernel[1],
      skip,
    );
  return output;
}

function planAverage(memory, layer, before) {
  const output = activation(memory, layer, before.channels, 1, 1, before.stride);
  const size = before.rows * before.columns;
  output.compute = () => {
    for (let c = 0; c < before.channels; c += 1) {
      let sum = 0;
      for (let i = 0; i < size; i += 1) sum += before.data[i * before.stride + c];
      output.data[c] = sum / size;
    }
  };
  return output;
}

/** In PyTorch's order, so that the weights of a linear layer fit. */
function planFlatten(memory, layer, before) {
  const size = before.rows * before.columns;
  const output = activation(memory, layer, before.channels * size, 1, 1);
  output.compute = () => {
    for (let c = 0; c < before.channels; c += 1) {
      for (let i = 0; i < size; i += 1)
        output.data[c * size + i] = before.data[i * before.stride + c];
    }
  };
  return output;
}

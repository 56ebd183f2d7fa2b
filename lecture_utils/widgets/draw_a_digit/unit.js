/**
 * Where one activation comes from: what it read, with which weights, and what part of the image.
 */

/** @import { Layer } from "../_shared/nn/network.js" */
import { SIZE } from "./center.js";

/**
 * What a unit read of the layer before.
 * @param {Layer[]} chain The input and all layers; `chain[index]` is the unit's own.
 * @param {number} index
 * @param {number[]} unit Channel, row and column.
 * @returns {{channels: number[], top: number, left: number, rows: number, columns: number}}
 *   The window may hang over the edge, where the layer is padded with zeros.
 */
export function readWindow(chain, index, [channel, row, column]) {
  const [layer, before] = [chain[index], chain[index - 1]];
  const all = Array.from({ length: before.channels }, (_, i) => i);
  switch (layer.kind) {
    case "Conv2d": {
      const { kernel, step, padding } = layer;
      return {
        channels: all,
        top: row * step[0] - padding[0],
        left: column * step[1] - padding[1],
        rows: kernel[0],
        columns: kernel[1],
      };
    }
    case "MaxPool2d": {
      const { kernel, step } = layer;
      return {
        channels: [channel],
        top: row * step[0],
        left: column * step[1],
        rows: kernel[0],
        columns: kernel[1],
      };
    }
    case "ReLU":
      return { channels: [channel], top: row, left: column, rows: 1, columns: 1 };
    case "AdaptiveAvgPool2d":
      return { channels: [channel], top: 0, left: 0, rows: before.rows, columns: before.columns };
    case "Flatten": {
      const size = before.rows * before.columns;
      const place = channel % size;
      return {
        channels: [Math.floor(channel / size)],
        top: Math.floor(place / before.columns),
        left: place % before.columns,
        rows: 1,
        columns: 1,
      };
    }
    default:
      return { channels: all, top: 0, left: 0, rows: before.rows, columns: before.columns };
  }
}

/**
 * The part of the image that can change a unit: its receptive field, cut at the image's edges.
 * @param {Layer[]} chain
 * @param {number} index
 * @param {number[]} unit
 * @returns {{top: number, left: number, rows: number, columns: number}}
 */
export function receptiveField(chain, index, unit) {
  let [channel, top, left] = unit;
  let [bottom, right] = [top, left];
  for (let i = index; i > 0; i -= 1) {
    const first = readWindow(chain, i, [channel, top, left]);
    const last = readWindow(chain, i, [channel, bottom, right]);
    [channel] = first.channels;
    [top, left] = [first.top, first.left];
    [bottom, right] = [last.top + last.rows - 1, last.left + last.columns - 1];
    // A linear layer reads everything; a stack of padded layers, never more than there is.
    const { rows, columns } = chain[i - 1];
    [top, left] = [Math.max(0, top), Math.max(0, left)];
    [bottom, right] = [Math.min(rows - 1, bottom), Math.min(columns - 1, right)];
    // All channels were read: the widest window of a flattened layer's units is that of all of
    // them.
    if (chain[i].kind === "Linear" && chain[i - 1].kind === "Flatten") {
      return receptiveFieldOfAll(chain, i - 2);
    }
  }
  return { top, left, rows: bottom - top + 1, columns: right - left + 1 };
}

function receptiveFieldOfAll(chain, index) {
  const { rows, columns } = chain[index];
  if (index === 0) return { top: 0, left: 0, rows: SIZE, columns: SIZE };
  const first = receptiveField(chain, index, [0, 0, 0]);
  const last = receptiveField(chain, index, [0, rows - 1, columns - 1]);
  const { top, left } = first;
  return { top, left, rows: last.top + last.rows - top, columns: last.left + last.columns - left };
}

/**
 * The inputs, weights and shares of a unit of a convolution or linear layer.
 * @param {Layer[]} chain
 * @param {number} index
 * @param {number[]} unit
 * @returns {{inputs: Float32Array, weights: Float32Array, shares: Float64Array, bias: number,
 *   channels: number, rows: number, columns: number}|null}
 *   One small image (rows, columns) per channel that it read; `shares[c]` is what channel c adds.
 *   Null for layers without weights.
 */
export function contributions(chain, index, unit) {
  const layer = chain[index];
  if (!layer.weight) return null;
  let read = readWindow(chain, index, unit);
  let before = chain[index - 1];
  // What was flattened is shown as the maps that it was.
  if (before.kind === "Flatten") {
    before = chain[index - 2];
    read = { ...read, top: 0, left: 0, rows: before.rows, columns: before.columns };
  }
  const { rows, columns } = read;
  const size = rows * columns;
  const channels = before.channels;
  const weights = layer.weight.subarray(unit[0] * channels * size, (unit[0] + 1) * channels * size);
  const inputs = new Float32Array(channels * size);
  const shares = new Float64Array(channels);
  for (let c = 0; c < channels; c += 1) {
    for (let i = 0; i < size; i += 1) {
      const [row, column] = [read.top + Math.floor(i / columns), read.left + (i % columns)];
      const outside = row < 0 || column < 0 || row >= before.rows || column >= before.columns;
      const value = outside ? 0 : before.data[(row * before.columns + column) * before.stride + c];
      inputs[c * size + i] = value;
      shares[c] += value * weights[c * size + i];
    }
  }
  return { inputs, weights, shares, bias: layer.bias[unit[0]], channels, rows, columns };
}

/**
 * The value of a unit.
 * @param {{data: Float32Array, stride: number, columns: number}} layer
 * @param {number[]} unit
 * @returns {number}
 */
export function activationOf({ data, stride, columns }, [channel, row, column]) {
  return data[(row * columns + column) * stride + channel];
}

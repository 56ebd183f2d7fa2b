/**
 * The inner loops of a network in plain JavaScript, with the arguments of simd.js: all addresses in
 * bytes.
 */

import { CHANNELS } from "./simd.js";

/** Single precision throughout: browsers then need not convert every number to double and back. */
const round = Math.fround;

/** @param {number} bytes */
export function plainKernels(bytes) {
  const memory = new ArrayBuffer(bytes);
  const [floats, integers] = [new Float32Array(memory), new Int32Array(memory)];

  /** Blocks of 2 pixels x 4 channels: as many sums as fit into a processor's registers. */
  function convolve(offsets, count, weights, bias, output, pixelBytes, rows, taps, skip, blocks) {
    const [stride, rowSkip] = [pixelBytes >> 2, skip >> 2];
    for (let half = 0; half < 2 * blocks; half += 1) {
      const first = (weights >> 2) + (half >> 1) * rows * taps * CHANNELS + 4 * (half & 1);
      const b = (bias >> 2) + 4 * half;
      for (let pixel = 0; pixel < count; pixel += 2) {
        const start = Math.min(pixel, count - 2);
        let p = integers[(offsets >> 2) + start] >> 2;
        let q = integers[(offsets >> 2) + start + 1] >> 2;
        let p0 = floats[b];
        let p1 = floats[b + 1];
        let p2 = floats[b + 2];
        let p3 = floats[b + 3];
        let [q0, q1, q2, q3] = [p0, p1, p2, p3];
        let w = first;
        for (let row = 0; row < rows; row += 1) {
          for (let tap = 0; tap < taps; tap += 1) {
            const x = floats[p];
            const y = floats[q];
            const w0 = floats[w];
            const w1 = floats[w + 1];
            const w2 = floats[w + 2];
            const w3 = floats[w + 3];
            p0 = round(p0 + round(x * w0));
            p1 = round(p1 + round(x * w1));
            p2 = round(p2 + round(x * w2));
            p3 = round(p3 + round(x * w3));
            q0 = round(q0 + round(y * w0));
            q1 = round(q1 + round(y * w1));
            q2 = round(q2 + round(y * w2));
            q3 = round(q3 + round(y * w3));
            p += 1;
            q += 1;
            w += CHANNELS;
          }
          p += rowSkip;
          q += rowSkip;
        }
        const to = (output >> 2) + start * stride + 4 * half;
        floats[to] = p0;
        floats[to + 1] = p1;
        floats[to + 2] = p2;
        floats[to + 3] = p3;
        floats[to + stride] = q0;
        floats[to + stride + 1] = q1;
        floats[to + stride + 2] = q2;
        floats[to + stride + 3] = q3;
      }
    }
  }

  function relu(from, to, length) {
    const last = (from + length) >> 2;
    for (let i = from >> 2, j = to >> 2; i < last; i += 1, j += 1) {
      const value = floats[i];
      floats[j] = value < 0 ? 0 : value;
    }
  }

  function maxPool(offsets, count, output, pixelBytes, rows, columns, skip) {
    const stride = pixelBytes >> 2;
    for (let pixel = 0; pixel < count; pixel += 1) {
      let position = integers[(offsets >> 2) + pixel] >> 2;
      const to = (output >> 2) + pixel * stride;
      floats.copyWithin(to, position, position + stride);
      for (let row = 0; row < rows; row += 1) {
        for (let column = 0; column < columns; column += 1) {
          for (let c = 0; c < stride; c += 1) {
            const value = floats[position + c];
            if (value > floats[to + c]) floats[to + c] = value;
          }
          position += stride;
        }
        position += skip >> 2;
      }
    }
  }
  return { name: "JavaScript", memory, convolve, relu, maxPool };
}

/** A convolutional layer on a color image, step by step: partial sums, maps, pooling. */

import { correlate2d } from "../_shared/math/image.js";

/** Pixels of the image's side. */
export const SIDE = 64;

/** @typedef {{stride: number, padding: string, relu: boolean, pool: boolean}} Settings */

/**
 * The three channels of an image, moved by (down, right); what leaves on one side enters on the
 * other.
 * @param {Uint8Array} bytes
 * @param {number} side
 * @param {number[]} shift
 * @returns {Float32Array[]}
 */
export function channels(bytes, side, [down, right]) {
  const planes = [0, 1, 2].map(() => new Float32Array(side * side));
  const wrap = (at) => ((at % side) + side) % side;
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const from = 3 * (wrap(y - down) * side + wrap(x - right));
      for (let c = 0; c < 3; c += 1) planes[c][y * side + x] = bytes[from + c] / 255;
    }
  }
  return planes;
}

/** An image with `margin` pixels of its other side around it. */
function wrapped(plane, side, margin) {
  const wide = side + 2 * margin;
  const wrap = (at) => (at + side) % side;
  return Float32Array.from({ length: wide * wide }, (_, i) => {
    return plane[wrap(Math.floor(i / wide) - margin) * side + wrap((i % wide) - margin)];
  });
}

/**
 * Apply all filters.
 * @param {Float32Array[]} planes Three channels.
 * @param {number} side
 * @param {Float32Array} weights d * 3 * k * k.
 * @param {number} count d.
 * @param {number} k
 * @param {Settings} settings
 * @returns {{size: number, parts: Float32Array[][], sums: Float32Array[], maps: Float32Array[],
 *   mapSize: number}}
 *   Per filter: three partial responses, their sum (size * size), and the map after ReLU and
 *   pooling.
 */
export function apply(planes, side, weights, count, k, { stride, padding, relu, pool }) {
  const margin = k >> 1;
  const wraps = padding === "wrap";
  const inputs = wraps ? planes.map((plane) => wrapped(plane, side, margin)) : planes;
  const wide = wraps ? side + 2 * margin : side;
  const layer = { stride, padding: padding === "zeros" ? margin : 0 };
  const area = k * k;
  const parts = Array.from({ length: count }, (_, f) =>
    inputs.map((plane, c) => {
      const slice = Float64Array.from(weights.subarray((3 * f + c) * area, (3 * f + c + 1) * area));
      return correlate2d(plane, wide, wide, slice, k, k, layer);
    }),
  );
  const size = Math.sqrt(parts[0][0].length);
  const sums = parts.map(([r, g, b]) => r.map((value, i) => value + g[i] + b[i]));
  const maps = sums.map((sum) => {
    const bent = relu ? sum.map((value) => Math.max(value, 0)) : sum;
    return pool ? maxPool(bent, size) : bent;
  });
  return { size, parts, sums, maps, mapSize: pool ? size >> 1 : size };
}

function maxPool(map, size) {
  const half = size >> 1;
  return Float32Array.from({ length: half * half }, (_, i) => {
    const at = 2 * (Math.floor(i / half) * size + (i % half));
    return Math.max(map[at], map[at + 1], map[at + size], map[at + size + 1]);
  });
}

/**
 * Global average pooling: the mean of each map.
 * @param {Float32Array[]} maps
 * @returns {number[]}
 */
export const means = (maps) =>
  maps.map((map) => map.reduce((sum, value) => sum + value, 0) / map.length);

/**
 * Length of the difference of two lists of arrays, relative to the length of the second.
 * @param {number[][]|Float32Array[]} found
 * @param {number[][]|Float32Array[]} expected
 * @returns {number}
 */
export function relative(found, expected) {
  let [apart, whole] = [0, 0];
  for (let f = 0; f < found.length; f += 1) {
    const [map, other] = [found[f], expected[f]];
    for (let i = 0; i < map.length; i += 1) {
      apart += (map[i] - other[i]) ** 2;
      whole += other[i] ** 2;
    }
  }
  return whole ? Math.sqrt(apart / whole) : 0;
}

/**
 * Maps moved by whole steps, wrapped around.
 * @param {Float32Array[]} maps
 * @param {number} size
 * @param {number} down
 * @param {number} right
 * @returns {Float32Array[]}
 */
export function rolled(maps, size, down, right) {
  const wrap = (at) => ((at % size) + size) % size;
  const start = wrap(right); // Where the first column goes.
  return maps.map((map) => {
    const moved = new Float32Array(map.length);
    for (let row = 0; row < size; row += 1) {
      const from = wrap(row - down) * size;
      const end = from + size - start;
      moved.set(map.subarray(from, end), row * size + start);
      moved.set(map.subarray(end, from + size), row * size);
    }
    return moved;
  });
}

/** Receptive fields: what one output of a stack of layers sees, and how much each pixel weighs. */

/** @typedef {{kind: string, kernel: number, stride: number, dilation: number}} Layer */

/**
 * Extent of a layer's window, in units of the layer below.
 * @param {{kernel: number, dilation: number}} layer
 * @returns {number}
 */
export const extent = ({ kernel, dilation }) => dilation * (kernel - 1) + 1;

/**
 * Size of what the units of each layer see, and the jump from one unit's field to the next, in
 * input pixels; the input itself comes first.
 * @param {Layer[]} layers
 * @returns {{size: number, jump: number}[]} One more than there are layers.
 */
export function fields(layers) {
  const found = [{ size: 1, jump: 1 }];
  for (const layer of layers) {
    const { size, jump } = found.at(-1);
    found.push({ size: size + (extent(layer) - 1) * jump, jump: jump * layer.stride });
  }
  return found;
}

/**
 * Which units of every level lead to one output, from the input (first) up to the output (last).
 * @param {Layer[]} layers
 * @param {number} output
 * @returns {Set<number>[]}
 */
export function reached(layers, output) {
  const levels = [new Set([output])];
  for (const { kernel, stride, dilation } of [...layers].reverse()) {
    const below = new Set();
    for (const unit of levels[0]) {
      for (let k = 0; k < kernel; k += 1) below.add(unit * stride + k * dilation);
    }
    levels.unshift(below);
  }
  return levels;
}

/**
 * What each pixel along one axis weighs when all kernels average; sums to 1.
 * @param {Layer[]} layers
 * @returns {Float64Array}
 */
export function profile(layers) {
  let values = Float64Array.of(1);
  for (const layer of [...layers].reverse()) {
    const { kernel, stride, dilation } = layer;
    const below = new Float64Array((values.length - 1) * stride + extent(layer));
    values.forEach((value, i) => {
      for (let k = 0; k < kernel; k += 1) below[i * stride + k * dilation] += value / kernel;
    });
    values = below;
  }
  return values;
}

/**
 * The map over both axes of a profile, row by row.
 * @param {Float64Array} values
 * @returns {Float32Array}
 */
export function outer(values) {
  const n = values.length;
  const map = new Float32Array(n * n);
  for (let y = 0; y < n; y += 1)
    for (let x = 0; x < n; x += 1) map[y * n + x] = values[y] * values[x];
  return map;
}

/**
 * The gradient of one output with respect to the pixels, for given kernels, as backpropagation
 * computes it: every unit hands its gradient to the units that it reads, each multiplied by its
 * weight.
 * @param {Layer[]} layers
 * @param {Float64Array[]} kernels One per layer, kernel * kernel weights.
 * @returns {Float64Array} size * size numbers.
 */
export function gradient(layers, kernels) {
  let side = 1;
  let values = Float64Array.of(1);
  for (let l = layers.length - 1; l >= 0; l -= 1) {
    const { kernel, stride, dilation } = layers[l];
    const wide = (side - 1) * stride + extent(layers[l]);
    const below = new Float64Array(wide * wide);
    for (let i = 0, k = 0; i < kernel; i += 1) {
      for (let j = 0; j < kernel; j += 1, k += 1) {
        const weight = kernels[l][k];
        for (let y = 0; y < side; y += 1) {
          let to = (y * stride + i * dilation) * wide + j * dilation;
          for (let x = 0; x < side; x += 1, to += stride)
            below[to] += weight * values[y * side + x];
        }
      }
    }
    [side, values] = [wide, below];
  }
  return values;
}

/**
 * Kernels of normally distributed weights; pooling layers average. `random` gives numbers from 0 to
 * 1.
 * @param {Layer[]} layers
 * @param {() => number} random
 * @returns {Float64Array[]}
 */
export function randomKernels(layers, random) {
  return layers.map(({ kind, kernel }) =>
    Float64Array.from({ length: kernel * kernel }, () => {
      if (kind !== "conv") return 1 / kernel ** 2;
      return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    }),
  );
}

/**
 * Numbers from 0 to 1 that are the same for the same seed (mulberry32).
 * @param {number} seed
 * @returns {() => number}
 */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * The side of the smallest centered square that holds a share of a map's weight.
 * @param {number} share
 * @param {Float32Array|Float64Array} map size * size weights, none negative.
 */
export function sideHolding(share, map, size) {
  let total = 0;
  for (const value of map) total += value;
  let inside = 0;
  for (let side = 2 - (size % 2); side <= size; side += 2) {
    const [low, high] = [(size - side) / 2, (size + side) / 2 - 1];
    // What the square gains on its rim; a square of one or two pixels is all rim.
    for (let y = low; y <= high; y += 1) {
      const whole = y === low || y === high;
      for (let x = low; x <= high; x += whole ? 1 : Math.max(1, high - low))
        inside += map[y * size + x];
    }
    if (inside >= share * total * (1 - 1e-9)) return side;
  }
  return size;
}

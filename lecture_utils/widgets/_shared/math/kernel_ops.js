/** What the buttons do to a kernel: plain functions on rows of weights. */

/** @typedef {{weights: Float64Array, kh: number, kw: number}} Kernel */

function build(kh, kw, at) {
  const weights = new Float64Array(kh * kw);
  for (let i = 0; i < kh; i += 1) {
    for (let j = 0; j < kw; j += 1) weights[i * kw + j] = at(i, j);
  }
  return { weights, kh, kw };
}

/** Turn by 90 degrees clockwise. @param {Kernel} kernel @returns {Kernel} */
export function rotate({ weights, kh, kw }) {
  return build(kw, kh, (i, j) => weights[(kh - 1 - j) * kw + i]);
}

/** Swap left and right. @param {Kernel} kernel @returns {Kernel} */
export function mirror({ weights, kh, kw }) {
  return build(kh, kw, (i, j) => weights[i * kw + (kw - 1 - j)]);
}

/**
 * Cut, or surround with zeros, so that the middle stays in the middle.
 * @param {Kernel} kernel
 * @param {number} size
 * @returns {{weights: Float64Array, kh: *, kw: *}}
 */
export function resizeKernel({ weights, kh, kw }, size) {
  const [top, left] = [Math.floor((kh - size) / 2), Math.floor((kw - size) / 2)];
  return build(size, size, (i, j) => {
    const [y, x] = [i + top, j + left];
    return y >= 0 && y < kh && x >= 0 && x < kw ? weights[y * kw + x] : 0;
  });
}

/**
 * @param {Float64Array} weights
 * @returns {{sum: number, magnitude: number}} The sum of the weights, and of their magnitudes.
 */
export function sums(weights) {
  let sum = 0,
    magnitude = 0;
  for (const weight of weights) {
    sum += weight;
    magnitude += Math.abs(weight);
  }
  // A rounding error, as in 0.1 + 0.2 - 0.3, counts as zero.
  return { sum: Math.abs(sum) < 1e-9 * magnitude ? 0 : sum, magnitude };
}

/**
 * Divide by the sum, so that brightness is kept; where the sum is zero, by the sum of magnitudes.
 * @param {Float64Array} weights
 * @returns {{weights: Float64Array, said: string}}
 */
export function normalizeKernel(weights) {
  const { sum, magnitude } = sums(weights);
  if (magnitude === 0)
    return { weights, said: "All weights are 0: there is nothing to normalize." };
  const divisor = sum || magnitude;
  return {
    weights: weights.map((weight) => weight / divisor),
    said: sum
      ? "Divided by the sum: the weights now sum to 1, so flat areas keep their brightness."
      : "The sum is 0, so the weights were divided by Σ|w|: their magnitudes now sum to 1, and outputs stay within ±1.",
  };
}

/**
 * The name of the preset that has exactly these weights, or "custom".
 * @param {Kernel} kernel
 * @param {{name: string, kernel: number[][]}[]} presets
 * @returns {string}
 */
export function presetName({ weights, kh, kw }, presets) {
  const same = ({ kernel }) =>
    kernel.length === kh &&
    kernel[0].length === kw &&
    kernel.every((row, i) => row.every((weight, j) => weight === weights[i * kw + j]));
  return presets.find(same)?.name ?? "custom";
}

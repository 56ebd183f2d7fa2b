/** Kernels that are a sum of few columns times rows: two short passes instead of one long one. */

import { correlate2d } from "./image.js";

/**
 * Write a kernel as a sum of outer products, column times row, as few as it takes.
 *
 * The cross through the largest entry is such a product; what is left without it has one rank less.
 * A box or a Gaussian needs 1, an edge filter with one weight changed 2, and a kernel of random
 * numbers as many as it has rows.
 * @param {Float64Array} kernel kh * kw weights.
 * @param {number} most Give up beyond so many products.
 * @returns {{column: Float64Array, row: Float64Array}[]|null} null when there would be more.
 */
export function outerProducts(kernel, kh, kw, most) {
  const rest = Float64Array.from(kernel);
  const products = [];
  let first = 0;
  for (;;) {
    let pivot = 0;
    for (let k = 1; k < rest.length; k += 1)
      if (Math.abs(rest[k]) > Math.abs(rest[pivot])) pivot = k;
    first ||= Math.abs(rest[pivot]);
    if (Math.abs(rest[pivot]) <= 1e-14 * first) return products;
    if (products.length === most) return null;
    const [top, left] = [Math.floor(pivot / kw), pivot % kw];
    const column = Float64Array.from({ length: kh }, (_, i) => rest[i * kw + left]);
    const row = Float64Array.from({ length: kw }, (_, j) => rest[top * kw + j] / rest[pivot]);
    products.push({ column, row });
    for (let k = 0; k < rest.length; k += 1) rest[k] -= column[Math.floor(k / kw)] * row[k % kw];
  }
}

/** Arrays that the next call may fill again: a new megabyte per frame would be collected soon. */
const arrays = [new Float64Array(0), new Float64Array(0)];
function scratch(which, length) {
  if (arrays[which].length !== length) arrays[which] = new Float64Array(length);
  return arrays[which];
}

/**
 * `correlate2d` with stride 1 in double precision, by outer products where that is less work.
 * @param {Float32Array} input
 * @param {number} h
 * @param {number} w
 * @param {Float64Array} kernel
 * @param {number} kh
 * @param {number} kw
 * @param {{padding?: number, dilation?: number}} layer
 * @returns {Float64Array}
 */
export function correlateSeparably(input, h, w, kernel, kh, kw, { padding = 0, dilation = 1 }) {
  const [high, wide] = [h + 2 * padding, w + 2 * padding];
  const [rows, columns] = [high - dilation * (kh - 1), wide - dilation * (kw - 1)];
  const out = new Float64Array(rows * columns);
  const products = outerProducts(kernel, kh, kw, Math.floor((kh * kw) / (2 * (kh + kw))));
  if (!products) return correlate2d(input, h, w, kernel, kh, kw, { padding, dilation }, out);
  const [across, part] = [scratch(0, high * columns), scratch(1, rows * columns)];
  for (const { column, row } of products) {
    correlate2d(input, h, w, row, 1, kw, { padding, dilation }, across);
    correlate2d(across, high, columns, column, kh, 1, { dilation }, part);
    for (let k = 0; k < out.length; k += 1) out[k] += part[k];
  }
  return out;
}

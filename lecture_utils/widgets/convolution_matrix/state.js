/** What the demo shows, computed from its model: the matrix, its products, and how much it holds. */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { outputSize } from "../_shared/math/image.js";
import { computed } from "../_shared/ui/model.js";

export const NAMES = ["image", "kernel", "errors", "stride", "padding"];

/**
 * @typedef {object} Lab
 * @property {Float64Array} pixels The image, row by row, `h` times `w`.
 * @property {number} h
 * @property {number} w
 * @property {Float64Array} weights The kernel, row by row, `kh` times `kw`.
 * @property {number} kh
 * @property {number} kw
 * @property {number} stride
 * @property {number} padding
 * @property {number} rows Rows of the output.
 * @property {number} columns Columns of the output.
 * @property {Float64Array} allErrors Error maps of all sizes; `error` is its upper left part.
 * @property {Float64Array} error The gradient with respect to each output.
 * @property {Int8Array} taps Which weight each entry of the matrix holds, row by row; -1: none.
 * @property {Float64Array} output The matrix times the pixels.
 * @property {Float64Array} gradient The transposed matrix times the error.
 * @property {number} entries Entries of the matrix.
 * @property {number} nonzero Entries that hold a weight.
 * @property {number} distinct Weights that occur.
 */

/** Which weight connects each output (a row) with each pixel (a column). */
function findTaps({ h, w, kh, kw, stride, padding, rows, columns }) {
  const taps = new Int8Array(rows * columns * h * w).fill(-1);
  for (let output = 0; output < rows * columns; output += 1) {
    const top = Math.floor(output / columns) * stride - padding;
    const left = (output % columns) * stride - padding;
    for (let tap = 0; tap < kh * kw; tap += 1) {
      const row = top + Math.floor(tap / kw);
      const column = left + (tap % kw);
      const inside = row >= 0 && row < h && column >= 0 && column < w;
      if (inside) taps[output * h * w + row * w + column] = tap;
    }
  }
  return taps;
}

/**
 * Return `read()`: the present state, computed anew only when something has changed.
 * @param {Model} model
 * @returns {() => Lab}
 */
export function matrixReader(model) {
  return computed(model, NAMES, ([image, kernel, errors, stride, padding]) => {
    const [[h, w], [kh, kw]] = [image.shape, kernel.shape];
    const [rows, columns] = [
      outputSize(h, kh, { stride, padding }),
      outputSize(w, kw, { stride, padding }),
    ];
    const [pixels, weights, allErrors] = [image, kernel, errors].map((array) => toTyped(array));
    const error = Float64Array.from(
      { length: rows * columns },
      (_, i) => allErrors[Math.floor(i / columns) * errors.shape[1] + (i % columns)],
    );
    const layer = { h, w, kh, kw, stride, padding, rows, columns };
    const taps = findTaps(layer);
    const output = new Float64Array(rows * columns);
    const gradient = new Float64Array(h * w);
    let nonzero = 0;
    taps.forEach((tap, i) => {
      if (tap < 0) return;
      const [row, column] = [Math.floor(i / (h * w)), i % (h * w)];
      output[row] += weights[tap] * pixels[column];
      gradient[column] += weights[tap] * error[row];
      nonzero += 1;
    });
    const distinct = new Set(taps.filter((tap) => tap >= 0)).size;
    const counts = { entries: taps.length, nonzero, distinct };
    return { pixels, weights, ...layer, allErrors, error, taps, output, gradient, ...counts };
  });
}

/**
 * The weights in one row of the matrix: which pixels an output is made of.
 * @param {Lab} lab
 * @param {number} row
 * @returns {{at: number, tap: number}[]} `at` is the pixel.
 */
export function entriesOfRow({ taps, h, w }, row) {
  const found = [];
  for (let at = 0; at < h * w; at += 1) {
    const tap = taps[row * h * w + at];
    if (tap >= 0) found.push({ at, tap });
  }
  return found;
}

/**
 * The weights in one column of the matrix: into which outputs a pixel goes.
 * @param {Lab} lab
 * @param {number} column
 * @returns {{at: number, tap: number}[]} `at` is the output.
 */
export function entriesOfColumn({ taps, h, w, rows, columns }, column) {
  const found = [];
  for (let at = 0; at < rows * columns; at += 1) {
    const tap = taps[at * h * w + column];
    if (tap >= 0) found.push({ at, tap });
  }
  return found;
}

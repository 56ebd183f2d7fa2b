/** Arrays as images: one canvas pixel per value, enlarged without blur by CSS. */

import { grayLut, lutIndex, sequentialLut, signedLut } from "./color.js";

/**
 * Return `draw(values, rows, columns, {low, high, lut})` for one canvas. The pixel buffer is made
 * once per size, not per frame.
 * @param {HTMLCanvasElement} canvas
 * @returns {(values: *, rows: *, columns: *, {low, high, lut }: {low: *, high: *, lut: *}) => void}
 */
export function raster(canvas) {
  let context = null;
  let image = null;
  let pixels = null;
  return function draw(values, rows, columns, { low, high, lut }) {
    if (!image || canvas.width !== columns || canvas.height !== rows) {
      canvas.width = columns;
      canvas.height = rows;
      context ??= canvas.getContext("2d");
      image = context.createImageData(columns, rows);
      pixels = new Uint32Array(image.data.buffer);
    }
    const top = lut.length - 1;
    const scale = top / (high - low);
    for (let i = 0; i < pixels.length; i += 1) {
      const at = (values[i] - low) * scale + 0.5;
      // Written so that NaN ends in the middle of the table.
      if (at >= 0) pixels[i] = lut[at > top ? top : at | 0];
      else pixels[i] = at < 0 ? lut[0] : lut[lutIndex(NaN, 0, 1, lut.length)];
    }
    context.putImageData(image, 0, 0);
  };
}

/**
 * How signed values are drawn: symmetric limits, so that zero keeps its color.
 * @param {number} limit
 * @param {boolean} dark
 * @returns {{low: number, high: number, lut: Uint32Array}}
 */
export function signedScale(limit, dark) {
  return { low: -limit, high: limit, lut: signedLut(dark) };
}

/**
 * How magnitudes from 0 to a limit are drawn.
 * @param {number} limit
 * @param {boolean} dark
 * @returns {{low: number, high: number, lut: Uint32Array}}
 */
export function sequentialScale(limit, dark) {
  return { low: 0, high: limit, lut: sequentialLut(dark) };
}

/**
 * How brightness from 0 to 1 is drawn.
 * @returns {{low: number, high: number, lut: Uint32Array}}
 */
export function grayScale() {
  return { low: 0, high: 1, lut: grayLut() };
}

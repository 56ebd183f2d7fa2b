/** All filters of a run, side by side on one canvas. */

import { h } from "../_shared/ui/dom.js";
import { lutIndex, signedLut } from "../_shared/ui/color.js";

const COLUMNS = 8;
/** Canvas pixels per weight: enough for the page to scale the canvas without visible seams. */
const PIXELS = 6;

/**
 * @returns {{element: HTMLCanvasElement, draw: (weights: Float64Array, shape: {count: number, rows:
 *   number, columns: number}, limit: number|null, dark: boolean) => void, name: (words: string)
 *   => void}} `limit` null: each filter has a color scale of its own.
 */
export function filterSheet() {
  const canvas = h("canvas", { class: "evolution-sheet", role: "img" });
  const context = canvas.getContext("2d");
  let image = null;
  function draw(weights, { count, rows, columns }, limit, dark) {
    const across = Math.min(COLUMNS, count);
    const down = Math.ceil(count / across);
    const width = (across * (columns + 1) - 1) * PIXELS;
    const height = (down * (rows + 1) - 1) * PIXELS;
    if (!image || canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      image = context.createImageData(width, height);
    }
    const pixels = new Uint32Array(image.data.buffer);
    const lut = signedLut(dark);
    pixels.fill(0);
    for (let filter = 0; filter < count; filter += 1) {
      const from = filter * rows * columns;
      const part = weights.subarray(from, from + rows * columns);
      const most = limit ?? (part.reduce((max, each) => Math.max(max, Math.abs(each)), 0) || 1);
      const top = Math.floor(filter / across) * (rows + 1) * PIXELS;
      const left = (filter % across) * (columns + 1) * PIXELS;
      part.forEach((weight, i) => {
        const color = lut[lutIndex(weight, -most, most, lut.length)];
        const x = left + (i % columns) * PIXELS;
        const y = top + Math.floor(i / columns) * PIXELS;
        for (let line = y; line < y + PIXELS; line += 1) {
          pixels.fill(color, line * width + x, line * width + x + PIXELS);
        }
      });
    }
    context.putImageData(image, 0, 0);
  }
  function name(words) {
    if (canvas.getAttribute("aria-label") !== words) canvas.setAttribute("aria-label", words);
  }
  return { element: canvas, draw, name };
}

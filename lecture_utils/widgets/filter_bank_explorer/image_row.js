/**
 * The images of one row, side by side in one canvas. With a canvas per image, a page would spend
 * most of its time on them: browsers give each a layer and a buffer of its own.
 */

import { raster } from "../_shared/ui/canvas.js";
import { h } from "../_shared/ui/dom.js";

/** An image with more pixels than its cell is made smaller smoothly. */
export const LARGE = 64;
/** CSS pixels around every image, as in the style. */
const MARGIN = 2;

/**
 * @typedef {{values: Float32Array, rows: number, columns: number, range: {low: number, high:
 *   number, lut: Uint32Array}}} Drawn An image, and how its values become colors.
 */

const source = document.createElement("canvas");
const drawSource = raster(source);

/**
 * @returns {{element: HTMLElement, paint: (images: Drawn[], side: number, density: number) =>
 *   void}} `side` is that of the square for each image in CSS pixels, `density` the number of
 *   screen pixels in one of those.
 */
export function imageRow() {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  function paint(images, side, density) {
    const step = (side + 2 * MARGIN) * density;
    // Setting its size also clears a canvas.
    canvas.width = Math.round(step * images.length);
    canvas.height = Math.round(step);
    images.forEach(({ values, rows, columns, range }, i) => {
      drawSource(values, rows, columns, range);
      const scale = (side * density) / Math.max(rows, columns);
      const [width, height] = [columns, rows].map((pixels) => Math.round(pixels * scale));
      context.imageSmoothingEnabled = columns > LARGE;
      context.imageSmoothingQuality = "high";
      const left = Math.round((i + 0.5) * step - width / 2);
      context.drawImage(source, left, Math.round((step - height) / 2), width, height);
    });
  }
  return { element: h("div", { class: "bank-row" }, canvas), paint };
}

/**
 * What the lab shows, read from its model: the layer, its output, and how often each cell is read.
 */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { computed } from "../_shared/ui/model.js";
import { covered, mostPadding, result, windowCount } from "./layer.js";

export const NAMES = ["image", "kernel", "operation", "stride", "padding", "dilation", "ceil_mode"];

function findProblem({ h, w, kh, kw, operation, padding, dilation }, rows, columns) {
  const half = mostPadding(operation, kh, kw);
  if (padding > half) {
    return (
      `Pooling allows a padding of at most half the window, here ${half}: otherwise a window could ` +
      "lie on padding alone."
    );
  }
  if (operation === "average" && dilation > 1) {
    return "Average pooling has no dilation: set it to 1.";
  }
  if (rows > 0 && columns > 0) return null;
  const spans = [covered(kh, dilation), covered(kw, dilation)].join("×");
  const room = [h + 2 * padding, w + 2 * padding].join("×");
  const spread = dilation > 1 ? `, spread by dilation ${dilation},` : "";
  return (
    `The ${kh}×${kw} window${spread} covers ${spans} cells, but the input` +
    `${padding ? " with its padding" : ""} has only ${room}. Make the input larger, or the kernel` +
    `${dilation > 1 ? " or the dilation" : ""} smaller${operation === "convolution" ? ", or add padding" : ""}.`
  );
}

/** For each cell along an axis of the image: how many windows read it. */
function readsAlong(n, k, count, { stride, padding, dilation }) {
  const reads = new Array(n).fill(0);
  for (let at = 0; at < count; at += 1) {
    for (let i = 0; i < k; i += 1) {
      const place = at * stride - padding + i * dilation;
      if (place >= 0 && place < n) reads[place] += 1;
    }
  }
  return reads;
}

/**
 * @typedef {{pixels: Float64Array, h: number, w: number, weights: Float64Array, kh: number,
 *   kw: number, operation: string, stride: number, padding: number, dilation: number, ceil:
 *   boolean, ceilMode: boolean, problem: string|null, rows: number, columns: number, rowReads:
 *   number[], columnReads: number[], reads: number[][], output: Float64Array}} Lab
 */

/**
 * Return `read()`: the lab's present state, computed anew only when something has changed.
 * @param {Model} model
 * @returns {() => Lab}
 */
export function layerReader(model) {
  return computed(model, NAMES, (values) => {
    const [image, kernel, operation, stride, padding, dilation, ceilMode] = values;
    const [h, w] = image.shape;
    const [kh, kw] = kernel.shape;
    const ceil = ceilMode && operation !== "convolution";
    const lab = /** @type {Lab} */ ({
      pixels: toTyped(image),
      h,
      w,
      weights: toTyped(kernel),
      kh,
      kw,
      operation,
      stride,
      padding,
    });
    Object.assign(lab, { dilation, ceil, ceilMode });
    const [rows, columns] = [windowCount(h, kh, lab).count, windowCount(w, kw, lab).count];
    lab.problem = findProblem(lab, rows, columns);
    Object.assign(lab, lab.problem ? { rows: 0, columns: 0 } : { rows, columns });
    lab.rowReads = readsAlong(h, kh, lab.rows, lab);
    lab.columnReads = readsAlong(w, kw, lab.columns, lab);
    lab.reads = lab.rowReads.map((row) => lab.columnReads.map((column) => row * column));
    lab.output = new Float64Array(lab.rows * lab.columns);
    for (let row = 0; row < lab.rows; row += 1) {
      for (let column = 0; column < lab.columns; column += 1) {
        lab.output[row * lab.columns + column] = result(lab, row, column);
      }
    }
    return lab;
  });
}

/** What one layer computes, as layer.py does, and which cells have to do with which. */

import { toTyped } from "../_shared/math/arrays.js";

export const NAMES = ["image", "kernel", "operation", "stride", "padding", "dilation", "ceil_mode"];

/** How many cells along one axis a window covers, the gaps of a dilation included. */
export const covered = (k, dilation) => dilation * (k - 1) + 1;

/**
 * The number of windows along one axis, in steps as `sizeFormula` tells them; below 1 if none fits.
 * `dropped` is whether ceil mode would have put a last window into the padding behind the image.
 */
export function windowCount(n, k, { stride, padding, dilation, ceil }) {
  const room = (n + 2 * padding - covered(k, dilation)) / stride;
  const steps = ceil ? Math.ceil(room) : Math.floor(room);
  const dropped = ceil && steps * stride >= n + padding;
  return { count: steps + (dropped ? 0 : 1), dropped };
}

/** The largest padding that an operation allows for a window. */
export const mostPadding = (operation, kh, kw) =>
  operation === "convolution" ? 3 : Math.floor(Math.min(kh, kw) / 2);

function findProblem({ h, w, kh, kw, operation, padding, dilation }, rows, columns) {
  const half = mostPadding(operation, kh, kw);
  if (padding > half) {
    return (
      `Pooling allows a padding of at most half the window, here ${half}: otherwise a window could ` +
      "lie on padding alone."
    );
  }
  if (operation === "average" && dilation > 1) {
    return "Average-pooling has no dilation: set it to 1.";
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

/** Return `read()`: the lab's present state, computed anew only when something has changed. */
export function layerReader(model) {
  let seen = [];
  let lab = null;
  return () => {
    const values = NAMES.map((name) => model.get(name));
    if (lab && values.every((value, i) => value === seen[i])) return lab;
    seen = values;
    const [image, kernel, operation, stride, padding, dilation, ceilMode] = values;
    const [h, w] = image.shape;
    const [kh, kw] = kernel.shape;
    const ceil = ceilMode && operation !== "convolution";
    lab = { pixels: toTyped(image), h, w, weights: toTyped(kernel), kh, kw, operation, stride, padding };
    Object.assign(lab, { dilation, ceil, ceilMode });
    const [rows, columns] = [windowCount(h, kh, lab).count, windowCount(w, kw, lab).count];
    lab.problem = findProblem(lab, rows, columns);
    Object.assign(lab, lab.problem ? { rows: 0, columns: 0 } : { rows, columns });
    lab.rowReads = readsAlong(h, kh, lab.rows, lab);
    lab.columnReads = readsAlong(w, kw, lab.columns, lab);
    lab.output = new Float64Array(lab.rows * lab.columns);
    for (let row = 0; row < lab.rows; row += 1) {
      for (let column = 0; column < lab.columns; column += 1) {
        lab.output[row * lab.columns + column] = result(lab, windowCells(lab, row, column));
      }
    }
    return lab;
  };
}

/**
 * What the window of one output cell reads, row by row.
 * @returns {{row: number, column: number, weight: number, value: number, where: string}[]} `where` is
 *   "image", "padding", or "beyond" for what hangs over the padded image in ceil mode.
 */
export function windowCells(lab, outRow, outColumn) {
  const { pixels, h, w, weights, kh, kw, operation, stride, padding, dilation } = lab;
  const border = operation === "max" ? -Infinity : 0;
  const cells = [];
  for (let i = 0; i < kh; i += 1) {
    const row = outRow * stride - padding + i * dilation;
    for (let j = 0; j < kw; j += 1) {
      const column = outColumn * stride - padding + j * dilation;
      const inside = row >= 0 && row < h && column >= 0 && column < w;
      const beyond = row >= h + padding || column >= w + padding;
      const value = inside ? pixels[row * w + column] : border;
      const where = inside ? "image" : beyond ? "beyond" : "padding";
      cells.push({ row, column, weight: weights[i * kw + j], value, where });
    }
  }
  return cells;
}

function result({ operation }, cells) {
  if (operation === "max") return cells.reduce((most, { value }) => Math.max(most, value), -Infinity);
  if (operation === "convolution") return cells.reduce((sum, { weight, value }) => sum + weight * value, 0);
  const total = cells.reduce((sum, { value }) => sum + value, 0);
  return total / cells.filter(({ where }) => where !== "beyond").length;
}

/**
 * The output cells whose windows read one cell of the input or of its padding.
 * @returns {{row: number, column: number, tap: number, weight: number}[]} `tap` is the place in the kernel.
 */
export function readers({ kh, kw, weights, rows, columns, stride, padding, dilation }, row, column) {
  const along = (place, k, count) => {
    const found = [];
    for (let i = k - 1; i >= 0; i -= 1) {
      const at = (place + padding - i * dilation) / stride;
      if (Number.isInteger(at) && at >= 0 && at < count) found.push([at, i]);
    }
    return found;
  };
  const across = along(column, kw, columns);
  return along(row, kh, rows).flatMap(([y, i]) =>
    across.map(([x, j]) => ({ row: y, column: x, tap: i * kw + j, weight: weights[i * kw + j] })),
  );
}

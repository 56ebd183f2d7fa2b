/** What the lab says: the size formula, one cell worked out, and what no window reads. */

import { format } from "../_shared/math/numbers.js";
import { readers, windowCells, windowCount } from "./layer.js";

/** A number within a product: negative ones in parentheses. */
const factor = (value) => (value < 0 ? `(${format(value)})` : format(value));

/**
 * The output size with all numbers filled in.
 * @param {Record<string, any>} lab
 * @returns {{symbols: string, numbers: string}}
 */
export function sizeFormula(lab) {
  const { h, w, kh, kw, rows, columns, stride: s, padding: p, dilation: d, ceil } = lab;
  const [open, close] = ceil ? ["⌈", "⌉"] : ["⌊", "⌋"];
  const axis = (n, k) => {
    const { count, dropped } = windowCount(n, k, lab);
    const end = dropped ? ", because no window may start beyond the image" : "";
    const steps = `${open}(${n} + 2·${p} − ${d}·(${k} − 1) − 1) / ${s}${close}`;
    return `${steps}${dropped ? "" : " + 1"} = ${format(count)}${end}`;
  };
  const lines = [axis(h, kh)];
  if (h !== w || kh !== kw) lines.push(axis(w, kw));
  const sizes = lab.problem ? "no output" : `${h}×${w} → ${rows}×${columns}`;
  const symbols = `${open}(n + 2p − d·(k − 1) − 1) / s${close} + 1`;
  return { symbols, numbers: `${sizes}: ${lines.join(" and ")}` };
}

/**
 * One output cell worked out.
 * @param {Record<string, any>} lab
 * @param {number} row
 * @param {number} column
 * @returns {string}
 */
export function workedOutput(lab, row, column) {
  const cells = windowCells(lab, row, column);
  const value = format(lab.output[row * lab.columns + column]);
  const name = `y[${row}, ${column}]`;
  if (lab.operation === "convolution") {
    return `${name} = ${cells.map((cell) => `${factor(cell.value)}·${factor(cell.weight)}`).join(" + ")} = ${value}`;
  }
  const counted = cells.filter(({ where }) => where !== "beyond");
  const hangs = cells.length - counted.length;
  const note = hangs
    ? ` (${hangs} of ${cells.length} cells hang over the edge and do not count)`
    : "";
  if (lab.operation === "max") {
    return `${name} = max(${counted.map((cell) => format(cell.value)).join(", ")}) = ${value}${note}`;
  }
  return `${name} = (${counted.map((cell) => factor(cell.value)).join(" + ")}) / ${counted.length} = ${value}${note}`;
}

/**
 * Where one cell of the input goes.
 * @param {Record<string, any>} lab
 * @param {number} row
 * @param {number} column
 * @returns {string}
 */
export function workedInput(lab, row, column) {
  const { h, w, pixels, operation } = lab;
  const inside = row >= 0 && row < h && column >= 0 && column < w;
  const border = operation === "max" ? "padding, minus infinity" : "padding, a zero";
  const name = inside
    ? `x[${row}, ${column}] = ${format(pixels[row * w + column])}`
    : `This cell (${border})`;
  const found = readers(lab, row, column);
  if (!found.length) return `${name} is read by no window: it does not affect the output.`;
  const list = found.slice(0, 9).map((to) => {
    const times = operation === "convolution" ? ` times ${factor(to.weight)}` : "";
    return `y[${to.row}, ${to.column}]${times}`;
  });
  if (found.length > list.length) list.push(`and ${found.length - list.length} more`);
  return `${name} feeds ${found.length} output cell${found.length === 1 ? "" : "s"}: ${list.join(", ")}.`;
}

function lines(name, reads) {
  const missing = reads.flatMap((count, i) => (count ? [] : [i]));
  if (!missing.length) return null;
  return `${name}${missing.length > 1 ? "s" : ""} ${missing.join(", ")}`;
}

/**
 * How often the cells of the input are read, and which are not.
 * @param {Record<string, any>} lab
 * @returns {string}
 */
export function readingFacts({ rowReads, columnReads, h, w, problem }) {
  if (problem) return "";
  const [most, least] = [Math.max, Math.min].map((end) => end(...rowReads) * end(...columnReads));
  const times = least === most ? `${most}` : `${least} to ${most}`;
  const usual = `Each input cell feeds ${times} output cell${times === "1" ? "" : "s"}.`;
  const skipped = h * w - rowReads.filter(Boolean).length * columnReads.filter(Boolean).length;
  if (!skipped) return usual;
  const where = [lines("row", rowReads), lines("column", columnReads)].filter(Boolean).join(" or ");
  return `${usual} No window reads ${where}: ${skipped} of ${h * w} cells are lost (hatched).`;
}

/**
 * What is special about the border of the present layer.
 * @param {Record<string, any>} lab
 * @returns {string}
 */
export function borderNote({ operation, padding, ceil, kh, kw }) {
  if (operation === "convolution") return "";
  const half = Math.floor(Math.min(kh, kw) / 2);
  const limit =
    `For pooling, padding is at most half the window (here ${half}), so that no window lies on ` +
    "padding alone.";
  if (operation === "max") return `${limit} The padding counts as −∞, so it is never the maximum.`;
  const over = ceil ? " What hangs over the padded input does not count." : "";
  const zeros = padding ? " Its zeros count in the mean." : "";
  return `${limit}${zeros} PyTorch's average pooling has no dilation.${over}`;
}

/** The grids of numbers beside the matrix: pixels, kernel and outputs. */

/** @import { Edit } from "../_shared/ui/model.js" */
/** @import { Demo } from "../_shared/ui/mount.js" */
/** @import { Lab } from "./state.js" */
/** @import { Subject } from "./subject.js" */
import { fromTyped } from "../_shared/math/arrays.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { format, formatCell } from "../_shared/math/numbers.js";
import { cellGrid } from "../_shared/ui/cell_grid.js";
import { grayColor, signedColor } from "../_shared/ui/color.js";
import { entriesOfColumn, entriesOfRow } from "./state.js";
import { letter, weightColor } from "./weights.js";

const LARGEST = 99;

/**
 * @param {{demo: Demo, read: () => Lab, chosen: Record<string, any>, stop: () => void, say: (text:
 *   string) => void, edit: Edit}} options `stop` ends the animation.
 */
export function makeGrids({ demo, read, chosen, stop, say, edit }) {
  const { model } = demo;
  /** Change one number of an array trait; the sentence says why not. */
  function change(name, index, value, whole) {
    if (!(Math.abs(value) <= LARGEST) || (whole && !Number.isInteger(value))) {
      say(`Use a ${whole ? "whole number" : "number"} from −${LARGEST} to ${LARGEST}.`);
      return;
    }
    const { shape } = model.get(name);
    const lab = read();
    const old = { image: lab.pixels, kernel: lab.weights, errors: lab.allErrors }[name];
    const values = Float64Array.from(old);
    values[index] = value;
    edit({ [name]: fromTyped(values, shape) });
  }
  const choose = (kind) => (index) => {
    stop();
    chosen.settle(kind, index);
  };
  const hover = (kind) => (index) => chosen.hover(index === null ? null : { kind, index });
  const backward = () => model.get("transpose");
  const pixels = cellGrid({
    label: "Pixels",
    onPoint: hover("column"),
    onChoose: choose("column"),
    valueAt: (index) => (backward() ? null : read().pixels[index]),
    onEdit: (index, value) => change("image", index, value, true),
  });
  const outputs = cellGrid({
    label: "Outputs",
    onPoint: hover("row"),
    onChoose: choose("row"),
    valueAt: (index) => (backward() ? read().error[index] : null),
    onEdit: (index, value) => {
      const { columns } = read();
      const across = model.get("errors").shape[1];
      change("errors", Math.floor(index / columns) * across + (index % columns), value, false);
    },
  });
  const kernel = cellGrid({
    label: "Kernel",
    onPoint: hover("weight"),
    onChoose: (index) => {
      stop();
      chosen.focusWeight(index);
    },
    onLeave: () => chosen.focusWeight(null),
    valueAt: (index) => read().weights[index],
    onEdit: (index, value) => change("kernel", index, value, false),
  });
  return { pixels, outputs, kernel };
}

/** Write the letter of a weight into the corner of a cell; without a weight, none. */
function mark(cell, tap, count) {
  const text = tap === undefined ? "" : letter(tap);
  if ((cell.dataset.weight ?? "") === text) return;
  if (!text) delete cell.dataset.weight;
  else {
    cell.dataset.weight = text;
    cell.style.setProperty("--weight", weightColor(tap, count).background);
  }
}
const cellsOf = (grid) => grid.element.querySelectorAll(".lu-grid-cell");

/** Cells with numbers; `lit` tells, by a cell's index, which weight connects it to the subject. */
function drawCells(grid, values, columns, { lit, chosen, color, tabStop, count }) {
  grid.shape(values.length / columns, columns);
  const cells = cellsOf(grid);
  values.forEach((value, i) => {
    const marks = `${lit.has(i) ? " lit" : ""}${chosen === i ? " chosen" : ""}`;
    grid.write(i, formatCell(value), color(value));
    grid.mark(i, marks);
    mark(cells[i], lit.get(i), count);
  });
  grid.setTabStop(tabStop);
}

/**
 * @param {Record<string, any>} grids
 * @param {Lab} lab
 * @param {{subject: Subject, transpose: boolean, dark: boolean, chosen: Record<string, any>}} shown
 * @returns {number[]} The pixels or outputs that a row or column connects.
 */
export function drawGrids(grids, lab, { subject, transpose, dark, chosen }) {
  const { pixels, output, gradient, error, weights, w, columns, kw } = lab;
  const { kind, index } = subject;
  const inRow = kind === "row" ? entriesOfRow(lab, index) : [];
  const inColumn = kind === "column" ? entriesOfColumn(lab, index) : [];
  const [low, high] = [Math.min(...pixels), Math.max(...pixels)];
  const gray = (value) => grayColor((value - low) / (high - low || 1));
  const signed = (values) => {
    const limit = maxMagnitude(values) || 1;
    return (value) => signedColor(value, limit, dark);
  };
  drawCells(grids.pixels, transpose ? gradient : pixels, w, {
    lit: new Map(inRow.map(({ at, tap }) => [at, tap])),
    chosen: kind === "column" ? index : -1,
    color: transpose ? signed(gradient) : gray,
    tabStop: chosen.chosenIndex("column"),
    count: weights.length,
  });
  const shown = transpose ? error : output;
  drawCells(grids.outputs, shown, columns, {
    lit: new Map(inColumn.map(({ at, tap }) => [at, tap])),
    chosen: kind === "row" ? index : -1,
    color: signed(shown),
    tabStop: chosen.chosenIndex("row"),
    count: weights.length,
  });
  grids.kernel.shape(weights.length / kw, kw);
  const cells = cellsOf(grids.kernel);
  weights.forEach((weight, i) => {
    const marks = kind === "weight" && index === i ? " chosen" : "";
    grids.kernel.write(i, format(weight), weightColor(i, weights.length));
    grids.kernel.mark(i, marks);
    mark(cells[i], i, weights.length);
  });
  grids.kernel.setTabStop();
  return [...inRow, ...inColumn].map(({ at }) => at);
}

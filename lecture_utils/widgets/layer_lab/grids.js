/** The three grids of the lab: input, kernel and output. */

/** @import { Edit } from "../_shared/ui/model.js" */
/** @import { Demo } from "../_shared/ui/mount.js" */
import { fromTyped } from "../_shared/math/arrays.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { format, formatCell } from "../_shared/math/numbers.js";
import { cssColor, grayColor, lutIndex, sequentialLut, signedColor } from "../_shared/ui/color.js";
import { cellGrid } from "../_shared/ui/cell_grid.js";

const LARGEST = 99;
/** No color: the paper shows. */
const PAPER = null;

/** Whether a place in the padded input holds a pixel. */
const isPixel = (/** @type {Record<string, any>} */ { h, w }, row, column) =>
  row >= 0 && row < h && column >= 0 && column < w;

/**
 * The grids, and what a hand does on them.
 * @param {{demo: Demo, read: () => Record<string, any>, cell: Record<string, any>, stop: ()
 *   => void, say: (text: string) => void, edit: Edit}} options `stop` ends the animation.
 */
export function makeGrids({ demo, read, cell, stop, say, edit }) {
  const inputCell = (index) => {
    const { w, padding } = read();
    const across = w + 2 * padding;
    return {
      grid: "input",
      row: Math.floor(index / across) - padding,
      column: (index % across) - padding,
    };
  };
  const outputCell = (index) => {
    const { columns } = read();
    return { grid: "output", row: Math.floor(index / columns), column: index % columns };
  };
  const hover = (cellOf) => (index) => cell.hover(index === null ? null : cellOf(index));
  /** Change one number of an array trait; the sentence says why not. */
  function change(name, index, value, whole) {
    if (!(Math.abs(value) <= LARGEST) || (whole && !Number.isInteger(value))) {
      say(`Use a ${whole ? "whole number" : "number"} from −${LARGEST} to ${LARGEST}.`);
      return;
    }
    const values = Float64Array.from(name === "image" ? read().pixels : read().weights);
    values[index] = value;
    edit({ [name]: fromTyped(values, demo.model.get(name).shape) });
  }
  const pixelIndex = (index) => {
    const { w } = read();
    const { row, column } = inputCell(index);
    return isPixel(read(), row, column) ? row * w + column : null;
  };
  const input = cellGrid({
    label: "Input",
    onPoint: hover(inputCell),
    onChoose: (index) => {
      stop();
      cell.choose(inputCell(index));
    },
    onLeave: () => cell.choose(null),
    valueAt: (index) => {
      const at = pixelIndex(index);
      return at === null ? null : read().pixels[at];
    },
    onEdit: (index, value) => change("image", pixelIndex(index), value, true),
  });
  const kernel = cellGrid({
    label: "Kernel",
    onPoint: () => {},
    onChoose: () => {},
    valueAt: (index) => read().weights[index],
    onEdit: (index, value) => change("kernel", index, value, false),
  });
  const output = cellGrid({
    label: "Output",
    onPoint: hover(outputCell),
    onChoose: (index) => {
      stop();
      const { row, column } = outputCell(index);
      cell.settle([row, column]);
    },
  });
  return { input, kernel, output };
}

/** Which cells of the padded input the window reads: 1, or 2 for the largest of a max pooling. */
function litCells(lab, cells) {
  const { h, w, padding, operation } = lab;
  const across = w + 2 * padding;
  const lit = new Uint8Array(across * (h + 2 * padding));
  const best = operation === "max" ? Math.max(...cells.map(({ value }) => value)) : NaN;
  for (const { row, column, value, where } of cells) {
    if (where === "beyond") continue;
    lit[(row + padding) * across + column + padding] = value === best && where === "image" ? 2 : 1;
  }
  return lit;
}

/**
 * The numbers and colors of the input. They stay while a pointer moves over the grids; the marks,
 * which follow it, are drawn apart from them. The same holds for kernel and output.
 * @param {Record<string, any>} grid
 * @param {Record<string, any>} lab
 * @param {string} view Whether numbers are "values" or "reads".
 * @param {boolean} dark
 */
export function drawInput(grid, lab, view, dark) {
  const { pixels, h: rows, w, padding, operation, reads } = lab;
  const across = w + 2 * padding;
  const [low, high] = [Math.min(...pixels), Math.max(...pixels)];
  const most = Math.max(...reads.flat()) || 1;
  const table = sequentialLut(dark);
  const outside = operation === "max" ? "−∞" : "0";
  for (let i = 0; i < across * (rows + 2 * padding); i += 1) {
    const row = Math.floor(i / across) - padding;
    const column = (i % across) - padding;
    if (!isPixel(lab, row, column)) grid.write(i, view === "values" ? outside : "", PAPER);
    else if (view === "values") {
      const value = pixels[row * w + column];
      grid.write(i, format(value), grayColor((value - low) / (high - low || 1)));
    } else {
      const count = reads[row][column];
      grid.write(i, String(count), cssColor(table[lutIndex(count, 0, most, table.length)]));
    }
  }
}

/**
 * @param {Record<string, any>} grid
 * @param {Record<string, any>} lab
 * @param {{at: Record<string, any>, cells: Record<string, any>[], focus: Record<string, any>}} shown
 *   What is explained, the cells that its window reads, and the cell for the Tab key.
 */
export function markInput(grid, lab, { at, cells, focus }) {
  const { w, padding, problem, reads } = lab;
  const across = w + 2 * padding;
  litCells(lab, cells).forEach((lit, i) => {
    const row = Math.floor(i / across) - padding;
    const column = (i % across) - padding;
    let marks = ["", " lit", " lit best"][lit];
    if (at.grid === "input" && at.row === row && at.column === column) marks += " chosen";
    if (!isPixel(lab, row, column)) marks += " padding";
    else if (!reads[row][column] && !problem) marks += " unread";
    grid.mark(i, marks);
  });
  grid.setTabStop((focus.row + padding) * across + focus.column + padding);
}

export function drawKernel(grid, { weights }, dark) {
  const limit = maxMagnitude(weights) || 1;
  weights.forEach((weight, i) => {
    grid.write(i, formatCell(weight), signedColor(weight, limit, dark));
  });
}

/** @param {{tap: number}[]} fed What the explained input cell feeds: its weights are lit. */
export function markKernel(grid, { weights }, fed) {
  const taps = new Set(fed.map(({ tap }) => tap));
  weights.forEach((_, i) => {
    grid.mark(i, taps.has(i) ? " lit" : "");
  });
  grid.setTabStop();
}

/** @param {number} reached The last cell that the animation has come to; Infinity without one. */
export function drawOutput(grid, { output: values, operation, pixels }, reached, dark) {
  const limit = maxMagnitude(values) || 1;
  const [low, high] = [Math.min(...pixels), Math.max(...pixels)];
  const color = (value) =>
    operation === "convolution"
      ? signedColor(value, limit, dark)
      : grayColor((value - low) / (high - low || 1));
  values.forEach((value, i) => {
    if (i > reached) grid.write(i, "", PAPER);
    else grid.write(i, formatCell(value), color(value));
  });
}

/**
 * @param {Record<string, any>} grid
 * @param {Record<string, any>} lab
 * @param {{at: Record<string, any>, fed: Record<string, any>[], position: number[]}} shown
 */
export function markOutput(grid, { output, columns }, { at, fed, position }) {
  const lit = new Uint8Array(output.length);
  for (const { row, column } of fed) lit[row * columns + column] = 1;
  const chosen = at.grid === "output" ? at.row * columns + at.column : -1;
  lit.forEach((isLit, i) => {
    grid.mark(i, `${isLit ? " lit" : ""}${i === chosen ? " chosen" : ""}`);
  });
  grid.setTabStop(position[0] * columns + position[1]);
}

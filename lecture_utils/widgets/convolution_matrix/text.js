/** What the demo says about a row, a column or a weight. */

/** @import { Lab } from "./state.js" */
/** @import { Subject } from "./subject.js" */
import { format, grouped } from "../_shared/math/numbers.js";
import { entriesOfColumn, entriesOfRow } from "./state.js";
import { letter } from "./weights.js";

/** A number within a product: negative ones in parentheses. */
const factor = (value) => (value < 0 ? `(${format(value)})` : format(value));
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const cellName = (name, index, columns) =>
  `${name}[${Math.floor(index / columns)},\u00a0${index % columns}]`;

/** A sum of products, in letters and in numbers. */
function products(name, entries, columns, weights, values) {
  const symbols = entries.map(({ at, tap }) => `${letter(tap)}·${cellName(name, at, columns)}`);
  const numbers = entries.map(({ at, tap }) => `${factor(weights[tap])}·${factor(values[at])}`);
  return [symbols.join(" + "), numbers.join(" + ")];
}

function aboutRow(lab, row, transpose) {
  const { weights, w, columns, pixels, output, error } = lab;
  const entries = entriesOfRow(lab, row);
  const missing = weights.length - entries.length;
  const border = missing
    ? ` ${plural(missing, "weight")} of the window ${missing === 1 ? "falls" : "fall"} on the ` +
      `padding of zeros, so the row holds only ${entries.length} of the ${weights.length} weights.`
    : "";
  if (transpose) {
    const name = cellName("e", row, columns);
    return [
      `Row ${row} carries the error ${name} = ${format(error[row])} back to the ` +
        `${plural(entries.length, "pixel")} of its window. On the way to a pixel, the error is ` +
        `multiplied by the weight that connects the two: ${letter(entries[0].tap)} for ` +
        `${cellName("x", entries[0].at, w)}${entries.length > 1 ? ", and so on" : ""}.`,
      border.trim(),
    ];
  }
  const [symbols, numbers] = products("x", entries, w, weights, pixels);
  return [
    `Row ${row} makes ${cellName("y", row, columns)} = ${symbols}`,
    `= ${numbers} = ${format(output[row])}.${border}`,
  ];
}

function aboutColumn(lab, column, transpose) {
  const { weights, w, columns, pixels, error, gradient } = lab;
  const entries = entriesOfColumn(lab, column);
  const pixel = cellName("x", column, w);
  if (!entries.length) {
    return [`Column ${column} is empty: no window reads the pixel ${pixel}.`, "Its gradient is 0."];
  }
  if (transpose) {
    const [symbols, numbers] = products("e", entries, columns, weights, error);
    return [
      `Column ${column} collects the gradient of ${pixel}: ${symbols}`,
      `= ${numbers} = ${format(gradient[column])}.`,
    ];
  }
  const list = entries.map(
    ({ at, tap }) => `${cellName("y", at, columns)} with weight ${letter(tap)}`,
  );
  return [
    `The pixel ${pixel} = ${format(pixels[column])} (column ${column} of the matrix) feeds ` +
      `${plural(entries.length, "output")}:`,
    `${list.join(", ")}.`,
  ];
}

function aboutWeight({ taps, weights, entries }, tap) {
  const count = taps.reduce((sum, each) => sum + Number(each === tap), 0);
  return [
    `The weight ${letter(tap)} = ${format(weights[tap])} appears in ${count} of the ` +
      `${grouped(entries)} entries. Entries with the same letter are tied: a change to ` +
      `${letter(tap)} changes all of its entries.`,
    "",
  ];
}

/**
 * @param {Lab} lab
 * @param {Subject} subject
 * @param {boolean} transpose
 * @returns {string[]} Two sentences, of which the second one can be empty.
 */
export function explain(lab, { kind, index }, transpose) {
  if (kind === "weight") return aboutWeight(lab, index);
  return kind === "row" ? aboutRow(lab, index, transpose) : aboutColumn(lab, index, transpose);
}

/**
 * How to use the demo.
 * @param {boolean} transpose
 * @returns {string}
 */
export const hint = (transpose) =>
  transpose
    ? "Point at a column of the matrix, or at a pixel, to see where its gradient comes from. Click a " +
      "number of the error map or of the kernel and type to change it."
    : "Point at a row of the matrix, or at an output, to see its window. Point at a pixel to see its " +
      "column. Click a number of the input or of the kernel and type to change it.";

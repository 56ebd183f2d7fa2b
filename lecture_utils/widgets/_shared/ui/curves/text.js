/** How losses, accuracies, and the two splits are written beside curves. */

import { format } from "../../math/numbers.js";

export const SPLITS = { train: "training", val: "validation" };

/**
 * A share as a percentage with two digits after the point: "97.42%".
 * @param {number} share
 * @param {number} [digits]
 * @returns {string}
 */
export const percent = (share, digits = 2) => `${(100 * share).toFixed(digits)}%`;

/**
 * A difference of shares in percentage points: "−0.14", "+0.02", "0".
 * @param {number} difference
 * @param {number} [digits]
 * @returns {string}
 */
export function points(difference, digits = 2) {
  const text = Math.abs(100 * difference).toFixed(digits);
  if (Number(text) === 0) return "0";
  return `${difference < 0 ? "−" : "+"}${text}`;
}

/**
 * A loss with four digits after the point, or more where it is tiny.
 * @param {number} value
 * @returns {string}
 */
export const loss = (value) =>
  value >= 0.001 && value < 1000 ? value.toFixed(4) : format(value, 4);

/**
 * @param {string} column
 * @param {number} value
 * @returns {string}
 */
export const writeValue = (column, value) =>
  column.endsWith("loss") ? loss(value) : percent(value);

/** What is said about a network. */

import { format, short } from "../_shared/math/numbers.js";
import { winner } from "./choose.js";

export const COSTS = { macs: "MACs", parameters: "parameters" };

/**
 * 4089000000 as "4.1 G".
 * @param {number} count
 * @returns {string}
 */
export const amount = (count) => short(count, { whole: true });

/**
 * @param {number} share
 * @returns {string}
 */
export const percent = (share) => `${(100 * share).toFixed(1)}%`;

/**
 * @param {Record<string, any>} row
 * @returns {[string, string][]}
 */
export function facts(row) {
  return [
    ["Accuracy", percent(row.accuracy)],
    ["MACs", amount(row.macs)],
    ["Parameters", amount(row.parameters)],
    ["Image", `${row.image_size}×${row.image_size}`],
    ["Weights", row.weights + (row.more_data ? ", trained on more images than ImageNet has" : "")],
  ];
}

/**
 * Whether it is on the front, or what beats it.
 * @param {Record<string, any>} row
 * @param {Record<string, any>[]} rows
 * @param {string} cost
 * @returns {string}
 */
export function standing(row, rows, cost) {
  const better = winner(row, rows, cost);
  if (!better) return `No network here is as accurate with fewer ${COSTS[cost]}.`;
  const times = row[cost] / better[cost];
  if (times < 1.05)
    return `${better.title} reaches ${percent(better.accuracy)} with about as many ${COSTS[cost]}.`;
  const factor = format(times, times < 10 ? 1 : 0);
  return `${better.title} reaches ${percent(better.accuracy)}; ${row.title} needs ${factor} times as many ${COSTS[cost]}.`;
}

/**
 * All of it, for a screen reader.
 * @param {Record<string, any>} row
 * @param {Record<string, any>[]} rows
 * @param {string} cost
 * @returns {string}
 */
export function sentence(row, rows, cost) {
  const [accuracy, ...others] = facts(row);
  return `${row.title}: accuracy ${accuracy[1]}, ${others.map(([name, value]) => `${name} ${value}`).join(", ")}. ${standing(row, rows, cost)}`;
}

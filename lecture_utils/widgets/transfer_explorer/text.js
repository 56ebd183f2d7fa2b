/** Numbers and sentences of the explorer. */

import { format } from "../_shared/math/numbers.js";

/**
 * A share in percent with two digits that count: "75.1%", "0.0046%"; "100%" only for all.
 * @param {number} part
 * @param {number} total
 * @returns {string}
 */
export function share(part, total) {
  const value = (100 * part) / total;
  if (value === 0 || part === total) return `${value}%`;
  if (value >= 99.95) return ">99.9%";
  return `${value >= 10 ? value.toFixed(1) : format(Number(value.toPrecision(2)), 1)}%`;
}

/**
 * Bytes as "6 KiB", "41.3 MiB".
 * @param {number} value
 * @returns {string}
 */
export function bytes(value) {
  if (value < 2 ** 20) return `${format(value / 1024, 1)} KiB`;
  return `${format(value / 2 ** 20, 1)} MiB`;
}

/**
 * "4.2 s", "1.5 min".
 * @param {number} value
 * @returns {string}
 */
export function seconds(value) {
  if (value < 90) return `${format(value, value < 10 ? 1 : 0)} s`;
  return `${format(value / 60, 1)} min`;
}

/**
 * @param {number} value
 * @param {number} [digits]
 * @returns {string}
 */
export const percent = (value, digits = 1) => `${(100 * value).toFixed(digits)}%`;

/**
 * Which stages are frozen and which are trained.
 * @param {Record<string, any>} network
 * @param {Record<string, any>} boundary
 * @returns {string}
 */
export function boundaryWords({ stages }, { trainFrom, index }) {
  const name = (stage) => (stage === "head" ? "the new head" : stage);
  if (index === 0) return "nothing is frozen; the whole network is trained";
  const before = stages
    .slice(0, index)
    .filter(({ parameters }) => parameters)
    .map((stage) => stage.name);
  const frozen = before.length === 1 ? before[0] : `${before[0]} to ${before.at(-1)}`;
  const verb = before.length === 1 ? "is" : "are";
  const trained =
    trainFrom === "head"
      ? "only the new head is trained"
      : `${name(trainFrom)} and everything after it are trained`;
  return `${frozen} ${verb} frozen; ${trained}`;
}

/**
 * "97.3–98.9%".
 * @param {number} low
 * @param {number} high
 * @returns {string}
 */
export const range = (low, high) => `${(100 * low).toFixed(1)}–${percent(high)}`;

export const MEASURES = { accuracy: "Test accuracy", time: "Seconds per epoch", memory: "Memory" };

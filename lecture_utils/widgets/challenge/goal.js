/** Goals of challenges: conditions on what a demo reports, judged as goal.py does. */

import { grouped } from "../_shared/math/numbers.js";

/**
 * @typedef {object} Condition
 * @property {string} reading
 * @property {"at least"|"at most"|"between"|"equal to"|"one of"|"close to"} test
 * @property {any} bound
 * @property {string} label What is asked for.
 * @property {string} missing The sentence for a reader whose value fails; {value} stands for it.
 * @property {number} digits
 * @property {number} tolerance In percent, for "close to".
 */

/** Larger differences in percent are reported as this one. */
const LARGEST_DIFFERENCE = 999;
const MOST_DIGITS = 6;

/**
 * Whether readings meet a condition.
 * @param {Condition} condition
 * @param {Record<string, any>} readings
 * @returns {boolean}
 */
export function holds({ reading, test, bound, tolerance }, readings) {
  const value = readings[reading];
  if (test === "one of") return bound.includes(value);
  if (test === "equal to") return value === bound;
  if (test === "close to") return difference(value, bound) <= tolerance;
  if (typeof value !== "number") return false;
  if (test === "between") return bound[0] <= value && value <= bound[1];
  return test === "at least" ? value >= bound : value <= bound;
}

/**
 * The sentence on what is missing, with the value in it. A value just beyond the bound gets as many
 * digits as it needs so that it does not look as if it met the condition.
 * @param {Condition} condition
 * @param {Record<string, any>} readings
 * @returns {string}
 */
export function lack(condition, readings) {
  const { reading, test, bound, missing, tolerance } = condition;
  let { digits } = condition;
  let value = readings[reading];
  if (test === "close to") {
    const count = numbers(value).length;
    if (count !== bound.length)
      return `The sizes differ: ${told(count)} values instead of ${told(bound.length)}.`;
    value = Math.min(difference(value, bound), LARGEST_DIFFERENCE);
  }
  /** @param {number} shown */
  const meets = (shown) =>
    test === "close to" ? shown <= tolerance : holds(condition, { [reading]: shown });
  if (Number.isFinite(value))
    while (digits < MOST_DIGITS && meets(Number(value.toFixed(digits)))) digits += 1;
  return missing.replaceAll("{value}", () => told(value, digits));
}

/**
 * The values of an array; there are none in anything else.
 * @param {any} value
 * @returns {ArrayLike<number>}
 */
const numbers = (value) => (typeof value === "object" && value?.length ? value : []);

/**
 * The norm of an array's difference from another one, in percent of the other one's norm. It is
 * infinite if they do not have the same number of values.
 * @param {any} value
 * @param {number[]} bound
 * @returns {number}
 */
function difference(value, bound) {
  const values = numbers(value);
  if (values.length !== bound.length) return Infinity;
  const distance = Math.hypot(...bound.map((value, i) => values[i] - value));
  return (100 * distance) / (Math.hypot(...bound) || 1);
}

/**
 * A value as a sentence shows it: numbers rounded, with commas between thousands.
 * @param {any} value
 * @param {number} [digits]
 * @returns {string}
 */
export function told(value, digits = 0) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return typeof value === "string" ? value : "unknown";
  if (!Number.isFinite(value)) return value === Infinity ? "infinite" : "unknown";
  const text = grouped(Math.abs(value).toFixed(digits));
  return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text;
}

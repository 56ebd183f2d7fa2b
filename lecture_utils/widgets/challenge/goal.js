/** Goals of challenges: conditions on what a demo reports, judged as goal.py does. */

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
 * The sentence on what is missing, with the value in it.
 * @param {Condition} condition
 * @param {Record<string, any>} readings
 * @returns {string}
 */
export function lack({ reading, test, bound, missing, digits }, readings) {
  const value = readings[reading];
  const shown = test === "close to" ? difference(value, bound) : value;
  return missing.replaceAll("{value}", () => told(shown, digits));
}

/**
 * How far an array is from another one, in percent of the other one's length.
 * @param {ArrayLike<number>|null|undefined} values
 * @param {number[]} bound
 * @returns {number}
 */
function difference(values, bound) {
  if (typeof values !== "object" || values?.length !== bound.length) return LARGEST_DIFFERENCE;
  const distance = Math.hypot(...bound.map((value, i) => values[i] - value));
  return Math.min((100 * distance) / (Math.hypot(...bound) || 1), LARGEST_DIFFERENCE);
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
  if (!Number.isFinite(value)) return "unknown";
  const [whole, rest] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const text = rest ? `${grouped}.${rest}` : grouped;
  return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text;
}

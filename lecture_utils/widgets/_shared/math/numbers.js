/** Numbers as a reader writes and reads them. */

/**
 * Write a number with at most `decimals` digits after the point, a true minus sign and no trailing
 * zeros: -0.250 is "−0.25". What would be rounded to zero keeps two significant digits: "0.0039".
 * @param {number} value
 * @param {number} [decimals]
 * @returns {string}
 */
export function format(value, decimals = 2) {
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(value);
  const sign = value < 0 ? "\u2212" : "";
  if (size === Infinity) return `${sign}\u221e`;
  if (size < 1e-12) return "0";
  if (size >= 1e6 || size < 1e-4) {
    const [digits, power] = size.toExponential(1).split("e");
    return `${sign}${digits.replace(/\.0$/, "")}e${power.replace("+", "").replace("-", "\u2212")}`;
  }
  if (size < 0.5 * 10 ** -decimals) return sign + trim(size.toPrecision(2));
  return (
    sign + trim(size.toFixed(size >= 1000 ? 0 : size >= 100 ? Math.min(decimals, 1) : decimals))
  );
}

/**
 * The same for a small cell, in at most five characters for numbers around 1. "0.00" is a number
 * too small to be shown, "0" is zero.
 * @param {number} value
 * @returns {string}
 */
export function formatCell(value) {
  const size = Math.abs(value);
  const sign = value < 0 ? "\u2212" : "";
  if (size >= 0.005 || size < 1e-12 || Number.isNaN(value)) return format(value);
  return sign + (size < 0.0005 ? "0.00" : size.toFixed(3));
}

/**
 * Write a count with commas between thousands: "12,345". (`toLocaleString` does the same, but
 * its first call loads tables for all languages, which costs a demo tens of milliseconds.)
 * @param {number|string} count A number, or its digits.
 * @returns {string}
 */
export const grouped = (count) =>
  String(count).replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

/**
 * Write a count in few characters: 28901376 as "28.9 M". Counts below `from` keep every digit.
 * @param {number} count
 * @param {{from?: number, whole?: boolean}} [options] `whole`: no digit after the point from 100 on,
 *   as in "138 M".
 * @returns {string}
 */
export function short(count, { from = 1000, whole = false } = {}) {
  return count < from ? grouped(count) : inUnits(count, 1000, ["", "k", "M", "G", "T"], whole);
}

/**
 * Bytes as "84.5 KiB".
 * @param {number} bytes
 * @returns {string}
 */
export const memory = (bytes) => inUnits(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);

function inUnits(value, step, units, whole = false) {
  // What would be rounded to a whole step is one of the next unit: "1 M", not "1000 k".
  const most = whole || step > 1000 ? step - 0.5 : step - 0.05;
  let unit = 0;
  for (; value >= most && unit < units.length - 1; unit += 1) value /= step;
  return `${format(value, whole && value >= 99.5 ? 0 : 1)} ${units[unit]}`.trim();
}

function trim(digits) {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

/**
 * Write a number with so many significant digits, for comparing with another program's. Less than a
 * trillionth counts as a rounding error: "0".
 * @param {number} value
 * @param {number} [digits]
 * @returns {string}
 */
export function precise(value, digits = 5) {
  const size = Math.abs(value);
  if (Number.isNaN(value)) return "NaN";
  if (size < 1e-12) return "0";
  const sign = value < 0 ? "\u2212" : "";
  if (size >= 1e-4 && size < 1e5) return sign + trim(size.toPrecision(digits));
  const [number, power] = size.toExponential(digits - 1).split("e");
  return `${sign}${trim(number)}e${power.replace("+", "").replace("-", "\u2212")}`;
}

/** A comma that may stand between thousands, or for the decimal point: "1,000". */
const AMBIGUOUS = /^[-+]?[1-9]\d{0,2},\d{3}$/;

/**
 * Read a number as people type it: "-1.5", "−1,5", "1/9".
 * @param {string} text
 * @returns {number} NaN where the text is not a number, or could be two.
 */
export function parseNumber(text) {
  const parts = text
    .replace(/\u2212/g, "-")
    .split("/")
    .map((part) => part.trim());
  if (parts.length > 2 || parts.some((part) => part === "" || AMBIGUOUS.test(part))) return NaN;
  const [top, bottom = 1] = parts.map((part) => Number(part.replace(",", ".")));
  return Number.isFinite(top / bottom) ? top / bottom : NaN;
}

/**
 * A number that Python reads back as the same double.
 * @param {number} value
 * @returns {string}
 */
export function pythonNumber(value) {
  return Object.is(value, -0) ? "0" : String(value);
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @returns {number} `value`, moved to the nearest end if it lies outside `low` to `high`.
 */
export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

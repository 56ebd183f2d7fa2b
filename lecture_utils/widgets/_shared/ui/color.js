/**
 * The colors of values, one definition per quantity; `lecture_utils/palette.py` has the same
 * tables.
 */

const SIGNED_LIGHT = [
  "#2166ac",
  "#5a8ac0",
  "#8eaed4",
  "#c2d2e6",
  "#f7f7f7",
  "#ecc4c2",
  "#dd928e",
  "#ca5d5d",
  "#b2182b",
];
const SIGNED_DARK = [
  "#74b6ff",
  "#5788bd",
  "#3c5d7e",
  "#233545",
  "#0c1113",
  "#412c2a",
  "#7b4842",
  "#bb665c",
  "#ff8576",
];
const SEQUENTIAL_LIGHT = [
  "#f7f7f7",
  "#bce4e4",
  "#92ccd0",
  "#6bb2bc",
  "#4898a8",
  "#287e94",
  "#05647e",
  "#004b65",
  "#023248",
];
const SEQUENTIAL_DARK = [
  "#0c1113",
  "#0b2b38",
  "#074755",
  "#0c656f",
  "#258585",
  "#46a498",
  "#6fc3aa",
  "#9de0bd",
  "#d1fcd8",
];
/**
 * From an angle of -pi by way of 0 (red, as positive values are) to pi, which has the color of -pi.
 */
const CYCLIC = [
  "#00aebd",
  "#36a4da",
  "#7296e5",
  "#9e88dd",
  "#bf7cc3",
  "#d4769c",
  "#db7771",
  "#d38246",
  "#bb912b",
  "#96a13c",
  "#63ac66",
  "#15b194",
  "#00aebd",
];
/** Odd, so that zero has a color of its own in the middle. */
const SIGNED_SIZE = 511;

function rgb(color) {
  return [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
}

/**
 * Pack a color the way a Uint32Array over canvas pixels stores it (all browsers are little-endian).
 */
function pack([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

function interpolate(stops, size) {
  const colors = stops.map(rgb);
  return Uint32Array.from({ length: size }, (_, i) => {
    const at = (i * (colors.length - 1)) / (size - 1);
    const left = Math.min(Math.floor(at), colors.length - 2);
    const [a, b] = [colors[left], colors[left + 1]];
    return pack(a.map((from, c) => Math.floor(from + (b[c] - from) * (at - left) + 0.5)));
  });
}

const tables = new Map();
function cached(name, make) {
  if (!tables.has(name)) tables.set(name, make());
  return tables.get(name);
}

/**
 * The table for values from -limit to +limit: 511 packed colors, zero in the middle.
 * @param {boolean} dark
 */
export function signedLut(dark) {
  return dark
    ? cached("dark", () => interpolate(SIGNED_DARK, SIGNED_SIZE))
    : cached("light", () => interpolate(SIGNED_LIGHT, SIGNED_SIZE));
}

/** The table for brightness from 0 to 1: 256 gray levels. */
export function grayLut() {
  return cached("gray", () => interpolate(["#000000", "#ffffff"], 256));
}

/**
 * The table for magnitudes from 0 to a limit: 256 packed colors, 0 in the color of the paper.
 * @param {boolean} dark
 */
export function sequentialLut(dark) {
  return dark
    ? cached("sequential dark", () => interpolate(SEQUENTIAL_DARK, 256))
    : cached("sequential light", () => interpolate(SEQUENTIAL_LIGHT, 256));
}

/** The table for angles from -pi to pi: 257 packed colors, the last one equal to the first. */
export function cyclicLut() {
  return cached("cyclic", () => interpolate(CYCLIC, 257));
}

/**
 * Where a value stands in a table whose ends are `low` and `high`. NaN counts as the middle.
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @param {number} size
 * @returns {number}
 */
export function lutIndex(value, low, high, size) {
  const part = (value - low) / (high - low);
  if (!(part >= 0)) return Number.isNaN(part) ? (size - 1) >> 1 : 0;
  return part >= 1 ? size - 1 : Math.floor(part * (size - 1) + 0.5);
}

/**
 * A packed color as CSS, with the ink (black or white) that is easiest to read on it.
 * @param {number} packed
 * @returns {{background: string, ink: string}}
 */
export function cssColor(packed) {
  const channels = [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255];
  const [r, g, b] = channels.map((c) =>
    c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  // Contrast with white is 1.05 / (L + 0.05), with black (L + 0.05) / 0.05; they are equal at
  // 0.179.
  return { background: `rgb(${channels.join(" ")})`, ink: luminance > 0.179 ? "#000" : "#fff" };
}

/**
 * The color of one signed value, as CSS.
 * @param {number} value
 * @param {number} limit
 * @param {boolean} dark
 * @returns {{background: string, ink: string}}
 */
export function signedColor(value, limit, dark) {
  const table = signedLut(dark);
  return cssColor(table[lutIndex(value, -limit, limit, table.length)]);
}

/**
 * The color of one brightness from 0 to 1, as CSS.
 * @param {number} value
 * @returns {{background: string, ink: string}}
 */
export function grayColor(value) {
  const table = grayLut();
  return cssColor(table[lutIndex(value, 0, 1, table.length)]);
}

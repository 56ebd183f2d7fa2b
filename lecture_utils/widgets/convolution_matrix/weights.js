/** Colors and letters of the kernel's weights; figure.py has the same. */

import { cssColor, cyclicLut } from "../_shared/ui/color.js";

const LETTERS = "ABCDEFGHI";

/**
 * The letter of a weight: letters are capitals, so that none is taken for the error e.
 * @param {number} tap Its position in the kernel, row by row from 0.
 * @returns {string}
 */
export const letter = (tap) => LETTERS[tap];

/**
 * The color of a weight, as CSS, with the ink that is easiest to read on it.
 * @param {number} tap
 * @param {number} count How many weights the kernel has.
 * @returns {{background: string, ink: string}}
 */
export function weightColor(tap, count) {
  // Neighbors of nine weights would be hard to tell apart one ninth of the circle from each other.
  const step = count === 9 ? 4 : 1;
  return cssColor(cyclicLut()[Math.round((256 * ((tap * step) % count)) / count)]);
}

/** The order of the questions: drawn at random, the same for the same seed. */

import { uniform } from "../_shared/math/random.js";

export const CONDITIONS = ["synthesized", "examples"];
/** Images with a high and with a low activation that a question shows. */
export const HIGH = 3;

/**
 * @typedef {object} Question
 * @property {string} condition What it shows of the filter.
 * @property {number} layer
 * @property {number} filter
 * @property {number[]} pair The images with the higher and the lower activation, and both
 *   activations.
 * @property {boolean} isHighFirst Whether the image with the higher activation stands left.
 */

/**
 * @param {number[][][][]} pairs By layer, filter and number.
 * @param {number} seed
 * @param {number} number Which question.
 * @returns {Question}
 */
export function questionAt(pairs, seed, number) {
  const random = uniform(seed, number);
  const pick = (index, list) => Math.floor(random(index) * list.length);
  const layer = pick(0, pairs);
  const filter = pick(1, pairs[layer]);
  const pair = pairs[layer][filter][pick(2, pairs[layer][filter])];
  // Two questions in a row have both conditions, in random order.
  const first = uniform(seed, 2 * Math.floor(number / 2) + 1_000_000)(0) < 0.5 ? 0 : 1;
  const condition = CONDITIONS[(first + number) % 2];
  return { condition, layer, filter, pair, isHighFirst: random(3) < 0.5 };
}

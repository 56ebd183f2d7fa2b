/** The demo's sentences. */

import { grouped } from "../_shared/math/numbers.js";

/** @import { Evolution } from "./data.js" */

/** @param {number} size @returns {string} */
export const imageCount = (size) => `${grouped(size)} image${size === 1 ? "" : "s"}`;

/**
 * A similarity with two digits and a true minus sign.
 * @param {number} value
 * @returns {string}
 */
export const cosine = (value) =>
  value
    .toFixed(2)
    .replace(/^-0\.00$/, "0.00")
    .replace("-", "−");

/**
 * How far the filters have moved from where they started.
 * @param {Evolution} evolution
 * @param {number} moment
 * @returns {string}
 */
export function summary({ sizes, steps, similarity }, moment) {
  const list = sizes.map(
    (size, run) => `${cosine(similarity(run, moment))} with ${imageCount(size)}`,
  );
  const all =
    list.length > 2 ? `${list.slice(0, -1).join(", ")}, and ${list.at(-1)}` : list.join(" and ");
  return (
    `After ${grouped(steps[moment])} of ${grouped(steps.at(-1))} steps, the mean cosine similarity ` +
    `between the filters and their initial values is ${all}.`
  );
}

export const EXPLAINED =
  "A similarity of 1 means that no filter has changed, except perhaps in scale. Unrelated random " +
  "filters have 0 on average.";

/**
 * @param {boolean} common
 * @returns {string}
 */
export const scaleNote = (common) =>
  common
    ? "All filters, of all runs and steps, share one color scale: faint filters have small weights."
    : "Each filter has its own color scale: its largest magnitude has the strongest color, red " +
      "if positive and blue if negative. Noise therefore looks as strong as a learned pattern, " +
      "so compare the shapes.";

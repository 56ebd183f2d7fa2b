/** Sentences of the demo. */

import { format, grouped } from "../_shared/math/numbers.js";
import { SIDE } from "./layer.js";
import { COLORS } from "./views.js";

const percent = (value) => `${format(100 * value, 1)}%`;

/**
 * One pixel of the sum, worked out.
 * @param {Record<string, any>} state
 * @param {number} chosen
 * @param {number[]} position
 * @returns {string}
 */
export function worked({ size, parts, sums, settings }, chosen, [row, column]) {
  const at = row * size + column;
  const partial = parts[chosen].map((part) => part[at]);
  const total = sums[chosen][at];
  const terms = partial
    .map((value, c) => `${COLORS[c].toLowerCase()} ${format(value, 3)}`)
    .join(" + ");
  const relu = settings.relu ? ` → ReLU ${format(Math.max(total, 0), 3)}` : "";
  return `At row ${row}, column ${column}: ${terms} + bias 0 = ${format(total, 3)}${relu}`;
}

/**
 * @param {Record<string, any>} state
 * @returns {string}
 */
export function shapes({ d, k, mapSize }) {
  return (
    `(${SIDE}, ${SIDE}, 3) → ${d} filter${d === 1 ? "" : "s"} of ${k}×${k}×3 → (${mapSize}, ${mapSize}, ${d})` +
    `   parameters: ${k}·${k}·3·${d} weights + ${d} bias${d === 1 ? "" : "es"} = ${grouped(3 * k * k * d + d)}`
  );
}

/**
 * @param {number[]} shift
 * @param {Record<string, any>} effect
 * @returns {string}
 */
export function effectSentence(shift, { steps, changed, follows, drift }) {
  return shift.some(Boolean)
    ? `The shift changes the maps by ${percent(changed)}. If the old maps are shifted as well (on their own grid, ${Math.abs(steps[0])} ${steps[0] < 0 ? "up" : "down"} and ${Math.abs(steps[1])} to the ${steps[1] < 0 ? "left" : "right"}), ` +
        `the difference is ${percent(follows)}. The pooled vector changes by ${percent(drift)}.`
    : "Global average pooling keeps one number per map. Shift the image and watch: the maps move with it, but the bars hardly change.";
}

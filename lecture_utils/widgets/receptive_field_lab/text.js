/** Sentences of the lab. */

import { DRAWS, LARGEST_RANDOM } from "./measure.js";

/**
 * @param {{size: number, jump: number}} field
 * @param {number} seen
 * @returns {string}
 */
export function axisSentence({ size, jump }, seen) {
  const holes =
    seen < size
      ? `, but only ${seen} of the ${size} pixels are read: no weight reaches the others`
      : "";
  return (
    `One output sees ${size} pixel${size === 1 ? "" : "s"} along each axis${holes}. ` +
    `The jump is ${jump}: the field of the next output is ${jump} pixel${jump === 1 ? "" : "s"} farther on.`
  );
}

/**
 * @param {number} size
 * @param {number} side
 * @returns {string}
 */
export function weightSentence(size, side) {
  const share = ((100 * side * side) / (size * size)).toFixed(0);
  return `Theoretical field: ${size}×${size}. At least 95% of the weight lies in the middle ${side}×${side} (framed), ${share}% of the area.`;
}

/**
 * @param {boolean} random
 * @param {boolean} tooLarge
 * @returns {string}
 */
export function measuringNote(random, tooLarge) {
  if (tooLarge) {
    return `Measured with averaging kernels. Random kernels are available only up to a field of ${LARGEST_RANDOM}×${LARGEST_RANDOM}. Pooling counts as an average.`;
  }
  const how = random
    ? `Mean of ${DRAWS} draws of random kernels, without activations.`
    : "Measured with averaging kernels, whose weights are all equal.";
  return `${how} Pooling counts as an average.`;
}

/**
 * Why a stack cannot be shown; "" if it can.
 * @param {Record<string, any>[]} layers
 * @param {number} size
 * @param {{layers: number, field: number}} limits
 * @returns {string}
 */
export function tooMuch(layers, size, limits) {
  if (layers.length > limits.layers)
    return `The lab shows at most ${limits.layers} layers. Remove one first.`;
  if (size <= limits.field) return "";
  return (
    `One output would see ${size}×${size} pixels, more than the lab draws (${limits.field}). ` +
    "Use a smaller kernel, stride, or dilation, or fewer layers."
  );
}

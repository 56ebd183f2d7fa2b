/** Sentences and numbers of the map. */

export const UNKNOWN = 255;
/**
 * @param {number} share
 * @param {number} [digits]
 * @returns {string}
 */
export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}%`;

/**
 * "1 image", "3 images".
 * @param {number} number
 * @param {string} word
 * @returns {string}
 */
export const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/**
 * What is known of an image: its class, and its predicted class.
 * @param {{label: number, predicted: number, classes: string[]}} image
 * @returns {string}
 */
export function verdict({ label, predicted, classes }) {
  if (predicted === UNKNOWN) return classes[label];
  return predicted === label
    ? `${classes[label]}, classified correctly`
    : `${classes[label]}, classified as ${classes[predicted]}`;
}

/**
 * The nearest others in a few words: "in all dimensions, 4 of its 5 nearest neighbors are of its class".
 * @param {number[]} neighbors
 * @param {ArrayLike<number>} labels
 * @param {number} label
 * @returns {string}
 */
export function company(neighbors, labels, label) {
  if (!neighbors.length) return "";
  const same = neighbors.filter((i) => labels[i] === label).length;
  return `in all dimensions, ${same} of its ${neighbors.length} nearest neighbors ${same === 1 ? "is" : "are"} of its class`;
}

/** Sentences and numbers of the map. */

export const UNKNOWN = 255;
export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}%`;

/** "1 image", "3 images". */
export const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** What is known of an image: its class, and what it was taken for. */
export function verdict({ label, predicted, classes }) {
  if (predicted === UNKNOWN) return classes[label];
  return predicted === label ? `${classes[label]}, predicted right` : `${classes[label]}, taken for ${classes[predicted]}`;
}

/** The nearest others in a few words: "; of its 5 nearest, 4 are of its class". */
export function company(neighbors, labels, label) {
  if (!neighbors.length) return "";
  const same = neighbors.filter((i) => labels[i] === label).length;
  return `; of its ${neighbors.length} nearest in all dimensions, ${same} ${same === 1 ? "is" : "are"} of its class`;
}

/** Statistics that demos compute. Python computes the same: lecture_utils/statistics.py, torch. */

/**
 * Wilson's 95% interval for a share of correct answers.
 * @param {number} correct
 * @param {number} answered At least 1.
 * @returns {[number, number]}
 */
export function wilson(correct, answered) {
  const z = 1.959963984540054;
  const share = correct / answered;
  const scale = 1 + z ** 2 / answered;
  const middle = (share + z ** 2 / (2 * answered)) / scale;
  const half =
    (z * Math.sqrt((share * (1 - share)) / answered + z ** 2 / (4 * answered ** 2))) / scale;
  return [middle - half, middle + half];
}

/**
 * Probabilities, written so that large logits do not overflow.
 * @param {Float32Array} logits
 * @returns {Float64Array}
 */
export function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

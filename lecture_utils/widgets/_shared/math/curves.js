/** Mean, range and smoothing of a run's curves; curves.py computes the same. */

export const COLUMNS = ["train_loss", "train_accuracy", "val_loss", "val_accuracy"];

/**
 * An exponential moving average, corrected for its start, as TensorBoard draws it.
 * @param {number[]} values
 * @param {number} weight
 * @returns {number[]}
 */
export function smooth(values, weight) {
  let [total, norm] = [0, 0];
  return values.map((value) => {
    total = weight * total + value;
    norm = weight * norm + 1;
    return total / norm;
  });
}

/**
 * Mean and range over the seeds, epoch by epoch. An epoch counts the seeds that reached it.
 * @param {Record<string, any>[]} seeds
 * @param {string} column
 * @param {number} [weight]
 * @returns {{mean: number[], low: number[], high: number[], count: number[]}}
 */
export function spread(seeds, column, weight = 0) {
  const curves = seeds.map((seed) => (weight ? smooth(seed[column], weight) : seed[column]));
  const result = { mean: [], low: [], high: [], count: [] };
  const longest = Math.max(...curves.map((curve) => curve.length));
  for (let epoch = 0; epoch < longest; epoch += 1) {
    let [sum, low, high, count] = [0, Infinity, -Infinity, 0];
    for (const curve of curves) {
      if (epoch >= curve.length) continue;
      sum += curve[epoch];
      low = Math.min(low, curve[epoch]);
      high = Math.max(high, curve[epoch]);
      count += 1;
    }
    result.mean.push(sum / count);
    result.low.push(low);
    result.high.push(high);
    result.count.push(count);
  }
  return result;
}

/**
 * All four columns of a run at once: {train_loss: {mean, ...}, ...}.
 * @param {Record<string, any>[]} seeds
 * @param {number} weight
 * @returns {{[k: string]: {mean: number[], low: number[], high: number[], count: number[]}}}
 */
export function spreads(seeds, weight) {
  return Object.fromEntries(COLUMNS.map((column) => [column, spread(seeds, column, weight)]));
}

/** Which weights stand for a network, and which networks nothing beats; as choose.py. */

/**
 * One row for each network, in their order.
 * @param {Record<string, any>[]} rows
 * @param {string} weights
 * @returns {Record<string, any>[]}
 */
export function chosen(rows, weights) {
  const found = new Map();
  for (const row of rows) {
    if (row.more_data && weights !== "all") continue;
    const known = found.get(row.name);
    if (!known || (weights !== "first" && row.accuracy > known.accuracy)) found.set(row.name, row);
  }
  return [...found.values()];
}

const cheapestFirst = (cost) => (a, b) => a[cost] - b[cost] || b.accuracy - a.accuracy;

/**
 * From the cheapest to the most expensive.
 * @param {Record<string, any>[]} rows
 * @param {string} cost
 * @returns {Record<string, any>[]}
 */
export const sorted = (rows, cost) => [...rows].sort(cheapestFirst(cost));

/**
 * What no other row beats: from the cheapest to the most accurate.
 * @param {Record<string, any>[]} rows
 * @param {string} cost
 * @returns {Record<string, any>[]}
 */
export function front(rows, cost) {
  let best = -Infinity;
  return sorted(rows, cost).filter(({ accuracy }) => {
    const beats = accuracy > best;
    if (beats) best = accuracy;
    return beats;
  });
}

/**
 * The cheapest row that is as accurate and costs no more, or undefined: then nothing beats this
 * one.
 * @param {Record<string, any>} row
 * @param {Record<string, any>[]} rows
 * @param {string} cost
 * @returns {Record<string, any>|undefined}
 */
export function winner(row, rows, cost) {
  const beats = (other) =>
    other.accuracy >= row.accuracy &&
    other[cost] <= row[cost] &&
    (other.accuracy > row.accuracy || other[cost] < row[cost]);
  return sorted(rows, cost).find(beats);
}

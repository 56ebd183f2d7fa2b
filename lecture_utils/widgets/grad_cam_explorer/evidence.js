/** The arithmetic of evidence: plain functions on maps, row by row; no page elements. */

/**
 * Add up K maps with their weights: what Grad-CAM does before its ReLU.
 * @param {ArrayLike<number>} weights
 * @param {Float32Array} maps
 * @param {number} area
 * @returns {Float32Array}
 */
export function weightedSum(weights, maps, area) {
  const sum = new Float32Array(area);
  for (let k = 0; k < weights.length; k += 1) {
    for (let i = 0; i < area; i += 1) sum[i] += weights[k] * maps[k * area + i];
  }
  return sum;
}

/**
 * Add up maps cell by cell; without any, zeros.
 * @param {Float32Array[]} maps
 * @param {number} area
 * @returns {Float32Array}
 */
export function addMaps(maps, area) {
  const sum = new Float32Array(area);
  for (const map of maps) for (let i = 0; i < area; i += 1) sum[i] += map[i];
  return sum;
}

/**
 * How much more evidence there is for one class than for another.
 * @param {Float32Array} map
 * @param {Float32Array} other
 * @returns {Float32Array}
 */
export const difference = (map, other) => map.map((value, i) => value - other[i]);

/**
 * Keep what is asked for: "positive" is the ReLU of Grad-CAM, "negative" what it throws away.
 * @param {Float32Array} map
 * @param {"positive"|"both"|"negative"} sign
 * @returns {Float32Array}
 */
export function keep(map, sign) {
  if (sign === "both") return map;
  return map.map((value) => (sign === "positive" ? Math.max(value, 0) : Math.min(value, 0)));
}

/**
 * @param {Float32Array} map
 * @returns {number}
 */
export const total = (map) => map.reduce((sum, value) => sum + value, 0);

/**
 * The largest magnitude in several maps.
 * @param {Float32Array[]} maps
 * @returns {number}
 */
export function largest(maps) {
  let most = 0;
  for (const map of maps) for (const value of map) most = Math.max(most, Math.abs(value));
  return most;
}

/**
 * Where a map is largest.
 * @param {Float32Array} map
 * @returns {number}
 */
export function peak(map) {
  let best = 0;
  map.forEach((value, i) => {
    if (value > map[best]) best = i;
  });
  return best;
}

/**
 * How far a map is from the whole one, as a share of the whole one's length (root mean square).
 * @param {Float32Array} map
 * @param {Float32Array} whole
 * @returns {number}
 */
export function distance(map, whole) {
  let [apart, length] = [0, 0];
  whole.forEach((value, i) => {
    apart += (map[i] - value) ** 2;
    length += value ** 2;
  });
  return length ? Math.sqrt(apart / length) : 0;
}

/**
 * The classes by their logits, the likeliest first.
 * @param {Float32Array} logits
 * @returns {number[]}
 */
export const ranking = (logits) =>
  [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);

/**
 * Classes whose name has all the words that were typed, those with a word that begins so first.
 * @param {string[]} names
 * @param {string} text
 * @returns {number[]}
 */
export function search(names, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const begins = (name) =>
    words.every((word) => name.split(/[\s-]+/).some((part) => part.startsWith(word)));
  const found = [...names.keys()].filter((c) =>
    words.every((word) => names[c].toLowerCase().includes(word)),
  );
  const first = found.filter((c) => begins(names[c].toLowerCase()));
  return [...first, ...found.filter((c) => !first.includes(c))];
}

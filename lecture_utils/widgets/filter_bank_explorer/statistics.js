/** Which filters of a bank are weak, and which repeat others. `statistics.py` does the same. */

/** Responses below this fraction of the kernel's sum of magnitudes are rounding errors. */
const ROUNDING = 1e-10;
/** A map whose variance is below this fraction of its mean square is flat. */
const FLAT = 1e-10;

/**
 * Energies, and absolute correlations of the magnitudes over all pixels of all images.
 * @param {import("./banks.js").Filter[]} filters n of them.
 * @param {Record<string, any>[]} responses One per image, as from `respond`.
 * @returns {{energies: Float64Array, correlations: Float64Array}} n and n * n numbers.
 */
export function measure(filters, responses) {
  const n = filters.length;
  const energies = new Float64Array(n);
  const sums = new Float64Array(n);
  const products = new Float64Array(n * n);
  let pixels = 0;
  for (const response of responses) {
    pixels += response.pixels;
    for (let i = 0; i < n; i += 1) {
      energies[i] += response.products[i * n + i] / response.pixels / responses.length;
      sums[i] += response.sums[i];
    }
    for (let k = 0; k < products.length; k += 1) products[k] += response.products[k];
  }
  for (let i = 0; i < n; i += 1) {
    if (!(energies[i] > (ROUNDING * filters[i].size) ** 2)) energies[i] = 0;
  }
  const variance = (i) => products[i * n + i] - (sums[i] * sums[i]) / pixels;
  const lengths = Float64Array.from(filters, (_, i) =>
    energies[i] > 0 && variance(i) > FLAT * products[i * n + i] ? Math.sqrt(variance(i)) : Infinity,
  );
  const correlations = products.map((product, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    const covariance = product - (sums[i] * sums[j]) / pixels;
    return Math.min(Math.abs(covariance / (lengths[i] * lengths[j])), 1);
  });
  return { energies, correlations };
}

/**
 * Mark weak and redundant filters, going from the strongest to the weakest.
 * @param {{energies: Float64Array, correlations: Float64Array}} measured
 * @param {number} weakBelow Weak: less than this fraction of the strongest energy.
 * @param {number} redundantAbove Redundant: a higher correlation with a filter kept before it.
 * @returns {{marks: string[], redundancy: Float64Array, like: number[], ranking: number[]}} `like`
 *   is the filter that each one resembles most among those kept before it, or -1.
 */
export function judge({ energies, correlations }, weakBelow, redundantAbove) {
  const n = energies.length;
  const top = Math.max(0, ...energies);
  const ranking = rankByStrength(energies);
  const marks = new Array(n).fill("");
  const redundancy = new Float64Array(n);
  const like = new Array(n).fill(-1);
  const kept = [];
  for (const i of ranking) {
    for (const j of kept) {
      if (correlations[i * n + j] > redundancy[i]) {
        redundancy[i] = correlations[i * n + j];
        like[i] = j;
      }
    }
    if (energies[i] === 0 || energies[i] < weakBelow * top) marks[i] = "weak";
    else if (redundancy[i] > redundantAbove) marks[i] = "redundant";
    else {
      marks[i] = "kept";
      kept.push(i);
    }
  }
  return { marks, redundancy, like, ranking };
}

/** From the strongest down; five digits, so that rounding errors do not decide between equals. */
function rankByStrength(energies) {
  const strength = Array.from(energies, (energy) => Number(energy.toPrecision(5)));
  return strength.map((_, i) => i).sort((i, j) => strength[j] - strength[i] || i - j);
}

/**
 * The order of the rows.
 * @param {string} sort "energy", "frequency", "angle", "redundancy" or "bank".
 * @param {import("./banks.js").Filter[]} filters
 * @param {{ranking: number[], redundancy: Float64Array}} judged
 * @returns {number[]}
 */
export function sorted(sort, filters, { ranking, redundancy }) {
  const order = filters.map((_, i) => i);
  if (sort === "energy") return ranking;
  const by = {
    frequency: ({ gabor }) => gabor?.frequency ?? 0,
    angle: ({ gabor }) => gabor?.theta ?? 0,
    redundancy: (_, i) => -redundancy[i],
    bank: () => 0,
  }[sort];
  return order.sort((i, j) => by(filters[i], i) - by(filters[j], j) || i - j);
}

/**
 * How many filters are weak, redundant or neither, as a sentence.
 * @param {string[]} marks
 * @returns {string}
 */
export function summarize(marks) {
  const count = (mark) => marks.filter((m) => m === mark).length;
  const kept = count("kept");
  const filters = marks.length === 1 ? "1 filter" : `${marks.length} filters`;
  const none = marks.length === 1 ? "it does not respond" : "none of them responds";
  if (!kept) return `${filters}: ${none} to these images.`;
  return `${filters}: ${count("weak")} weak, ${count("redundant")} redundant, ${kept} kept.`;
}

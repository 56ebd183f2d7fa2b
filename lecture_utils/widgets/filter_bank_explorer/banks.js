/** The filters of a bank, from parameters or from the weights that Python sent. See banks.py. */

import { gaborKernel } from "../_shared/math/gabor.js";
import { format } from "../_shared/math/numbers.js";

const [LOWEST, HIGHEST, SINGLE, ONE_OCTAVE] = [0.08, 0.4, 0.16, 0.56];

/**
 * @typedef {{name: string, rows: number, columns: number, re: Float64Array, im: Float64Array|null,
 *   gabor: Record<string, any>|null, size: number}} Filter `size` is the sum of the magnitudes of
 *   all weights.
 */

/**
 * The parameters of a Gabor bank on a grid; `sigma` null makes every band one octave wide.
 * @param {number} frequencies
 * @param {number} orientations
 * @param {number|null} sigma
 * @returns {{frequency: number, theta: number, sigma: number}[]}
 */
export function gaborParameters(frequencies, orientations, sigma) {
  const last = frequencies - 1;
  const parameters = [];
  for (let i = 0; i < frequencies; i += 1) {
    const exact = last ? LOWEST * (HIGHEST / LOWEST) ** (i / last) : SINGLE;
    const frequency = Number(exact.toFixed(4));
    for (let j = 0; j < orientations; j += 1) {
      const theta = (Math.PI * j) / orientations;
      parameters.push({ frequency, theta, sigma: sigma ?? ONE_OCTAVE / frequency });
    }
  }
  return parameters;
}

/**
 * An angle in degrees, as text.
 * @param {number} theta
 * @returns {string}
 */
export function degrees(theta) {
  return `${format((theta * 180) / Math.PI, 1)}°`;
}

/**
 * @param {Record<string, any>} gabor
 * @param {string|null} [name]
 * @returns {Filter}
 */
export function gaborFilter(gabor, name = null) {
  const { frequency, theta, sigma, ...rest } = gabor;
  const { re, im, height, width } = gaborKernel(frequency, theta, sigma, rest);
  const label = name ?? `f ${format(frequency, 3)}, θ ${degrees(theta)}`;
  return withSize({ name: label, rows: height, columns: width, re, im, gabor });
}

/**
 * The filters of every bank that Python described.
 * @param {{name: string, filters: Record<string, any>[]}[]} banks
 * @param {Float64Array} weights
 * @returns {Map<string, () => Filter[]>} Built when asked for.
 */
export function unpackBanks(banks, weights) {
  let at = 0;
  const take = (length) => {
    if (at + length > weights.length)
      throw new RangeError("a bank has fewer weights than its shapes need");
    at += length;
    return weights.subarray(at - length, at);
  };
  return new Map(
    banks.map(({ name, filters }) => {
      const made = filters.map((filter) => {
        if (filter.gabor) return () => gaborFilter(filter.gabor);
        const [rows, columns] = filter.shape;
        const re = take(rows * columns);
        const im = filter.complex ? take(rows * columns) : null;
        return () => withSize({ name: filter.name, rows, columns, re, im, gabor: null });
      });
      return [name, () => made.map((make) => make())];
    }),
  );
}

function withSize(filter) {
  const { re, im } = filter;
  let size = 0;
  for (let i = 0; i < re.length; i += 1) size += im ? Math.hypot(re[i], im[i]) : Math.abs(re[i]);
  return { ...filter, size };
}

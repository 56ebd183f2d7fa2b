/** Random numbers that Python makes as well; see filter_learner/training.py. */

/** The finalizer of MurmurHash3 (A. Appleby, public domain). */
function mix(value) {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Return `at(index)`: one number, between 0 and 1, of a stream. It depends on nothing before it, so
 * that any step can be repeated.
 * @param {number} seed
 * @param {number} stream
 * @returns {(index: number) => number}
 */
export function uniform(seed, stream) {
  const key = mix(mix((seed + 0x9e3779b9) | 0) + stream + 1);
  return (index) => (mix((key + Math.imul(index + 1, 0x9e3779b9)) | 0) + 0.5) / 2 ** 32;
}

/**
 * The same for normally distributed numbers, mean 0 and variance 1 (method of Box and Muller).
 * @param {number} seed
 * @param {number} stream
 * @returns {(index: number) => number}
 */
export function normal(seed, stream) {
  const at = uniform(seed, stream);
  return (index) =>
    Math.sqrt(-2 * Math.log(at(2 * index))) * Math.cos(2 * Math.PI * at(2 * index + 1));
}

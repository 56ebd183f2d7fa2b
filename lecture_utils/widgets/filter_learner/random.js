/** Random numbers that Python makes as well; see training.py. */

export const START = 0;
export const NOISE = 1;
export const BATCH = 2;

/** The finalizer of MurmurHash3 (A. Appleby, public domain). */
function mix(value) {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Return `at(place)`: the number between 0 and 1 at a place of a stream. It depends on nothing before
 * it, so that any step can be repeated.
 */
export function uniform(seed, stream) {
  const key = mix(mix((seed + 0x9e3779b9) | 0) + stream + 1);
  return (place) => (mix((key + Math.imul(place + 1, 0x9e3779b9)) | 0) + 0.5) / 2 ** 32;
}

/** The same for normally distributed numbers, mean 0 and variance 1 (method of Box and Muller). */
export function normal(seed, stream) {
  const at = uniform(seed, stream);
  return (place) => Math.sqrt(-2 * Math.log(at(2 * place))) * Math.cos(2 * Math.PI * at(2 * place + 1));
}

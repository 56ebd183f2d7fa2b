/** What the lab shows, read from its model: settings, kernel, response and their numbers. */

/** @import { Model } from "../_shared/ui/model.js" */
import { toBrightness } from "../_shared/math/arrays.js";
import { gaborKernel, makeGaborEngine } from "../_shared/math/gabor.js";
import { computed } from "../_shared/ui/model.js";

export const SETTINGS = ["frequency", "theta", "sigma", "aspect", "phase"];
/** The ends of the sliders, the same as in __init__.py.
 * @type {Record<string, [number, number]>} */
export const RANGES = {
  frequency: [0.01, 0.75],
  theta: [0, Math.PI],
  sigma: [0.5, 10],
  aspect: [0.5, 3],
  phase: [-Math.PI, Math.PI],
};

/**
 * @typedef {{pixels: Float32Array, h: number, w: number, frequency: number, theta: number,
 *   sigma: number, sigmaY: number, phase: number, kernel: Record<string, any>, sum: number[], re:
 *   Float32Array, im: Float32Array, energy: number, largest: number}} Lab
 */

/**
 * Return `read()`, which gives the lab's present state. It is computed only when something that it
 * depends on has changed since the last call; `re` and `im` are filled again then.
 * @param {Model} model
 * @returns {() => Lab}
 */
export function labReader(model) {
  let engine = null;
  return computed(model, ["image", ...SETTINGS], (values, before, [imageBefore]) => {
    const [image, frequency, theta, sigma, aspect, phase] = values;
    const [h, w] = image.shape;
    const pixels = image === imageBefore ? before.pixels : toBrightness(image);
    if (before?.h !== h || before?.w !== w) engine = makeGaborEngine(h, w);
    const settings = { frequency, theta, sigma, sigmaY: sigma * aspect, phase };
    const { re, im } = engine.respond(pixels, settings);
    const kernel = gaborKernel(frequency, theta, sigma, settings);
    const sum = [kernel.re, kernel.im].map((part) =>
      part.reduce((total, weight) => total + weight, 0),
    );
    return { pixels, h, w, ...settings, kernel, sum, re, im, ...strength(re, im) };
  });
}

/** Mean squared and largest magnitude. */
function strength(re, im) {
  let total = 0,
    largest = 0;
  for (let i = 0; i < re.length; i += 1) {
    const square = re[i] * re[i] + im[i] * im[i];
    total += square;
    if (square > largest) largest = square;
  }
  return { energy: total / re.length, largest: Math.sqrt(largest) };
}

/**
 * Where in the frequency plane the pixel grid shows a wave: whole cycles from pixel to pixel cannot
 * be seen on it.
 * @param {number} frequency
 * @param {number} theta
 * @returns {{u: number, v: number, aliased: boolean}} Cycles per pixel along x and y, -0.5 to 0.5.
 */
export function spot(frequency, theta) {
  const [u, v] = [frequency * Math.cos(theta), frequency * Math.sin(theta)];
  const aliased = Math.max(Math.abs(u), Math.abs(v)) > 0.5 + 1e-9;
  return aliased ? { u: u - Math.round(u), v: v - Math.round(v), aliased } : { u, v, aliased };
}

/**
 * The frequency and the direction of a point in the frequency plane. Opposite points hold the same
 * wave, traveling in opposite directions, so half a turn is enough.
 * @param {number} u
 * @param {number} v
 * @returns {{frequency: number, theta: number}}
 */
export function settingsAt(u, v) {
  const back = v < 0 || (v === 0 && u < 0);
  const theta = back ? Math.atan2(-v, -u) : Math.atan2(v, u);
  return { frequency: Math.hypot(u, v), theta: theta < 0 ? 0 : theta };
}

/**
 * One filter learned by gradient descent: forward pass, gradient and update, without page elements.
 */

import { curvature } from "./curvature.js";
import { normal, uniform } from "../_shared/math/random.js";

/** Streams of random numbers: the first weights, the noise, and from BATCH on the batches. */
const [START, NOISE, BATCH] = [0, 1, 2];
const START_SCALE = 0.3;
/** A student with larger weights has diverged. */
const DIVERGED = 1e6;
/** The curve has room for this many losses; then a run is over. */
export const MOST_STEPS = 10000;

/**
 * The image's windows, and the teacher's responses to them before any noise.
 * @param {{pixels: Float32Array, h: number, w: number, target: Float64Array, k: number,
 *   seed: number, centered: boolean}} settings
 * @returns {Record<string, any>|null} Null where the image is smaller than the kernel.
 */
export function makeScene({ pixels, h, w, target, k, seed, centered }) {
  const [rows, columns] = [h - k + 1, w - k + 1];
  if (rows < 1 || columns < 1) return null;
  const mean = centered ? pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length : 0;
  const image = Float64Array.from(pixels, (pixel) => pixel - mean);
  const count = rows * columns;
  const corners = Int32Array.from(
    { length: count },
    (_, i) => Math.floor(i / columns) * w + (i % columns),
  );
  const offsets = Int32Array.from({ length: k * k }, (_, i) => Math.floor(i / k) * w + (i % k));
  const scene = { image, h, w, k, rows, columns, count, corners, offsets, target, seed };
  scene.clean = forward(scene, target, new Float64Array(count));
  scene.noise = Float64Array.from(scene.clean, (_, i) => i).map(normal(seed, NOISE));
  scene.curvature = curvature(image, corners, offsets);
  scene.brightest = brightestPatch(scene);
  scene.isFlat = pixels.every((pixel) => pixel === pixels[0]);
  return scene;
}

/**
 * What is to be learned: a scene with noise of one level.
 * @param {Record<string, any>} scene
 * @param {number} level
 * @returns {Record<string, any>}
 */
export function makeTask(scene, level) {
  const responses = scene.clean.map((response, i) => response + level * scene.noise[i]);
  return { ...scene, responses, floor: level * level * meanSquare(scene.noise) };
}

/**
 * The responses of a kernel to all windows.
 * @param {Record<string, any>} scene
 * @param {Float64Array} weights
 * @param {Float64Array} out
 * @returns {Float64Array}
 */
export function forward({ image, corners, offsets, count }, weights, out) {
  for (let i = 0; i < count; i += 1) {
    let sum = 0;
    for (let j = 0; j < offsets.length; j += 1) sum += weights[j] * image[corners[i] + offsets[j]];
    out[i] = sum;
  }
  return out;
}

function meanSquare(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] * values[i];
  return sum / values.length;
}

/** The largest squared length of a patch: what a batch of one can meet. */
function brightestPatch({ image, corners, offsets }) {
  let largest = 0;
  for (const corner of corners) {
    let sum = 0;
    for (const offset of offsets) sum += image[corner + offset] ** 2;
    largest = Math.max(largest, sum);
  }
  return largest;
}

/**
 * The student's first weights, the same for the same seed.
 * @param {number} seed
 * @param {number} k
 * @returns {Float64Array}
 */
export function firstWeights(seed, k) {
  const drawn = normal(seed, START);
  return Float64Array.from({ length: k * k }, (_, i) => START_SCALE * drawn(i));
}

/**
 * A student of one task. Its arrays are filled again in every step; code that keeps them copies them.
 * @param {Record<string, any>} task
 * @param {{weights: Float64Array, velocity: Float64Array, step: number}} state
 */
export function makeStudent(task, state) {
  const size = task.k ** 2;
  const student = {
    weights: state.weights.slice(),
    velocity: state.velocity.slice(),
    step: state.step,
    firstStep: state.step,
    output: new Float64Array(task.count),
    error: new Float64Array(task.count),
    gradient: new Float64Array(size),
    update: new Float64Array(size),
    positions: new Int32Array(0),
    losses: [],
    diverged: false,
  };

  function look() {
    forward(task, student.weights, student.output);
    for (let i = 0; i < task.count; i += 1)
      student.error[i] = student.output[i] - task.responses[i];
    student.loss = meanSquare(student.error);
    student.losses.push(student.loss);
    student.distance = Math.hypot(...student.weights.map((weight, j) => weight - task.target[j]));
  }

  /** Gradient over the next batch, and what the next step will add to the weights. */
  function prepare({ batch, momentum, rate }) {
    const all = batch === "all";
    const length = all ? task.count : batch;
    if (student.positions.length !== length) student.positions = new Int32Array(length);
    const drawn = uniform(task.seed, BATCH + student.step);
    student.gradient.fill(0);
    for (let b = 0; b < length; b += 1) {
      const i = all ? b : Math.floor(drawn(b) * task.count);
      student.positions[b] = i;
      const push = (2 * student.error[i]) / length;
      const corner = task.corners[i];
      for (let j = 0; j < size; j += 1)
        student.gradient[j] += push * task.image[corner + task.offsets[j]];
    }
    for (let j = 0; j < size; j += 1) {
      student.update[j] = -rate * (momentum * student.velocity[j] + student.gradient[j]);
    }
  }

  /** One step of gradient descent; false where no step can be made any more. */
  function advance(settings) {
    if (student.diverged) return false;
    prepare(settings);
    const tooFar = (update, j) => !(Math.abs(student.weights[j] + update) < DIVERGED);
    if (student.update.some(tooFar)) {
      student.diverged = true;
      return false;
    }
    for (let j = 0; j < size; j += 1) {
      student.velocity[j] = settings.momentum * student.velocity[j] + student.gradient[j];
      student.weights[j] += student.update[j];
    }
    student.step += 1;
    look();
    return true;
  }
  look();
  return Object.assign(student, { prepare, advance });
}

/**
 * How far from its target a new student is after some steps; infinitely far if it diverges.
 * @param {number} steps
 * @param {Record<string, any>} task
 * @param {{batch: number|"all", momentum: number, rate: number}} settings
 * @returns {number}
 */
export function distanceAfter(steps, task, settings) {
  const weights = firstWeights(task.seed, task.k);
  const student = makeStudent(task, { weights, velocity: weights.map(() => 0), step: 0 });
  for (let i = 0; i < steps; i += 1) if (!student.advance(settings)) return Infinity;
  return student.distance;
}

/** What the numbers mean, as sentences. */

import { format, precise } from "../_shared/math/numbers.js";
import { largestStableRate } from "./curvature.js";
import { MOST_STEPS } from "./engine.js";

/** Below this condition number the directions hardly differ in speed. */
const EVEN = 5;

/**
 * Why nothing, or not everything, can be learned here, and what to change; null if all is well.
 * @param {Record<string, any>|null} task
 * @param {Record<string, any>} student
 * @param {Record<string, any>} settings
 * @returns {string}
 */
export function warning(task, student, { h, w, k, rate, batch, momentum }) {
  if (!task) {
    return `The image has ${h}×${w} pixels, too few for a ${k}×${k} kernel. Choose a larger image or a 3×3 target.`;
  }
  if (student.diverged) return divergence(task, student, { rate, batch, momentum });
  const { taught } = task.curvature;
  const size = k * k;
  if (taught === 0) {
    return "Every patch of this image is zero, and so is every gradient: there is nothing to learn from. Choose an image with edges.";
  }
  if (task.isFlat) {
    return (
      "This image is flat: all patches are alike. They can teach the sum of the kernel’s weights, but nothing else: " +
      `along the other ${size - 1} directions there is no gradient. Choose an image with edges.`
    );
  }
  if (taught < size) {
    return (
      `The patches of this image span only ${taught} of ${size} directions. Along the others the gradient is always ` +
      "zero: the student’s responses can be perfect here although its kernel differs from the teacher’s. Choose a richer image."
    );
  }
  if (student.losses.length > MOST_STEPS) {
    return `The curve has room for ${MOST_STEPS} steps, and is full. Press Reset to start again.`;
  }
  return null;
}

function divergence(task, student, { rate, batch, momentum }) {
  const stable = largestStableRate(task.curvature, momentum);
  const start = `Diverged at step ${student.step}: the learning rate ${format(rate, 4)} is`;
  if (rate >= stable) {
    return `${start} above ${precise(stable, 3)}, the largest stable rate here. Choose a smaller one and press Reset.`;
  }
  return (
    `${start} below ${precise(stable, 3)}, the largest stable rate for the average over all patches. But a batch of ${batch} does not see the average: ` +
    `the patch with the largest magnitude alone allows only ${precise((1 + momentum) / task.brightest, 2)}. ` +
    "Choose a smaller learning rate or a larger batch, and press Reset."
  );
}

/**
 * What the image teaches, in one or two sentences.
 * @param {Record<string, any>} task
 * @returns {string}
 */
export function lesson({ curvature: { condition, taught, eigenvalues } }) {
  if (taught < eigenvalues.length) {
    return `This image teaches only ${taught} of the ${eigenvalues.length} directions in which the kernel can change. Along the others, the gradient is zero.`;
  }
  const ratio = precise(condition, 3);
  if (condition < EVEN)
    return `Condition number ${ratio}: along the direction that this image teaches worst, learning is only that many times slower than along the best one.`;
  return (
    `Condition number ${ratio}: along the direction that this image teaches worst, learning is that many times slower ` +
    "than along the best one. A common cause is that neighboring pixels are similar. Stable: η < 2 (1 + β) / λmax."
  );
}

/** What Python packed: the filters of every run at every recorded step, and their numbers. */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";

/**
 * @typedef {object} Evolution
 * @property {number[]} sizes Training images of each run.
 * @property {number[]} steps Optimizer steps after which the filters were saved.
 * @property {number} count Filters of each run.
 * @property {number} rows Rows of a filter.
 * @property {number} columns
 * @property {number} limit The largest magnitude of all.
 * @property {(run: number, moment: number) => Float64Array} weights All filters, one after another.
 * @property {(run: number, moment: number) => number} similarity
 * @property {(run: number, step: number) => {step: number, accuracy: number}} measured The
 *   accuracy on the validation images that was measured nearest to a step.
 */

/**
 * @param {Model} model
 * @returns {Evolution}
 */
export function readEvolution(model) {
  const packed = model.get("filters");
  const bytes = toTyped(packed);
  const [, moments, count, rows, columns] = packed.shape;
  const largest = toTyped(model.get("largest"));
  const similarities = toTyped(model.get("similarities"));
  const measured = model.get("measured");
  const length = count * rows * columns;
  return {
    sizes: model.get("sizes"),
    steps: model.get("steps"),
    ...{ count, rows, columns, limit: Math.max(...largest) || 1 },
    weights(run, moment) {
      const at = run * moments + moment;
      const part = bytes.subarray(at * length, (at + 1) * length);
      return new Float64Array(part).map((byte) => ((byte - 128) * largest[at]) / 127);
    },
    similarity: (run, moment) => similarities[run * moments + moment],
    measured(run, step) {
      const { steps, accuracy } = measured[run];
      let best = 0;
      steps.forEach((each, i) => {
        if (Math.abs(each - step) < Math.abs(steps[best] - step)) best = i;
      });
      return { step: steps[best], accuracy: accuracy[best] };
    },
  };
}

/** What a boundary costs: sums over the trained stages. */

import { wilson } from "../_shared/math/statistics.js";

/** Photos in a training step. */
export const BATCH_SIZE = 32;
/**
 * Bytes that training with Adam holds for each trained parameter: a gradient and two averages,
 * float32.
 */
const TRAINING_BYTES = 12;

/**
 * Parameters of a stage; those of the new head depend on its outputs.
 * @param {Record<string, any>} network
 * @param {Record<string, any>} stage
 * @param {number} outputs
 */
export function parametersOf(network, stage, outputs) {
  return stage.name === "head" ? outputs * (network.features + 1) : stage.parameters;
}

/**
 * @param {Record<string, any>} network
 * @param {number} outputs
 * @returns {{trainFrom: string, index: number, trainable: number, total: number, weights: number,
 *   held: number, kept: number, memory: number}[]} One per stage that can be the first trained one,
 *   from the image on. In bytes: `weights` with statistics, `held` by gradients and Adam, `kept` of
 *   a batch for the backward pass, and `memory`, all of it; `costs` in networks.py counts the same.
 */
export function boundaries(network, outputs) {
  const sizes = network.stages.map((stage) => parametersOf(network, stage, outputs));
  const total = sizes.reduce((a, b) => a + b, 0);
  return network.stages.flatMap((stage, index) => {
    if (!sizes[index]) return []; // It has nothing to train.
    const trainable = sizes.slice(index).reduce((a, b) => a + b, 0);
    const [weights, held, kept] = [
      network.constant + 4 * sizes.at(-1),
      TRAINING_BYTES * trainable,
      BATCH_SIZE * stage.kept,
    ];
    return [
      {
        trainFrom: stage.name,
        index,
        trainable,
        total,
        weights,
        held,
        kept,
        memory: weights + held + kept,
      },
    ];
  });
}

/** Mean and range of a value over the seeds of a run that have it; null if none of them does. */
function over(seeds, read) {
  const values = seeds.map(read).filter((value) => value !== null && value !== undefined);
  if (!values.length) return null;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, low: Math.min(...values), high: Math.max(...values), count: values.length };
}

/**
 * What was recorded of a run: `accuracy` with its interval, and `time` per epoch in seconds.
 * @param {Record<string, any>} run
 * @returns {Record<string, any>}
 */
export function recorded(run) {
  const accuracy = over(run.seeds, (seed) => seed.test_accuracy);
  const tested = run.seeds[0].test_count;
  return {
    accuracy: { ...accuracy, interval: wilson(Math.round(accuracy.mean * tested), tested), tested },
    time: over(run.seeds, (seed) =>
      seed.seconds === null ? null : seed.seconds / seed.val_loss.length,
    ),
  };
}

/** What Python packed: the recorded runs of every method and strength, and their scores. */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";

/**
 * @typedef {object} Entry A method with a strength.
 * @property {string} method
 * @property {string} label What the method is called.
 * @property {string} strength "on" for methods that have no strengths.
 * @property {string} setting What its recipe does against overfitting; "" for nothing.
 * @property {number[]} seeds
 * @property {number} first The index of its first run among all runs.
 */

/** @typedef {Record<string, number[]>} Scores By name, one value per seed. */

/** @typedef {{epochs: number[], seeds: number[][], mean: number[]}} Lines Curves of all seeds. */

/**
 * @typedef {object} Lab
 * @property {{name: string, label: string, strengths: string[]}[]} methods
 * @property {number[]} budgets
 * @property {number} epochs Of the longest training.
 * @property {number} mostSeeds
 * @property {Record<string, string>[]} chosen By budget and method: the strength that is best on
 *   the validation photos.
 * @property {(method: string, strength: string) => Entry} entry
 * @property {(entry: Entry, budget: number) => Scores} scores `budget` is an index into `budgets`.
 * @property {(entry: Entry, quantity: string) => Lines} validation
 * @property {(entry: Entry, quantity: string) => Lines} clean On the training photos as they are.
 * @property {{[split: string]: [number, number]}} range The ends of all accuracies in the dot plot.
 * @property {(quantity: string) => [number, number]} ends The ends of all curves.
 */

const QUANTITIES = ["accuracy", "loss"];

/** @param {number[]} values @returns {number} */
export const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Mean over those seeds that got there, value by value.
 * @param {number[][]} seeds
 * @param {number} length
 */
function meanLine(seeds, length) {
  return Array.from({ length }, (_, i) => {
    const there = seeds.map((values) => values[i]).filter((value) => !Number.isNaN(value));
    return there.length ? meanOf(there) : NaN;
  });
}

/**
 * @param {Iterable<number>} values
 * @returns {[number, number]}
 */
function endsOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/**
 * @param {Model} model
 * @returns {Lab}
 */
export function readLab(model) {
  const entries = model.get("entries");
  const names = model.get("score_names");
  const [scores, validation, clean] = ["scores", "validation", "clean"].map((name) =>
    toTyped(model.get(name)),
  );
  const [, runs, epochs] = model.get("validation").shape;
  const budgets = model.get("budgets");
  const cleanEpochs = model.get("clean_epochs");
  const allEpochs = Array.from({ length: epochs }, (_, i) => i + 1);

  const score = (run, budget, name) =>
    scores[(run * budgets.length + budget) * names.length + names.indexOf(name)];
  const runsOf = ({ first, seeds }) => seeds.map((_, i) => first + i);
  function lines(values, at, entry, quantity) {
    const start = QUANTITIES.indexOf(quantity) * runs;
    const seeds = runsOf(entry).map((run) =>
      Array.from(values.subarray((start + run) * at.length, (start + run + 1) * at.length)),
    );
    return { epochs: at, seeds, mean: meanLine(seeds, at.length) };
  }
  const methods = [...new Set(entries.map(({ method }) => method))].map((name) => {
    const own = entries.filter(({ method }) => method === name);
    return { name, label: own[0].label, strengths: own.map(({ strength }) => strength) };
  });
  const everyScore = (name) =>
    Array.from({ length: runs }, (_, run) => budgets.map((_, b) => score(run, b, name))).flat();
  return {
    ...{ methods, budgets, epochs, chosen: model.get("chosen") },
    mostSeeds: Math.max(...entries.map(({ seeds }) => seeds.length)),
    entry: (method, strength) =>
      entries.find((each) => each.method === method && each.strength === strength),
    scores: (entry, budget) =>
      Object.fromEntries(
        names.map((name) => [name, runsOf(entry).map((run) => score(run, budget, name))]),
      ),
    validation: (entry, quantity) => lines(validation, allEpochs, entry, quantity),
    clean: (entry, quantity) => lines(clean, cleanEpochs, entry, quantity),
    range: Object.fromEntries(
      ["validation", "test"].map((split) => [split, endsOf(everyScore(`${split}_accuracy`))]),
    ),
    ends(quantity) {
      const part = (values, at) => {
        const length = runs * at.length;
        const start = QUANTITIES.indexOf(quantity) * length;
        return endsOf(values.subarray(start, start + length));
      };
      const [first, second] = [part(validation, allEpochs), part(clean, cleanEpochs)];
      return [Math.min(first[0], second[0]), Math.max(first[1], second[1])];
    },
  };
}

/** What is on screen: every method with its strength, and which one has been chosen. */

/** @import { Model } from "../_shared/ui/model.js" */
/** @import { Entry, Lab, Scores } from "./data.js" */
import { meanOf } from "./data.js";

/**
 * @typedef {object} Row A method as it is shown.
 * @property {string} method
 * @property {string} label
 * @property {string} strength
 * @property {boolean} graded Whether it has strengths at all.
 * @property {boolean} byHand Whether the reader chose the strength.
 * @property {string} best The strength that is best on the validation photos.
 * @property {Entry} entry
 * @property {Scores} scores Seed by seed.
 * @property {Record<string, number>} means Over the seeds.
 */

/**
 * @typedef {object} Shown
 * @property {Row[]} rows
 * @property {Row} selected
 * @property {Row} [baseline] The one without regularization; undefined if it is not recorded.
 * @property {number} budget
 * @property {string} quantity
 */

/** The gap: accuracy on the training photos as they are, minus that on the validation photos. */
const withGap = (scores) => ({
  ...scores,
  gap: scores.train_accuracy.map((value, i) => value - scores.validation_accuracy[i]),
});

/**
 * @param {Lab} lab
 * @param {Model} model
 * @returns {Shown}
 */
export function shownNow(lab, model) {
  const [method, strengths, budget, quantity] = ["method", "strengths", "budget", "quantity"].map(
    (name) => model.get(name),
  );
  const at = Math.max(0, lab.budgets.indexOf(budget));
  const rows = lab.methods.map(({ name, label, strengths: known }) => {
    const byHand = known.includes(strengths[name]);
    const best = lab.chosen[at][name];
    const strength = byHand ? strengths[name] : best;
    const entry = lab.entry(name, strength);
    const scores = withGap(lab.scores(entry, at));
    const means = Object.fromEntries(
      Object.entries(scores).map(([score, values]) => [score, meanOf(values)]),
    );
    const graded = known[0] !== "on";
    return { method: name, label, strength, graded, byHand, best, entry, scores, means };
  });
  return {
    ...{ rows, budget: lab.budgets[at], quantity },
    selected: rows.find((row) => row.method === method) ?? rows[0],
    baseline: rows.find((row) => row.method === "none"),
  };
}

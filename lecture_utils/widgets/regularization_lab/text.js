/** The demo's sentences. */

/** @import { Lab } from "./data.js" */
/** @import { Row, Shown } from "./state.js" */
import { percent as percentage, points } from "../_shared/ui/curves/text.js";

/** @param {number} share @returns {string} "83.1%" */
export const percent = (share) => percentage(share, 1);

/** A difference of accuracies: "+2.1". @param {number} difference @returns {string} */
export const difference = (difference) => points(difference, 1);

/** With a capital letter. @param {string} text @returns {string} */
export const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** @param {number} count @param {string} word @returns {string} */
const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** "dropout (medium)". @param {Row} row @returns {string} */
export const nameOf = ({ label, graded, strength }) => (graded ? `${label} (${strength})` : label);

/** Methods whose label cannot be the subject of a sentence. */
const SUBJECTS = {
  none: "the model without regularization",
  all: "the combination of all methods",
};

/** A gap between accuracies: "3.9", "−0.4". @param {number} gap @returns {string} */
const gapText = (gap) => difference(gap).replace("+", "");

/** How far the baseline lies from a value: "10.2 percentage points lower". */
function compared(value, baseline) {
  const text = difference(baseline - value);
  if (text === "0") return "the same";
  return `${text.slice(1)} percentage points ${text[0] === "+" ? "higher" : "lower"}`;
}

/**
 * What the selected method reaches, and how that compares with no regularization.
 * @param {Shown} shown
 * @returns {string}
 */
export function summary({ selected, baseline, budget }) {
  const { means, entry } = selected;
  const base = baseline && baseline !== selected ? baseline.means : null;
  const name = SUBJECTS[selected.method] ?? nameOf(selected);
  const many = entry.seeds.length;
  const seeds = many > 1 ? `on average over ${many} seeds` : "with its one seed";
  const validation = percent(means.validation_accuracy);
  const without = base
    ? ` Without regularization it is ${percent(base.validation_accuracy)}, ` +
      `${compared(means.validation_accuracy, base.validation_accuracy)}.`
    : "";
  const test = base
    ? `accuracies are ${percent(means.test_accuracy)} and ${percent(base.test_accuracy)}`
    : `accuracy is ${percent(means.test_accuracy)}`;
  const against = base ? `, against ${gapText(base.gap)} without regularization` : "";
  return (
    `Within ${counted(budget, "epoch")}, ${name} reaches a validation accuracy of ${validation} ` +
    `${seeds}.${without} On the test photos, the ${test}. The accuracy gap between ` +
    `unaugmented training photos and validation photos is ${gapText(means.gap)} points${against}.`
  );
}

/**
 * What the strength of the selected method means.
 * @param {Row} row
 * @returns {string}
 */
export function settingNote({ entry, graded, strength, byHand, best }) {
  const text = entry.setting || "no regularization method at all";
  const what = `${capital(text)}.`;
  if (!graded) return what;
  const better = strength === best ? "" : ` The best strength on validation is ${best}.`;
  const how = byHand ? `chosen by you` : `the best one on validation`;
  return `${capital(strength)} (${how}): ${text}.${better}`;
}

/**
 * @param {Lab} lab
 * @returns {string[]} Paragraphs.
 */
export const howToRead = ({ epochs }) => [
  "A budget is the number of epochs that training may take. Of the epochs within the budget, the " +
    "first one with the highest validation accuracy provides the weights. All accuracies in the " +
    "dot plot and in the tables for the budget were measured with these weights, except the " +
    "accuracy seen in training. The learning rate is constant, so a single run " +
    `of ${epochs} epochs covers every budget.`,
  "Unless you choose another strength, each method is shown with the strength that has the highest " +
    "mean validation accuracy within the budget. The validation accuracy is thus the best of many, " +
    "and tends to be too high. The test photos were not used for any choice.",
  "Accuracy on training photos is measured on the photos as they are: without augmentation, and in " +
    "evaluation mode. Accuracy seen in training is what training reports for the same epoch, " +
    "including augmentation and dropout where the method has them.",
  "All differences are computed before rounding.",
];

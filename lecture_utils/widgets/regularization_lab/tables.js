/** The numbers: of the selected method seed by seed, of all methods, and along the curves. */

/** @import { Lab } from "./data.js" */
/** @import { Shown } from "./state.js" */
import { format, grouped } from "../_shared/math/numbers.js";
import { loss } from "../_shared/ui/curves/text.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { difference, nameOf, percent } from "./text.js";

/** Epochs of the table of curves, at most. */
const MOST_EPOCHS = 15;

const head = (text) => h("th", { scope: "col" }, text);
const row = (name, cells) =>
  h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((text) => h("td", {}, text)));

function table(name, heads) {
  const [caption, body] = [h("caption"), h("tbody")];
  const line = h("tr", {}, ...heads.map(head));
  const element = h(
    "table",
    { class: `curves-table ${name}` },
    caption,
    h("thead", {}, line),
    body,
  );
  const changed = changeDetector();
  /** Rows made anew only if one of their texts has changed. */
  function set(words, rows, newHeads = heads) {
    setText(caption, words);
    if (!changed(JSON.stringify([rows, newHeads]))) return;
    line.replaceChildren(...newHeads.map(head));
    body.replaceChildren(...rows.map(([first, ...cells]) => row(first, cells)));
  }
  return { element, set };
}

/** With a scroll bar of its own, where a page is too narrow. */
const scrolling = (label, element) =>
  h(
    "div",
    { class: "regularization-scroll", role: "group", tabindex: 0, "aria-label": label },
    element,
  );

const number = (value) => format(value, 1);

/** What the table of seeds tells of a method, and how it writes the values. */
const LINES = [
  { words: "accuracy on training photos", name: "train_accuracy", write: percent },
  { words: "accuracy seen in training", name: "seen_accuracy", write: percent },
  { words: "validation accuracy", name: "validation_accuracy", write: percent },
  { words: "test accuracy", name: "test_accuracy", write: percent },
  { words: "gap (training − validation), in points", name: "gap", write: difference },
  { words: "errors among the test photos", name: "errors", write: number },
  { words: "epoch whose weights are kept", name: "epoch", write: number },
];

/**
 * The selected method, seed by seed.
 * @param {Lab} lab
 * @returns {{element: HTMLElement, update: (shown: Shown) => void}}
 */
export function seedTable(lab) {
  const { element, set } = table("regularization-seeds", []);
  element.style.setProperty("--columns", String(lab.mostSeeds + 2));
  /** @param {Shown} shown */
  function update({ selected, baseline, budget }) {
    const { entry, scores, means } = selected;
    const empty = Array.from({ length: lab.mostSeeds - entry.seeds.length }, () => "–");
    const photos = [...new Set(scores.test_photos)];
    const rows = LINES.map(({ words, name, write }) => [
      name === "errors" && photos.length === 1
        ? `errors among the ${grouped(photos[0])} test photos`
        : words,
      write(means[name]),
      ...scores[name].map(write),
      ...empty,
      ...(baseline ? [write(baseline.means[name])] : []),
    ]);
    set(`Within ${budget} epochs, seed by seed`, rows, [
      "Measure",
      "mean",
      ...entry.seeds.map((seed) => `seed ${seed}`),
      ...empty,
      // With a soft hyphen.
      ...(baseline ? ["mean, no regular\u00ADization"] : []),
    ]);
  }
  return { element: scrolling("The selected method, seed by seed", element), update };
}

/**
 * All methods, and the curves.
 * @returns {{elements: HTMLElement[], update: (shown: Shown, drawn: Record<string, any>[]) => void}}
 */
export function numberTables() {
  const methods = table("regularization-methods", [
    "Method",
    "validation",
    "its seeds",
    "test",
    "its seeds",
    "epochs of the weights",
  ]);
  const curves = table("regularization-values", []);
  const list = (values, write) => values.map(write).join(", ");
  const pick = (epochs) => {
    const step = Math.ceil(epochs.length / MOST_EPOCHS);
    return epochs.filter((_, i) => (i + 1) % step === 0);
  };

  /**
   * @param {Shown} shown
   * @param {Record<string, any>[]} drawn
   */
  function update({ rows, budget, quantity }, drawn) {
    methods.set(
      `Mean accuracies within ${budget} epochs`,
      rows.map((each) => [
        nameOf(each),
        percent(each.means.validation_accuracy),
        list(each.scores.validation_accuracy, percent),
        percent(each.means.test_accuracy),
        list(each.scores.test_accuracy, percent),
        list(each.scores.epoch, String),
      ]),
    );
    const write = (value) => {
      if (value === undefined || Number.isNaN(value)) return "–";
      return quantity === "accuracy" ? percent(value) : loss(value);
    };
    const columns = drawn.toReversed().flatMap(({ row: each, val, train }) => [
      { head: `${nameOf(each)}, validation`, lines: val },
      { head: `${nameOf(each)}, training`, lines: train },
    ]);
    const epochs = pick(drawn[0].train.epochs.length ? drawn[0].train.epochs : drawn[0].val.epochs);
    curves.set(
      `Mean ${quantity} along the curves`,
      epochs.map((epoch) => [
        String(epoch),
        ...columns.map(({ lines }) => write(lines.mean[lines.epochs.indexOf(epoch)])),
      ]),
      ["Epoch", ...columns.map((column) => column.head)],
    );
  }
  return {
    elements: [
      scrolling("Accuracies of all methods", methods.element),
      scrolling("Curves as numbers", curves.element),
    ],
    update,
  };
}

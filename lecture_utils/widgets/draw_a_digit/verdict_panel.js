/** What the network predicts for the image, and whether it is correct. */

/** @import { Model } from "../_shared/ui/model.js" */
import { percent } from "../_shared/math/percent.js";
import { h, setText } from "../_shared/ui/dom.js";
import { DRAWING } from "./drawing_panel.js";
import { scoreTable } from "./score_table.js";

/** What to add to the network's reading. */
function comment({ model, image, label, best }) {
  if (!image.some((value) => value > 0))
    return "The field is empty, but the network must name a digit.";
  if (label === undefined && model.get("source") !== DRAWING) return "";
  if (label === undefined)
    return model.get("centered")
      ? "Is that what you meant?"
      : "MNIST’s digits are centered. Is yours?";
  return label === best
    ? `The label says ${label}, too.`
    : `That is wrong: the label says ${label}.`;
}

/**
 * @param {Model} model
 * @returns {{element: HTMLElement, update: (reader: Record<string, any>, example?: Record<string,
 *   any>) => string}} `update` returns what it has written.
 */
export function verdictPanel(model) {
  const verdict = h("p", { class: "digit-verdict" });
  const truth = h("p", { class: "digit-truth" });
  const scores = scoreTable();
  const speed = h("p", { class: "lu-label" });
  const attributes = {
    class: "digit-panel digit-says",
    role: "group",
    "aria-label": "Prediction",
  };
  function update(reader, example) {
    const { logits, probabilities, ms } = reader;
    const best = probabilities.indexOf(Math.max(...probabilities));
    scores.update(logits, probabilities, best);
    const words =
      best < 0
        ? "The network’s logits have become too large, so it reads nothing."
        : `The network predicts ${best}, with a probability of ${percent(probabilities[best])}.`;
    setText(verdict, words);
    setText(truth, comment({ model, image: reader.image(), label: example?.label, best }));
    truth.classList.toggle("wrong", example !== undefined && example.label !== best);
    // Some browsers tell whole milliseconds only.
    const time = ms < 0.05 ? "less than a millisecond" : `${ms.toFixed(1)} ms`;
    setText(speed, `Computed here in ${time}.`);
    return `${words} ${truth.textContent}`;
  }
  return { element: h("div", attributes, verdict, truth, scores.element, speed), update };
}

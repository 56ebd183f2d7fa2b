/** How the reader and two programs did, with intervals, beside the chance level. */

import { wilson } from "../_shared/math/statistics.js";
import { h, setText } from "../_shared/ui/dom.js";
import { CONDITIONS } from "./state.js";

const NAMES = { synthesized: "Synthesized images", examples: "Examples" };
const percent = (share) => `${Math.round(100 * share)}%`;

/**
 * A score in words: "7 of 9, 78% (45% to 94%)".
 * @param {number[]} score Correct answers, and all.
 */
function scoreText([correct, answered]) {
  if (!answered) return "no answers yet";
  const [low, high] = wilson(correct, answered);
  return `${correct} of ${answered}: ${percent(correct / answered)} (${percent(low)} to ${percent(high)})`;
}

/**
 * @param {Record<string, Record<string, number[]>>} observers
 * @returns {{element: HTMLElement, update: (scores: Record<string, number[]>) => void}}
 */
export function scoreBoard(observers) {
  const makeRow = (name) => {
    const cells = CONDITIONS.map(() => {
      const [text, bar] = [h("span", {}), h("span", { class: "quiz-bar", "aria-hidden": "true" })];
      return { text, bar, cell: h("td", {}, text, bar) };
    });
    const show = (scores) =>
      cells.forEach(({ text, bar }, i) => {
        const score = scores[CONDITIONS[i]];
        setText(text, scoreText(score));
        bar.hidden = !score[1];
        if (!score[1]) return;
        const [low, high] = wilson(score[0], score[1]);
        bar.style.setProperty("--low", percent(low));
        bar.style.setProperty("--high", percent(high));
        bar.style.setProperty("--share", percent(score[0] / score[1]));
      });
    const element = h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      cells.map(({ cell }) => cell),
    );
    return { element, show };
  };
  const own = makeRow("You");
  const others = Object.entries(observers).map(([name, scores]) => {
    const row = makeRow(
      name === "colors and contrast" ? "Colors and contrast" : `Features of ${name}`,
    );
    row.show(scores);
    return row.element;
  });
  const heads = ["Who", ...CONDITIONS.map((condition) => NAMES[condition])];
  const head = h(
    "tr",
    {},
    heads.map((text) => h("th", { scope: "col" }, text)),
  );
  const element = h(
    "table",
    { class: "quiz-scores" },
    h(
      "caption",
      {},
      "Correct answers, with 95% intervals (Wilson). The line marks the chance level, 50%.",
    ),
    h("thead", {}, head),
    h("tbody", {}, own.element, others),
  );
  return { element, update: own.show };
}

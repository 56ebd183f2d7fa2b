/** Ten digits with their logits and probabilities, as a table with bars. */

import { h, setText } from "../_shared/ui/dom.js";
import { format } from "../_shared/math/numbers.js";
import { percent } from "../_shared/math/percent.js";

const oneDecimal = (value) =>
  Number.isFinite(value) ? value.toFixed(1).replace("-", "\u2212") : format(value);

/**
 * @returns {{element: HTMLElement, update(logits: *, probabilities: *, best: *): void}}
 */
export function scoreTable() {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const cells = {
      bar: h("span", { class: "digit-bar" }),
      percent: h("span"),
      logit: h("td", { class: "digit-logit" }),
    };
    const probability = h(
      "td",
      { class: "digit-probability" },
      h("span", { class: "digit-track" }, cells.bar),
      cells.percent,
    );
    const row = h("tr", {}, h("th", { scope: "row" }, digit), probability, cells.logit);
    return { row, ...cells, width: "" };
  });
  const heads = ["Digit", "Probability", "Logit"].map((name) => h("th", { scope: "col" }, name));
  const element = h(
    "table",
    { class: "digit-scores" },
    h("caption", { class: "lu-visually-hidden" }, "What the network predicts"),
    h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...rows.map(({ row }) => row)),
  );
  return {
    element,
    update(logits, probabilities, best) {
      rows.forEach((cells, digit) => {
        const width = `${(100 * (probabilities[digit] || 0)).toFixed(1)}%`;
        if (cells.width !== width) cells.bar.style.width = width;
        cells.width = width;
        cells.row.classList.toggle("best", digit === best);
        setText(cells.percent, percent(probabilities[digit]));
        setText(cells.logit, oneDecimal(logits[digit]));
      });
    },
  };
}

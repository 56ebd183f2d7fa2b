/** Kernels as tables of colored numbers. */

import { signedColor } from "../_shared/ui/color.js";
import { h, setColor, setText } from "../_shared/ui/dom.js";
import { formatCell } from "../_shared/math/numbers.js";

/**
 * @param {string} label
 * @returns {{element: HTMLTableElement, set: (weights: Float64Array, k: number, limit: number,
 *   dark: boolean) => void}}
 */
export function weightTable(label) {
  const element = h("table", { class: "learner-weights", "aria-label": label });
  let cells = [];
  function rebuild(k) {
    cells = Array.from({ length: k * k }, () => h("td"));
    const rows = Array.from({ length: k }, (_, i) =>
      h("tr", {}, ...cells.slice(i * k, (i + 1) * k)),
    );
    element.replaceChildren(h("tbody", {}, ...rows));
    element.style.setProperty("--size", k);
  }
  function set(weights, k, limit, dark) {
    if (cells.length !== k * k) rebuild(k);
    for (let i = 0; i < cells.length; i += 1) {
      setColor(cells[i], signedColor(weights[i], limit, dark));
      setText(cells[i], formatCell(weights[i]));
    }
  }
  return { element, set };
}

/**
 * The power of ten of the largest number, so that all fit into their cells when divided by it.
 * @param {number} limit
 * @returns {number}
 */
export function commonPower(limit) {
  return limit >= 0.01 && limit < 100 ? 0 : Math.floor(Math.log10(limit));
}

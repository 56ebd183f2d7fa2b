/** A kernel to look at: colored cells with their numbers. */

import { maxMagnitude } from "../_shared/math/image.js";
import { format } from "../_shared/math/numbers.js";
import { signedColor } from "../_shared/ui/color.js";
import { h, setColor } from "../_shared/ui/dom.js";

/**
 * @param {{name: string, kernel: number[][]}} entry
 * @returns {{element: HTMLElement, update: (dark: *) => void}}
 */
export function kernelTable({ name, kernel }) {
  const limit = maxMagnitude(kernel.flat()) || 1;
  const cells = [];
  const rows = kernel.map((row) =>
    h(
      "tr",
      {},
      ...row.map((weight) => {
        const cell = h("td", {}, format(weight));
        cells.push([cell, weight]);
        return cell;
      }),
    ),
  );
  const caption = h("caption", { class: "lu-visually-hidden" }, `Kernel ${name}`);
  const element = h("table", { class: "steps-kernel" }, caption, h("tbody", {}, ...rows));
  const update = (dark) => {
    for (const [cell, weight] of cells) setColor(cell, signedColor(weight, limit, dark));
  };
  return { element, update };
}

/** The chosen filter in numbers, for all images. */

import { format } from "../_shared/math/numbers.js";
import { h, setText } from "../_shared/ui/dom.js";
import { rank } from "./text.js";

const HEADS = ["Image", "Response", "Rank", "Peak"];

/**
 * @param {string[]} names Of the images.
 * @returns {{element: HTMLElement, update: (layer: *, filter: *) => void}}
 */
export function filterTable(names) {
  const title = h("caption");
  const element = h("table", { class: "fme-table" }, title);
  function update(layer, filter) {
    setText(title, `Filter ${filter} of ${layer.label}`);
    const head = h(
      "tr",
      {},
      HEADS.map((text) => h("th", { scope: "col" }, text)),
    );
    const rows = names.map((name, image) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, name),
        h("td", {}, format(layer.response(filter, image), 3)),
        h("td", {}, rank(layer, filter, image)),
        h("td", {}, format(layer.peak(filter, image), 2)),
      ),
    );
    element.replaceChildren(title, h("thead", {}, head), h("tbody", {}, rows));
  }
  return { element, update };
}

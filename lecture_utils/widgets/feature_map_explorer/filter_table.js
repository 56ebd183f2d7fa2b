/** The chosen filter in numbers, for all images; the table is filled when a reader opens it. */

import { format } from "../_shared/math/numbers.js";
import { writtenWhenOpen } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { rank } from "./text.js";

const HEADS = ["Image", "Response", "Rank", "Peak"];

/**
 * @param {string[]} names Of the images.
 * @returns {{element: HTMLElement, update: (state: {layer: *, filter: *}) => void}}
 */
export function filterTable(names) {
  const title = h("caption");
  const table = h("table", { class: "fme-table" }, title);
  const changed = changeDetector();

  function write({ layer, filter }) {
    if (!changed(layer, filter)) return;
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
    table.replaceChildren(title, h("thead", {}, head), h("tbody", {}, rows));
  }
  return writtenWhenOpen("The chosen filter in numbers, for all images", [table], write);
}

/** One version beside what it was made of, with the numbers that were drawn for it. */

import { h, setText } from "../_shared/ui/dom.js";
import { painter } from "./images.js";

function view(side) {
  const canvas = h("canvas", { role: "img" });
  const caption = h("figcaption");
  const paint = painter(canvas, side);
  return {
    element: h("figure", {}, canvas, caption),
    draw(bytes, name, text) {
      paint(bytes);
      setText(caption, text);
      if (canvas.getAttribute("aria-label") !== name) canvas.setAttribute("aria-label", name);
    },
  };
}

/**
 * @param {{side: number, request: () => void}} options
 * @returns {{element: HTMLElement, all: HTMLElement, draw: (image: Uint8Array, source: string,
 *   pixels: Uint8Array, version: number) => void, tell: (rows: string[][]) => void, listAll: (rows:
 *   () => string[][][]) => void}}
 *   `all` lists what was drawn for every version, folded away.
 */
export function closeUp({ side, request }) {
  const [original, version] = [view(side), view(side)];
  const list = h("dl", { class: "aug-drawn" });
  const items = h("ol", { class: "aug-all" });
  const summary = h("summary", {}, "What was drawn for all twelve");
  const all = h("details", { class: "lu-disclosure", ontoggle: request }, summary, items);

  function draw(image, source, pixels, number) {
    original.draw(image, source, source);
    version.draw(pixels, `Version ${number} of ${source}`, `version ${number}`);
  }
  /** Name and value of what was drawn; rows are made once and filled again. */
  function tell(rows) {
    while (list.children.length > rows.length) list.lastChild.remove();
    while (list.children.length < rows.length) list.append(h("div", {}, h("dt"), h("dd")));
    rows.forEach(([term, value], i) => {
      setText(list.children[i].firstElementChild, term);
      setText(list.children[i].lastElementChild, value);
    });
  }
  /** Nothing is computed while the list is folded away. */
  function listAll(rowsOfAll) {
    if (!all.open) return;
    const versions = rowsOfAll();
    while (items.children.length < versions.length) items.append(h("li"));
    versions.forEach((rows, i) =>
      setText(items.children[i], rows.map((row) => row.join(" ")).join(", ")),
    );
  }
  return {
    element: h("div", { class: "aug-one" }, original.element, version.element, list),
    all,
    draw,
    tell,
    listAll,
  };
}

/** The twelve pictures, of which one is looked at; and its parameters beside it. */

import { h, setText } from "../_shared/dom.js";

/** Return `paint(bytes)` for a square color picture on a canvas. */
export function colorPainter(canvas, side) {
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  image.data.fill(255);
  return (bytes) => {
    for (let at = 0, to = 0; at < bytes.length; at += 3, to += 4) {
      image.data[to] = bytes[at];
      image.data[to + 1] = bytes[at + 1];
      image.data[to + 2] = bytes[at + 2];
    }
    context.putImageData(image, 0, 0);
  };
}

/**
 * A grid of pictures; arrow keys go from one to the next.
 * @param {{count: number, side: number, onLook: (tile: number|null, keep: boolean) => void}} options
 *   A picture that the mouse only passes is not kept; null when it leaves.
 */
export function tileGrid({ count, side, onLook }) {
  const tiles = Array.from({ length: count }, (_, i) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const element = h("button", { type: "button", class: "augment-tile", tabindex: i ? -1 : 0 }, canvas);
    element.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && onLook(i, false));
    element.addEventListener("click", () => onLook(i, true));
    element.addEventListener("focus", () => onLook(i, true));
    return { element, paint: colorPainter(canvas, side) };
  });
  const element = h(
    "div",
    { class: "augment-grid", role: "group", "aria-label": "The picture in twelve versions; arrow keys move" },
    ...tiles.map((tile) => tile.element),
  );
  element.addEventListener("pointerleave", () => onLook(null, false));
  element.addEventListener("keydown", (event) => {
    const here = tiles.findIndex((tile) => tile.element === event.target);
    if (here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const columns = getComputedStyle(element).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    let to = here + (steps[event.key] ?? 0);
    if (event.key === "Home") to = 0;
    else if (event.key === "End") to = count - 1;
    else if (!(event.key in steps)) return;
    event.preventDefault();
    if (to >= 0 && to < count) tiles[to].element.focus();
  });
  return {
    element,
    paint: (i, bytes) => tiles[i].paint(bytes),
    name(i, text) {
      if (tiles[i].element.getAttribute("aria-label") !== text) tiles[i].element.setAttribute("aria-label", text);
    },
    mark(kept, shown) {
      tiles.forEach((tile, i) => {
        const attributes = { tabindex: i === kept ? 0 : -1, "aria-pressed": i === kept };
        for (const [name, value] of Object.entries(attributes)) {
          if (tile.element.getAttribute(name) !== String(value)) tile.element.setAttribute(name, value);
        }
        tile.element.classList.toggle("shown", i === shown);
      });
    },
  };
}

/** A picture enlarged, and its parameters as a list. */
export function detailPanel(side) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const paint = colorPainter(canvas, side);
  const title = h("div", { class: "lu-title" });
  const list = h("dl");
  const element = h("div", { class: "augment-detail" }, canvas, h("div", {}, title, list));
  let written = "";
  return {
    element,
    update(number, bytes, rows) {
      paint(bytes);
      setText(title, `Picture ${number}`);
      const text = JSON.stringify(rows);
      if (text === written) return;
      written = text;
      list.replaceChildren(...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
    },
  };
}

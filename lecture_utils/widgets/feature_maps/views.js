/** Small images of the demo: tinted channels, signed maps, and bars. */

import { raster, signedScale } from "../_shared/ui/canvas.js";
import { h, setText } from "../_shared/ui/dom.js";
import { format } from "../_shared/math/numbers.js";

export const COLORS = ["Red", "Green", "Blue"];

const table = (color) => Uint32Array.from({ length: 256 }, (_, v) => (255 << 24) | color(v));
/** From black to full red, green and blue, a little lifted so that blue is not too dark to see. */
const TINTS = [
  table((v) => ((v >> 2) << 16) | ((v >> 2) << 8) | v),
  table((v) => ((v >> 2) << 16) | (v << 8) | (v >> 2)),
  table((v) => (v << 16) | ((v >> 1) << 8) | (v >> 2)),
];
/**
 * @param {number} c
 * @returns {{low: number, high: number, lut: Uint32Array}}
 */
export const tint = (c) => ({ low: 0, high: 1, lut: TINTS[c] });

/**
 * An image with a line below it.
 * @param {string} [kind]
 * @returns {{element: HTMLElement, canvas: HTMLCanvasElement, draw: Function}}
 */
export function tile(kind = "") {
  const canvas = h("canvas", { role: "img" });
  const text = h("figcaption");
  const paint = raster(canvas);
  return {
    element: h("figure", { class: `maps-tile ${kind}` }, canvas, text),
    canvas,
    draw(values, size, scale, name, caption = name) {
      paint(values, size, size, scale);
      if (canvas.getAttribute("aria-label") !== name) canvas.setAttribute("aria-label", name);
      setText(text, caption);
    },
  };
}

/**
 * The pooled vector as bars from zero; a line marks where each was before the shift.
 * @returns {{element: HTMLElement, draw(names: *, values: *, before: *): void}}
 */
export function bars() {
  const element = h("div", { class: "maps-bars", role: "list" });
  const rows = [];
  return {
    element,
    draw(names, values, before) {
      while (rows.length > names.length) rows.pop().element.remove();
      while (rows.length < names.length) {
        const [name, number] = [h("span"), h("span", { class: "maps-bar-number" })];
        const [bar, ghost] = [h("span", { class: "maps-bar" }), h("span", { class: "maps-ghost" })];
        const track = h("span", { class: "maps-track", "aria-hidden": "true" }, bar, ghost);
        const row = h("div", { class: "maps-bar-row", role: "listitem" }, name, track, number);
        rows.push({ element: row, name, number, bar, ghost });
        element.append(row);
      }
      const all = [...values, ...before, 0];
      const low = Math.min(...all);
      const span = Math.max(...all) - low || 1;
      const at = (value) => (100 * (value - low)) / span;
      rows.forEach(({ name, number, bar, ghost }, i) => {
        setText(name, names[i]);
        setText(number, format(values[i], 3));
        const [from, to] = [Math.min(0, values[i]), Math.max(0, values[i])];
        bar.style.left = `${at(from)}%`;
        bar.style.width = `${at(to) - at(from)}%`;
        ghost.style.left = `${at(before[i])}%`;
      });
    },
  };
}

/**
 * @param {number} limit
 * @param {boolean} dark
 * @returns {{low: number, high: number, lut: Uint32Array}}
 */
export const signed = (limit, dark) => signedScale(limit || 1, dark);

/**
 * A map over its image: red is evidence for a class, blue against it; without evidence, the image
 * shows through.
 */

import { raster } from "../_shared/ui/canvas.js";
import { h, setText } from "../_shared/ui/dom.js";
import { format } from "../_shared/math/numbers.js";
import { plane } from "../_shared/ui/plane.js";

const [FOR, AGAINST] = [0xe0230f, 0x1763d6];
const STEPS = 255;

/**
 * A table from -limit to limit, as opaque as the evidence is strong. Packed as alpha, blue, green,
 * red.
 */
const TABLE = Uint32Array.from({ length: 2 * STEPS + 1 }, (_, i) => {
  const color = i < STEPS ? AGAINST : FOR;
  const [red, green, blue] = [color >> 16, (color >> 8) & 255, color & 255];
  return ((Math.abs(i - STEPS) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
});

/** @param {Parameters<typeof plane>[0]} options */
export function overlay(options) {
  const view = plane(options);
  const photo = h("img", { class: "cam-photo", alt: "", draggable: "false" });
  view.element.prepend(photo);
  const canvas = view.element.querySelector("canvas");
  return {
    element: view.element,
    mark: view.mark,
    /**
     * @param {Float32Array} map
     * @param {number} rows
     * @param {number} columns
     * @param {{url: string, opacity: number, smooth: boolean, limit: number}} look
     */
    draw(map, rows, columns, { url, opacity, smooth, limit }) {
      if (photo.src !== url) photo.src = url;
      // Color belongs to the evidence as long as there is some to see.
      photo.style.filter = `grayscale(${Math.min(1, opacity / 20)})`;
      canvas.style.opacity = String(opacity / 100);
      canvas.classList.toggle("cam-smooth", smooth);
      view.draw(map, rows, columns, { low: -limit, high: limit, lut: TABLE });
    },
  };
}

/**
 * The legend of such a map, over the gray of an image.
 * @returns {{element: HTMLElement, update(limit: *, against: *, meaning: *): void}}
 */
export function overlayLegend() {
  const strip = h("canvas", { class: "lu-legend-strip", "aria-hidden": "true" });
  const [low, high] = [h("span"), h("span")];
  const bar = h("span", { class: "lu-legend-bar cam-gray" }, strip);
  const element = h("div", { class: "lu-legend" }, low, bar, high);
  raster(strip)(
    Float32Array.from(TABLE, (_, i) => i),
    1,
    TABLE.length,
    { low: 0, high: TABLE.length - 1, lut: TABLE },
  );
  return {
    element,
    update(limit, against, meaning) {
      setText(low, `${format(-limit)} ${against}`);
      setText(high, `${format(limit)} ${meaning}`);
    },
  };
}

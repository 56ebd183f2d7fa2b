/** The legend of a scale: a strip of its colors, what its ends mean, and a mark for a value. */

import { raster } from "./canvas.js";
import { signedLut } from "./color.js";
import { h, setText } from "./dom.js";
import { format } from "../math/numbers.js";

/**
 * The legend of any scale.
 * @returns {{element: HTMLElement, update: (legend: {lut: Uint32Array, low: string, high: string,
 *   mark?: number}) => void}} `mark` goes from 0 to 1.
 */
export function scaleLegend() {
  const strip = h("canvas", { class: "lu-legend-strip", "aria-hidden": "true" });
  const [start, end] = [h("span"), h("span")];
  const pointer = h("span", { class: "lu-legend-mark", hidden: true });
  const element = h(
    "div",
    { class: "lu-legend" },
    start,
    h("span", { class: "lu-legend-bar" }, strip, pointer),
    end,
  );
  const paint = raster(strip);
  let painted = null;
  return {
    element,
    update({ lut, low, high, mark }) {
      const range = { low: 0, high: lut.length - 1, lut };
      if (painted !== lut)
        paint(
          Float32Array.from(lut, (_, i) => i),
          1,
          lut.length,
          range,
        );
      painted = lut;
      setText(start, low);
      setText(end, high);
      pointer.hidden = mark === undefined;
      if (mark !== undefined) pointer.style.left = `${100 * mark}%`;
    },
  };
}

/**
 * The legend of a signed scale, between its two limits.
 * @returns {{element: HTMLElement, update: (limit: number, dark: boolean, value?: number) => void}}
 */
export function signedLegend() {
  const { element, update } = scaleLegend();
  return {
    element,
    update(limit, dark, value = undefined) {
      update({
        lut: signedLut(dark),
        low: format(-limit),
        high: format(limit),
        mark: value === undefined ? undefined : 0.5 + value / (2 * limit),
      });
    },
  };
}

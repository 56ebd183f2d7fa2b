/** The legend of any scale: a strip of its colors, what its ends mean, and a mark for a value. */

import { raster } from "./canvas.js";
import { h, setText } from "./dom.js";

/**
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

/** How much each pixel counts, as an image; what holds 95% of the weight is framed. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { raster, sequentialScale } from "../_shared/ui/canvas.js";
import { segmented } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";

/**
 * @param {{model: Model, edit: Edit}} demo
 * @returns {{elements: HTMLElement[], update: (measured: Record<string, any>, size: number,
 *   dark: boolean) => void, choose: (random: boolean, possible: boolean) => void}}
 */
export function weightMap({ model, edit }) {
  const canvas = h("canvas", { role: "img" });
  const square = h("span", { class: "field-square", "aria-hidden": "true" });
  const paint = raster(canvas);
  const weights = segmented({
    legend: "Kernels for measuring",
    options: [
      { value: "uniform", label: "averaging kernels" },
      { value: "random", label: "random kernels" },
    ],
    value: model.get("weights"),
    onChange: (value) => edit({ weights: value }),
  });
  const changed = changeDetector();
  function update(measured, size, dark) {
    if (!changed(measured, dark)) return;
    let largest = 0;
    for (const value of measured.map) if (value > largest) largest = value;
    paint(measured.map, size, size, sequentialScale(largest || 1, dark));
    canvas.setAttribute(
      "aria-label",
      `How much each of ${size} by ${size} pixels counts: at least 95% of the weight lies in the middle ${measured.side} by ${measured.side}.`,
    );
    square.style.inset = `${(50 * (size - measured.side)) / size}%`;
  }
  function choose(random, possible) {
    weights.set(random ? "random" : "uniform");
    weights.element.disabled = !possible;
  }
  return {
    elements: [h("div", { class: "field-map" }, canvas, square), weights.element],
    update,
    choose,
  };
}

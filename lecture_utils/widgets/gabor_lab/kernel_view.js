/** The kernel as an image: its real part, its imaginary part or its envelope. */

import { raster, sequentialScale, signedScale } from "../_shared/ui/canvas.js";
import { h, setText } from "../_shared/ui/dom.js";
import { scaleLegend } from "../_shared/ui/legend.js";
import { legendOf } from "./views.js";

/**
 * @returns {{element: HTMLElement, legend: HTMLElement, size: HTMLElement,
 *   draw: (kernel: Record<string, any>, part: string, dark: boolean) => Float64Array}} `draw`
 *   returns the weights that it drew.
 */
export function kernelView() {
  const canvas = h("canvas", { role: "img" });
  const paint = raster(canvas);
  const legend = scaleLegend();
  const size = h("span", { class: "lu-label" });

  function draw(kernel, part, dark) {
    const peak = kernel.envelope[kernel.envelope.length >> 1];
    const weights = { real: kernel.re, imaginary: kernel.im, envelope: kernel.envelope }[part];
    const scale = part === "envelope" ? sequentialScale(peak, dark) : signedScale(peak, dark);
    setText(size, `${kernel.height}×${kernel.width}`);
    paint(weights, kernel.height, kernel.width, scale);
    canvas.style.width = `${100 * Math.min(1, kernel.width / kernel.height)}%`;
    canvas.setAttribute("aria-label", part === "envelope" ? "Envelope" : `Kernel, ${part} part`);
    legend.update(legendOf(scale));
    return weights;
  }
  return {
    element: h("div", { class: "gabor-kernel" }, canvas),
    legend: legend.element,
    size,
    draw,
  };
}

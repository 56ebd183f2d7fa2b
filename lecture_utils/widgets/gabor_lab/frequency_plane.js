/** The frequency plane: which waves the kernel lets through. Its spot can be dragged. */

import { raster, sequentialScale } from "../_shared/ui/canvas.js";
import { h, svg } from "../_shared/ui/dom.js";
import { scaleLegend } from "../_shared/ui/legend.js";
import { clamp, format } from "../_shared/math/numbers.js";
import { settingsAt, spot } from "./state.js";
import { transferMagnitude } from "./transfer.js";
import { legendOf } from "./views.js";

/** Frequencies per axis: -0.5 to 0.5 in steps of 0.01. */
const SIZE = 101;
/** Half of the plane's side, up to the outer edges of its cells. */
const HALF = (0.5 * SIZE) / (SIZE - 1);
const STEP = 0.01;
const GRAB = 14;

/**
 * At which distance from the spot's middle a Gaussian of this width lets half of a wave through.
 */
const halfWidth = (sigma) => Math.sqrt(Math.log(2) / 2) / (Math.PI * sigma);

/**
 * @param {{spotNow: () => {u: number, v: number}, signal: AbortSignal,
 *   onSteer: (settings: {frequency: number, theta: number}) => void}} options
 * @returns {{element: HTMLElement, update: (lab: Record<string, any>, weights: Float64Array,
 *   dark: boolean) => void}} `weights` are the part of the kernel whose waves are shown.
 */
export function frequencyPlane({ spotNow, onSteer, signal }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const paint = raster(canvas);
  const values = new Float32Array(SIZE * SIZE);
  const ellipse = (kind) => svg("ellipse", { class: kind });
  const axes = svg("path", { class: "gabor-axes", d: `M${-HALF} 0H${HALF}M0 ${-HALF}V${HALF}` });
  const angle = svg("path", { class: "gabor-angle" });
  const main = ["halo", "window"].map(ellipse);
  const mirror = ["halo", "window mirror"].map(ellipse);
  const overlay = svg(
    "svg",
    { viewBox: `${-HALF} ${-HALF} ${2 * HALF} ${2 * HALF}`, "aria-hidden": "true" },
    axes,
    angle,
    ...mirror,
    ...main,
  );
  const handle = h("span", { class: "gabor-handle", "aria-hidden": "true" });
  const map = h(
    "div",
    {
      class: "lu-plane gabor-plane",
      tabindex: "0",
      role: "application",
      "aria-label": "Frequency plane: arrow keys move the spot",
    },
    canvas,
    overlay,
    h("span", { class: "gabor-axis u", "aria-hidden": "true" }, "u"),
    h("span", { class: "gabor-axis v", "aria-hidden": "true" }, "v"),
    handle,
  );
  const legend = scaleLegend();
  const ticks = h(
    "div",
    { class: "gabor-ticks lu-label", "aria-hidden": "true" },
    ...["−0.5", "cycles per pixel", "0.5"].map((text) => h("span", {}, text)),
  );
  const element = h("div", { class: "gabor-frequencies" }, map, ticks, legend.element);

  let place = { u: 0, v: 0 };
  let grip = null; // The pointer that has the spot, and how far it is from its middle.
  function steer(u, v) {
    onSteer(settingsAt(clamp(u, -0.5, 0.5), clamp(v, -0.5, 0.5)));
  }
  function placeOf(event) {
    const box = map.getBoundingClientRect();
    const at = (pixel, start, length) => ((pixel - start) / length - 0.5) * 2 * HALF;
    return {
      u: at(event.clientX, box.left, box.width),
      v: at(event.clientY, box.top, box.height),
      pixel: (2 * HALF) / box.width,
    };
  }
  map.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || (grip && grip.id !== event.pointerId)) return;
    map.setPointerCapture(event.pointerId);
    const { u, v, pixel } = placeOf(event);
    // Taken near its middle, the spot does not jump; anywhere else it comes to the pointer.
    const near = [1, -1].map((sign) => ({ u: sign * place.u - u, v: sign * place.v - v }));
    const way = near.find((each) => Math.hypot(each.u, each.v) < GRAB * pixel) ?? { u: 0, v: 0 };
    grip = { id: event.pointerId, ...way };
    steer(u + grip.u, v + grip.v);
  });
  map.addEventListener("pointermove", (event) => {
    if (grip?.id !== event.pointerId) return;
    const { u, v } = placeOf(event);
    steer(u + grip.u, v + grip.v);
  });
  /** @param {PointerEvent} event */
  function release({ pointerId }) {
    if (grip?.id === pointerId) grip = null;
  }
  map.addEventListener("pointerup", release);
  map.addEventListener("pointercancel", release);
  map.addEventListener("lostpointercapture", release);
  map.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 5 * STEP : STEP;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (!way) return;
    event.preventDefault();
    // What was drawn last may be older than the last key.
    const { u, v } = spotNow();
    steer(u + way[0] * step, v + way[1] * step);
  });
  signal.addEventListener("abort", () => {
    grip = null;
  });

  function mark(ellipses, u, v, lab) {
    for (const shape of ellipses) {
      shape.setAttribute("rx", halfWidth(lab.sigma));
      shape.setAttribute("ry", halfWidth(lab.sigmaY));
      const turn = (lab.theta * 180) / Math.PI;
      shape.setAttribute("transform", `translate(${u} ${v}) rotate(${turn})`);
    }
  }
  function update(lab, weights, dark) {
    const { kernel, frequency, theta } = lab;
    const largest = transferMagnitude(weights, kernel.height, kernel.width, SIZE, values);
    const scale = sequentialScale(largest || 1, dark);
    paint(values, SIZE, SIZE, scale);
    legend.update({ ...legendOf(scale), low: "gain 0" });
    place = spot(frequency, theta);
    mark(main, place.u, place.v, lab);
    mark(mirror, -place.u, -place.v, lab);
    const radius = Math.min(0.12, 0.6 * frequency);
    const end = `${radius * Math.cos(theta)} ${radius * Math.sin(theta)}`;
    const arc = `M${radius} 0A${radius} ${radius} 0 0 1 ${end}`;
    angle.setAttribute("d", place.aliased ? "" : `M0 0L${place.u} ${place.v}${arc}`);
    handle.style.left = `${50 + (50 * place.u) / HALF}%`;
    handle.style.top = `${50 + (50 * place.v) / HALF}%`;
    const where = `u ${format(place.u, 3)}, v ${format(place.v, 3)} cycles per pixel`;
    map.setAttribute("aria-label", `Frequency plane: spot at ${where}; arrow keys move it`);
  }
  return { element, update };
}

/** What can be set: the lecture's presets, three sliders, and two more behind "More". */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { raster, signedScale } from "../_shared/ui/canvas.js";
import { disclosure, slider } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { gaborKernel } from "../_shared/math/gabor.js";
import { format } from "../_shared/math/numbers.js";
import { RANGES } from "./state.js";

/** @type {Record<string, [string, number]>} A setting's name and the step of its slider. */
const LABELS = {
  frequency: ["Frequency", 0.01],
  theta: ["Theta", 0.01],
  sigma: ["Sigma", 0.1],
  aspect: ["Aspect ratio", 0.1],
  phase: ["Phase", 0.01],
};
const degrees = (angle) => `${format((angle * 180) / Math.PI, 1)}°`;
const NOTES = {
  frequency: ({ frequency }) => `one wave in ${format(1 / frequency)} pixels`,
  theta: ({ theta }) => `rad = ${degrees(theta)}`,
  sigma: ({ kernel }) => `pixels: kernel ${kernel.height}×${kernel.width}`,
  aspect: ({ sigmaY }) => `crests: σ ${format(sigmaY, 1)} pixels`,
  phase: ({ phase }) => `rad = ${degrees(phase)}`,
};

/**
 * @param {{model: Model, edit: Edit}} options
 * @returns {{element: HTMLElement, update: (lab: *, dark: *) => void}}
 */
export function settingsPanel({ model, edit }) {
  const controls = Object.entries(LABELS).map(([name, [label, step]]) => {
    // From -π on, steps of 0.01 would miss 0.
    const [min, max] = name === "phase" ? [-3.14, 3.14] : RANGES[name];
    const onInput = (value) => edit({ [name]: value });
    const control = slider({ label, min, max, step, value: model.get(name), onInput });
    const note = h("span", { class: "lu-label gabor-note" });
    control.element.querySelector("label").after(note);
    return { name, note, ...control };
  });
  const [frequency, theta, sigma, aspect, phase] = controls.map(({ element }) => element);
  const [low, high] = RANGES.frequency;
  const nyquist = h("span", { class: "gabor-nyquist lu-label" }, "Nyquist 0.5");
  nyquist.style.setProperty("--at", String((0.5 - low) / (high - low)));
  frequency.append(nyquist);

  const presets = model.get("presets").map((values) => {
    const [f, angle, width] = values;
    const canvas = h("canvas", { "aria-hidden": "true" });
    const text = h(
      "span",
      {},
      `f ${format(f)}`,
      h("br"),
      `θ ${format(angle)}`,
      h("br"),
      `σ ${format(width)}`,
    );
    const name = `frequency ${format(f)}, theta ${format(angle)}, sigma ${format(width)}`;
    const take = () => edit({ frequency: f, theta: angle, sigma: width, aspect: 1, phase: 0 });
    const attributes = {
      type: "button",
      class: "lu-button gabor-preset",
      "aria-label": name,
      title: name,
    };
    const element = h("button", { ...attributes, onclick: take }, canvas, text);
    return { element, values, kernel: gaborKernel(f, angle, width), paint: raster(canvas) };
  });
  const more = disclosure(
    "More: phase and aspect ratio",
    h("div", { class: "gabor-more" }, phase, aspect),
  );
  const element = h(
    "div",
    { class: "gabor-settings" },
    frequency,
    theta,
    sigma,
    h(
      "div",
      { class: "gabor-panel", role: "group", "aria-label": "The lecture’s three filters" },
      h("p", { class: "lu-title" }, "The lecture’s three filters"),
      h("div", { class: "gabor-presets" }, ...presets.map((preset) => preset.element)),
    ),
    more,
  );

  let painted = null;
  function update(lab, dark) {
    for (const { name, note, set } of controls) {
      set(model.get(name));
      const text = NOTES[name](lab);
      setText(note, text);
    }
    const now = [lab.frequency, lab.theta, lab.sigma, lab.sigmaY, lab.phase];
    for (const { element: button, values, kernel, paint } of presets) {
      const same = [...values, values[2], 0].every((value, i) => value === now[i]);
      button.setAttribute("aria-pressed", String(same));
      if (painted === dark) continue;
      const middle = kernel.envelope[kernel.envelope.length >> 1];
      paint(kernel.re, kernel.height, kernel.width, signedScale(middle, dark));
    }
    painted = dark;
  }
  return { element, update };
}

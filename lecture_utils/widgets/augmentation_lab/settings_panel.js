/** Presets, and a slider for every setting. */

import { button, select, slider } from "../_shared/controls.js";
import { h } from "../_shared/dom.js";

/** [setting, label, step, place in the pair] */
const GROUPS = {
  Geometry: [
    ["degrees", "Rotation, up to (degrees)", 1],
    ["shear", "Shear, up to (degrees)", 1],
    ["flip", "Mirrored, probability", 0.05],
    ["crop", "Crop: smallest area", 0.05, 0],
    ["crop", "Crop: largest area", 0.05, 1],
    ["ratio", "Crop: ratio of sides, up to", 0.01],
    ["zoom", "Zoom, from", 0.05, 0],
    ["zoom", "Zoom, to", 0.05, 1],
    ["translate", "Shift, up to (part of the side)", 0.01],
  ],
  Color: [
    ["brightness", "Brightness, ±", 0.05],
    ["contrast", "Contrast, ±", 0.05],
    ["saturation", "Saturation, ±", 0.05],
    ["hue", "Hue, ± (part of the circle)", 0.01],
  ],
  "Noise, holes, mixtures": [
    ["noise", "Noise, standard deviation", 0.01],
    ["erase", "Cutout, probability", 0.05],
    ["mixup", "Mixup, alpha", 0.1],
  ],
};
export const SETTINGS = [...new Set(Object.values(GROUPS).flatMap((group) => group.map(([name]) => name)))];

/** @param {{model: object, edit: (changes: object) => void, onPartner: (name: string) => void}} options */
export function settingsPanel({ model, edit, onPartner }) {
  const [presets, limits] = [model.get("presets"), model.get("limits")];
  const sliders = [];

  function change(name, end, value) {
    if (end === undefined) return edit({ [name]: value });
    const pair = [...model.get(name)];
    pair[end] = value;
    // The two ends push each other.
    pair[1 - end] = end === 0 ? Math.max(pair[1], value) : Math.min(pair[0], value);
    return edit({ [name]: pair });
  }
  function control([name, label, step, end]) {
    const [min, max] = limits[name];
    const one = slider({ label, min, max, step, value: min, onInput: (value) => change(name, end, value) });
    sliders.push(() => {
      const value = end === undefined ? model.get(name) : model.get(name)[end];
      one.set(Math.round(value * 1000) / 1000);
    });
    return one.element;
  }
  const partner = select({
    label: "Mixed with",
    options: model.get("names"),
    value: model.get("partner"),
    onChange: onPartner,
  });
  const groups = Object.entries(GROUPS).map(([title, controls]) =>
    h(
      "fieldset",
      { class: "augment-group" },
      h("legend", { class: "lu-title" }, title),
      h("div", { class: "augment-sliders" }, ...controls.map(control)),
    ),
  );
  const mixed = h("div", { class: "augment-partner" }, h("span", { class: "lu-label", "aria-hidden": "true" }, "mixed with"), partner.element);
  groups[2].querySelector(".augment-sliders").append(mixed);

  const buttons = Object.keys(presets).map((name) => {
    const element = button({ label: name, onClick: () => edit({ ...presets[name] }) });
    return { name, element };
  });
  /** The preset that is on screen, or undefined. */
  const current = () =>
    Object.keys(presets).find((name) =>
      SETTINGS.every((setting) => String(presets[name][setting]) === String(model.get(setting))),
    );
  return {
    presets: h(
      "div",
      { class: "augment-presets", role: "group", "aria-label": "Presets" },
      ...buttons.map(({ element }) => element),
    ),
    element: h("div", { class: "augment-settings" }, ...groups),
    current,
    update() {
      for (const set of sliders) set();
      if (partner.element.value !== model.get("partner")) partner.set(model.get("partner"));
      const name = current();
      for (const each of buttons) {
        const pressed = String(each.name === name);
        if (each.element.getAttribute("aria-pressed") !== pressed) each.element.setAttribute("aria-pressed", pressed);
      }
      const off = !model.get("mixup");
      if (mixed.hidden !== off) mixed.hidden = off;
    },
  };
}

/** A control for each transform, and the settings to start from. */

import { segmented, select, slider } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";

/** [setting, label, step, end]: `end` is 0 or 1 for the ends of a pair.
 * @type {Record<string, [string, string, number, number?][]>} */
const GROUPS = {
  Geometry: [
    ["degrees", "Rotation ±°", 1],
    ["translate", "Translation ±", 0.01],
    ["scale", "Scale from", 0.01, 0],
    ["scale", "Scale to", 0.01, 1],
    ["shear", "Shear ±°", 1],
    ["flip", "Mirror, probability", 0.05],
  ],
  "Crop and resize": [
    ["crop", "Area from", 0.01, 0],
    ["crop", "Area to", 0.01, 1],
    ["ratio", "Ratio up to", 0.01],
  ],
  Color: [
    ["brightness", "Brightness ±", 0.01],
    ["contrast", "Contrast ±", 0.01],
    ["saturation", "Saturation ±", 0.01],
    ["hue", "Hue ± turns", 0.01],
  ],
  "Noise, holes, mixtures": [
    ["noise", "Noise σ", 0.01],
    ["erase", "Erasing, probability", 0.05],
    ["mixup", "Mixup α", 0.05],
  ],
};
/** What a slider of hundredths shows for 4:3. */
const FOUR_THIRDS = 1.33;

/**
 * @param {{limits: Record<string, any>, presets: Record<string, any>, names: string[],
 *   onSetting: (name: string, value: *) => void, get: (name: string) => *, onPreset: (name: string)
 *   => void, onPartner: (name: string) => void}} options
 * @returns {{preset: HTMLElement, element: HTMLElement, update(settings: *, chosenPreset: *,
 *   chosenPartner: *): void}}
 */
export function settingsPanel({ limits, presets, names, get, onSetting, onPreset, onPartner }) {
  const sliders = [];
  const groups = Object.entries(GROUPS).map(([title, settings]) => {
    const controls = settings.map(([name, label, step, end]) => {
      const [min, max] = limits[name];
      const onInput = (value) => {
        if (end === undefined)
          return onSetting(name, name === "ratio" && value === FOUR_THIRDS ? 4 / 3 : value);
        // An end that is moved past the other one takes it along.
        const other = get(name)[1 - end];
        return onSetting(
          name,
          end ? [Math.min(value, other), value] : [value, Math.max(value, other)],
        );
      };
      const control = slider({ label, min, max, step, value: min, onInput });
      sliders.push({ name, end, set: control.set });
      return control.element;
    });
    return { title, controls };
  });
  const partner = select({
    label: "Mix with",
    options: names,
    value: names[0],
    onChange: onPartner,
  });
  const partnerRow = h(
    "div",
    { class: "aug-partner" },
    h("span", { "aria-hidden": "true" }, "Mix with"),
    partner.element,
  );
  groups.at(-1).controls.push(partnerRow);
  const preset = segmented({
    legend: "Settings to start from",
    options: Object.keys(presets).map((name) => ({ value: name, label: name })),
    value: null,
    onChange: onPreset,
  });
  return {
    preset: preset.element,
    element: h(
      "div",
      { class: "aug-settings" },
      ...groups.map(({ title, controls }) =>
        h(
          "fieldset",
          { class: "aug-group" },
          h("legend", { class: "lu-title" }, title),
          ...controls,
        ),
      ),
    ),
    update(settings, chosenPreset, chosenPartner) {
      for (const { name, end, set } of sliders) {
        const value = end === undefined ? settings[name] : settings[name][end];
        set(Math.round(100 * value) / 100);
      }
      preset.set(chosenPreset);
      partner.set(chosenPartner);
      if (partnerRow.hidden === settings.mixup > 0) partnerRow.hidden = !partnerRow.hidden;
    },
  };
}

/**
 * The name of the settings to start from that are on screen; null if they have been changed.
 * @param {Record<string, any>} settings
 * @param {Object<string, Record<string, any>>} presets
 * @returns {string}
 */
export function presetOf(settings, presets) {
  const same = (a, b) => String(a) === String(b); // pairs, too
  const found = Object.entries(presets).find(([, values]) =>
    Object.keys(values).every((name) => same(values[name], settings[name])),
  );
  return found ? found[0] : null;
}

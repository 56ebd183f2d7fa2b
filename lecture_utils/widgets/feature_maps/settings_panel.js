/** What can be set: the filters, the layer, and the shift of the image. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { button, checkbox, segmented, slider } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { RESTART } from "../_shared/ui/icons.js";

const PADDINGS = [
  { value: "valid", label: "no padding" },
  { value: "zeros", label: "zeros" },
  { value: "wrap", label: "wrap around" },
];

/** Which bank of filters. */
function bankChoice({ model, edit }) {
  const banks = model.get("banks");
  const current = () => banks.findIndex(({ names }) => names[0] === model.get("names")[0]);
  const choice = segmented({
    legend: "Filters",
    options: [
      { value: 0, label: "hand-designed" },
      { value: 1, label: "random" },
    ],
    value: current(),
    onChange: (i) => {
      const [, count, three, k] = model.get("bank_weights").shape;
      const size = count * three * k * k;
      const weights = toTyped(model.get("bank_weights")).slice(i * size, (i + 1) * size);
      edit({ filters: fromTyped(weights, [count, three, k, k]), names: banks[i].names });
    },
  });
  return { element: choice.element, update: () => choice.set(current()) };
}

/** Two sliders that move the image. */
function shiftSliders({ model, edit }) {
  const sliders = ["Shift down", "Shift right"].map((label, axis) =>
    slider({
      label,
      min: -16,
      max: 16,
      value: 0,
      onInput: (value) =>
        edit({ shift: model.get("shift").map((old, i) => (i === axis ? value : old)) }),
    }),
  );
  const home = button({
    label: "Shift back",
    path: RESTART,
    onClick: () => edit({ shift: [0, 0] }),
  });
  return {
    element: h("div", { class: "maps-settings" }, ...sliders.map(({ element }) => element), home),
    update: (shift) => sliders.forEach((control, axis) => control.set(shift[axis])),
  };
}

/**
 * @param {{model: Model, edit: Edit}} demo
 * @param {(count: number) => void} onCount Is told how many filters the reader wants to see.
 * @returns {{bank: HTMLElement, layer: HTMLElement, shift: HTMLElement,
 *   update: (state: Record<string, any>) => void}}
 */
export function settingsPanel(demo, onCount) {
  const { model, edit } = demo;
  const bank = bankChoice(demo);
  const count = slider({ label: "Filters d", min: 1, max: 8, value: 8, onInput: onCount });
  const stride = slider({
    label: "Stride",
    min: 1,
    max: 3,
    value: 1,
    onInput: (value) => edit({ stride: value }),
  });
  const padding = segmented({
    legend: "Border",
    options: PADDINGS,
    value: model.get("padding"),
    onChange: (value) => edit({ padding: value }),
  });
  const tick = (text, name) =>
    checkbox({ name: "maps-tick", onChange: (value) => edit({ [name]: value }) }, text);
  const ticks = { relu: tick("ReLU", "relu"), pool: tick("2×2 max pooling", "pool") };
  const shift = shiftSliders(demo);
  const elements = [count, stride, padding, ticks.relu, ticks.pool].map(({ element }) => element);

  function update({ d, all, settings, shift: [down, right] }) {
    bank.update();
    count.set(d, all);
    stride.set(settings.stride);
    padding.set(settings.padding);
    for (const [name, control] of Object.entries(ticks)) control.set(settings[name]);
    shift.update([down, right]);
  }
  return {
    bank: bank.element,
    layer: h("div", { class: "maps-settings" }, ...elements),
    shift: shift.element,
    update,
  };
}

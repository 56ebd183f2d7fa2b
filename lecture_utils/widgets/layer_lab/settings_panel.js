/** The lab's settings: presets, operation, and the hyperparameters of the layer. */

/** @import { Lab } from "./state.js" */
/** @import { Model, Traits } from "../_shared/ui/model.js" */
import { fromTyped } from "../_shared/math/arrays.js";
import { button, segmented, slider } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { DICE } from "../_shared/ui/icons.js";
import { resizeKernel } from "../_shared/math/kernel_ops.js";
import { uniform } from "../_shared/math/random.js";
import { mostPadding } from "./layer.js";
import { NAMES } from "./state.js";

/** The numbers 0 to 9 of a seed; a position has the same number whatever the size. */
function randomImage(rows, columns, seed) {
  const at = uniform(seed, 0);
  return Float64Array.from({ length: rows * columns }, (_, i) =>
    Math.floor(10 * at(16 * Math.floor(i / columns) + (i % columns))),
  );
}

/** An array trait from rows of numbers. */
const pack = (rows) => fromTyped(Float64Array.from(rows.flat()), [rows.length, rows[0].length]);

/**
 * @param {{model: Model, read: () => Lab, edit: (changes: Traits, afresh?: boolean) => void}}
 *   options
 * @returns {{presets: HTMLElement, operation: HTMLElement, element: HTMLElement, update: (lab: Lab)
 *   => void}}
 */
export function settingsPanel({ model, read, edit }) {
  let seed = 0;

  // ---- Presets
  const presets = model.get("presets").map((preset) => {
    const changes = { ...preset, image: pack(preset.image), kernel: pack(preset.kernel) };
    delete changes.name;
    const element = button({
      label: preset.name,
      kind: "small",
      onClick: () => edit(changes, true),
    });
    const holds = () =>
      NAMES.every((name) => {
        const [wanted, now] = [changes[name], model.get(name)];
        if (!wanted.shape) return wanted === now;
        const { pixels, weights } = read();
        const values = name === "image" ? pixels : weights;
        return (
          String(wanted.shape) === String(now.shape) &&
          preset[name].flat().every((v, i) => v === values[i])
        );
      });
    return { element, holds, pressed: null };
  });

  // ---- The layer. Another operation or window may allow less padding.
  function fit(changes) {
    const [kh, kw] = (changes.kernel ?? model.get("kernel")).shape;
    const operation = changes.operation ?? model.get("operation");
    const padding = Math.min(
      changes.padding ?? model.get("padding"),
      mostPadding(operation, kh, kw),
    );
    edit({ ...changes, padding, ...(operation === "average" ? { dilation: 1 } : {}) });
  }
  const operation = segmented({
    legend: "Operation",
    options: [
      { value: "convolution", label: "Convolution" },
      { value: "max", label: "Max pooling" },
      { value: "average", label: "Average pooling" },
    ],
    value: "convolution",
    onChange: (value) => fit({ operation: value }),
  });
  const number = (label, name, min, max) =>
    slider({ label, min, max, value: min, onInput: (value) => fit({ [name]: value }) });
  const size = slider({
    label: "Input size",
    min: 3,
    max: 12,
    value: 3,
    onInput: (value) => {
      const { pixels, h: rows, w: columns } = read();
      const next = randomImage(value, value, seed);
      for (let i = 0; i < Math.min(rows, value); i += 1) {
        for (let j = 0; j < Math.min(columns, value); j += 1)
          next[i * value + j] = pixels[i * columns + j];
      }
      edit({ image: fromTyped(next, [value, value]) });
    },
  });
  const kernelSize = slider({
    label: "Kernel size",
    min: 1,
    max: 5,
    value: 1,
    onInput: (value) =>
      fit({ kernel: fromTyped(resizeKernel(read(), value).weights, [value, value]) }),
  });
  const stride = number("Stride", "stride", 1, 5);
  const padding = number("Padding", "padding", 0, 3);
  const dilation = number("Dilation", "dilation", 1, 3);
  const ceil = h("input", { type: "checkbox", onchange: () => edit({ ceil_mode: ceil.checked }) });
  const ceilLabel = h("label", { class: "layer-check" }, ceil, "Ceil mode (round the size up)");
  const renew = button({
    label: "New numbers",
    path: DICE,
    title: "Fill the input with other numbers",
    onClick: () => {
      seed += 1;
      const { h: rows, w: columns } = read();
      edit({ image: fromTyped(randomImage(rows, columns, seed), [rows, columns]) });
    },
  });

  function enable(control, possible) {
    for (const input of control.element.querySelectorAll("input")) {
      if (input.disabled === possible) input.disabled = !possible;
    }
  }
  function update(lab) {
    for (const preset of presets) {
      const pressed = preset.holds();
      if (pressed === preset.pressed) continue;
      preset.pressed = pressed;
      preset.element.setAttribute("aria-pressed", String(pressed));
    }
    const pools = lab.operation !== "convolution";
    operation.set(lab.operation);
    size.set(Math.max(lab.h, lab.w));
    kernelSize.set(Math.max(lab.kh, lab.kw));
    stride.set(lab.stride);
    padding.set(lab.padding, Math.max(mostPadding(lab.operation, lab.kh, lab.kw), lab.padding));
    dilation.set(lab.dilation);
    enable(dilation, lab.operation !== "average" || lab.dilation > 1);
    setText(kernelSize.element.querySelector("label"), pools ? "Window size" : "Kernel size");
    if (ceil.checked !== lab.ceilMode) ceil.checked = lab.ceilMode;
    if (ceilLabel.hidden === pools) ceilLabel.hidden = !pools;
  }
  const element = h(
    "div",
    { class: "layer-settings" },
    size.element,
    kernelSize.element,
    stride.element,
    padding.element,
    dilation.element,
    h("div", { class: "layer-extras" }, renew, ceilLabel),
  );
  const row = h(
    "div",
    { class: "layer-presets", role: "group", "aria-label": "Presets" },
    ...presets.map((preset) => preset.element),
  );
  return { presets: row, operation: operation.element, element, update };
}

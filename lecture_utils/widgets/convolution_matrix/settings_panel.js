/** Direction, stride, padding, kernel size, and other numbers. */

/** @import { Model, Traits } from "../_shared/ui/model.js" */
/** @import { Lab } from "./state.js" */
import { fromTyped } from "../_shared/math/arrays.js";
import { uniform } from "../_shared/math/random.js";
import { button, segmented } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { DICE } from "../_shared/ui/icons.js";

/** Whole numbers from `low` to `high`. */
function randomNumbers(count, low, high, seed, stream) {
  const at = uniform(seed, stream);
  return Float64Array.from({ length: count }, (_, i) => Math.floor(low + (high - low + 1) * at(i)));
}

/**
 * @param {{model: Model, read: () => Lab, edit: (changes: Traits) => void}} options
 * @returns {{direction: HTMLElement, element: HTMLElement, renew: HTMLElement, update: (lab: Lab)
 *   => void}}
 */
export function settingsPanel({ model, read, edit }) {
  let seed = 0;
  // Weights that a smaller kernel leaves out come back with a larger one.
  const spare = [1, 2, 3, -4, 5, -2, -1, -3, 4];

  const direction = segmented({
    legend: "Direction",
    options: [
      { value: false, label: "Forward: y = Wx" },
      { value: true, label: "Backward: Wᵀe", title: "W transposed, times e" },
    ],
    value: false,
    onChange: (transpose) => edit({ transpose }),
  });
  const choice = (legend, values, onChange, label = (value) => String(value)) => {
    const { element, set } = segmented({
      legend,
      options: values.map((value) => ({ value, label: label(value) })),
      value: values[0],
      onChange,
    });
    const title = h("span", { class: "lu-label", "aria-hidden": "true" }, legend);
    return { element: h("div", { class: "matrix-setting" }, title, element), set };
  };
  const stride = choice("Stride", [1, 2], (value) => edit({ stride: value }));
  const padding = choice("Padding", [0, 1], (value) => edit({ padding: value }));
  const size = choice(
    "Kernel size",
    [2, 3],
    (value) => {
      const { weights, kh, kw } = read();
      for (let i = 0; i < kh; i += 1) {
        for (let j = 0; j < kw; j += 1) spare[3 * i + j] = weights[i * kw + j];
      }
      const next = Float64Array.from(
        { length: value * value },
        (_, i) => spare[3 * Math.floor(i / value) + (i % value)],
      );
      edit({ kernel: fromTyped(next, [value, value]) });
    },
    (value) => `${value}×${value}`,
  );
  const renew = button({
    label: "New numbers",
    path: DICE,
    title: "Fill the image and the error map with other numbers",
    onClick: () => {
      seed += 1;
      const { h: rows, w } = read();
      const { shape } = model.get("errors");
      edit({
        image: fromTyped(randomNumbers(rows * w, 0, 9, seed, 0), [rows, w]),
        errors: fromTyped(randomNumbers(shape[0] * shape[1], -3, 3, seed, 1), shape),
      });
    },
  });
  function update({ kh, kw, ...lab }) {
    direction.set(model.get("transpose"));
    stride.set(lab.stride);
    padding.set(lab.padding);
    size.set(kh === kw ? kh : null);
  }
  const element = h(
    "div",
    { class: "matrix-settings" },
    stride.element,
    padding.element,
    size.element,
  );
  return { direction: direction.element, element, renew, update };
}

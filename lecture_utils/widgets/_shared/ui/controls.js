/** Controls made of the browser's own inputs, so that keyboards and screen readers know them. */

import { h, icon, uniqueId } from "./dom.js";
import { clamp } from "../math/numbers.js";
import { RESTART } from "./icons.js";

/**
 * A slider with its name and its value, which can also be typed.
 * @param {{label: string, min: number, max: number, step?: number, value: number,
 *   onInput: (value: number) => void}} options
 * @returns {{element: HTMLElement, set: (value: number, max?: number) => void}}
 */
export function slider({ label, min, max, step = 1, value, onInput }) {
  const id = uniqueId("slider");
  const limits = { min, max, step, value };
  const range = h("input", { type: "range", id, ...limits });
  const number = h("input", { type: "number", "aria-label": `${label}, as a number`, ...limits });
  const set = (next, newMax = max) => {
    if (newMax !== max) {
      max = newMax;
      range.max = number.max = String(max);
    }
    if (range.valueAsNumber !== next) range.value = String(next);
    // Does not rewrite the digits under the fingers of somebody who is typing.
    if (Number(number.value) !== next) number.value = String(next);
  };
  range.addEventListener("input", () => {
    number.value = range.value;
    onInput(range.valueAsNumber);
  });
  number.addEventListener("input", () => {
    const typed = number.valueAsNumber;
    const steps = (typed - min) / step;
    // 0.3 / 0.1 is not quite 3.
    if (typed >= min && typed <= max && Math.abs(steps - Math.round(steps)) < 1e-6) {
      range.value = String(typed);
      onInput(typed);
    }
  });
  number.addEventListener("change", () => {
    // The range input rounds to a value that exists.
    const typed = number.valueAsNumber;
    if (!Number.isNaN(typed)) range.value = String(clamp(typed, min, max));
    number.value = range.value;
    onInput(range.valueAsNumber);
  });
  const element = h("div", { class: "lu-slider" }, h("label", { for: id }, label), number, range);
  return { element, set };
}

/**
 * A menu. Options are names or {value, label}; a value that is not on the menu can be shown by
 * `set`.
 * @param {{label: string, options: any[], value: string, onChange: (value: string) => void}}
 *   options
 * @returns {{element: HTMLSelectElement, set: (value: string) => void}}
 */
export function select({ label, options, value, onChange }) {
  const element = h("select", { class: "lu-select", "aria-label": label });
  for (const option of options) {
    const { value: key = option, label: text = option } = option;
    element.append(h("option", { value: key }, text));
  }
  element.addEventListener("change", () => onChange(element.value));
  const set = (next) => {
    element.value = next;
  };
  set(value);
  return { element, set };
}

/**
 * What an option is called. A name must contain the words on the screen: by them, speech control
 * finds it.
 * @param {{label: string, title?: string}} option
 * @returns {string|null}
 */
function optionName({ label, title }) {
  if (!title) return null;
  const seen = label.replace(/\.$/, "").toLowerCase();
  return title.toLowerCase().includes(seen) ? title : `${label}: ${title}`;
}

/**
 * A few options side by side, one of which is chosen.
 * @param {{legend: string, options: {value: *, label: string, title?: string}[], value: *,
 *   onChange: (value: *) => void}} options
 * @returns {{element: HTMLFieldSetElement, set: (next: *) => void}}
 */
export function segmented({ legend, options, value, onChange }) {
  const name = uniqueId("choice");
  const inputs = options.map((option) =>
    h("input", {
      type: "radio",
      name,
      "aria-label": optionName(option),
      onchange: () => onChange(option.value),
    }),
  );
  const set = (next) => {
    inputs.forEach((input, i) => {
      input.checked = options[i].value === next;
    });
  };
  set(value);
  const labels = options.map(({ label, title }, i) => h("label", { title }, inputs[i], label));
  const element = h(
    "fieldset",
    {},
    h("legend", { class: "lu-visually-hidden" }, legend),
    h("div", { class: "lu-segmented" }, ...labels),
  );
  return { element, set };
}

/**
 * A button with a text, an icon or both; without text, `title` names it. While it is switched off by
 * `enable`, a click does nothing.
 * @param {{label?: string, path?: string, title?: string, kind?: string, onClick: () => void}}
 *   options
 * @returns {HTMLButtonElement}
 */
export function button({ label = "", path = "", title = null, kind = "", onClick }) {
  const element = h(
    "button",
    {
      type: "button",
      class: `lu-button ${kind}`,
      title,
      "aria-label": label ? null : title,
      onclick: () => element.getAttribute("aria-disabled") !== "true" && onClick(),
    },
    path && icon(path),
    label && h("span", {}, label),
  );
  return element;
}

/**
 * Switch a button on or off. Unlike one with `disabled`, a button that switches itself off keeps the
 * focus.
 * @param {HTMLButtonElement} element Made by `button`.
 * @param {boolean} enabled
 */
export function enable(element, enabled) {
  const value = String(!enabled);
  if (element.getAttribute("aria-disabled") !== value) element.setAttribute("aria-disabled", value);
}

/**
 * The button that takes a demo back to its initial state.
 * @param {() => void} onClick
 * @returns {HTMLButtonElement}
 */
export function restartButton(onClick) {
  return button({ label: "Start over", path: RESTART, onClick });
}

/**
 * Details that are folded away until a reader opens them.
 * @param {string} summary
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function disclosure(summary, ...children) {
  return h("details", { class: "lu-disclosure" }, h("summary", {}, summary), ...children);
}

/**
 * Details whose content is written only while a reader has them open.
 * @param {string} summary
 * @param {Node[]} content
 * @param {(state: any) => void} write Gets the newest state when they are opened, and from then on
 *   every state.
 * @returns {{element: HTMLDetailsElement, update: (state: any) => void}}
 */
export function writtenWhenOpen(summary, content, write) {
  const element = /** @type {HTMLDetailsElement} */ (disclosure(summary, ...content));
  let newest = null;
  const writeNow = () => {
    if (newest && element.open) write(newest);
  };
  element.addEventListener("toggle", writeNow);
  return {
    element,
    update(state) {
      newest = state;
      writeNow();
    },
  };
}

/**
 * What can be done with a demo, folded away.
 * @param {string} summary
 * @param {string[][]} entries A thing, and how to use it.
 * @returns {HTMLElement}
 */
export function helpList(summary, entries) {
  const items = entries.map(([what, how]) => h("li", {}, h("strong", {}, `${what}: `), how));
  return disclosure(summary, h("ul", { class: "lu-help" }, ...items));
}

/**
 * A box to tick.
 * @param {{onChange: (checked: boolean) => void, name?: string}} options `name` is a class of the
 *   label.
 * @param {...(Node|string)} content What stands beside it.
 * @returns {{element: HTMLLabelElement, input: HTMLInputElement, set: (checked: boolean) => void}}
 */
export function checkbox({ onChange, name = "lu-check" }, ...content) {
  const input = h("input", { type: "checkbox", onchange: () => onChange(input.checked) });
  const set = (checked) => {
    if (input.checked !== checked) input.checked = checked;
  };
  return { element: h("label", { class: name }, input, ...content), input, set };
}

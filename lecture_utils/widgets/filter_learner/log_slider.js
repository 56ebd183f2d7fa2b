/** A slider on which each step multiplies, for numbers of many sizes. */

import { h, uniqueId } from "../_shared/ui/dom.js";
import { clamp } from "../_shared/math/numbers.js";

const STEPS_PER_DECADE = 20;

/** Two digits are enough for a learning rate: 0.5, not 0.501187. */
const rounded = (exponent) => Number((10 ** exponent).toPrecision(2));

/**
 * @param {{label: string, min: number, max: number, value: number, onInput: (value: number)
 *   => void}} options
 * @returns {{element: HTMLElement, set: (value: number) => void, place: (value: number) => number}}
 *   `place` is where a value stands on the slider, 0 to 1.
 */
export function logSlider({ label, min, max, value, onInput }) {
  const id = uniqueId("slider");
  const ends = { min: Math.log10(min), max: Math.log10(max), step: 1 / STEPS_PER_DECADE };
  const range = h("input", { type: "range", id, ...ends, value: Math.log10(value) });
  const number = h("input", {
    type: "number",
    "aria-label": `${label}, as a number`,
    min,
    max,
    step: "any",
    value,
  });
  const tell = (now) => range.setAttribute("aria-valuetext", String(now));
  const set = (next) => {
    tell(next);
    if (Math.abs(range.valueAsNumber - Math.log10(next)) > 0.51 * ends.step)
      range.value = String(Math.log10(next));
    if (Number(number.value) !== next) number.value = String(next);
  };
  range.addEventListener("input", () => {
    const next = clamp(rounded(range.valueAsNumber), min, max);
    number.value = String(next);
    tell(next);
    onInput(next);
  });
  number.addEventListener("input", () => {
    const typed = number.valueAsNumber;
    if (typed >= min && typed <= max) onInput(typed);
  });
  number.addEventListener("change", () => {
    const typed = number.valueAsNumber;
    const next = Number.isNaN(typed) ? rounded(range.valueAsNumber) : clamp(typed, min, max);
    set(next);
    onInput(next);
  });
  const element = h("div", { class: "lu-slider" }, h("label", { for: id }, label), number, range);
  const place = (at) => clamp(Math.log(at / min) / Math.log(max / min), 0, 1);
  tell(value);
  return { element, set, place };
}

/** A layer's setting as a native input that takes only what the setting allows. */

import { h } from "../_shared/ui/dom.js";

/**
 * @param {{setting: Record<string, any>, onChange: (value: number|boolean) => void,
 *   onProblem: (text: string) => void}}
 *   options `setting` is one of kinds.py: {name, label, default, low, high, step, more}.
 * @returns {{element: HTMLElement, setting: Record<string, any>, set: (value: *, name: string)
 *   => void}} `set` also tells the input's full name, because its layer can move.
 */
export function settingField({ setting, onChange, onProblem }) {
  const { label, low, high, step } = setting;
  const yesNo = typeof setting.default === "boolean";
  const input = yesNo
    ? h("input", { type: "checkbox" })
    : h("input", {
        type: "number",
        min: low,
        max: high,
        step,
        inputmode: step === 1 ? "numeric" : "decimal",
      });
  let current = setting.default;

  const possible = (value) =>
    value >= low && value <= high && (step !== 1 || Number.isInteger(value));
  if (yesNo) {
    input.addEventListener("change", () => onChange(input.checked));
  } else {
    input.addEventListener("input", () => {
      const typed = input.valueAsNumber;
      const good = possible(typed);
      input.toggleAttribute("aria-invalid", false);
      if (good) {
        current = typed;
        onProblem("");
        onChange(typed);
        return;
      }
      input.setAttribute("aria-invalid", "true");
      const kind = step === 1 ? "a whole number" : "a number";
      const what = Number.isNaN(typed) ? "" : `, not ${String(typed).replace("-", "\u2212")}`;
      onProblem(`“${label}” must be ${kind} from ${low} to ${high}${what}.`);
    });
    input.addEventListener("change", () => {
      if (input.valueAsNumber === current) return;
      input.value = current;
      input.removeAttribute("aria-invalid");
    });
  }
  const element = h(
    "label",
    { class: yesNo ? "builder-setting yes-no" : "builder-setting" },
    h("span", { "aria-hidden": "true" }, label),
    input,
  );
  function set(value, name) {
    current = value;
    if (input.getAttribute("aria-label") !== name) input.setAttribute("aria-label", name);
    if (yesNo) {
      if (input.checked !== value) input.checked = value;
    } else if (input.valueAsNumber !== value && !input.hasAttribute("aria-invalid")) {
      input.value = value;
    }
  }
  return { element, setting, set };
}

/** Which epoch: the next, the one before, or a seed that is typed. */

import { button } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { NEXT, PREVIOUS } from "../_shared/ui/icons.js";

const LARGEST_SEED = 2 ** 31 - 1;

/**
 * @param {{seed: () => number, onSeed: (seed: number) => void}} options
 * @returns {{element: HTMLElement, update: (seed: number) => void}}
 */
export function epochBar({ seed, onSeed }) {
  const go = (to) => onSeed(Math.min(LARGEST_SEED, Math.max(0, to)));
  const input = h("input", { type: "number", min: 0, max: LARGEST_SEED, step: 1 });
  // A number that is half typed stays, whatever is drawn meanwhile.
  let typing = false;
  input.addEventListener("input", () => {
    typing = true;
  });
  input.addEventListener("blur", () => {
    typing = false;
    update(seed());
  });
  input.addEventListener("change", () => {
    typing = false;
    if (input.value !== "" && input.validity.valid) go(input.valueAsNumber);
    else input.value = String(seed());
  });
  const element = h(
    "div",
    { class: "aug-epoch" },
    button({ label: "The next epoch", path: NEXT, kind: "primary", onClick: () => go(seed() + 1) }),
    button({ path: PREVIOUS, title: "The previous epoch", onClick: () => go(seed() - 1) }),
    h("label", { class: "aug-seed" }, "seed ", input),
  );
  function update(now) {
    if (typing) return;
    if (Number(input.value) !== now || input.value === "") input.value = now;
  }
  return { element, update };
}

/** The target kernel: chosen from a menu, or typed into its cells. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { select } from "../_shared/ui/controls.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { kernelGrid } from "../_shared/ui/kernel_grid.js";

const LARGEST_WEIGHT = 100;

/**
 * @param {{model: Model, edit: Edit}} demo
 * @param {(text: string) => void} say
 * @returns {{elements: HTMLElement[], update: (dark: boolean) => void}}
 */
export function targetPanel({ model, edit }, say) {
  const presets = model.get("presets");
  const menu = select({
    label: "Target kernel",
    options: [...presets.map(({ name }) => name), { value: "custom", label: "your own" }],
    value: model.get("target_name"),
    onChange: (name) => {
      const preset = presets.find((entry) => entry.name === name);
      if (!preset) return; // "your own" keeps what is there, to be edited.
      say("");
      const k = preset.kernel.length;
      edit({
        target: fromTyped(Float64Array.from(preset.kernel.flat()), [k, k]),
        target_name: name,
      });
    },
  });
  const grid = kernelGrid({
    onMessage: say,
    onChange: (weights) => {
      if (maxMagnitude(weights) > LARGEST_WEIGHT) {
        say("A target weight must be between −100 and 100.");
        return false;
      }
      const { shape } = model.get("target");
      const same = ({ kernel }) =>
        kernel.length === shape[0] && kernel.flat().every((weight, i) => weight === weights[i]);
      const name = presets.find(same)?.name ?? "custom";
      edit({ target: fromTyped(weights, shape), target_name: name });
      return true;
    },
  });
  grid.element.querySelector("[role=grid]").setAttribute("aria-label", "Target weights");
  const newTarget = changeDetector();
  function update(dark) {
    const target = model.get("target");
    if (newTarget(target, dark)) grid.set(toTyped(target), target.shape[0], target.shape[1], dark);
    menu.set(model.get("target_name"));
  }
  return { elements: [menu.element, grid.element], update };
}

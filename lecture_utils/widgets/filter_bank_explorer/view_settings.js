/**
 * How the matrix is shown: two limits, the order of its rows, its color scale, and what is left
 * out.
 */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { sequentialLut } from "../_shared/ui/color.js";
import { checkbox, segmented, select, slider } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { scaleLegend } from "../_shared/ui/legend.js";

const SORTS = {
  energy: "energy",
  redundancy: "redundancy",
  frequency: "frequency",
  angle: "angle",
  bank: "position in the bank",
};
const NOTE = "Each row has a scale of its own: a weak filter looks as strong as any other.";

/**
 * @param {{model: Model, edit: Edit}} demo
 * @returns {{limits: HTMLElement, tools: HTMLElement, note: HTMLElement, update: () => void,
 *   sortable: (names: string[], possible: boolean) => void, tellScale: (high: string, perRow:
 *   boolean, dark: boolean) => void}}
 */
export function viewSettings({ model, edit }) {
  const limit = (name, label) =>
    slider({
      label,
      min: 0,
      max: 1,
      step: 0.01,
      value: model.get(name),
      onInput: (value) => edit({ [name]: value }),
    });
  const limits = {
    weak_below: limit("weak_below", "Weak: energy below this fraction of the strongest"),
    redundant_above: limit("redundant_above", "Redundant: correlation above"),
  };
  const sort = select({
    label: "Sort by",
    options: Object.entries(SORTS).map(([value, label]) => ({ value, label: `Sort by ${label}` })),
    value: model.get("sort"),
    onChange: (value) => edit({ sort: value }),
  });
  const scale = segmented({
    legend: "Color scale",
    options: [
      { value: "matrix", label: "One scale for all" },
      { value: "row", label: "One per row" },
    ],
    value: model.get("scale"),
    onChange: (value) => edit({ scale: value }),
  });
  const hide = checkbox(
    { name: "bank-hide", onChange: (value) => edit({ hide: value }) },
    "Hide weak and redundant",
  );
  const legend = scaleLegend();
  const note = h("p", { class: "lu-label" }, NOTE);
  function update() {
    for (const [name, control] of Object.entries(limits)) control.set(model.get(name));
    sort.set(model.get("sort"));
    scale.set(model.get("scale"));
    hide.set(model.get("hide"));
  }
  return {
    limits: h(
      "div",
      { class: "bank-limits" },
      limits.weak_below.element,
      limits.redundant_above.element,
    ),
    tools: h(
      "div",
      { class: "bank-tools" },
      sort.element,
      scale.element,
      hide.element,
      legend.element,
    ),
    note,
    update,
    /** Some orders are only possible for some banks. */
    sortable(names, possible) {
      for (const option of sort.element.options) {
        if (names.includes(option.value)) option.disabled = !possible;
      }
    },
    /** What the strongest color stands for. */
    tellScale(high, perRow, dark) {
      legend.update({ lut: sequentialLut(dark), low: "0", high });
      note.hidden = !perRow;
    },
  };
}

/** What can be chosen: the cost, the weights, a family to highlight, and a network to select. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { segmented, select } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";

const COSTS = [
  { value: "macs", label: "MACs" },
  { value: "parameters", label: "Parameters" },
];
const WEIGHTS = [
  { value: "first", label: "first" },
  { value: "best", label: "best on ImageNet" },
  { value: "all", label: "best of all" },
];
const NONE = { value: "", label: "(none)" };

const field = (title, control) =>
  h(
    "div",
    { class: "cost-field" },
    h("span", { class: "lu-label", "aria-hidden": "true" }, title),
    control.element,
  );

/**
 * @param {{model: Model, edit: Edit}} demo
 * @param {{value: string, label: string}[]} titles Of all networks.
 * @returns {{element: HTMLElement, update: () => void}}
 */
export function costControls({ model, edit }, titles) {
  const families = [...new Set(model.get("networks").map(({ family }) => family))];
  const choose = (name) => ({
    value: model.get(name),
    onChange: (value) => edit({ [name]: value }),
  });
  const controls = {
    cost: segmented({ legend: "Cost", options: COSTS, ...choose("cost") }),
    weights: segmented({ legend: "Weights", options: WEIGHTS, ...choose("weights") }),
    family: select({
      label: "Family to highlight",
      options: [NONE, ...families],
      ...choose("family"),
    }),
    selected: select({ label: "Network to select", options: titles, ...choose("selected") }),
  };
  const heads = ["Cost", "Weights", "Family", "Network"];
  return {
    element: h(
      "div",
      { class: "cost-controls" },
      ...Object.values(controls).map((control, i) => field(heads[i], control)),
    ),
    update() {
      for (const [name, { set }] of Object.entries(controls)) set(model.get(name));
    },
  };
}

/**
 * What can be chosen besides the boundary: network, strategy, outputs, and what the plot measures.
 */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { segmented, select, slider } from "../_shared/ui/controls.js";
import { MEASURES } from "./text.js";

/**
 * @param {{model: Model, edit: Edit}} demo
 * @param {{networks: Record<string, any>[], shownNetwork: () => Record<string, any>}} state
 */
export function transferControls({ model, edit }, { networks, shownNetwork }) {
  const menu = select({
    label: "Network",
    options: networks.map(({ name, title }) => ({ value: name, label: title })),
    value: model.get("model"),
    onChange: (name) => {
      const from = shownNetwork();
      const to = networks.find((network) => network.name === name);
      const way = Object.keys(from.ways).find(
        (each) => from.ways[each] === model.get("train_from"),
      );
      edit({ model: name, train_from: to.ways[way] ?? "head" });
    },
  });
  menu.element.hidden = networks.length < 2;
  const names = Object.keys(networks[0].ways);
  const ways = segmented({
    legend: "Strategy",
    options: names.map((way) => ({ value: way, label: way })),
    value: null,
    onChange: (way) => edit({ train_from: shownNetwork().ways[way] }),
  });
  const outputs = slider({
    label: "Outputs of the new head",
    min: 1,
    max: 20,
    value: 1,
    onInput: (value) => edit({ outputs: value }),
  });
  const measure = segmented({
    legend: "Plotted against trained parameters",
    options: Object.entries(MEASURES).map(([value, label]) => ({ value, label })),
    value: "accuracy",
    onChange: (value) => edit({ measure: value }),
  });
  function update({ network, here, outputs: count }) {
    menu.set(network.name);
    ways.set(names.find((way) => network.ways[way] === here.trainFrom) ?? null);
    outputs.set(count, Math.max(20, count));
    measure.set(model.get("measure"));
  }
  return {
    menu: menu.element,
    ways: ways.element,
    outputs: outputs.element,
    measure: measure.element,
    update,
  };
}

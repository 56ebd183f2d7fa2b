/**
 * FilterGallery: images that maximize filters, from noise to result, beside what maximizes them in
 * a data set.
 */

import { format } from "../_shared/math/numbers.js";
import { disclosure, select } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { layerStrip } from "../_shared/ui/layer_strip.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { filterCards } from "./cards.js";
import { ascentPair, exampleRow, stepTable } from "./close_up.js";
import { METHODS, readNetworks } from "./data.js";
import { pythonCode } from "./python_code.js";
import { stepsSlider } from "./steps_slider.js";

const HELP =
  "Left in each pair: plain ascent, right: strong. The higher activation need not be the more telling image: noise that no " +
  "photo contains can activate a filter more than any pattern.";
const OUTDATED =
  "This network was retrained after its filters were recorded: these images belong to its predecessor.";

/** The network and the layer to look at. */
function makeControls({ model, edit }, networks, shown) {
  const lastLayer = new Map();
  const menu = select({
    label: "Network",
    options: [...networks.values()].map(({ name, title }) => ({ value: name, label: title })),
    value: model.get("network"),
    onChange: (name) => {
      const network = networks.get(name);
      const layer = network.layers.get(lastLayer.get(name)) ?? network.layers.values().next().value;
      const step = network.frames.includes(model.get("step"))
        ? model.get("step")
        : network.frames.at(-1);
      edit({ network: name, layer: layer.label, filter: layer.channels[0], step });
    },
  });
  const strip = layerStrip((label) =>
    edit({ layer: label, filter: shown().network.layers.get(label).channels[0] }),
  );
  function update({ network, layer }) {
    lastLayer.set(network.name, layer.label);
    menu.set(network.name);
    const layers = [...network.layers.values()];
    strip.update(
      network,
      layers.map(({ label, of, channels }) => ({ label, note: `${channels.length} of ${of}` })),
      layer.label,
    );
  }
  return { menu: networks.size > 1 && menu.element, strip: strip.element, update };
}

function build(demo) {
  const { model, edit, signal } = demo;
  demo.watch(["network", "layer", "filter", "step"]);
  const networks = readNetworks(model);
  const shown = () => {
    const network = networks.get(model.get("network")) ?? networks.values().next().value;
    const layer = network.layers.get(model.get("layer")) ?? network.layers.values().next().value;
    const index = Math.max(0, layer.channels.indexOf(model.get("filter")));
    const frame = network.frames.indexOf(model.get("step"));
    return { network, layer, index, frame: frame < 0 ? network.frames.length - 1 : frame };
  };
  const controls = makeControls(demo, networks, shown);
  const steps = stepsSlider({ onInput: (step) => edit({ step }), signal });
  const cards = filterCards({
    onChoose: (index) => {
      const filter = shown().layer.channels[index];
      if (filter !== model.get("filter")) edit({ filter });
    },
  });
  const [ascents, examples, table] = [ascentPair(), exampleRow(), stepTable()];
  const heading = h("p", { class: "gallery-heading lu-title" });
  const outdated = h("p", { class: "lu-message" }, OUTDATED);
  const source = h("p", { class: "lu-label" });
  const copy = copyButton({ code: () => pythonCode(shown()), signal });

  let drawing = null;
  async function draw() {
    const now = shown();
    const { network, layer, index, frame } = now;
    controls.update(now);
    steps.update(network.frames, network.frames[frame]);
    outdated.hidden = !network.outdated;
    const token = {};
    drawing = token;
    let sheets;
    try {
      sheets = await layer.sheets();
    } catch (error) {
      setText(heading, `The images of ${layer.label} cannot be shown: ${error.message}.`);
      return null;
    }
    if (signal.aborted || drawing !== token) return null; // Something else is to be shown by now.
    cards.update(layer, sheets, frame, index);
    ascents.draw(now, sheets);
    examples.draw(now, sheets.examples);
    table.update(now);
    setText(
      source,
      `Images: ${network.data.origin}. Ascent and search were recorded, with the settings that the copied program has.`,
    );
    tell(now);
    return {
      network: network.name,
      layer: layer.label,
      filter: layer.channels[index],
      step: network.frames[frame],
    };
  }
  function tell({ network, layer, index, frame }) {
    const name = layer.name(index);
    setText(
      heading,
      layer.names ? `Class: ${name}` : `${name[0].toUpperCase()}${name.slice(1)} of ${layer.label}`,
    );
    const reached = METHODS.map(
      (method) => `${method} ${format(layer[method].activations[index][frame])}`,
    );
    demo.say(`${name}, ${network.frames[frame]} steps: ${reached.join(", ")}`);
  }

  const parts = [
    controls.menu,
    controls.strip,
    outdated,
    steps.element,
    cards.element,
    heading,
    ascents.element,
    examples.element,
    h("p", { class: "lu-label" }, HELP),
    disclosure("All steps in numbers", table.element),
    source,
    h("div", {}, copy.button),
    copy.panel,
  ];
  return { parts, draw };
}

export default {
  render: (context) => mountDemo({ ...context, name: "filter_gallery" }, build),
};

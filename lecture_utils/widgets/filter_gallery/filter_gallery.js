/**
 * FilterGallery: what maximizes a filter under various priors, and which real images activate it.
 */

import { format } from "../_shared/math/numbers.js";
import { segmented, select } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { nearReader } from "../_shared/ui/deferred.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { layerStrip } from "../_shared/ui/layer_strip.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { readNetworks } from "../_shared/ui/recorded.js";
import { filterCards } from "./cards.js";
import { exampleRows, largeFigure, measureOf, optimaRows, priorTable } from "./close_up.js";
import { priorSliders } from "./priors.js";
import { pythonCode } from "./python_code.js";
import { largeImage, readState } from "./state.js";

const OUTDATED =
  "This network was retrained after its filters were recorded: these images belong to its predecessor.";

/** Network, objective and layer. */
function makeControls({ model, edit }, networks, state) {
  const lastLayer = new Map();
  const goTo = (network, layer, objective) =>
    edit({
      model: network.name,
      layer: layer.label,
      filter: layer.channels[0],
      objective: layer.names ? "logit" : objective,
      setting: 0,
    });
  const ofFilters = (objective) => (objective === "logit" ? "channel" : objective);
  const menu = select({
    label: "Network",
    options: [...networks.values()].map(({ name, title }) => ({ value: name, label: title })),
    value: model.get("model"),
    onChange: (name) => {
      const network = networks.get(name);
      const layer = network.layers.get(lastLayer.get(name)) ?? network.layers.values().next().value;
      goTo(network, layer, ofFilters(state().objective));
    },
  });
  const strip = layerStrip((label) => {
    const { network, objective } = state();
    goTo(network, network.layers.get(label), ofFilters(objective));
  });
  const objectives = segmented({
    legend: "Objective",
    options: [
      { value: "channel", label: "channel (mean)" },
      { value: "neuron", label: "neuron (middle)" },
      { value: "logit", label: "class logit" },
    ],
    value: "channel",
    onChange: (objective) => {
      const { network, layer, index } = state();
      const layers = [...network.layers.values()];
      const isClasses = Boolean(layer.names);
      if (isClasses === (objective === "logit")) {
        edit({ objective, setting: 0, filter: layer.channels[index] });
        return;
      }
      const to = layers.filter(({ names }) => Boolean(names) === !isClasses).at(-1);
      if (to) goTo(network, to, objective);
      else objectives.set(state().objective); // This network has no classes.
    },
  });
  function update({ network, layer, objective }) {
    lastLayer.set(network.name, layer.label);
    menu.set(network.name);
    objectives.set(objective);
    const layers = [...network.layers.values()];
    const logit = /** @type {HTMLInputElement} */ (
      objectives.element.querySelector("label:last-child input")
    );
    logit.disabled = !layers.some(({ names }) => names);
    strip.update(
      network,
      layers.map(({ label, of, channels }) => ({ label, note: `${channels.length} of ${of}` })),
      layer.label,
    );
  }
  return {
    menu: networks.size > 1 && menu.element,
    strip: strip.element,
    objectives: h(
      "div",
      { class: "gallery-objective" },
      h("span", { class: "lu-title", "aria-hidden": "true" }, "Maximize the"),
      objectives.element,
    ),
    update,
  };
}

function build(demo) {
  const { model, edit, signal } = demo;
  demo.watch(["model", "layer", "filter", "objective", "setting"]);
  const networks = readNetworks(model);
  const state = () => readState(model, networks);
  const controls = makeControls(demo, networks, state);
  const cards = filterCards({
    onChoose: (index) => {
      const filter = state().layer.channels[index];
      if (filter !== model.get("filter")) edit({ filter });
    },
  });
  const priors = priorSliders({ onInput: (setting) => edit({ setting }) });
  const [large, optima, examples, table] = [
    largeFigure(),
    optimaRows(),
    exampleRows(),
    priorTable(),
  ];
  const heading = h("p", { class: "gallery-heading lu-title" });
  const outdated = h("p", { class: "lu-message" }, OUTDATED);
  const source = h("p", { class: "lu-label" });
  const copy = copyButton({ code: () => pythonCode(state()), signal });

  const isNear = nearReader(demo.root, demo.request, signal);
  const [newCards, newFilter] = [changeDetector(), changeDetector()];
  let drawing = null;
  async function draw() {
    const now = state();
    const { network, layer, index, objective, setting } = now;
    controls.update(now);
    priors.update(now);
    table.update(now);
    outdated.hidden = !network.outdated;
    const token = {};
    drawing = token;
    if (!(await isNear())) return null;
    let images;
    try {
      images = await Promise.all([layer.sheet(), network.images()]);
    } catch (error) {
      if (drawing !== token) return null;
      setText(heading, `The images of ${layer.label} cannot be shown: ${error.message}.`);
      return null;
    }
    if (signal.aborted || drawing !== token) return null; // Something else is to be shown by now.
    const [sheet, pool] = images;
    if (newCards(layer, objective)) cards.draw(now, sheet);
    large.draw(now, sheet);
    if (newFilter(layer, index, objective)) {
      cards.mark(index);
      optima.draw(now, sheet);
      examples.draw(now, pool);
    }
    setText(
      source,
      `Images: ${network.pool.origin}. Numbers under images: ${measureOf(objective)}. Everything was recorded with the settings that “Copy as Python” shows.`,
    );
    tell(now);
    return {
      model: network.name,
      layer: layer.label,
      filter: layer.channels[index],
      objective,
      setting,
    };
  }
  function tell(now) {
    const { layer, index, objective } = now;
    const name = layer.name(index);
    setText(
      heading,
      layer.names ? `Class: ${name}` : `${name[0].toUpperCase()}${name.slice(1)} of ${layer.label}`,
    );
    demo.tellState(`${name}: ${measureOf(objective)} ${format(largeImage(now).value)}`);
  }

  const parts = [
    controls.menu,
    controls.strip,
    controls.objectives,
    outdated,
    cards.element,
    heading,
    h("div", { class: "gallery-close-up" }, large.element, priors.element),
    optima.element,
    examples.element,
    table.element,
    source,
    h("div", {}, copy.button),
    copy.panel,
  ];
  return { parts, draw };
}

export default {
  render: (context) => mountDemo({ ...context, name: "filter_gallery" }, build),
};

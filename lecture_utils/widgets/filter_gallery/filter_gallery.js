/** FilterGallery: pictures that excite filters, from noise to result, beside what excites them in a data set. */

import { disclosure, select } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { oncePerFrame } from "../_shared/ui/frame.js";
import { layerStrip } from "../_shared/ui/layer_strip.js";
import { editor, watch } from "../_shared/ui/model.js";
import { format } from "../_shared/math/numbers.js";
import { filterCards } from "./cards.js";
import { METHODS, drawTile, readNetworks } from "./data.js";
import { pythonCode } from "./python_code.js";
import { stepsSlider } from "./steps_slider.js";

const TITLES = {
  plain: ["Plain ascent", "changes pixel by pixel"],
  strong: ["Strong ascent", "changes waves in natural colors, and moves the picture between steps"],
};
const HELP =
  "Left in each pair: plain ascent, right: strong. The higher activation need not be the more telling picture: noise that no " +
  "photo contains can excite a filter more than any pattern.";
const OUTDATED = "This network was trained anew after its filters were asked: these are the wishes of its predecessor.";

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const send = editor(model, signal);
  const live = announcer(signal);
  const networks = readNetworks(model);
  const lastLayer = new Map();

  const shown = () => {
    const network = networks.get(model.get("network")) ?? networks.values().next().value;
    const layer = network.layers.get(model.get("layer")) ?? network.layers.values().next().value;
    const index = Math.max(0, layer.channels.indexOf(model.get("filter")));
    const frame = network.frames.indexOf(model.get("step"));
    return { network, layer, index, frame: frame < 0 ? network.frames.length - 1 : frame };
  };

  const menu = select({
    label: "Network",
    options: [...networks.values()].map(({ name, title }) => ({ value: name, label: title })),
    value: model.get("network"),
    onChange: (name) => {
      const network = networks.get(name);
      const layer = network.layers.get(lastLayer.get(name)) ?? network.layers.values().next().value;
      const step = network.frames.includes(model.get("step")) ? model.get("step") : network.frames.at(-1);
      edit({ network: name, layer: layer.label, filter: layer.channels[0], step });
    },
  });
  const strip = layerStrip((label) => edit({ layer: label, filter: shown().network.layers.get(label).channels[0] }));
  const steps = stepsSlider({ onInput: (step) => edit({ step }), signal });
  const cards = filterCards({
    onChoose: (index) => {
      const filter = shown().layer.channels[index];
      if (filter !== model.get("filter")) edit({ filter });
    },
  });
  const large = METHODS.map((method) => {
    const [title, how] = TITLES[method];
    const canvas = h("canvas", { role: "img" });
    const value = h("p", { class: "gallery-value" });
    return {
      canvas,
      value,
      element: h("figure", { class: "gallery-large" }, h("figcaption", {}, h("span", { class: "lu-title" }, title), " ", h("span", { class: "lu-label" }, how)), canvas, value),
    };
  });
  const examplesTitle = h("p", { class: "lu-title" });
  const examples = h("div", { class: "gallery-examples" });
  const heading = h("p", { class: "gallery-heading lu-title" });
  const outdated = h("p", { class: "lu-message" }, OUTDATED);
  const source = h("p", { class: "lu-label" });
  const table = h("table", { class: "gallery-table" });
  const copy = copyButton({ code: () => pythonCode(shown()), signal });
  const root = h(
    "div",
    { class: "lu-demo lu-filter-gallery" },
    networks.size > 1 && menu.element,
    strip.element,
    outdated,
    steps.element,
    cards.element,
    heading,
    h("div", { class: "gallery-pair-large" }, large.map(({ element }) => element)),
    h("div", {}, examplesTitle, examples),
    h("p", { class: "lu-label" }, HELP),
    disclosure("All steps in numbers", table),
    source,
    h("div", {}, copy.button),
    copy.panel,
    live.element,
  );

  function edit(changes) {
    send(changes);
    request();
  }

  let drawing = null;
  async function draw() {
    const { network, layer, index, frame } = shown();
    lastLayer.set(network.name, layer.label);
    menu.set(network.name);
    strip.update(
      network,
      [...network.layers.values()].map(({ label, of, channels }) => ({
        label,
        note: `${channels.length} of ${of}`,
      })),
      layer.label,
    );
    steps.update(network.frames, network.frames[frame]);
    outdated.hidden = !network.outdated;
    const token = {};
    drawing = token;
    let sheets;
    try {
      sheets = await layer.sheets();
    } catch (error) {
      setText(heading, `The pictures of ${layer.label} cannot be shown: ${error.message}.`);
      return;
    }
    if (signal.aborted || drawing !== token) return; // Something else is to be shown by now.
    const name = layer.name(index);
    cards.update(layer, sheets, frame, index);
    const measure = layer.names ? "logit" : "mean activation";
    setText(heading, layer.names ? `Class: ${name}` : `${name[0].toUpperCase()}${name.slice(1)} of ${layer.label}`);
    METHODS.forEach((method, m) => {
      const reached = layer[method].activations[index];
      const { canvas, value } = large[m];
      drawTile(canvas, layer, method, sheets[method], index, frame);
      canvas.setAttribute("aria-label", `${TITLES[method][0]} after ${network.frames[frame]} steps for ${name}`);
      setText(value, `${measure} ${format(reached[frame])} (start ${format(reached[0])}, end ${format(reached.at(-1))})`);
    });
    drawExamples(layer, sheets.examples, index);
    setText(examplesTitle, `Most exciting of ${network.data.pictures} pictures, and the ${layer.names ? "logit" : "largest activation"} of each`);
    setText(source, `Pictures: ${network.data.origin}. Ascent and search were recorded, with the settings that the copied program has.`);
    fillTable(network, layer, index, frame);
    live.say(`${name}, ${network.frames[frame]} steps: ${METHODS.map((method) => `${method} ${format(layer[method].activations[index][frame])}`).join(", ")}`);
    root.dispatchEvent(
      new CustomEvent("gallery", {
        bubbles: true,
        detail: { network: network.name, layer: layer.label, filter: layer.channels[index], step: network.frames[frame] },
      }),
    );
  }

  function drawExamples(layer, sheet, index) {
    const values = layer.examples.activations[index];
    while (examples.children.length > values.length) examples.lastChild.remove();
    while (examples.children.length < values.length) {
      examples.append(h("figure", {}, h("canvas", { role: "img" }), h("figcaption")));
    }
    values.forEach((value, i) => {
      const [canvas, caption] = examples.children[i].children;
      drawTile(canvas, layer, "examples", sheet, index, i);
      canvas.setAttribute("aria-label", `Part of a picture, number ${i + 1}`);
      setText(caption, format(value));
    });
  }

  function fillTable(network, layer, index, frame) {
    const head = h("tr", {}, ["Steps", "Plain", "Strong"].map((text) => h("th", { scope: "col" }, text)));
    const rows = network.frames.map((step, i) =>
      h(
        "tr",
        { class: i === frame && "now" },
        h("th", { scope: "row" }, `${step}`),
        METHODS.map((method) => h("td", {}, format(layer[method].activations[index][i]))),
      ),
    );
    const caption = h("caption", {}, `${layer.names ? "Logit" : "Mean activation"} of ${layer.name(index)}, ${layer.label}`);
    table.replaceChildren(caption, h("thead", {}, head), h("tbody", {}, rows));
  }

  const request = oncePerFrame(draw, signal);
  watch(model, ["network", "layer", "filter", "step"], request, signal);
  el.append(root);
  const ready = draw();
  return ready.then(() => () => {
    life.abort();
    root.remove();
  });
}

export default { render };

/**
 * FeatureMapExplorer: all maps of a layer for two images, and one of them over the images. See
 * __init__.py.
 */

import { toTyped } from "../_shared/math/arrays.js";
import { format } from "../_shared/math/numbers.js";
import { sequentialLut, signedLut } from "../_shared/ui/color.js";
import { segmented, select, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { layerStrip } from "../_shared/ui/layer_strip.js";
import { scaleLegend } from "../_shared/ui/legend.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { decodeSprite } from "../_shared/ui/sprites.js";
import { cardGrid } from "./cards.js";
import { mapLevels, order, readNetworks } from "./data.js";
import { enlarged } from "./enlarged.js";
import { filterTable } from "./filter_table.js";
import { pythonCode } from "./python_code.js";
import { describe, rank, summarize } from "./text.js";

const TRAITS = ["model", "layer", "left", "right", "sort", "filter"];
const SIDES = ["left", "right"];
const SORTS = [
  { value: "response", label: "response", title: "Strongest response first" },
  {
    value: "difference",
    label: "difference",
    title: "Largest difference between the two images first",
  },
  { value: "number", label: "number", title: "In the order of the network" },
];
const HELP =
  "Each card shows the map of the first image on the left, and of the second on the right. All maps of a layer share one " +
  "scale, so an empty map looks empty. The numbers are the responses: the mean magnitudes of the maps.";

/** The network, the layer and the filter to look at, and their order. */
function makeControls({ model, edit }, networks, shown) {
  const lastLayer = new Map();
  /** The filter to start with in a layer: the one that the order puts first. */
  const first = (layer) => {
    const [left, right] = shown().sides;
    return order(layer, model.get("sort"), left, right)[0];
  };
  const menu = select({
    label: "Network",
    options: [...networks.values()].map(({ name, title }) => ({ value: name, label: title })),
    value: model.get("model"),
    onChange: (network) => {
      const layer = lastLayer.get(network) ?? networks.get(network).layers.keys().next().value;
      edit({ model: network, layer, filter: first(networks.get(network).layers.get(layer)) });
    },
  });
  const strip = layerStrip((layer) =>
    edit({ layer, filter: first(shown().network.layers.get(layer)) }),
  );
  const sort = segmented({
    legend: "Sort by",
    options: SORTS,
    value: model.get("sort"),
    onChange: (value) => edit({ sort: value }),
  });
  function update({ network, layer }) {
    lastLayer.set(network.name, layer.label);
    menu.set(network.name);
    const layers = [...network.layers.values()];
    strip.update(
      network,
      layers.map(({ label, size }) => ({ label, note: `${size[0]} of ${size[1]}×${size[2]}` })),
      layer.label,
    );
    sort.set(model.get("sort"));
  }
  return {
    menu: networks.size > 1 && menu.element,
    strip: strip.element,
    sort: sort.element,
    update,
  };
}

/** The two images, enlarged, with the map of the chosen filter over them. */
function makeViews({ model, edit }, names, sprite, onMix) {
  const layout = model.get("image_layout");
  let blend = 0.5;
  const views = SIDES.map((side, i) =>
    enlarged({
      label: i ? "Second image" : "First image",
      images: names,
      onChoose: (name) => edit({ [side]: name }),
    }),
  );
  const mix = slider({
    label: "From map to image, in percent",
    min: 0,
    max: 100,
    value: 50,
    onInput: (value) => {
      blend = value / 100;
      for (const view of views) view.blend(blend);
      onMix();
    },
  });
  function draw({ network, layer, sides, filter }, scale, levels) {
    views.forEach((view, i) => {
      const side = sides[i];
      view.showImage(names[side], sprite, layout, side);
      view.showMap(levels(filter, side), layer.layout.size, scale, layer.place);
      view.blend(blend);
      const reading = `Filter ${filter}: response ${format(layer.response(filter, side), 3)}, ${rank(layer, filter, side)}`;
      view.say(
        layer.peak(filter, side) === 0 ? `Filter ${filter}: an empty map` : reading,
        network.said[side] && `The network predicts: ${network.said[side]}`,
        `${names[side]}, with the map of filter ${filter} of ${layer.label} over it`,
      );
    });
  }
  return {
    element: h(
      "div",
      { class: "fme-sides" },
      views.map((view) => view.element),
    ),
    mix: mix.element,
    draw,
  };
}

async function build(demo) {
  const { model, root, edit, signal } = demo;
  const networks = readNetworks(model);
  const names = model.get("image_names");
  const sprite = await decodeSprite(toTyped(model.get("image_sprite")));
  signal.addEventListener("abort", () => sprite.close());
  demo.watch(TRAITS);
  const shown = () => {
    const network = networks.get(model.get("model")) ?? networks.values().next().value;
    const layer = network.layers.get(model.get("layer")) ?? network.layers.values().next().value;
    const sides = SIDES.map((side) => Math.max(0, names.indexOf(model.get(side))));
    return { network, layer, sides, filter: Math.min(model.get("filter"), layer.size[0] - 1) };
  };

  const controls = makeControls(demo, networks, shown);
  let drawn = null; // What was told of the last drawing.
  const views = makeViews(demo, names, sprite, () => demo.tell(drawn));
  const cards = cardGrid({
    label: "Filters",
    onChoose: (filter) => filter !== model.get("filter") && edit({ filter }),
  });
  const summary = h("p", { class: "fme-summary" });
  const legend = scaleLegend();
  const table = filterTable(names);
  const copy = copyButton({
    signal,
    code: () => {
      const { network, layer, sides, filter } = shown();
      return pythonCode({ network, layer, filter, names: sides.map((side) => names[side]) });
    },
  });

  let drawing = null;
  async function draw() {
    const now = shown();
    controls.update(now);
    const token = {};
    drawing = token;
    let sheet;
    try {
      sheet = await now.layer.sheet();
    } catch (error) {
      if (drawing !== token) return null;
      setText(summary, `The maps of ${now.layer.label} cannot be shown: ${error.message}.`);
      return null;
    }
    if (signal.aborted || drawing !== token) return null; // Something else is to be shown by now.
    drawLayer(now, sheet);
    const { network, layer, filter, sides } = now;
    drawn = {
      model: network.name,
      layer: layer.label,
      filters: cards.filters(),
      filter,
      sides,
      dead: [...layer.dead],
    };
    return drawn;
  }
  function drawLayer(now, sheet) {
    const { layer, sides, filter } = now;
    root.classList.toggle("dark", demo.dark);
    const lut = layer.signed ? signedLut(demo.dark) : sequentialLut(demo.dark);
    const scale = { low: layer.signed ? 1 : 0, high: 255, lut };
    const levels = (f, image) => mapLevels(layer, sheet, f, image, names.length);
    drawCards(now, scale, levels);
    views.draw(now, scale, levels);
    const limit = format(layer.limit);
    legend.update({ lut, low: layer.signed ? `≤ −${limit}` : "0", high: `≥ ${limit}` });
    setText(summary, summarize(layer, sides, names));
    table.update({ layer, filter });
    demo.tellState(describe(layer, filter, sides, names));
  }
  const hasOtherCards = changeDetector();
  const hasOtherTheme = changeDetector();
  function drawCards({ layer, sides, filter }, scale, levels) {
    const restart = hasOtherCards(layer, model.get("sort"), ...sides);
    const repaint = hasOtherTheme(demo.dark);
    if (!restart && !repaint) return cards.mark(filter);
    cards.update(
      {
        filters: order(layer, model.get("sort"), sides[0], sides[1]),
        chosen: filter,
        size: layer.layout.size,
        scale,
        levels: (f, side) => levels(f, sides[side]),
        values: (f) => sides.map((side) => layer.response(f, side)),
        describe: (f) => describe(layer, f, sides, names),
        isDead: (f) => layer.dead.has(f),
      },
      restart,
    );
  }

  const parts = [
    controls.menu,
    controls.strip,
    views.element,
    views.mix,
    h(
      "div",
      { class: "fme-bar" },
      h("span", { class: "lu-title" }, "Sort by"),
      controls.sort,
      h("div", { class: "fme-legend" }, legend.element),
    ),
    summary,
    cards.element,
    h("p", { class: "lu-label" }, HELP),
    table.element,
    h("div", {}, copy.button),
    copy.panel,
  ];
  return { parts, draw };
}

export default {
  render: (context) => mountDemo({ ...context, name: "feature_map_explorer" }, build),
};

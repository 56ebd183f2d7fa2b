/** FeatureMapExplorer: all maps of a layer for two pictures, and one of them over the pictures. See __init__.py. */

import { toTyped } from "../_shared/math/arrays.js";
import { disclosure, segmented, select, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { sequentialLut, signedLut } from "../_shared/ui/color.js";
import { oncePerFrame } from "../_shared/ui/frame.js";
import { layerStrip } from "../_shared/ui/layer_strip.js";
import { scaleLegend } from "../_shared/ui/legend.js";
import { editor, watch } from "../_shared/ui/model.js";
import { format } from "../_shared/math/numbers.js";
import { decodeSprite } from "../_shared/ui/sprites.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { cardGrid } from "./cards.js";
import { mapLevels, order, readNetworks } from "./data.js";
import { enlarged } from "./enlarged.js";
import { pythonCode } from "./python_code.js";

const SIDES = ["left", "right"];
const SORTS = [
  { value: "response", label: "response", title: "Strongest response first" },
  { value: "difference", label: "difference", title: "Largest difference between the two pictures first" },
  { value: "number", label: "number", title: "In the order of the network" },
];
const HELP =
  "Left in each card: the map of the first picture, right: of the second. All maps of a layer share one scale, so an empty " +
  "map looks empty. Below: the response, the mean magnitude of the map.";

async function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const send = editor(model, signal);
  const live = announcer(signal);
  const networks = readNetworks(model);
  const names = model.get("pictures");
  const pictureLayout = model.get("picture_layout");
  const pictures = await decodeSprite(toTyped(model.get("picture_sprite")));
  const lastLayer = new Map();
  let blend = 0.5;

  const shown = () => {
    const network = networks.get(model.get("network")) ?? networks.values().next().value;
    const layer = network.layers.get(model.get("layer")) ?? network.layers.values().next().value;
    const sides = SIDES.map((side) => Math.max(0, names.indexOf(model.get(side))));
    return { network, layer, sides, filter: Math.min(model.get("filter"), layer.size[0] - 1) };
  };

  const menu = select({
    label: "Network",
    options: [...networks.values()].map(({ name, title }) => ({ value: name, label: title })),
    value: model.get("network"),
    onChange: (network) => {
      const layer = lastLayer.get(network) ?? networks.get(network).layers.keys().next().value;
      edit({ network, layer, filter: first(networks.get(network).layers.get(layer)) });
    },
  });
  const strip = layerStrip((layer) => edit({ layer, filter: first(shown().network.layers.get(layer)) }));
  const views = SIDES.map((side, i) =>
    enlarged({
      label: i ? "Second picture" : "First picture",
      pictures: names,
      onChoose: (name) => edit({ [side]: name }),
    }),
  );
  const mix = slider({ label: "From map to picture, in percent", min: 0, max: 100, value: 50, onInput: (value) => {
    blend = value / 100;
    for (const view of views) view.blend(blend);
  } });
  const sort = segmented({ legend: "Sort by", options: SORTS, value: model.get("sort"), onChange: (value) => edit({ sort: value }) });
  const cards = cardGrid({ label: "Filters", onChoose: (filter) => filter !== model.get("filter") && edit({ filter }) });
  const summary = h("p", { class: "fme-summary" });
  const legend = scaleLegend();
  const table = h("table", { class: "fme-table" });
  const tableTitle = h("caption");
  const copy = copyButton({
    signal,
    code: () => {
      const { network, layer, sides, filter } = shown();
      return pythonCode({ network, layer, filter, names: sides.map((side) => names[side]) });
    },
  });
  const root = h(
    "div",
    { class: "lu-demo lu-feature-map-explorer" },
    networks.size > 1 && menu.element,
    strip.element,
    h("div", { class: "fme-sides" }, views.map((view) => view.element)),
    mix.element,
    h("div", { class: "fme-bar" }, h("span", { class: "lu-title" }, "Sort by"), sort.element, h("div", { class: "fme-legend" }, legend.element)),
    summary,
    cards.element,
    h("p", { class: "lu-label" }, HELP),
    disclosure("The chosen filter in numbers, for all pictures", table),
    h("div", {}, copy.button),
    copy.panel,
    live.element,
  );

  /** The filter to start with in a layer: the one that the order puts first. */
  function first(layer) {
    const [left, right] = shown().sides;
    return order(layer, model.get("sort"), left, right)[0];
  }

  function edit(changes) {
    send(changes);
    request();
  }

  let restart = null;
  let drawing = null;
  async function draw() {
    const { network, layer, sides, filter } = shown();
    lastLayer.set(network.name, layer.label);
    menu.set(network.name);
    strip.update(
      network,
      [...network.layers.values()].map(({ label, size }) => ({ label, note: `${size[0]} of ${size[1]}×${size[2]}` })),
      layer.label,
    );
    sort.set(model.get("sort"));
    const token = {};
    drawing = token;
    let sheet;
    try {
      sheet = await layer.sheet();
    } catch (error) {
      setText(summary, `The maps of ${layer.label} cannot be shown: ${error.message}.`);
      return;
    }
    if (signal.aborted || drawing !== token) return; // Something else is to be shown by now.

    const dark = isDark(root);
    root.classList.toggle("dark", dark);
    const lut = layer.signed ? signedLut(dark) : sequentialLut(dark);
    const scale = { low: layer.signed ? 1 : 0, high: 255, lut };
    const levels = (f, picture) => mapLevels(layer, sheet, f, picture, names.length);
    const describe = (f) =>
      `Filter ${f}: ${sides.map((side) => `${names[side]} ${format(layer.response(f, side), 3)}`).join(", ")}${layer.dead.has(f) ? ", dead" : ""}`;
    const place = [network, layer.label, model.get("sort"), ...sides].join();
    const filters = order(layer, model.get("sort"), ...sides);
    cards.update(
      {
        filters,
        chosen: filter,
        size: layer.layout.size,
        scale,
        levels: (f, side) => levels(f, sides[side]),
        values: (f) => sides.map((side) => layer.response(f, side)),
        describe,
        isDead: (f) => layer.dead.has(f),
      },
      restart !== place,
    );
    restart = place;
    views.forEach((view, i) => {
      const side = sides[i];
      view.showPicture(names[side], pictures, pictureLayout, side);
      view.showMap(levels(filter, side), layer.layout.size, scale, layer.place);
      view.blend(blend);
      const reading = `Filter ${filter}: response ${format(layer.response(filter, side), 3)}, ${rank(layer, filter, side)}`;
      view.say(
        layer.peak(filter, side) === 0 ? `Filter ${filter}: an empty map` : reading,
        network.said[side] && `The network says: ${network.said[side]}`,
        `${names[side]}, with the map of filter ${filter} of ${layer.label} over it`,
      );
    });
    const limit = format(layer.limit);
    legend.update({ lut, low: layer.signed ? `≤ −${limit}` : "0", high: `≥ ${limit}` });
    setText(summary, summarize(layer, sides));
    fillTable(layer, filter);
    live.say(describe(filter));
    root.dispatchEvent(
      new CustomEvent("maps", {
        bubbles: true,
        detail: { network: network.name, layer: layer.label, filters: cards.filters(), filter, sides, dead: [...layer.dead] },
      }),
    );
  }

  function summarize(layer, sides) {
    const [filters, rows, columns] = layer.size;
    const means = sides.map((side) => {
      let sum = 0;
      for (let f = 0; f < filters; f += 1) sum += layer.response(f, side);
      return `${names[side]} ${format(sum / filters, 3)}`;
    });
    const [drawnRows, drawnColumns] = layer.layout.size;
    const smaller = drawnRows === rows ? "" : ` (shown at ${drawnRows}×${drawnColumns})`;
    const dead = layer.dead.size
      ? ` Dead, silent for all ${names.length} pictures: ${layer.dead.size}.`
      : layer.signed ? "" : " None is dead.";
    return `${filters} filters with maps of ${rows}×${columns}${smaller}. Mean response: ${means.join(", ")}.${dead}`;
  }

  function fillTable(layer, filter) {
    setText(tableTitle, `Filter ${filter} of ${layer.label}`);
    const head = h("tr", {}, ["Picture", "Response", "Rank", "Peak"].map((text) => h("th", { scope: "col" }, text)));
    const rows = names.map((name, picture) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, name),
        h("td", {}, format(layer.response(filter, picture), 3)),
        h("td", {}, rank(layer, filter, picture)),
        h("td", {}, format(layer.peak(filter, picture), 2)),
      ),
    );
    table.replaceChildren(tableTitle, h("thead", {}, head), h("tbody", {}, rows));
  }

  const request = oncePerFrame(draw, signal);
  watch(model, ["network", "layer", "left", "right", "sort", "filter"], request, signal);
  onThemeChange(request, signal);
  el.append(root);
  await draw();
  return () => {
    life.abort();
    pictures.close();
    root.remove();
  };
}

/** How many filters of the layer answer this picture more strongly. */
function rank(layer, filter, picture) {
  const own = layer.response(filter, picture);
  let place = 1;
  for (let f = 0; f < layer.size[0]; f += 1) place += layer.response(f, picture) > own;
  return `${place}${{ 1: "st", 2: "nd", 3: "rd" }[place % 100 > 10 && place % 100 < 14 ? 0 : place % 10] ?? "th"} of ${layer.size[0]}`;
}

export default { render };

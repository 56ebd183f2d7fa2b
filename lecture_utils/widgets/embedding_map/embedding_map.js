/** EmbeddingMap: images as points, before training, pretrained and fine-tuned. See __init__.py. */

import { toTyped } from "../_shared/math/arrays.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, onResize, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { messageLine } from "../_shared/ui/message.js";
import { watch } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { mapControls } from "./controls.js";
import { METHODS, readMaps, visibleReader } from "./data.js";
import { detailPanel } from "./detail.js";
import { createView } from "./layout.js";
import { movingPoints } from "./motion.js";
import { pythonCode } from "./python_code.js";
import { openSheet } from "./sheet.js";
import { mapStage } from "./stage.js";
import { summaryTable, wrongList } from "./tables.js";
import { company, count, verdict } from "./text.js";

const TRAITS = ["stage", "method", "selected", "hidden", "only_wrong", "as_images"];
const NOTES = [
  "PCA projects onto the two directions of largest variance. Images that are far apart here really are far apart, but images close together may differ in the directions left out.",
  "t-SNE keeps close images close. The sizes of the groups, the distances between them, and the axes mean nothing.",
];
const NOTHING = "Nothing to draw: select a class, or show correctly classified images, too.";

/** A map in a few words. */
function describe({ stages, total }, map) {
  const { name, wrong } = stages[map >> 1];
  const errors = wrong === null ? "" : `, ${wrong} misclassified`;
  return `${name}, ${METHODS[map & 1]}: ${count(total, "image")}${errors}.`;
}

/** An image in a few words. */
function sentence({ names, labels, classes, stageIndex, predictedAt, neighborsOf }, i) {
  const at = stageIndex();
  const words = verdict({ label: labels[i], predicted: predictedAt(at)[i], classes });
  const near = company(neighborsOf(at, i), labels, labels[i]);
  return `${names[i]}: ${words}${near && `; ${near}`}.`;
}

/**
 * Return `read()`: ink and paper as the style has them. They follow the theme, and asking for them
 * in every frame would make the browser compute styles in the middle of it.
 */
function colorReader(demo) {
  const newTheme = changeDetector();
  let colors = { ink: "", paper: "" };
  return () => {
    if (newTheme(demo.dark)) {
      const style = getComputedStyle(demo.root);
      const [ink, paper] = ["--lu-ink", "--lu-surface"].map((name) => style.getPropertyValue(name));
      colors = { ink, paper };
    }
    return colors;
  };
}

/** What stands beside and below the map: one image, the numbers of all stages, and the errors. */
function makePanels(maps, sheet, onChoose) {
  const { stages, total, names, classes, labels } = maps;
  const detail = detailPanel({ sheet, count: maps.nearest, onChoose });
  const table = summaryTable({ stages, total, nearest: maps.counted });
  const wrongs = wrongList({ sheet, onChoose });
  function draw(at, image, { agreements, ready }) {
    const { name: stage, wrong: errors } = stages[at];
    const predicted = maps.predictedAt(at);
    detail.update({
      ...{ image, names, classes, labels, ready, stage },
      label: labels[image],
      predicted: predicted[image],
      neighbors: maps.neighborsOf(at, image),
    });
    table.update(stage, agreements);
    const wrong = Array.from(maps.wrongAt[at].keys()).filter((i) => maps.wrongAt[at][i]);
    wrongs.update({
      stage,
      known: errors !== null,
      wrong,
      names,
      labels,
      predicted,
      classes,
      ready,
    });
  }
  return { detail: detail.element, below: [table.element, wrongs.element], draw };
}

function build(demo) {
  const { model, request, signal } = demo;
  const maps = readMaps(model);
  const { stages, classes, labels, total } = maps;
  const visible = visibleReader(model, maps);
  const currentMap = () => 2 * maps.stageIndex() + maps.methodIndex();
  const message = messageLine();
  let ready = false;
  let hovered = -1;
  const sheet = openSheet(
    model.get("sheet_layout"),
    toTyped(model.get("sheet")),
    signal,
    (error) => {
      ready = !error;
      message.show(error ? error.message : "");
      if (error) demo.say(error.message);
      request();
    },
  );
  const view = createView();
  const motion = movingPoints({ maps, view, request, signal });
  watch(model, TRAITS, follow, signal);

  function edit(changes) {
    demo.edit(changes);
    follow();
  }
  /** After a change from here or from Python: points that have another position now go there. */
  function follow() {
    const map = currentMap();
    if (motion.goTo(map)) demo.say(describe(maps, map));
    request();
  }
  function choose(image) {
    hovered = -1;
    edit({ selected: image });
    const base = motion.base(currentMap());
    view.reveal(base[2 * image], base[2 * image + 1]);
    demo.say(sentence(maps, image));
  }
  function hover(image) {
    if (image === hovered) return;
    hovered = image;
    request();
  }

  const stage = mapStage({
    demo,
    maps,
    motion,
    view,
    sheet,
    visible,
    currentMap,
    onHover: hover,
    onChoose: choose,
  });
  const controls = mapControls({ model, edit, maps, hasImages: sheet.there });
  const nothing = h("p", { class: "map-nothing", role: "status", hidden: true }, NOTHING);
  const note = h("p", { class: "map-note" });
  const origin = model.get("origin") && h("p", { class: "lu-label" }, model.get("origin"));
  const panels = makePanels(maps, sheet, choose);
  const copy = copyButton({
    code: () =>
      pythonCode({
        code: model.get("code"),
        classes,
        method: model.get("method"),
        seed: model.get("seed"),
      }),
    signal,
  });
  const resize = () => motion.resize(stage.element.clientWidth, stage.element.clientHeight);
  onResize(stage.element, resize, signal);
  // The browser's own zoom changes how many pixels there are, and not the size of the map.
  window.addEventListener("resize", request, { signal });

  const readColors = colorReader(demo);
  const [newPanels, newWords] = [changeDetector(), changeDetector()];
  function draw() {
    const [at, method] = [maps.stageIndex(), maps.methodIndex()];
    const selected = Math.min(model.get("selected"), total - 1);
    const all = visible();
    const shown = hovered >= 0 ? hovered : selected;
    controls.update(stages[at].name, METHODS[method]);
    if (!motion.size()[0]) resize();
    if (motion.size()[0]) drawMap(at, { all, shown, selected });
    nothing.hidden = all.length > 0;
    const agreements = stages.map((_, i) => maps.agreementOf(2 * i + method));
    // While the points move, or the map is zoomed, only the map changes.
    if (newPanels(at, method, shown, ready)) panels.draw(at, shown, { agreements, ready });
    setText(note, NOTES[method]);
    if (newWords(at, method, all, selected)) {
      const spoken = `${describe(maps, currentMap())} ${count(all.length, "image")} drawn. Chosen: ${sentence(maps, selected)}`;
      stage.element.setAttribute("aria-label", spoken);
    }
    return {
      ...{
        stage: stages[at].name,
        method: METHODS[method],
        selected,
        hovered,
        visible: all,
        ready,
        agreements,
      },
      ...{ positions: motion.positions, zoom: view.view.zoom, moving: motion.moving },
    };
  }
  function drawMap(at, { all, shown, selected }) {
    motion.update(currentMap());
    const [width, height] = motion.size();
    const { zoom } = view.view;
    const drawn = all.includes(shown) ? shown : -1;
    stage.draw({
      ...{
        width,
        height,
        positions: motion.positions,
        labels,
        zoom,
        wrong: maps.wrongAt[at],
        visible: all,
      },
      shown: drawn,
      selected: all.includes(selected) ? selected : -1,
      neighbors: drawn < 0 ? [] : maps.neighborsOf(at, drawn).filter((i) => all.includes(i)),
      images: model.get("as_images") && ready,
      ...readColors(),
    });
    stage.element.classList.toggle("zoomed", zoom > 1);
  }

  motion.startAt(currentMap());
  const parts = [
    controls.choices,
    controls.checks,
    message.element,
    h(
      "div",
      { class: "map-columns" },
      h("div", { class: "map-frame" }, stage.element, stage.tools, nothing),
      panels.detail,
    ),
    origin,
    note,
    stage.help,
    ...panels.below,
    h("div", {}, copy.button),
    copy.panel,
  ];
  function readings() {
    const [at, image] = [maps.stageIndex(), Math.min(model.get("selected"), total - 1)];
    return {
      is_wrong: maps.wrongAt[at][image] === 1,
      own_neighbors: maps.neighborsOf(at, image).filter((i) => labels[i] === labels[image]).length,
    };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "embedding_map", label: "Map of embeddings" }, build),
};

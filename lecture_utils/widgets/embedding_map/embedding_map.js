/** EmbeddingMap: pictures as points, before training, pretrained and fine-tuned. See __init__.py. */

import { toTyped } from "../_shared/math/arrays.js";
import { button, segmented } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText, svg } from "../_shared/ui/dom.js";
import { clock, promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { detailPanel } from "./detail.js";
import { gestures } from "./gestures.js";
import { between, createView, fit } from "./layout.js";
import { color, pointCanvas, shape } from "./points.js";
import { pythonCode } from "./python_code.js";
import { openSheet } from "./sheet.js";
import { summaryTable, wrongList } from "./tables.js";
import { isDirection, mapAgreement, nearestInDirection, nearestTo } from "./travel.js";
import { UNKNOWN, company, count, verdict } from "./words.js";

const METHODS = ["PCA", "t-SNE"];
const MORPH_SECONDS = 0.9;
const MARGIN = 22;
const WATCHED = ["stage", "method", "selected", "hidden", "only_wrong", "as_pictures"];
const HELP =
  "Arrow keys go to the nearest picture in a direction, Page Up and Page Down through all of them, X to the next wrong " +
  "one; + and − zoom, 0 shows all.";

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  const live = announcer(signal);
  watch(model, WATCHED, follow, signal);
  onThemeChange(request, signal);

  // ---- What does not change
  const stages = model.get("stages");
  const classes = model.get("class_names");
  const names = model.get("names");
  const labels = toTyped(model.get("labels"));
  const total = labels.length;
  const nearest = model.get("neighbors").shape[2];
  /** How many neighbors on the map count; as many as in all dimensions, if those are known. */
  const counted = Math.min(nearest || 5, total - 1);
  const allNeighbors = toTyped(model.get("neighbors"));
  const allPredicted = toTyped(model.get("predicted"));
  const allPoints = toTyped(model.get("points"));
  const stageIndex = () => Math.max(0, stages.findIndex(({ name }) => name === model.get("stage")));
  const methodIndex = () => METHODS.indexOf(model.get("method"));
  const points = (stage, method) => allPoints.subarray((2 * stage + method) * 2 * total, (2 * stage + method + 1) * 2 * total);
  const predictedAt = (stage) => allPredicted.subarray(stage * total, (stage + 1) * total);
  const neighborsOf = (stage, i) => Array.from(allNeighbors.subarray((stage * total + i) * nearest, (stage * total + i + 1) * nearest));
  const wrongAt = stages.map((_, stage) =>
    Uint8Array.from(predictedAt(stage), (value, i) => Number(value !== UNKNOWN && value !== labels[i])),
  );
  const agreements = new Map();
  const agreementAt = (stage, method) => {
    const key = 2 * stage + method;
    if (!agreements.has(key)) agreements.set(key, mapAgreement(points(stage, method), labels, counted));
    return agreements.get(key);
  };
  let ready = false;
  const sheet = openSheet(model.get("sheet_layout"), toTyped(model.get("sheet")), signal, (error) => {
    ready = !error;
    setText(message, error ? error.message : "");
    message.hidden = !error;
    request();
  });

  // ---- The map
  const view = createView();
  const canvas = pointCanvas(sheet);
  let [width, height] = [0, 0];
  let hovered = -1;
  let places = new Float32Array(2 * total); // On the screen.
  let shownMap = -1;
  let from = null; // The map that the points come from while they move.
  let way = 1;
  const fitted = new Map();
  /** A map in pixels, before zooming. */
  function base(map) {
    if (!fitted.has(map)) fitted.set(map, fit(points(map >> 1, map & 1), width, height, MARGIN));
    return fitted.get(map);
  }
  const ticking = clock((seconds) => {
    way = Math.min(1, way + seconds / MORPH_SECONDS);
    if (way === 1) ticking.stop();
    request();
  }, signal);
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  const help = h("p", { class: "lu-label" }, HELP);
  help.id = `map-help-${Math.random().toString(36).slice(2, 9)}`;
  const stage = h(
    "div",
    { class: "map-stage", role: "application", tabindex: 0, "aria-describedby": help.id, onkeydown: walk },
    canvas.element,
  );
  gestures({
    element: stage,
    view,
    signal,
    onHover: (x, y, reach) => {
      const found = x === null ? -1 : nearestTo(places, visible(), x, y, reach);
      if (found === hovered) return;
      hovered = found;
      request();
    },
    onTap: (x, y, reach) => {
      const found = nearestTo(places, visible(), x, y, reach);
      if (found >= 0) choose(found);
    },
    onView: request,
  });
  const zoomButton = (title, path, act) => button({ title, path, kind: "small", onClick: () => { act(); request(); } });
  const tools = h(
    "div",
    { class: "map-tools" },
    zoomButton("Zoom in", "M12 5v14M5 12h14", () => view.zoom(1.6, ...focusPlace())),
    zoomButton("Zoom out", "M5 12h14", () => view.zoom(1 / 1.6, ...focusPlace())),
    zoomButton("Show the whole map", "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", () => view.reset()),
  );
  /** Zooming by button or key keeps the chosen picture in place, if it is on the map. */
  function focusPlace() {
    const i = model.get("selected");
    const [x, y] = [places[2 * i], places[2 * i + 1]];
    return visible().includes(i) && x >= 0 && y >= 0 && x <= width && y <= height ? [x, y] : [width / 2, height / 2];
  }

  let listed = { key: null, pictures: [] };
  /** The pictures that are drawn. */
  function visible() {
    const [hidden, onlyWrong, at] = [model.get("hidden"), model.get("only_wrong"), stageIndex()];
    const key = JSON.stringify([hidden, onlyWrong, at]);
    if (listed.key !== key) {
      const off = classes.map((name) => hidden.includes(name));
      const pictures = [];
      for (let i = 0; i < total; i += 1) if (!off[labels[i]] && (!onlyWrong || wrongAt[at][i])) pictures.push(i);
      listed = { key, pictures };
    }
    return listed.pictures;
  }

  function choose(picture) {
    hovered = -1;
    edit({ selected: picture });
    const map = base(2 * stageIndex() + methodIndex());
    view.reveal(map[2 * picture], map[2 * picture + 1]);
    live.say(sentence(picture));
  }
  function sentence(i) {
    const at = stageIndex();
    const words = verdict({ label: labels[i], predicted: predictedAt(at)[i], classes });
    return `${names[i]}: ${words}${company(neighborsOf(at, i), labels, labels[i])}.`;
  }
  function walk(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = visible();
    const here = model.get("selected");
    const at = stageIndex();
    const step = (list, by) => {
      if (!list.length) return -1;
      const next = by > 0 ? list.find((i) => i > here) : list.findLast((i) => i < here);
      return next ?? list.at(by > 0 ? 0 : -1);
    };
    const wrong = () => all.filter((i) => wrongAt[at][i]);
    const zooms = { "+": 1.6, "=": 1.6, "-": 1 / 1.6, "−": 1 / 1.6 };
    const jumps = {
      Home: () => all[0] ?? -1,
      End: () => all.at(-1) ?? -1,
      PageDown: () => step(all, 1),
      PageUp: () => step(all, -1),
      x: () => step(wrong(), 1),
      X: () => step(wrong(), -1),
    };
    if (event.key in zooms) view.zoom(zooms[event.key], ...focusPlace());
    else if (event.key === "0") view.reset();
    else if (isDirection(event.key) || event.key in jumps) {
      // Where points are going to be, not where they are on their way.
      const map = base(2 * at + methodIndex());
      const next = isDirection(event.key) ? nearestInDirection(map, all, here, event.key) : jumps[event.key]();
      if (next >= 0) choose(next);
      else live.say(all.length ? "There is no other picture that way." : "No picture is drawn.");
    } else return;
    event.preventDefault();
    request();
  }

  // ---- Controls
  const stageChoice = segmented({
    legend: "Stage",
    options: stages.map(({ name }) => ({ value: name, label: name })),
    value: model.get("stage"),
    onChange: (value) => edit({ stage: value }),
  });
  const methodChoice = segmented({
    legend: "Method",
    options: METHODS.map((value) => ({ value, label: value })),
    value: model.get("method"),
    onChange: (value) => edit({ method: value }),
  });
  const check = (onChange, ...content) => {
    const input = h("input", { type: "checkbox", onchange: () => onChange(input.checked) });
    return { element: h("label", { class: "map-check" }, input, ...content), input };
  };
  const classChecks = classes.map((name, place) =>
    check(
      (on) => {
        const others = model.get("hidden").filter((other) => other !== name);
        edit({ hidden: on ? others : [...others, name] });
      },
      svg("svg", { class: "map-swatch", viewBox: "0 0 14 14", "aria-hidden": "true" }, svg("path", { d: shape(place, 7, 7, 4.5), fill: color(place) })),
      name,
    ),
  );
  const cross = svg("svg", { class: "map-swatch", viewBox: "0 0 14 14", "aria-hidden": "true" }, svg("path", { class: "cross", d: "M3 3l8 8M3 11l8-8" }));
  const onlyWrong = check((on) => edit({ only_wrong: on }), cross, "only what is taken for something else");
  const asPictures = check((on) => edit({ as_pictures: on }), "pictures instead of shapes");
  asPictures.element.hidden = !sheet.there;

  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const nothing = h("p", { class: "map-nothing", role: "status", hidden: true }, "Nothing to draw: tick a class, or show right pictures, too.");
  const note = h("p", { class: "map-note" });
  const origin = model.get("origin") && h("p", { class: "lu-label" }, model.get("origin"));
  const detail = detailPanel({ sheet, count: nearest, onChoose: choose });
  const table = summaryTable({ stages, total, nearest: counted });
  const wrongs = wrongList({ sheet, onChoose: choose });
  const copy = copyButton({
    code: () => pythonCode({ code: model.get("code"), classes, method: model.get("method"), seed: model.get("seed") }),
    signal,
  });
  const root = h(
    "div",
    { class: "lu-demo lu-embedding-map", role: "group", "aria-label": "Map of embeddings" },
    h("div", { class: "map-choose" }, stageChoice.element, methodChoice.element),
    h(
      "div",
      { class: "map-checks" },
      h("fieldset", { class: "map-classes" }, h("legend", { class: "lu-visually-hidden" }, "Classes"), ...classChecks.map(({ element }) => element)),
      onlyWrong.element,
      asPictures.element,
    ),
    message,
    h("div", { class: "map-columns" }, h("div", { class: "map-frame" }, stage, tools, nothing), detail.element),
    origin,
    note,
    help,
    table.element,
    wrongs.element,
    h("div", {}, copy.button),
    copy.panel,
    live.element,
  );

  function edit(changes) {
    send(changes);
    follow();
  }

  /** After a change from here or from Python: points that have another place now go there. */
  function follow() {
    const map = 2 * stageIndex() + methodIndex();
    if (map !== shownMap && width) {
      const words = describe(map);
      live.say(words);
      if (still.matches) way = 1;
      else {
        // From where they are, even if they are on their way.
        from = Float32Array.from(places, (value, i) => (value - (i % 2 ? view.view.y : view.view.x)) / view.view.zoom);
        way = 0;
        ticking.start();
      }
      shownMap = map;
    }
    request();
  }
  function describe(map) {
    const at = map >> 1;
    const { name, wrong } = stages[at];
    const errors = wrong === null ? "" : `, ${wrong} taken for something else`;
    return `${name}, ${METHODS[map & 1]}: ${count(total, "picture")}${errors}.`;
  }

  const observer = new ResizeObserver(resize);
  observer.observe(stage);
  signal.addEventListener("abort", () => observer.disconnect());
  // The browser's own zoom changes how many pixels there are, and not the size of the map.
  window.addEventListener("resize", request, { signal });
  function resize() {
    const [newWidth, newHeight] = [stage.clientWidth, stage.clientHeight];
    if (newWidth === width && newHeight === height) return;
    [width, height] = [newWidth, newHeight];
    fitted.clear();
    view.resize(width, height);
    from = null;
    way = 1;
    request();
  }

  // ---- Drawing
  function draw() {
    const at = stageIndex();
    const method = methodIndex();
    const selected = Math.min(model.get("selected"), total - 1);
    const all = visible();
    stageChoice.set(stages[at].name);
    methodChoice.set(METHODS[method]);
    classChecks.forEach(({ input }, i) => {
      input.checked = !model.get("hidden").includes(classes[i]);
    });
    onlyWrong.input.checked = model.get("only_wrong");
    asPictures.input.checked = model.get("as_pictures");
    if (width) {
      const goal = base(2 * at + method);
      const moving = way < 1 && from;
      if (moving) between(from, goal, way, places);
      else places.set(goal);
      const { zoom, x, y } = view.view;
      for (let i = 0; i < places.length; i += 1) places[i] = places[i] * zoom + (i % 2 ? y : x);
      const shown = hovered >= 0 ? hovered : selected;
      const drawn = all.includes(shown) ? shown : -1;
      const style = getComputedStyle(root);
      canvas.draw({
        ...{ width, height, places, labels, zoom, wrong: wrongAt[at], visible: all },
        shown: drawn,
        selected: all.includes(selected) ? selected : -1,
        neighbors: drawn < 0 ? [] : neighborsOf(at, drawn).filter((i) => all.includes(i)),
        pictures: model.get("as_pictures") && ready,
        ink: style.getPropertyValue("--lu-ink"),
        paper: style.getPropertyValue("--lu-surface"),
        dark: isDark(root),
      });
      stage.classList.toggle("zoomed", zoom > 1);
    }
    nothing.hidden = all.length > 0;
    const shown = hovered >= 0 ? hovered : selected;
    detail.update({
      ...{ picture: shown, names, classes, labels, ready, stage: stages[at].name },
      label: labels[shown],
      predicted: predictedAt(at)[shown],
      neighbors: neighborsOf(at, shown),
    });
    table.update(stages[at].name, stages.map((_, i) => agreementAt(i, method)));
    const predicted = predictedAt(at);
    const wrong = Array.from(wrongAt[at].keys()).filter((i) => wrongAt[at][i]);
    wrongs.update({ stage: stages[at].name, known: stages[at].wrong !== null, wrong, names, labels, predicted, classes, ready });
    setText(note, NOTES[method]);
    const spoken = `${describe(2 * at + method)} ${count(all.length, "picture")} drawn. Chosen: ${sentence(selected)}`;
    if (stage.getAttribute("aria-label") !== spoken) stage.setAttribute("aria-label", spoken);
    const detailOfEvent = { stage: stages[at].name, method: METHODS[method], selected, hovered, visible: all, places: Array.from(places), zoom: view.view.zoom, moving: way < 1, ready, agreements: stages.map((_, i) => agreementAt(i, method)) };
    root.dispatchEvent(new CustomEvent("embedding", { bubbles: true, detail: detailOfEvent }));
  }

  el.append(root);
  shownMap = 2 * stageIndex() + methodIndex();
  resize();
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

const NOTES = [
  "PCA is a shadow on the two directions of most variance: pictures that lie far apart here are far apart, but near ones may be far apart in the directions left out.",
  "t-SNE keeps near pictures near. How large groups are, and how far apart, means nothing; neither do the axes.",
];

export default { render };

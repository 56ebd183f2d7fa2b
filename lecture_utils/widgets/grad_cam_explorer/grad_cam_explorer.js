/** GradCamExplorer: where the evidence for a class lies, and what it is the sum of. See __init__.py. */

import { toTyped } from "../_shared/math/arrays.js";
import { segmented, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText, uniqueId } from "../_shared/ui/dom.js";
import { changeDetector, promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { clamp, format } from "../_shared/math/numbers.js";
import { moveByKey } from "../_shared/ui/plane.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { channelView } from "./channels.js";
import { classPicker, percent } from "./class_picker.js";
import { readData } from "./data.js";
import { addMaps, difference, distance, keep, largest, peak, ranking, softmax, total } from "./evidence.js";
import { overlay, overlayLegend } from "./overlay.js";
import { pythonCode } from "./python_code.js";
import { besideSentence, emptySentence, honestSentence, sumSentence } from "./sentences.js";

const TRAITS = ["photo", "class_index", "other_class", "layer", "evidence", "beside", "opacity", "smooth", "added", "order"];
const EVIDENCE = [
  { value: "positive", label: "for", title: "Evidence for the class: Grad-CAM" },
  { value: "both", label: "both", title: "Evidence for and against the class" },
  { value: "negative", label: "against", title: "Evidence against the class" },
];
const BESIDE = [
  { value: "occlusion", label: "occlusion" },
  { value: "class", label: "another class" },
  { value: "difference", label: "difference" },
];

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  const edit = (changes) => {
    send(changes);
    request();
  };
  watch(model, TRAITS, request, signal);
  const data = readData(model);
  const { layers, final } = data;
  const names = model.get("class_names");
  const addresses = urls(model);
  const photos = model.get("photos").map((photo, p) => {
    const ranked = ranking(data.logits(p));
    return { ...photo, p, url: addresses[p], ranked, shares: softmax(data.logits(p)) };
  });
  signal.addEventListener("abort", () => photos.forEach(({ url }) => URL.revokeObjectURL(url)));

  let place = null; // row and column in the map, or null: where the map is largest

  // ---- Controls
  const group = uniqueId("photo");
  const thumbs = photos.map(({ name, url, ranked }) => {
    const pick = () => edit({ photo: name, class_index: ranked[0], other_class: ranked[1] });
    const input = h("input", { type: "radio", name: group, value: name, "aria-label": name, onchange: pick });
    return { input, element: h("label", { class: "lu-thumb", title: name }, input, h("img", { src: url, alt: "" })) };
  });
  const strip = h("fieldset", { class: "cam-photos" }, h("legend", { class: "lu-visually-hidden" }, "Picture"), h("div", { class: "lu-thumbs" }, thumbs.map(({ element }) => element)));
  const picker = classPicker({ legend: "Class", names, onChoose: (c) => edit({ class_index: c }) });
  const otherPicker = classPicker({ legend: "Compare with", names, onChoose: (c) => edit({ other_class: c }) });
  const layerChoice = segmented({
    legend: "Layer",
    options: layers.map(({ name, rows, columns, channels }) => ({ value: name, label: `${rows}×${columns}`, title: `${name}: ${channels} maps of ${rows}×${columns}` })),
    value: model.get("layer"),
    onChange: (layer) => edit({ layer }),
  });
  const layerInputs = [...layerChoice.element.querySelectorAll("input")];
  const layerName = h("span", { class: "lu-label" });
  const sign = segmented({ legend: "Evidence", options: EVIDENCE, value: "positive", onChange: (evidence) => edit({ evidence }) });
  const beside = segmented({ legend: "Beside it", options: BESIDE, value: "occlusion", onChange: (value) => edit({ beside: value }) });
  const opacity = slider({ label: "Opacity", min: 0, max: 100, value: 70, onInput: (value) => edit({ opacity: value }) });
  const smooth = h("input", { type: "checkbox", onchange: () => edit({ smooth: smooth.checked }) });
  const titled = (text, ...elements) => h("div", { class: "cam-control" }, h("span", { class: "lu-label", "aria-hidden": "true" }, text), ...elements);

  // ---- The two pictures
  const visit = (grid) => ({ row, column, phase }) => {
    if (phase === "leave" || phase === "up") return;
    const { rows, columns } = grid();
    setPlace([(row / rows) * last.rows, (column / columns) * last.columns].map(Math.floor));
  };
  function setPlace([row, column]) {
    place = [clamp(row, 0, last.rows - 1), clamp(column, 0, last.columns - 1)];
    request();
  }
  function onKey(event) {
    const to = moveByKey(event, here(), last.rows, last.columns);
    if (!to) return;
    event.preventDefault();
    setPlace(to);
  }
  const view = (label, grid) => {
    const title = h("p", { class: "cam-title" });
    const picture = overlay({ label, signal, onKey, onPoint: visit(grid) });
    const legend = overlayLegend();
    const note = h("p", { class: "cam-note" });
    const element = h("div", { class: "cam-view" }, title, picture.element, legend.element, note);
    return { title, picture, legend, note, element };
  };
  const left = view("Grad-CAM over the picture", () => last);
  const right = view("The second map over the picture", () => last.second);
  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const reading = h("p", { class: "cam-reading" });
  const sumLine = h("p", { class: "cam-line" });
  const channels = channelView({ onAdded: (added) => edit({ added }), onOrder: (order) => edit({ order }) });
  const honest = h("p", { class: "lu-label" });
  const live = announcer(signal);
  const copy = copyButton({
    code: () => {
      const { photo, layer, c, other, state } = last;
      const { beside: what, evidence } = state;
      return pythonCode({ code: photo.code, network: model.get("network").name, layer: layer.name, classIndex: c, other, names, beside: what, evidence });
    },
    signal,
  });
  const root = h(
    "div",
    { class: "lu-demo lu-grad-cam-explorer", role: "group", "aria-label": "Grad-CAM" },
    strip,
    picker.element,
    h("div", { class: "cam-row" }, titled("Layer", layerChoice.element, layerName), titled("Evidence", sign.element), titled("Beside it", beside.element)),
    otherPicker.element,
    h("div", { class: "cam-views" }, left.element, right.element),
    message,
    reading,
    h("div", { class: "cam-row" }, opacity.element, h("label", { class: "cam-check" }, smooth, "smooth")),
    sumLine,
    channels.element,
    honest,
    h("div", { class: "cam-row" }, copy.button),
    copy.panel,
    live.element,
  );

  // ---- Computing
  let last = { rows: 1, columns: 1, second: { rows: 1, columns: 1 } };
  const [newMaps, newScale] = [changeDetector(), changeDetector()];
  const here = () => place ?? [Math.floor(last.peak / last.columns), last.peak % last.columns];

  function compute() {
    const state = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
    const photo = photos.find(({ name }) => name === state.photo) ?? photos[0];
    const { p } = photo;
    const [c, other] = [state.class_index, state.other_class];
    const wanted = layers.findIndex(({ name }) => name === state.layer);
    // A class that was not computed there is shown at the last layer.
    const l = wanted >= 0 && data.has(wanted, c) ? wanted : final;
    const layer = layers[l];
    const hasOther = data.has(l, other);
    const { rows, columns, area } = layer;
    if (newScale(p, l, state.order)) last.limits = scales(p, l, state.order);
    const { limit, fallLimit } = last.limits;
    const map = data.cam(p, l, c);
    const otherMap = hasOther ? data.cam(p, l, other) : new Float32Array(area);
    const shown = keep(map, state.evidence);
    const list = data.channels(p, l, c, state.order);
    const sum = addMaps(list.slice(0, state.added).map(({ part }) => part), area);
    const second = secondMap({ state, p, c, map, otherMap, hasOther, layer });
    if (newMaps(p, l, c)) place = null;
    last = { ...last, state, photo, c, other, l, layer, rows, columns, area, limit, fallLimit, map, otherMap, hasOther, shown, list, sum, second, wanted, peak: peak(map) };
  }

  /** One scale per picture and layer: the strongest evidence, for or against, among its five likeliest classes. */
  function scales(p, l, order) {
    const five = photos[p].ranked.slice(0, 5);
    const parts = five.flatMap((c) => data.channels(p, l, c, order).map(({ part }) => part));
    return {
      partLimit: largest(parts) || 1,
      limit: largest(five.map((c) => data.cam(p, l, c))) || 1,
      fallLimit: largest(five.map((c) => data.falls(p, c))) || 1,
    };
  }

  function secondMap({ state, p, c, map, otherMap, hasOther, layer }) {
    if (state.beside === "occlusion") {
      const [rows, columns] = [data.fallRows, data.fallColumns];
      const there = data.hasFalls(c);
      return { there, rows, columns, map: there ? data.falls(p, c) : new Float32Array(rows * columns), limit: last.limits.fallLimit };
    }
    const apart = state.beside === "difference" ? difference(map, otherMap) : keep(otherMap, state.evidence);
    return { there: hasOther, rows: layer.rows, columns: layer.columns, map: hasOther ? apart : otherMap, limit: last.limits.limit };
  }

  // ---- Drawing
  function draw() {
    compute();
    const { state, photo, c, other, l, layer, rows, columns, limit, map, shown, second, wanted } = last;
    const { ranked, shares, p } = photo;
    const name = names[c];
    thumbs.forEach(({ input }) => (input.checked = input.value === photo.name));
    picker.update(c, ranked, shares);
    otherPicker.element.hidden = state.beside === "occlusion";
    otherPicker.update(other, ranked, shares);
    layerChoice.set(layer.name);
    layerInputs.forEach((input, i) => (input.disabled = !data.has(i, c)));
    setText(layerName, `${layer.name}, ${layer.channels.toLocaleString("en-US")} channels`);
    sign.set(state.evidence);
    beside.set(state.beside);
    opacity.set(state.opacity);
    smooth.checked = state.smooth;

    const look = { url: photo.url, opacity: state.opacity, smooth: state.smooth };
    left.picture.draw(shown, rows, columns, { ...look, limit });
    left.legend.update(limit, "against", "for");
    setText(left.title, `Grad-CAM: ${name}`);
    setText(left.note, `${percent(shares[c])}, logit ${format(data.logits(p)[c], 2)}, place ${ranked.indexOf(c) + 1} of ${names.length.toLocaleString("en-US")}`);
    right.picture.draw(second.map, second.rows, second.columns, { ...look, limit: second.limit });
    const isFall = state.beside === "occlusion";
    right.legend.update(second.limit, isFall ? "rises" : state.beside === "class" ? "against" : "", isFall ? "falls" : state.beside === "class" ? "for" : "");
    setText(right.title, { occlusion: `Occlusion: ${name}`, class: `Grad-CAM: ${names[other]}`, difference: `${name} minus ${names[other]}` }[state.beside]);
    const gap = total(second.map);
    setText(
      right.note,
      isFall || second.there
        ? besideSentence({ beside: state.beside, name, other: names[other], gap, hasFalls: second.there, count: data.listed.length, isLast: l === final })
        : `At this layer “${names[other]}” was not computed: choose the last layer, or another class.`,
    );
    mark();
    drawMessage(wanted, l, name);
    setText(sumLine, sumSentence({ map, isLast: l === final, logit: data.logits(p)[c], bias: data.biases[c] }));
    const away = distance(last.sum, map);
    channels.draw({ layer, channels: last.list, count: state.added, ordered: state.order, sum: last.sum, map, name, away, dark, limits: last.limits });
    const { title, origin } = model.get("network");
    setText(honest, honestSentence({ title, origin, layer, isLast: l === final, classes: names.length, listed: data.listed.length }));
    live.say(`${left.title.textContent}, ${left.note.textContent}. ${reading.textContent}`);
    root.dispatchEvent(new CustomEvent("gradcam", { bubbles: true, detail: { ...last, away, gap, place: here() } }));
  }

  function mark() {
    const { rows, columns, second, map, state } = last;
    const [row, column] = here();
    left.picture.mark({ top: row, left: column, rows: 1, columns: 1 });
    const there = [Math.floor(((row + 0.5) * second.rows) / rows), Math.floor(((column + 0.5) * second.columns) / columns)];
    right.picture.mark({ top: there[0], left: there[1], rows: 1, columns: 1 });
    // As on the left: with its sign, even where the picture shows only one of the two.
    const values = state.beside === "class" ? last.otherMap : second.map;
    const value = format(values[there[0] * second.columns + there[1]], 3);
    const [name, other] = [names[last.c], names[last.other]];
    const tell = {
      occlusion: `covering that place takes ${value} off the logit`,
      class: `for “${other}” it is ${value}`,
      difference: `${value} more than for “${other}”`,
    }[state.beside];
    const where = place ? "" : ", the strongest cell";
    setText(reading, `Row ${row}, column ${column}${where}: ${format(map[row * columns + column], 3)} of evidence for “${name}”${second.there ? `; ${tell}` : ""}.`);
  }

  function drawMessage(wanted, l, name) {
    const moved = wanted !== l ? `Inside the network “${name}” was not computed for this page; here is the last layer. In Python any class works.` : "";
    const said = moved || emptySentence({ shown: last.shown, sign: last.state.evidence, limit: last.limit, name });
    setText(message, said);
    message.hidden = !said;
  }

  let dark = false;
  onThemeChange(() => {
    dark = isDark(root);
    request();
  }, signal);
  el.append(root);
  dark = isDark(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

/** Addresses of the pictures, which came as JPEG files end to end. */
function urls(model) {
  const bytes = toTyped(model.get("jpegs"));
  let at = 0;
  return model.get("jpeg_sizes").map((size) => {
    at += size;
    return URL.createObjectURL(new Blob([bytes.slice(at - size, at)], { type: "image/jpeg" }));
  });
}

export default { render };

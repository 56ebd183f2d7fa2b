/** AugmentationLab: one picture in twelve random versions. See __init__.py. */

import { fromTyped, toTyped } from "../_shared/arrays.js";
import { button } from "../_shared/controls.js";
import { copyButton } from "../_shared/copy.js";
import { announcer, h, icon, setText, uniqueId } from "../_shared/dom.js";
import { promptly } from "../_shared/frame.js";
import { editor, watch } from "../_shared/model.js";
import { readPhoto } from "../feature_maps/photo.js";
import { draw as drawParameters, drawNormals, drawPartner, drawPartnerNormals, drawShare } from "./draws.js";
import { pictureCode, pipelineCode } from "./python_code.js";
import { SETTINGS, settingsPanel } from "./settings_panel.js";
import { colorPainter, detailPanel, tileGrid } from "./tiles.js";
import { mixup, paint, place } from "./transforms.js";
import { describe, remark } from "./words.js";

const COUNT = 12;
const FILE = "your file";
const FOLDER = "M12 16V5M7 9l5-5 5 5M4 16v4h16v-4";
const NAMES = [...SETTINGS, "image", "source", "other", "partner", "seed"];

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  watch(model, NAMES, request, signal);
  const edit = (changes) => {
    send(changes);
    request();
  };
  const side = model.get("pictures").shape[1];
  const size = side * side * 3;
  const gallery = toTyped(model.get("pictures"));
  const pixelsOf = (name) => {
    const at = model.get("names").indexOf(name);
    return fromTyped(gallery.subarray(at * size, (at + 1) * size), [side, side, 3]);
  };

  // ---- Which picture
  const group = uniqueId("picture");
  const thumbs = h("div", { class: "lu-thumbs" });
  const choices = new Map();
  function addThumb(name, bytes) {
    let choice = choices.get(name);
    if (!choice) {
      const input = h("input", { type: "radio", name: group, "aria-label": name, onchange: () => choice.choose() });
      const canvas = h("canvas", { "aria-hidden": "true" });
      thumbs.append(h("label", { class: "lu-thumb", title: name }, input, canvas));
      choice = { input, show: colorPainter(canvas, side) };
      choices.set(name, choice);
    }
    const image = fromTyped(bytes, [side, side, 3]);
    choice.choose = () => edit({ source: name, image });
    choice.show(bytes);
  }
  model.get("names").forEach((name, i) => addThumb(name, gallery.subarray(i * size, (i + 1) * size)));
  const input = h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": "Image file" });
  let fileName = "";
  input.addEventListener("change", async () => {
    const file = input.files[0];
    input.value = ""; // The same file can be chosen again.
    if (!file) return;
    try {
      const bytes = await readPhoto(file, side);
      if (signal.aborted) return;
      fileName = file.name;
      complain("");
      addThumb(FILE, bytes);
      choices.get(FILE).choose();
    } catch (error) {
      complain(error.message);
    }
  });
  const upload = h(
    "button",
    { type: "button", class: "lu-button", title: "It stays in your browser", onclick: () => input.click() },
    icon(FOLDER),
    h("span", {}, "Your picture"),
  );

  // ---- Everything in its place
  const settings = settingsPanel({
    model,
    edit,
    onPartner: (partner) => edit({ partner, other: pixelsOf(partner) }),
  });
  let kept = 0;
  let hovered = null;
  const grid = tileGrid({
    count: COUNT,
    side,
    onLook(tile, keep) {
      if (keep) kept = tile;
      hovered = keep ? null : tile;
      look();
    },
  });
  const detail = detailPanel(side);
  const seedText = h("span", { class: "lu-label" });
  const next = button({
    label: "The next epoch",
    kind: "primary",
    onClick: () => edit({ seed: (model.get("seed") + 1) % 2 ** 31 }),
  });
  const before = button({
    label: "Back",
    onClick: () => edit({ seed: Math.max(0, model.get("seed") - 1) }),
  });
  const problem = h("p", { class: "lu-message", role: "status", hidden: true });
  const note = h("p", { class: "lu-message augment-note", hidden: true });
  const live = announcer(signal);
  const pipeline = copyButton({ code: () => pipelineCode({ ...shown(), count: COUNT }), signal });
  const single = copyButton({
    code: () => pictureCode({ ...shown(), tile: tiles[hovered ?? kept] }),
    signal,
    label: "Copy this picture's calls",
  });
  detail.element.lastChild.append(single.button, single.panel);
  const root = h(
    "div",
    { class: "lu-demo lu-augmentation-lab", role: "group", "aria-label": "Augmentation lab" },
    h(
      "div",
      { class: "augment-pictures" },
      h("fieldset", {}, h("legend", { class: "lu-visually-hidden" }, "Picture"), thumbs),
      upload,
      input,
    ),
    problem,
    settings.presets,
    note,
    h("div", { class: "augment-stage" }, grid.element, detail.element),
    h("div", { class: "augment-epochs" }, next, before, seedText),
    settings.element,
    h("div", {}, pipeline.button),
    pipeline.panel,
    live.element,
  );

  function say(element, text) {
    setText(element, text);
    if (element.hidden !== !text) element.hidden = !text;
  }
  function complain(text) {
    say(problem, text);
  }
  function shown() {
    const names = model.get("names");
    const picture = (name) => {
      const file = name === FILE && fileName.replace(/\.[^.]*$/, "");
      return { name: file || name, own: model.get("own") || !names.includes(name) };
    };
    return {
      settings: Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)])),
      side,
      seed: model.get("seed"),
      pictures: [picture(model.get("source")), picture(model.get("partner"))],
    };
  }

  // ---- Drawing; what a change leaves as it was is kept
  const caches = Array.from({ length: 2 * COUNT }, () => ({ key: null, image: null, placed: null, seed: null, normals: null }));
  function version(slot, image, parameters, seed, drawn) {
    const cache = caches[slot];
    const key = JSON.stringify([parameters.affine, parameters.crop, parameters.flip]);
    if (cache.key !== key || cache.image !== image) {
      Object.assign(cache, { key, image, placed: place(image, side, side, parameters) });
    }
    const normals = () => {
      if (cache.seed !== seed) Object.assign(cache, { seed, normals: drawn(seed, slot % COUNT, size) });
      return cache.normals;
    };
    return paint(cache.placed, side, parameters, normals);
  }
  const views = { image: [null, null], other: [null, null] };
  /** The bytes of a trait; the same array as long as it is the same picture. */
  function bytesOf(name) {
    const value = model.get(name);
    if (views[name][0] !== value) views[name] = [value, toTyped(value)];
    return views[name][1];
  }

  let tiles = [];
  function draw() {
    const now = shown();
    const { seed } = now;
    const [image, other] = [bytesOf("image"), bytesOf("other")];
    tiles = Array.from({ length: COUNT }, (_, i) => {
      const parameters = drawParameters(seed, i, now.settings, side, side);
      const share = drawShare(seed, i, now.settings.mixup);
      const tile = { ...parameters, share, pixels: version(i, image, parameters, seed, drawNormals) };
      if (share !== 1) {
        tile.other = drawPartner(seed, i, now.settings, side, side);
        const mixed = version(COUNT + i, other, tile.other, seed, drawPartnerNormals);
        tile.pixels = mixup(tile.pixels, mixed, share);
      }
      return tile;
    });
    tiles.forEach((tile, i) => {
      grid.paint(i, tile.pixels);
      const words = describe(tile, side, model.get("partner")).map((row) => row.join(" "));
      grid.name(i, `Picture ${i + 1}: ${words.join(", ")}`);
    });
    settings.update();
    for (const [name, choice] of choices) {
      const on = name === model.get("source");
      if (choice.input.checked !== on) choice.input.checked = on;
    }
    setText(seedText, `epoch ${seed + 1} (seed ${seed})`);
    if (before.disabled !== (seed === 0)) before.disabled = seed === 0;
    say(note, remark(now.settings, tiles, settings.current()));
    look();
    tell(now);
    const run = (pixels, rows, columns, parameters, normals) =>
      paint(place(pixels, rows, columns, parameters), columns, parameters, () => normals);
    const report = { ...now, tiles, image, other, run, drawParameters, drawShare };
    root.dispatchEvent(new CustomEvent("augmentation", { bubbles: true, detail: report }));
  }

  /** Show one of the pictures beside the grid. */
  function look() {
    const at = hovered ?? kept;
    grid.mark(kept, at);
    detail.update(at + 1, tiles[at].pixels, describe(tiles[at], side, model.get("partner")));
  }
  let toldSeed = null;
  function tell({ seed }) {
    if (toldSeed !== null && toldSeed !== seed) live.say(`Epoch ${seed + 1}: twelve new versions.`);
    toldSeed = seed;
  }

  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

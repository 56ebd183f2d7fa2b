/** AugmentationLab: what random transforms do to a picture, drawn anew every epoch. See __init__.py. */

import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { button } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { grid } from "./grid.js";
import { painter, picturePanel } from "./pictures.js";
import { composeCode, pythonCode } from "./python_code.js";
import { presetOf, settingsPanel } from "./settings_panel.js";
import { changed, versions } from "./versions.js";
import { describe, remark } from "./words.js";

const NEXT = "M5 5l9 7-9 7zM18 5v14";
const BACK = "M19 5l-9 7 9 7zM6 5v14";
const LARGEST_SEED = 2 ** 31 - 1;

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const edit = editor(model, signal);
  const limits = model.get("limits");
  const presets = model.get("presets");
  const names = model.get("names");
  const settingNames = Object.keys(limits);
  watch(model, ["image", "source", "other", "partner", "seed", ...settingNames], request, signal);

  const packed = toTyped(model.get("pictures"));
  const [, side] = model.get("pictures").shape;
  const size = side * side * 3;
  const pictures = names.map((_, i) => packed.subarray(i * size, (i + 1) * size));
  const asArray = (bytes) => fromTyped(bytes, [side, side, 3]);
  const compute = versions(side);

  let chosen = 0;
  let hovered = null;
  let said = "";
  let last = null;
  const change = (changes) => {
    said = "";
    edit(changes);
    request();
  };

  // ---- What to start from
  const choice = picturePanel({
    names,
    pictures,
    side,
    onChoose: (source, bytes) => change({ source, image: asArray(bytes) }),
    onError: (text) => {
      said = text;
      request();
    },
  });
  const settingsArea = settingsPanel({
    limits,
    presets,
    names,
    get: (name) => model.get(name),
    onSetting: (name, value) => change({ [name]: value }),
    onPreset: (name) => change(presets[name]),
    onPartner: (partner) => change({ partner, other: asArray(pictures[names.indexOf(partner)]) }),
  });

  // ---- The epoch
  const toSeed = (seed) => change({ seed: Math.min(LARGEST_SEED, Math.max(0, seed)) });
  const seedInput = h("input", { type: "number", min: 0, max: LARGEST_SEED, step: 1 });
  seedInput.addEventListener("change", () => {
    if (seedInput.value !== "" && seedInput.validity.valid) toSeed(seedInput.valueAsNumber);
    else seedInput.value = model.get("seed");
  });
  const epoch = h(
    "div",
    { class: "aug-epoch" },
    button({ label: "The next epoch", path: NEXT, kind: "primary", onClick: () => toSeed(model.get("seed") + 1) }),
    button({ path: BACK, title: "The epoch before", onClick: () => toSeed(model.get("seed") - 1) }),
    h("label", { class: "aug-seed" }, "seed ", seedInput),
  );
  const tiles = grid({
    side,
    onChoose: (tile) => {
      chosen = tile;
      request();
    },
    onHover: (tile) => {
      hovered = tile;
      request();
    },
  });

  // ---- One version and its numbers
  const original = h("canvas", { role: "img" });
  const closeUp = h("canvas", { role: "img" });
  const [paintOriginal, paintCloseUp] = [painter(original, side), painter(closeUp, side)];
  const [from, to] = [h("figcaption"), h("figcaption")];
  const list = h("dl", { class: "aug-drawn" });
  const all = h("ol", { class: "aug-all" });
  const allOfThem = h(
    "details",
    { class: "lu-disclosure", ontoggle: request },
    h("summary", {}, "What was drawn for all twelve"),
    all,
  );

  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const note = h("p", { class: "aug-note", hidden: true });
  const code = h("pre", { class: "aug-code", tabindex: 0, role: "region", "aria-label": "torchvision code" });
  const live = announcer(signal);
  const known = (name) => (!model.get("own") && names.includes(name) ? name : null);
  const copy = copyButton({
    code: () =>
      pythonCode({
        settings: last.settings,
        image: known(model.get("source")),
        other: known(model.get("partner")),
        tile: chosen,
        drawn: last.versions[chosen],
      }),
    signal,
  });
  const root = h(
    "div",
    { class: "lu-demo lu-augmentation-lab", role: "group", "aria-label": "Augmentation lab" },
    h("div", { class: "aug-start" }, choice.element, settingsArea.preset),
    message,
    h(
      "div",
      { class: "aug-main" },
      h("div", { class: "aug-shown" }, tiles.element),
      h(
        "div",
        { class: "aug-below" },
        epoch,
        h(
          "div",
          { class: "aug-one" },
          h("figure", {}, original, from),
          h("figure", {}, closeUp, to),
          list,
        ),
        allOfThem,
      ),
      settingsArea.element,
    ),
    note,
    h("div", { class: "aug-program" }, code, copy.button),
    copy.panel,
    live.element,
  );
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    choice.open(event.dataTransfer.files[0]);
  });

  // ---- Computing and drawing
  const bytesOf = new Map();
  /** The same array for the same trait value, so that nothing is computed twice. */
  function bytes(name) {
    const value = model.get(name);
    if (bytesOf.get(name)?.value !== value) bytesOf.set(name, { value, bytes: toTyped(value) });
    return bytesOf.get(name).bytes;
  }

  function draw() {
    const settings = Object.fromEntries(settingNames.map((name) => [name, model.get(name)]));
    const [source, partner, seed] = ["source", "partner", "seed"].map((name) => model.get(name));
    const image = bytes("image");
    const drawn = compute(image, bytes("other"), settings, seed);
    const preset = presetOf(settings, presets);
    last = { settings, seed, versions: drawn, preset };

    const shown = hovered ?? chosen;
    tiles.update(drawn, chosen);
    choice.update(source, image);
    settingsArea.update(settings, preset, partner);
    if (Number(seedInput.value) !== seed || seedInput.value === "") seedInput.value = seed;
    if (message.hidden === Boolean(said)) message.hidden = !said;
    setText(message, said);
    const remarked = remark(settings, drawn, preset);
    if (note.hidden === Boolean(remarked)) note.hidden = !remarked;
    setText(note, remarked);
    setText(code, composeCode(settings));

    paintOriginal(image);
    paintCloseUp(drawn[shown].pixels);
    setText(from, source);
    setText(to, `version ${shown + 1}`);
    const rows = describe(drawn[shown], side, partner);
    tell(rows);
    name(original, source);
    name(closeUp, `Version ${shown + 1} of ${source}`);
    if (allOfThem.open) listAll(drawn.map((version) => describe(version, side, partner)));
    live.say(`Version ${shown + 1}: ${rows.map((row) => row.join(" ")).join(", ")}.`);
    root.dispatchEvent(new CustomEvent("augmentation", { bubbles: true, detail: { ...last, shown, image, change: changed } }));
  }
  const name = (canvas, text) => canvas.getAttribute("aria-label") === text || canvas.setAttribute("aria-label", text);

  /** Name and value of what was drawn; rows are made once and filled again. */
  function tell(rows) {
    while (list.children.length > rows.length) list.lastChild.remove();
    while (list.children.length < rows.length) list.append(h("div", {}, h("dt"), h("dd")));
    rows.forEach(([term, value], i) => {
      setText(list.children[i].firstChild, term);
      setText(list.children[i].lastChild, value);
    });
  }
  function listAll(versionRows) {
    while (all.children.length < versionRows.length) all.append(h("li"));
    versionRows.forEach((rows, i) => setText(all.children[i], rows.map((row) => row.join(" ")).join(", ")));
  }

  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

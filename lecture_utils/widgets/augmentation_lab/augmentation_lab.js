/**
 * AugmentationLab: what random transforms do to an image, drawn anew every epoch. See __init__.py.
 */

import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { messageLine } from "../_shared/ui/message.js";
import { readTraits } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { dropZone } from "../_shared/ui/open_file.js";
import { closeUp } from "./close_up.js";
import { epochBar } from "./epoch_bar.js";
import { grid } from "./grid.js";
import { imagePanel } from "./images.js";
import { composeCode, pythonCode } from "./python_code.js";
import { presetOf, settingsPanel } from "./settings_panel.js";
import { changed, versions } from "./versions.js";
import { describe, remark } from "./text.js";

/**
 * Return `bytes(name)`: the same array for the same trait value, so that nothing is computed twice.
 */
function bytesReader(model) {
  const known = new Map();
  return (name) => {
    const value = model.get(name);
    if (known.get(name)?.value !== value) known.set(name, { value, bytes: toTyped(value) });
    return known.get(name).bytes;
  };
}

/** The images that come with the demo. */
function unpack(model, names) {
  const packed = toTyped(model.get("images"));
  const [, side] = model.get("images").shape;
  const size = side * side * 3;
  return { side, images: names.map((_, i) => packed.subarray(i * size, (i + 1) * size)) };
}

function build(demo) {
  const { model, root, request, signal } = demo;
  const presets = model.get("presets");
  const names = model.get("names");
  const limits = model.get("limits");
  const settingNames = Object.keys(limits);
  demo.watch(["image", "source", "other", "partner", "seed", ...settingNames]);
  const { side, images } = unpack(model, names);
  const asArray = (bytes) => fromTyped(bytes, [side, side, 3]);
  const compute = versions(side);
  const bytes = bytesReader(model);

  const state = { chosen: 0, hovered: null, said: "" };
  let last = null;
  const set = (changes) => {
    Object.assign(state, changes);
    request();
  };
  const change = (changes) => {
    state.said = "";
    demo.edit(changes);
  };
  const choice = imagePanel({
    names,
    images,
    side,
    onChoose: (source, pixels) => change({ source, image: asArray(pixels) }),
    onError: (text) => set({ said: text }),
  });
  dropZone(root, choice.open);
  const settingsArea = settingsPanel({
    limits,
    presets,
    names,
    get: (name) => model.get(name),
    onSetting: (name, value) => change({ [name]: value }),
    onPreset: (name) => change(presets[name]),
    onPartner: (partner) => change({ partner, other: asArray(images[names.indexOf(partner)]) }),
  });
  const epoch = epochBar({ seed: () => model.get("seed"), onSeed: (seed) => change({ seed }) });
  const tiles = grid({
    side,
    onChoose: (chosen) => set({ chosen, hovered: null }),
    onHover: (hovered) => set({ hovered }),
  });
  const one = closeUp({ side, request });
  const message = messageLine();
  const note = h("p", { class: "aug-note", hidden: true });
  const code = h("pre", {
    class: "aug-code",
    tabindex: 0,
    role: "group", // a region would need a name that no other demo has
    "aria-label": "torchvision code",
  });
  const known = (name) => (!model.get("own") && names.includes(name) ? name : null);
  const copy = copyButton({
    code: () => {
      const [image, other] = [known(model.get("source")), known(model.get("partner"))];
      return pythonCode({
        settings: last.settings,
        image,
        other,
        tile: state.chosen,
        drawn: last.versions[state.chosen],
      });
    },
    signal,
  });

  function draw() {
    const settings = readTraits(model, settingNames);
    const [source, partner, seed] = ["source", "partner", "seed"].map((name) => model.get(name));
    const image = bytes("image");
    const drawn = compute(image, bytes("other"), settings, seed);
    const preset = presetOf(settings, presets);
    last = { settings, seed, versions: drawn, preset };

    const shown = state.hovered ?? state.chosen;
    tiles.update(drawn, state.chosen);
    choice.update(source, image);
    settingsArea.update(settings, preset, partner);
    epoch.update(seed);
    message.show(state.said);
    showNote(remark(settings, drawn, preset));
    setText(code, composeCode(settings));
    one.draw(image, source, drawn[shown].pixels, shown + 1);
    const rows = describe(drawn[shown], side, partner);
    one.tell(rows);
    one.listAll(() => drawn.map((version) => describe(version, side, partner)));
    const words = rows.map((row) => row.join(" ")).join(", ");
    demo.tellState(`Version ${shown + 1}: ${words}. ${state.said}`.trim());
    return { ...last, shown, image, change: changed };
  }
  function showNote(text) {
    if (note.hidden === Boolean(text)) note.hidden = !text;
    setText(note, text);
  }

  const parts = [
    h("div", { class: "aug-start" }, choice.element, settingsArea.preset),
    message.element,
    h(
      "div",
      { class: "aug-main" },
      h("div", { class: "aug-shown" }, tiles.element),
      h("div", { class: "aug-below" }, epoch.element, one.element, one.all),
      settingsArea.element,
    ),
    note,
    h("div", { class: "aug-program" }, code, copy.button),
    copy.panel,
  ];
  function readings() {
    const settings = readTraits(model, settingNames);
    const isOn = (name) => {
      if (name === "ratio") return false;
      const value = settings[name];
      return Array.isArray(value) ? value[0] !== 1 || value[1] !== 1 : value !== 0;
    };
    return {
      transforms: settingNames.filter(isOn).length,
      scale_from: settings.scale[0],
      scale_to: settings.scale[1],
      crop_from: settings.crop[0],
    };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "augmentation_lab", label: "Augmentation lab" }, build),
};

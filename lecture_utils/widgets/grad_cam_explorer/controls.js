/** What can be chosen: the photo, the classes, the layer, and how the evidence is shown. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { grouped } from "../_shared/math/numbers.js";
import { checkbox, segmented, slider } from "../_shared/ui/controls.js";
import { h, setText, uniqueId } from "../_shared/ui/dom.js";
import { classPicker } from "./class_picker.js";

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
const titled = (text, ...elements) =>
  h(
    "div",
    { class: "cam-control" },
    h("span", { class: "lu-label", "aria-hidden": "true" }, text),
    ...elements,
  );

/** The photos to choose from. */
function photoStrip(photos, edit) {
  const group = uniqueId("photo");
  const thumbs = photos.map(({ name, url, ranked }) => {
    const pick = () => edit({ photo: name, class_index: ranked[0], other_class: ranked[1] });
    const input = h("input", {
      type: "radio",
      name: group,
      value: name,
      "aria-label": name,
      onchange: pick,
    });
    return {
      input,
      element: h(
        "label",
        { class: "lu-thumb", title: name },
        input,
        h("img", { src: url, alt: "" }),
      ),
    };
  });
  const element = h(
    "fieldset",
    { class: "cam-photos" },
    h("legend", { class: "lu-visually-hidden" }, "Image"),
    h(
      "div",
      { class: "lu-thumbs" },
      thumbs.map((thumb) => thumb.element),
    ),
  );
  function set(name) {
    for (const { input } of thumbs) input.checked = input.value === name;
  }
  return { element, set };
}

/**
 * The layers; those that a class was not computed for cannot be chosen.
 * @param {Record<string, any>} data
 * @param {string} value
 * @param {Edit} edit
 */
function layerChoice({ layers, has }, value, edit) {
  const choice = segmented({
    legend: "Layer",
    options: layers.map(({ name, rows, columns, channels }) => ({
      value: name,
      label: `${rows}×${columns}`,
      title: `${name}: ${channels} maps of ${rows}×${columns}`,
    })),
    value,
    onChange: (layer) => edit({ layer }),
  });
  const inputs = [...choice.element.querySelectorAll("input")];
  const name = h("span", { class: "lu-label" });
  function update(layer, c) {
    choice.set(layer.name);
    inputs.forEach((input, i) => (input.disabled = !has(i, c)));
    setText(name, `${layer.name}, ${grouped(layer.channels)} channels`);
  }
  return { element: titled("Layer", choice.element, name), update };
}

/**
 * @param {{model: Model, edit: Edit}} demo
 * @param {Record<string, any>} data As from `readData`.
 * @param {Record<string, any>[]} photos
 * @returns {{above: HTMLElement[], look: HTMLElement, update: (state: Record<string, any>)
 *   => void}} `above` stands above the views, `look` below them.
 */
export function camControls({ model, edit }, data, photos) {
  const names = model.get("class_names");
  const strip = photoStrip(photos, edit);
  const picker = classPicker({ legend: "Class", names, onChoose: (c) => edit({ class_index: c }) });
  const otherPicker = classPicker({
    legend: "Compare with",
    names,
    onChoose: (c) => edit({ other_class: c }),
  });
  const layer = layerChoice(data, model.get("layer"), edit);
  const sign = segmented({
    legend: "Evidence",
    options: EVIDENCE,
    value: "positive",
    onChange: (evidence) => edit({ evidence }),
  });
  const beside = segmented({
    legend: "Second image",
    options: BESIDE,
    value: "occlusion",
    onChange: (value) => edit({ beside: value }),
  });
  const opacity = slider({
    label: "Opacity",
    min: 0,
    max: 100,
    value: 70,
    onInput: (value) => edit({ opacity: value }),
  });
  const smooth = checkbox(
    { name: "cam-check", onChange: (value) => edit({ smooth: value }) },
    "smooth",
  );

  function update({ state, photo, c, other, layer: current }) {
    strip.set(photo.name);
    picker.update(c, photo.ranked, photo.shares);
    otherPicker.element.hidden = state.beside === "occlusion";
    otherPicker.update(other, photo.ranked, photo.shares);
    layer.update(current, c);
    sign.set(state.evidence);
    beside.set(state.beside);
    opacity.set(state.opacity);
    smooth.set(state.smooth);
  }
  const row = (...children) => h("div", { class: "cam-row" }, ...children);
  return {
    above: [
      strip.element,
      picker.element,
      row(layer.element, titled("Evidence", sign.element), titled("Second image", beside.element)),
      otherPicker.element,
    ],
    look: row(opacity.element, smooth.element),
    update,
  };
}

/** Which bank, over which images: the upper part of the explorer. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { grayScale, raster } from "../_shared/ui/canvas.js";
import { button, segmented, select, slider } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { format } from "../_shared/math/numbers.js";
import { LARGE } from "./image_row.js";
import { GABOR } from "./state.js";

const SHORT = { "Laplacian of Gaussian": "LoG", "your bank": "Your bank" };
const GROUPS = { photo: "Photos", "a drawn shape": "Shapes", "": "Your images" };
const ENVELOPES = [1.5, 2, 3, 4];

/** Images that can be switched on and off, one by one or a whole group at a time. */
function imageStrip({ gallery, chosen, onChoose }) {
  const boxes = new Map();
  const groups = [...new Set(gallery.map(({ group }) => group))].map((group) => {
    const members = gallery.filter((image) => image.group === group);
    const names = members.map(({ name }) => name);
    const toggle = button({
      label: GROUPS[group] ?? group,
      kind: "small",
      onClick: () => {
        const others = chosen().filter((name) => !names.includes(name));
        onChoose(names.every((name) => chosen().includes(name)) ? others : [...others, ...names]);
      },
    });
    const thumbs = members.map((image) => {
      const { name } = image;
      const canvas = h("canvas", { "aria-hidden": "true" });
      raster(canvas)(image.values, image.rows, image.columns, grayScale());
      canvas.classList.toggle("smooth", image.columns > LARGE);
      const change = () =>
        onChoose(
          boxes.get(name).checked ? [...chosen(), name] : chosen().filter((n) => n !== name),
        );
      boxes.set(name, h("input", { type: "checkbox", "aria-label": name, onchange: change }));
      return h("label", { class: "lu-thumb", title: name }, boxes.get(name), canvas);
    });
    const element = h(
      "div",
      { class: "bank-group" },
      toggle,
      h("div", { class: "bank-thumbs" }, ...thumbs),
    );
    return { names, toggle, element };
  });
  const element = h(
    "fieldset",
    {},
    h("legend", { class: "lu-visually-hidden" }, "Images"),
    h("div", { class: "bank-images" }, ...groups.map((group) => group.element)),
  );
  function update() {
    const names = chosen();
    for (const [name, box] of boxes) box.checked = names.includes(name);
    for (const group of groups) {
      group.toggle.setAttribute(
        "aria-pressed",
        group.names.every((name) => names.includes(name)),
      );
    }
  }
  return { element, update };
}

/**
 * @param {{model: Model, gallery: Record<string, any>[], edit: Edit}} options
 * @returns {{element: HTMLElement, update: () => void}}
 */
export function settingsPanel({ model, gallery, edit }) {
  const bankBox = h("div", { class: "bank-choice" });
  let bank = null;
  let offered = "";
  function updateBanks() {
    const names = [GABOR, ...model.get("banks").map(({ name }) => name)];
    if (offered !== names.join()) {
      offered = names.join();
      bank = segmented({
        legend: "Filter bank",
        options: names.map((name) => ({ value: name, label: SHORT[name] ?? name, title: name })),
        value: model.get("bank"),
        onChange: (value) => edit({ bank: value }),
      });
      bankBox.replaceChildren(bank.element);
    }
    bank.set(model.get("bank"));
  }

  const counter = (name, label, max) =>
    slider({
      label,
      min: 1,
      max,
      value: model.get(name),
      onInput: (value) => edit({ [name]: value }),
    });
  const counters = {
    frequencies: counter("frequencies", "Frequencies", 6),
    orientations: counter("orientations", "Orientations", 12),
  };
  const envelopeBox = h("div", { class: "bank-envelope" });
  let envelope = null;
  let widths = "";
  function updateEnvelope() {
    const sigma = model.get("sigma");
    const all = [...new Set([...ENVELOPES, ...(sigma === null ? [] : [sigma])])].sort(
      (a, b) => a - b,
    );
    if (widths !== all.join()) {
      widths = all.join();
      envelope = select({
        label: "Envelope",
        options: [
          ...all.map((value) => ({ value: String(value), label: `σ ${format(value)} pixels` })),
          { value: "", label: "σ 0.56 / f: one octave" },
        ],
        value: "",
        onChange: (value) => edit({ sigma: value === "" ? null : Number(value) }),
      });
      envelopeBox.replaceChildren(
        h("span", { "aria-hidden": "true" }, "Envelope"),
        envelope.element,
      );
    }
    envelope.set(sigma === null ? "" : String(sigma));
  }
  const grid = h(
    "div",
    { class: "bank-grid" },
    counters.frequencies.element,
    counters.orientations.element,
    envelopeBox,
  );
  const strip = imageStrip({
    gallery,
    chosen: () => model.get("images"),
    onChoose: (names) => {
      const order = gallery.map(({ name }) => name);
      edit({ images: order.filter((name) => names.includes(name)) });
    },
  });

  function update() {
    updateBanks();
    updateEnvelope();
    for (const [name, control] of Object.entries(counters)) control.set(model.get(name));
    grid.hidden = model.get("bank") !== GABOR;
    strip.update();
  }
  return { element: h("div", { class: "bank-settings" }, bankBox, grid, strip.element), update };
}

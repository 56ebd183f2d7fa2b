/** The chosen filter: its image, its optima, what real images do, and all its numbers. */

import { format } from "../_shared/math/numbers.js";
import { writtenWhenOpen } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { drawTile } from "../_shared/ui/recorded.js";
import { PRIORS, largeImage, settingWith, strengthsOf } from "./state.js";

const MEASURES = {
  channel: "mean activation",
  neuron: "activation in the middle",
  logit: "logit",
};

/** What the numbers of an objective measure. */
export function measureOf(objective) {
  return MEASURES[objective];
}

/** @returns {{element: HTMLElement, draw: (state: *, sheet: *) => void}} */
export function largeFigure() {
  const canvas = h("canvas", { role: "img", "aria-label": "Image, not loaded yet" });
  const value = h("p", { class: "gallery-value" });
  return {
    element: h("figure", { class: "gallery-large" }, canvas, value),
    draw(state, sheet) {
      const { tile, value: reached } = largeImage(state);
      drawTile(canvas, sheet, tile);
      const what = `${measureOf(state.objective)} ${format(reached)}`;
      canvas.setAttribute(
        "aria-label",
        `Synthesized image for ${state.layer.name(state.index)}: ${what}`,
      );
      setText(value, what[0].toUpperCase() + what.slice(1));
    },
  };
}

/**
 * A row of small images with a number under each.
 * @param {string} name Of the class.
 */
function imageRow(name) {
  const row = h("div", { class: `gallery-row ${name}` });
  return {
    row,
    /** @param {{label: string, value: number, paint: (canvas: HTMLCanvasElement) => void}[]} images */
    show(images) {
      while (row.children.length > images.length) row.lastChild.remove();
      while (row.children.length < images.length)
        row.append(h("figure", {}, h("canvas", { role: "img" }), h("figcaption")));
      images.forEach(({ label, value, paint }, i) => {
        const [canvas, caption] = row.children[i].children;
        paint(/** @type {HTMLCanvasElement} */ (canvas));
        canvas.setAttribute("aria-label", `${label}, ${format(value)}`);
        setText(caption, format(value));
      });
    },
  };
}

/** Several images for the filter, made to differ, and one for its lowest activation. */
export function optimaRows() {
  const [optima, minimum] = [imageRow("optima"), imageRow("minimum")];
  const element = h(
    "div",
    { class: "gallery-optima" },
    h("div", {}, h("p", { class: "lu-title" }, "Diverse optima"), optima.row),
    h("div", {}, h("p", { class: "lu-title" }, "Lowest"), minimum.row),
  );
  function draw({ layer, index }, sheet) {
    const entries = (kind, label, values) =>
      values.map((value, i) => ({
        label,
        value,
        paint: (canvas) => drawTile(canvas, sheet, layer.tiles[kind][index][i]),
      }));
    optima.show(entries("optima", "Synthesized for a high activation", layer.optima[index]));
    minimum.show(entries("minimum", "Synthesized for a low activation", [layer.minimum[index]]));
  }
  return { element, draw };
}

/** What maximizes and minimizes the filter in the data set. */
export function exampleRows() {
  const [most, least] = [imageRow("most"), imageRow("least")];
  const titles = [h("p", { class: "lu-title" }), h("p", { class: "lu-title" })];
  const element = h(
    "div",
    { class: "gallery-examples" },
    h("div", {}, titles[0], most.row),
    h("div", {}, titles[1], least.row),
  );
  function draw({ network, layer, index, isNeuron }, pool) {
    const what = isNeuron ? "Parts of data set images" : "Data set images";
    setText(titles[0], `${what} with the highest activation`);
    setText(titles[1], `${what} with the lowest activation`);
    const part = Math.min(1, Math.max(24, layer.field ?? network.side) / network.side);
    const entries = (kind) =>
      layer.examples[isNeuron ? "local" : "whole"][kind][index].map(
        ([image, value, row, column]) => ({
          label: network.pool.names[image],
          value,
          paint: (canvas) =>
            drawTile(canvas, pool, image, isNeuron ? { row, column, part } : undefined),
        }),
      );
    most.show(entries("most"));
    least.show(entries("least"));
  }
  return { element, draw };
}

/** All strengths of all priors in numbers, folded away; it is filled when a reader opens it. */
export function priorTable() {
  const table = h("table", { class: "gallery-table" });
  const changed = changeDetector();

  function write({ network, layer, index, isSwept, setting }) {
    if (!isSwept || !changed(layer, index, setting)) return;
    const { settings } = network;
    const head = h(
      "tr",
      {},
      ["Prior", "Strength", "Activation"].map((text) => h("th", { scope: "col" }, text)),
    );
    const rows = PRIORS.flatMap(({ key, label }) =>
      strengthsOf(settings, key).map((strength) => {
        const at = settingWith(settings, key, strength);
        return h(
          "tr",
          { class: at === setting && "now" },
          h("th", { scope: "row" }, label),
          h("td", {}, format(strength)),
          h("td", {}, format(layer.swept[index][at])),
        );
      }),
    );
    const caption = h("caption", {}, `Activation of ${layer.name(index)}, ${layer.label}`);
    table.replaceChildren(caption, h("thead", {}, head), h("tbody", {}, rows));
  }
  const { element, update } = writtenWhenOpen("The priors in numbers", [table], write);
  return {
    element,
    update(state) {
      table.hidden = !state.isSwept;
      update(state);
    },
  };
}

/** The chosen filter, large: both ascents, and what maximizes it in the data. */

import { format } from "../_shared/math/numbers.js";
import { h, setText } from "../_shared/ui/dom.js";
import { METHODS, drawTile } from "./data.js";

export const TITLES = {
  plain: ["Plain ascent", "changes pixel by pixel"],
  strong: ["Strong ascent", "changes waves in natural colors, and moves the image between steps"],
};

/**
 * @returns {{element: HTMLElement, draw: (shown: Record<string, any>, sheets: Record<string, any>)
 *   => void}}
 */
export function ascentPair() {
  const views = METHODS.map((method) => {
    const [title, how] = TITLES[method];
    const canvas = h("canvas", { role: "img" });
    const value = h("p", { class: "gallery-value" });
    const caption = h(
      "figcaption",
      {},
      h("span", { class: "lu-title" }, title),
      " ",
      h("span", { class: "lu-label" }, how),
    );
    return {
      canvas,
      value,
      element: h("figure", { class: "gallery-large" }, caption, canvas, value),
    };
  });
  function draw({ network, layer, index, frame }, sheets) {
    const measure = layer.names ? "logit" : "mean activation";
    METHODS.forEach((method, m) => {
      const reached = layer[method].activations[index];
      const { canvas, value } = views[m];
      drawTile(
        /** @type {HTMLCanvasElement} */ (canvas),
        layer,
        method,
        sheets[method],
        index,
        frame,
      );
      canvas.setAttribute(
        "aria-label",
        `${TITLES[method][0]} after ${network.frames[frame]} steps for ${layer.name(index)}`,
      );
      setText(
        value,
        `${measure} ${format(reached[frame])} (start ${format(reached[0])}, end ${format(reached.at(-1))})`,
      );
    });
  }
  return {
    element: h(
      "div",
      { class: "gallery-pair-large" },
      views.map(({ element }) => element),
    ),
    draw,
  };
}

/**
 * Parts of images on which the filter responds most.
 * @returns {{element: HTMLElement, draw: ({network, layer, index }: {network: *, layer: *,
 *   index: *}, sheet: *) => void}}
 */
export function exampleRow() {
  const title = h("p", { class: "lu-title" });
  const row = h("div", { class: "gallery-examples" });
  function draw({ network, layer, index }, sheet) {
    const what = layer.names ? "logit" : "largest activation";
    setText(
      title,
      `Maximally activating parts of ${network.data.pictures} images, and the ${what} of each`,
    );
    const values = layer.examples.activations[index];
    while (row.children.length > values.length) row.lastChild.remove();
    while (row.children.length < values.length) {
      row.append(h("figure", {}, h("canvas", { role: "img" }), h("figcaption")));
    }
    values.forEach((value, i) => {
      const [canvas, caption] = row.children[i].children;
      drawTile(/** @type {HTMLCanvasElement} */ (canvas), layer, "examples", sheet, index, i);
      canvas.setAttribute("aria-label", `Part of an image, number ${i + 1}`);
      setText(caption, format(value));
    });
  }
  return { element: h("div", {}, title, row), draw };
}

/**
 * All recorded steps in numbers.
 * @returns {{element: HTMLElement, update: ({network, layer, index, frame }: {network: *, layer: *,
 *   index: *, frame: *}) => void}}
 */
export function stepTable() {
  const element = h("table", { class: "gallery-table" });
  function update({ network, layer, index, frame }) {
    const head = h(
      "tr",
      {},
      ["Steps", "Plain", "Strong"].map((text) => h("th", { scope: "col" }, text)),
    );
    const rows = network.frames.map((step, i) =>
      h(
        "tr",
        { class: i === frame && "now" },
        h("th", { scope: "row" }, `${step}`),
        METHODS.map((method) => h("td", {}, format(layer[method].activations[index][i]))),
      ),
    );
    const caption = h(
      "caption",
      {},
      `${layer.names ? "Logit" : "Mean activation"} of ${layer.name(index)}, ${layer.label}`,
    );
    element.replaceChildren(caption, h("thead", {}, head), h("tbody", {}, rows));
  }
  return { element, update };
}

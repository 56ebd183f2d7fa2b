/** The cone from one output down to the input, drawn along one axis; the output stands on top. */

import { h, svg } from "../_shared/ui/dom.js";
import { extent, fields, reached } from "./field.js";

/** Between two levels, and for all of them if there are many. */
const ROW = 38;
const HEIGHT = 430;
const MARGIN = { top: 16, left: 74, right: 62 };
/** Wider stacks are drawn as bands, not as single units. */
const MOST_UNITS = 72;

/**
 * How many outputs are drawn side by side, so that the cones of neighbors are seen to overlap.
 * @param {import("./field.js").Layer[]} layers
 * @returns {number}
 */
export function outputsDrawn(layers) {
  const { size, jump } = fields(layers).at(-1);
  const fits = (count) => (count - 1) * jump + size <= MOST_UNITS;
  return [5, 3, 1].find(fits) ?? 1;
}

/**
 * A short name for a layer beside its row.
 * @param {import("./field.js").Layer} layer
 * @returns {string}
 */
function shortName({ kind, kernel, stride, dilation }) {
  const name = { conv: "conv", max: "max", average: "avg" }[kind];
  return `${name} ${kernel}${stride > 1 ? ` s${stride}` : ""}${dilation > 1 ? ` d${dilation}` : ""}`;
}

/**
 * @returns {{element: HTMLElement, draw: (layers: Record<string, any>[], output: number,
 *   width: number) => void}}
 */
export function cone() {
  const dim = svg("path", { class: "field-units" });
  const edges = svg("path", { class: "field-edges" });
  const bands = svg("path", { class: "field-bands" });
  const lit = svg("path", { class: "field-lit" });
  const labels = svg("g", { class: "field-labels" });
  const drawing = svg("svg", { "aria-hidden": "true" }, dim, bands, edges, lit, labels);
  const element = h("div", { class: "field-cone" }, drawing);

  function draw(layers, output, width) {
    const sizes = fields(layers);
    const outputs = outputsDrawn(layers);
    const counts = [outputs];
    for (const layer of [...layers].reverse()) {
      counts.unshift((counts[0] - 1) * layer.stride + extent(layer));
    }
    const row = Math.max(17, Math.min(ROW, HEIGHT / layers.length));
    const height = layers.length * row + 2 * MARGIN.top;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.setAttribute("height", String(height));
    const unit = (width - MARGIN.left - MARGIN.right) / counts[0];
    // A unit stands above the middle of what it sees.
    const x = (level, i) => MARGIN.left + unit * (i * sizes[level].jump + sizes[level].size / 2);
    const y = (level) => height - MARGIN.top - level * row;
    const single = counts[0] <= MOST_UNITS;
    const levels = single ? reached(layers, output) : [];
    drawing.style.setProperty("--dot", `${Math.min(11, 0.66 * unit)}px`);
    dim.setAttribute(
      "d",
      single
        ? counts
            .map((n, l) =>
              dots(
                l,
                Array.from({ length: n }, (_, i) => i),
              ),
            )
            .join("")
        : "",
    );
    lit.setAttribute("d", levels.map((units, l) => dots(l, [...units])).join(""));
    edges.setAttribute("d", single ? layers.map((layer, l) => lines(layer, l)).join("") : "");
    bands.setAttribute("d", single ? "" : band());
    labels.replaceChildren(
      ...sizes.flatMap(({ size }, l) => [
        svg("text", { x: 0, y: y(l) + 4 }, l ? shortName(layers[l - 1]) : "input"),
        svg("text", { x: width, y: y(l) + 4, "text-anchor": "end" }, l ? `sees ${size}` : ""),
      ]),
    );

    function dots(level, units) {
      return units.map((i) => `M${x(level, i).toFixed(1)} ${y(level)}h0`).join("");
    }
    function lines({ kernel, stride, dilation }, level) {
      let path = "";
      for (const i of levels[level + 1]) {
        for (let k = 0; k < kernel; k += 1) {
          const from = `M${x(level + 1, i).toFixed(1)} ${y(level + 1)}`;
          path += `${from}L${x(level, i * stride + k * dilation).toFixed(1)} ${y(level)}`;
        }
      }
      return path;
    }
    /** From the top down, the part of each level that leads to the output. */
    function band() {
      const edge = (level, right) => {
        const seen = sizes.at(-1).size - sizes[level].size; // first to last unit, in pixels
        return MARGIN.left + unit * (sizes[level].size / 2 + (right ? seen : 0));
      };
      const half = 3;
      let [down, up] = ["", ""];
      for (let l = layers.length; l >= 0; l -= 1) {
        down += `${down ? "L" : "M"}${edge(l, false) - half} ${y(l)}`;
        up = `L${edge(l, true) + half} ${y(l)}${up}`;
      }
      return `${down}${up}z`;
    }
  }
  return { element, draw };
}

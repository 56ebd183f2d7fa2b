/** All methods as dots on one axis. Each row is a radio button: it chooses the method. */

/** @import { Lab } from "./data.js" */
/** @import { Shown } from "./state.js" */
import { linearAxis } from "../_shared/math/axis.js";
import { h, onResize, setText, svg, uniqueId } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { marker } from "../_shared/ui/curves/chart.js";
import { percent } from "./text.js";

const EDGE = 16;
const HEIGHT = 42;
/** Where the dots of a split lie in a row, and their shapes; the colors are in the style. */
const LANES = {
  validation: { y: 13, place: 0, r: 3.6 },
  test: { y: 29, place: 3, r: 3.2 },
};
const SPLITS = Object.keys(LANES);

const sign = (split) =>
  svg(
    "svg",
    { class: `regularization-sign ${split}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { class: "dots", d: marker(LANES[split].place, 8, 8, LANES[split].r + 0.6) }),
  );
const lineSign = (name) =>
  svg(
    "svg",
    { class: `regularization-sign ${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { class: name, d: "M8 1V15" }),
  );

/**
 * @param {{lab: Lab, onChoose: (method: string) => void, redraw: () => void, signal: AbortSignal}}
 *   options
 * @returns {{element: HTMLElement, key: HTMLElement, draw: (shown: Shown) => void}}
 */
export function dotPlot({ lab, onChoose, redraw, signal }) {
  const group = uniqueId("method");
  const axis = linearAxis(
    Math.min(...SPLITS.map((split) => lab.range[split][0])),
    Math.max(...SPLITS.map((split) => lab.range[split][1])),
    { least: 0, most: 1, parts: 6 },
  );
  const rows = lab.methods.map(({ name, label }) => makeRow(group, name, label, onChoose));
  const ticks = svg("svg", { "aria-hidden": "true", height: 38 });
  const legend = h("legend", { class: "lu-visually-hidden" }, "Method");
  const element = h(
    "fieldset",
    { class: "regularization-plot" },
    legend,
    h(
      "div",
      { class: "regularization-heads lu-label", "aria-hidden": "true" },
      h("span", {}, "mean of"),
      ...SPLITS.map((split) => h("span", {}, split)),
    ),
    ...rows.map((row) => row.element),
    h("div", { class: "regularization-axis", "aria-hidden": "true" }, ticks),
  );
  const hasBaseline = lab.methods.some(({ name }) => name === "none");
  const key = h(
    "p",
    { class: "curves-key lu-label" },
    h("span", {}, sign("validation"), "validation photos, one dot per seed"),
    h("span", {}, sign("test"), "test photos"),
    h("span", {}, lineSign("mean"), "mean"),
    hasBaseline && h("span", {}, lineSign("reference"), "mean without regularization"),
  );
  let width = 0;
  onResize(
    rows[0].strip,
    (box) => {
      width = Math.round(box.width);
      redraw();
    },
    signal,
  );
  const x = (accuracy) => Math.round(10 * (EDGE + axis.place(accuracy) * (width - 2 * EDGE))) / 10;

  const newWidth = changeDetector();
  function drawAxis() {
    if (!newWidth(width)) return;
    // Numbers that would run into each other on a narrow axis.
    const every = Math.ceil((46 * axis.ticks.length) / (width - 2 * EDGE));
    ticks.setAttribute("width", String(width));
    ticks.replaceChildren(
      ...axis.ticks.map((tick, i) =>
        i % every
          ? svg("g")
          : svg(
              "text",
              { x: x(tick), y: 14, "text-anchor": "middle" },
              `${+(100 * tick).toFixed(1)}%`,
            ),
      ),
      svg("text", { x: width - 2, y: 32, "text-anchor": "end" }, "accuracy"),
    );
  }

  /** @param {Shown} shown */
  function draw({ rows: shown, selected, baseline, budget }) {
    width ||= Math.round(rows[0].strip.clientWidth);
    if (width) drawAxis();
    const references = Object.fromEntries(
      SPLITS.map((split) => [split, baseline ? x(baseline.means[`${split}_accuracy`]) : null]),
    );
    shown.forEach((row, i) => {
      rows[i].tell(row, row === selected);
      if (width) rows[i].draw(row, { width, x, references, ticks: axis.ticks, budget });
    });
  }
  return { element, key, draw };
}

function makeRow(group, method, label, onChoose) {
  const input = h("input", { type: "radio", name: group, onchange: () => onChoose(method) });
  const strength = h("small");
  const grid = svg("path", { class: "curves-grid" });
  const lanes = Object.fromEntries(
    SPLITS.map((split) => [
      split,
      ["reference", "dots", "mean"].map((name) => svg("path", { class: name })),
    ]),
  );
  const drawing = svg(
    "svg",
    { "aria-hidden": "true", height: HEIGHT },
    grid,
    ...SPLITS.map((split) => svg("g", { class: split }, ...lanes[split])),
  );
  const strip = h("span", { class: "regularization-strip" }, drawing);
  const values = Object.fromEntries(SPLITS.map((split) => [split, h("span")]));
  const element = h(
    "label",
    { class: "regularization-row" },
    input,
    h("span", { class: "regularization-name" }, h("span", {}, label), " ", strength),
    strip,
    ...SPLITS.map((split) =>
      h(
        "span",
        { class: `regularization-mean ${split}` },
        h("span", { class: "lu-visually-hidden" }, `, ${split} `),
        values[split],
      ),
    ),
  );
  function tell({ graded, byHand, strength: name, means }, chosen) {
    if (input.checked !== chosen) input.checked = chosen;
    element.classList.toggle("chosen", chosen);
    setText(strength, graded ? `${name}${byHand ? ", chosen by you" : ""}` : "");
    for (const split of SPLITS) setText(values[split], percent(means[`${split}_accuracy`]));
  }
  const newDrawing = changeDetector();
  function draw({ entry, scores, means }, { width, x, references, ticks, budget }) {
    const lines = SPLITS.map((split) => references[split]);
    // The scores are those of the entry within the budget.
    if (!newDrawing(entry, budget, width, ...lines)) return;
    drawing.setAttribute("width", String(width));
    grid.setAttribute("d", ticks.map((tick) => `M${x(tick)} 0V${HEIGHT}`).join(""));
    for (const split of SPLITS) {
      const { y, place, r } = LANES[split];
      const [reference, dots, mean] = lanes[split];
      const at = references[split];
      reference.setAttribute("d", at === null ? "" : `M${at} 0V${HEIGHT}`);
      const values = scores[`${split}_accuracy`];
      // Equal accuracies lie beside each other.
      const apart = (i) => 3 * (i - (values.length - 1) / 2);
      dots.setAttribute(
        "d",
        values.map((value, i) => marker(place, x(value), y + apart(i), r)).join(""),
      );
      mean.setAttribute("d", `M${x(means[`${split}_accuracy`])} ${y - 8}v16`);
    }
  }
  return { element, strip, tell, draw };
}

/** A slider per prior, and above it the activation of the filter at each strength. */

import { format } from "../_shared/math/numbers.js";
import { h, setText, svg, uniqueId } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { PRIORS, settingWith, strengthsOf } from "./state.js";

const WIDTH = 200;
const HEIGHT = 64;
const MARGIN = 10;

/**
 * @param {{onInput: (setting: number) => void}} options
 * @returns {{element: HTMLElement, update: (state: *) => void}}
 */
export function priorSliders({ onInput }) {
  const rows = PRIORS.map((prior) => priorRow(prior, onInput));
  const note = h("p", { class: "lu-label" });
  const element = h(
    "fieldset",
    { class: "gallery-priors" },
    h("legend", { class: "lu-title" }, "Priors, and the activation at each strength"),
    note,
    h(
      "div",
      { class: "gallery-prior-grid" },
      rows.map((row) => row.element),
    ),
  );
  return {
    element,
    update(state) {
      const { layer, isNeuron, isSwept } = state;
      const names = layer.swept.map((_, i) => layer.name(i)).join(" and ");
      setText(
        note,
        isSwept
          ? "One prior at a time: moving a slider resets the others to their defaults. The dots share one scale."
          : isNeuron
            ? "The priors were varied for the objective “channel” only. Choose it to move the sliders."
            : `In this layer, the priors were varied for ${names}. Choose one of them to move the sliders.`,
      );
      /** @type {HTMLFieldSetElement} */ (element).classList.toggle("off", !isSwept);
      for (const row of rows) row.update(state);
    },
  };
}

function priorRow({ key, label }, onInput) {
  const id = uniqueId("prior");
  const output = h("output", { for: id });
  const range = h("input", { type: "range", id, min: 0, step: 1, value: 0 });
  const plot = strengthPlot();
  const newPlot = changeDetector();
  let settings = [];
  let strengths = [0];
  range.addEventListener("input", () =>
    onInput(settingWith(settings, key, strengths[range.valueAsNumber])),
  );
  function update({ network, layer, index, isSwept, setting }) {
    settings = network.settings;
    strengths = strengthsOf(settings, key);
    const at = strengths.indexOf(settings[setting][key]);
    range.max = String(strengths.length - 1);
    range.value = String(at);
    range.disabled = !isSwept;
    const isDefault = strengths[at] === settings[0][key];
    const text = `${strengths[at] === 0 ? "off" : format(strengths[at])}${isDefault ? " (default)" : ""}`;
    setText(output, text);
    plot.element.toggleAttribute("hidden", !isSwept);
    if (!isSwept) {
      range.setAttribute("aria-valuetext", text);
      return;
    }
    const swept = layer.swept[index];
    const values = strengths.map((strength) => swept[settingWith(settings, key, strength)]);
    range.setAttribute("aria-valuetext", `${text}: activation ${format(values[at])}`);
    if (newPlot(swept, at)) plot.draw(values, at, [Math.min(0, ...swept), Math.max(0, ...swept)]);
  }
  const element = h(
    "div",
    { class: "gallery-prior" },
    h("div", { class: "lu-slider" }, h("label", { for: id }, label), output, range),
    plot.element,
  );
  return { element, update };
}

/** Dots for all strengths, over the stops of the slider below; the current one is filled. */
function strengthPlot() {
  const element = svg("svg", {
    class: "gallery-plot",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    "aria-hidden": "true", // The slider and the table have the numbers.
  });
  function draw(values, at, [low, high]) {
    const x = (i) => MARGIN + (i * (WIDTH - 2 * MARGIN)) / Math.max(1, values.length - 1);
    const y = (value) => HEIGHT - 8 - ((value - low) / (high - low || 1)) * (HEIGHT - 28);
    const points = values.map((value, i) => `${x(i)},${y(value)}`).join(" ");
    const dots = values.map((value, i) =>
      svg("circle", { cx: x(i), cy: y(value), r: i === at ? 5 : 3.5, class: i === at && "now" }),
    );
    const anchor = at === 0 ? "start" : at === values.length - 1 ? "end" : "middle";
    const shift = at === 0 ? -6 : at === values.length - 1 ? 6 : 0;
    element.replaceChildren(
      svg("line", { x1: 0, x2: WIDTH, y1: y(0), y2: y(0), class: "zero" }),
      svg("polyline", { points }),
      ...dots,
      svg(
        "text",
        { x: x(at) + shift, y: y(values[at]) - 9, "text-anchor": anchor },
        format(values[at]),
      ),
    );
  }
  return { element, draw };
}

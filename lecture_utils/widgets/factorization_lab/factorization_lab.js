/** FactorizationLab: a convolution replaced by cheaper ones that see as much. See __init__.py. */

import { grouped, short } from "../_shared/math/numbers.js";
import { percent } from "../_shared/math/percent.js";
import { button, segmented, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { readTraits } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { cost, layers, nearest } from "./plans.js";
import { pythonCode } from "./python_code.js";

const STATE = ["kind", "kernel", "inputs", "outputs", "middle", "size"];
const KINDS = [
  { value: "asymmetric", label: "1×n, n×1" },
  { value: "stacked", label: "3×3 layers" },
  { value: "bottleneck", label: "1×1 bottleneck" },
  { value: "separable", label: "Depthwise separable" },
];
const even = { inputs: 64, outputs: 64, middle: 16, size: 28 };
/** @type {[string, Record<string, any>][]} */
const PRESETS = [
  ["3×3 into 1×3 and 3×1", { ...even, kind: "asymmetric", kernel: 3 }],
  ["5×5 into two 3×3", { ...even, kind: "stacked", kernel: 5 }],
  [
    "ResNet50's bottleneck",
    { ...even, kind: "bottleneck", kernel: 3, inputs: 256, outputs: 256, middle: 64, size: 56 },
  ],
  ["Depthwise separable", { ...even, kind: "separable", kernel: 3 }],
];
const formula = ({ layers: stack, parameters }) =>
  `${stack.map(([i, o, a, b, g]) => `${a}·${b}·${i / g}·${o}`).join(" + ")} = ${grouped(parameters)}`;

/** What a layer is called on its part of a bar. */
const layerName = ([inputs, , rows, columns, groups]) =>
  groups > 1 && groups === inputs ? `each channel ${rows}×${columns}` : `${rows}×${columns}`;
const segment = (share, name) =>
  h("span", { style: `width: ${100 * share}%` }, share > 0.13 || !name ? name : "");

/** A bar with its name before and its amount behind it; its parts are as wide as what they cost. */
function barRow(title) {
  const bar = h("div", { class: "fact-bar", "aria-hidden": "true" });
  const value = h("span", { class: "fact-value" });
  const note = h("p", { class: "lu-label" });
  return {
    bar,
    value,
    note,
    element: h("div", { class: "fact-side" }, h("span", {}, title), bar, value, note),
  };
}
const barRows = () => [barRow("Before"), barRow("After")];
const elements = (controls) => Object.values(controls).map(({ element }) => element);

/** The layer that is replaced, and what replaces it. */
function makeControls({ model, edit }) {
  const kind = segmented({
    legend: "Replacement",
    options: KINDS,
    value: model.get("kind"),
    onChange: (value) => edit({ kind: value }),
  });
  const field = (name, label, min, max, step = 1) =>
    slider({
      label,
      min,
      max,
      step,
      value: model.get(name),
      onInput: (value) => edit({ [name]: value }),
    });
  const fields = {
    kernel: field("kernel", "Kernel n", 3, 11, 2),
    inputs: field("inputs", "Channels in", 1, 512),
    outputs: field("outputs", "Channels out", 1, 512),
    middle: field("middle", "Bottleneck channels", 1, 512),
    size: field("size", "Image side", 1, 224),
  };
  function update(now) {
    kind.set(now.kind);
    for (const [name, { set }] of Object.entries(fields)) set(now[name]);
    fields.middle.element.hidden = now.kind !== "bottleneck";
  }
  return {
    kind: kind.element,
    fields: h("div", { class: "fact-fields" }, elements(fields)),
    update,
  };
}

/** Parameters and MACs, before and after. */
function costBars() {
  const sides = barRows();
  function draw(costs) {
    const most = Math.max(...costs.map(({ parameters }) => parameters));
    costs.forEach((all, i) => {
      const { bar, value, note } = sides[i];
      bar.replaceChildren(
        ...all.parts.map((part, j) => segment(part / most, layerName(all.layers[j]))),
      );
      setText(value, grouped(all.parameters));
      setText(
        note,
        `${formula(all)} · ${short(all.macs, { from: 1e4 })} MACs · receptive field ${all.field.join("×")}`,
      );
    });
  }
  return {
    element: h(
      "div",
      { class: "fact-sides" },
      h("p", { class: "lu-title" }, "Parameters"),
      elements(sides),
    ),
    draw,
  };
}

/** The times of the nearest case that was measured. */
function timeBars() {
  const sides = barRows();
  const note = h("p", { class: "lu-label" });
  const element = h(
    "div",
    { class: "fact-sides" },
    h("p", { class: "lu-title" }, "Measured time"),
    elements(sides),
  );
  function draw(row, machine) {
    element.hidden = !row;
    setText(
      note,
      row
        ? `The nearest case that was measured: ${row[1]}×${row[1]}, ${row[2]} to ${row[2]} channels${row[0] === "bottleneck" ? ` (${row[2] / 4} in the bottleneck)` : ""}, ${row[3]}×${row[3]} pixels. ${machine}.`
        : "No times were measured when this demo was built.",
    );
    if (!row) return;
    const longest = Math.max(row[4], row[5]);
    sides.forEach(({ bar, value }, i) => {
      bar.replaceChildren(segment(row[4 + i] / longest, ""));
      setText(value, `${row[4 + i].toFixed(2)} ms`);
    });
  }
  return { element, note, draw };
}

/** How much cheaper it has become. */
function comparison(before, after) {
  const change = 1 - after.parameters / before.parameters;
  if (change === 0) return "Both cost the same.";
  const amount = percent(Math.abs(change)).replace("<", "Less than ").replace(">", "More than ");
  return `${amount} ${change > 0 ? "cheaper" : "more expensive"}, in parameters and in MACs.`;
}

function build(demo) {
  const { model, edit, signal } = demo;
  demo.watch([...STATE, "times"]);
  const state = () => readTraits(model, STATE);
  const controls = makeControls(demo);
  const [costBar, timeBar] = [costBars(), timeBars()];
  const verdict = h("p", { class: "fact-verdict" });
  const code = () => {
    const [full, cheap] = layers(state());
    return pythonCode(full, cheap, model.get("inputs"), model.get("size"));
  };
  const copy = copyButton({ code, signal });
  const presets = PRESETS.map(([label, settings]) =>
    button({ label, kind: "small", onClick: () => edit(settings) }),
  );

  function draw() {
    const now = state();
    controls.update(now);
    const [before, after] = layers(now).map((stack) => cost(stack, now.size));
    costBar.draw([before, after]);
    const words = comparison(before, after);
    setText(verdict, words);
    const times = model.get("times");
    const row = nearest(times.rows ?? [], now);
    timeBar.draw(row, times.machine);
    demo.tellState(words);
    return { ...now, before, after, row };
  }

  const parts = [
    h("div", { class: "fact-row" }, h("span", { class: "lu-label" }, "Examples"), presets),
    controls.kind,
    controls.fields,
    verdict,
    costBar.element,
    timeBar.element,
    timeBar.note,
    h("div", { class: "fact-row" }, copy.button),
    copy.panel,
  ];
  function readings() {
    const now = state();
    const [before, after] = layers(now).map((stack) => cost(stack, now.size).parameters);
    return { parameters: after, percent: (100 * after) / before };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) => mountDemo({ ...context, name: "factorization_lab" }, build),
};

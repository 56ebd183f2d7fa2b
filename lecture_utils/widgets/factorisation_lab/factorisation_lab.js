/** FactorisationLab: a convolution replaced by cheaper ones that see as much. See __init__.py. */

import { button, segmented, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { cost, layers, nearest, pythonCode } from "./plans.js";

const STATE = ["kind", "kernel", "inputs", "outputs", "middle", "size"];
const KINDS = [
  { value: "asymmetric", label: "1×n, n×1" },
  { value: "stacked", label: "3×3 layers" },
  { value: "bottleneck", label: "1×1 bottleneck" },
  { value: "separable", label: "Depthwise separable" },
];
const even = { inputs: 64, outputs: 64, middle: 16, size: 28 };
const PRESETS = [
  ["3×3 into 1×3 and 3×1", { ...even, kind: "asymmetric", kernel: 3 }],
  ["5×5 into two 3×3", { ...even, kind: "stacked", kernel: 5 }],
  ["ResNet50's bottleneck", { ...even, kind: "bottleneck", kernel: 3, inputs: 256, outputs: 256, middle: 64, size: 56 }],
  ["Depthwise separable", { ...even, kind: "separable", kernel: 3 }],
];
const count = (value) => value.toLocaleString("en-US");
const formula = ({ layers: stack, parameters }) =>
  `${stack.map(([i, o, a, b, g]) => `${a}·${b}·${i / g}·${o}`).join(" + ")} = ${count(parameters)}`;

/** What a layer is called on its part of a bar. */
const layerName = ([inputs, , rows, columns, groups]) => (groups > 1 && groups === inputs ? `each channel ${rows}×${columns}` : `${rows}×${columns}`);
const segment = (share, name) => h("span", { style: `width: ${100 * share}%` }, share > 0.13 || !name ? name : "");

/** 28901376 as "28.9 M". */
function short(value) {
  if (value < 1e4) return count(value);
  const [unit, size] = value < 1e6 ? ["k", 1e3] : value < 1e9 ? ["M", 1e6] : ["G", 1e9];
  return `${(value / size).toFixed(1)} ${unit}`;
}

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  watch(model, [...STATE, "times"], request, signal);
  const edit = (changes) => {
    send(changes);
    request();
  };
  const state = () => Object.fromEntries(STATE.map((name) => [name, model.get(name)]));

  const kind = segmented({ legend: "Replacement", options: KINDS, value: model.get("kind"), onChange: (value) => edit({ kind: value }) });
  const field = (name, label, min, max, step = 1) =>
    slider({ label, min, max, step, value: model.get(name), onInput: (value) => edit({ [name]: value }) });
  const fields = {
    kernel: field("kernel", "Kernel n", 3, 11, 2),
    inputs: field("inputs", "Channels in", 1, 512),
    outputs: field("outputs", "Channels out", 1, 512),
    middle: field("middle", "Bottleneck channels", 1, 512),
    size: field("size", "Image side", 1, 224),
  };
  /** A bar with its name before and its amount behind it; its parts are as wide as what they cost. */
  const barRow = (title) => {
    const bar = h("div", { class: "fact-bar", "aria-hidden": "true" });
    const value = h("span", { class: "fact-value" });
    const note = h("p", { class: "lu-label" });
    return { bar, value, note, element: h("div", { class: "fact-side" }, h("span", {}, title), bar, value, note) };
  };
  const sides = [barRow("Before"), barRow("After")];
  const timed = [barRow("Before"), barRow("After")];
  const verdict = h("p", { class: "fact-verdict" });
  const time = h("p", { class: "lu-label" });
  const measured = h("div", { class: "fact-sides" }, h("p", { class: "lu-title" }, "Measured time"), timed.map(({ element }) => element));
  const live = announcer(signal);
  const copy = copyButton({ code: () => pythonCode(...layers(state()), model.get("inputs"), model.get("size")), signal });
  const root = h(
    "div",
    { class: "lu-demo lu-factorisation-lab" },
    h("div", { class: "fact-row" }, h("span", { class: "lu-label" }, "Examples"), PRESETS.map(([label, settings]) => button({ label, kind: "small", onClick: () => edit(settings) }))),
    kind.element,
    h("div", { class: "fact-fields" }, Object.values(fields).map(({ element }) => element)),
    verdict,
    h("div", { class: "fact-sides" }, h("p", { class: "lu-title" }, "Parameters"), sides.map(({ element }) => element)),
    measured,
    time,
    h("div", { class: "fact-row" }, copy.button),
    copy.panel,
    live.element,
  );
  let said = "";

  function draw() {
    const now = state();
    kind.set(now.kind);
    for (const [name, { set }] of Object.entries(fields)) set(now[name]);
    fields.middle.element.hidden = now.kind !== "bottleneck";
    const costs = layers(now).map((stack) => cost(stack, now.size));
    const most = Math.max(...costs.map(({ parameters }) => parameters));
    costs.forEach((all, i) => {
      const { bar, value, note } = sides[i];
      bar.replaceChildren(...all.parts.map((part, j) => segment(part / most, layerName(all.layers[j]))));
      setText(value, count(all.parameters));
      setText(note, `${formula(all)} · ${short(all.macs)} MACs · sees ${all.field.join("×")}`);
    });
    const [before, after] = costs;
    const change = 100 * (1 - after.parameters / before.parameters);
    const amount = `${Math.abs(change).toFixed(1)}%`;
    const words = change === 0 ? "Both cost the same." : `${amount} ${change > 0 ? "cheaper" : "more expensive"}, in parameters and in MACs.`;
    setText(verdict, words);
    const times = model.get("times");
    const row = nearest(times.rows ?? [], now);
    measured.hidden = !row;
    if (row) {
      const longest = Math.max(row[4], row[5]);
      timed.forEach(({ bar, value }, i) => {
        bar.replaceChildren(segment(row[4 + i] / longest, ""));
        setText(value, `${row[4 + i].toFixed(2)} ms`);
      });
    }
    setText(
      time,
      row
        ? `The nearest case that was measured: ${row[1]}×${row[1]}, ${row[2]} to ${row[2]} channels, ${row[3]}×${row[3]} pixels. ${times.machine}.`
        : "No times were measured when this demo was made.",
    );
    if (said && words !== said) live.say(words);
    said = words;
    root.dispatchEvent(new CustomEvent("factorisation", { bubbles: true, detail: { ...now, before, after, row } }));
  }

  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

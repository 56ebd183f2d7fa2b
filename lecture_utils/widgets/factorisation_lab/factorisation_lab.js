/** FactorisationLab: a convolution replaced by cheaper ones that see as much. See __init__.py. */

import { button, segmented, slider } from "../_shared/controls.js";
import { copyButton } from "../_shared/copy.js";
import { announcer, h, setText } from "../_shared/dom.js";
import { promptly } from "../_shared/frame.js";
import { editor, watch } from "../_shared/model.js";
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
    size: field("size", "Height and width", 1, 224),
  };
  const side = (title) => {
    const bar = h("div", { class: "fact-bar", "aria-hidden": "true" });
    const sum = h("p", { class: "fact-formula" });
    const numbers = h("p", {});
    return { bar, sum, numbers, element: h("div", {}, h("p", { class: "lu-title" }, title), bar, sum, numbers) };
  };
  const sides = [side("Before"), side("After")];
  const verdict = h("p", { class: "fact-verdict" });
  const time = h("p", { class: "lu-label" });
  const live = announcer(signal);
  const copy = copyButton({ code: () => pythonCode(...layers(state()), model.get("inputs"), model.get("size")), signal });
  const root = h(
    "div",
    { class: "lu-demo lu-factorisation-lab" },
    h("div", { class: "fact-row" }, PRESETS.map(([label, settings]) => button({ label, kind: "small", onClick: () => edit(settings) }))),
    kind.element,
    h("div", { class: "fact-fields" }, Object.values(fields).map(({ element }) => element)),
    verdict,
    sides.map(({ element }) => element),
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
      const { bar, sum, numbers } = sides[i];
      bar.replaceChildren(...all.parts.map((part) => h("span", { style: `width: ${(100 * part) / most}%` })));
      setText(sum, formula(all));
      setText(numbers, `${count(all.parameters)} parameters, ${count(all.macs)} MACs, receptive field ${all.field.join("×")}`);
    });
    const [before, after] = costs;
    const change = 100 * (1 - after.parameters / before.parameters);
    const amount = `${Math.abs(change).toFixed(1)}%`;
    const words = change === 0 ? "Both cost the same." : `${amount} ${change > 0 ? "cheaper" : "more expensive"}, in parameters and in MACs.`;
    setText(verdict, words);
    const times = model.get("times");
    const row = nearest(times.rows ?? [], now);
    setText(
      time,
      row
        ? `Nearest measured case (${row[1]}×${row[1]}, ${row[2]} to ${row[2]} channels, ${row[3]}×${row[3]} pixels): ` +
            `${row[4].toFixed(2)} ms before, ${row[5].toFixed(2)} ms after. ${times.machine}.`
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

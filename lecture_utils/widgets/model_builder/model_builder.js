/** ModelBuilder: a stack of layers to change, with the shapes and costs of each. See __init__.py. */

import { button, disclosure, segmented, select } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { dragRows } from "./drag.js";
import { COLUMNS, layerRow } from "./layer_row.js";
import { pythonCode } from "./python_code.js";
import { settingField } from "./setting_field.js";
import { describe } from "./stack.js";
import { totalsPanel } from "./totals.js";
import { count } from "./units.js";

const UNDO = "M9 14L4 9l5-5M4 9h10a6 6 0 010 12h-3";
const MOST_LAYERS = 60;
const STATE = ["layers", "input_shape", "batch_size"];
const sizes = [
  { name: "channels", label: "channels", default: 1, low: 1, high: 4096, step: 1 },
  { name: "height", label: "height", default: 28, low: 1, high: 2048, step: 1 },
  { name: "width", label: "width", default: 28, low: 1, high: 2048, step: 1 },
];
const batches = { name: "batch", label: "batch size", default: 1, low: 1, high: 4096, step: 1 };

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  watch(model, STATE, request, signal);
  const kinds = model.get("kinds");
  const layers = () => model.get("layers");

  // ---- Changing the stack, and taking it back
  const state = () => Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  const start = state();
  const past = [];
  let lastEdit = { what: null, time: 0 };
  /** Edits of one number in quick succession (34, then 345) are undone together. */
  function edit(changes, what = null) {
    const now = performance.now();
    if (what === null || what !== lastEdit.what || now - lastEdit.time > 1000) past.push(state());
    lastEdit = { what, time: now };
    silence();
    send(changes);
    request();
  }
  function silence() {
    inputProblem = "";
    for (const row of rows) row.forget();
  }
  function undo() {
    if (!past.length) return;
    silence();
    lastEdit.what = null;
    send(past.pop());
    request();
  }
  function move(from, to) {
    if (to < 0 || to >= layers().length) return false;
    const next = [...layers()];
    next.splice(to, 0, ...next.splice(from, 1));
    rows.splice(to, 0, ...rows.splice(from, 1));
    edit({ layers: next });
    draw();
    return true;
  }
  function change(index, settings, what) {
    const next = layers().map((layer, i) => (i === index ? { ...layer, ...settings } : layer));
    edit({ layers: next }, what && `${index} ${what}`);
  }
  function remove(index) {
    const next = layers().filter((_, i) => i !== index);
    rows.splice(index, 1)[0].element.remove();
    edit({ layers: next });
    draw();
    // The focus goes to what took the place of the removed layer.
    (rows[Math.min(index, rows.length - 1)]?.focusInput ?? (() => undoButton.focus()))();
  }
  function insert(index, layer) {
    const next = [...layers()];
    next.splice(index, 0, layer);
    rows.splice(index, 0, makeRow(layer.type));
    edit({ layers: next });
  }
  function mend(row, { set = {}, flatten = false }) {
    const index = rows.indexOf(row);
    const next = layers().map((layer, i) => (i === index ? { ...layer, ...set } : layer));
    if (flatten) {
      next.splice(index, 0, { type: "Flatten" });
      rows.splice(index, 0, makeRow("Flatten"));
    }
    edit({ layers: next });
    draw();
    row.focusInput();
  }

  // ---- The rows
  const list = h("ol", { class: "builder-layers", "aria-label": "Layers" });
  const rows = [];
  function makeRow(type) {
    const row = layerRow({
      type,
      settings: kinds[type],
      onSet: (settings, name) => change(rows.indexOf(row), settings, name),
      onMove: (by) => {
        const from = rows.indexOf(row);
        if (move(from, from + by)) row.focusMove(by);
      },
      onRemove: () => remove(rows.indexOf(row)),
      onFix: (fix) => mend(row, fix),
      say: (text) => live.say(text),
    });
    return row;
  }
  dragRows(list, move, signal);

  /** Have a row of the right type for each layer, in order; a row that fits stays. */
  function arrange() {
    layers().forEach(({ type }, i) => {
      if (rows[i]?.type !== type) {
        rows[i]?.element.remove();
        rows[i] = makeRow(type);
      }
    });
    while (rows.length > layers().length) rows.pop().element.remove();
    rows.forEach(({ element }, i) => {
      if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
    });
  }

  // ---- Input, batch, presets
  let inputProblem = "";
  const onProblem = (text) => {
    if (text === inputProblem) return;
    inputProblem = text;
    request();
  };
  const shapeFields = sizes.map((setting, axis) =>
    settingField({
      setting,
      onProblem,
      onChange: (value) => edit({ input_shape: model.get("input_shape").map((n, i) => (i === axis ? value : n)) }, setting.name),
    }),
  );
  const batch = settingField({ setting: batches, onProblem, onChange: (value) => edit({ batch_size: value }, "batch") });
  const shapeButtons = model.get("shapes").map(({ name, shape }) => ({
    holds: () => String(shape) === String(model.get("input_shape")),
    element: button({ label: name, kind: "small", title: shape.join("×"), onClick: () => edit({ input_shape: shape }) }),
  }));
  const presetButtons = Object.values(model.get("presets")).map(({ title, shape, layers: stack }) => ({
    holds: () => JSON.stringify(stack) === JSON.stringify(layers()),
    element: button({ label: title, kind: "small", onClick: () => edit({ input_shape: shape, layers: stack }) }),
  }));

  // ---- Adding
  const after = select({ label: "Add after", options: [], value: "", onChange: () => {} });
  function add(type) {
    if (layers().length >= MOST_LAYERS) {
      onProblem(`There is room for ${MOST_LAYERS} layers; remove one first.`);
      return;
    }
    const [at, atEnd] = [Number(after.element.value), after.element.value === "end"];
    const index = atEnd ? layers().length : at;
    const layer = { type };
    for (const { name, default: usual } of kinds[type]) layer[name] = usual;
    // A new dense layer fits; it is what comes later that may make it wrong.
    const described = describe(layers(), model.get("input_shape"));
    const arriving = index ? described[index - 1].output : model.get("input_shape");
    if (type === "Linear" && arriving?.length === 1) layer.in_features = arriving[0];
    insert(index, layer);
    draw();
    after.set(atEnd ? "end" : String(index + 1));
    live.say(`${type} is layer ${index + 1} now.`);
  }
  const palette = Object.keys(kinds).map((type) =>
    button({ label: type, kind: "small", title: `Add ${type}`, onClick: () => add(type) }),
  );
  let options = "";
  function offerPlaces() {
    const names = layers().map(({ type }, i) => `${i + 1} ${type}`);
    if (names.join() === options && after.element.length) return;
    options = names.join();
    const before = after.element.value;
    const choices = [["end", "at the end"], ["0", "at the start"], ...names.map((name, i) => [`${i + 1}`, `after ${name}`])];
    after.element.replaceChildren(...choices.map(([value, text]) => h("option", { value }, text)));
    after.set(choices.some(([value]) => value === before) ? before : "end");
  }

  // ---- Everything in its place
  let counting = "multAdds";
  const countingChoice = segmented({
    legend: "What counts as an operation",
    options: [
      { value: "multAdds", label: "as torchinfo" },
      { value: "macs", label: "weights only" },
    ],
    value: counting,
    onChange: (value) => {
      counting = value;
      request();
    },
  });
  const more = h("input", { type: "checkbox", onchange: request });
  const undoButton = button({ label: "Undo", path: UNDO, onClick: undo });
  const startOver = button({ label: "Start over", onClick: () => edit(start) });
  const copy = copyButton({ code: () => code(), signal });
  const program = h("pre", { class: "builder-code", tabindex: "0", "aria-label": "Python code" });
  const totals = totalsPanel();
  const live = announcer(signal);
  const inputMessage = h("p", { class: "lu-message", role: "status", hidden: true });
  const head = h("div", { class: "builder-head", "aria-hidden": "true" }, h("span", {}, "layer"), ...COLUMNS.map((name) => h("span", { class: name }, name)));
  const group = (name, label, ...children) => h("div", { class: name, role: "group", "aria-label": label }, ...children);
  const elements = (controls) => controls.map(({ element }) => element);
  const root = h(
    "div",
    { class: "lu-demo lu-model-builder", role: "group", "aria-label": "Build a network" },
    group("builder-bar-row", "Networks to start from", ...elements(presetButtons)),
    group("builder-bar-row", "Input", h("span", { class: "lu-title" }, "Input"), ...elements(shapeButtons), ...elements(shapeFields), batch.element),
    inputMessage,
    h("div", { class: "builder-table" }, head, list),
    totals.element,
    group("builder-bar-row builder-palette", "Add a layer", h("span", { class: "lu-title" }, "Add"), h("span", { class: "builder-after" }, after.element), ...palette),
    h(
      "div",
      { class: "builder-bar-row" },
      undoButton,
      startOver,
      copy.button,
      h("label", { class: "builder-check" }, more, "All settings"),
      h("span", { class: "builder-counting" }, h("span", { class: "lu-label" }, "Count MACs"), countingChoice.element),
    ),
    copy.panel,
    disclosure("The network in PyTorch", program),
    h(
      "p",
      { class: "lu-label" },
      "A MAC is one multiplication by a weight and one addition. torchinfo also counts each bias, and the " +
        "parameters of a normalization once. Memory: the outputs as 32-bit numbers, for the whole batch. A layer " +
        "“sees” so many rows and columns of the input (its receptive field, padding included).",
    ),
    live.element,
  );

  // ---- Drawing
  const code = () => {
    const stack = layers();
    return pythonCode(stack, describe(stack, model.get("input_shape")), model.get("input_shape"), model.get("batch_size"));
  };
  let announced = "";
  function draw() {
    const [stack, shape, size] = STATE.map((name) => model.get(name));
    const described = describe(stack, shape, size);
    const sum = (name) => described.reduce((all, row) => all + (row[name] ?? 0), 0);
    const wrong = described.findIndex((row) => row.problem);
    const all = {
      parameters: sum("parameters"),
      macs: sum(counting),
      bytes: sum("bytes"),
      valid: wrong < 0,
      output: wrong < 0 ? (described.at(-1)?.output ?? shape) : null,
    };
    arrange();
    rows.forEach((row, index) => {
      const waiting = wrong >= 0 && index > wrong;
      const [layer, numbers] = [stack[index], described[index]];
      row.update({ layer, row: numbers, index, last: rows.length - 1, waiting, more: more.checked, costs: all, macs: counting });
    });
    shapeFields.forEach(({ set }, axis) => set(shape[axis], `${sizes[axis].label} of the input`));
    batch.set(size, batches.label);
    for (const choice of [...shapeButtons, ...presetButtons]) {
      const pressed = String(choice.holds());
      if (choice.element.getAttribute("aria-pressed") !== pressed) choice.element.setAttribute("aria-pressed", pressed);
    }
    offerPlaces();
    totals.update(all, stack, described, counting);
    setText(program, pythonCode(stack, described, shape, size));
    if (undoButton.disabled !== !past.length) undoButton.disabled = !past.length;
    if (inputMessage.hidden === Boolean(inputProblem)) inputMessage.hidden = !inputProblem;
    setText(inputMessage, inputProblem);
    const words =
      wrong >= 0
        ? `Layer ${wrong + 1}, ${stack[wrong].type}: ${described[wrong].problem}`
        : `${count(all.parameters)} parameters, ${count(all.macs)} MACs, output ${all.output.join("×")}.`;
    if (announced && words !== announced) live.say(words);
    announced = words;
    const detail = { layers: stack, inputShape: shape, batchSize: size, rows: described, totals: all };
    root.dispatchEvent(new CustomEvent("stack", { bubbles: true, detail }));
  }

  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

/** What stands around the stack: its input, networks to start from, and layers to add. */

/** @import { Edit, Model, Traits } from "../_shared/ui/model.js" */
/** @import { Demo } from "../_shared/ui/mount.js" */
import { button, select } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { settingField } from "./setting_field.js";
import { describe } from "./stack.js";

const MOST_LAYERS = 60;
const SIZES = [
  { name: "channels", label: "channels", default: 1, low: 1, high: 4096, step: 1 },
  { name: "height", label: "height", default: 28, low: 1, high: 2048, step: 1 },
  { name: "width", label: "width", default: 28, low: 1, high: 2048, step: 1 },
];
const BATCH = { name: "batch", label: "batch size", default: 1, low: 1, high: 4096, step: 1 };

const elements = (controls) => controls.map(({ element }) => element);
/**
 * @param {string} name
 * @param {string} label
 * @param {...Node|string} children
 * @returns {HTMLElement}
 */
export const bar = (name, label, ...children) =>
  h("div", { class: name, role: "group", "aria-label": label }, ...children);
const title = (text) => h("span", { class: "lu-title" }, text);

/** Buttons of which those are pressed that say what is there. */
function press(choices) {
  for (const { element, holds } of choices) {
    const pressed = String(holds());
    if (element.getAttribute("aria-pressed") !== pressed)
      element.setAttribute("aria-pressed", pressed);
  }
}

/**
 * Networks to start from.
 * @param {{model: Model, edit: Edit}} options
 * @returns {{element: HTMLElement, update: () => void}}
 */
export function presetBar({ model, edit }) {
  const choices = Object.values(model.get("presets")).map(({ title: label, shape, layers }) => ({
    holds: () => JSON.stringify(layers) === JSON.stringify(model.get("layers")),
    element: button({ label, kind: "small", onClick: () => edit({ input_shape: shape, layers }) }),
  }));
  return {
    element: bar("builder-bar-row", "Networks to start from", ...elements(choices)),
    update: () => press(choices),
  };
}

/**
 * The shape of the input, and the batch size.
 * @param {{model: Model, edit: (changes: Traits, what?: string) => void, onProblem: (text: string)
 *   => void}} options
 * @returns {{element: HTMLElement, update: () => void}}
 */
export function inputBar({ model, edit, onProblem }) {
  const shape = () => model.get("input_shape");
  const fields = SIZES.map((setting, axis) =>
    settingField({
      setting,
      onProblem,
      onChange: (value) =>
        edit({ input_shape: shape().map((n, i) => (i === axis ? value : n)) }, setting.name),
    }),
  );
  const batch = settingField({
    setting: BATCH,
    onProblem,
    onChange: (value) => edit({ batch_size: value }, "batch"),
  });
  const choices = model.get("shapes").map(({ name, shape: size }) => ({
    holds: () => String(size) === String(shape()),
    element: button({
      label: name,
      kind: "small",
      title: size.join("×"),
      onClick: () => edit({ input_shape: size }),
    }),
  }));
  function update() {
    fields.forEach(({ set }, axis) => set(shape()[axis], `${SIZES[axis].label} of the input`));
    batch.set(model.get("batch_size"), BATCH.label);
    press(choices);
  }
  return {
    element: bar(
      "builder-bar-row",
      "Input",
      title("Input"),
      ...elements(choices),
      ...elements(fields),
      batch.element,
    ),
    update,
  };
}

/**
 * Layers to add, and where they go.
 * @param {{demo: Demo, rows: Record<string, any>, onProblem: (text: string) => void}} options
 * @returns {{element: HTMLElement, update: () => void}}
 */
export function addBar({ demo, rows, onProblem }) {
  const { model } = demo;
  const kinds = model.get("kinds");
  const layers = () => model.get("layers");
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
    rows.insert(index, layer);
    after.set(atEnd ? "end" : String(index + 1));
    demo.say(`${type} is layer ${index + 1} now.`);
  }
  const palette = Object.keys(kinds).map((type) =>
    button({ label: type, kind: "small", title: `Add ${type}`, onClick: () => add(type) }),
  );
  let options = "";
  function update() {
    const names = layers().map(({ type }, i) => `${i + 1} ${type}`);
    if (names.join() === options && after.element.length) return;
    options = names.join();
    const before = after.element.value;
    const choices = [
      ["end", "at the end"],
      ["0", "at the start"],
      ...names.map((name, i) => [`${i + 1}`, `after ${name}`]),
    ];
    after.element.replaceChildren(...choices.map(([value, text]) => h("option", { value }, text)));
    after.set(choices.some(([value]) => value === before) ? before : "end");
  }
  const where = h("span", { class: "builder-after" }, after.element);
  return {
    element: bar("builder-bar-row builder-palette", "Add a layer", title("Add"), where, ...palette),
    update,
  };
}

/** ReceptiveFieldLab: what one output of a stack of layers sees. See __init__.py. */

import { button, segmented, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, onResize, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { ADD } from "../_shared/ui/icons.js";
import { messageLine } from "../_shared/ui/message.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { cone, outputsDrawn } from "./cone.js";
import { growthCurve } from "./curve.js";
import { fields, reached } from "./field.js";
import { layerList } from "./layer_list.js";
import { LARGEST_RANDOM, fieldMeasure } from "./measure.js";
import { pythonCode } from "./python_code.js";
import { axisSentence, measuringNote, tooMuch, weightSentence } from "./text.js";
import { weightMap } from "./weight_map.js";

/** The cone of one output along an axis, and the slider that chooses the output. */
function conePanel({ request, signal }) {
  const cones = cone();
  let output = null; // null: the one in the middle
  let width = 0;
  const chosen = slider({
    label: "Output",
    min: 1,
    max: 5,
    value: 3,
    onInput: (value) => {
      output = value - 1;
      request();
    },
  });
  onResize(
    cones.element,
    (size) => {
      width = Math.round(size.width);
      request();
    },
    signal,
  );
  const changed = changeDetector();
  /** @returns {number} The output whose field is drawn. */
  function draw(layers) {
    width ||= Math.round(cones.element.getBoundingClientRect().width);
    const outputs = outputsDrawn(layers);
    const at = output === null ? outputs >> 1 : Math.min(output, outputs - 1);
    if (chosen.element.hidden !== (outputs === 1)) chosen.element.hidden = outputs === 1;
    chosen.set(at + 1, Math.max(outputs, 2));
    if (width && changed(layers, at, width)) cones.draw(layers, at, width);
    return at;
  }
  return { elements: [cones.element, chosen.element], draw };
}

/** How the field grows from layer to layer. */
function growthPanel({ request }) {
  const curve = growthCurve();
  let logarithmic = false;
  const axis = segmented({
    legend: "Scale of the curve",
    options: [
      { value: false, label: "linear" },
      { value: true, label: "logarithmic" },
    ],
    value: logarithmic,
    onChange: (value) => {
      logarithmic = value;
      request();
    },
  });
  const changed = changeDetector();
  function draw(layers, sizes) {
    if (changed(layers, logarithmic))
      curve.draw(
        sizes.map((field) => field.size),
        logarithmic,
      );
  }
  return { elements: [curve.element, axis.element], draw };
}

const panel = (title, ...parts) =>
  h("div", { class: "field-panel" }, h("p", { class: "lu-title" }, title), ...parts);

function build(demo) {
  const { model, root, request, edit, signal } = demo;
  demo.watch(["layers", "weights"]);
  const limits = model.get("limits");
  const presets = model.get("presets");
  const message = messageLine();
  let said = "";

  /** Put another stack on screen, unless it is too large. */
  function change(layers) {
    said = tooMuch(layers, fields(layers).at(-1).size, limits);
    if (said) list.update(model.get("layers"), fields(model.get("layers")));
    else edit({ layers });
    request();
  }
  const chips = presets.map(({ name, layers }) =>
    button({
      label: name,
      kind: "small",
      onClick: () => change(layers.map((layer) => ({ ...layer }))),
    }),
  );
  const list = layerList({ limits, change, current: () => model.get("layers"), draw: demo.draw });
  const add = button({
    label: "Add a layer",
    path: ADD,
    onClick: () => change([...model.get("layers"), { ...model.get("layers").at(-1) }]),
  });
  const cones = conePanel(demo);
  const growth = growthPanel(demo);
  const map = weightMap(demo);
  const measure = fieldMeasure();
  const [holes, facts, note] = ["field-holes", "field-facts", "lu-label"].map((name) =>
    h("p", { class: name }),
  );
  const copy = copyButton({ code: () => pythonCode(model.get("layers")), signal });

  const newStack = changeDetector();
  function draw() {
    const layers = model.get("layers");
    const sizes = fields(layers);
    const { size, jump } = sizes.at(-1);
    message.show(said);
    if (newStack(layers)) drawStack(layers, sizes);
    const output = cones.draw(layers);
    growth.draw(layers, sizes);
    const tooLarge = size > LARGEST_RANDOM;
    const random = model.get("weights") === "random" && !tooLarge;
    map.choose(random, !tooLarge);
    const measured = measure(layers, size, random);
    map.update(measured, size, demo.dark);
    const { side, seen, kernels } = measured;
    setText(holes, axisSentence({ size, jump }, seen));
    setText(facts, weightSentence(size, side));
    setText(note, measuringNote(random, tooLarge));
    demo.tellState(
      `${said} One output sees ${size} by ${size} pixels, at least 95% of the weight in ${side} by ${side}.`,
    );
    Object.assign(root.dataset, { size, jump, side });
    return { layers, fields: sizes, map: measured.map, side, seen, kernels, output };
  }
  function drawStack(layers, sizes) {
    list.update(layers, sizes);
    const same = JSON.stringify(layers);
    chips.forEach((chip, i) =>
      chip.setAttribute("aria-pressed", JSON.stringify(presets[i].layers) === same),
    );
  }

  const parts = [
    h("div", { class: "field-presets", role: "group", "aria-label": "Examples" }, ...chips),
    panel("What one output sees, along one axis", ...cones.elements, holes),
    h("div", { class: "field-scroll" }, list.element),
    h("div", { class: "field-tools" }, add, copy.button),
    copy.panel,
    message.element,
    h(
      "div",
      { class: "field-pair" },
      panel("Growth", ...growth.elements),
      panel("How much each pixel counts", ...map.elements),
    ),
    facts,
    note,
  ];
  function readings() {
    const layers = model.get("layers");
    const convolutions = layers.filter(({ kind }) => kind === "conv");
    return {
      ...fields(layers).at(-1),
      read: reached(layers, 0)[0].size,
      kernel_weights: convolutions.reduce((sum, { kernel }) => sum + kernel ** 2, 0),
      pooling: layers.length - convolutions.length,
    };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "receptive_field_lab", label: "Receptive field lab" }, build),
};

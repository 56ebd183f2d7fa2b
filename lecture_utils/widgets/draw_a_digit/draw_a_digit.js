/** DrawADigit: a network reads handwriting on the page and shows its work. See __init__.py. */

/** @import { Layer } from "../_shared/nn/network.js" */
import { grouped } from "../_shared/math/numbers.js";
import { channelsFirst } from "../_shared/nn/network.js";
import { grayScale, raster } from "../_shared/ui/canvas.js";
import { button, helpList, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { SIZE } from "./center.js";
import { drawingPanel } from "./drawing_panel.js";
import { exampleStrip } from "./examples.js";
import { inspector } from "./inspector.js";
import { layerMaps } from "./layer_maps.js";
import { pythonCode } from "./python_code.js";
import { makeReader } from "./reader.js";
import { verdictPanel } from "./verdict_panel.js";

const TRAITS = ["image", "source", "centered", "right", "down", "degrees", "unit"];
/** @type {[string, string, number, number][]} A trait, its label, its limit and its step. */
const MOVES = [
  ["right", "Shift right", 14, 0.5],
  ["down", "Shift down", 14, 0.5],
  ["degrees", "Rotate", 180, 1],
];
const HELP = [
  [
    "Drawing",
    "use the mouse, a finger or a pen. With the keyboard: arrow keys move the pen (with Shift five times as far), the space bar sets it down and lifts it.",
  ],
  [
    "Centering",
    "MNIST’s digits were scaled to fit into 20×20 pixels and moved until their center of mass was in the middle. With “Center it as MNIST does” checked, your drawing is treated in the same way.",
  ],
  [
    "Feature maps",
    "every layer’s output for this one digit. Point at one to see where a value comes from; click to keep it. All maps of a layer share one scale.",
  ],
];

/** What the network gets, and sliders that shift and rotate it. */
function inputPanel({ model, edit }) {
  const canvas = h("canvas", {
    role: "img",
    "aria-label": "The 28×28 pixels that the network sees",
  });
  const paint = raster(canvas);
  const moves = MOVES.map(([name, label, limit, step]) => {
    const control = slider({
      label,
      min: -limit,
      max: limit,
      step,
      value: 0,
      onInput: (value) => edit({ [name]: value }),
    });
    return { name, ...control };
  });
  const back = button({
    label: "Put it back",
    kind: "small",
    onClick: () => edit({ right: 0, down: 0, degrees: 0 }),
  });
  return {
    parts: [canvas, ...moves.map((control) => control.element), back],
    paint: (input) => paint(input, SIZE, SIZE, grayScale()),
    update() {
      for (const { name, set } of moves) set(model.get(name));
    },
  };
}

/** @param {Layer} layer */
function describeLayer({ kind, channels, rows, columns, kernel, step, padding, weight, bias }) {
  const size =
    rows * columns === 1 ? `${channels} values` : `${channels} maps of ${rows}×${columns}`;
  const window = kernel && kind !== "Linear" ? `${kernel[0]}×${kernel[1]}` : "";
  const stride = kind === "Conv2d" && step[0] > 1 ? `stride ${step[0]}` : "";
  const zeros = padding?.[0] ? `padding ${padding[0]}` : "";
  const parameters = weight ? `${grouped(weight.length + bias.length)} parameters` : "";
  return [window, stride, zeros, size, parameters].filter(Boolean).join(", ");
}

/**
 * A unit that this network has; a trait may name any.
 * @param {Layer[]} layers
 * @param {number[]} unit
 * @returns {number[]}
 */
function existing(layers, [index, channel, row, column]) {
  const i = Math.min(index, layers.length - 1);
  const { channels, rows, columns } = layers[i];
  return [
    i,
    Math.min(channel, channels - 1),
    Math.min(row, rows - 1),
    Math.min(column, columns - 1),
  ];
}

const box = (kind, title, ...parts) =>
  h(
    "div",
    { class: `digit-panel ${kind}`, role: "group", "aria-label": title },
    h("p", { class: "lu-title" }, title),
    ...parts,
  );

function build(demo) {
  const { model, request, edit, signal } = demo;
  demo.watch(TRAITS);
  const reader = makeReader(model);
  const { network, input } = reader;
  const names = network.layers.map(
    ({ kind, normalized }, i) => `${i + 1} ${kind}${normalized ? " + BatchNorm2d" : ""}`,
  );

  let said = "";
  // A newer sentence replaces one that has not been read yet, so each tells both: the pen, and the
  // prediction.
  const drawing = drawingPanel(demo, (text) => demo.say(`${text} ${said}`));
  const examples = exampleStrip(demo, () => drawing.pad.forget());
  const seen = inputPanel(demo);
  const verdict = verdictPanel(model);
  let pointed = null;
  const choose = (unit) => edit({ unit });
  const maps = network.layers.map((layer, i) =>
    layerMaps({
      layer,
      title: names[i],
      note: describeLayer(layer),
      onPoint: (unit, press) => {
        const before = pointed;
        pointed = unit && !press ? [i, ...unit] : null;
        if (press) choose([i, ...unit]);
        if (`${pointed}` !== `${before}`) request();
      },
    }),
  );
  const panel = inspector({
    chain: [network.input, ...network.layers],
    names,
    onChoose: choose,
    signal,
  });
  const copy = copyButton({
    code: () => {
      const { run } = model.get("network");
      return pythonCode({
        ...reader.settings(),
        run,
        image: reader.image(),
        code: examples.current()?.code ?? "",
      });
    },
    signal,
  });

  const [newInput, newMaps, newUnit] = [changeDetector(), changeDetector(), changeDetector()];
  const activations = () => network.layers.map(channelsFirst);
  function draw() {
    drawing.draw();
    seen.update();
    examples.update();
    const { right, down, degrees } = reader.settings();
    const fresh = newInput(model.get("image"), right, down, degrees);
    if (fresh) read();
    const unit = existing(network.layers, pointed ?? model.get("unit"));
    const { logits, probabilities, ms } = reader;
    if (newMaps(logits, demo.dark)) for (const map of maps) map.draw(demo.dark);
    if (!newUnit(unit.join(), logits, demo.dark) && !fresh) return null;
    const explained = panel.update(unit, input, demo.dark);
    const [index, ...place] = unit;
    maps.forEach((map, i) =>
      map.mark(i === index ? place : null, i === index - 1 ? explained.read : null),
    );
    return {
      input,
      logits,
      probabilities,
      unit,
      ms,
      ink: drawing.pad.ink,
      engine: network.engine,
      activations,
      ...explained,
    };
  }
  function read() {
    reader.read();
    seen.paint(input);
    const words = verdict.update(reader, examples.current());
    if (said && said !== words) demo.say(drawing.pad.penDown ? `Pen down. ${words}` : words);
    said = words;
  }

  const parts = [
    h(
      "div",
      { class: "digit-top" },
      box("digit-pad", "Your drawing", ...drawing.parts),
      box("digit-sees", "What the network sees", ...seen.parts),
      verdict.element,
    ),
    h(
      "div",
      { class: "digit-examples" },
      h("p", { class: "lu-label" }, "Examples (red frame: misread)"),
      examples.element,
    ),
    h(
      "div",
      { class: "digit-network" },
      h("div", { class: "digit-layers" }, ...maps.map((map) => map.element)),
      panel.element,
    ),
    h("div", { class: "digit-footer" }, copy.button, copy.panel, helpList("Help", HELP)),
  ];
  function readings() {
    const probabilities = Array.from(reader.probabilities);
    const highest = Math.max(...probabilities);
    return { predicted: probabilities.indexOf(highest), confidence: 100 * highest };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo(
      { ...context, name: "draw_a_digit", label: "A network reads your handwriting" },
      build,
    ),
};

/** DrawADigit: a network reads handwriting on the page and shows its work. See __init__.py. */

import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { grayScale, raster } from "../_shared/ui/canvas.js";
import { button, disclosure, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { readFloats } from "../_shared/nn/float16.js";
import { changeDetector, promptly } from "../_shared/ui/frame.js";
import { thumbnails } from "../_shared/ui/gallery.js";
import { editor, watch } from "../_shared/ui/model.js";
import { channelsFirst, makeNetwork, softmax } from "../_shared/nn/network.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { SIZE, center, move, uncentered } from "./center.js";
import { inspector } from "./inspector.js";
import { layerMaps } from "./layer_maps.js";
import { PAD, drawingPad } from "./pad.js";
import { pythonCode } from "./python_code.js";
import { percent, scoreTable } from "./score_table.js";

const TRAITS = ["image", "source", "centered", "right", "down", "degrees", "unit"];
const WARM_UP = 5;
const DRAWING = "your drawing";
const UNDO = "M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2";
const TRASH = "M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13";
const HELP = [
  ["Drawing", "use the mouse, a finger or a pen. With the keyboard: arrow keys move the pen (with Shift five times as far), the space bar sets it down and lifts it."],
  ["Centering", "MNIST’s digits were scaled to 20×20 pixels and moved until their center of mass was in the middle. The network has never seen others."],
  ["Feature maps", "every layer’s output for this one digit. Point at one to see where a value comes from; click to keep it. All maps of a layer share one scale."],
];

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const edit = editor(model, signal);
  const request = promptly(draw, signal);
  const live = announcer(signal);

  // ---- The network
  const { precision, run } = model.get("network");
  const network = makeNetwork(model.get("network"), readFloats(toTyped(model.get("parameters")), precision));
  const chain = [network.input, ...network.layers];
  const names = network.layers.map(({ kind, normalized }, i) => `${i + 1} ${kind}${normalized ? " + BatchNorm2d" : ""}`);
  const input = new Float32Array(SIZE * SIZE);
  // Browsers translate what runs often into faster code: the first runs would tell wrong times.
  for (let i = 0; i < WARM_UP; i += 1) network.run(input);
  let [logits, probabilities, ms] = [new Float32Array(10), new Float64Array(10), 0];

  // ---- Drawing
  let said = "";
  const pad = drawingPad({
    signal,
    // A newer sentence replaces one that is not told yet, so each says both: the pen, and the answer.
    say: (text) => live.say(`${text} ${said}`),
    onCursor: request,
    onChange: () => takeDrawing(model.get("centered")),
  });
  function takeDrawing(centered) {
    const image = (centered ? center : uncentered)(pad.ink, PAD, PAD);
    edit({ source: DRAWING, image: fromTyped(image, [SIZE, SIZE]), centered });
  }
  const hint = h("span", { class: "digit-hint", "aria-hidden": "true" }, "Draw a digit here");
  pad.element.append(hint);
  const undo = button({ label: "Undo", path: UNDO, onClick: () => pad.undo() });
  const clear = button({ label: "Clear", path: TRASH, onClick: () => pad.clear() });
  const centering = h("input", { type: "checkbox" });
  centering.addEventListener("change", () => {
    if (pad.empty) edit({ centered: centering.checked });
    else takeDrawing(centering.checked);
  });

  // ---- Examples
  const bytes = toTyped(model.get("example_pixels"));
  const examples = model.get("examples").map((entry, i) => {
    const values = Float32Array.from(bytes.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE), (byte) => byte / 255);
    return { ...entry, values, rows: SIZE, columns: SIZE };
  });
  const strip = thumbnails({
    legend: "Examples",
    onChoose: (name) => {
      const { values } = examples.find((example) => example.name === name);
      pad.forget();
      edit({ source: name, image: fromTyped(values, [SIZE, SIZE]) });
    },
  });
  for (const { name, label, predicted, ...picture } of examples) {
    const wrong = label !== predicted;
    strip.put(name, { picture, title: wrong ? `A ${label} that is read as a ${predicted}` : `A ${label}` });
    const thumb = strip.element.querySelector(`input[value="${name}"]`).parentElement;
    thumb.classList.toggle("wrong", wrong);
  }

  // ---- Shifting and rotating
  const moves = [
    ["right", "Shift right", 14, 0.5],
    ["down", "Shift down", 14, 0.5],
    ["degrees", "Rotate", 180, 1],
  ].map(([name, label, limit, step]) => {
    const control = slider({ label, min: -limit, max: limit, step, value: 0, onInput: (value) => edit({ [name]: value }) });
    return { name, ...control };
  });
  const back = button({ label: "Put it back", kind: "small", onClick: () => edit({ right: 0, down: 0, degrees: 0 }) });

  // ---- What the network makes of it
  const sees = h("canvas", { role: "img", "aria-label": "The 28×28 pixels that the network sees" });
  const paintInput = raster(sees);
  const verdict = h("p", { class: "digit-verdict" });
  const truth = h("p", { class: "digit-truth" });
  const scores = scoreTable();
  const speed = h("p", { class: "lu-label" });
  let pointed = null;
  const chosen = (unit) => edit({ unit });
  const maps = network.layers.map((layer, i) =>
    layerMaps({
      layer,
      title: names[i],
      note: describeLayer(layer),
      onPoint: (unit, press) => {
        pointed = unit && !press ? [i, ...unit] : null;
        if (press) chosen([i, ...unit]);
        request();
      },
    }),
  );
  const panel = inspector({ chain, names, onChoose: chosen, signal });
  const copy = copyButton({ code: () => pythonCode({ ...settings(), run, image: image(), code: example()?.code ?? "" }), signal });

  const settings = () => Object.fromEntries(["right", "down", "degrees"].map((name) => [name, model.get(name)]));
  const image = () => toTyped(model.get("image"));
  const example = () => examples.find(({ name }) => name === model.get("source"));

  // ---- The page
  const box = (kind, title, ...parts) =>
    h("div", { class: `digit-panel ${kind}`, role: "group", "aria-label": title }, h("p", { class: "lu-title" }, title), ...parts);
  const root = h(
    "div",
    { class: "lu-demo lu-draw-a-digit", role: "group", "aria-label": "A network reads your handwriting" },
    h(
      "div",
      { class: "digit-top" },
      box("digit-pad", "Your drawing", pad.element, h("div", { class: "digit-tools" }, undo, clear), h("label", { class: "digit-check" }, centering, "Center it as MNIST does")),
      box("digit-sees", "What the network sees", sees, ...moves.map((control) => control.element), back),
      h("div", { class: "digit-panel digit-says", role: "group", "aria-label": "What it says" }, verdict, truth, scores.element, speed),
    ),
    h("div", { class: "digit-examples" }, h("p", { class: "lu-label" }, "Examples; framed in red: read wrongly"), strip.element),
    h("div", { class: "digit-network" }, h("div", { class: "digit-layers" }, ...maps.map((map) => map.element)), panel.element),
    h(
      "div",
      { class: "digit-footer" },
      copy.button,
      copy.panel,
      disclosure("Help", h("ul", { class: "digit-help" }, ...HELP.map(([what, text]) => h("li", {}, h("strong", {}, `${what}: `), text)))),
    ),
    live.element,
  );

  let dark = false;
  const [newInput, newMaps, newUnit] = [changeDetector(), changeDetector(), changeDetector()];
  function draw() {
    pad.draw();
    hint.hidden = !pad.empty;
    undo.disabled = clear.disabled = pad.empty;
    centering.checked = model.get("centered");
    for (const { name, set } of moves) set(model.get(name));
    strip.set(model.get("source"));
    const { right, down, degrees } = settings();
    const fresh = newInput(model.get("image"), right, down, degrees);
    if (fresh) compute();
    const unit = existing(pointed ?? model.get("unit"));
    if (newMaps(logits, dark)) for (const map of maps) map.draw(dark);
    if (!newUnit(unit.join(), logits, dark) && !fresh) return;
    const explained = panel.update(unit, input, dark);
    const [index, ...place] = unit;
    maps.forEach((map, i) => map.mark(i === index ? place : null, i === index - 1 ? explained.read : null));
    const detail = { input, logits, probabilities, unit, ms, ink: pad.ink, engine: network.engine, activations, ...explained };
    root.dispatchEvent(new CustomEvent("draw-a-digit", { bubbles: true, detail }));
  }
  const activations = () => network.layers.map(channelsFirst);

  function compute() {
    move(image(), settings(), input);
    const start = performance.now();
    logits = network.run(input).slice();
    ms = performance.now() - start;
    probabilities = softmax(logits);
    paintInput(input, SIZE, SIZE, grayScale());
    const best = probabilities.indexOf(Math.max(...probabilities));
    scores.update(logits, probabilities, best);
    const words =
      best < 0
        ? "The network’s numbers have become too large, so it reads nothing."
        : `The network reads a ${best}, with ${percent(probabilities[best])}.`;
    setText(verdict, words);
    setText(truth, comment(best));
    truth.classList.toggle("wrong", example() !== undefined && example().label !== best);
    setText(speed, `Computed here in ${ms.toFixed(1)} ms.`);
    const told = `${words} ${truth.textContent}`;
    if (said && said !== told) live.say(pad.penDown ? `Pen down. ${told}` : told);
    said = told;
  }
  function comment(best) {
    if (!image().some((value) => value > 0)) return "The field is empty, but the network must name a digit.";
    const label = example()?.label;
    if (label === undefined && model.get("source") !== DRAWING) return "";
    if (label === undefined) return model.get("centered") ? "Is that what you meant?" : "It has learned from centered digits only.";
    return label === best ? `The label says ${label}, too.` : `That is wrong: the label says ${label}.`;
  }
  /** A unit that this network has; a trait may name any. */
  function existing([index, channel, row, column]) {
    const i = Math.min(index, network.layers.length - 1);
    const { channels, rows, columns } = network.layers[i];
    return [i, Math.min(channel, channels - 1), Math.min(row, rows - 1), Math.min(column, columns - 1)];
  }

  const followTheme = () => {
    dark = isDark(root);
    request();
  };
  watch(model, TRAITS, request, signal);
  onThemeChange(followTheme, signal);
  el.append(root);
  followTheme();
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

function describeLayer({ kind, channels, rows, columns, kernel, step, padding, weight, bias }) {
  const size = rows * columns === 1 ? `${channels} values` : `${channels} maps of ${rows}×${columns}`;
  const window = kernel && kind !== "Linear" ? `${kernel[0]}×${kernel[1]}` : "";
  const stride = kind === "Conv2d" && step[0] > 1 ? `stride ${step[0]}` : "";
  const zeros = padding?.[0] ? `padding ${padding[0]}` : "";
  const parameters = weight ? `${(weight.length + bias.length).toLocaleString("en-US")} parameters` : "";
  return [window, stride, zeros, size, parameters].filter(Boolean).join(", ");
}

export default { render };

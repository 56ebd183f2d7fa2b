/** ConvolutionLab: any kernel on any image, every output pixel explained. See __init__.py. */

import { signedLegend, grayScale, signedScale } from "../_shared/canvas.js";
import { button, disclosure, slider } from "../_shared/controls.js";
import { copyButton } from "../_shared/copy.js";
import { announcer, h } from "../_shared/dom.js";
import { oncePerFrame } from "../_shared/frame.js";
import { maxMagnitude } from "../_shared/image.js";
import { editor, watch } from "../_shared/model.js";
import { clamp, format } from "../_shared/numbers.js";
import { moveByKey, plane } from "../_shared/plane.js";
import { scanner } from "../_shared/scan.js";
import { isDark, onThemeChange } from "../_shared/theme.js";
import { arithmetic } from "./arithmetic.js";
import { DRAWING, imagePanel } from "./image_panel.js";
import { kernelPanel } from "./kernel_panel.js";
import { pythonCode } from "./python_code.js";
import { labReader, misfit, sizeFormula } from "./state.js";

const TRAITS = ["image", "kernel", "kernel_name", "stride", "padding", "dilation", "source", "position"];
const RESTART = "M4 4v6h6M4.500 10a8 8 0 1 1-.500 5";
const HELP = [
  ["Window", "point at the input or the output, tap it, or use the arrow keys; a click makes it stay."],
  ["Weights", "type a number into a cell, or drag it up and down; with the cell chosen, turn the wheel or press Page Up and Page Down."],
  ["Drawing", "draw with mouse or finger; or move with the arrow keys and press Space to paint."],
  ["Your own image", "open a file or drop one here. It stays in your browser."],
];

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const edit = editor(model, signal);
  const read = labReader(model);
  const start = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
  const request = oncePerFrame(draw, signal);
  watch(model, TRAITS, request, signal);
  onThemeChange(request, signal);

  // ---- The window: where it stays (the trait), and where it only visits (pointer, animation)
  let visit = null;
  let scan = null;
  const position = () => {
    const { rows, columns } = read();
    const [row, column] = visit ?? model.get("position");
    return [clamp(row, 0, Math.max(rows - 1, 0)), clamp(column, 0, Math.max(columns - 1, 0))];
  };
  const settle = (to) => {
    visit = scan = null;
    edit({ position: to });
    request();
  };
  function point(phase, to) {
    if (!read().rows || (play.running && phase === "hover") || (play.running && phase === "leave")) return;
    if (phase === "down") play.stop();
    if (phase === "leave") visit = null;
    else if (phase === "hover") visit = to;
    else return settle(to);
    scan = null;
    request();
  }
  const inside = ([row, column]) => {
    const { rows, columns } = read();
    return [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)];
  };
  /** The output pixel whose window has its middle nearest to a place on the input. */
  const windowAt = ({ row, column }) => {
    const { kh, kw, layer } = read();
    const at = (place, size) =>
      Math.round((place - 0.5 + layer.padding - (layer.dilation * (size - 1)) / 2) / layer.stride);
    return inside([at(row, kh), at(column, kw)]);
  };
  const byKey = (event) => {
    const { rows, columns } = read();
    const to = rows && moveByKey(event, position(), rows, columns);
    if (!to) return false;
    event.preventDefault();
    play.stop();
    settle(to);
    return true;
  };

  // ---- Panels
  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  let said = "";
  const say = (text) => {
    said = text;
    request();
  };
  const images = imagePanel({ model, edit, say });
  const kernel = kernelPanel({ model, edit, say });
  const sum = arithmetic();
  const isDrawing = () => model.get("source") === DRAWING;
  const input = plane({
    label: "Input",
    signal,
    onPoint: ({ row, column, phase }) => {
      if (isDrawing() && (phase === "down" || phase === "drag")) {
        images.sketch.stroke(row, column, phase === "down");
      }
      if (phase !== "up") point(phase, phase === "leave" ? null : windowAt({ row, column }));
    },
    onKey: (event) => {
      if (byKey(event) || !isDrawing() || event.key !== " ") return;
      event.preventDefault();
      const { kh, kw, layer } = read();
      const [row, column] = position();
      const middle = (at, size) => at * layer.stride - layer.padding + (layer.dilation * (size - 1) + 1) / 2;
      images.sketch.stroke(middle(row, kh), middle(column, kw), true);
    },
  });
  const output = plane({
    label: "Output",
    signal,
    onKey: byKey,
    onPoint: ({ row, column, phase }) => {
      if (phase !== "up") point(phase, phase === "leave" ? null : inside([Math.floor(row), Math.floor(column)]));
    },
  });
  const legend = signedLegend();
  const inputSize = h("span", { class: "lu-label" });
  const outputSize = h("span", { class: "lu-label" });
  const panel = (kind, title, size, ...parts) =>
    h(
      "div",
      { class: `lab-panel lab-panel-${kind}` },
      h("p", { class: "lab-head" }, h("span", { class: "lu-title" }, title), size),
      ...parts,
    );

  // ---- Settings
  const play = scanner({
    size: () => [read().rows, read().columns],
    from: position,
    onStep: (row, column, band) => {
      visit = [row, column];
      scan = { row, column: column + 1, band };
      request();
    },
    onEnd: (finished) => {
      const [row, column] = position();
      const reached = scan;
      settle(finished ? inside([Infinity, Infinity]) : [row, column]);
      scan = finished ? null : reached;
    },
    signal,
  });
  const layerSlider = (name, label, min, max) =>
    slider({ label, min, max, value: model.get(name), onInput: (value) => edit({ [name]: value }) });
  const sliders = {
    stride: layerSlider("stride", "Stride", 1, 4),
    padding: layerSlider("padding", "Padding", 0, 5),
    dilation: layerSlider("dilation", "Dilation", 1, 4),
  };
  const formula = h("p", { class: "lab-formula" });
  const copy = copyButton({ code: () => pythonCode(read(), images.current()), signal });
  const restart = button({
    label: "Start over",
    path: RESTART,
    onClick: () => {
      play.stop();
      visit = scan = null;
      say("");
      edit(start);
    },
  });
  const help = disclosure(
    "What can I do here?",
    h("ul", { class: "lab-help" }, ...HELP.map(([what, how]) => h("li", {}, h("strong", {}, `${what}: `), how))),
  );
  const live = announcer(signal);
  const operator = (sign) => h("span", { class: "lab-between", "aria-hidden": "true" }, sign);
  const root = h(
    "div",
    { class: "lu-demo lu-convolution-lab", role: "group", "aria-label": "Convolution lab" },
    images.element,
    h(
      "div",
      { class: "lab-stage" },
      panel("input", "Input", inputSize, input.element, images.sketch.tools),
      operator("∗"),
      kernel.element,
      operator("="),
      panel("output", "Output", outputSize, output.element, legend.element),
    ),
    message,
    sum.element,
    h("div", { class: "lab-settings" }, play.button, ...Object.values(sliders).map(({ element }) => element)),
    formula,
    h("div", { class: "lab-footer" }, copy.button, restart, copy.panel, help),
    live.element,
  );

  // ---- Files dropped anywhere on the card
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) images.open(event.dataTransfer.files[0]);
  });

  let announced = "";
  let drawn = null;
  function draw() {
    const lab = read();
    const dark = isDark(root);
    const [row, column] = position();
    const { h: height, w: width, kh, kw, layer, rows, columns } = lab;
    const problem = misfit(lab);
    message.textContent = problem ?? said;
    message.hidden = !message.textContent;
    root.classList.toggle("misfit", Boolean(problem));
    root.classList.toggle("drawing", isDrawing());
    images.update();
    kernel.update(dark);
    for (const [name, control] of Object.entries(sliders)) control.set(model.get(name));
    sliders.padding.set(layer.padding, Math.max(5, layer.padding));
    inputSize.textContent = `${height}×${width}`;
    outputSize.textContent = problem ? "none" : `${rows}×${columns}`;
    formula.textContent = problem ? "" : sizeFormula(lab);
    input.draw(lab.pixels, height, width, grayScale(), layer.padding);
    const window = { rows: kh, columns: kw, step: layer.dilation };
    input.mark({ ...window, top: row * layer.stride - layer.padding, left: column * layer.stride - layer.padding });
    Object.assign(root.dataset, { rows, columns, row, column });
    if (problem) {
      live.say(problem);
      return;
    }
    const limit = maxMagnitude(lab.output) || 1;
    const value = lab.output[row * columns + column];
    output.draw(lab.output, rows, columns, signedScale(limit, dark));
    output.mark({ top: row, left: column, rows: 1, columns: 1 });
    output.reveal(scan?.row, scan?.column, scan?.band);
    legend.update(limit, dark, value);
    sum.update(lab, row, column, limit, dark);
    root.dataset.value = value;
    const words = `Output ${rows} by ${columns}. Row ${row}, column ${column}: ${format(value)}.`;
    if (words !== announced && announced && !play.running) live.say(words);
    announced = words;
    if (drawn !== lab) root.dispatchEvent(new CustomEvent("convolution", { bubbles: true, detail: lab }));
    drawn = lab;
  }

  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

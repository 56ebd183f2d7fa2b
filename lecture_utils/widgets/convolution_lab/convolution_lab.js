/** ConvolutionLab: any kernel on any image, every output pixel explained. See __init__.py. */

import { signedLegend, grayScale, signedScale } from "../_shared/ui/canvas.js";
import { button, disclosure, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { changeDetector, promptly } from "../_shared/ui/frame.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { editor, watch } from "../_shared/ui/model.js";
import { format } from "../_shared/math/numbers.js";
import { plane } from "../_shared/ui/plane.js";
import { scanner } from "../_shared/ui/scan.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { arithmetic } from "./arithmetic.js";
import { DRAWING, imagePanel } from "../_shared/ui/image_panel.js";
import { kernelPanel } from "./kernel_panel.js";
import { pythonCode } from "./python_code.js";
import { labReader, misfit, sizeFormula } from "./state.js";
import { slidingWindow } from "./window.js";

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
  const request = promptly(draw, signal);
  watch(model, TRAITS, request, signal);

  const sliding = slidingWindow({ model, read, edit, request });
  /** What a pointer does on either image; `to` is the output pixel that it means. */
  function point(phase, to) {
    if (phase === "down") play.stop();
    if (!read().rows || play.running || phase === "up") return;
    if (phase === "hover" || phase === "leave") sliding.visit(phase === "hover" ? to : null);
    else sliding.settle(to);
  }
  function onKey(event) {
    const moved = sliding.byKey(event);
    if (moved) play.stop();
    return moved;
  }

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
      point(phase, sliding.nearest({ row, column }));
    },
    onKey: (event) => {
      if (onKey(event) || !isDrawing() || event.key !== " ") return;
      event.preventDefault();
      images.sketch.stroke(...sliding.middle(), true);
    },
  });
  const output = plane({
    label: "Output",
    signal,
    onKey,
    onPoint: ({ row, column, phase }) => point(phase, [Math.floor(row), Math.floor(column)]),
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
    from: sliding.position,
    onStep: sliding.walk,
    onEnd: sliding.halt,
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
      say("");
      sliding.settle(start.position);
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
  const [newImage, newKernel, newInput, newOutput, newLab] = Array.from({ length: 5 }, changeDetector);
  function draw() {
    const lab = read();
    const [row, column] = sliding.position();
    const { h: height, w: width, kh, kw, layer, rows, columns } = lab;
    const problem = misfit(lab);
    setText(message, problem ?? said);
    message.hidden = !message.textContent;
    root.classList.toggle("misfit", Boolean(problem));
    root.classList.toggle("drawing", isDrawing());
    if (newImage(model.get("source"), model.get("image"))) images.update();
    if (newKernel(model.get("kernel"), model.get("kernel_name"), dark)) kernel.update(dark);
    for (const [name, control] of Object.entries(sliders)) control.set(model.get(name));
    sliders.padding.set(layer.padding, Math.max(5, layer.padding));
    setText(inputSize, `${height}×${width}`);
    setText(outputSize, problem ? "none" : `${rows}×${columns}`);
    setText(formula, problem ? "" : sizeFormula(lab));
    if (newInput(model.get("image"), layer.padding)) {
      input.draw(lab.pixels, height, width, grayScale(), layer.padding);
    }
    const [top, left] = [row, column].map((at) => at * layer.stride - layer.padding);
    input.mark({ top, left, rows: kh, columns: kw, step: layer.dilation });
    Object.assign(root.dataset, { rows, columns, row, column });
    if (problem) {
      live.say(problem);
      return;
    }
    const value = lab.output[row * columns + column];
    if (newOutput(lab, dark)) {
      limit = maxMagnitude(lab.output) || 1;
      output.draw(lab.output, rows, columns, signedScale(limit, dark));
    }
    output.mark({ top: row, left: column, rows: 1, columns: 1 });
    output.reveal(sliding.scan?.row, sliding.scan?.column, sliding.scan?.band);
    legend.update(limit, dark, value);
    sum.update(lab, row, column, limit, dark);
    root.dataset.value = value;
    const words = `Output ${rows} by ${columns}. Row ${row}, column ${column}: ${format(value)}.`;
    if (words !== announced && announced && !play.running) live.say(words);
    announced = words;
    if (newLab(lab)) root.dispatchEvent(new CustomEvent("convolution", { bubbles: true, detail: lab }));
  }
  let limit = 1;
  let dark = false;
  const followTheme = () => {
    dark = isDark(root);
    request();
  };
  onThemeChange(followTheme, signal);

  el.append(root);
  followTheme();
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

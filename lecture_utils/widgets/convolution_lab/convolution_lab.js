/** ConvolutionLab: any kernel on any image, every output pixel explained. See __init__.py. */

import { format } from "../_shared/math/numbers.js";
import { helpList, restartButton, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { DRAWING, imagePanel } from "../_shared/ui/image_panel.js";
import { messageLine } from "../_shared/ui/message.js";
import { readTraits } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { dropZone } from "../_shared/ui/open_file.js";
import { scanner } from "../_shared/ui/scan.js";
import { arithmetic } from "./arithmetic.js";
import { kernelPanel } from "./kernel_panel.js";
import { pythonCode } from "./python_code.js";
import { labReader, misfit, sizeFormula } from "./state.js";
import { imageViews } from "./views.js";
import { slidingWindow } from "./window.js";

const TRAITS = [
  "image",
  "kernel",
  "kernel_name",
  "stride",
  "padding",
  "dilation",
  "source",
  "position",
];
const HELP = [
  ["Window", "point at the input or the output, tap it, or use the arrow keys; click to pin it."],
  [
    "Weights",
    "type a number into a cell, or drag it up and down; with the cell chosen, turn the wheel or press Page Up and Page Down.",
  ],
  ["Drawing", "draw with mouse or finger; or move with the arrow keys and press Space to paint."],
  ["Your own image", "open a file or drop one here. It stays in your browser."],
];

/** Sliders of what a layer is made with. */
function layerSliders({ model, edit }) {
  const layerSlider = (name, label, min, max) =>
    slider({
      label,
      min,
      max,
      value: model.get(name),
      onInput: (value) => edit({ [name]: value }),
    });
  const sliders = {
    stride: layerSlider("stride", "Stride", 1, 4),
    padding: layerSlider("padding", "Padding", 0, 5),
    dilation: layerSlider("dilation", "Dilation", 1, 4),
  };
  function update() {
    for (const [name, control] of Object.entries(sliders)) control.set(model.get(name));
    sliders.padding.set(model.get("padding"), Math.max(5, model.get("padding")));
  }
  return { elements: Object.values(sliders).map(({ element }) => element), update };
}

function build(demo) {
  const { model, root, signal, edit, request } = demo;
  const read = labReader(model);
  const start = readTraits(model, TRAITS);
  demo.watch(TRAITS);

  const message = messageLine();
  let said = "";
  const say = (text) => {
    said = text;
    request();
  };
  const images = imagePanel({ model, edit, say });
  const kernel = kernelPanel({ model, edit, say });
  const sliding = slidingWindow({ model, read, edit, request });
  const play = scanner({
    size: () => [read().rows, read().columns],
    from: sliding.position,
    onStep: sliding.walk,
    onEnd: sliding.halt,
    signal,
  });
  const views = imageViews({ demo, read, sliding, play, images });
  const sum = arithmetic();
  const sliders = layerSliders(demo);
  const formula = h("p", { class: "lab-formula" });
  const copy = copyButton({ code: () => pythonCode(read(), images.current()), signal });
  const restart = restartButton(() => {
    play.stop();
    images.cancel();
    say("");
    sliding.settle(start.position);
    edit(start);
  });
  dropZone(root, images.open);

  const [newImage, newKernel, newLab] = [changeDetector(), changeDetector(), changeDetector()];
  function draw() {
    const lab = read();
    const problem = misfit(lab);
    message.show(problem ?? said);
    root.classList.toggle("misfit", Boolean(problem));
    root.classList.toggle("drawing", model.get("source") === DRAWING);
    if (newImage(model.get("source"), model.get("image"))) images.update();
    if (newKernel(model.get("kernel"), model.get("kernel_name"), demo.dark))
      kernel.update(demo.dark);
    sliders.update();
    setText(formula, problem ? "" : sizeFormula(lab));
    views.drawInput(lab);
    const [row, column] = sliding.position();
    Object.assign(root.dataset, { rows: lab.rows, columns: lab.columns, row, column });
    if (problem) {
      demo.tellState(problem);
      return null;
    }
    const limit = views.drawOutput(lab);
    sum.update(lab, row, column, limit, demo.dark);
    tell(lab, row, column);
    return newLab(lab) ? lab : null;
  }
  function tell({ rows, columns, output }, row, column) {
    const value = output[row * columns + column];
    root.dataset.value = value;
    if (play.running) return;
    demo.tellState(
      `Output ${rows} by ${columns}. Row ${row}, column ${column}: ${format(value)}. ${said}`.trim(),
    );
  }

  const operator = (sign) => h("span", { class: "lab-between", "aria-hidden": "true" }, sign);
  const parts = [
    images.element,
    h(
      "div",
      { class: "lab-stage" },
      views.input,
      operator("∗"),
      kernel.element,
      operator("="),
      views.output,
    ),
    message.element,
    sum.element,
    h("div", { class: "lab-settings" }, play.button, ...sliders.elements),
    formula,
    h(
      "div",
      { class: "lab-footer" },
      copy.button,
      restart,
      copy.panel,
      helpList("What can I do here?", HELP),
    ),
  ];
  function readings() {
    const { rows, columns, kh, kw, layer, output } = read();
    const covered = layer.dilation * (Math.min(kh, kw) - 1) + 1;
    return { rows, columns, kernel_weights: kh * kw, covered, output };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "convolution_lab", label: "Convolution lab" }, build),
};

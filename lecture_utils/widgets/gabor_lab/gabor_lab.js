/** GaborLab: what frequency, theta and sigma do to a Gabor filter, and the filter to an image. */

import { clamp, format, precise } from "../_shared/math/numbers.js";
import { grayScale } from "../_shared/ui/canvas.js";
import { helpList, restartButton, segmented } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { DRAWING, imagePanel } from "../_shared/ui/image_panel.js";
import { scaleLegend } from "../_shared/ui/legend.js";
import { messageLine } from "../_shared/ui/message.js";
import { readTraits } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { dropZone } from "../_shared/ui/open_file.js";
import { plane } from "../_shared/ui/plane.js";
import { frequencyPlane } from "./frequency_plane.js";
import { kernelView } from "./kernel_view.js";
import { numbersPanel } from "./numbers_panel.js";
import { chosenPixel } from "./pixel.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { RANGES, SETTINGS, labReader, settingsAt, spot } from "./state.js";
import { responseView } from "./views.js";

const TRAITS = ["image", "source", ...SETTINGS, "kernel_part", "response_part", "position"];
const KERNEL_PARTS = [
  { value: "real", label: "Real" },
  { value: "imaginary", label: "Imag.", title: "Imaginary" },
  { value: "envelope", label: "Envelope" },
];
const RESPONSE_PARTS = [
  { value: "real", label: "Real" },
  { value: "magnitude", label: "Magnitude" },
  { value: "phase", label: "Phase" },
];
const HELP = [
  [
    "Frequency plane",
    "drag the spot, click where it should go, or use the arrow keys (with Shift, five steps at once). Its distance from the center is the frequency, and its direction is theta. The width of the spot is inversely proportional to sigma.",
  ],
  [
    "Zone plate",
    "each position holds one wave, arranged as in the frequency plane: the response lights up where the spot is.",
  ],
  [
    "One pixel",
    "point at the input or the response, tap it, or use the arrow keys; click to pin it.",
  ],
  ["Drawing", "draw with mouse or finger; or move with the arrow keys and press Space to paint."],
  ["Your own image", "open a file or drop one here. It stays in your browser."],
];

/** Take settings from the frequency plane, moved into the ranges of the sliders. */
function steered({ frequency, theta }) {
  const rounded = Math.round(frequency * 1000) / 1000;
  return {
    frequency: clamp(rounded, ...RANGES.frequency),
    // The center has no direction: the last one stays.
    ...(rounded > 0 && { theta: Math.min(Math.round(theta * 1000) / 1000, Math.PI) }),
  };
}

/** A bank of filters on the same page opens one of them here. */
function openFromBank({ root, edit, signal }) {
  document.addEventListener(
    "lu:gabor-open",
    (/** @type {CustomEvent} */ event) => {
      // A lab that belongs to a challenge stays as its reader has set it.
      if (root.closest("[data-readings]")) return;
      const { frequency, theta, sigma } = event.detail ?? {};
      if (![frequency, theta, sigma].every(Number.isFinite)) return;
      const half = theta >= 0 && theta <= Math.PI;
      edit({
        frequency: clamp(frequency, ...RANGES.frequency),
        theta: half ? theta : settingsAt(Math.cos(theta), Math.sin(theta)).theta,
        sigma: clamp(sigma, ...RANGES.sigma),
        aspect: 1,
        phase: 0,
      });
      root.scrollIntoView({ block: "nearest" });
    },
    { signal },
  );
}

/** The input, in which one can point and draw. */
function inputPlane({ signal, pixel, sketch, isDrawing }) {
  return plane({
    label: "Input",
    signal,
    onPoint: (at) => {
      if (isDrawing() && (at.phase === "down" || at.phase === "drag")) {
        sketch.stroke(at.row, at.column, at.phase === "down");
      }
      pixel.point(at);
    },
    onKey: (event) => {
      if (pixel.byKey(event) || !isDrawing() || event.key !== " ") return;
      event.preventDefault();
      const [row, column] = pixel.position();
      sketch.stroke(row + 0.5, column + 0.5, true);
    },
  });
}

const panel = (kind, title, size, ...parts) =>
  h(
    "div",
    { class: `gabor-panel gabor-panel-${kind}`, role: "group", "aria-label": title },
    h("p", { class: "gabor-head" }, h("span", { class: "lu-title" }, title), size),
    ...parts,
  );
const operator = (sign) => h("span", { class: "gabor-between", "aria-hidden": "true" }, sign);

function build(demo) {
  const { model, root, signal, edit, request } = demo;
  const read = labReader(model);
  const start = readTraits(model, TRAITS);
  demo.watch(TRAITS);
  openFromBank(demo);

  const message = messageLine();
  let said = "";
  const say = (text) => {
    said = text;
    request();
  };
  const images = imagePanel({ model, edit, say });
  const isDrawing = () => model.get("source") === DRAWING;
  dropZone(root, images.open);
  const pixel = chosenPixel(demo);
  const input = inputPlane({ signal, pixel, sketch: images.sketch, isDrawing });
  const response = plane({ label: "Response", signal, onPoint: pixel.point, onKey: pixel.byKey });
  const kernel = kernelView();
  const choice = (legend, options, name) =>
    segmented({
      legend,
      options,
      value: model.get(name),
      onChange: (value) => edit({ [name]: value }),
    });
  const kernelPart = choice("Part of the kernel", KERNEL_PARTS, "kernel_part");
  const responsePart = choice("Part of the response", RESPONSE_PARTS, "response_part");
  const responseLegend = scaleLegend();
  const frequencies = frequencyPlane({
    spotNow: () => spot(model.get("frequency"), model.get("theta")),
    onSteer: (settings) => edit(steered(settings)),
    signal,
  });
  const settings = settingsPanel({ model, edit });
  const numbers = numbersPanel();
  const show = responseView();
  const [inputSize, responseSize] = [
    h("span", { class: "lu-label" }),
    h("span", { class: "lu-label" }),
  ];
  const copy = copyButton({ code: () => pythonCode(read(), images.current()), signal });
  const restart = restartButton(() => {
    pixel.forget();
    images.cancel();
    say("");
    edit(start);
  });

  const [newLab, newImage, newInput, newKernel, newResponse] = Array.from(
    { length: 5 },
    changeDetector,
  );
  function draw() {
    const lab = read();
    const { dark } = demo;
    const [row, column] = pixel.position();
    if (newImage(model.get("source"), model.get("image"))) {
      root.classList.toggle("drawing", isDrawing());
      images.update();
    }
    if (newInput(lab.pixels)) input.draw(lab.pixels, lab.h, lab.w, grayScale());
    if (newKernel(lab, model.get("kernel_part"), dark)) drawKernel(lab, model.get("kernel_part"));
    if (newResponse(lab, model.get("response_part"), dark))
      drawResponse(lab, model.get("response_part"));
    input.mark(windowAround(row, column, lab));
    response.mark({ top: row, left: column, rows: 1, columns: 1 });
    numbers.update(lab, row, column);
    const problem = aliasing(lab) ?? said;
    message.show(problem);
    demo.tellState(`${sentence(lab, row, column)} ${problem}`.trim());
    Object.assign(root.dataset, { row, column });
    return newLab(lab) ? lab : null;
  }
  function drawKernel(lab, part) {
    kernelPart.set(part);
    const weights = kernel.draw(lab.kernel, part, demo.dark);
    frequencies.update(lab, weights, demo.dark);
    settings.update(lab, demo.dark);
  }
  function drawResponse(lab, part) {
    const { values, scale, legend } = show(lab, part, demo.dark);
    responsePart.set(part);
    for (const size of [inputSize, responseSize]) setText(size, `${lab.h}×${lab.w}`);
    response.draw(values, lab.h, lab.w, scale);
    responseLegend.update(legend);
  }

  const parts = [
    images.element,
    h(
      "div",
      { class: "gabor-stage" },
      panel("input", "Input", inputSize, input.element, images.sketch.tools),
      operator("∗"),
      panel("kernel", "Kernel", kernel.size, kernel.element, kernel.legend, kernelPart.element),
      operator("="),
      panel(
        "response",
        "Response",
        responseSize,
        response.element,
        responseLegend.element,
        responsePart.element,
      ),
      panel("plane", "Frequency plane", null, frequencies.element),
      settings.element,
    ),
    message.element,
    numbers.element,
    h(
      "div",
      { class: "gabor-footer" },
      copy.button,
      restart,
      copy.panel,
      helpList("What can I do here?", HELP),
    ),
  ];
  return { parts, draw, readings: () => halves(read()) };
}

/** Mean squared magnitudes: of all pixels, and of each half of the image. */
function halves({ re, im, h, w, energy }) {
  const middle = w >> 1;
  const sums = [0, 0];
  for (let i = 0; i < re.length; i += 1)
    sums[i % w < middle ? 0 : 1] += re[i] * re[i] + im[i] * im[i];
  const [left, right] = [sums[0] / (h * middle), sums[1] / (h * (w - middle))];
  const ratio = right ? left / right : 0;
  return { energy, energy_left: left, energy_right: right, left_to_right: ratio };
}

/** The part of the image under the kernel when it computes one pixel. */
function windowAround(row, column, { kernel, h: rows, w: columns }) {
  const [down, right] = [kernel.height >> 1, kernel.width >> 1];
  const [top, left] = [Math.max(row - down, 0), Math.max(column - right, 0)];
  const bottom = Math.min(row + down + 1, rows);
  return { top, left, rows: bottom - top, columns: Math.min(column + right + 1, columns) - left };
}

/** The lab in words, for screen readers. */
function sentence(lab, row, column) {
  const at = row * lab.w + column;
  return (
    `Frequency ${format(lab.frequency, 3)}, theta ${format(lab.theta)}, sigma ${format(lab.sigma)}: ` +
    `energy ${precise(lab.energy, 3)}. Row ${row}, column ${column}: ` +
    `magnitude ${precise(Math.hypot(lab.re[at], lab.im[at]), 3)}.`
  );
}

/**
 * How the pixel grid shows a wave above the Nyquist frequency; null where there is nothing to say.
 */
function aliasing({ frequency, theta }) {
  const { u, v, aliased } = spot(frequency, theta);
  if (!aliased) return null;
  const seen = settingsAt(u, v);
  return (
    `Aliasing: along an axis, this wave goes through more than half a cycle from one pixel to the next ` +
    `(0.5 is the Nyquist frequency). Sampled at the pixels, it is the same as a wave of frequency ` +
    `${format(seen.frequency, 3)} at theta ${format(seen.theta)}, and the filter responds to that wave.`
  );
}

export default {
  render: (context) => mountDemo({ ...context, name: "gabor_lab", label: "Gabor lab" }, build),
};

/** GaborLab: what frequency, theta and sigma do to a Gabor filter, and the filter to an image. */

import { grayScale, raster, sequentialScale, signedScale } from "../_shared/ui/canvas.js";
import { button, disclosure, segmented } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { changeDetector, promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { scaleLegend } from "../_shared/ui/legend.js";
import { clamp, format, precise } from "../_shared/math/numbers.js";
import { moveByKey, plane } from "../_shared/ui/plane.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { DRAWING, imagePanel } from "../_shared/ui/image_panel.js";
import { frequencyPlane } from "./frequency_plane.js";
import { numbersPanel } from "./numbers_panel.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { RANGES, SETTINGS, labReader, settingsAt, spot } from "./state.js";
import { legendOf, responseView } from "./views.js";

const TRAITS = ["image", "source", ...SETTINGS, "kernel_part", "response_part", "position"];
const RESTART = "M4 4v6h6M4.500 10a8 8 0 1 1-.500 5";
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
  ["Frequency plane", "drag the spot, or click where it should go; or use the arrow keys (with Shift five steps at once). Its distance from the middle is the frequency, its direction theta, its width one over sigma."],
  ["Zone plate", "each place holds one wave, and the places lie as in the frequency plane: the response lights up where the spot is."],
  ["One pixel", "point at the input or the response, tap it, or use the arrow keys; a click makes it stay."],
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

  /** Take settings from elsewhere, moved into the ranges of the sliders. */
  function steer({ frequency, theta, ...rest }) {
    const rounded = Math.round(frequency * 1000) / 1000;
    edit({
      ...rest,
      frequency: clamp(rounded, ...RANGES.frequency),
      // In the very middle there is no direction: the last one stays.
      ...(rounded > 0 && { theta: Math.min(Math.round(theta * 1000) / 1000, Math.PI) }),
    });
  }

  // ---- The pixel whose numbers are told: where it stays (the trait), and where it only visits
  let visit = null;
  const size = () => model.get("image").shape;
  const position = () => (visit ?? model.get("position")).map((at, i) => clamp(at, 0, size()[i] - 1));
  const settle = (to) => {
    visit = null;
    edit({ position: to });
    request();
  };
  function point({ row, column, phase }) {
    const to = [row, column].map((at, i) => clamp(Math.floor(at), 0, size()[i] - 1));
    if (phase === "down" || phase === "drag") return settle(to);
    if (phase === "up") return undefined;
    visit = phase === "hover" ? to : null;
    return request();
  }
  const byKey = (event) => {
    const to = moveByKey(event, position(), ...size());
    if (!to) return false;
    event.preventDefault();
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
  const isDrawing = () => model.get("source") === DRAWING;
  const input = plane({
    label: "Input",
    signal,
    onPoint: (at) => {
      if (isDrawing() && (at.phase === "down" || at.phase === "drag")) {
        images.sketch.stroke(at.row, at.column, at.phase === "down");
      }
      point(at);
    },
    onKey: (event) => {
      if (byKey(event) || !isDrawing() || event.key !== " ") return;
      event.preventDefault();
      const [row, column] = position();
      images.sketch.stroke(row + 0.5, column + 0.5, true);
    },
  });
  const response = plane({ label: "Response", signal, onPoint: point, onKey: byKey });
  const kernelCanvas = h("canvas", { role: "img" });
  const paintKernel = raster(kernelCanvas);
  const choice = (legend, options, name) =>
    segmented({ legend, options, value: model.get(name), onChange: (value) => edit({ [name]: value }) });
  const kernelPart = choice("Part of the kernel", KERNEL_PARTS, "kernel_part");
  const responsePart = choice("Part of the response", RESPONSE_PARTS, "response_part");
  const [kernelLegend, responseLegend] = [scaleLegend(), scaleLegend()];
  const frequencies = frequencyPlane({ onSteer: steer, signal });
  const settings = settingsPanel({ model, edit });
  const numbers = numbersPanel();
  const show = responseView();

  const sizes = Object.fromEntries(["input", "kernel", "response"].map((key) => [key, h("span", { class: "lu-label" })]));
  const panel = (kind, title, ...parts) =>
    h(
      "div",
      { class: `gabor-panel gabor-panel-${kind}`, role: "group", "aria-label": title },
      h("p", { class: "gabor-head" }, h("span", { class: "lu-title" }, title), sizes[kind]),
      ...parts,
    );
  const operator = (sign) => h("span", { class: "gabor-between", "aria-hidden": "true" }, sign);
  const copy = copyButton({ code: () => pythonCode(read(), images.current()), signal });
  const restart = button({
    label: "Start over",
    path: RESTART,
    onClick: () => {
      visit = null;
      say("");
      edit(start);
    },
  });
  const help = disclosure(
    "What can I do here?",
    h("ul", { class: "gabor-help" }, ...HELP.map(([what, how]) => h("li", {}, h("strong", {}, `${what}: `), how))),
  );
  const live = announcer(signal);
  const root = h(
    "div",
    { class: "lu-demo lu-gabor-lab", role: "group", "aria-label": "Gabor lab" },
    images.element,
    h(
      "div",
      { class: "gabor-stage" },
      panel("input", "Input", input.element, images.sketch.tools),
      operator("∗"),
      panel(
        "kernel",
        "Kernel",
        h("div", { class: "gabor-kernel" }, kernelCanvas),
        kernelLegend.element,
        kernelPart.element,
      ),
      operator("="),
      panel("response", "Response", response.element, responseLegend.element, responsePart.element),
      panel("plane", "Frequency plane", frequencies.element),
      settings.element,
    ),
    message,
    numbers.element,
    h("div", { class: "gabor-footer" }, copy.button, restart, copy.panel, help),
    live.element,
  );

  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) images.open(event.dataTransfer.files[0]);
  });
  // A bank of filters on the same page opens one of them here.
  document.addEventListener(
    "gabor:open",
    ({ detail }) => {
      const { frequency, theta, sigma } = detail ?? {};
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

  let announced = "";
  let dark = false;
  const [newLab, newPicture, newInput, newKernel, newResponse] = Array.from({ length: 5 }, changeDetector);
  function draw() {
    const lab = read();
    const [row, column] = position();
    if (newPicture(model.get("source"), model.get("image"))) {
      root.classList.toggle("drawing", isDrawing());
      images.update();
    }
    if (newInput(lab.pixels)) input.draw(lab.pixels, lab.h, lab.w, grayScale());
    if (newKernel(lab, model.get("kernel_part"), dark)) drawKernel(lab, model.get("kernel_part"));
    if (newResponse(lab, model.get("response_part"), dark)) drawResponse(lab, model.get("response_part"));
    input.mark(windowAround(row, column, lab));
    response.mark({ top: row, left: column, rows: 1, columns: 1 });
    numbers.update(lab, row, column);
    const text = aliasing(lab) ?? said;
    message.hidden = !text;
    setText(message, text);
    const at = row * lab.w + column;
    const words =
      `Frequency ${format(lab.frequency, 3)}, theta ${format(lab.theta)}, sigma ${format(lab.sigma)}: ` +
      `energy ${precise(lab.energy, 3)}. Row ${row}, column ${column}: ` +
      `magnitude ${precise(Math.hypot(lab.re[at], lab.im[at]), 3)}.`;
    if (words !== announced && announced) live.say(words);
    announced = words;
    Object.assign(root.dataset, { row, column });
    if (newLab(lab)) root.dispatchEvent(new CustomEvent("gabor", { bubbles: true, detail: lab }));
  }

  function drawKernel(lab, part) {
    const { kernel } = lab;
    const peak = kernel.envelope[kernel.envelope.length >> 1];
    const weights = { real: kernel.re, imaginary: kernel.im, envelope: kernel.envelope }[part];
    const scale = part === "envelope" ? sequentialScale(peak, dark) : signedScale(peak, dark);
    kernelPart.set(part);
    setText(sizes.kernel, `${kernel.height}×${kernel.width}`);
    paintKernel(weights, kernel.height, kernel.width, scale);
    kernelCanvas.style.width = `${100 * Math.min(1, kernel.width / kernel.height)}%`;
    kernelCanvas.setAttribute("aria-label", part === "envelope" ? "Envelope" : `Kernel, ${part} part`);
    kernelLegend.update(legendOf(scale));
    frequencies.update(lab, weights, dark);
    settings.update(lab, dark);
  }

  function drawResponse(lab, part) {
    const { values, scale, legend } = show(lab, part, dark);
    responsePart.set(part);
    for (const size of [sizes.input, sizes.response]) setText(size, `${lab.h}×${lab.w}`);
    response.draw(values, lab.h, lab.w, scale);
    responseLegend.update(legend);
  }

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

/** The part of the image under the kernel when it computes one pixel. */
function windowAround(row, column, { kernel, h: rows, w: columns }) {
  const [down, right] = [kernel.height >> 1, kernel.width >> 1];
  const [top, left] = [Math.max(row - down, 0), Math.max(column - right, 0)];
  const bottom = Math.min(row + down + 1, rows);
  return { top, left, rows: bottom - top, columns: Math.min(column + right + 1, columns) - left };
}

/** What the pixel grid makes of a wave above the Nyquist frequency; null where there is nothing to say. */
function aliasing({ frequency, theta }) {
  const { u, v, aliased } = spot(frequency, theta);
  if (!aliased) return null;
  const seen = settingsAt(u, v);
  return (
    `Aliasing: along an axis this wave makes more than half a cycle from one pixel to the next ` +
    `(0.5 is the Nyquist frequency). Sampled on the pixels it is the same as a wave of frequency ` +
    `${format(seen.frequency, 3)} at theta ${format(seen.theta)}, so that is what the filter picks.`
  );
}

export default { render };

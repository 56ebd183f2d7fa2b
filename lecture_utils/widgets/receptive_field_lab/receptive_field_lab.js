/** ReceptiveFieldLab: what one output of a stack of layers sees. See __init__.py. */

import { raster, sequentialScale } from "../_shared/ui/canvas.js";
import { button, segmented, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { changeDetector, promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { cone, outputsDrawn } from "./cone.js";
import { growthCurve } from "./curve.js";
import { fields, generator, gradient, outer, profile, randomKernels, reached, sideHolding } from "./field.js";
import { layerList } from "./layer_list.js";
import { pythonCode } from "./python_code.js";

const ADD = "M12 5v14M5 12h14";
/** Beyond this size, drawing random kernels takes longer than a reader waits. */
const LARGEST_RANDOM = 300;
const DRAWS = 8;

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const edit = editor(model, signal);
  watch(model, ["layers", "weights"], request, signal);
  const limits = model.get("limits");
  const presets = model.get("presets");

  let said = "";
  let output = null; // null: the one in the middle
  let logarithmic = false;

  /** Put another stack on screen, unless it is too large. */
  function change(layers) {
    const { size } = fields(layers).at(-1);
    said = "";
    if (layers.length > limits.layers) said = `The lab shows at most ${limits.layers} layers. Remove one first.`;
    else if (size > limits.field) {
      said =
        `One output would see ${size}×${size} pixels, more than the lab draws (${limits.field}). ` +
        "Use a smaller stride or dilation, or fewer layers.";
    } else edit({ layers });
    request();
    if (said) list.update(model.get("layers"), fields(model.get("layers")));
  }

  // ---- Parts
  const chips = presets.map(({ name, layers }) =>
    button({ label: name, kind: "small", onClick: () => change(layers.map((layer) => ({ ...layer }))) }),
  );
  const list = layerList({ limits, change });
  const add = button({
    label: "Add a layer",
    path: ADD,
    onClick: () => change([...model.get("layers"), { ...model.get("layers").at(-1) }]),
  });
  const cones = cone();
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
  const curve = growthCurve();
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
  const map = h("canvas", { role: "img" });
  const square = h("span", { class: "field-square", "aria-hidden": "true" });
  const paint = raster(map);
  const weights = segmented({
    legend: "Kernels for measuring",
    options: [
      { value: "uniform", label: "averaging kernels" },
      { value: "random", label: "random kernels" },
    ],
    value: model.get("weights"),
    onChange: (value) => edit({ weights: value }) ?? request(),
  });
  const text = (kind) => h("p", { class: kind });
  const [holes, facts, note] = [text("field-holes"), text("field-facts"), text("lu-label")];
  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const live = announcer(signal);
  const copy = copyButton({ code: () => pythonCode(model.get("layers")), signal });
  const panel = (title, ...parts) => h("div", { class: "field-panel" }, h("p", { class: "lu-title" }, title), ...parts);
  const root = h(
    "div",
    { class: "lu-demo lu-receptive-field-lab", role: "group", "aria-label": "Receptive field lab" },
    h("div", { class: "field-presets", role: "group", "aria-label": "Examples" }, ...chips),
    panel("What one output sees, along one axis", cones.element, chosen.element, holes),
    h("div", { class: "field-scroll" }, list.element),
    h("div", { class: "field-tools" }, add, copy.button),
    copy.panel,
    message,
    h(
      "div",
      { class: "field-pair" },
      panel("Growth", curve.element, axis.element),
      panel(
        "How much each pixel counts",
        h("div", { class: "field-map" }, map, square),
        weights.element,
      ),
    ),
    facts,
    note,
    live.element,
  );

  // ---- Drawing
  let width = 0;
  const observer = new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
    request();
  });
  observer.observe(cones.element);
  signal.addEventListener("abort", () => observer.disconnect());

  let dark = false;
  let measured = null;
  const [newCone, newCurve, newField, newMap, newStack] = Array.from({ length: 5 }, changeDetector);

  /** What each pixel of the field weighs; pooling counts as an average. */
  function measure(layers, size, random) {
    if (!random) return { map: outer(profile(layers)), kernels: null };
    const draws = Array.from({ length: DRAWS }, (_, seed) => randomKernels(layers, generator(seed + 1)));
    const map = new Float32Array(size * size);
    for (const kernels of draws) {
      const found = gradient(layers, kernels);
      const total = found.reduce((sum, value) => sum + Math.abs(value), 0) || 1;
      for (let i = 0; i < map.length; i += 1) map[i] += Math.abs(found[i]) / total / DRAWS;
    }
    return { map, kernels: draws };
  }

  function draw() {
    const layers = model.get("layers");
    const sizes = fields(layers);
    const { size, step } = sizes.at(-1);
    const problem = said;
    if (message.hidden === Boolean(problem)) message.hidden = !problem;
    setText(message, problem);
    if (newStack(layers)) {
      list.update(layers, sizes);
      const same = JSON.stringify(layers);
      chips.forEach((chip, i) => chip.setAttribute("aria-pressed", JSON.stringify(presets[i].layers) === same));
    }
    const outputs = outputsDrawn(layers);
    const at = output === null ? outputs >> 1 : Math.min(output, outputs - 1);
    if (chosen.element.hidden !== (outputs === 1)) chosen.element.hidden = outputs === 1;
    chosen.set(at + 1, Math.max(outputs, 2));
    if (width && newCone(layers, at, width)) cones.draw(layers, at, width);
    if (newCurve(layers, logarithmic)) curve.draw(sizes.map((field) => field.size), logarithmic);

    const tooLarge = size > LARGEST_RANDOM;
    const random = model.get("weights") === "random" && !tooLarge;
    weights.set(random ? "random" : "uniform");
    weights.element.disabled = tooLarge;
    if (newField(layers, random)) {
      const { map: values, kernels } = measure(layers, size, random);
      const seen = reached(layers, 0)[0].size;
      measured = { values, kernels, seen, side: sideHolding(0.95, values, size) };
    }
    const { values, side, seen } = measured;
    if (newMap(measured, dark)) {
      let largest = 0;
      for (const value of values) if (value > largest) largest = value;
      paint(values, size, size, sequentialScale(largest || 1, dark));
      map.setAttribute("aria-label", `How much each of ${size} by ${size} pixels counts: most in the middle.`);
      square.style.inset = `${(50 * (size - side)) / size}%`;
    }
    const part = seen < size ? `, but only ${seen} of the ${size} pixels along an axis are read: the others fall through the holes` : "";
    setText(holes, `One output sees ${size} pixels along each axis; its neighbor's field lies ${step} pixels further${part}.`);
    const share = ((100 * side * side) / (size * size)).toFixed(0);
    setText(
      facts,
      `Theoretical field: ${size}×${size}. 95% of the weight lies in the middle ${side}×${side} (framed), ${share}% of the area.`,
    );
    setText(
      note,
      tooLarge
        ? `Random kernels are measured up to a field of ${LARGEST_RANDOM}×${LARGEST_RANDOM}. Pooling counts as an average.`
        : `${random ? `Mean of ${DRAWS} draws of random kernels, without activations.` : "All kernels average."} Pooling counts as an average.`,
    );
    const words = `${problem} One output sees ${size} by ${size} pixels, 95% of the weight in ${side} by ${side}.`;
    live.say(words);
    Object.assign(root.dataset, { size, step, side });
    const detail = { layers, fields: sizes, map: values, side, seen, kernels: measured.kernels, output: at };
    root.dispatchEvent(new CustomEvent("field", { bubbles: true, detail }));
  }

  const followTheme = () => {
    dark = isDark(root);
    request();
  };
  onThemeChange(followTheme, signal);
  el.append(root);
  dark = isDark(root);
  width = Math.round(cones.element.getBoundingClientRect().width);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

/** The sliders, and the numbers that tell which settings make sense. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { segmented, slider } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { precise } from "../_shared/math/numbers.js";
import { largestStableRate } from "./curvature.js";
import { logSlider } from "./log_slider.js";
import { lesson } from "./text.js";

const BATCHES = [1, 16, 64, 256, "all"].map((value) => ({
  value,
  label: value === "all" ? "All" : String(value),
  title: value === "all" ? "All output pixels" : `${value} output pixels`,
}));

const number = (value, digits) => (Number.isFinite(value) ? precise(value, digits) : "∞");

/**
 * @param {{model: Model, edit: Edit, onSpeed: (steps: number) => void}} options
 * @returns {{element: HTMLElement, lesson: HTMLElement, update: (task: *) => void}}
 */
export function settingsPanel({ model, edit, onSpeed }) {
  const linear = (name, label, max) =>
    slider({
      label,
      min: 0,
      max,
      step: 0.05,
      value: model.get(name),
      onInput: (value) => edit({ [name]: value }),
    });
  const rate = logSlider({
    label: "Learning rate η",
    min: 1e-4,
    max: 100,
    value: model.get("learning_rate"),
    onInput: (value) => edit({ learning_rate: value }),
  });
  const bound = h("span", { class: "lu-label learner-bound" });
  rate.element.append(h("span", { class: "learner-tick", "aria-hidden": "true" }), bound);
  rate.element.classList.add("learner-rate");
  const batch = segmented({
    legend: "Batch: output pixels per step",
    options: BATCHES,
    value: model.get("batch"),
    onChange: (value) => edit({ batch: value }),
  });
  const momentum = linear("momentum", "Momentum β", 0.95);
  const noise = linear("noise", "Teacher’s noise ε", 1);
  const speed = slider({ label: "Steps per frame", min: 1, max: 20, value: 1, onInput: onSpeed });
  const center = h("input", {
    type: "checkbox",
    onchange: () => edit({ centered: center.checked }),
  });

  const facts = {};
  const fact = (name, label) => {
    facts[name] = h("dd", { "data-number": name });
    return h("div", {}, h("dt", {}, label), facts[name]);
  };
  const explained = h("p", { class: "lu-label" });
  const element = h(
    "div",
    { class: "learner-settings" },
    rate.element,
    h(
      "div",
      { class: "learner-batch" },
      h("span", { "aria-hidden": "true" }, "Batch"),
      batch.element,
    ),
    momentum.element,
    noise.element,
    speed.element,
    h(
      "label",
      { class: "learner-check" },
      center,
      h("span", {}, "Center the image (subtract its mean)"),
    ),
  );
  const lessonElement = h(
    "div",
    { class: "learner-lesson", role: "group", "aria-label": "What this image teaches" },
    h("p", { class: "lu-title" }, "What this image teaches"),
    h(
      "dl",
      {},
      fact("stable", "Largest stable η"),
      fact("largest", "λmax of the Hessian"),
      fact("smallest", "λmin"),
      fact("condition", "λmax / λmin"),
    ),
    explained,
  );

  function update(task) {
    rate.set(model.get("learning_rate"));
    batch.set(model.get("batch"));
    momentum.set(model.get("momentum"));
    noise.set(model.get("noise"));
    const centered = model.get("centered");
    if (center.checked !== centered) center.checked = centered;
    rate.element.classList.toggle("boundless", !task || task.curvature.taught === 0);
    if (!task) return;
    const { curvature } = task;
    const stable = largestStableRate(curvature, model.get("momentum"));
    const at = rate.place(stable).toFixed(4);
    if (bound.dataset.at !== at) {
      bound.dataset.at = at;
      rate.element.style.setProperty("--at", at);
    }
    rate.element.classList.toggle("over", model.get("learning_rate") >= stable);
    setText(bound, `stable up to ${number(stable, 3)}`);
    setText(facts.stable, number(stable, 4));
    setText(facts.condition, number(curvature.condition, 4));
    setText(facts.largest, precise(2 * curvature.largest, 4));
    setText(facts.smallest, precise(2 * curvature.smallest, 4));
    setText(explained, lesson(task));
  }
  return { element, lesson: lessonElement, update };
}

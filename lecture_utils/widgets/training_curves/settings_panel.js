/** Which curves, how they are drawn, and the rule of early stopping. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { checkbox, segmented, slider } from "../_shared/ui/controls.js";
import { h, svg } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { runName, swatch } from "../_shared/ui/curves/tables.js";
import { SPLITS } from "../_shared/ui/curves/text.js";

const LARGEST_SMOOTHING = 0.95;

const check = (content, onChange) => checkbox({ name: "curves-check", onChange }, ...content);

const sample = (split) =>
  svg(
    "svg",
    { class: `curves-swatch plain ${split}`, viewBox: "0 0 28 12", "aria-hidden": "true" },
    svg("path", { class: "line", d: "M1 6H27" }),
  );

/**
 * @param {{model: Model, edit: Edit}} options
 * @returns {{curves: HTMLElement, rule: HTMLElement, update: (longest: number) => void}}
 */
export function settingsPanel({ model, edit }) {
  const names = h("fieldset", { class: "curves-checks" });
  let runChecks = [];
  const splits = Object.entries(SPLITS).map(([split, name]) => ({
    split,
    ...check([sample(split), name], (on) => {
      const now = new Set(model.get("splits"));
      if (on) now.add(split);
      else now.delete(split);
      edit({ splits: Object.keys(SPLITS).filter((each) => now.has(each)) });
    }),
  }));
  const logarithmic = check(["logarithmic loss"], (on) => edit({ log_loss: on }));
  const smoothing = slider({
    label: "Smoothing of the curves",
    min: 0,
    max: LARGEST_SMOOTHING,
    step: 0.05,
    value: 0,
    onInput: (value) => edit({ smoothing: value }),
  });
  const monitor = segmented({
    legend: "Early stopping watches",
    options: [
      { value: "val_loss", label: "validation loss" },
      { value: "val_accuracy", label: "validation accuracy" },
    ],
    value: "val_loss",
    onChange: (value) => edit({ monitor: value }),
  });
  const patience = slider({
    label: "Patience, in epochs",
    min: 1,
    max: 10,
    value: 3,
    onInput: (value) => edit({ patience: value }),
  });
  const newRuns = changeDetector();

  /** @param {number} longest Epochs of the longest run: more patience than that changes nothing. */
  function update(longest) {
    const runs = model.get("runs");
    if (newRuns(runs)) {
      runChecks = runs.map((run, place) => {
        const toggle = (on) => {
          const others = model.get("hidden").filter((label) => label !== run.label);
          edit({ hidden: on ? others : [...others, run.label] });
        };
        const seeds = run.seeds.length > 1 && h("small", {}, ` ${run.seeds.length} seeds`);
        return {
          label: run.label,
          ...check([swatch(place), h("span", {}, ...runName(run.label), seeds)], toggle),
        };
      });
      names.replaceChildren(
        h("legend", { class: "lu-visually-hidden" }, "Runs"),
        ...runChecks.map(({ element }) => element),
      );
    }
    const hidden = model.get("hidden");
    for (const { label, set } of runChecks) set(!hidden.includes(label));
    for (const { split, set } of splits) set(model.get("splits").includes(split));
    logarithmic.set(model.get("log_loss"));
    smoothing.set(model.get("smoothing"));
    monitor.set(model.get("monitor"));
    patience.set(model.get("patience"), Math.max(longest, model.get("patience"), 2));
  }
  const curves = h(
    "div",
    { class: "curves-choose" },
    names,
    h(
      "fieldset",
      { class: "curves-checks" },
      h("legend", { class: "lu-visually-hidden" }, "Curves"),
      ...splits.map(({ element }) => element),
      logarithmic.element,
    ),
    smoothing.element,
  );
  return {
    curves,
    rule: h(
      "div",
      { class: "curves-rule" },
      patience.element,
      h(
        "div",
        {},
        h("div", { class: "lu-label", "aria-hidden": "true" }, "without improvement in"),
        monitor.element,
      ),
    ),
    update,
  };
}

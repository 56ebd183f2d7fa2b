/** FilterEvolution: filters while they are learned, for few and many images. See __init__.py. */

import { grouped } from "../_shared/math/numbers.js";
import { disclosure, segmented } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, onResize, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { signedLegend } from "../_shared/ui/legend.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { accuracyChart, accuracyTable } from "./accuracy_chart.js";
import { readEvolution } from "./data.js";
import { filterSheet } from "./filter_sheet.js";
import { pythonCode } from "./python_code.js";
import { EXPLAINED, cosine, imageCount, scaleNote, summary } from "./text.js";
import { timeSlider } from "./time_slider.js";

/** The filters of one run, with their numbers. */
function runColumn(evolution, run) {
  const size = evolution.sizes[run];
  const sheet = filterSheet();
  const [similarity, accuracy] = [h("dd"), h("dd")];
  const when = h("small");
  const element = h(
    "div",
    { class: "evolution-run" },
    h("p", { class: "lu-title" }, imageCount(size)),
    sheet.element,
    h(
      "dl",
      { class: "evolution-numbers" },
      h("div", {}, h("dt", {}, "similarity to the initial filters"), similarity),
      h("div", {}, h("dt", {}, "validation accuracy", when), accuracy),
    ),
  );
  const [newMoment, newSheet] = [changeDetector(), changeDetector()];
  let weights = null;
  /** Returns the weights that are shown. */
  function draw(moment, selected, common, dark) {
    const step = evolution.steps[moment];
    const measured = evolution.measured(run, step);
    const limit = common ? evolution.limit : null;
    if (newMoment(moment)) weights = evolution.weights(run, moment);
    if (newSheet(weights, limit, dark)) sheet.draw(weights, evolution, limit, dark);
    sheet.name(
      `${evolution.count} filters after step ${grouped(step)}, learned from ${imageCount(size)}`,
    );
    setText(similarity, cosine(evolution.similarity(run, moment)));
    setText(accuracy, `${(100 * measured.accuracy).toFixed(1)}%`);
    setText(when, ` after step ${grouped(measured.step)}`);
    element.classList.toggle("selected", selected === size);
    element.classList.toggle("other", selected !== 0 && selected !== size);
    return weights;
  }
  return { element, draw };
}

function build(demo) {
  const { model, root, edit, request, signal } = demo;
  root.classList.add("lu-curves");
  demo.watch(["step", "selected", "common_scale"]);
  const evolution = readEvolution(model);
  const { sizes, steps } = evolution;
  const curves = model.get("curves");

  const chart = curves.length
    ? accuracyChart({ curves, sizes, onChoose: (size) => edit({ selected: size }) })
    : null;
  let width = 0;
  if (chart) {
    onResize(
      chart.element,
      (box) => {
        width = box.width;
        request();
      },
      signal,
    );
  }
  const time = timeSlider({ steps, onInput: (step) => edit({ step }), signal });
  const choice = segmented({
    legend: "Training images",
    options: [
      { value: 0, label: "all" },
      ...sizes.map((size) => ({ value: size, label: grouped(size) })),
    ],
    value: 0,
    onChange: (selected) => edit({ selected }),
  });
  const scale = segmented({
    legend: "Color scale",
    options: [
      { value: false, label: "one per filter" },
      { value: true, label: "one for all" },
    ],
    value: false,
    onChange: (common) => edit({ common_scale: common }),
  });
  const columns = sizes.map((_, run) => runColumn(evolution, run));
  const legend = signedLegend();
  const [told, note] = [h("p", { class: "evolution-summary" }), h("p", { class: "lu-label" })];
  const copy = copyButton({
    code: () => pythonCode(evolution, model.get("sources"), model.get("step")),
    signal,
  });

  function draw() {
    const [step, selected, common] = ["step", "selected", "common_scale"].map((name) =>
      model.get(name),
    );
    const moment = Math.max(0, steps.indexOf(step));
    time.set(steps[moment]);
    choice.set(selected);
    scale.set(common);
    chart?.draw(width, selected);
    const weights = columns.map((column) => column.draw(moment, selected, common, demo.dark));
    legend.element.hidden = !common;
    legend.update(evolution.limit, demo.dark);
    setText(note, scaleNote(common));
    const words = summary(evolution, moment);
    setText(told, `${words} ${EXPLAINED}`);
    if (!time.playing()) demo.tellState(words);
    return {
      ...{ step: steps[moment], selected, common },
      similarity: sizes.map((_, run) => evolution.similarity(run, moment)),
      accuracy: sizes.map((_, run) => evolution.measured(run, steps[moment])),
      weights,
    };
  }
  const setting = (name, control) =>
    h(
      "div",
      { class: "evolution-setting" },
      h("span", { class: "lu-label", "aria-hidden": "true" }, name),
      control,
    );
  const parts = [
    chart && h("p", { class: "lu-title" }, "Test accuracy by number of training images"),
    chart?.element,
    chart?.key,
    chart && disclosure("The accuracies as a table", accuracyTable(curves)),
    time.element,
    h(
      "div",
      { class: "evolution-settings" },
      setting("Enlarge", choice.element),
      setting("Color scale", scale.element),
      legend.element,
    ),
    h("div", { class: "evolution-runs" }, ...columns.map(({ element }) => element)),
    note,
    told,
    h("div", {}, copy.button),
    copy.panel,
  ];
  return { parts, draw };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "filter_evolution", label: "How filters are learned" }, build),
};

/** RegularizationLab: what regularization methods do, by strength and budget. See __init__.py. */

import { disclosure } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { curvesView } from "./curves_view.js";
import { meanOf, readLab } from "./data.js";
import { dotPlot } from "./dot_plot.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { shownNow } from "./state.js";
import { numberTables, seedTable } from "./tables.js";
import { capital, howToRead, nameOf, summary } from "./text.js";

function build(demo) {
  const { model, root, edit, request, signal } = demo;
  root.classList.add("lu-curves");
  demo.watch(["method", "strengths", "budget", "quantity"]);
  const lab = readLab(model);

  const settings = settingsPanel({ lab, model, edit });
  const plot = dotPlot({ lab, onChoose: (method) => edit({ method }), redraw: request, signal });
  const curves = curvesView({ lab, redraw: request, signal });
  const seeds = seedTable(lab);
  const numbers = numberTables();
  const folded = disclosure("The numbers as a table", ...numbers.elements);
  folded.addEventListener("toggle", request);
  const sentence = h("p", { class: "regularization-summary" });
  const [dotTitle, curveTitle] = [
    h("span", { class: "lu-title" }),
    h("span", { class: "lu-title regularization-curve-title" }),
  ];
  const copy = copyButton({
    code: () => pythonCode(lab, shownNow(lab, model), model.get("source")),
    signal,
  });

  function draw() {
    const shown = shownNow(lab, model);
    const { rows, selected, baseline, budget, quantity } = shown;
    settings.update(shown);
    setText(dotTitle, `Accuracy by method, within ${budget} epochs`);
    const other = baseline && baseline !== selected ? " beside no regularization" : "";
    setText(curveTitle, capital(`${nameOf(selected)}${other}`));
    plot.draw(shown);
    const drawn = curves.draw(shown);
    seeds.update(shown);
    if (folded.hasAttribute("open")) numbers.update(shown, drawn);
    const words = summary(shown);
    setText(sentence, words);
    demo.tellState(words);
    return {
      ...{ budget, quantity, method: selected.method },
      strengths: Object.fromEntries(rows.map(({ method, strength }) => [method, strength])),
      scores: Object.fromEntries(rows.map(({ method, scores }) => [method, scores])),
      curves: drawn.map(({ row, val, train }) => ({ method: row.method, val, train })),
    };
  }
  const parts = [
    h("div", { class: "regularization-bar" }, dotTitle, settings.budget),
    h("p", { class: "lu-label" }, "Choose a row to see that method in detail below."),
    plot.element,
    plot.key,
    settings.strength,
    sentence,
    h("div", { class: "regularization-bar stacking" }, curveTitle, settings.quantity),
    curves.element,
    curves.key,
    seeds.element,
    disclosure(
      "How to read this",
      ...howToRead(lab).map((text) => h("p", { class: "regularization-help" }, text)),
    ),
    folded,
    h("div", {}, copy.button),
    copy.panel,
  ];
  /** In percentage points, as in Python. */
  function readings() {
    const { selected, baseline } = shownNow(lab, model);
    const last = lab.budgets.length - 1;
    const percent = (row, budget, score) => 100 * meanOf(lab.scores(row.entry, budget)[score]);
    const validation = (row, budget) => percent(row, budget, "validation_accuracy");
    const ahead = (budget) =>
      baseline ? validation(selected, budget) - validation(baseline, budget) : null;
    return {
      ahead_first: ahead(0),
      ahead_last: ahead(last),
      gap_last: percent(selected, last, "train_accuracy") - validation(selected, last),
    };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo(
      { ...context, name: "regularization_lab", label: "Regularization methods compared" },
      build,
    ),
};

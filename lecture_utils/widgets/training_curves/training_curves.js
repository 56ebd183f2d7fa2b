/** TrainingCurves: training runs side by side, a crosshair, and early stopping. See __init__.py. */

import { copyButton } from "../_shared/ui/copy.js";
import { EVENTS } from "../_shared/ui/curves/chart.js";
import { curvesStage, logFloor, longestOf, prepareRun } from "../_shared/ui/curves/stage.js";
import { valueTable } from "../_shared/ui/curves/tables.js";
import { SPLITS } from "../_shared/ui/curves/text.js";
import { h, setText, svg } from "../_shared/ui/dom.js";
import { messageLine } from "../_shared/ui/message.js";
import { computed } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { stopTable } from "./stop_table.js";
import { earlyStopping } from "./stopping.js";
import { summary } from "./text.js";

/** All but the epoch of the crosshair. */
const SETTINGS = ["runs", "hidden", "splits", "patience", "monitor", "smoothing", "log_loss"];

/**
 * What the demo shows, computed when it changes: a step of the crosshair computes nothing anew.
 * @returns {{all: () => any[], shown: () => any}} `all` runs with their curves and early stopping,
 *   and what is `shown` of them in which way.
 */
function reader(model) {
  const prepared = computed(model, ["runs", "smoothing"], ([runs, smoothing]) =>
    runs.map((run, place) => prepareRun(run, place, smoothing)),
  );
  const all = computed(model, ["runs", "smoothing", "patience", "monitor"], (values) =>
    prepared().map((run) => withStops(run, values[2], values[3])),
  );
  const shown = computed(
    model,
    SETTINGS,
    ([, hidden, splits, patience, monitor, smoothing, log]) => {
      const settings = {
        runs: all().filter(({ label }) => !hidden.includes(label)),
        splits: Object.keys(SPLITS).filter((split) => splits.includes(split)),
        ...{ patience, monitor, smoothing, log },
      };
      const stops = settings.runs.flatMap((run) => run.stops);
      return {
        ...settings,
        longest: longestOf(settings.runs),
        problem: problemOf(settings),
        words: summary(stops, settings),
      };
    },
  );
  return { all, shown };
}

/** What the signs in the panels mean. */
function signKey() {
  const sign = (event, text) => {
    const attributes = {
      class: `curves-sign curves-event ${event}`,
      viewBox: "0 0 24 24",
      "aria-hidden": "true",
    };
    return h("span", {}, svg("svg", attributes, svg("path", { d: EVENTS[event](12, 12) })), text);
  };
  const bands = h(
    "span",
    { class: "bands", hidden: true },
    h("i", { class: "curves-band-sign" }),
    "range over the seeds",
  );
  const element = h(
    "p",
    { class: "curves-key lu-label" },
    sign("best", "best epoch"),
    sign("stop", "stops early; the rest is pale"),
    sign("kept", "epoch it keeps"),
    bands,
  );
  function update(runs) {
    const several = runs.some(({ seeds }) => seeds.length > 1);
    if (bands.hidden === several) bands.hidden = !several;
  }
  return { element, update };
}

/** A run with what early stopping does to each of its seeds. */
function withStops(run, patience, monitor) {
  const stops = run.seeds.map((seed) => earlyStopping(seed, patience, monitor));
  // The mean goes on until the last of the seeds has stopped.
  return { ...run, stops, lastEpoch: Math.max(...stops.map((stop) => stop.epochs)) };
}

/** Early stopping acts on single seeds, so its marks stand at their values. */
function events({ place, seeds, stops }, column) {
  return stops.flatMap((stop, s) => {
    const at = (event, epoch) => ({ event, place, epoch, value: seeds[s][column][epoch - 1] });
    const stopping = stop.epochsSaved ? [at("stop", stop.epochs)] : [];
    return [...stopping, at("best", stop.best), at("kept", stop.kept)];
  });
}

/** Why there is nothing to draw; "" if there is. */
function problemOf({ runs, splits, log }) {
  if (!runs.length) return "No run is selected: select at least one to see its curves.";
  if (!splits.length) return "Select training, validation, or both to see curves.";
  if (log && logFloor(runs, splits) === null)
    return "No loss is above zero, so none can be drawn on a logarithmic axis.";
  return "";
}

function hide(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

function build(demo) {
  const { model, root, edit, request, signal } = demo;
  root.classList.add("lu-curves");
  demo.watch([...SETTINGS, "epoch"]);
  const read = reader(model);
  const { element: stage, ...panels } = curvesStage({
    chosen: () => model.get("epoch"),
    longest: () => read.shown().longest,
    onChoose: (epoch) => edit({ epoch }),
    redraw: request,
    signal,
    events,
  });
  const settings = settingsPanel({ model, edit });
  const values = valueTable();
  const stops = stopTable();
  const message = messageLine();
  const key = signKey();
  const sentence = h("p", { class: "curves-summary" });
  const copy = copyButton({ code: () => pythonCode(read.shown()), signal });

  function draw() {
    settings.update(longestOf(read.all()));
    const shown = read.shown();
    const { runs, problem, words } = shown;
    const epoch = panels.current();
    message.show(problem);
    hide(stage, Boolean(problem));
    hide(key.element, Boolean(problem));
    hide(values.element, !runs.length);
    if (!problem) panels.draw(shown);
    values.update(runs, epoch);
    stops.update(runs);
    key.update(runs);
    setText(sentence, words);
    demo.tellState(`${words} ${problem}`.trim());
    panels.tell(runs, shown.splits);
    return { ...shown, epoch };
  }

  const parts = [
    settings.curves,
    message.element,
    stage,
    key.element,
    values.element,
    h("div", { class: "lu-title" }, "Early stopping"),
    settings.rule,
    sentence,
    stops.element,
    h("div", {}, copy.button),
    copy.panel,
  ];
  /** Of all runs, also of those that are hidden. */
  function readings() {
    const stops = read.all().flatMap((run) => run.stops);
    return {
      trainings: stops.length,
      kept_best: stops.filter(({ kept, best }) => kept === best).length,
      epochs_saved: stops.reduce((sum, { epochsSaved }) => sum + epochsSaved, 0),
    };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "training_curves", label: "Training curves" }, build),
};

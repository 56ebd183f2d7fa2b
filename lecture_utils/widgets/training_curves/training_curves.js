/** TrainingCurves: trainings side by side, a crosshair, and early stopping. See __init__.py. */

import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText, svg } from "../_shared/ui/dom.js";
import { promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { EVENTS } from "../_shared/ui/curves/chart.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { curvesStage, logFloor, longestOf, prepareRun } from "../_shared/ui/curves/stage.js";
import { earlyStopping } from "./stopping.js";
import { valueTable } from "../_shared/ui/curves/tables.js";
import { PARTS } from "../_shared/ui/curves/text.js";
import { stopTable } from "./stop_table.js";
import { summary } from "./words.js";

const NAMES = ["runs", "hidden", "parts", "patience", "monitor", "smoothing", "log_loss", "epoch"];

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  watch(model, NAMES, request, signal);
  const edit = (changes) => {
    send(changes);
    request();
  };

  // ---- What the curves are made of, computed when it changes
  let prepared = { runs: null, smoothing: null, all: [] };
  function prepare() {
    const [runs, smoothing] = [model.get("runs"), model.get("smoothing")];
    if (runs === prepared.runs && smoothing === prepared.smoothing) return prepared.all;
    const all = runs.map((run, place) => prepareRun(run, place, smoothing));
    prepared = { runs, smoothing, all };
    return all;
  }
  /** The runs on screen, and how many epochs the longest of them has. */
  function visible() {
    const hidden = model.get("hidden");
    const runs = prepare().filter(({ label }) => !hidden.includes(label));
    return { runs, longest: longestOf(runs) };
  }

  // ---- The panels
  const { element: stage, ...panels } = curvesStage({
    chosen: () => model.get("epoch"),
    longest: () => visible().longest,
    onChoose: (epoch) => edit({ epoch }),
    redraw: request,
    signal,
  });

  // ---- Everything in its place
  const settings = settingsPanel({ model, edit });
  const values = valueTable();
  const stops = stopTable();
  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const sentence = h("p", { class: "curves-summary" });
  const copy = copyButton({ code: () => pythonCode(shownSettings()), signal });
  const live = announcer(signal);
  const sign = (event, text) =>
    h(
      "span",
      {},
      svg(
        "svg",
        { class: `curves-sign curves-event ${event}`, viewBox: "0 0 24 24", "aria-hidden": "true" },
        svg("path", { d: EVENTS[event](12, 12) }),
      ),
      text,
    );
  const key = h(
    "p",
    { class: "curves-key lu-label" },
    sign("best", "best epoch"),
    sign("stop", "stops early; the rest is pale"),
    sign("kept", "epoch it keeps"),
    h("span", { class: "bands", hidden: true }, h("i", { class: "curves-band-sign" }), "range over the seeds"),
  );
  const bands = key.querySelector(".bands");
  const root = h(
    "div",
    { class: "lu-demo lu-curves lu-training-curves", role: "group", "aria-label": "Training curves" },
    settings.curves,
    message,
    stage,
    key,
    values.element,
    h("div", { class: "lu-title" }, "Early stopping"),
    settings.rule,
    sentence,
    stops.element,
    h("div", {}, copy.button),
    copy.panel,
    live.element,
  );

  function shownSettings() {
    return {
      ...visible(),
      parts: Object.keys(PARTS).filter((part) => model.get("parts").includes(part)),
      patience: model.get("patience"),
      monitor: model.get("monitor"),
      smoothing: model.get("smoothing"),
      log: model.get("log_loss"),
    };
  }

  // ---- Drawing
  function draw() {
    settings.update(Math.max(...prepare().map(({ values: raw }) => raw.val_loss.mean.length)));
    const shown = shownSettings();
    const runs = shown.runs.map((run) => {
      const stops = run.seeds.map((seed) => earlyStopping(seed, shown.patience, shown.monitor));
      // The mean goes on until the last of the seeds has stopped.
      return { ...run, stops, lastEpoch: Math.max(...stops.map((stop) => stop.epochs)) };
    });
    const epoch = panels.current();
    let problem = "";
    if (!runs.length) problem = "No run is chosen: tick at least one to see its curves.";
    else if (!shown.parts.length) problem = "Tick training, validation or both to see curves.";
    else if (shown.log && logFloor(runs, shown.parts) === null) {
      problem = "No loss is above zero, so a logarithmic axis has no place for it.";
    }
    for (const [element, hide] of [[message, !problem], [stage, problem], [key, problem], [values.element, !runs.length]]) {
      if (element.hidden !== Boolean(hide)) element.hidden = Boolean(hide);
    }
    setText(message, problem);
    if (!problem) panels.draw({ ...shown, runs, events });
    values.update(runs, epoch);
    stops.update(runs);
    tell(runs, shown);
    const detail = { ...shown, runs, epoch, problem };
    root.dispatchEvent(new CustomEvent("curves", { bubbles: true, detail }));
  }

  /** Early stopping goes by single trainings, so its marks stand at the values of the seeds. */
  function events({ place, seeds, stops: found }, column) {
    return found.flatMap((stop, s) => {
      const at = (event, epoch) => ({ event, place, epoch, value: seeds[s][column][epoch - 1] });
      const stopping = stop.epochsSaved ? [at("stop", stop.epochs)] : [];
      return [...stopping, at("best", stop.best), at("kept", stop.kept)];
    });
  }

  let announced = null;
  function tell(runs, shown) {
    const several = runs.some(({ seeds }) => seeds.length > 1);
    if (bands.hidden === several) bands.hidden = !several;
    const words = summary(runs.flatMap((run) => run.stops), shown);
    setText(sentence, words);
    if (announced !== null && announced !== words) live.say(words);
    announced = words;
    panels.tell(runs, shown.parts);
  }

  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

/** TrainingCurves: trainings side by side, a crosshair, and early stopping. See __init__.py. */

import { copyButton } from "../_shared/copy.js";
import { announcer, h, setText, svg } from "../_shared/dom.js";
import { promptly } from "../_shared/frame.js";
import { editor, watch } from "../_shared/model.js";
import { clamp, format } from "../_shared/numbers.js";
import { linearAxis, logAxis } from "../_shared/axis.js";
import { curvePanel, EVENTS } from "./chart.js";
import { spreads } from "./curves.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { earlyStopping } from "./stopping.js";
import { stopTable, valueTable } from "./tables.js";
import { PARTS, percent, summary, writeValue } from "./words.js";

const NAMES = ["runs", "hidden", "parts", "patience", "monitor", "smoothing", "log_loss", "epoch"];
const PANELS = ["loss", "accuracy"];
/** Panels this narrow stand one above the other. */
const NARROW = 560;

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
  let hovered = null; // the epoch under the mouse

  // ---- What the curves are made of, computed when it changes
  let prepared = { runs: null, smoothing: null, all: [] };
  function prepare() {
    const [runs, smoothing] = [model.get("runs"), model.get("smoothing")];
    if (runs === prepared.runs && smoothing === prepared.smoothing) return prepared.all;
    const all = runs.map((run, place) => {
      const values = spreads(run.seeds, 0);
      return { ...run, place, values, lines: smoothing ? spreads(run.seeds, smoothing) : values };
    });
    prepared = { runs, smoothing, all };
    return all;
  }
  /** The runs on screen, and how many epochs the longest of them has. */
  function visible() {
    const hidden = model.get("hidden");
    const runs = prepare().filter(({ label }) => !hidden.includes(label));
    return { runs, longest: Math.max(1, ...runs.map(({ values }) => values.val_loss.mean.length)) };
  }
  const currentEpoch = () => clamp(hovered ?? model.get("epoch"), 1, visible().longest);

  // ---- The panels; together they are one slider over the epochs
  const panels = { loss: curvePanel("Loss"), accuracy: curvePanel("Accuracy") };
  const stage = h(
    "div",
    {
      class: "curves-stage",
      role: "slider",
      tabindex: 0,
      "aria-label": "Epoch of the crosshair",
      "aria-valuemin": 1,
      onkeydown: walk,
      onpointermove: follow,
      onpointerdown: follow,
      onpointerleave: () => {
        hovered = null;
        request();
      },
    },
    panels.loss.element,
    panels.accuracy.element,
  );
  function follow(event) {
    const panel = Object.values(panels).find(({ contains }) => contains(event.target));
    if (!panel) return;
    const at = clamp(panel.epochAt(event.clientX), 1, visible().longest);
    // A finger, or a click, leaves the crosshair where it was.
    if (event.type === "pointerdown" || event.pointerType === "touch") {
      hovered = null;
      if (at !== model.get("epoch")) edit({ epoch: at });
      else request();
    } else if (at !== hovered) {
      hovered = at;
      request();
    }
  }
  function walk(event) {
    const { longest } = visible();
    const here = currentEpoch();
    const page = Math.max(2, Math.round(longest / 10));
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -page, PageUp: page };
    let to = here + (steps[event.key] ?? 0);
    if (event.key === "Home") to = 1;
    else if (event.key === "End") to = longest;
    else if (!(event.key in steps)) return;
    event.preventDefault();
    hovered = null;
    edit({ epoch: clamp(to, 1, longest) });
  }

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
    { class: "lu-demo lu-training-curves", role: "group", "aria-label": "Training curves" },
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
  let width = 0;
  const observer = new ResizeObserver(([entry]) => {
    if (Math.round(entry.contentRect.width) === width) return;
    width = Math.round(entry.contentRect.width);
    request();
  });
  observer.observe(stage);
  signal.addEventListener("abort", () => observer.disconnect());

  function draw() {
    settings.update(Math.max(...prepare().map(({ values: raw }) => raw.val_loss.mean.length)));
    const shown = shownSettings();
    const { longest } = shown;
    const runs = shown.runs.map((run) => ({
      ...run,
      stops: run.seeds.map((seed) => earlyStopping(seed, shown.patience, shown.monitor)),
    }));
    const epoch = currentEpoch();
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
    if (width && !problem) {
      for (const what of PANELS) drawPanel(what, { ...shown, runs }, epoch);
    }
    values.update(runs, epoch);
    stops.update(runs);
    tell(runs, shown, epoch);
    const detail = { ...shown, runs, epoch, problem };
    root.dispatchEvent(new CustomEvent("curves", { bubbles: true, detail }));
  }

  function drawPanel(what, { runs, longest, parts, smoothing, log }, epoch) {
    const columns = parts.map((part) => `${part}_${what}`);
    const ends = { low: Infinity, high: -Infinity };
    for (const { values: raw } of runs) {
      for (const column of columns) {
        ends.low = Math.min(ends.low, ...raw[column].low);
        ends.high = Math.max(ends.high, ...raw[column].high);
      }
    }
    const logarithmic = what === "loss" && log;
    const limits = what === "accuracy" ? { least: 0, most: 1 } : {};
    const axis = logarithmic
      ? logAxis(logFloor(runs, parts), ends.high)
      : linearAxis(ends.low, ends.high, limits);
    const stacked = width < NARROW;
    const curves = runs.flatMap(({ place, seeds, values: raw, lines, stops: found }) =>
      parts.map((part) => ({
        place,
        part,
        ...lines[`${part}_${what}`],
        raw: smoothing ? raw[`${part}_${what}`].mean : null,
        banded: seeds.length > 1,
        // The mean goes on until the last of the seeds has stopped.
        until: Math.max(...found.map((stop) => stop.epochs)),
      })),
    );
    const marks = parts.includes("val") ? runs.flatMap((run) => events(run, `val_${what}`)) : [];
    panels[what].draw({
      width: stacked ? width : Math.floor((width - 12) / 2),
      height: stacked ? 210 : 270,
      epochs: longest,
      axis,
      write: what === "accuracy" ? (tick) => percent(tick, Math.max(0, axis.decimals - 2)) : (tick) => format(tick, 4),
      curves,
      marks,
    });
    const dots = curves
      .filter(({ mean }) => epoch <= mean.length)
      .map(({ place, mean }) => ({ place, value: mean[epoch - 1] }));
    panels[what].point(epoch, dots);
  }

  /** Early stopping goes by single trainings, so its marks stand at the values of the seeds. */
  function events({ place, seeds, stops: found }, column) {
    return found.flatMap((stop, s) => {
      const at = (event, epoch) => ({ event, place, epoch, value: seeds[s][column][epoch - 1] });
      const stopping = stop.epochsSaved ? [at("stop", stop.epochs)] : [];
      return [...stopping, at("best", stop.best), at("kept", stop.kept)];
    });
  }

  /** The smallest loss above zero, or null. */
  function logFloor(runs, parts) {
    let floor = Infinity;
    for (const { values: raw } of runs) {
      for (const part of parts) {
        for (const low of raw[`${part}_loss`].low) if (low > 0) floor = Math.min(floor, low);
        // A band may begin at zero while its mean does not.
        for (const mean of raw[`${part}_loss`].mean) if (mean > 0) floor = Math.min(floor, mean);
      }
    }
    return floor === Infinity ? null : floor;
  }

  let announced = null;
  function tell(runs, shown, epoch) {
    const { longest } = shown;
    const several = runs.some(({ seeds }) => seeds.length > 1);
    if (bands.hidden === several) bands.hidden = !several;
    const words = summary(runs.flatMap((run) => run.stops), shown);
    setText(sentence, words);
    if (announced !== null && announced !== words) live.say(words);
    announced = words;
    const read = runs.map(({ label, values: raw }) => {
      if (epoch > raw.val_loss.mean.length) return `${label} has ended`;
      const parts = shown.parts.map((part) => {
        const [loss, accuracy] = PANELS.map((what) =>
          writeValue(what, raw[`${part}_${what}`].mean[epoch - 1]),
        );
        return `${PARTS[part]} loss ${loss}, accuracy ${accuracy}`;
      });
      return `${label}: ${parts.join("; ")}`;
    });
    const attributes = {
      "aria-valuemax": longest,
      "aria-valuenow": epoch,
      "aria-valuetext": `epoch ${epoch} of ${longest}. ${read.join(". ")}`,
    };
    for (const [name, value] of Object.entries(attributes)) {
      if (stage.getAttribute(name) !== String(value)) stage.setAttribute(name, value);
    }
  }

  el.append(root);
  width = Math.round(stage.clientWidth);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

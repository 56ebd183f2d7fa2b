/**
 * Loss and accuracy side by side with a crosshair; together they are one slider over the epochs.
 */

import { h } from "../dom.js";
import { fingerWatch } from "../finger.js";
import { changeDetector } from "../frame.js";
import { clamp, format } from "../../math/numbers.js";
import { linearAxis, logAxis } from "../../math/axis.js";
import { curvePanel } from "./chart.js";
import { spreads } from "../../math/curves.js";
import { SPLITS, percent, writeValue } from "./text.js";

const PANELS = ["loss", "accuracy"];
/** Panels this narrow stand one above the other. */
const NARROW = 560;

/**
 * @typedef {{label: string, place: number, seeds: Record<string, any>[], values: Record<string,
 *   any>, lines: Record<string, any>, lastEpoch?: number}} DrawnRun
 *   `values` and `lines` are `spreads` of the seeds, as they are and smoothed; what comes after
 *   epoch `lastEpoch` is drawn pale.
 */

/**
 * @typedef {{runs: DrawnRun[], splits: string[], smoothing?: number, log?: boolean}} Shown Curves
 *   are drawn anew only for another list of runs or splits: neither is changed in place.
 */

/**
 * What is drawn of a run.
 * @param {Record<string, any>} run
 * @param {number} place
 * @param {number} [smoothing]
 * @returns {Record<string, any>}
 */
export function prepareRun(run, place, smoothing = 0) {
  const values = spreads(run.seeds, 0);
  return { ...run, place, values, lines: smoothing ? spreads(run.seeds, smoothing) : values };
}

/**
 * How many epochs the longest of some runs has.
 * @param {DrawnRun[]} runs
 * @returns {number}
 */
export const longestOf = (runs) =>
  Math.max(1, ...runs.map(({ values }) => values.val_loss.mean.length));

/**
 * The smallest loss above zero, or null.
 * @param {DrawnRun[]} runs
 * @param {string[]} splits
 * @returns {number}
 */
export function logFloor(runs, splits) {
  let floor = Infinity;
  for (const { values: raw } of runs) {
    for (const split of splits) {
      for (const low of raw[`${split}_loss`].low) if (low > 0) floor = Math.min(floor, low);
      // A band may begin at zero while its mean does not.
      for (const mean of raw[`${split}_loss`].mean) if (mean > 0) floor = Math.min(floor, mean);
    }
  }
  return floor === Infinity ? null : floor;
}

/**
 * @param {{chosen: () => number, longest: () => number, onChoose: (epoch: number) => void,
 *   redraw: () => void, signal: AbortSignal, events?: (run: Record<string, any>, column: string) =>
 *   Record<string, any>[]}} options `chosen` is where the crosshair stands while no mouse is over
 *   it; `redraw` is called when something else is to be drawn; `events` are marks at single values.
 */
export function curvesStage({ chosen, longest, onChoose, redraw, signal, events = () => [] }) {
  let hovered = null; // the epoch under the mouse
  let width = 0;
  const current = () => clamp(hovered ?? chosen(), 1, longest());
  const panels = { loss: curvePanel("Loss"), accuracy: curvePanel("Accuracy") };
  const element = h(
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
      onpointerup: follow,
      onpointercancel: follow,
      onpointerleave: () => {
        hovered = null;
        redraw();
      },
    },
    panels.loss.element,
    panels.accuracy.element,
  );
  const isPointing = fingerWatch();
  function follow(event) {
    const isFinger = event.pointerType === "touch";
    if (!isPointing(event) || (event.type === "pointerup" && !isFinger)) return;
    const panel = Object.values(panels).find(({ contains }) => contains(event.target));
    if (!panel) return;
    const at = clamp(panel.epochAt(event.clientX), 1, longest());
    // A finger, or a click, leaves the crosshair where it was.
    if (event.type === "pointerdown" || isFinger) {
      hovered = null;
      if (at !== chosen()) onChoose(at);
      else redraw();
    } else if (at !== hovered) {
      hovered = at;
      redraw();
    }
  }
  function walk(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = longest();
    const here = current();
    const page = Math.max(2, Math.round(last / 10));
    const steps = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      PageDown: -page,
      PageUp: page,
    };
    let to = here + (steps[event.key] ?? 0);
    if (event.key === "Home") to = 1;
    else if (event.key === "End") to = last;
    else if (!(event.key in steps)) return;
    event.preventDefault();
    hovered = null;
    onChoose(clamp(to, 1, last));
  }
  const observer = new ResizeObserver(([entry]) => {
    if (Math.round(entry.contentRect.width) === width) return;
    width = Math.round(entry.contentRect.width);
    redraw();
  });
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());

  const newCurves = changeDetector();
  let curves = {}; // Those of each panel.

  /** @param {Shown} shown */
  function draw({ runs, splits, smoothing = 0, log = false }) {
    width ||= Math.round(element.clientWidth);
    if (!width || element.hidden) return;
    if (newCurves(runs, splits, smoothing, log, width)) {
      const shown = { runs, splits, smoothing, log };
      curves = Object.fromEntries(PANELS.map((what) => [what, drawPanel(what, shown)]));
    }
    const epoch = current();
    for (const what of PANELS) {
      const dots = curves[what]
        .filter(({ mean }) => epoch <= mean.length)
        .map(({ place, mean }) => ({ place, value: mean[epoch - 1] }));
      panels[what].point(epoch, dots);
    }
  }

  /**
   * @param {string} what
   * @param {Shown} shown
   */
  function drawPanel(what, { runs, splits, smoothing, log }) {
    const columns = splits.map((split) => `${split}_${what}`);
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
      ? logAxis(logFloor(runs, splits), ends.high)
      : linearAxis(ends.low, ends.high, limits);
    const stacked = width < NARROW;
    const all = runs.flatMap(({ place, seeds, values: raw, lines, lastEpoch }) =>
      splits.map((split) => ({
        place,
        split,
        ...lines[`${split}_${what}`],
        thin: smoothing ? [raw[`${split}_${what}`].mean] : [],
        banded: seeds.length > 1,
        until: lastEpoch ?? raw[`${split}_${what}`].mean.length,
      })),
    );
    panels[what].draw({
      width: stacked ? width : Math.floor((width - 12) / 2),
      height: stacked ? 210 : 270,
      epochs: longestOf(runs),
      axis,
      write:
        what === "accuracy"
          ? (tick) => percent(tick, Math.max(0, axis.decimals - 2))
          : (tick) => format(tick, 4),
      curves: all,
      marks: splits.includes("val") ? runs.flatMap((run) => events(run, `val_${what}`)) : [],
    });
    return all;
  }

  /** Say what the crosshair points at. */
  function tell(runs, splits) {
    const epoch = current();
    const last = longestOf(runs);
    const read = runs.map(({ label, values: raw }) => {
      if (epoch > raw.val_loss.mean.length) return `${label} has ended`;
      const values = splits.map((split) => {
        const [loss, accuracy] = PANELS.map((what) =>
          writeValue(what, raw[`${split}_${what}`].mean[epoch - 1]),
        );
        return `${SPLITS[split]} loss ${loss}, accuracy ${accuracy}`;
      });
      return `${label}: ${values.join("; ")}`;
    });
    const attributes = {
      "aria-valuemax": last,
      "aria-valuenow": epoch,
      "aria-valuetext": `epoch ${epoch} of ${last}. ${read.join(". ")}`,
    };
    for (const [name, value] of Object.entries(attributes)) {
      if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
    }
  }
  return { element, current, draw, tell };
}

/** What was recorded, against the number of trained parameters. Nothing is interpolated. */

import { h, setText, svg } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { marker } from "../_shared/ui/curves/chart.js";
import { linearAxis, logAxis } from "../_shared/math/axis.js";
import { format, grouped, short } from "../_shared/math/numbers.js";
import { MEASURES } from "./text.js";

const EDGE = { left: 72, right: 16, top: 14, bottom: 40 };
const HEIGHT = 210;

const NOTES = {
  accuracy:
    "Whiskers: 95% intervals. On this scale, every halving of the error rate covers the same distance.",
  time: "Whiskers: from the fastest to the slowest seed. The table names the clock.",
  memory:
    "Memory of one training step at every boundary. It is counted, not measured, so no run is needed.",
};

/**
 * A scale with equal distances for equal ratios of errors; otherwise 99% would lie on top of 98%.
 * @returns {{ticks: number[], place: (accuracy: number) => number, write: (accuracy: number)
 *   => string}}
 */
function accuracyAxis(low, high) {
  const least = 2e-4; // Zero errors have no logarithm.
  const error = (accuracy) => Math.max(1 - accuracy, least);
  const { ticks, place } = logAxis(error(high), error(low));
  return {
    ticks: ticks.filter((tick) => tick <= 1).map((tick) => 1 - tick),
    place: (accuracy) => 1 - place(error(accuracy)),
    write: (accuracy) => `${format(100 * accuracy, 2)}%`,
  };
}

/** Three steps of 0.2 are not quite 0.6. */
const axisLabel = (value) => grouped(Number(value.toPrecision(12)));

/** @returns {{element: HTMLElement, draw: (state: Record<string, any>) => void}} */
export function scatterPlot() {
  const grid = svg("path", { class: "curves-grid" });
  const here = svg("path", { class: "transfer-here" });
  const [labels, marks] = [svg("g", { class: "curves-text" }), svg("g")];
  const drawing = svg("svg", { height: HEIGHT, "aria-hidden": "true" }, grid, here, marks, labels);
  const note = h("p", { class: "lu-label" });
  const element = h("div", { class: "transfer-scatter" }, drawing, note);

  const [newPlot, newBoundary] = [changeDetector(), changeDetector()];
  let points = []; // The marks, each with the boundary that it belongs to.
  let across = (_) => 0;

  /**
   * Another boundary moves the line and the current marks only.
   * @param {{runs: Record<string, any>[], boundaries: Record<string, any>[], here: Record<string,
   *   any>, measure: string, width: number}} state `runs` have `place`, `trainable`, `numbers`,
   *   `train_from` and `scratch`; neither list is changed in place.
   */
  function draw({ runs, boundaries, here: boundary, measure, width }) {
    if (newPlot(runs, boundaries, measure, width)) drawPlot(runs, boundaries, measure, width);
    if (!points.length || !newBoundary(points, boundary)) return;
    here.setAttribute(
      "d",
      `M${across(boundary.trainable)} ${EDGE.top - 6}V${HEIGHT - EDGE.bottom}`,
    );
    for (const { group, kind, from, shape } of points) {
      const current = from === boundary.trainFrom;
      const look = `transfer-point ${kind[0]}${current ? " current" : ""}${kind[1]}`;
      if (group.getAttribute("class") === look) continue;
      group.setAttribute("class", look);
      group.lastElementChild.setAttribute("d", shape(current ? 6.5 : 4.5));
    }
  }

  function drawPlot(runs, boundaries, measure, width) {
    const counted = boundaries.map((each) => {
      const memory = each.memory / 2 ** 20;
      return {
        place: null,
        trainable: each.trainable,
        train_from: each.trainFrom,
        numbers: { memory: { mean: memory, low: memory, high: memory } },
        scratch: false,
      };
    });
    const known = (measure === "memory" ? counted : runs).filter(({ numbers }) => numbers[measure]);
    points = [];
    setText(
      note,
      known.length ? NOTES[measure] : `${MEASURES[measure]}: not recorded for any of these runs.`,
    );
    drawing.setAttribute("width", String(width));
    drawing.style.display = known.length ? "" : "none";
    if (!known.length) marks.replaceChildren();
    if (!known.length || !width) return;
    const ends = known.flatMap(({ numbers }) =>
      measure === "accuracy"
        ? numbers.accuracy.interval
        : [numbers[measure].low, numbers[measure].high],
    );
    const [lowest, highest] = [Math.min(...ends), Math.max(...ends)];
    const vertical =
      measure === "accuracy"
        ? accuracyAxis(lowest, highest)
        : {
            write: (value) => axisLabel(value) + (measure === "memory" ? " MiB" : ""),
            ...linearAxis(lowest, highest, { least: 0 }),
          };
    const amounts = [...boundaries, ...runs].map(({ trainable }) => trainable);
    const horizontal = logAxis(Math.min(...amounts), Math.max(...amounts));
    const [right, floor] = [width - EDGE.right, HEIGHT - EDGE.bottom];
    const x = (value) => EDGE.left + (right - EDGE.left) * horizontal.place(value);
    across = x;
    const y = (value) => floor - (floor - EDGE.top) * vertical.place(value);
    grid.setAttribute(
      "d",
      vertical.ticks.map((tick) => `M${EDGE.left} ${y(tick)}H${right}`).join(""),
    );
    labels.replaceChildren(
      ...vertical.ticks.map((tick) =>
        svg(
          "text",
          { x: EDGE.left - 7, y: y(tick) + 4, "text-anchor": "end" },
          vertical.write(tick),
        ),
      ),
      ...horizontal.ticks.map((tick) =>
        svg("text", { x: x(tick), y: floor + 17, "text-anchor": "middle" }, short(tick)),
      ),
      svg("text", { x: right, y: floor + 35, "text-anchor": "end" }, "trained parameters"),
    );
    points = known.map(({ place, trainable: at, train_from: from, numbers, scratch }) => {
      const value = numbers[measure];
      const [low, high] = measure === "accuracy" ? value.interval : [value.low, value.high];
      const whisker = svg("path", { class: "whisker", d: `M${x(at)} ${y(low)}V${y(high)}` });
      return {
        group: svg("g", {}, whisker, svg("path", { class: "mark" })),
        kind: [place === null ? "counted" : `run-${place % 6}`, scratch ? " scratch" : ""],
        from: scratch ? null : from,
        shape: (radius) => marker(place ?? 0, x(at), y(value.mean), radius),
      };
    });
    marks.replaceChildren(...points.map(({ group }) => group));
  }
  return { element, draw };
}

/** One panel of curves: SVG in the pixels of the screen, so that letters and lines stay crisp. */

import { h, setText, svg } from "../dom.js";
import { changeDetector } from "../frame.js";
import { epochTicks } from "../../math/axis.js";

const EDGE = { left: 50, right: 14, top: 20, bottom: 26 };

/** Markers of the runs, by their position in the list; each is centered on (x, y). */
const MARKERS = [
  (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (x, y, r) => `M${x} ${y - 1.2 * r}l${1.2 * r} ${2.1 * r}h${-2.4 * r}z`,
  (x, y, r) =>
    `M${x} ${y - 1.4 * r}l${1.4 * r} ${1.4 * r}l${-1.4 * r} ${1.4 * r}l${-1.4 * r} ${-1.4 * r}z`,
  (x, y, r) => `M${x} ${y + 1.2 * r}l${1.2 * r} ${-2.1 * r}h${-2.4 * r}z`,
  (x, y, r) => `M${x + 1.2 * r} ${y}l${-2.1 * r} ${1.2 * r}v${-2.4 * r}z`,
  (x, y, r) => `M${x - r / 2} ${y - 1.4 * r}h${r}v${2.8 * r}h${-r}z`,
  (x, y, r) => `M${x - 1.2 * r} ${y}l${2.1 * r} ${1.2 * r}v${-2.4 * r}z`,
];
/**
 * @param {number} place
 * @param {number} x
 * @param {number} y
 * @param {number} [r]
 * @returns {string}
 */
export const marker = (place, x, y, r = 3.2) => MARKERS[place % MARKERS.length](x, y, r);

const STAR = Array.from({ length: 10 }, (_, i) => {
  const [r, angle] = [i % 2 ? 2.9 : 6.8, (i * Math.PI) / 5];
  return [r * Math.sin(angle), -r * Math.cos(angle)];
});
/** Events of early stopping: which epoch is best, which is kept, where it stops. */
export const EVENTS = {
  best: (x, y) =>
    `M${STAR.map(([dx, dy]) => `${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)}`).join("L")}z`,
  kept: (x, y) => MARKERS[0](x, y, 7.5),
  stop: (x, y) => `M${x - 3.5} ${y - 9}h7M${x} ${y - 9}v18M${x - 3.5} ${y + 9}h7`,
};

/**
 * @typedef {object} Curve One line of a panel.
 * @property {number} place The run's position in the list, which decides its color and marker.
 * @property {boolean} [pale] In gray instead, such as a baseline.
 * @property {string} split "train" or "val".
 * @property {number[]} mean
 * @property {number[]} [at] The epochs of these values; by default 1, 2, 3 ...
 * @property {number[][]} [thin] Lines behind it, such as those of single seeds.
 * @property {number} until So many values are drawn in full, the rest is pale.
 * @property {boolean} [banded] Whether to fill between `low` and `high`.
 * @property {number[]} [low]
 * @property {number[]} [high]
 */

/**
 * @param {string} title "" for a panel that is named elsewhere.
 * @returns {{element: HTMLElement, draw: (shown: Record<string, any>) => void,
 *   point: (epoch: number, dots: {place: number, value: number}[], words?: string) => void,
 *   epochAt: (clientX: number) => number, contains: (target: Node) => boolean}}
 */
export function curvePanel(title) {
  const grid = svg("path", { class: "curves-grid" });
  const labels = svg("g", { class: "curves-text" });
  const [lines, events] = [svg("g"), svg("g")];
  const hair = svg("path", { class: "curves-hair" });
  const flag = svg("text", { class: "curves-flag", y: 12, "text-anchor": "middle" });
  const dots = svg("g");
  const drawing = svg(
    "svg",
    { "aria-hidden": "true" },
    grid,
    lines,
    hair,
    dots,
    events,
    flag,
    labels,
  );
  const heading = title && h("div", { class: "curves-heading" }, title);
  const element = h("div", { class: "curves-panel" }, heading, drawing);
  const [newFrame, newHair] = [changeDetector(), changeDetector()];
  let frame = null; // {width, height, epochs, axis}

  const x = (epoch) => {
    const span = frame.width - EDGE.left - EDGE.right;
    const part = frame.epochs > 1 ? (epoch - 1) / (frame.epochs - 1) : 0.5;
    return Math.round(10 * (EDGE.left + span * part)) / 10;
  };
  const y = (value) => {
    const floor = frame.height - EDGE.bottom;
    return Math.round(10 * (floor - (floor - EDGE.top) * frame.axis.place(value))) / 10;
  };
  /** A logarithmic axis has no zero. */
  const drawable = (value) => Number.isFinite(frame.axis.place(value));

  function draw({ width, height, epochs, axis, write, curves, marks }) {
    frame = { width, height, epochs, axis };
    const key = axis.ticks.join();
    if (newFrame(width, height, epochs, key, axis.decimals)) drawFrame(write);
    pool(lines, curves.length, () =>
      svg("g", {}, ...CURVE.map((name) => svg("path", { class: name }))),
    );
    curves.forEach((curve, i) => drawCurve(lines.children[i], curve));
    pool(events, marks.length, () => svg("g", {}, svg("path", { class: "halo" }), svg("path")));
    marks.forEach(({ event, place, pale = false, epoch, value }, i) => {
      const group = events.children[i];
      const shape = drawable(value) ? EVENTS[event](x(epoch), y(value)) : "";
      set(group, "class", `curves-event ${event} ${colorOf(place, pale)}`);
      for (const path of group.children) set(path, "d", shape);
    });
  }

  function drawFrame(write) {
    const { width, height, epochs, axis } = frame;
    const [right, floor] = [width - EDGE.right, height - EDGE.bottom];
    for (const [name, size] of Object.entries({ width, height })) drawing.setAttribute(name, size);
    set(grid, "d", axis.ticks.map((tick) => `M${EDGE.left} ${y(tick)}H${right}`).join(""));
    labels.replaceChildren(
      svg("text", { x: EDGE.left - 7, y: floor + 18, "text-anchor": "end" }, "epoch"),
      ...axis.ticks.map((tick) =>
        svg("text", { x: EDGE.left - 7, y: y(tick) + 4, "text-anchor": "end" }, write(tick)),
      ),
      ...epochTicks(epochs, Math.max(3, Math.floor((right - EDGE.left) / 38))).map((epoch) =>
        svg("text", { x: x(epoch), y: floor + 18, "text-anchor": "middle" }, epoch),
      ),
    );
  }

  /**
   * The line up to where it ends, its faded rest, markers, the band and the thin lines.
   * @param {Element} group
   * @param {Curve} curve
   */
  function drawCurve(group, { place, pale = false, split, mean, at, thin = [], until, ...range }) {
    set(group, "class", `curves-curve ${colorOf(place, pale)} ${split}`);
    const [band, rough, faint, line, rest, marks] = group.children;
    const across = (i) => x(at ? at[i] : i + 1);
    const trace = (values, from = 0, to = values.length) => {
      let path = "";
      let pen = "M";
      for (let i = from; i < to; i += 1) {
        if (drawable(values[i])) path += `${pen}${across(i)} ${y(values[i])}`;
        pen = drawable(values[i]) ? "L" : "M";
      }
      return path;
    };
    const { low, high } = range;
    let area = "";
    if (range.banded) {
      const inside = low.map((_, i) => i).filter((i) => drawable(low[i]) && drawable(high[i]));
      const over = inside.map((i) => `${across(i)} ${y(high[i])}`);
      const under = inside.map((i) => `${across(i)} ${y(low[i])}`).reverse();
      if (inside.length) area = `M${[...over, ...under].join("L")}z`;
    }
    const ahead = (values) => (until < values.length ? trace(values, Math.max(until - 1, 0)) : "");
    set(band, "d", area);
    set(
      rough,
      "d",
      thin.map((values) => trace(values, 0, Math.min(until, values.length))).join(""),
    );
    set(faint, "d", thin.map(ahead).join(""));
    set(line, "d", trace(mean, 0, Math.min(until, mean.length)));
    set(rest, "d", ahead(mean));
    // About eight per line, at different epochs for different runs.
    const every = Math.max(1, Math.round(mean.length / 8));
    let shapes = "";
    mean.forEach((value, i) => {
      if (i % every === place % every && drawable(value))
        shapes += marker(place, across(i), y(value));
    });
    set(marks, "d", shapes);
  }

  function point(epoch, places, words = `epoch ${epoch}`) {
    const at = x(epoch);
    if (newHair(at, frame.height, words)) {
      const half = Math.max(30, 3.6 * words.length);
      set(hair, "d", `M${at} ${EDGE.top - 4}V${frame.height - EDGE.bottom}`);
      set(flag, "x", Math.max(EDGE.left + half - 4, Math.min(at, frame.width - half)));
      setText(flag, words);
    }
    pool(dots, places.length, () => svg("circle", { r: 4 }));
    places.forEach(({ place, value }, i) => {
      const dot = dots.children[i];
      set(dot, "class", `curves-dot run-${place % 6}${drawable(value) ? "" : " none"}`);
      set(dot, "cx", at);
      if (drawable(value)) set(dot, "cy", y(value));
    });
  }

  function epochAt(clientX) {
    // A slide enlarges the drawing, so that its pixels are not those of the screen.
    const { left, width } = drawing.getBoundingClientRect();
    const at = ((clientX - left) * frame.width) / width;
    const part = (at - EDGE.left) / (frame.width - EDGE.left - EDGE.right);
    return Math.round(1 + part * (frame.epochs - 1));
  }
  return { element, draw, point, epochAt, contains: (target) => element.contains(target) };
}

const CURVE = ["band", "thin", "faint", "line", "rest", "marks"];

const colorOf = (place, pale) => (pale ? "run-pale" : `run-${place % 6}`);

function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Exactly so many children, made once and used again. */
function pool(parent, count, make) {
  while (parent.children.length < count) parent.append(make());
  while (parent.children.length > count) parent.lastChild.remove();
}

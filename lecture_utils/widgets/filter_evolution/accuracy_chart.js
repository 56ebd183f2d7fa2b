/** Test accuracy against the number of training images, with the runs on screen marked. */

import { grouped } from "../_shared/math/numbers.js";
import { linearAxis } from "../_shared/math/axis.js";
import { h, svg } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { marker } from "../_shared/ui/curves/chart.js";
import { swatch } from "../_shared/ui/curves/tables.js";

const EDGE = { left: 44, right: 14, top: 24, bottom: 42 };
const HEIGHT = 270;
/** How far from a mark a click still counts, in pixels. */
const REACH = 40;

/** @typedef {{label: string, points: {size: number, mean: number, margin: number|null}[]}} Curve */

/**
 * @param {{curves: Curve[], sizes: number[], onChoose: (size: number) => void}} options
 * @returns {{element: HTMLElement, key: HTMLElement, draw: (width: number, selected: number)
 *   => void}}
 */
export function accuracyChart({ curves, sizes, onChoose }) {
  const drawing = svg("svg", { "aria-hidden": "true" });
  const element = h("div", { class: "curves-stage evolution-chart" }, drawing);
  const points = curves.flatMap((curve) => curve.points);
  const all = [...points.map(({ size }) => size), ...sizes];
  const ends = [Math.min(...all) / 1.5, Math.max(...all) * 1.5].map(Math.log);
  const up = linearAxis(
    Math.min(...points.map(({ mean, margin }) => mean - (margin ?? 0))),
    Math.max(...points.map(({ mean, margin }) => mean + (margin ?? 0))),
    { least: 0, most: 1 },
  );
  let width = 0;
  const x = (size) => {
    const part = (Math.log(size) - ends[0]) / (ends[1] - ends[0]);
    return EDGE.left + part * (width - EDGE.left - EDGE.right);
  };
  const y = (accuracy) =>
    HEIGHT - EDGE.bottom - up.place(accuracy) * (HEIGHT - EDGE.bottom - EDGE.top);
  const text = (value, place, anchor, name = "") =>
    svg("text", { x: place[0], y: place[1], "text-anchor": anchor, class: name || null }, value);

  function lines() {
    return curves.map((curve, place) => {
      const at = curve.points.map(({ size, mean, margin }) => ({
        ...{ x: x(size), y: y(mean) },
        ends: [1, -1].map((sign) => y(mean + sign * (margin ?? 0))),
      }));
      const band = [
        ...at.map((point) => `${point.x} ${point.ends[0]}`),
        ...at.map((point) => `${point.x} ${point.ends[1]}`).reverse(),
      ];
      return svg(
        "g",
        { class: `curves-curve run-${place}` },
        svg("path", { class: "band", d: `M${band.join("L")}z` }),
        svg("path", {
          class: "line",
          d: `M${at.map((point) => `${point.x} ${point.y}`).join("L")}`,
        }),
        svg("path", {
          class: "marks",
          d: at.map((point) => marker(place, point.x, point.y, 3.6)).join(""),
        }),
      );
    });
  }
  function marks(selected) {
    return sizes.map((size) =>
      svg(
        "g",
        { class: `evolution-mark${size === selected ? " selected" : ""}` },
        svg("path", { d: `M${x(size)} ${EDGE.top}V${HEIGHT - EDGE.bottom}` }),
        text(grouped(size), [x(size), EDGE.top - 8], "middle"),
      ),
    );
  }
  function axes() {
    const floor = HEIGHT - EDGE.bottom;
    const powers = [];
    for (let power = 1; Math.log(power) <= ends[1]; power *= 10) {
      if (Math.log(power) >= ends[0]) powers.push(power);
    }
    return [
      svg("path", {
        class: "curves-grid",
        d: up.ticks.map((tick) => `M${EDGE.left} ${y(tick)}H${width - EDGE.right}`).join(""),
      }),
      svg(
        "g",
        { class: "curves-text" },
        ...up.ticks.map((tick) =>
          text(`${+(100 * tick).toFixed(1)}%`, [EDGE.left - 7, y(tick) + 4], "end"),
        ),
        ...powers.map((power) => text(grouped(power), [x(power), floor + 17], "middle")),
        text("training images, on a logarithmic axis", [width - EDGE.right, floor + 36], "end"),
      ),
    ];
  }
  const changed = changeDetector();
  function draw(newWidth, selected) {
    if (!newWidth || !changed(newWidth, selected)) return;
    width = newWidth;
    drawing.setAttribute("width", String(width));
    drawing.setAttribute("height", String(HEIGHT));
    drawing.replaceChildren(...axes(), ...marks(selected), ...lines());
  }
  element.addEventListener("click", (event) => {
    // A slide enlarges the drawing.
    const seen = drawing.getBoundingClientRect();
    const place = ((event.clientX - seen.left) * width) / seen.width;
    const [nearest] = [...sizes].sort((a, b) => Math.abs(x(a) - place) - Math.abs(x(b) - place));
    if (Math.abs(x(nearest) - place) <= REACH) onChoose(nearest);
  });
  const key = h(
    "p",
    { class: "curves-key" },
    ...curves.map(({ label }, place) => h("span", {}, swatch(place), label)),
    curves.some((curve) => curve.points.some(({ margin }) => margin !== null)) &&
      h("span", {}, h("span", { class: "curves-band-sign" }), "95% margin of error over seeds"),
  );
  return { element, key, draw };
}

/**
 * The numbers of the curves.
 * @param {Curve[]} curves
 * @returns {HTMLElement}
 */
export function accuracyTable(curves) {
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ size }) => size)))].sort(
    (a, b) => a - b,
  );
  const percent = (value) => (100 * value).toFixed(1);
  const cell = (point) => {
    if (!point) return h("td", {}, "–");
    const margin = point.margin === null ? "" : ` ± ${percent(point.margin)}`;
    return h("td", {}, `${percent(point.mean)}${margin}%`);
  };
  const heads = ["Network", ...sizes.map(grouped)];
  return h(
    "div",
    { class: "evolution-scroll", role: "region", tabindex: 0, "aria-label": "Test accuracies" },
    h(
      "table",
      { class: "curves-table" },
      h("caption", {}, "Test accuracy by number of training images"),
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h(
        "tbody",
        {},
        ...curves.map(({ label, points }) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, label),
            ...sizes.map((size) => cell(points.find((point) => point.size === size))),
          ),
        ),
      ),
    ),
  );
}

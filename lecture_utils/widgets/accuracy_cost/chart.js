/** The networks as points: SVG in the pixels of the screen, so that letters stay crisp. */

import { linearAxis, logAxis } from "../_shared/math/axis.js";
import { h, setText, svg } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { COSTS, amount } from "./text.js";

const EDGE = { left: 44, right: 16, top: 22, bottom: 44 };
const LETTER = 6.7; // Width of a letter of the labels, about, in pixels.

/**
 * @typedef {object} Plot What is drawn, whichever network is selected; never changed in place.
 * @property {string} cost
 * @property {Record<string, any>[]} rows The networks.
 * @property {Record<string, any>[]} order The same from cheap to expensive.
 * @property {Record<string, any>[]} front Those that no other one beats.
 * @property {Map<string, Record<string, any>>} before Where networks were with their first weights.
 * @property {Record<string, any>[]} range All rows that the axes must have room for.
 */

/**
 * @returns {{element: SVGElement, draw: (shown: Record<string, any>) => void, nearest: Function}}
 */
export function chart() {
  const grid = svg("path", { class: "cost-grid" });
  const ticks = svg("g", { class: "cost-text" });
  const gains = svg("path", { class: "cost-gains" });
  const line = svg("path", { class: "cost-front" });
  const points = svg("g");
  const labels = svg("g", { class: "cost-labels" });
  const ring = svg("circle", { class: "cost-ring", r: 9 });
  const element = svg(
    "svg",
    { "aria-hidden": "true" },
    grid,
    ticks,
    gains,
    line,
    points,
    ring,
    labels,
  );
  const dots = new Map(); // From a network's name to its point.
  let placed = [];
  let last = "";
  const [newPlot, newSelection] = [changeDetector(), changeDetector()];

  /**
   * Another selection moves the ring and the labels only.
   * @param {{width: number, height: number, plot: Plot, family: string, selected: Record<string,
   *   any>|undefined}} shown
   */
  function draw({ width, height, plot, family, selected }) {
    if (newPlot(width, height, plot, family)) drawPlot(width, height, plot, family);
    if (!newSelection(width, height, plot, family, selected)) return;
    const at = placed.find(({ row }) => row === selected);
    ring.style.display = at ? "" : "none";
    if (at) ring.style.transform = `translate(${at.x}px, ${at.y}px)`;
    drawLabels({ front: plot.front, family, selected, right: width - EDGE.right });
  }

  function drawPlot(width, height, { cost, range, rows, front, before }, family) {
    const across = logAxis(
      Math.min(...range.map((row) => row[cost])),
      Math.max(...range.map((row) => row[cost])),
    );
    const up = linearAxis(
      Math.min(...range.map(({ accuracy }) => accuracy)),
      Math.max(...range.map(({ accuracy }) => accuracy)),
      { parts: 7 },
    );
    const [right, floor] = [width - EDGE.right, height - EDGE.bottom];
    const x = (row) => EDGE.left + (right - EDGE.left) * across.place(row[cost]);
    const y = (row) => floor - (floor - EDGE.top) * up.place(row.accuracy);
    element.setAttribute("width", String(width));
    element.setAttribute("height", String(height));
    const columns = across.ticks.map((tick) => x({ [cost]: tick }));
    const lines = up.ticks.map((tick) => y({ accuracy: tick }));
    grid.setAttribute(
      "d",
      columns.map((at) => `M${at} ${EDGE.top}V${floor}`).join("") +
        lines.map((at) => `M${EDGE.left} ${at}H${right}`).join(""),
    );
    ticks.replaceChildren(
      svg("text", { x: 0, y: 11 }, "top-1 accuracy"),
      svg(
        "text",
        { x: right, y: floor + 38, "text-anchor": "end" },
        `${COSTS[cost]}, on a logarithmic axis`,
      ),
      ...across.ticks.map((tick, i) =>
        svg("text", { x: columns[i], y: floor + 18, "text-anchor": "middle" }, amount(tick)),
      ),
      ...up.ticks.map((tick, i) =>
        svg(
          "text",
          { x: EDGE.left - 7, y: lines[i] + 4, "text-anchor": "end" },
          `${Math.round(100 * tick)}%`,
        ),
      ),
    );
    const moved = rows.filter((row) => before.has(row.name) && before.get(row.name) !== row);
    gains.setAttribute(
      "d",
      moved
        .map((row) => `M${x(before.get(row.name))} ${y(before.get(row.name))}L${x(row)} ${y(row)}`)
        .join(""),
    );
    line.setAttribute(
      "d",
      front.map((row, i) => (i ? `H${x(row)}V${y(row)}` : `M${x(row)} ${y(row)}`)).join("") +
        (front.length ? `H${right}` : ""),
    );
    // Points glide when something is chosen, not when the page gets another width.
    const size = `${width} ${height}`;
    points.setAttribute("class", size === last ? "cost-gliding" : "");
    last = size;
    placed = rows.map((row) => ({ row, x: x(row), y: y(row) }));
    drawPoints(front, family);
  }

  function drawPoints(front, family) {
    const gone = new Set(dots.keys());
    for (const { row, x, y } of placed) {
      gone.delete(row.name);
      if (!dots.has(row.name)) {
        dots.set(row.name, svg("circle"));
        points.append(dots.get(row.name));
      }
      const dot = dots.get(row.name);
      const best = front.includes(row);
      const kin = row.family === family;
      dot.setAttribute(
        "class",
        `cost-point${best ? " best" : ""}${kin ? " kin" : ""}${family && !kin ? " other" : ""}`,
      );
      dot.setAttribute("r", best || kin ? 5.5 : 4);
      dot.style.transform = `translate(${x}px, ${y}px)`;
    }
    for (const name of gone) {
      dots.get(name).remove();
      dots.delete(name);
    }
  }

  /**
   * Names where there is room: first the selected one's, then of the family, then along the front.
   */
  function drawLabels({ front, family, selected, right }) {
    const best = front.map((row) => placed.find((point) => point.row === row));
    const wanted = [
      ...placed.filter(({ row }) => row === selected),
      ...placed.filter(({ row }) => row.family === family && row !== selected),
      ...best.filter(({ row }) => row !== selected && !family),
    ];
    const boxes = placed.map((point) => [point.x - 5, point.y - 5, point.x + 5, point.y + 5]);
    best.forEach((point, i) => {
      const next = best[i + 1] ?? { x: right, y: point.y };
      boxes.push(
        [point.x, point.y - 1, next.x, point.y + 1],
        [next.x - 1, next.y, next.x + 1, point.y],
      );
    });
    const texts = [];
    for (const { row, x, y } of wanted) {
      const wide = LETTER * row.title.length;
      const places = [
        [x - wide - 9, y - 16],
        [x - wide / 2, y - 25],
        [x + 9, y - 8],
        [x + 7, y + 3],
      ];
      const free = ([left, top]) =>
        left >= EDGE.left &&
        left + wide <= right &&
        top >= 0 &&
        boxes.every(([a, b, c, d]) => left > c || left + wide < a || top > d || top + 15 < b);
      const found =
        places.find(free) ??
        (row === selected
          ? [Math.max(EDGE.left, Math.min(x - wide / 2, right - wide)), Math.max(0, y - 27)]
          : null);
      if (!found) continue;
      boxes.push([found[0], found[1], found[0] + wide, found[1] + 15]);
      const kind = row === selected ? "selected" : "";
      texts.push(
        svg(
          "text",
          { class: kind, x: found[0] + wide / 2, y: found[1] + 12, "text-anchor": "middle" },
          row.title,
        ),
      );
    }
    labels.replaceChildren(...texts);
  }

  /** The row nearest to a place on the screen, if it is within so many pixels of the drawing. */
  function nearest(clientX, clientY, within) {
    const { left, top, width } = element.getBoundingClientRect();
    // A slide enlarges the drawing.
    const scale = width / Number(element.getAttribute("width"));
    const at = { x: (clientX - left) / scale, y: (clientY - top) / scale };
    const far = ({ x, y }) => Math.hypot(x - at.x, y - at.y);
    const [first] = [...placed].sort((a, b) => far(a) - far(b));
    return first && far(first) <= within ? first.row : null;
  }
  return { element, draw, nearest };
}

/**
 * The front as a table.
 * @returns {{element: HTMLElement, set: (words: *, cells: *) => void}}
 */
export function frontTable() {
  const caption = h("caption", { class: "lu-label" });
  const body = h("tbody");
  const heads = ["Network", "MACs", "Parameters", "Accuracy"].map((name) =>
    h("th", { scope: "col" }, name),
  );
  const element = h(
    "table",
    { class: "cost-table" },
    caption,
    h("thead", {}, h("tr", {}, heads)),
    body,
  );
  function set(words, cells) {
    setText(caption, words);
    body.replaceChildren(
      ...cells.map(([name, ...others]) =>
        h("tr", {}, h("th", { scope: "row" }, name), ...others.map((text) => h("td", {}, text))),
      ),
    );
  }
  return { element, set };
}

/** Two maps over the photo, and the cell that is read off both. */

/** @import { Demo } from "../_shared/ui/mount.js" */
import { clamp, format, grouped } from "../_shared/math/numbers.js";
import { percent } from "../_shared/math/percent.js";
import { h, setText } from "../_shared/ui/dom.js";
import { moveByKey } from "../_shared/ui/plane.js";
import { overlay, overlayLegend } from "./overlay.js";
import { besideSentence } from "./text.js";

/** One map with its title, its legend and a note. */
function mapView(options) {
  const title = h("p", { class: "cam-title" });
  const map = overlay(options);
  const legend = overlayLegend();
  const note = h("p", { class: "cam-note" });
  const element = h("div", { class: "cam-view" }, title, map.element, legend.element, note);
  return { title, map, legend, note, element };
}

/**
 * @param {{demo: Demo, data: Record<string, any>, names: string[], last: () => Record<string,
 *   any>}} options `last` is what is on screen.
 * @returns {{element: HTMLElement, reading: HTMLElement, cell: () => number[], forget: () => void,
 *   draw: (now: Record<string, any>) => void, words: () => string}} `forget` goes back to the
 *   strongest cell.
 */
export function mapViews({ demo: { request, signal }, data, names, last }) {
  let chosen = null; // row and column in the map, or null: where the map is largest
  const cell = () =>
    chosen ?? [Math.floor(last().peak / last().columns), last().peak % last().columns];
  /** @param {number[]} at */
  function choose([row, column]) {
    const { rows, columns } = last();
    chosen = [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)];
    request();
  }
  function onKey(event) {
    const to = moveByKey(event, cell(), last().rows, last().columns);
    if (!to) return;
    event.preventDefault();
    choose(to);
  }
  const onPoint =
    (grid) =>
    ({ row, column, phase }) => {
      if (phase === "leave" || phase === "up") return;
      const { rows, columns } = grid();
      choose([(row / rows) * last().rows, (column / columns) * last().columns].map(Math.floor));
    };
  const left = mapView({ label: "Grad-CAM over the image", signal, onKey, onPoint: onPoint(last) });
  const right = mapView({
    label: "The second map over the image",
    signal,
    onKey,
    onPoint: onPoint(() => last().second),
  });
  const reading = h("p", { class: "cam-reading" });

  function draw(now) {
    const { state, photo } = now;
    const look = { url: photo.url, opacity: state.opacity, smooth: state.smooth };
    drawLeft(now, look);
    drawRight(now, look);
    mark(now);
  }
  function drawLeft({ photo, p, c, rows, columns, limit, shown }, look) {
    left.map.draw(shown, rows, columns, { ...look, limit });
    left.legend.update(limit, "against", "for");
    setText(left.title, `Grad-CAM: ${names[c]}`);
    const rank = `rank ${photo.ranked.indexOf(c) + 1} of ${grouped(names.length)}`;
    setText(
      left.note,
      `${percent(photo.shares[c])}, logit ${format(data.logits(p)[c], 2)}, ${rank}`,
    );
  }
  function drawRight({ state: { beside }, c, other, second, gap, isLast }, look) {
    const ends = { occlusion: ["rises", "falls"], class: ["against", "for"], difference: ["", ""] }[
      beside
    ];
    right.map.draw(second.map, second.rows, second.columns, { ...look, limit: second.limit });
    right.legend.update(second.limit, ends[0], ends[1]);
    const [name, otherName] = [names[c], names[other]];
    const titles = {
      occlusion: `Occlusion: ${name}`,
      class: `Grad-CAM: ${otherName}`,
      difference: `${name} minus ${otherName}`,
    };
    setText(right.title, titles[beside]);
    setText(
      right.note,
      beside === "occlusion" || second.there
        ? besideSentence({
            beside,
            name,
            other: otherName,
            gap,
            hasFalls: second.there,
            count: data.listed.length,
            isLast,
          })
        : `“${otherName}” was not computed at this layer: choose the last layer, or another class.`,
    );
  }
  function mark({ rows, columns, second, map, otherMap, c, other, state: { beside } }) {
    const [row, column] = cell();
    left.map.mark({ top: row, left: column, rows: 1, columns: 1 });
    const there = [
      Math.floor(((row + 0.5) * second.rows) / rows),
      Math.floor(((column + 0.5) * second.columns) / columns),
    ];
    right.map.mark({ top: there[0], left: there[1], rows: 1, columns: 1 });
    // As on the left: with its sign, even where the view shows only one of the two.
    const values = beside === "class" ? otherMap : second.map;
    const value = values[there[0] * second.columns + there[1]];
    const amount = format(Math.abs(value), 3);
    const tell = {
      occlusion: `covering this position ${value < 0 ? "raises" : "lowers"} the logit by ${amount}`,
      class: `for “${names[other]}” it is ${format(value, 3)}`,
      difference: `${amount} ${value < 0 ? "less" : "more"} than for “${names[other]}”`,
    }[beside];
    const where = chosen ? "" : ", the strongest cell";
    const evidence = `evidence of ${format(map[row * columns + column], 3)} for “${names[c]}”`;
    setText(
      reading,
      `Row ${row}, column ${column}${where}: ${evidence}${second.there ? `; ${tell}` : ""}.`,
    );
  }
  return {
    element: h("div", { class: "cam-views" }, left.element, right.element),
    reading,
    cell,
    forget() {
      chosen = null;
    },
    draw,
    words: () => `${left.title.textContent}, ${left.note.textContent}. ${reading.textContent}`,
  };
}

/** Tables of runs: what the crosshair over their curves points at. */

import { h, setText, svg } from "../dom.js";
import { changeDetector } from "../frame.js";
import { marker } from "./chart.js";
import { COLUMNS } from "../../math/curves.js";
import { writeValue } from "./text.js";

/**
 * The run's line and marker, as in the panels.
 * @param {number} place
 */
export function swatch(place) {
  return svg(
    "svg",
    { class: `curves-swatch run-${place % 6}`, viewBox: "0 0 28 12", "aria-hidden": "true" },
    svg("path", { class: "line", d: "M1 6H27" }),
    svg("path", { class: "marks", d: marker(place, 14, 6, 3.6) }),
  );
}

/**
 * A name that may break behind its slash.
 * @param {string} label
 * @returns {(string | HTMLElement)[]}
 */
export function runName(label) {
  const parts = label.match(/[^/]*\/|[^/]+$/g) ?? [label];
  return parts.flatMap((part, i) => (i ? [h("wbr"), part] : [part]));
}

/**
 * An empty table of runs.
 * @param {string} caption
 * @param {string[]} heads
 * @param {string} name A class of its own.
 * @returns {{element: HTMLTableElement, body: HTMLTableSectionElement, title: HTMLElement}}
 */
export function runTable(caption, heads, name) {
  const body = h("tbody");
  const title = h("caption", {}, caption);
  const element = h(
    "table",
    { class: `curves-table ${name}` },
    title,
    h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)))),
    body,
  );
  return { element, body, title };
}

/**
 * A line of such a table; each cell has a value and a remark.
 * @param {{label: string, place: number, note: string}} run
 * @param {number} count
 * @returns {HTMLElement}
 */
export function runRow({ label, place, note }, count) {
  const name = h(
    "span",
    { class: "curves-name" },
    ...runName(label),
    ...(note ? [", ", h("small", {}, note)] : []),
  );
  const cells = Array.from({ length: count }, () => h("td", {}, h("span"), h("small")));
  return h("tr", {}, h("th", { scope: "row" }, h("div", {}, swatch(place), name)), ...cells);
}

/**
 * The same for two lists of runs that have the same rows.
 * @param {Record<string, any>[]} runs
 * @returns {string}
 */
export const identity = (runs) =>
  JSON.stringify(
    runs.map(({ label, place, seeds }) => [label, place, seeds.map(({ seed }) => seed)]),
  );

/**
 * Loss and accuracy of every run at one epoch; with several seeds their mean and range.
 * @returns {{element: HTMLTableElement, update: (runs: *, epoch: *) => void}}
 */
export function valueTable() {
  const heads = [
    "Run",
    "training loss",
    "validation loss",
    "training accuracy",
    "validation accuracy",
  ];
  const { element, body, title } = runTable("", heads, "values");
  const [newRuns, newRows] = [changeDetector(), changeDetector()];
  function update(runs, epoch) {
    if (newRuns(runs) && newRows(identity(runs))) {
      body.replaceChildren(...runs.map((run) => runRow({ ...run, note: "" }, COLUMNS.length)));
    }
    setText(title, `Epoch ${epoch}`);
    const order = ["train_loss", "val_loss", "train_accuracy", "val_accuracy"];
    runs.forEach((run, i) => {
      order.forEach((column, j) => {
        const [value, range] = body.rows[i].cells[j + 1].children;
        const { mean, low, high, count } = run.values[column];
        const there = epoch <= mean.length;
        const at = epoch - 1;
        setText(value, there ? writeValue(column, mean[at]) : "–");
        const several = there && count[at] > 1;
        const ends = several ? [low[at], high[at]].map((end) => writeValue(column, end)) : [];
        const fewer =
          there && count[at] < run.seeds.length
            ? ` (${count[at]} of ${run.seeds.length} seeds)`
            : "";
        setText(range, `${ends.join("–")}${fewer}`);
      });
    });
  }
  return { element, update };
}

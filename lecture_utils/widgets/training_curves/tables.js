/** The numbers as text: what the crosshair points at, and what early stopping does. */

import { h, setText, svg } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { marker } from "./chart.js";
import { COLUMNS } from "./curves.js";
import { duration, epochCount, percent, points, writeValue } from "./words.js";

/** The run's line and marker, as in the panels. */
export function swatch(place) {
  return svg(
    "svg",
    { class: `curves-swatch run-${place % 6}`, viewBox: "0 0 28 12", "aria-hidden": "true" },
    svg("path", { class: "line", d: "M1 6H27" }),
    svg("path", { class: "marks", d: marker(place, 14, 6, 3.6) }),
  );
}

/** A name that may break behind its slash. */
export function runName(label) {
  return label.split(/(?<=\/)/).flatMap((part, i) => (i ? [h("wbr"), part] : [part]));
}

function table(caption, heads, name) {
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

/** A line of a table; each cell has a value and a remark. */
function row({ label, place, note }, count) {
  const name = h("span", { class: "curves-name" }, ...runName(label), note && h("small", {}, ` ${note}`));
  const cells = Array.from({ length: count }, () => h("td", {}, h("span"), h("small")));
  return h("tr", {}, h("th", { scope: "row" }, h("div", {}, swatch(place), name)), ...cells);
}

/** The same for two lists of runs that have the same rows. */
const identity = (runs) => JSON.stringify(runs.map(({ label, place, seeds }) => [label, place, seeds.map(({ seed }) => seed)]));

/** Loss and accuracy of every run at one epoch; with several seeds their mean and range. */
export function valueTable() {
  const heads = ["Run", "training loss", "validation loss", "training accuracy", "validation accuracy"];
  const { element, body, title } = table("", heads, "values");
  const newRows = changeDetector();
  function update(runs, epoch) {
    if (newRows(identity(runs))) {
      body.replaceChildren(
        ...runs.map((run) => row({ ...run, note: "" }, COLUMNS.length)),
      );
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
        const fewer = there && count[at] < run.seeds.length ? ` (${count[at]} of ${run.seeds.length} seeds)` : "";
        setText(range, `${ends.join("–")}${fewer}`);
      });
    });
  }
  return { element, update };
}

/** One line per training, that is per run and seed. */
export function stopTable() {
  const heads = ["Run", "stops after", "keeps epoch", "accuracy kept", "against best", "against last", "saves"];
  const { element, body } = table("Training by training: validation accuracy, and differences in percentage points", heads, "stops");
  const newRows = changeDetector();
  function update(runs) {
    if (newRows(identity(runs))) {
      body.replaceChildren(
        ...runs.flatMap((run) =>
          run.seeds.map(({ seed }) => row({ ...run, note: run.seeds.length > 1 ? `seed ${seed}` : "" }, 6)),
        ),
      );
    }
    let i = 0;
    for (const run of runs) {
      run.stops.forEach((stop, s) => {
        const texts = [
          [`${stop.epochs} of ${run.seeds[s].val_loss.length}`],
          [stop.kept, stop.kept === stop.best ? "" : `best: ${stop.best}`],
          [percent(stop.accuracy)],
          [points(stop.againstBest)],
          [points(stop.againstLast)],
          stop.epochsSaved
            ? [epochCount(stop.epochsSaved), stop.secondsSaved === null ? "" : duration(stop.secondsSaved)]
            : ["nothing"],
        ];
        texts.forEach(([value, remark = ""], j) => {
          const [number, note] = body.rows[i].cells[j + 1].children;
          setText(number, String(value));
          setText(note, remark);
        });
        i += 1;
      });
    }
  }
  return { element, update };
}

/** The curves of the selected method beside those without regularization, all seeds of them. */

/** @import { Lab } from "./data.js" */
/** @import { Shown } from "./state.js" */
import { linearAxis } from "../_shared/math/axis.js";
import { format } from "../_shared/math/numbers.js";
import { EVENTS, curvePanel, marker } from "../_shared/ui/curves/chart.js";
import { percent as percentage } from "../_shared/ui/curves/text.js";
import { h, onResize, svg } from "../_shared/ui/dom.js";

const HEIGHT = 290;

const sample = (split, pale, shape = null) =>
  svg(
    "svg",
    {
      class: `curves-swatch ${split} ${pale ? "run-pale" : "run-0"}`,
      viewBox: "0 0 28 12",
      "aria-hidden": "true",
    },
    svg("path", { class: "line", d: "M1 6H27" }),
    shape !== null && svg("path", { class: "marks", d: marker(shape, 14, 6, 3.6) }),
  );

/**
 * @param {{lab: Lab, redraw: () => void, signal: AbortSignal}} options
 * @returns {{element: HTMLElement, key: HTMLElement, draw: (shown: Shown) => Record<string,
 *   any>[]}}
 */
export function curvesView({ lab, redraw, signal }) {
  const panel = curvePanel("");
  const element = h("div", { class: "curves-stage regularization-curves" }, panel.element);
  let width = 0;
  onResize(
    element,
    (box) => {
      width = Math.round(box.width);
      redraw();
    },
    signal,
  );
  const axes = Object.fromEntries(
    ["accuracy", "loss"].map((quantity) => [
      quantity,
      linearAxis(...lab.ends(quantity), quantity === "accuracy" ? { least: 0, most: 1 } : {}),
    ]),
  );
  const baseline = h("span", {}, sample("val", true, 1), "no regularization");
  const key = h(
    "p",
    { class: "curves-key lu-label" },
    h("span", {}, sample("val", false, 0), "chosen method"),
    baseline,
    h("span", {}, sample("val plain", false), "validation photos"),
    h("span", {}, sample("train plain", false), "training photos as they are"),
    h(
      "span",
      {},
      svg(
        "svg",
        { class: "curves-sign curves-event kept", viewBox: "0 0 24 24", "aria-hidden": "true" },
        svg("path", { d: EVENTS.kept(12, 12) }),
      ),
      "epoch whose weights are kept",
    ),
    h("span", {}, "thin: single seeds; thick: their mean; faint: beyond the budget"),
  );

  /** @param {Shown} shown */
  function draw({ selected, baseline: none, budget, quantity }) {
    const rows = none && none !== selected ? [none, selected] : [selected];
    // It keeps its place, so that nothing moves.
    baseline.classList.toggle("absent", !none || none === selected);
    const drawn = rows.map((row) => ({
      row,
      pale: row !== selected,
      val: lab.validation(row.entry, quantity),
      train: lab.clean(row.entry, quantity),
    }));
    width ||= Math.round(element.clientWidth);
    if (!width) return drawn;
    const axis = axes[quantity];
    panel.draw({
      ...{ width, height: HEIGHT, epochs: lab.epochs, axis },
      write: (tick) =>
        quantity === "accuracy"
          ? percentage(tick, Math.max(0, axis.decimals - 2))
          : format(tick, 4),
      curves: drawn.flatMap(({ pale, ...lines }) =>
        ["train", "val"].map((split) => ({
          ...{ split, pale, place: pale ? 1 : 0 },
          ...{ mean: lines[split].mean, thin: lines[split].seeds, at: lines[split].epochs },
          until: lines[split].epochs.filter((epoch) => epoch <= budget).length,
        })),
      ),
      marks: drawn.flatMap(({ row, pale, val }) =>
        row.scores.epoch.map((epoch, i) => ({
          ...{ event: "kept", place: 0, pale, epoch },
          value: val.seeds[i][epoch - 1],
        })),
      ),
    });
    panel.point(budget, [], `budget: ${budget} epochs`);
    return drawn;
  }
  return { element, key, draw };
}

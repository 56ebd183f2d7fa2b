/** The recorded runs of a network as a table; a checkbox draws a run's curves. */

import { grouped } from "../_shared/math/numbers.js";
import { h, setText } from "../_shared/ui/dom.js";
import { swatch } from "../_shared/ui/curves/tables.js";
import { percent, range, seconds } from "./text.js";

const HEADS = ["Run", "trained parameters", "test accuracy", "per epoch"];

/**
 * @param {{onTick: (label: string, on: boolean) => void, onGo: (run: Record<string, any>) => void}}
 *   options
 * @returns {{element: HTMLElement, update: (runs: Record<string, any>[]) => void}}
 */
export function runsTable({ onTick, onGo }) {
  const body = h("tbody");
  const caption = h("caption");
  const element = h(
    "table",
    { class: "curves-table transfer-runs" },
    caption,
    h("thead", {}, h("tr", {}, ...HEADS.map((text) => h("th", { scope: "col" }, text)))),
    body,
  );
  let made = null;
  let boxes = [];

  function make(runs) {
    boxes = runs.map((run) => {
      const input = h("input", {
        type: "checkbox",
        onchange: () => onTick(run.label, input.checked),
      });
      return input;
    });
    body.replaceChildren(
      ...runs.map((run, i) => {
        const { accuracy, time } = run.numbers;
        const several =
          accuracy.count > 1
            ? `; ${accuracy.count} seeds, ${range(accuracy.low, accuracy.high)}`
            : "";
        const cells = [
          [run.trainable === null ? "–" : grouped(run.trainable), ""],
          [
            percent(accuracy.mean),
            `95%: ${range(accuracy.interval[0], accuracy.interval[1])}${several}`,
          ],
          [time ? seconds(time.mean) : "–", time ? run.clock : "not recorded"],
        ];
        const name = h(
          "label",
          { class: "curves-check" },
          boxes[i],
          swatch(run.place),
          h("span", {}, run.label),
        );
        const go = run.here
          ? h(
              "button",
              {
                type: "button",
                class: "transfer-go",
                "aria-label": `Move the boundary to: ${run.label}`,
                onclick: () => onGo(run),
              },
              "go there",
            )
          : null;
        return h(
          "tr",
          {},
          h("th", { scope: "row" }, h("div", { class: "transfer-run" }, name, go)),
          ...cells.map(([value, remark]) =>
            h("td", {}, h("span", {}, value), h("small", {}, remark)),
          ),
        );
      }),
    );
  }

  /**
   * @param {Record<string, any>[]} runs With `place`, `trainable`, `numbers`, `current`, `shown`
   *   and `here`.
   */
  function update(runs) {
    const key = JSON.stringify(runs.map(({ label, trainable }) => [label, trainable]));
    if (key !== made) make(runs);
    const tested = [...new Set(runs.map(({ numbers }) => numbers.accuracy.tested))];
    const photos = tested.length === 1 ? `, tested on ${grouped(tested[0])} photos` : "";
    setText(caption, `Recorded runs${photos}; select a run to draw its curves`);
    made = key;
    element.hidden = !runs.length;
    runs.forEach(({ current, shown }, i) => {
      if (boxes[i].checked !== shown) boxes[i].checked = shown;
      // Those of the boundary are always drawn.
      boxes[i].disabled = current;
      /** @type {HTMLElement} */
      const go = body.rows[i].querySelector(".transfer-go");
      if (go) go.hidden = current;
      body.rows[i].classList.toggle("current", current);
    });
  }
  return { element, update };
}

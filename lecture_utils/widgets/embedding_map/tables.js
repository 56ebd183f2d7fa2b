/** The numbers of all stages as a table, and the misclassified images as a list. */

import { grouped } from "../_shared/math/numbers.js";
import { writtenWhenOpen } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { thumb } from "./detail.js";
import { count, percent, verdict } from "./text.js";

const MOST_LISTED = 60;

/**
 * @param {{stages: Record<string, any>[], total: number, nearest: number}} options
 * @returns {{element: HTMLElement, update(current: *, agreements: *): void}}
 */
export function summaryTable({ stages, total, nearest }) {
  const heads = [
    "Stage",
    "misclassified",
    `same class among the nearest ${nearest}`,
    "same class on this map",
    "variance kept by PCA",
  ];
  const written = (share) => (share === null ? "–" : percent(share));
  // They may differ from stage to stage.
  const dimensions = [...new Set(stages.map((stage) => stage.dimensions))]
    .map((number) => (number ? `${grouped(number)} ` : ""))
    .join("or ");
  const rows = stages.map((stage) => {
    const onMap = h("td");
    const cells = [
      stage.wrong === null ? "–" : `${stage.wrong} of ${total}`,
      written(stage.agreement),
    ].map((text) => h("td", {}, text));
    const name = h("th", { scope: "row" }, stage.name);
    const row = h("tr", {}, name, ...cells, onMap, h("td", {}, written(stage.explained)));
    return { row, onMap };
  });
  const element = h(
    "table",
    { class: "map-table" },
    h(
      "caption",
      {},
      `How well the classes are separated: in all ${dimensions}dimensions, and in two`,
    ),
    h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, ...rows.map(({ row }) => row)),
  );
  return {
    element,
    update(current, agreements) {
      rows.forEach(({ row, onMap }, i) => {
        row.classList.toggle("current", stages[i].name === current);
        setText(onMap, percent(agreements[i]));
      });
    },
  };
}

/**
 * The misclassified images, folded away; the buttons are made when a reader opens the list.
 * @param {{sheet: Record<string, any>, onChoose: (image: number) => void}} options
 * @returns {{element: HTMLElement, update: (state: Record<string, any>) => void}}
 */
export function wrongList({ sheet, onChoose }) {
  const list = h("div", { class: "map-wrong" });
  const more = h("p", { class: "lu-label" });
  const changed = changeDetector();

  function write(now) {
    if (!changed(now.stage, now.ready)) return;
    list.replaceChildren(
      ...now.wrong.slice(0, MOST_LISTED).map((image) => {
        const { canvas, show } = thumb(sheet, 48);
        show(image);
        const text = verdict({
          label: now.labels[image],
          predicted: now.predicted[image],
          classes: now.classes,
        });
        return h(
          "button",
          {
            type: "button",
            class: "lu-button map-other",
            "aria-label": `${now.names[image]}: ${text}`,
            onclick: () => onChoose(image),
          },
          sheet.there && canvas,
          h("span", {}, now.names[image]),
        );
      }),
    );
    const left = now.wrong.length - MOST_LISTED;
    setText(more, left > 0 ? `and ${left} more` : "");
  }
  const { element, update } = writtenWhenOpen("", [list, more], write);
  return {
    element,
    update(state) {
      element.hidden = !state.known || !state.wrong.length;
      setText(element.firstElementChild, count(state.wrong.length, "misclassified image"));
      update(state);
    },
  };
}

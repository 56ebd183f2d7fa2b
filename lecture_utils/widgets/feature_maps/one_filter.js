/** One filter, taken apart: channel ∗ slice = response, three times, and their sum. */

import { maxMagnitude } from "../_shared/math/image.js";
import { clamp } from "../_shared/math/numbers.js";
import { h } from "../_shared/ui/dom.js";
import { moveByKey, plane } from "../_shared/ui/plane.js";
import { SIDE } from "./layer.js";
import { COLORS, signed, tile, tint } from "./views.js";

const label = (text) => h("span", { class: "lu-label" }, text);
const sign = (text) => h("span", { class: "maps-sign", "aria-hidden": "true" }, text);

/**
 * The pixel of the sum that is explained: where the pointer is, else where it was put.
 * @param {() => Record<string, any>} state What is on screen.
 * @param {() => void} request
 */
function chosenPixel(state, request) {
  let position = null; // row and column in the sum
  let settled = null;
  const current = () => {
    const { size } = state();
    return (position ?? [size >> 1, size >> 1]).map((at) => clamp(at, 0, size - 1));
  };
  function visit(to, phase) {
    const inside = to.map((at) => clamp(at, 0, state().size - 1));
    if (phase === "leave") position = settled;
    else if (phase !== "up") {
      position = inside;
      if (phase !== "hover") settled = inside;
    }
    request();
  }
  function onKey(event) {
    const { size } = state();
    const to = moveByKey(event, current(), size, size);
    if (!to) return;
    event.preventDefault();
    position = settled = to;
    request();
  }
  return { current, visit, onKey };
}

/**
 * @param {{state: () => Record<string, any>, request: () => void, signal: AbortSignal}} options
 * @returns {{element: HTMLElement, position: () => number[], paint: (state: Record<string, any>,
 *   chosen: number, dark: boolean) => void, mark: (state: Record<string, any>) => void}}
 */
export function filterView({ state, request, signal }) {
  const { current, visit, onKey } = chosenPixel(state, request);
  const fromInput = ({ row, column, phase }) => {
    const { k, margin, stride } = state();
    visit(
      [row, column].map((at) => Math.round((at - k / 2 + margin) / stride)),
      phase,
    );
  };
  const fromSum = ({ row, column, phase }) => visit([Math.floor(row), Math.floor(column)], phase);
  const inputs = COLORS.map((color) =>
    plane({ label: `${color} channel`, signal, onPoint: fromInput, onKey }),
  );
  const slices = COLORS.map(() => tile("slice"));
  const parts = COLORS.map(() => tile("part"));
  const sum = plane({ label: "Sum", signal, onPoint: fromSum, onKey });
  const channelRows = COLORS.map((color, c) =>
    h(
      "div",
      { class: "maps-channel" },
      h("div", { class: "maps-cell" }, inputs[c].element, label(color)),
      sign("∗"),
      slices[c].element,
      sign("="),
      parts[c].element,
    ),
  );
  const element = h(
    "div",
    { class: "maps-exploded" },
    h("div", { class: "maps-channels" }, ...channelRows),
    h(
      "div",
      { class: "maps-sum" },
      sign("Σ"),
      h("div", { class: "maps-cell" }, sum.element, label("their sum")),
    ),
  );

  function paint({ k, size, planes, margin, weights, settings, parts: all, sums }, chosen, dark) {
    const area = k * k;
    const slice = (c) => weights.subarray((3 * chosen + c) * area, (3 * chosen + c + 1) * area);
    const strongest = maxMagnitude(weights.subarray(3 * chosen * area, 3 * (chosen + 1) * area));
    const limit = Math.max(...all[chosen].map(maxMagnitude));
    COLORS.forEach((color, c) => {
      const name = color.toLowerCase();
      inputs[c].draw(planes[c], SIDE, SIDE, tint(c), settings.padding === "zeros" ? margin : 0);
      slices[c].draw(
        slice(c),
        k,
        signed(strongest, dark),
        `Slice of the filter for ${name}`,
        `slice ${c + 1}`,
      );
      parts[c].draw(
        all[chosen][c],
        size,
        signed(limit, dark),
        `Response in ${name}`,
        `response ${c + 1}`,
      );
    });
    sum.draw(sums[chosen], size, size, signed(maxMagnitude(sums[chosen]), dark));
  }
  function mark({ k, margin, stride }) {
    const [row, column] = current();
    const [top, left] = [row, column].map((at) => at * stride - margin);
    for (const input of inputs) input.mark({ top, left, rows: k, columns: k });
    sum.mark({ top: row, left: column, rows: 1, columns: 1 });
  }
  return { element, position: current, paint, mark };
}

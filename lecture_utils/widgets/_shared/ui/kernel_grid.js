/**
 * The kernel as a grid of cells to edit: type, drag up and down, turn the wheel, walk with arrows.
 */

import { signedColor } from "./color.js";
import { h, setColor, setText } from "./dom.js";
import { maxMagnitude } from "../math/image.js";
import { format, formatCell, parseNumber } from "../math/numbers.js";
import { moveByKey } from "./plane.js";

const PIXELS_PER_STEP = 6;
/** The cells of larger kernels have no room for numbers; the chosen cell's is written below. */
const MOST_NUMBERS = 7;
export const LARGEST_WEIGHT = 1e6;

/**
 * @param {{onChange: (weights: Float64Array) => boolean, onMessage: (text: string) => void}} options
 *   `onChange` returns whether these weights are allowed.
 * @returns {{element: HTMLElement, set: (weights: Float64Array, kh: number, kw: number,
 *   dark: boolean) => void}}
 */
export function kernelGrid({ onChange, onMessage }) {
  const grid = h("div", { class: "lu-kernel", role: "grid", "aria-label": "Kernel weights" });
  const chosen = h("p", { class: "lu-label", "aria-hidden": "true" });
  const element = h("div", { class: "lu-kernel-box" }, grid, chosen);
  let cells = [];
  let shown = []; // the weight that each cell tells
  let weights = new Float64Array(0);
  let [kh, kw] = [0, 0];
  let current = 0;
  let editing = false;

  /**
   * A handy step for weights of this size: 0.1 for weights around 1, 0.01 for weights around 0.1.
   */
  const stepSize = () => 10 ** (Math.floor(Math.log10(maxMagnitude(weights) || 1)) - 1);

  function change(index, value) {
    if (!Number.isFinite(value) || Math.abs(value) > LARGEST_WEIGHT) {
      onMessage("A weight must be a number between −1,000,000 and 1,000,000.");
      return;
    }
    onMessage("");
    if (value === weights[index]) return;
    const next = weights.slice();
    next[index] = value;
    // Kept at once: the next key may come before this change is drawn.
    if (onChange(next)) weights = next;
  }
  function nudge(index, steps, step = stepSize(), from = weights[index]) {
    // Rounded to whole steps, so that 0.1 + 0.2 does not become 0.30000000000000004.
    const value = Math.round(from / step + steps) * step;
    change(index, Number(value.toPrecision(12)));
  }

  function select(index, focus = true) {
    cells[current]?.setAttribute("tabindex", "-1");
    current = index;
    cells[index].setAttribute("tabindex", "0");
    tellChosen();
    if (focus) cells[index].focus();
  }

  const place = (index) => `Row ${Math.floor(index / kw)}, column ${index % kw}`;
  function tellChosen() {
    chosen.hidden = Math.max(kh, kw) <= MOST_NUMBERS;
    setText(chosen, `${place(current)}: ${format(weights[current], 4)}`);
  }

  /** Open a cell: with its weight, or with the first character of a new one. */
  function edit(index, typed = null) {
    if (editing) return;
    editing = true;
    const cell = cells[index];
    const input = h("input", {
      class: "lu-cell-input lu-over-cell",
      autocomplete: "off",
      enterkeyhint: "done",
    });
    input.setAttribute("aria-label", `New weight for ${place(index).toLowerCase()}`);
    const rounded = format(weights[index], 6);
    input.value = typed ?? rounded;
    const finish = (keep, refocus) => {
      if (!editing) return;
      editing = false;
      // What was opened and left as it was keeps the digits that there is no room for.
      const same = typed === null && input.value === rounded;
      const value = same ? weights[index] : parseNumber(input.value);
      input.remove();
      if (keep && Number.isNaN(value)) {
        onMessage(
          `“${input.value}” cannot be read as a number. Type something like −1, 0.5, 1/9 or 1000.`,
        );
      } else if (keep) change(index, value);
      if (refocus) cell.focus();
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        finish(event.key === "Enter", true);
      }
    });
    input.addEventListener("blur", () => finish(true, false));
    cell.append(input);
    input.focus();
  }

  function onKey(event, index) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = moveByKey(event, [Math.floor(index / kw), index % kw], kh, kw);
    if (key === "Enter" || key === "F2") edit(index);
    else if (/^[-\d.,\u2212]$/.test(key)) edit(index, key);
    else if (key === "Delete" || key === "Backspace") change(index, 0);
    else if (key === "PageUp" || key === "PageDown") nudge(index, key === "PageUp" ? 1 : -1);
    else if (to) select(to[0] * kw + to[1]);
    else return;
    event.preventDefault();
  }

  // One listener of each kind for all cells.
  let drag = null;
  const own = (event) => drag?.pointer === event.pointerId;
  grid.addEventListener("pointerdown", (event) => {
    const cell = /** @type {HTMLElement} */ (event.target);
    const index = cells.indexOf(cell);
    if (event.button !== 0 || index < 0) return;
    // A finger changes only the cell that is already chosen; on any other it may be scrolling.
    const focused = cell.matches(":focus");
    const able = focused || event.pointerType !== "touch";
    drag = { index, focused, able, moved: false, pointer: event.pointerId };
    Object.assign(drag, { y: event.clientY, from: weights[index], step: stepSize() });
    if (able) cell.setPointerCapture(event.pointerId);
  });
  grid.addEventListener("pointermove", (event) => {
    if (!own(event) || !drag.able) return;
    const steps = Math.trunc((drag.y - event.clientY) / PIXELS_PER_STEP);
    drag.moved ||= steps !== 0;
    if (drag.moved) nudge(drag.index, steps, drag.step, drag.from);
  });
  grid.addEventListener("pointerup", (event) => {
    if (!own(event)) return;
    if (!drag.moved && drag.focused) edit(drag.index);
    drag = null;
  });
  grid.addEventListener("pointercancel", (event) => {
    if (own(event)) drag = null;
  });
  grid.addEventListener("keydown", (event) => {
    const index = cells.indexOf(event.target);
    if (index >= 0) onKey(event, index);
  });
  // A page scrolls at once where no listener could stop it, so only the chosen cell has this one.
  function onWheel(event) {
    if (!event.deltaY) return;
    event.preventDefault();
    nudge(current, event.deltaY < 0 ? 1 : -1);
  }
  grid.addEventListener("focusin", ({ target }) => {
    const index = cells.indexOf(target);
    if (index < 0) return;
    select(index, false);
    target.addEventListener("wheel", onWheel, { passive: false });
  });
  grid.addEventListener("focusout", ({ target }) => target.removeEventListener("wheel", onWheel));

  function rebuild() {
    editing = false;
    const hadFocus = grid.contains(
      /** @type {Document|ShadowRoot} */ (grid.getRootNode()).activeElement,
    );
    cells = Array.from(weights, () =>
      h("div", { role: "gridcell", class: "lu-cell", tabindex: "-1" }, h("span")),
    );
    drag = null;
    shown = [];
    const rows = Array.from({ length: kh }, (_, i) =>
      h("div", { role: "row", class: "lu-kernel-row" }, ...cells.slice(i * kw, (i + 1) * kw)),
    );
    grid.replaceChildren(...rows);
    grid.style.setProperty("--columns", String(kw));
    grid.style.setProperty("--size", String(Math.max(kh, kw)));
    select(Math.floor(cells.length / 2), hadFocus);
  }

  function set(next, rows, columns, dark) {
    const reshaped = rows !== kh || columns !== kw;
    [weights, kh, kw] = [next, rows, columns];
    if (reshaped) rebuild();
    const limit = maxMagnitude(weights) || 1;
    const room = Math.max(kh, kw) <= MOST_NUMBERS;
    cells.forEach((cell, i) => {
      setColor(cell, signedColor(weights[i], limit, dark));
      if (shown[i] === weights[i]) return;
      shown[i] = weights[i];
      setText(cell.firstChild, room ? formatCell(weights[i]) : "");
      cell.setAttribute("aria-label", `${place(i)}: ${format(weights[i], 4)}`);
    });
    tellChosen();
  }
  return { element, set };
}

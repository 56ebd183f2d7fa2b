/**
 * A grid of cells with numbers: walk with the arrows, point, and, where allowed, type new numbers.
 */

import { h, setColor } from "./dom.js";
import { format, parseNumber } from "../math/numbers.js";
import { moveByKey } from "./plane.js";

const PLAIN = { background: "", ink: "" };

/**
 * @param {{label: string, onPoint: (index: number|null) => void, onChoose: (index: number) => void,
 *   onLeave?: () => void, valueAt?: (index: number) => number|null,
 *   onEdit?: (index: number, value: number) => void}} options `onPoint` follows the mouse (null: it
 *   has left), `onChoose` click and keyboard focus, `onLeave` when the focus leaves. `valueAt` is
 *   the number to edit, null where there is none; without it nothing can be edited.
 * @returns {{element: HTMLElement, shape: (newRows: *, newColumns: *) => void,
 *   setTabStop: (index?: *) => void, write: (index: number, text: string, color: {background:
 *   string, ink: string}|null) => void, mark: (index: number, marks: string) => void,
 *   reveal: (some: number[]) => void}}
 */
export function cellGrid({
  label,
  onPoint,
  onChoose,
  onLeave = () => {},
  valueAt = () => null,
  onEdit,
}) {
  const element = h("div", { class: "lu-grid", role: "grid", "aria-label": label });
  if (!onEdit) element.setAttribute("aria-readonly", "true");
  const rowElements = [];
  let [rows, columns] = [0, 0];
  let cells = [];
  let tabStop = null;
  let input = null;
  let untouched = null; // what the input says as long as nobody has changed it
  let pressed = null; // the cell that had the focus already when the button went down on it

  const indexOf = (target) => {
    const cell = target.closest?.(".lu-grid-cell");
    return cell && element.contains(cell) ? cell.place : null;
  };

  /** Set the number of cells; existing ones are kept. */
  function shape(newRows, newColumns) {
    if (newRows === rows && newColumns === columns) return;
    close(false);
    while (rowElements.length < newRows) {
      const row = h("div", { role: "row", class: "lu-grid-row" });
      rowElements.push(row);
      element.append(row);
    }
    while (rowElements.length > newRows) rowElements.pop().remove();
    for (const row of rowElements) {
      while (row.children.length > newColumns) row.lastChild.remove();
      while (row.children.length < newColumns) {
        row.append(
          h(
            "div",
            { role: "gridcell", class: "lu-grid-cell", tabindex: "-1" },
            document.createTextNode(""),
          ),
        );
      }
    }
    [rows, columns] = [newRows, newColumns];
    cells = rowElements.flatMap((row) => [...row.children]);
    cells.forEach((cell, i) => {
      cell.place = i;
    });
  }

  /** Which cell the Tab key reaches: the one that it reached before, unless there is a reason. */
  function setTabStop(index = tabStop?.isConnected ? tabStop.place : 0) {
    const cell = cells[index];
    if (!cell || cell === tabStop) return;
    tabStop?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    tabStop = cell;
  }

  /** Show a cell: its text and its color (null: the paper). It is to be marked afterwards. */
  function write(index, text, color) {
    const cell = cells[index];
    if (cell.firstChild.data !== text) cell.firstChild.data = text;
    setColor(cell, color ?? PLAIN);
  }
  /** Show the marks of a cell, each with a space before it, as its class. */
  function mark(index, marks) {
    const cell = cells[index];
    const name = `lu-grid-cell${cell.firstChild.data.length > 3 ? " long" : ""}${marks}`;
    if (cell.className !== name) cell.className = name;
  }

  /** Scroll to some columns, where there is no room for all. */
  function reveal(some) {
    if (!some.length || element.scrollWidth <= element.clientWidth) return;
    const last = Math.min(Math.max(...some), columns - 1);
    const box = element.getBoundingClientRect();
    const left = box.left - cells[Math.min(...some)].getBoundingClientRect().left;
    const right = cells[last].getBoundingClientRect().right - box.right;
    if (left > 0) element.scrollLeft -= left;
    else if (right > 0) element.scrollLeft += right;
  }

  function close(keep, refocus = false) {
    if (!input) return;
    const field = input;
    input = null;
    const cell = field.parentElement;
    const [typed, index] = [field.value, cell.place];
    field.remove();
    if (refocus) cell.focus();
    // The number may have more digits than the input shows.
    if (keep && typed !== untouched) {
      onEdit(index, typed.trim() === "" ? NaN : parseNumber(typed));
    }
  }
  function open(index, text) {
    const value = valueAt(index);
    if (value === null || input) return;
    const name = `New number for row ${Math.floor(index / columns)}, column ${index % columns} of ${label}`;
    input = h("input", {
      class: "lu-grid-input lu-over-cell",
      "aria-label": name,
      autocomplete: "off",
      enterkeyhint: "done",
    });
    untouched = text === undefined ? format(value, 6) : null;
    input.value = text ?? untouched;
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (step) {
        const typed = parseNumber(input.value);
        if (!Number.isNaN(typed)) input.value = format(typed + step, 6);
      } else if (event.key === "Enter" || event.key === "Escape") {
        close(event.key === "Enter", true);
      } else return;
      event.preventDefault();
    });
    input.addEventListener("blur", () => close(true));
    cells[index].append(input);
    input.focus();
    if (text === undefined) input.select();
  }

  element.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") onPoint(indexOf(event.target));
  });
  element.addEventListener("pointerleave", () => onPoint(null));
  element.addEventListener("pointerdown", (event) => {
    const index = indexOf(event.target);
    pressed = index !== null && cells[index].matches(":focus") ? index : null;
  });
  element.addEventListener("click", (event) => {
    const index = indexOf(event.target);
    if (index === null || input?.contains(event.target)) return;
    if (index === pressed) open(index);
    else onChoose(index);
  });
  element.addEventListener("focusin", (event) => {
    const index = indexOf(event.target);
    if (index === null || event.target === input) return;
    setTabStop(index);
    onChoose(index);
  });
  element.addEventListener("focusout", (event) => {
    if (!element.contains(/** @type {Node|null} */ (event.relatedTarget))) onLeave();
  });
  element.addEventListener("keydown", (event) => {
    const index = indexOf(event.target);
    if (index === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const value = valueAt(index);
    const to = moveByKey(event, [Math.floor(index / columns), index % columns], rows, columns);
    if (value !== null && (key === "Enter" || key === "F2")) open(index);
    else if (value !== null && /^[-\d.,\u2212]$/.test(key)) open(index, key);
    else if (value !== null && (key === "Delete" || key === "Backspace")) onEdit(index, 0);
    else if (to) cells[to[0] * columns + to[1]].focus();
    else return;
    event.preventDefault();
  });
  return { element, shape, setTabStop, write, mark, reveal };
}

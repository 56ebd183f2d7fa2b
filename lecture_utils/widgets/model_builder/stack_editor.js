/** Changes of the stack, which can be taken back, and the rows that show it. */

/** @import { Traits } from "../_shared/ui/model.js" */
/** @import { Demo } from "../_shared/ui/mount.js" */
import { h } from "../_shared/ui/dom.js";
import { readTraits } from "../_shared/ui/model.js";
import { dragRows } from "./drag.js";
import { layerRow } from "./layer_row.js";

export const STATE = ["layers", "input_shape", "batch_size"];
/** Edits of one number in so quick succession (34, then 345) are undone together. */
const TOGETHER = 1000;

/**
 * Edit the stack, and take edits back.
 * @param {Demo} demo
 * @param {() => void} onEdit Is called before every change.
 * @returns {{edit: (changes: Traits, what?: string|null) => void, undo: () => void, restart: ()
 *   => void, canUndo: () => boolean}} `what` names the number that is being typed.
 */
export function undoable({ model, edit: send }, onEdit) {
  const state = () => readTraits(model, STATE);
  const start = state();
  const past = [];
  let last = { what: null, time: 0 };
  function edit(changes, what = null) {
    const now = performance.now();
    if (what === null || what !== last.what || now - last.time > TOGETHER) past.push(state());
    last = { what, time: now };
    onEdit();
    send(changes);
  }
  function undo() {
    if (!past.length) return;
    onEdit();
    last.what = null;
    send(past.pop());
  }
  return { edit, undo, restart: () => edit(start), canUndo: () => past.length > 0 };
}

/**
 * The rows of the stack. A row stays the same object when its layer moves, so that the focus stays,
 * too.
 * @param {{demo: Demo, edit: (changes: Traits, what?: string|null) => void, onEmpty: () => void}}
 *   options `onEmpty` gets the focus when the last layer is removed.
 * @returns {{element: HTMLElement, arrange: () => *[], insert: (index: *, layer: *) => void,
 *   forget: () => void}}
 */
export function layerRows({ demo, edit, onEmpty }) {
  const { model, signal } = demo;
  const kinds = model.get("kinds");
  const layers = () => model.get("layers");
  const list = h("ol", { class: "builder-layers", "aria-label": "Layers" });
  const rows = [];

  function move(from, to) {
    if (to < 0 || to >= layers().length) return false;
    const next = [...layers()];
    next.splice(to, 0, ...next.splice(from, 1));
    rows.splice(to, 0, ...rows.splice(from, 1));
    edit({ layers: next });
    demo.draw();
    return true;
  }
  function change(index, settings, what) {
    const next = layers().map((layer, i) => (i === index ? { ...layer, ...settings } : layer));
    edit({ layers: next }, what && `${index} ${what}`);
  }
  function remove(index) {
    const next = layers().filter((_, i) => i !== index);
    rows.splice(index, 1)[0].element.remove();
    edit({ layers: next });
    demo.draw();
    // The focus goes to what took the position of the removed layer.
    (rows[Math.min(index, rows.length - 1)]?.focusInput ?? onEmpty)();
  }
  function insert(index, layer) {
    const next = [...layers()];
    next.splice(index, 0, layer);
    rows.splice(index, 0, makeRow(layer.type));
    edit({ layers: next });
    demo.draw();
  }
  function mend(row, { set = {}, flatten = false }) {
    const index = rows.indexOf(row);
    const next = layers().map((layer, i) => (i === index ? { ...layer, ...set } : layer));
    if (flatten) {
      next.splice(index, 0, { type: "Flatten" });
      rows.splice(index, 0, makeRow("Flatten"));
    }
    edit({ layers: next });
    demo.draw();
    row.focusInput();
  }
  function makeRow(type) {
    const row = layerRow({
      type,
      settings: kinds[type],
      onSet: (settings, name) => change(rows.indexOf(row), settings, name),
      onMove: (by) => {
        const from = rows.indexOf(row);
        if (move(from, from + by)) row.focusMove(by);
      },
      onRemove: () => remove(rows.indexOf(row)),
      onFix: (fix) => mend(row, fix),
      say: demo.say,
    });
    return row;
  }
  dragRows(list, move, signal);

  /** Have a row of the right type for each layer, in order; a row that fits stays. */
  function arrange() {
    layers().forEach(({ type }, i) => {
      if (rows[i]?.type !== type) {
        rows[i]?.element.remove();
        rows[i] = makeRow(type);
      }
    });
    while (rows.length > layers().length) rows.pop().element.remove();
    rows.forEach(({ element }, i) => {
      if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
    });
    return rows;
  }
  return { element: list, arrange, insert, forget: () => rows.forEach((row) => row.forget()) };
}

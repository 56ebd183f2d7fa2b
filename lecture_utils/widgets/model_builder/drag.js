/** Drag a row by its handle, with mouse, pen or finger, and drop it between two others. */

/**
 * @param {HTMLElement} list Its children are the rows.
 * @param {(from: number, to: number) => void} onDrop Called with places in the list, before and
 *   after.
 * @param {AbortSignal} signal
 */
export function dragRows(list, onDrop, signal) {
  let drag = null; // {row, from, to, pointer}

  const rows = () => [...list.children];
  function place(y) {
    const others = rows().filter((row) => row !== drag.row);
    const middle = (row) => {
      const { top, height } = row.getBoundingClientRect();
      return top + height / 2;
    };
    return others.filter((row) => middle(row) < y).length;
  }
  /** A line where the row would go. */
  function mark() {
    const others = rows().filter((row) => row !== drag.row);
    others.forEach((row, i) => {
      row.classList.toggle("drop-before", drag.to !== drag.from && i === drag.to);
      row.classList.toggle(
        "drop-after",
        drag.to !== drag.from && drag.to === others.length && i === drag.to - 1,
      );
    });
  }
  function end(dropped) {
    const { row, from, to } = drag;
    row.classList.remove("dragged");
    for (const other of rows()) other.classList.remove("drop-before", "drop-after");
    drag = null;
    if (dropped && to !== from) onDrop(from, to);
  }
  const options = { signal };
  list.addEventListener(
    "pointerdown",
    (event) => {
      const handle = /** @type {Element} */ (event.target).closest(".builder-handle");
      if (!handle || event.button !== 0 || drag) return;
      event.preventDefault();
      const row = handle.closest("li");
      const from = rows().indexOf(row);
      drag = { row, from, to: from, pointer: event.pointerId };
      handle.setPointerCapture(event.pointerId);
      row.classList.add("dragged");
    },
    options,
  );
  list.addEventListener(
    "pointermove",
    (event) => {
      if (event.pointerId !== drag?.pointer) return;
      drag.to = place(event.clientY);
      mark();
    },
    options,
  );
  list.addEventListener(
    "pointerup",
    (event) => event.pointerId === drag?.pointer && end(true),
    options,
  );
  list.addEventListener(
    "pointercancel",
    (event) => event.pointerId === drag?.pointer && end(false),
    options,
  );
}

/** An image to point at: by mouse, by touch, or by the arrow keys. */

import { raster } from "./canvas.js";
import { h, svg } from "./dom.js";
import { fingerWatch } from "./finger.js";
import { changeDetector } from "./frame.js";
import { clamp } from "../math/numbers.js";

/** @typedef {{top: number, left: number, rows: number, columns: number, step?: number}} Window */

/**
 * @param {{label: string, onPoint: (point: {row: number, column: number, phase: string}) => void,
 *   onKey: (event: KeyboardEvent) => void, signal: AbortSignal}} options
 *   `onPoint` gets a position in pixels of the image (with fractions) and a phase: "hover", "down",
 *   "drag", "up" or "leave".
 */
export function plane({ label, onPoint, onKey, signal }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const paths = ["taps", "halo", "window"].map((name) => svg("path", { class: name }));
  const [taps, halo, frame] = paths;
  const rings = ["halo", "window"].map((name) => svg("ellipse", { class: name }));
  const overlay = svg(
    "svg",
    { preserveAspectRatio: "none", "aria-hidden": "true" },
    ...paths,
    ...rings,
  );
  const element = h(
    "div",
    { class: "lu-plane", tabindex: "0", role: "application", "aria-label": label },
    canvas,
    overlay,
  );
  const paint = raster(canvas);
  let size = { rows: 1, columns: 1, padding: 0 };
  let width = 0;
  let shown = null;
  const newMark = changeDetector();

  const observer = new ResizeObserver(([entry]) => {
    width = entry.contentRect.width;
    if (shown) mark(shown);
  });
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());

  function pointAt(event, phase) {
    const box = element.getBoundingClientRect();
    const { rows, columns, padding } = size;
    const row = ((event.clientY - box.top) / box.height) * (rows + 2 * padding) - padding;
    const column = ((event.clientX - box.left) / box.width) * (columns + 2 * padding) - padding;
    onPoint({ row, column, phase });
  }
  const isPointing = fingerWatch();
  let held = null; // The pointer that is down; a second finger changes nothing.
  let isDown = false; // Whether `onPoint` knows of it.
  function hold(event) {
    const follows = isPointing(event) || getComputedStyle(element).touchAction === "none";
    if (!follows) return;
    pointAt(event, isDown ? "drag" : "down");
    isDown = true;
  }
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || (held !== null && held !== event.pointerId)) return;
    held = event.pointerId;
    isDown = false;
    element.setPointerCapture(held);
    hold(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (held === event.pointerId) hold(event);
    else if (held === null && event.pointerType !== "touch") pointAt(event, "hover");
  });
  /** @param {PointerEvent} event */
  function release(event) {
    if (held !== event.pointerId) return;
    const tapped = isPointing(event) && !isDown;
    if (tapped) pointAt(event, "down");
    if (tapped || isDown) pointAt(event, "up");
    held = null;
  }
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("lostpointercapture", release);
  element.addEventListener("pointerleave", (event) => {
    if (held === null || held === event.pointerId) pointAt(event, "leave");
  });
  element.addEventListener("keydown", onKey);

  function resize(rows, columns, padding) {
    if (size.rows === rows && size.columns === columns && size.padding === padding) return;
    size = { rows, columns, padding };
    const [allRows, allColumns] = [rows + 2 * padding, columns + 2 * padding];
    overlay.setAttribute("viewBox", `${-padding} ${-padding} ${allColumns} ${allRows}`);
    element.style.aspectRatio = `${allColumns} / ${allRows}`;
    element.style.width = `${100 * Math.min(1, allColumns / allRows)}%`;
    canvas.style.left = `${(100 * padding) / allColumns}%`;
    canvas.style.top = `${(100 * padding) / allRows}%`;
    canvas.style.width = `${(100 * columns) / allColumns}%`;
    canvas.style.height = `${(100 * rows) / allRows}%`;
  }

  /** Frame a window: every pixel that it reads is tinted, so that a dilated one shows its holes. */
  function mark(window) {
    shown = window;
    const { top, left, rows, columns, step = 1 } = window;
    if (!newMark(top, left, rows, columns, step, width, size)) return;
    const height = (rows - 1) * step + 1;
    const across = (columns - 1) * step + 1;
    const outline = `M${left} ${top}h${across}v${height}h${-across}z`;
    halo.setAttribute("d", outline);
    frame.setAttribute("d", outline);
    let cells = step === 1 ? outline : "";
    for (let i = 0; step > 1 && i < rows; i += 1) {
      for (let j = 0; j < columns; j += 1) cells += `M${left + j * step} ${top + i * step}h1v1h-1z`;
    }
    taps.setAttribute("d", cells);
    // A window of a few screen pixels would be lost in a large image: a ring says where it is.
    const scale = width / (size.columns + 2 * size.padding);
    const tiny = scale > 0 && Math.max(across, height) * scale < 5;
    for (const ring of rings) {
      ring.setAttribute("cx", String(left + across / 2));
      ring.setAttribute("cy", String(top + height / 2));
      ring.setAttribute("rx", String(tiny ? 14 / scale : 0));
      ring.setAttribute("ry", String(tiny ? 14 / scale : 0));
    }
  }

  return {
    element,
    mark,
    /** Draw the image; `padding` leaves room for that many rows and columns of zeros around it. */
    draw(values, rows, columns, scale, padding = 0) {
      resize(rows, columns, padding);
      paint(values, rows, columns, scale);
    },
    /**
     * Show only what a scan has reached: the rows above `row`, and up to `column` the `band` rows
     * from there on. Without arguments everything is shown.
     */
    reveal(row = Infinity, column = 0, band = 1) {
      const [x, top] = [(100 * column) / size.columns, (100 * row) / size.rows];
      const bottom = (100 * (row + band)) / size.rows;
      const corners = `0 0, 100% 0, 100% ${top}%, ${x}% ${top}%, ${x}% ${bottom}%, 0 ${bottom}%`;
      canvas.style.clipPath = row < size.rows ? `polygon(${corners})` : "";
    },
  };
}

/**
 * Where a key moves a position in a grid: arrows by one (with Shift by five), Home and End along
 * the row, Page Up and Page Down along the column.
 * @param {KeyboardEvent} event
 * @param {number[]} position
 * @param {number} rows
 * @param {number} columns
 * @returns {number[]|null} Row and column, or null where the key means nothing here.
 */
export function moveByKey(event, [row, column], rows, columns) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const step = event.shiftKey ? 5 : 1;
  const to = {
    ArrowUp: [row - step, column],
    ArrowDown: [row + step, column],
    ArrowLeft: [row, column - step],
    ArrowRight: [row, column + step],
    Home: [row, 0],
    End: [row, columns - 1],
    PageUp: [0, column],
    PageDown: [rows - 1, column],
  }[event.key];
  return to ? [clamp(to[0], 0, rows - 1), clamp(to[1], 0, columns - 1)] : null;
}

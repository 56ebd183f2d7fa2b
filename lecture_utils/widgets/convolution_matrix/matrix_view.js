/** The matrix: a colored entry with a letter for each weight, and a frame around a row or column. */

/** @import { Lab } from "./state.js" */
/** @import { Subject } from "./subject.js" */
import { h, onResize } from "../_shared/ui/dom.js";
import { fingerWatch } from "../_shared/ui/finger.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { clamp } from "../_shared/math/numbers.js";
import { letter, weightColor } from "./weights.js";

/** Smaller entries have no room for a letter, in pixels. */
const ROOM_FOR_LETTERS = 9;
const [LARGEST_ENTRY, LARGEST_HEIGHT] = [24, 380];
const PAPER = { true: "#0c1113", false: "#f7f7f7" };

/**
 * @param {{label: string, onPoint: (at: {row: number, column: number}|null, phase: string) => void,
 *   onKey: (event: KeyboardEvent) => void, redraw: () => void, signal: AbortSignal}} options
 *   `onPoint` gets a row and a column of the matrix, and "hover", "down" or "drag".
 */
export function matrixView({ label, onPoint, onKey, redraw, signal }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const band = h("div", { class: "matrix-band", "aria-hidden": "true" });
  const element = h(
    "div",
    { class: "matrix-view", tabindex: "0", role: "application", "aria-label": label },
    canvas,
    band,
  );
  let size = [1, 1];
  let width = 0;
  onResize(
    element,
    (box) => {
      width = box.width;
      redraw();
    },
    signal,
  );

  // The browser's own zoom changes how many pixels there are, and not the size of the matrix.
  window.addEventListener("resize", redraw, { signal });

  function pointAt(event, phase) {
    const box = element.getBoundingClientRect();
    const [rows, columns] = size;
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    onPoint({ row: clamp(row, 0, rows - 1), column: clamp(column, 0, columns - 1) }, phase);
  }
  const isPointing = fingerWatch();
  let held = null; // The pointer that is down; a second finger changes nothing.
  let isDown = false; // Whether `onPoint` knows of it.
  function follow(event) {
    if (!isPointing(event)) return;
    pointAt(event, isDown ? "drag" : "down");
    isDown = true;
  }
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || held !== null) return;
    held = event.pointerId;
    isDown = false;
    follow(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (held === event.pointerId) follow(event);
    else if (held === null && event.pointerType !== "touch") pointAt(event, "hover");
  });
  /** @param {PointerEvent} event */
  function release(event) {
    if (held !== event.pointerId) return;
    if (!isDown) follow(event); // a tap
    held = null;
  }
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("pointerleave", (event) => {
    if (held !== null && held !== event.pointerId) return;
    held = null;
    onPoint(null, "leave");
  });
  element.addEventListener("keydown", onKey);

  /** @param {Lab} lab @param {number|null} only The one weight that is not faded. */
  function paint({ taps, weights, h: imageRows, w, rows, columns }, only, dark) {
    const [down, across] = [rows * columns, imageRows * w];
    const ratio = devicePixelRatio;
    const cell = width / across;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(cell * down * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.fillStyle = PAPER[String(dark)];
    context.fillRect(0, 0, width, cell * down);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `600 ${Math.min(0.72 * cell, 14)}px system-ui, sans-serif`;
    taps.forEach((tap, i) => {
      if (tap < 0) return;
      const [x, y] = [(i % across) * cell, Math.floor(i / across) * cell];
      const { background, ink } = weightColor(tap, weights.length);
      context.globalAlpha = only === null || only === tap ? 1 : 0.22;
      context.fillStyle = background;
      context.fillRect(x, y, cell, cell);
      if (cell < ROOM_FOR_LETTERS || context.globalAlpha < 1) return;
      context.fillStyle = ink;
      context.fillText(letter(tap), x + cell / 2, y + 0.53 * cell);
    });
    context.globalAlpha = 1;
    // Fine lines around each entry, and stronger ones where a row of the image or output ends.
    for (const [count, group, vertical] of [
      [across, w, true],
      [down, columns, false],
    ]) {
      for (let i = 1; i < Number(count); i += 1) {
        context.fillStyle =
          i % Number(group) ? "rgb(128 128 128 / 0.22)" : "rgb(128 128 128 / 0.9)";
        if (vertical) context.fillRect(i * cell - 0.5, 0, 1, cell * down);
        else context.fillRect(0, i * cell - 0.5, width, 1);
      }
    }
  }

  const newPaint = changeDetector();
  const newShape = changeDetector();
  return {
    element,
    /**
     * @param {Lab} lab
     * @param {Subject} subject
     * @param {boolean} dark
     */
    draw(lab, subject, dark) {
      const [down, across] = [lab.rows * lab.columns, lab.h * lab.w];
      size = [down, across];
      if (newShape(down, across)) {
        element.style.aspectRatio = `${across} / ${down}`;
        const most = Math.min(LARGEST_ENTRY, LARGEST_HEIGHT / down);
        element.parentElement.style.setProperty("--matrix", `${Math.floor(most * across)}px`);
      }
      const only = subject.kind === "weight" ? subject.index : null;
      if (width && newPaint(lab, only, dark, width, devicePixelRatio)) paint(lab, only, dark);
      band.hidden = subject.kind === "weight";
      const inRow = subject.kind === "row";
      const count = inRow ? down : across;
      const [start, part] = [`${(100 * subject.index) / count}%`, `${100 / count}%`];
      Object.assign(band.style, {
        ...{ top: "0", left: "0", width: "100%", height: "100%" },
        ...(inRow ? { top: start, height: part } : { left: start, width: part }),
      });
    },
  };
}

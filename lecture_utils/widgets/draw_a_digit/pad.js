/** The field to draw in: by mouse, by finger, or with a pen that the arrow keys move. */

import { grayScale } from "../_shared/ui/canvas.js";
import { clamp } from "../_shared/math/numbers.js";
import { moveByKey, plane } from "../_shared/ui/plane.js";

/** Pixels of a side, and the pen's radius. */
export const PAD = 280;
const RADIUS = 12;
/** The keyboard's pen moves on a grid. */
const CELL = 10;
const CELLS = PAD / CELL;

/**
 * @param {{onChange: () => void, onCursor: () => void, say: (text: string) => void,
 *   signal: AbortSignal}} options `onChange` is called when there is other ink, `onCursor` when
 *   only the keyboard's pen has moved.
 * @returns {{element: HTMLElement, ink: Float32Array, readonly penDown: boolean,
 *   readonly empty: boolean, undo(): void, clear(): void, forget(): void, draw(): void}}
 */
export function drawingPad({ onChange, onCursor, say, signal }) {
  const ink = new Float32Array(PAD * PAD);
  let strokes = [];
  let current = null; // The stroke that is being drawn; null where it has been taken away.
  let cursor = [CELLS / 2, CELLS / 2];
  let penDown = false;
  let painted = false; // Whether the canvas shows the ink.

  const field = plane({ label: "Draw a digit here", onPoint, onKey, signal });
  field.element.addEventListener("blur", () => (penDown = false));

  /** Ink along a line, with an edge one pixel soft. */
  function inkLine([fromRow, fromColumn], [toRow, toColumn]) {
    painted = false;
    const [dy, dx] = [toRow - fromRow, toColumn - fromColumn];
    const squared = dy * dy + dx * dx || 1;
    const rows = range(fromRow, toRow);
    const columns = range(fromColumn, toColumn);
    for (let y = rows[0]; y < rows[1]; y += 1) {
      for (let x = columns[0]; x < columns[1]; x += 1) {
        const [py, px] = [y + 0.5 - fromRow, x + 0.5 - fromColumn];
        const part = clamp((py * dy + px * dx) / squared, 0, 1);
        const far = Math.hypot(py - part * dy, px - part * dx);
        const value = RADIUS + 0.5 - far;
        const at = y * PAD + x;
        if (value > ink[at]) ink[at] = Math.min(1, value);
      }
    }
  }
  function range(a, b) {
    const reach = RADIUS + 1;
    return [
      Math.max(0, Math.floor(Math.min(a, b) - reach)),
      Math.min(PAD, Math.ceil(Math.max(a, b) + reach)),
    ];
  }

  function begin(point) {
    current = [point];
    strokes.push(current);
    inkLine(point, point);
    onChange();
  }
  function extend(point) {
    inkLine(current.at(-1), point);
    current.push(point);
    onChange();
  }
  function onPoint({ row, column, phase }) {
    // A pen far outside would draw lines that nobody sees.
    const point = [row, column].map((place) => clamp(place, -2 * RADIUS, PAD + 2 * RADIUS));
    if (phase === "down") {
      penDown = false; // Otherwise, the next arrow key would go on from where the pointer was.
      begin(point);
    } else if (phase === "drag") {
      if (current) extend(point);
      else begin(point);
    }
  }
  function onKey(event) {
    const to = moveByKey(event, cursor, CELLS, CELLS);
    /** @param {number[]} cell */
    const middle = ([row, column]) => [(row + 0.5) * CELL, (column + 0.5) * CELL];
    if (to) {
      cursor = to;
      if (penDown) extend(middle(cursor));
      else onCursor();
    } else if (event.key === " " || event.key === "Enter") {
      penDown = !penDown;
      say(penDown ? "Pen down: the arrow keys draw." : "Pen up.");
      if (penDown) begin(middle(cursor));
    } else if (event.key === "Escape" && penDown) {
      penDown = false;
      say("Pen up.");
    } else return;
    event.preventDefault();
  }
  function erase() {
    penDown = false;
    current = null;
    painted = false;
    ink.fill(0);
  }
  function redraw() {
    erase();
    for (const stroke of strokes)
      stroke.forEach((point, i) => inkLine(stroke[Math.max(0, i - 1)], point));
    onChange();
  }
  return {
    element: field.element,
    ink,
    get penDown() {
      return penDown;
    },
    get empty() {
      return strokes.length === 0;
    },
    undo() {
      strokes.pop();
      redraw();
    },
    clear() {
      strokes = [];
      redraw();
    },
    /** Forget the strokes without asking for a new digit: another image has been chosen. */
    forget() {
      strokes = [];
      erase();
    },
    draw() {
      if (!painted) field.draw(ink, PAD, PAD, grayScale());
      painted = true;
      field.mark({ top: cursor[0] * CELL, left: cursor[1] * CELL, rows: CELL, columns: CELL });
    },
  };
}

/** The reader's own drawing: white ink on black, as in MNIST and Fashion-MNIST. */

import { button, segmented } from "./controls.js";
import { h } from "./dom.js";
import { TRASH } from "./icons.js";

export const DRAWING_SIZE = 28;
const RADIUS = 1.1;

/**
 * A small image to draw in, with its tools.
 * @param {() => void} onChange Called after every stroke.
 * @returns {{pixels: Float32Array, tools: HTMLElement, stroke(row: *, column: *, down: *): void}}
 */
export function drawing(onChange) {
  const pixels = new Float32Array(DRAWING_SIZE ** 2);
  let erasing = false;
  let last = null;
  const pens = [
    { value: false, label: "Pen" },
    { value: true, label: "Eraser" },
  ];
  const tool = segmented({
    legend: "Tool",
    options: pens,
    value: false,
    onChange: (erase) => (erasing = erase),
  });
  const clear = button({
    label: "Clear",
    path: TRASH,
    kind: "small",
    onClick: () => {
      pixels.fill(0);
      onChange();
    },
  });
  const tools = h("div", { class: "lu-drawing-tools" }, tool.element, clear);

  /** A dot with a soft rim around a position in pixels (fractions count). */
  function dot(row, column) {
    const reach = Math.ceil(RADIUS + 1);
    for (let y = Math.floor(row) - reach; y <= row + reach; y += 1) {
      for (let x = Math.floor(column) - reach; x <= column + reach; x += 1) {
        if (y < 0 || x < 0 || y >= DRAWING_SIZE || x >= DRAWING_SIZE) continue;
        const distance = Math.hypot(y + 0.5 - row, x + 0.5 - column);
        const ink = Math.max(0, Math.min(1, RADIUS + 0.5 - distance));
        const at = y * DRAWING_SIZE + x;
        pixels[at] = erasing ? Math.min(pixels[at], 1 - ink) : Math.max(pixels[at], ink);
      }
    }
  }
  return {
    pixels,
    tools,
    /** Draw from the last point to this one; `down` starts a new line. */
    stroke(row, column, down) {
      const from = down || !last ? { row, column } : last;
      const steps = Math.max(1, Math.ceil(Math.hypot(row - from.row, column - from.column) / 0.4));
      for (let i = 1; i <= steps; i += 1) {
        const part = i / steps;
        dot(from.row + (row - from.row) * part, from.column + (column - from.column) * part);
      }
      last = { row, column };
      onChange();
    },
  };
}

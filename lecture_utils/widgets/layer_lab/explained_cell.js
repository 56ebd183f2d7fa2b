/** Which cell the lab explains: one of the output, or one of the input. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { clamp } from "../_shared/math/numbers.js";

/** @typedef {{grid: "input"|"output", row: number, column: number}} Cell */

/**
 * @param {{model: Model, edit: Edit, request: () => void}} demo
 * @param {() => Record<string, any>} read The lab's present state.
 */
export function explainedCell({ model, edit, request }, read) {
  let hovered = null; // the cell under the mouse
  let chosen = null; // the input cell that has the focus
  let scan = null; // how far the animation has come

  const position = () => {
    const { rows, columns } = read();
    const [row, column] = scan ?? model.get("position");
    return [clamp(row, 0, Math.max(rows - 1, 0)), clamp(column, 0, Math.max(columns - 1, 0))];
  };
  function exists({ grid, row, column }) {
    const { h, w, padding, rows, columns } = read();
    if (grid === "output") return row < rows && column < columns;
    const low = Math.min(row, column);
    return low >= -padding && row < h + padding && column < w + padding;
  }
  return {
    /** Row and column, in the output, of the window. */
    position,
    get scan() {
      return scan;
    },
    /** @returns {Cell} */
    current() {
      if (scan) return { grid: "output", row: scan[0], column: scan[1] };
      const [row, column] = position();
      const at = hovered ?? chosen;
      // The grid may have shrunk under a pointer that rests.
      return at && exists(at) ? at : { grid: "output", row, column };
    },
    /** The input cell that the keyboard has chosen, or the first one. */
    chosenInput: () => (chosen && exists(chosen) ? chosen : { row: 0, column: 0 }),
    /** @param {Cell|null} next */
    hover(next) {
      if (!next && !hovered) return;
      if (next && hovered && Object.keys(next).every((name) => next[name] === hovered[name]))
        return;
      hovered = next;
      request();
    },
    /** @param {Cell|null} cell */
    choose(cell) {
      chosen = cell;
      request();
    },
    /** Explain an output cell from now on. */
    settle(to) {
      scan = hovered = chosen = null;
      edit({ position: to });
    },
    /** One step of the animation. */
    walk(row, column) {
      if (scan && scan[0] === row && scan[1] === column) return;
      scan = [row, column];
      request();
    },
    /** Go to the middle of another output. */
    recenter() {
      chosen = null;
      const { rows, columns } = read();
      edit({ position: [Math.floor(rows / 2), Math.floor(columns / 2)] });
    },
  };
}

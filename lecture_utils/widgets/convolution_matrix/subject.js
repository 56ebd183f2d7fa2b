/** What the demo explains: a row of the matrix, a column of it, or one weight of the kernel. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
/** @import { Lab } from "./state.js" */
import { clamp } from "../_shared/math/numbers.js";

/** @typedef {{kind: "row"|"column"|"weight", index: number}} Subject */

/**
 * @param {{model: Model, edit: Edit, request: () => void}} demo
 * @param {() => Lab} read
 */
export function subject({ model, edit, request }, read) {
  /** @type {Subject|null} */
  let hovered = null; // under the mouse
  let weight = null; // that has the focus
  let scan = null; // how far the animation has come
  // What was chosen last; until then, what the direction asks for.
  let kind = null;
  let direction = null;

  const size = (of) => (of === "row" ? [read().rows, read().columns] : [read().h, read().w]);
  const trait = (of) => (of === "row" ? "position" : "pixel");
  const byDirection = () => (model.get("transpose") ? "column" : "row");
  /** Row and column, in the output or in the image, of what was chosen. */
  function place(of) {
    const [rows, columns] = size(of);
    const [row, column] = model.get(trait(of));
    return [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)];
  }
  function chosenIndex(of) {
    const [row, column] = place(of);
    return row * size(of)[1] + column;
  }
  const count = (of) => (of === "weight" ? read().weights.length : size(of)[0] * size(of)[1]);
  return {
    chosenIndex,
    place: () => place(byDirection()),
    size: () => size(byDirection()),
    get scan() {
      return scan;
    },
    /** @returns {Subject} */
    current() {
      if (direction !== byDirection()) kind = null;
      direction = byDirection();
      if (scan !== null) return { kind: direction, index: scan };
      // The matrix may have shrunk under a pointer that rests.
      if (hovered && hovered.index < count(hovered.kind)) return hovered;
      if (weight !== null && weight < count("weight")) return { kind: "weight", index: weight };
      const shown = kind ?? direction;
      return { kind: shown, index: chosenIndex(shown) };
    },
    /** @param {Subject|null} next */
    hover(next) {
      if (next?.kind === hovered?.kind && next?.index === hovered?.index) return;
      hovered = next;
      request();
    },
    /** @param {number|null} tap */
    focusWeight(tap) {
      weight = tap;
      request();
    },
    /** Explain a row or a column from now on. */
    settle(of, index) {
      scan = hovered = weight = null;
      kind = of;
      const columns = size(of)[1];
      edit({ [trait(of)]: [Math.floor(index / columns), index % columns] });
    },
    /** One step of the animation. */
    walk(index) {
      if (scan === index) return;
      scan = index;
      request();
    },
    /** The animation has ended, at this row or column. */
    rest([row, column]) {
      scan = null;
      kind = null;
      edit({ [trait(byDirection())]: [row, column] });
    },
  };
}

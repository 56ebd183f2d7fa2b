/** Where the window is: it stays where it was put, and follows the pointer while it is there. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { clamp } from "../_shared/math/numbers.js";
import { moveByKey } from "../_shared/ui/plane.js";

/**
 * @param {{model: Model, read: () => Record<string, any>, edit: Edit,
 *   request: () => void}} options `read` gives the lab's state, `request` asks for a new frame.
 */
export function slidingWindow({ model, read, edit, request }) {
  let visit = null;
  let scan = null;

  const inside = ([row, column]) => {
    const { rows, columns } = read();
    return [clamp(row, 0, Math.max(rows - 1, 0)), clamp(column, 0, Math.max(columns - 1, 0))];
  };
  const position = () => inside(visit ?? model.get("position"));
  const settle = (to) => {
    visit = scan = null;
    edit({ position: inside(to) });
    request();
  };
  return {
    /** Row and column, in the output, of the window that is shown. */
    position,
    /** Stay at a place. */
    settle,
    /**
     * Go to a position while the pointer is there; null returns to where the window stays.
     */
    visit(to) {
      visit = to;
      scan = null;
      request();
    },
    /** The animation is here, in a sweep that stands for `band` rows. */
    walk(row, column, band) {
      visit = [row, column];
      scan = { row, column: column + 1, band };
      request();
    },
    /** The animation ends: at the last pixel, or where it is, with the rest still hidden. */
    halt(finished) {
      const reached = finished ? null : scan;
      settle(finished ? [Infinity, Infinity] : position());
      scan = reached;
    },
    /** How far the animation has come, or null. */
    get scan() {
      return scan;
    },
    /** The output pixel whose window has its middle nearest to a position on the input. */
    nearest({ row, column }) {
      const { kh, kw, layer } = read();
      const { stride, padding, dilation } = layer;
      const at = (place, size) =>
        Math.round((place - 0.5 + padding - (dilation * (size - 1)) / 2) / stride);
      return inside([at(row, kh), at(column, kw)]);
    },
    /** The position on the input under the window's middle. */
    middle() {
      const { kh, kw, layer } = read();
      const { stride, padding, dilation } = layer;
      const [row, column] = position();
      const at = (start, size) => start * stride - padding + (dilation * (size - 1) + 1) / 2;
      return [at(row, kh), at(column, kw)];
    },
    /** Move by a key; returns whether the key meant something. */
    byKey(event) {
      const { rows, columns } = read();
      const to = rows && moveByKey(event, position(), rows, columns);
      if (!to) return false;
      event.preventDefault();
      settle(to);
      return true;
    },
  };
}

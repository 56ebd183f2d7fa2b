/** Where points lie on the screen: a map fitted into a box, zoomed and moved. */

import { clamp } from "../_shared/math/numbers.js";

export const MOST_ZOOM = 16;

/**
 * Fit a map into a box, equally scaled in both directions, upwards as in Python.
 * @param {Float32Array} points x, y, x, y, ...
 * @returns {Float32Array} The same in pixels from the upper left corner.
 */
export function fit(points, width, height, margin) {
  const [low, high] = [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ];
  points.forEach((value, i) => {
    low[i % 2] = Math.min(low[i % 2], value);
    high[i % 2] = Math.max(high[i % 2], value);
  });
  const scale = Math.min(
    (width - 2 * margin) / (high[0] - low[0] || 1),
    (height - 2 * margin) / (high[1] - low[1] || 1),
  );
  const middle = low.map((value, axis) => (value + high[axis]) / 2);
  return points.map((value, i) =>
    i % 2 ? height / 2 - scale * (value - middle[1]) : width / 2 + scale * (value - middle[0]),
  );
}

/** A window on the map: `x` and `y` are where the map's corner lies, in pixels of the screen. */
export function createView() {
  const view = { zoom: 1, x: 0, y: 0 };
  let [width, height] = [1, 1];
  function settle() {
    view.x = clamp(view.x, width * (1 - view.zoom), 0);
    view.y = clamp(view.y, height * (1 - view.zoom), 0);
  }
  return {
    view,
    resize(newWidth, newHeight) {
      view.x *= newWidth / width;
      view.y *= newHeight / height;
      [width, height] = [newWidth, newHeight];
      settle();
    },
    /** Zoom by a factor; what lies at (x, y) stays there. */
    zoom(factor, x = width / 2, y = height / 2) {
      const zoom = clamp(view.zoom * factor, 1, MOST_ZOOM);
      view.x = x - ((x - view.x) * zoom) / view.zoom;
      view.y = y - ((y - view.y) * zoom) / view.zoom;
      view.zoom = zoom;
      settle();
    },
    move(dx, dy) {
      view.x += dx;
      view.y += dy;
      settle();
    },
    reset() {
      Object.assign(view, { zoom: 1, x: 0, y: 0 });
    },
    /** Move as little as needed to bring a point of the map into view. */
    reveal(x, y, margin = 40) {
      const [left, top] = [x * view.zoom + view.x, y * view.zoom + view.y];
      if (view.zoom === 1) return;
      this.move(
        clamp(left, margin, width - margin) - left,
        clamp(top, margin, height - margin) - top,
      );
    },
  };
}

/**
 * Between two maps, `part` of the way: slow at both ends.
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} part
 * @param {Float32Array} out
 * @returns {Float32Array}
 */
export function between(from, to, part, out) {
  const eased = part < 0.5 ? 4 * part ** 3 : 1 - (2 - 2 * part) ** 3 / 2;
  for (let i = 0; i < out.length; i += 1) out[i] = from[i] + (to[i] - from[i]) * eased;
  return out;
}

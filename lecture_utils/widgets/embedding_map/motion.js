/** Where the points are on the screen: on one map, or on their way to another. */

/** @import { Maps } from "./data.js" */
import { clock } from "../_shared/ui/frame.js";
import { between, fit } from "./layout.js";

const SECONDS = 0.9;
const MARGIN = 22;

/**
 * @param {{maps: Maps, view: Record<string, any>, request: () => void, signal: AbortSignal}}
 *   options
 */
export function movingPoints({ maps, view, request, signal }) {
  const positions = new Float32Array(2 * maps.total);
  const fitted = new Map();
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let [width, height] = [0, 0];
  let shown = -1; // the map
  let from = null; // where the points come from while they move, before zooming
  let way = 1;
  const ticking = clock((seconds) => {
    way = Math.min(1, way + seconds / SECONDS);
    if (way === 1) ticking.stop();
    request();
  }, signal);
  /** A map in pixels, before zooming. */
  function base(map) {
    if (!fitted.has(map)) fitted.set(map, fit(maps.pointsOf(map), width, height, MARGIN));
    return fitted.get(map);
  }
  return {
    /** x, y, x, y, ... in pixels of the screen. */
    positions,
    base,
    size: () => [width, height],
    get moving() {
      return way < 1;
    },
    startAt(map) {
      shown = map;
    },
    /**
     * Points move to their positions on a map. @returns {boolean} Whether it is another
     * map.
     */
    goTo(map) {
      if (map === shown || !width) return false;
      if (still.matches) way = 1;
      else {
        // From where they are, even if they are on their way.
        from = Float32Array.from(
          positions,
          (value, i) => (value - (i % 2 ? view.view.y : view.view.x)) / view.view.zoom,
        );
        way = 0;
        ticking.start();
      }
      shown = map;
      return true;
    },
    resize(newWidth, newHeight) {
      if (newWidth === width && newHeight === height) return;
      [width, height] = [newWidth, newHeight];
      fitted.clear();
      view.resize(width, height);
      from = null;
      way = 1;
      request();
    },
    /** Find the points of this frame. */
    update(map) {
      const goal = base(map);
      if (way < 1 && from) between(from, goal, way, positions);
      else positions.set(goal);
      const { zoom, x, y } = view.view;
      for (let i = 0; i < positions.length; i += 1)
        positions[i] = positions[i] * zoom + (i % 2 ? y : x);
    },
  };
}

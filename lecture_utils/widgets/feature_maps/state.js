/** What the demo shows, read from its model: the layer on the image, and on the image at rest. */

/** @import { Settings } from "./layer.js" */
/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { readTraits } from "../_shared/ui/model.js";
import { SIDE, apply, channels, means, relative, rolled } from "./layer.js";

/**
 * Return `read(most)`, which gives the layer's present state with at most that many filters: what
 * `apply` returns, its settings, and as `still` the same for the image that is not shifted.
 * @param {Model} model
 */
export function layerReader(model) {
  const [newStill, newMoved] = [changeDetector(), changeDetector()];
  let still = null;
  let moved = null;
  return (most) => {
    const [all, , k] = model.get("filters").shape;
    const d = Math.min(most, all);
    const settings = /** @type {Settings} */ (
      readTraits(model, ["stride", "padding", "relu", "pool"])
    );
    const weights = toTyped(model.get("filters"));
    const shift = model.get("shift");
    const run = (by) => {
      const planes = channels(toTyped(model.get("image")), SIDE, by);
      return { planes, ...apply(planes, SIDE, weights, d, k, settings) };
    };
    const depends = [model.get("image"), model.get("filters"), d, ...Object.values(settings)];
    if (newStill(...depends)) still = run([0, 0]);
    if (newMoved(still, ...shift)) moved = shift.some(Boolean) ? run(shift) : still;
    const margin = settings.padding === "valid" ? 0 : k >> 1;
    return {
      ...moved,
      d,
      all,
      k,
      margin,
      settings,
      weights,
      shift,
      stride: settings.stride,
      moved,
      still,
    };
  };
}

/**
 * What the shift does to the maps, and to their means.
 * @param {Record<string, any>} state
 * @returns {{pooled: number[], before: number[], steps: *, follows: number, changed: number,
 *   drift: number}}
 */
export function effectOfShift({ maps, still, settings, shift, mapSize }) {
  const [pooled, before] = [means(maps), means(still.maps)];
  const step = settings.stride * (settings.pool ? 2 : 1);
  const steps = shift.map((value) => Math.round(value / step));
  return {
    pooled,
    before,
    steps,
    follows: relative(maps, rolled(still.maps, mapSize, steps[0], steps[1])),
    changed: relative(maps, still.maps),
    drift: relative([pooled], [before]),
  };
}

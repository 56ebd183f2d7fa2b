/**
 * The pixel whose numbers are shown: the pinned one (the trait), or the one under the pointer.
 */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { clamp } from "../_shared/math/numbers.js";
import { moveByKey } from "../_shared/ui/plane.js";

/**
 * @param {{model: Model, edit: Edit, request: () => void}} demo
 * @returns {{position: () => number[], point: (at: Record<string, any>) => void,
 *   byKey: (event: KeyboardEvent) => boolean, forget: () => void}} `point` takes what a plane says
 *   of its pointer, `byKey` returns whether the key meant something, and `forget` ends a visit.
 */
export function chosenPixel({ model, edit, request }) {
  let visit = null;
  const size = () => model.get("image").shape;
  const inside = (to) => to.map((at, i) => clamp(Math.floor(at), 0, size()[i] - 1));
  const position = () => inside(visit ?? model.get("position"));
  function settle(to) {
    visit = null;
    edit({ position: to });
  }
  function point({ row, column, phase }) {
    const to = inside([row, column]);
    if (phase === "down" || phase === "drag") settle(to);
    else if (phase !== "up") {
      const next = phase === "hover" ? to : null;
      // A pointer moves many times within a pixel.
      if (String(next) === String(visit)) return;
      visit = next;
      request();
    }
  }
  function byKey(event) {
    const to = moveByKey(event, position(), size()[0], size()[1]);
    if (!to) return false;
    event.preventDefault();
    settle(to);
    return true;
  }
  function forget() {
    visit = null;
  }
  return { position, point, byKey, forget };
}

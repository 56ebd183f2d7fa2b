/** Fingers on an element with `touch-action: pan-y`: they may be about to scroll the page. */

/** Pixels that a finger may move before its direction counts. */
const STILL = 4;

/**
 * Return `isPointing(event)`, to be asked about every pointer event from `pointerdown` to `pointerup`
 * or `pointercancel`: whether the event is meant for the element. It is always for a mouse. For a
 * finger it is when the finger moves sideways, and when it is lifted; one that scrolls ends in a
 * `pointercancel`.
 * @returns {(event: PointerEvent) => boolean}
 */
export function fingerWatch() {
  let press = null;
  return ({ type, pointerType, pointerId, isPrimary, clientX, clientY }) => {
    if (pointerType !== "touch") return type !== "pointercancel";
    if (type === "pointerdown") {
      if (!press || isPrimary) press = { pointerId, clientX, clientY, sideways: false };
      return false;
    }
    if (press?.pointerId !== pointerId) return false;
    if (type === "pointermove") {
      const [across, down] = [clientX - press.clientX, clientY - press.clientY].map(Math.abs);
      press.sideways ||= across > Math.max(down, STILL);
      return press.sideways;
    }
    press = null;
    return type === "pointerup";
  };
}

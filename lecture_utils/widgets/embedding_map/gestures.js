/** Pointers on the map: hovering, tapping, dragging, pinching, and the wheel with Ctrl. */

/** Pixels that a hand may tremble without starting a drag. */
const STILL = 5;

/**
 * @param {{element: HTMLElement, view: Record<string, any>, signal: AbortSignal,
 *   onHover: (x: number|null, y: number|null, reach: number) => void,
 *   onTap: (x: number, y: number, reach: number) => void, onView: () => void}} options
 *   `reach` is how far from a point still counts as on it, in pixels; fingers are thicker.
 */
export function gestures({ element, view, signal, onHover, onTap, onView }) {
  const down = new Map();
  let moved = false;
  /** @returns {[number, number]} */
  const place = ({ clientX, clientY }) => {
    const { left, top, width } = element.getBoundingClientRect();
    const scale = width / element.offsetWidth; // A slide enlarges the map.
    return [
      (clientX - left) / scale - element.clientLeft,
      (clientY - top) / scale - element.clientTop,
    ];
  };
  const reach = ({ pointerType }) => (pointerType === "touch" ? 28 : 14);
  const on = (name, action, options = {}) =>
    element.addEventListener(name, action, { signal, ...options });

  on("pointerdown", (event) => {
    if (event.button > 0) return;
    down.set(event.pointerId, place(event));
    if (down.size === 1) moved = false;
    else moved = true; // Two fingers never tap.
  });
  on("pointermove", (event) => {
    const now = place(event);
    // A button that was released outside of the map, where nobody tells.
    if (event.pointerType === "mouse" && !event.buttons) down.delete(event.pointerId);
    const before = down.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") onHover(...now, reach(event));
      return;
    }
    if (!moved && Math.hypot(now[0] - before[0], now[1] - before[1]) < STILL) return;
    if (!moved) element.setPointerCapture(event.pointerId);
    moved = true;
    if (down.size === 2) pinch(event.pointerId, before, now);
    else if (view.view.zoom > 1) view.move(now[0] - before[0], now[1] - before[1]);
    down.set(event.pointerId, now);
    onView();
  });
  function pinch(id, before, now) {
    const [, other] = [...down].find(([key]) => key !== id);
    const distance = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
    const middle = (a) => [(a[0] + other[0]) / 2, (a[1] + other[1]) / 2];
    const [oldMiddle, newMiddle] = [middle(before), middle(now)];
    view.move(newMiddle[0] - oldMiddle[0], newMiddle[1] - oldMiddle[1]);
    view.zoom(distance(now) / distance(before), ...newMiddle);
  }
  on("pointerup", (event) => {
    if (down.delete(event.pointerId) && !moved) onTap(...place(event), reach(event));
  });
  on("pointercancel", (event) => down.delete(event.pointerId));
  on("pointerleave", (event) => {
    if (!down.has(event.pointerId)) onHover(null, null, 0);
  });
  // The wheel alone scrolls the page; on a touchpad two fingers apart come as a wheel with Ctrl.
  on(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      view.zoom(Math.exp(-event.deltaY / 200), ...place(event));
      onView();
    },
    { passive: false },
  );
}

/** Work that happens at most once per screen frame. */

import { clamp } from "../math/numbers.js";

/**
 * Return `request()`: however often it is called, `draw` runs once, before the next frame is
 * painted, with whatever is true by then. The last request is never lost.
 * @param {() => void} draw
 * @param {AbortSignal} signal Stops everything, a waiting request included.
 * @returns {() => void}
 */
export function oncePerFrame(draw, signal) {
  let handle = 0;
  signal.addEventListener("abort", () => cancelAnimationFrame(handle));
  return () => {
    if (handle || signal.aborted) return;
    handle = requestAnimationFrame(() => {
      handle = 0;
      draw();
    });
  };
}

/**
 * Return `request()` for drawings that take a good part of a frame, or more than one. The first
 * request is drawn at once, when the event that made it has been handled: the work is done while
 * the frame is waited for, not after. From then on there is one drawing per painted frame, always
 * of the newest state, so that a slow page skips states but never falls behind. The last request is
 * never lost.
 * @param {() => void} draw
 * @param {AbortSignal} signal
 * @returns {() => void}
 */
export function promptly(draw, signal) {
  let waiting = false; // Something was requested and is not drawn yet.
  let painting = false; // Something was drawn and is not painted yet.
  const run = () => {
    if (signal.aborted || painting || !waiting) return;
    waiting = false;
    painting = true;
    afterPaint(() => {
      painting = false;
      run();
    });
    draw();
  };
  return () => {
    if (waiting || signal.aborted) return;
    waiting = true;
    if (!painting) queueMicrotask(run);
  };
}

/**
 * Call back when the next frame has been painted. Callbacks of `requestAnimationFrame` run before
 * their frame is painted, and a message that one of them posts arrives after. While keys or pointers
 * keep the browser busy, messages wait, for half a second on a slow machine. That another frame
 * begins says as well that the one before has been painted.
 * @param {() => void} callback
 */
function afterPaint(callback) {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    const handle = requestAnimationFrame(() => {
      port1.close();
      callback();
    });
    port1.onmessage = () => {
      port1.close();
      cancelAnimationFrame(handle);
      callback();
    };
    port2.postMessage(null);
  });
}

/**
 * Return `changed(...values)`: whether any value differs from the call before. With it, a frame
 * draws only what is not on screen already.
 * @returns {(...values: *[]) => boolean}
 */
export function changeDetector() {
  let last = null;
  return (...values) => {
    const changed = !last || values.some((value, i) => !Object.is(value, last[i]));
    last = values;
    return changed;
  };
}

/**
 * A clock for animations: calls `tick(seconds since the last frame)` while it runs.
 * @param {(seconds: number) => void} tick
 * @param {AbortSignal} signal
 * @param {Element} [stage] While no part of it is in sight, the clock stands still.
 * @returns {{running: boolean, start: () => void, stop: () => void}}
 */
export function clock(tick, signal, stage) {
  let handle = 0;
  let last = 0;
  let inSight = true;
  if (stage) {
    const observer = new IntersectionObserver((entries) => {
      inSight = entries.at(-1).isIntersecting;
    });
    observer.observe(stage);
    signal.addEventListener("abort", () => observer.disconnect());
  }
  const frame = (now) => {
    handle = requestAnimationFrame(frame);
    // A tab that was in the background continues where it was, instead of leaping ahead. A frame may
    // have begun before `start`: its time is that of its beginning.
    const seconds = clamp((now - last) / 1000, 0, 0.1);
    last = now;
    if (inSight) tick(seconds);
  };
  const stop = () => {
    cancelAnimationFrame(handle);
    handle = 0;
  };
  signal.addEventListener("abort", stop);
  return {
    get running() {
      return handle !== 0;
    },
    start() {
      if (handle || signal.aborted) return;
      last = performance.now();
      handle = requestAnimationFrame(frame);
    },
    stop,
  };
}

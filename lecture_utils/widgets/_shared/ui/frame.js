/** Work that happens at most once per screen frame. */

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
 * The same for drawings that take most of a frame: the first request after a pause is drawn at
 * once, when the event that made it has been handled, instead of at the start of the next frame.
 * The work is then done while the frame is waited for, not after. Requests that follow closely wait
 * for their frame.
 * @param {() => void} draw
 * @param {AbortSignal} signal
 * @returns {() => void}
 */
export function promptly(draw, signal) {
  const FRAME = 16;
  let rested = -Infinity;
  let asked = false;
  const run = () => {
    asked = false;
    if (signal.aborted) return;
    draw();
    rested = performance.now();
  };
  const inFrame = oncePerFrame(run, signal);
  return () => {
    if (asked || signal.aborted) return;
    asked = true;
    if (performance.now() - rested > FRAME) queueMicrotask(run);
    else inFrame();
  };
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
 * @returns {{running: boolean, start: () => void, stop: () => void}}
 */
export function clock(tick, signal) {
  let handle = 0;
  let last = 0;
  const frame = (now) => {
    handle = requestAnimationFrame(frame);
    // A tab that was in the background continues where it was, instead of leaping ahead.
    const seconds = Math.min((now - last) / 1000, 0.1);
    last = now;
    tick(seconds);
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

/** Play: the window walks over all positions, from left to right and from top to bottom. */

import { button } from "./controls.js";
import { clock } from "./frame.js";
import { PAUSE, PLAY } from "./icons.js";
import { clamp } from "../math/numbers.js";

/**
 * Hide a Play button from readers who want no motion; they move in steps.
 * @param {{button: HTMLElement, stop: () => void, signal: AbortSignal}} options
 */
export function hideWithoutMotion({ button: play, stop, signal }) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  function update() {
    play.hidden = calm.matches;
    if (calm.matches) stop();
  }
  calm.addEventListener("change", update, { signal });
  update();
}

/**
 * A Play button and the walk that it starts. A walk takes about twelve seconds whatever the size:
 * in a large output the window leaps over several pixels, and over several rows, at a time.
 * @param {{size: () => number[], from: () => number[], onStep: (row: number, column: number,
 *   band: number) => void, onEnd: (finished: boolean) => void, signal: AbortSignal}} options
 *   `band` is how many rows this sweep stands for.
 * @returns {{button: HTMLButtonElement, stop: () => void, running: boolean}}
 */
export function scanner({ size, from, onStep, onEnd, signal }) {
  let progress = 0;
  let band = 1;
  const toggle = button({
    label: "Play",
    path: PLAY,
    kind: "primary lu-play",
    onClick: () => flip(),
  });

  const time = clock((seconds) => {
    const [rows, columns] = size();
    const sweeps = Math.ceil(rows / band);
    if (!rows || !columns) return halt(false);
    const duration = clamp(0.12 * sweeps * columns, 3, 12);
    progress += (seconds / duration) * sweeps * columns;
    if (progress >= sweeps * columns) return halt(true);
    const sweep = Math.floor(progress / columns);
    return onStep(sweep * band, Math.floor(progress - sweep * columns), band);
  }, signal);

  function show(playing) {
    toggle.querySelector("path").setAttribute("d", playing ? PAUSE : PLAY);
    toggle.querySelector("span").textContent = playing ? "Pause" : "Play";
  }
  function halt(finished) {
    if (!time.running) return;
    time.stop();
    show(false);
    onEnd(finished);
  }
  function flip() {
    if (time.running) {
      halt(false);
      return;
    }
    const [rows, columns] = size();
    if (!rows || !columns) return;
    band = Math.ceil(rows / 32);
    const [row, column] = from();
    const atEnd = row >= rows - band && column >= columns - 1;
    progress = atEnd ? 0 : Math.floor(row / band) * columns + column;
    show(true);
    time.start();
  }
  const stop = () => halt(false);
  hideWithoutMotion({ button: toggle, stop, signal });
  return {
    button: toggle,
    stop,
    get running() {
      return time.running;
    },
  };
}

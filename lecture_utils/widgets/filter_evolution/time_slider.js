/** A slider over the recorded steps, and a button that plays them. */

import { grouped } from "../_shared/math/numbers.js";
import { button } from "../_shared/ui/controls.js";
import { h, setText, uniqueId } from "../_shared/ui/dom.js";
import { clock } from "../_shared/ui/frame.js";
import { PAUSE, PLAY } from "../_shared/ui/icons.js";
import { hideWithoutMotion } from "../_shared/ui/scan.js";

const SECONDS_PER_STEP = 0.4;

/**
 * @param {{steps: number[], onInput: (step: number) => void, signal: AbortSignal}} options
 * @returns {{element: HTMLElement, set: (step: number) => void, playing: () => boolean}}
 */
export function timeSlider({ steps, onInput, signal }) {
  const id = uniqueId("time");
  const last = steps.length - 1;
  const range = h("input", { type: "range", id, min: 0, max: last, step: 1, value: last });
  const output = h("output", { for: id });
  let waited = 0;

  const player = clock((seconds) => {
    waited += seconds;
    if (waited < SECONDS_PER_STEP) return;
    waited = 0;
    const next = range.valueAsNumber + 1;
    if (next >= last) halt();
    onInput(steps[Math.min(next, last)]);
  }, signal);
  const play = button({
    label: "Play",
    path: PLAY,
    kind: "primary lu-play",
    onClick: () => {
      if (player.running) {
        halt();
        onInput(steps[range.valueAsNumber]);
        return;
      }
      waited = 0;
      if (range.valueAsNumber === last) onInput(steps[0]);
      show(true);
      player.start();
    },
  });
  function show(playing) {
    play.querySelector("path").setAttribute("d", playing ? PAUSE : PLAY);
    setText(play.querySelector("span"), playing ? "Pause" : "Play");
  }
  function halt() {
    player.stop();
    show(false);
  }
  range.addEventListener("input", () => {
    halt();
    onInput(steps[range.valueAsNumber]);
  });
  hideWithoutMotion({ button: play, stop: halt, signal });

  function set(step) {
    const at = steps.indexOf(step);
    if (range.valueAsNumber !== at) range.value = String(at);
    const text = `${grouped(step)} of ${grouped(steps[last])}`;
    range.setAttribute("aria-valuetext", `${text} steps`);
    setText(output, text);
  }
  const label = h("label", { for: id }, "Optimizer steps");
  return {
    element: h(
      "div",
      { class: "evolution-time" },
      play,
      h("div", { class: "lu-slider" }, label, output, range),
    ),
    set,
    playing: () => player.running,
  };
}

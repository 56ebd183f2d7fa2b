/** A slider over the recorded steps, and a button that plays them. */

import { button } from "../_shared/ui/controls.js";
import { h, setText, uniqueId } from "../_shared/ui/dom.js";
import { clock } from "../_shared/ui/frame.js";
import { PLAY } from "../_shared/ui/icons.js";

const SECONDS_PER_FRAME = 0.7;

/**
 * @param {{onInput: (step: number) => void, signal: AbortSignal}} options
 * @returns {{element: HTMLElement, update(newFrames: *, step: *): void}}
 */
export function stepsSlider({ onInput, signal }) {
  const id = uniqueId("steps");
  const range = h("input", { type: "range", id, min: 0, step: 1, value: 0 });
  const output = h("output", { for: id });
  const label = h("label", { for: id }, "Steps of gradient ascent");
  let frames = [0];
  let waited = 0;

  const show = (at) => {
    range.value = at;
    const text = at === 0 ? "0: the random start" : `${frames[at]} of ${frames.at(-1)}`;
    range.setAttribute("aria-valuetext", `${text} steps`);
    setText(output, text);
  };
  const player = clock((seconds) => {
    waited += seconds;
    if (waited < SECONDS_PER_FRAME) return;
    waited = 0;
    const at = range.valueAsNumber + 1;
    if (at >= frames.length - 1) player.stop();
    if (at < frames.length) move(at);
  }, signal);
  function move(at) {
    show(at);
    onInput(frames[at]);
  }
  range.addEventListener("input", () => {
    player.stop();
    move(range.valueAsNumber);
  });
  const play = button({
    label: "Play",
    path: PLAY,
    title: "Play the ascent from the start",
    onClick: () => {
      waited = 0;
      move(0);
      player.start();
    },
  });
  return {
    element: h(
      "div",
      { class: "gallery-steps" },
      play,
      h("div", { class: "lu-slider" }, label, output, range),
    ),
    update(newFrames, step) {
      frames = newFrames;
      range.max = String(frames.length - 1);
      show(Math.max(0, frames.indexOf(step)));
    },
  };
}

/**
 * Where the window is: it stays where it was put, and visits where the pointer or the animation is.
 */

/** @import { Demo } from "../_shared/ui/mount.js" */
import { clamp } from "../_shared/math/numbers.js";
import { moveByKey } from "../_shared/ui/plane.js";
import { scanner } from "../_shared/ui/scan.js";

/**
 * @param {Demo} demo
 * @param {() => number[]} size Rows and columns of the outputs.
 */
export function walkingWindow({ model, edit, request, signal }, size) {
  let visit = null;
  let band = 1; // how many rows the animation sweeps at once
  const position = () => {
    const [rows, columns] = size();
    const [row, column] = visit ?? model.get("position");
    return [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)];
  };
  const settle = (to) => {
    visit = null;
    band = 1;
    edit({ position: to });
  };
  const play = scanner({
    size,
    from: position,
    onStep: (row, column, rows) => {
      visit = [row, column];
      band = rows;
      request();
    },
    onEnd: (finished) => settle(finished ? size().map((length) => length - 1) : position()),
    signal,
  });
  const onKey = (event) => {
    const to = moveByKey(event, position(), size()[0], size()[1]);
    if (!to) return;
    event.preventDefault();
    play.stop();
    settle(to);
  };
  /**
   * What a pointer does on an image; `offset` is from the window's corner to what is pointed at.
   */
  const onPoint =
    (offset) =>
    ({ row, column, phase }) => {
      if (phase === "down") play.stop();
      if (play.running || phase === "up") return;
      const [rows, columns] = size();
      const to = [
        clamp(Math.floor(row - offset[0]), 0, rows - 1),
        clamp(Math.floor(column - offset[1]), 0, columns - 1),
      ];
      band = 1;
      visit = phase === "hover" ? to : null;
      if (phase === "down" || phase === "drag") settle(to);
      request();
    };
  return { position, settle, play, onKey, onPoint, band: () => band };
}

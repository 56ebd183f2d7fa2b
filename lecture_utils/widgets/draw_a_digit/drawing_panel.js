/** The reader's drawing, and how it becomes the image that the network gets. */

/** @import { Demo } from "../_shared/ui/mount.js" */
import { fromTyped } from "../_shared/math/arrays.js";
import { button, checkbox, enable } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { TRASH, UNDO } from "../_shared/ui/icons.js";
import { SIZE, center, uncentered } from "./center.js";
import { PAD, drawingPad } from "./pad.js";

export const DRAWING = "your drawing";

/**
 * @param {Demo} demo
 * @param {(text: string) => void} say Reads aloud what the pen does.
 * @returns {{parts: HTMLElement[], pad: Record<string, any>, draw: () => void}}
 */
export function drawingPanel({ model, edit, request, signal }, say) {
  const pad = drawingPad({
    signal,
    say,
    onCursor: request,
    onChange: () => take(model.get("centered")),
  });
  function take(centered) {
    const image = (centered ? center : uncentered)(pad.ink, PAD, PAD);
    edit({ source: DRAWING, image: fromTyped(image, [SIZE, SIZE]), centered });
  }
  const hint = h("span", { class: "digit-hint", "aria-hidden": "true" }, "Draw a digit here");
  pad.element.append(hint);
  const undo = button({ label: "Undo", path: UNDO, onClick: () => pad.undo() });
  const clear = button({ label: "Clear", path: TRASH, onClick: () => pad.clear() });
  const onCenter = (centered) => (pad.empty ? edit({ centered }) : take(centered));
  const centering = checkbox(
    { name: "digit-check", onChange: onCenter },
    "Center it as MNIST does",
  );
  function draw() {
    pad.draw();
    hint.hidden = !pad.empty;
    for (const each of [undo, clear]) enable(each, !pad.empty);
    centering.set(model.get("centered"));
  }
  return {
    parts: [pad.element, h("div", { class: "digit-tools" }, undo, clear), centering.element],
    pad,
    draw,
  };
}

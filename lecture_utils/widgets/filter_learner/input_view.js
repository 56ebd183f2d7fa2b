/** The image that teacher and student filter; the reader may draw it. */

/** @import { Demo } from "../_shared/ui/mount.js" */
import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { resize } from "../_shared/math/image.js";
import { grayScale } from "../_shared/ui/canvas.js";
import { DRAWING, FILE, imagePanel } from "../_shared/ui/image_panel.js";
import { moveByKey, plane } from "../_shared/ui/plane.js";

/** Files are made this small: a step must fit into a frame many times. */
const LARGEST_FILE = 64;

/**
 * @param {Demo} demo
 * @param {(text: string) => void} say
 * @returns {{images: Record<string, any>, element: HTMLElement, draw: (image: Record<string, any>)
 *   => void, mark: (single: boolean, top: number, left: number, k: number) => void}}
 */
export function inputView({ model, root, edit, signal }, say) {
  function choose({ source, image }) {
    const [rows, columns] = image.shape;
    const scale = Math.min(1, LARGEST_FILE / Math.max(rows, columns));
    if (source !== FILE || scale === 1) return edit({ source, image });
    const [height, width] = [rows, columns].map((side) => Math.max(1, Math.round(side * scale)));
    return edit({
      source,
      image: fromTyped(resize(toTyped(image), rows, columns, height, width), [height, width]),
    });
  }
  const images = imagePanel({ model, edit: choose, say });
  const isDrawing = () => model.get("source") === DRAWING;
  let cursor = [14, 14];
  const input = plane({
    label: "Input",
    signal,
    onPoint: ({ row, column, phase }) => {
      if (isDrawing() && (phase === "down" || phase === "drag"))
        images.sketch.stroke(row, column, phase === "down");
    },
    onKey: (event) => {
      if (!isDrawing()) return;
      const [rows, columns] = model.get("image").shape;
      const to = moveByKey(event, cursor, rows, columns);
      if (to) {
        cursor = to;
        input.mark({ top: to[0], left: to[1], rows: 1, columns: 1 });
      } else if (event.key === " ") images.sketch.stroke(cursor[0] + 0.5, cursor[1] + 0.5, true);
      else return;
      event.preventDefault();
    },
  });
  return {
    images,
    element: input.element,
    draw({ pixels, h, w }) {
      root.classList.toggle("drawing", isDrawing());
      images.update();
      input.draw(pixels, h, w, grayScale());
    },
    /** Frame the patch of a batch of one, or the pen that the keyboard moves. */
    mark(single, top, left, k) {
      root.classList.toggle("unmarked", !single && !isDrawing());
      if (isDrawing()) input.mark({ top: cursor[0], left: cursor[1], rows: 1, columns: 1 });
      else if (single) input.mark({ top, left, rows: k, columns: k });
    },
  };
}

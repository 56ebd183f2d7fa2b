/** An image with the map of the chosen filter over it, and what it is called. */

import { raster } from "../_shared/ui/canvas.js";
import { select } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { tileCorner } from "../_shared/ui/sprites.js";

/**
 * @param {{label: string, images: string[], onChoose: (name: string) => void}} options
 */
export function enlarged({ label, images, onChoose }) {
  const menu = select({ label, options: images, value: images[0], onChange: onChoose });
  const image = h("canvas", { class: "fme-image", "aria-hidden": "true" });
  const map = h("canvas", { class: "fme-map", "aria-hidden": "true" });
  const stack = h("div", { class: "fme-stack", role: "img" }, image, map);
  const numbers = h("p", { class: "fme-reading" });
  const said = h("p", { class: "lu-label" });
  const paint = raster(map);
  const context = image.getContext("2d");
  let drawn = null;

  return {
    element: h(
      "div",
      { class: "fme-side", role: "group", "aria-label": label },
      menu.element,
      stack,
      numbers,
      said,
    ),
    /** Show a tile of the sprite of all images. */
    showImage(name, bitmap, layout, index) {
      menu.set(name);
      if (drawn === index) return;
      drawn = index;
      const { top, left } = tileCorner(layout, index);
      const [rows, columns] = layout.size;
      image.width = columns;
      image.height = rows;
      context.drawImage(bitmap, left, top, columns, rows, 0, 0, columns, rows);
    },
    /** Lay a map over the part of the image, `place`, that it belongs to. */
    showMap(levels, size, scale, [top, left, height, width]) {
      paint(levels, size[0], size[1], scale);
      const percent = (part) => `${100 * part}%`;
      Object.assign(map.style, {
        top: percent(top),
        left: percent(left),
        height: percent(height),
        width: percent(width),
      });
    },
    /** @param {number} part 0: the map alone; 0.5: both; 1: the image alone, in its colors. */
    blend(part) {
      // Where image and map overlap, the image turns gray, so that the map can be read.
      image.style.opacity = String(part);
      image.style.filter = `grayscale(${Math.min(1, 2 - 2 * part)})`;
      map.style.opacity = String(Math.min(1, 2 - 2 * part));
    },
    say(reading, verdict, alt) {
      setText(numbers, reading);
      setText(said, verdict);
      said.hidden = !verdict;
      stack.setAttribute("aria-label", alt);
    },
  };
}

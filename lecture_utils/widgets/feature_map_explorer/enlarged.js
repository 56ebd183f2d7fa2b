/** A picture with the map of the chosen filter over it, and what it is called. */

import { raster } from "../_shared/ui/canvas.js";
import { select } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { tileCorner } from "../_shared/ui/sprites.js";

/**
 * @param {{label: string, pictures: string[], onChoose: (name: string) => void}} options
 */
export function enlarged({ label, pictures, onChoose }) {
  const menu = select({ label, options: pictures, value: pictures[0], onChange: onChoose });
  const picture = h("canvas", { class: "fme-picture", "aria-hidden": "true" });
  const map = h("canvas", { class: "fme-map", "aria-hidden": "true" });
  const stack = h("div", { class: "fme-stack", role: "img" }, picture, map);
  const numbers = h("p", { class: "fme-reading" });
  const said = h("p", { class: "lu-label" });
  const paint = raster(map);
  const context = picture.getContext("2d");
  let drawn = null;

  return {
    element: h("div", { class: "fme-side", role: "group", "aria-label": label }, menu.element, stack, numbers, said),
    /** Show a tile of the sprite of all pictures. */
    showPicture(name, bitmap, layout, index) {
      menu.set(name);
      if (drawn === index) return;
      drawn = index;
      const { top, left } = tileCorner(layout, index);
      const [rows, columns] = layout.size;
      picture.width = columns;
      picture.height = rows;
      context.drawImage(bitmap, left, top, columns, rows, 0, 0, columns, rows);
    },
    /** Lay a map over the part of the picture, `place`, that it belongs to. */
    showMap(levels, size, scale, [top, left, height, width]) {
      paint(levels, ...size, scale);
      const percent = (part) => `${100 * part}%`;
      Object.assign(map.style, {
        top: percent(top), left: percent(left), height: percent(height), width: percent(width),
      });
    },
    /** @param {number} part 0: the map alone; 0.5: both; 1: the picture alone, in its colors. */
    blend(part) {
      // Half a picture under the whole map: where both are, the map is to be read.
      picture.style.opacity = part;
      picture.style.filter = `grayscale(${Math.min(1, 2 - 2 * part)})`;
      map.style.opacity = Math.min(1, 2 - 2 * part);
    },
    say(reading, verdict, alt) {
      setText(numbers, reading);
      setText(said, verdict);
      said.hidden = !verdict;
      stack.setAttribute("aria-label", alt);
    },
  };
}

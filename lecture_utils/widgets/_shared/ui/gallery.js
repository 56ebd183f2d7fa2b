/** A small gallery of images that comes with a demo, and the strip of images to choose from. */

import { grayScale, raster } from "./canvas.js";
import { h, icon, uniqueId } from "./dom.js";
import { resize } from "../math/image.js";

/** Pixels of the longer side of a thumbnail, for screens of two pixels per pixel. */
const THUMB = 96;

/**
 * @typedef {{name: string, group: string, rows: number, columns: number, values: Float32Array,
 *   imports: string, code: string}} GalleryImage `code` makes the image in Python.
 */

/**
 * Take apart what `widgets/_gallery.py` packed: all images end to end, one byte per pixel.
 * @param {{name: string, group: string, shape: number[], imports: string, code: string}[]} entries
 * @param {Uint8Array} bytes
 * @returns {GalleryImage[]} With brightness from 0 to 1.
 */
export function unpackGallery(entries, bytes) {
  let at = 0;
  return entries.map((entry) => {
    const [rows, columns] = entry.shape;
    const part = bytes.subarray(at, at + rows * columns);
    at += rows * columns;
    return { ...entry, rows, columns, values: new Float32Array(part).map((byte) => byte / 255) };
  });
}

/** Large images are averaged, so that fine patterns turn gray instead of into coarse ones. */
function drawThumb(canvas, { values, rows, columns }) {
  const scale = Math.min(1, THUMB / Math.max(rows, columns));
  const [height, width] = [rows, columns].map((side) => Math.max(1, Math.round(side * scale)));
  const small = scale < 1 ? resize(values, rows, columns, height, width) : values;
  raster(canvas)(small, height, width, grayScale());
}

/**
 * A strip of images of which one is chosen.
 * @param {{legend: string, onChoose: (name: string) => void}} options
 * @returns {{element: HTMLFieldSetElement, set: (name: string) => void,
 *   put: (name: string, show: {image?: Pick<GalleryImage, "rows"|"columns"|"values">,
 *   path?: string, title?: string}) => void}}
 *   `put` adds a choice, or replaces its image; without image it shows an icon.
 */
export function thumbnails({ legend, onChoose }) {
  const group = uniqueId("image");
  const strip = h("div", { class: "lu-thumbs" });
  const element = h("fieldset", {}, h("legend", { class: "lu-visually-hidden" }, legend), strip);
  const thumbs = new Map();

  function put(name, { image = null, path = "", title = name }) {
    if (!thumbs.has(name)) {
      const input = h("input", {
        type: "radio",
        name: group,
        value: name,
        onchange: () => onChoose(name),
      });
      const label = h("label", { class: "lu-thumb" }, input);
      strip.append(label);
      thumbs.set(name, { input, label });
    }
    const { input, label } = thumbs.get(name);
    input.setAttribute("aria-label", title);
    label.title = title;
    const canvas = image && h("canvas", { "aria-hidden": "true" });
    if (image) drawThumb(canvas, image);
    // The input stays where it is: one that is taken out loses the focus.
    const shown = canvas ?? icon(path);
    if (input.nextSibling) input.nextSibling.replaceWith(shown);
    else label.append(shown);
  }
  const set = (name) => {
    for (const [key, { input }] of thumbs) input.checked = key === name;
  };
  return { element, put, set };
}

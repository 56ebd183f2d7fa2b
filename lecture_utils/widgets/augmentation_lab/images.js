/** The images to choose from, in color, and the reader's own file. */

import { h, uniqueId } from "../_shared/ui/dom.js";
import { latestFile, readPhoto } from "../_shared/ui/files.js";
import { filePicker } from "../_shared/ui/open_file.js";

export const FILE = "your file";
const ARRAY = "your array";

/**
 * Paint bytes (red, green, blue) onto a canvas; returns a function that does it again.
 * @param {HTMLCanvasElement} canvas
 * @param {number} side
 * @returns {(bytes: Uint8Array) => void}
 */
export function painter(canvas, side) {
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const frame = context.createImageData(side, side);
  const pixels = new Uint32Array(frame.data.buffer);
  let last = null;
  return (bytes) => {
    if (bytes === last) return;
    last = bytes;
    for (let i = 0, at = 0; i < pixels.length; i += 1, at += 3) {
      pixels[i] = (255 << 24) | (bytes[at + 2] << 16) | (bytes[at + 1] << 8) | bytes[at];
    }
    context.putImageData(frame, 0, 0);
  };
}

/**
 * @param {{names: string[], images: Uint8Array[], side: number,
 *   onChoose: (name: string, bytes: Uint8Array) => void, onError: (text: string) => void}} options
 * @returns {{element: HTMLElement, open: (file: *) => Promise<void>, update(source: *,
 *   bytes: *): void}}
 */
export function imagePanel({ names, images, side, onChoose, onError }) {
  const group = uniqueId("image");
  const strip = h("div", { class: "lu-thumbs" });
  const thumbs = new Map();

  function put(name, bytes, title = name) {
    let thumb = thumbs.get(name);
    if (!thumb) {
      const input = h("input", { type: "radio", name: group, value: name });
      const canvas = h("canvas", { "aria-hidden": "true" });
      const label = h("label", { class: "lu-thumb" }, input, canvas);
      thumb = { input, label, paint: painter(canvas, side), bytes };
      input.addEventListener("change", () => {
        cancel();
        onChoose(name, thumbs.get(name).bytes);
      });
      thumbs.set(name, thumb);
      strip.append(label);
    }
    thumb.bytes = bytes;
    thumb.paint(bytes);
    thumb.input.setAttribute("aria-label", title);
    thumb.label.title = title;
  }
  names.forEach((name, i) => put(name, images[i]));

  const { open, cancel } = latestFile((file) => readPhoto(file, side), {
    onRead(bytes, { name }) {
      put(FILE, bytes, `Your file: ${name}`);
      onChoose(FILE, bytes);
    },
    onError,
  });
  const upload = filePicker({ onFile: open, kind: "lu-upload" });
  const thumbsAndUpload = h("div", { class: "aug-images" }, strip, upload.button, upload.input);
  const legend = h("legend", { class: "lu-visually-hidden" }, "Image");
  return {
    element: h("fieldset", {}, legend, thumbsAndUpload),
    open,
    /**
     * Show which one is chosen; `bytes` is an image that came from Python if it has no name here.
     */
    update(source, bytes) {
      const isNew = !thumbs.has(source);
      if (isNew || (source === ARRAY && thumbs.get(source).bytes !== bytes)) {
        put(source, bytes, source === ARRAY ? "Your array" : source);
      }
      for (const [name, { input: radio }] of thumbs) radio.checked = name === source;
    },
  };
}

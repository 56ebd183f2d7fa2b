/** The image under the layer: a photo that comes with the demo, or the reader's own file. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { select } from "../_shared/ui/controls.js";
import { h } from "../_shared/ui/dom.js";
import { latestFile, readPhoto } from "../_shared/ui/files.js";
import { filePicker } from "../_shared/ui/open_file.js";
import { SIDE } from "./layer.js";

const OWN = "your file";
const ARRAY = "your array";

/**
 * @param {{model: Model, edit: Edit, request: () => void}} demo
 * @param {(text: string) => void} say Tells why a file cannot be shown; "" when all is well.
 * @returns {{elements: HTMLElement[], open: (file: File) => void, isPhoto: () => boolean,
 *   update: () => void}}
 */
export function imageChoice({ model, edit, request }, say) {
  const photos = model.get("photos");
  const pixels = toTyped(model.get("photo_pixels"));
  const size = 3 * SIDE * SIDE;
  let own = null;
  let array = null; // The latest one that came from Python.
  const put = (source, bytes) =>
    edit({ source, image: fromTyped(Uint8Array.from(bytes), [SIDE, SIDE, 3]) });

  const { open, cancel } = latestFile((file) => readPhoto(file, SIDE), {
    onRead(bytes) {
      own = bytes;
      say("");
      put(OWN, own);
    },
    onError: say,
  });
  const upload = filePicker({ onFile: open });
  const menu = select({
    label: "Image",
    options: [...photos, { value: OWN, label: "your own file …" }],
    value: model.get("source"),
    onChange: (name) => {
      cancel();
      say("");
      const i = photos.indexOf(name);
      if (i >= 0) put(name, pixels.subarray(i * size, (i + 1) * size));
      else if (name === OWN && own) put(OWN, own);
      else if (name === OWN) upload.choose();
      else edit({ source: ARRAY, image: array });
      request();
    },
  });
  return {
    elements: [menu.element, upload.button, upload.input],
    open,
    isPhoto: () => photos.includes(model.get("source")),
    update() {
      const source = model.get("source");
      if (source === ARRAY) {
        if (!array) menu.element.append(h("option", { value: ARRAY }, ARRAY));
        array = model.get("image");
      }
      menu.set(source);
    },
  };
}

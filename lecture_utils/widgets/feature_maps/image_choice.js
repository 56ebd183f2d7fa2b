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
 * @param {{model: Model, edit: Edit}} demo
 * @param {(text: string) => void} say Tells why a file cannot be shown; "" when all is well.
 * @returns {{elements: HTMLElement[], open: (file: File) => void, isPhoto: () => boolean,
 *   update: () => void}}
 */
export function imageChoice({ model, edit }, say) {
  const photos = model.get("photos");
  const pixels = toTyped(model.get("photo_pixels"));
  const size = 3 * SIDE * SIDE;
  /** Images that did not come with the demo, the latest of each kind, by what the menu calls them. */
  const others = new Map();
  const put = (source, bytes) =>
    edit({ source, image: fromTyped(Uint8Array.from(bytes), [SIDE, SIDE, 3]) });

  const { open, cancel } = latestFile((file) => readPhoto(file, SIDE), {
    onRead(bytes) {
      say("");
      put(OWN, bytes);
    },
    onError: say,
  });
  const upload = filePicker({ onFile: open });
  const menu = select({
    label: "Image",
    options: photos,
    value: model.get("source"),
    onChange: (name) => {
      cancel();
      say("");
      const i = photos.indexOf(name);
      if (i >= 0) put(name, pixels.subarray(i * size, (i + 1) * size));
      else edit({ source: name, image: others.get(name) });
    },
  });
  return {
    elements: [menu.element, upload.button, upload.input],
    open,
    isPhoto: () => photos.includes(model.get("source")),
    update() {
      const source = model.get("source");
      if (source === OWN || source === ARRAY) {
        if (!others.has(source)) menu.element.append(h("option", { value: source }, source));
        others.set(source, model.get("image"));
      }
      menu.set(source);
    },
  };
}

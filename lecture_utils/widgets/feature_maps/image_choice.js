/** The image under the layer: a photo that comes with the demo, or the reader's own file. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { select } from "../_shared/ui/controls.js";
import { readPhoto } from "../_shared/ui/files.js";
import { filePicker } from "../_shared/ui/open_file.js";
import { SIDE } from "./layer.js";

const OWN = "your file";

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
  const put = (source, bytes) =>
    edit({ source, image: fromTyped(Uint8Array.from(bytes), [SIDE, SIDE, 3]) });

  async function open(file) {
    try {
      own = await readPhoto(file, SIDE);
      say("");
      put(OWN, own);
    } catch (error) {
      say(error.message);
    }
  }
  const upload = filePicker({ onFile: open });
  const menu = select({
    label: "Image",
    options: [
      ...photos,
      { value: OWN, label: "your own file …" },
      { value: "your array", label: "your array" },
    ],
    value: model.get("source"),
    onChange: (name) => {
      say("");
      const i = photos.indexOf(name);
      if (i >= 0) put(name, pixels.subarray(i * size, (i + 1) * size));
      else if (name === OWN && own) put(OWN, own);
      else if (name === OWN) upload.choose();
      request();
    },
  });
  return {
    elements: [menu.element, upload.button, upload.input],
    open,
    isPhoto: () => photos.includes(model.get("source")),
    update: () => menu.set(model.get("source")),
  };
}

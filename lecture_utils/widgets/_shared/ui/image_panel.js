/** The images to choose from: the gallery, the reader's drawing, the reader's file. */

/** @import { Edit, Model } from "./model.js" */
import { fromTyped, toBrightness, toTyped } from "../math/arrays.js";
import { h, setText } from "./dom.js";
import { latestFile, readImage } from "./files.js";
import { thumbnails, unpackGallery } from "./gallery.js";
import { DRAWING_SIZE, drawing } from "./drawing.js";
import { PEN } from "./icons.js";
import { filePicker } from "./open_file.js";

export const DRAWING = "your drawing";
export const FILE = "your file";
const ARRAY = "your array";

/**
 * @typedef {{name: string, group: string, imports?: string, code?: string}} NamedImage What Python
 *   calls an image.
 */

/**
 * The traits `image` and `source` follow what is chosen, and so does `position` in a demo that has
 * one.
 * @param {{model: Model, edit: Edit, say: (text: string) => void}} options
 * @returns {{element: HTMLElement, sketch: Record<string, any>, open: (file: File) => void,
 *   cancel: () => void, current: () => NamedImage, update: () => void}} `sketch` is the reader's
 *   drawing (drawing.js); `cancel` drops a file that is still being read.
 */
export function imagePanel({ model, edit, say }) {
  const gallery = unpackGallery(model.get("gallery"), toTyped(model.get("gallery_pixels")));
  const choose = (source, { values, rows, columns }) => {
    files.cancel();
    const changes = { source, image: fromTyped(values, [rows, columns]) };
    const position = model.get("position");
    if (position) {
      // The window stays at the same part of an image that has another size.
      const [oldRows, oldColumns] = model.get("image").shape;
      const [row, column] = position;
      changes.position = [
        Math.floor((row / oldRows) * rows),
        Math.floor((column / oldColumns) * columns),
      ];
    }
    edit(changes);
  };

  const sketch = drawing(() =>
    choose(DRAWING, { values: sketch.pixels, rows: DRAWING_SIZE, columns: DRAWING_SIZE }),
  );
  // A notebook that is opened again brings the drawing back.
  const before = model.get("source") === DRAWING && toBrightness(model.get("image"));
  if (before && before.length === sketch.pixels.length) sketch.pixels.set(before);
  let file = null;
  let array = null;

  const files = latestFile((chosen) => readImage(chosen, 256), {
    onRead(image, { name }) {
      file = image;
      say("");
      strip.put(FILE, { image: file, title: `Your file: ${name}` });
      choose(FILE, file);
    },
    onError: say,
  });
  const strip = thumbnails({
    legend: "Image",
    onChoose: (name) => {
      say("");
      if (name === DRAWING) {
        choose(name, { values: sketch.pixels, rows: DRAWING_SIZE, columns: DRAWING_SIZE });
      } else if (name === FILE) choose(name, file);
      else if (name === ARRAY) choose(name, array);
      else
        choose(
          name,
          gallery.find((image) => image.name === name),
        );
    },
  });
  for (const image of gallery) strip.put(image.name, { image });
  strip.put(DRAWING, { path: PEN, title: "Draw your own" });

  const upload = filePicker({ onFile: files.open, kind: "lu-upload" });
  strip.element.querySelector(".lu-thumbs").append(upload.button);
  const [title, note] = [h("span", { class: "lu-title" }), h("span", { class: "lu-label" })];
  const caption = h("p", { class: "lu-image-name" }, title, note);
  const element = h("div", { class: "lu-images" }, strip.element, caption, upload.input);

  return {
    element,
    sketch,
    open: files.open,
    cancel: files.cancel,
    /** The image on screen as an entry of the gallery, for the Python code. */
    current() {
      const source = model.get("source");
      return gallery.find(({ name }) => name === source) ?? { name: source, group: "" };
    },
    update() {
      const source = model.get("source");
      if (source === ARRAY) {
        const image = model.get("image");
        const [rows, columns] = image.shape;
        array = { values: toBrightness(image), rows, columns };
        strip.put(ARRAY, { image: array, title: "Your array" });
      }
      if (source === FILE && !file) {
        const image = model.get("image");
        const [rows, columns] = image.shape;
        file = { values: toBrightness(image), rows, columns };
        strip.put(FILE, { image: file, title: "Your file" });
      }
      strip.set(source);
      const { name, group } = this.current();
      const hint = source === DRAWING ? "draw on the input" : group;
      setText(title, name[0].toUpperCase() + name.slice(1));
      setText(note, hint && ` ${hint}`);
    },
  };
}

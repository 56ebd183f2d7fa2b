/** The pictures to choose from: the gallery, the reader's drawing, the reader's file. */

import { fromTyped, toBrightness, toTyped } from "../math/arrays.js";
import { button } from "./controls.js";
import { h } from "./dom.js";
import { readImage } from "./files.js";
import { thumbnails, unpackGallery } from "./gallery.js";
import { DRAWING_SIZE, drawing } from "./drawing.js";

export const DRAWING = "your drawing";
export const FILE = "your file";
const ARRAY = "your array";
const PEN = "M4 20l1-4L16 5l3 3L8 19z";
const FOLDER = "M12 16V5M7 9l5-5 5 5M4 16v4h16v-4";

/**
 * @param {{model: object, edit: (changes: object) => void, say: (text: string) => void}} options
 */
export function imagePanel({ model, edit, say }) {
  const gallery = unpackGallery(model.get("gallery"), toTyped(model.get("gallery_pixels")));
  const choose = (source, { values, rows, columns }) => {
    const [oldRows, oldColumns] = model.get("image").shape;
    const [row, column] = model.get("position");
    // The window stays at the same part of a picture that has another size.
    const position = [Math.floor((row / oldRows) * rows), Math.floor((column / oldColumns) * columns)];
    edit({ source, image: fromTyped(values, [rows, columns]), position });
  };

  const sketch = drawing(() =>
    choose(DRAWING, { values: sketch.pixels, rows: DRAWING_SIZE, columns: DRAWING_SIZE }),
  );
  let file = null;
  let array = null;

  async function open(chosen) {
    if (!chosen) return;
    try {
      file = await readImage(chosen, 256);
    } catch (error) {
      say(error.message);
      return;
    }
    say("");
    strip.put(FILE, { picture: file, title: `Your file: ${chosen.name}` });
    choose(FILE, file);
  }
  const strip = thumbnails({
    legend: "Image",
    onChoose: (name) => {
      say("");
      if (name === DRAWING) {
        choose(name, { values: sketch.pixels, rows: DRAWING_SIZE, columns: DRAWING_SIZE });
      } else if (name === FILE) choose(name, file);
      else if (name === ARRAY) choose(name, array);
      else choose(name, gallery.find((picture) => picture.name === name));
    },
  });
  for (const picture of gallery) strip.put(picture.name, { picture });
  strip.put(DRAWING, { path: PEN, title: "Draw your own" });

  const input = h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": "Image file" });
  input.addEventListener("change", () => {
    open(input.files[0]);
    input.value = ""; // The same file can be chosen again.
  });
  const upload = button({
    path: FOLDER,
    kind: "lu-upload",
    title: "Open an image file (it stays in your browser)",
    onClick: () => input.click(),
  });
  strip.element.querySelector(".lu-thumbs").append(upload);
  const caption = h("p", { class: "lu-picture-name" });
  const element = h("div", { class: "lu-pictures" }, strip.element, caption, input);

  return {
    element,
    sketch,
    open,
    /** The picture on screen as an entry of the gallery, for the Python code. */
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
        strip.put(ARRAY, { picture: array, title: "Your array" });
      }
      strip.set(source);
      const { name, group } = this.current();
      const hint = source === DRAWING ? "draw on the input" : group;
      caption.replaceChildren(h("span", { class: "lu-title" }, name[0].toUpperCase() + name.slice(1)));
      if (hint) caption.append(h("span", { class: "lu-label" }, ` ${hint}`));
    },
  };
}

/** The image under the pointer, large, and its nearest neighbors in all dimensions. */

/** @import { Sheet } from "./sheet.js" */
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { company, verdict } from "./text.js";

const LARGE = 144;
const SMALL = 48;

/**
 * A thumbnail of its own canvas, for screens of two pixels per pixel.
 * @param {Record<string, any>} sheet
 * @param {number} side
 * @returns {{canvas: HTMLCanvasElement, show: (image: number) => boolean}}
 */
export function thumb(sheet, side) {
  const canvas = h("canvas", { width: 2 * side, height: 2 * side, "aria-hidden": "true" });
  canvas.style.width = canvas.style.height = `${side}px`;
  const context = canvas.getContext("2d");
  return { canvas, show: (image) => sheet.paint(context, image, 0, 0, 2 * side) };
}

/**
 * @param {{sheet: Sheet, count: number, onChoose: (image: number) => void}} options `count` is that
 *   of the neighbors.
 */
export function detailPanel({ sheet, count, onChoose }) {
  const large = thumb(sheet, LARGE);
  const name = h("p", { class: "lu-title" });
  const what = h("p");
  const sentence = h("p", { class: "lu-label" });
  const others = Array.from({ length: count }, () => {
    const image = thumb(sheet, SMALL);
    const label = h("span");
    const button = h(
      "button",
      {
        type: "button",
        class: "lu-button map-other",
        onclick: () => onChoose(Number(button.dataset.image)),
      },
      sheet.there && image.canvas,
      label,
    );
    return { button, label, show: image.show };
  });
  const element = h(
    "div",
    // A group and no landmark: a page may have several maps, and landmarks need names of their own.
    { class: "map-detail", role: "group", "aria-label": "Image" },
    sheet.there && large.canvas,
    h("div", {}, name, what, sentence),
    h("div", { class: "map-others" }, ...others.map(({ button }) => button)),
  );
  const changed = changeDetector();
  return {
    element,
    update({ image, names, label, predicted, classes, labels, neighbors, ready, stage }) {
      if (!changed(image, predicted, ready, stage)) return;
      large.show(image);
      setText(name, names[image]);
      setText(what, verdict({ label, predicted, classes }));
      what.classList.toggle("wrong", predicted < classes.length && predicted !== label);
      const near = company(neighbors, labels, label);
      setText(sentence, `Stage “${stage}”${near && `: ${near}`}.`);
      neighbors.forEach((other, i) => {
        const { button, label: text, show } = others[i];
        button.dataset.image = other;
        button.classList.toggle("other-class", labels[other] !== label);
        button.setAttribute("aria-label", `Neighbor ${i + 1}: ${names[other]}`);
        setText(text, sheet.there ? classes[labels[other]] : names[other]);
        show(other);
      });
    },
  };
}

/** One output pixel, worked out: patch × kernel, number by number, and the sum of the products. */

import { grayScale, raster, signedScale } from "../_shared/ui/canvas.js";
import { grayColor, signedColor } from "../_shared/ui/color.js";
import { h, setColor, setText } from "../_shared/ui/dom.js";
import { maxMagnitude, patchAt } from "../_shared/math/image.js";
import { format, formatCell } from "../_shared/math/numbers.js";

/** Kernels up to this size show all their numbers; larger ones show colored cells. */
const MOST_NUMBERS = 5;

/** A small array as a table of numbers, or as an image when it is large. */
function smallArray(name) {
  const table = h("table", { class: "lab-numbers" }, h("caption", {}, name));
  const image = h("canvas", { class: "lab-image", role: "img", "aria-label": name });
  const caption = h("span", { class: "lab-caption" }, name);
  const element = h("div", { class: "lab-term" }, table, caption, image);
  const paint = raster(image);
  let cells = [];
  let shape = "";

  function update(values, rows, columns, color, scale) {
    const small = Math.max(rows, columns) <= MOST_NUMBERS;
    table.hidden = !small;
    image.hidden = caption.hidden = small;
    if (!small) {
      paint(values, rows, columns, scale);
      image.style.aspectRatio = `${columns} / ${rows}`;
      return;
    }
    if (shape !== `${rows}x${columns}`) {
      shape = `${rows}x${columns}`;
      cells = Array.from(values, () => h("td"));
      const body = h("tbody");
      for (let i = 0; i < rows; i += 1)
        body.append(h("tr", {}, ...cells.slice(i * columns, (i + 1) * columns)));
      table.replaceChildren(table.caption, body);
      table.style.setProperty("--size", String(Math.max(rows, columns)));
    }
    cells.forEach((cell, i) => {
      setText(cell, formatCell(values[i]));
      setColor(cell, color(values[i]));
    });
  }
  return { element, update };
}

/** @returns {{element: HTMLElement, update: (lab: Record<string, any>, row: number, column: number,
 *   limit: number, dark: boolean) => void}} */
export function arithmetic() {
  const patch = smallArray("Patch of the image");
  const kernel = smallArray("Kernel");
  const products = smallArray("Products");
  const value = h("output", { class: "lab-value" });
  const name = h("span", { class: "lab-value-name" });
  const operator = (sign) => h("span", { class: "lab-operator", "aria-hidden": "true" }, sign);
  const result = h(
    "div",
    { class: "lab-result" },
    h("span", { class: "lab-caption" }, "Sum"),
    value,
    name,
  );
  const element = h(
    "div",
    { class: "lab-arithmetic", role: "group", "aria-label": "The computation under the window" },
    h("div", { class: "lab-factors" }, patch.element, operator("×"), kernel.element),
    h("div", { class: "lab-factors" }, operator("="), products.element, operator("→"), result),
  );

  function update(lab, row, column, limit, dark) {
    const { pixels, h: rows, w: columns, weights, kh, kw, layer } = lab;
    const { stride, padding, dilation } = layer;
    const [top, left] = [row * stride - padding, column * stride - padding];
    const values = patchAt(pixels, rows, columns, top, left, kh, kw, dilation);
    const strongest = maxMagnitude(weights) || 1;
    const signed = (number) => signedColor(number, strongest, dark);
    const scale = signedScale(strongest, dark);
    patch.update(values, kh, kw, grayColor, grayScale());
    kernel.update(weights, kh, kw, signed, scale);
    // Pixels go from 0 to 1, so a product is never stronger than its weight: one scale fits both.
    products.update(
      weights.map((weight, i) => weight * values[i]),
      kh,
      kw,
      signed,
      scale,
    );
    const sum = lab.output[row * lab.columns + column];
    setText(value, format(sum));
    setColor(value, signedColor(sum, limit, dark));
    setText(name, `output[${row}, ${column}]`);
  }
  return { element, update };
}

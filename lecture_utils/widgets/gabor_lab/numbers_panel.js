/** The numbers behind the images, as text: one pixel, the whole response, the kernel. */

import { h, setText } from "../_shared/ui/dom.js";
import { precise } from "../_shared/math/numbers.js";

/**
 * A complex number as "0.25 − 0.1i"; a real one without its zero.
 * @param {number} re
 * @param {number} im
 * @returns {string}
 */
export function complex(re, im) {
  if (Math.abs(im) < 1e-12) return precise(re);
  return `${precise(re)} ${im < 0 ? "\u2212" : "+"} ${precise(Math.abs(im))}i`;
}

/**
 * @returns {{element: HTMLElement, update: (lab: *, row: *, column: *) => void}}
 */
export function numbersPanel() {
  const fields = {};
  const field = (key, name) => {
    fields[key] = h("dd", { "data-number": key });
    return h("div", {}, h("dt", {}, name), fields[key]);
  };
  const place = h("p", { class: "lu-title" });
  const part = (title, ...rows) => h("div", { class: "gabor-facts" }, title, h("dl", {}, ...rows));
  const title = (text) => h("p", { class: "lu-title" }, text);
  const element = h(
    "div",
    { class: "gabor-numbers", role: "group", "aria-label": "Numbers" },
    part(
      place,
      field("value", "Response"),
      field("magnitude", "Magnitude"),
      field("phase", "Phase"),
    ),
    part(
      title("Whole response"),
      field("energy", "Energy, mean |r|²"),
      field("largest", "Largest |r|"),
    ),
    part(title("Kernel"), field("size", "Size"), field("sum", "Sum")),
  );
  const put = (key, text) => {
    setText(fields[key], text);
  };

  function update(lab, row, column) {
    const [re, im] = [lab.re[row * lab.w + column], lab.im[row * lab.w + column]];
    const phase = Math.atan2(im, re);
    setText(place, `At row ${row}, column ${column}`);
    put("value", complex(re, im));
    put("magnitude", precise(Math.hypot(re, im)));
    put("phase", `${precise(phase)} rad`);
    put("energy", precise(lab.energy));
    put("largest", precise(lab.largest));
    put("size", `${lab.kernel.height}×${lab.kernel.width}`);
    put("sum", complex(lab.sum[0], lab.sum[1]));
  }
  return { element, update };
}

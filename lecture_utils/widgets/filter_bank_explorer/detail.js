/** One cell of the matrix, enlarged: kernel, image, response, and what is measured. */

import { grayScale, raster, sequentialScale, signedScale } from "../_shared/ui/canvas.js";
import { button } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { format, precise } from "../_shared/math/numbers.js";
import { degrees } from "./banks.js";

function view(kind = "") {
  const canvas = h("canvas", { role: "img" });
  const text = h("figcaption");
  const paint = raster(canvas);
  return {
    element: h("figure", { class: `bank-view ${kind}` }, canvas, text),
    draw(values, rows, columns, scale, name) {
      paint(values, rows, columns, scale);
      canvas.style.aspectRatio = `${columns} / ${rows}`;
      canvas.classList.toggle("smooth", columns > 150);
      canvas.setAttribute("aria-label", name);
      text.textContent = name;
    },
  };
}

/** What became of a filter, as a sentence. */
function verdict({ filters, measured, judged }, i, weakBelow, redundantAbove) {
  const { marks, redundancy, like } = judged;
  const top = Math.max(...measured.energies);
  if (marks[i] === "weak") {
    if (!measured.energies[i]) return "Weak: it does not respond to these images at all.";
    const part = precise((100 * measured.energies[i]) / top, 3);
    return `Weak: ${part}% of the strongest filter's energy, below ${format(100 * weakBelow)}%.`;
  }
  if (like[i] < 0)
    return judged.ranking[0] === i
      ? "Kept: the strongest filter."
      : "Kept: it resembles no stronger filter.";
  const partner = `r ${redundancy[i].toFixed(2)} with ${filters[like[i]].name}, which is stronger`;
  if (marks[i] === "redundant")
    return `Redundant: ${partner}; the limit is ${format(redundantAbove)}.`;
  return `Kept: of all stronger filters that are kept, ${filters[like[i]].name} is the most similar (r ${redundancy[i].toFixed(2)}).`;
}

/**
 * @param {{onOpen: () => void}} options
 * @returns {{element: HTMLElement, update: (state: Record<string, any>, at: {filter: number,
 *   image: number}, settings: Record<string, any>) => void}}
 */
export function detail({ onOpen }) {
  const views = {
    re: view("kernel"),
    im: view("kernel"),
    image: view(),
    response: view(),
  };
  const title = h("p", { class: "lu-title" });
  const about = h("p", { class: "lu-label" });
  const facts = Array.from({ length: 3 }, () => [h("dt"), h("dd")]);
  const sentence = h("p");
  const open = button({ label: "Open", kind: "small", onClick: onOpen });
  const element = h(
    "div",
    { class: "bank-detail", role: "group", "aria-label": "Enlarged" },
    h("div", { class: "bank-views" }, ...Object.values(views).map((entry) => entry.element)),
    h(
      "div",
      { class: "bank-facts" },
      title,
      about,
      h("dl", {}, ...facts.map((pair) => h("div", {}, ...pair))),
      sentence,
      open,
    ),
  );

  function drawViews({ rows, columns, re, im }, image, map, limit, dark) {
    const scale = signedScale(Math.max(maxMagnitude(re), im ? maxMagnitude(im) : 0) || 1, dark);
    views.re.draw(re, rows, columns, scale, im ? "Kernel, real part" : "Kernel");
    views.im.element.hidden = !im;
    if (im) views.im.draw(im, rows, columns, scale, "Imaginary part");
    views.image.draw(image.values, image.rows, image.columns, grayScale(), image.name);
    const range = sequentialScale(limit || 1, dark);
    views.response.draw(map, image.rows, image.columns, range, "Magnitude");
  }

  const newViews = changeDetector();
  function update(
    state,
    { filter: i, image: k },
    { weakBelow, redundantAbove, limits, dark, opened, label },
  ) {
    const { filters, measured } = state;
    const { name, rows, columns, gabor } = filters[i];
    const [image, response] = [state.images[k], state.responses[k]];
    const shown = [filters[i], image, response.maps[i], limits[i], dark];
    if (newViews(...shown)) drawViews(...shown);
    setText(title, name);
    const parameters = gabor
      ? `frequency ${format(gabor.frequency, 3)}, θ ${degrees(gabor.theta)}, σ ${format(gabor.sigma)}, `
      : "";
    setText(about, `${parameters}${rows}×${columns} weights`);
    const n = filters.length;
    const rank = state.judged.ranking.indexOf(i) + 1;
    const numbers = [
      [`Energy on ${image.name}`, precise(response.products[i * n + i] / response.pixels, 3)],
      ["Largest magnitude there", precise(response.largest[i], 3)],
      ["Energy on all images", `${precise(measured.energies[i], 3)}, rank ${rank} of ${n}`],
    ];
    numbers.forEach((pair, row) => {
      pair.forEach((text, column) => setText(facts[row][column], text));
    });
    setText(sentence, verdict(state, i, weakBelow, redundantAbove));
    setText(open.querySelector("span"), label);
    element.classList.toggle("opened", opened);
  }
  return { element, update };
}

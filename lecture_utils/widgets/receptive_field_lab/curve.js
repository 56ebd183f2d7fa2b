/** How the receptive field grows from layer to layer, as a curve. */

import { h, svg } from "../_shared/ui/dom.js";

const SIZE = { width: 320, height: 190, left: 40, right: 10, top: 12, bottom: 30 };

/** @returns {{element: HTMLElement, draw: (sizes: number[], logarithmic: boolean) => void}} */
export function growthCurve() {
  const grid = svg("path", { class: "field-grid" });
  const line = svg("path", { class: "field-line" });
  const dots = svg("path", { class: "field-dots" });
  const labels = svg("g", { class: "field-labels" });
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, "aria-hidden": "true" },
    grid,
    line,
    dots,
    labels,
  );
  const element = h("div", { class: "field-curve" }, drawing);

  function draw(sizes, logarithmic) {
    const most = sizes.at(-1);
    const last = sizes.length - 1;
    const scale = logarithmic ? Math.log : (value) => value - 1;
    const x = (i) => SIZE.left + ((SIZE.width - SIZE.left - SIZE.right) * i) / last;
    const floor = SIZE.height - SIZE.bottom;
    const y = (value) => floor - ((floor - SIZE.top) * scale(value)) / (scale(most) || 1);
    const points = sizes.map((size, i) => `${x(i).toFixed(1)} ${y(size).toFixed(1)}`);
    line.setAttribute("d", `M${points.join("L")}`);
    dots.setAttribute("d", points.map((point) => `M${point}h0`).join(""));
    const ticks = logarithmic ? powers(most) : steps(most);
    grid.setAttribute(
      "d",
      ticks.map((tick) => `M${SIZE.left} ${y(tick)}H${SIZE.width - SIZE.right}`).join(""),
    );
    const every = Math.ceil(last / 8);
    const numbers = Array.from({ length: last + 1 }, (_, i) => i).filter((i) => i % every === 0);
    labels.replaceChildren(
      ...ticks.map((tick) =>
        svg("text", { x: SIZE.left - 6, y: y(tick) + 4, "text-anchor": "end" }, tick),
      ),
      ...numbers.map((i) => svg("text", { x: x(i), y: floor + 16, "text-anchor": "middle" }, i)),
      svg(
        "text",
        { x: SIZE.width - SIZE.right, y: SIZE.height - 1, "text-anchor": "end" },
        "layers",
      ),
    );
  }
  return { element, draw };
}

function powers(most) {
  const base = most > 64 ? 4 : 2;
  const found = [1];
  while (found.at(-1) * base <= most) found.push(found.at(-1) * base);
  return found;
}

function steps(most) {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough),
  );
  const found = [1];
  for (let tick = step; tick <= most; tick += step) if (tick > 1) found.push(tick);
  return found;
}

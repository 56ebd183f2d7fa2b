/** All feature maps of one layer, side by side on one canvas. */

/** @import { Layer } from "../_shared/nn/network.js" */
import { raster, sequentialScale, signedScale } from "../_shared/ui/canvas.js";
import { h, setText, svg } from "../_shared/ui/dom.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { format } from "../_shared/math/numbers.js";

/** Canvas pixels of a row of maps, and of one map with the gap around it. */
const WIDTH = 448;
const MAP = 28;
const GAP = 2;

/**
 * How so many maps of that size are laid out: columns, pixels per cell, pixels per value.
 * @param {{channels: number, rows: number, columns: number}} layer
 * @returns {{across: number, cell: number, gap: number, scale: number, down: number}}
 */
export function layout({ channels, rows, columns }) {
  const single = rows * columns === 1;
  // Layers of single numbers get small squares if there are many, and large ones if there are few.
  const cell = !single ? MAP : channels <= 16 ? MAP : channels <= 128 ? MAP / 2 : MAP / 4;
  const gap = cell === MAP / 4 ? 1 : GAP;
  const scale = Math.max(1, Math.floor((cell - gap) / Math.max(rows, columns)));
  const across = Math.min(channels, WIDTH / cell);
  return { across, cell, gap, scale, down: Math.ceil(channels / across) };
}

/**
 * @param {{layer: Layer, title: string, note: string,
 *   onPoint: (unit: number[]|null, chosen: boolean) => void}} options `onPoint` gets map, row and
 *   column under the pointer, or null when it leaves; `chosen` says whether it was pressed.
 * @returns {{element: HTMLElement, draw(dark: *): void, mark(unit: *, window: *): void}}
 */
export function layerMaps({ layer, title, note, onPoint }) {
  const { across, cell, gap, scale, down } = layout(layer);
  const { channels, rows, columns, stride } = layer;
  const [width, height] = [across * cell, down * cell];
  const canvas = h("canvas", { "aria-hidden": "true" });
  const paint = raster(canvas);
  const [gaps, read, halo, chosen] = ["gaps", "read", "halo", "window"].map((name) =>
    svg("path", { class: name }),
  );
  const overlay = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    gaps,
    read,
    halo,
    chosen,
  );
  const field = h(
    "div",
    {
      class: "digit-maps",
      style: `width: ${(100 * width) / WIDTH}%; aspect-ratio: ${width} / ${height}`,
    },
    canvas,
    overlay,
  );
  const limits = h("span", { class: "lu-label digit-limits" });
  const head = h(
    "p",
    { class: "digit-layer-head" },
    h("span", { class: "lu-title" }, title),
    " ",
    h("span", { class: "lu-label" }, note),
    limits,
  );
  const element = h("div", { class: "digit-layer" }, head, field);

  /** For every canvas pixel the index of its value, or -1 between the maps. */
  const places = new Int32Array(width * height).fill(-1);
  for (let c = 0; c < channels; c += 1) {
    const [top, left] = corner(c);
    for (let y = 0; y < rows * scale; y += 1) {
      for (let x = 0; x < columns * scale; x += 1) {
        places[(top + y) * width + left + x] =
          (Math.floor(y / scale) * columns + Math.floor(x / scale)) * stride + c;
      }
    }
  }
  const image = new Float32Array(width * height);
  // The gaps have the color of the page, so that maps of nothing but zeros can be told apart.
  const lines = [];
  for (let x = cell; x <= width; x += cell) lines.push(`M${x - gap / 2} 0v${height}`);
  for (let y = cell; y <= height; y += cell) lines.push(`M0 ${y - gap / 2}h${width}`);
  gaps.setAttribute("d", lines.join(""));
  gaps.setAttribute("stroke-width", String(gap));

  function corner(channel) {
    return [Math.floor(channel / across) * cell, (channel % across) * cell];
  }
  function unitAt(event) {
    const box = field.getBoundingClientRect();
    const y = ((event.clientY - box.top) / box.height) * height;
    const x = ((event.clientX - box.left) / box.width) * width;
    const channel = Math.floor(y / cell) * across + Math.floor(x / cell);
    if (!(channel >= 0 && channel < channels && x >= 0 && x < width)) return null;
    const inside = (place, length) => Math.min(length - 1, Math.floor((place % cell) / scale));
    return [channel, inside(y, rows), inside(x, columns)];
  }
  field.addEventListener("pointermove", (event) => {
    const unit = event.pointerType === "touch" ? null : unitAt(event);
    if (unit) onPoint(unit, false);
  });
  field.addEventListener("pointerleave", () => onPoint(null, false));
  // A click knows its place in whole pixels only, and a unit may be as small as that: what was
  // framed under the pointer is kept.
  let released = null;
  field.addEventListener("pointerup", (event) => {
    released = unitAt(event);
  });
  field.addEventListener("click", () => {
    if (released) onPoint(released, true);
  });

  const box = (top, left, tall, wide) => `M${left} ${top}h${wide}v${tall}h${-wide}z`;
  const show = (path, d) => path.getAttribute("d") !== d && path.setAttribute("d", d);

  return {
    element,
    draw(dark) {
      const { data } = layer;
      const limit = maxMagnitude(data) || 1;
      let lowest = 0;
      for (let i = 0; i < data.length; i += 1) if (data[i] < lowest) lowest = data[i];
      const signs = lowest < 0;
      for (let i = 0; i < image.length; i += 1) image[i] = places[i] < 0 ? 0 : data[places[i]];
      paint(image, height, width, signs ? signedScale(limit, dark) : sequentialScale(limit, dark));
      setText(limits, signs ? `±${format(limit)}` : `0 to ${format(limit)}`);
    },
    /** Frame one value of this layer, and what the unit that is explained has read from it. */
    mark(unit, window) {
      const [top, left] = unit ? corner(unit[0]) : [0, 0];
      const frame = unit ? box(top + unit[1] * scale, left + unit[2] * scale, scale, scale) : "";
      const around = unit ? box(top - 1, left - 1, rows * scale + 2, columns * scale + 2) : "";
      show(chosen, frame + around);
      show(halo, around);
      let windows = "";
      for (const c of window?.channels ?? []) {
        const [y, x] = corner(c);
        const first = [Math.max(0, window.top), Math.max(0, window.left)];
        const tall = Math.min(rows, window.top + window.rows) - first[0];
        const wide = Math.min(columns, window.left + window.columns) - first[1];
        windows += box(y + first[0] * scale, x + first[1] * scale, tall * scale, wide * scale);
      }
      show(read, windows);
    },
  };
}

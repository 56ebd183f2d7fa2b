/** ConvolutionSteps: a few kernels walk over one image, and their outputs grow. See __init__.py. */

import { toTyped } from "../_shared/math/arrays.js";
import { grayScale, signedLegend, signedScale } from "../_shared/ui/canvas.js";
import { signedColor } from "../_shared/ui/color.js";
import { slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h } from "../_shared/ui/dom.js";
import { changeDetector, oncePerFrame } from "../_shared/ui/frame.js";
import { thumbnails, unpackGallery } from "../_shared/ui/gallery.js";
import { correlate2d, maxMagnitude, outputSize } from "../_shared/math/image.js";
import { editor, watch } from "../_shared/ui/model.js";
import { clamp, format } from "../_shared/math/numbers.js";
import { moveByKey, plane } from "../_shared/ui/plane.js";
import { scanner } from "../_shared/ui/scan.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { stepsCode } from "./steps_code.js";

/** A kernel to look at: colored cells with their numbers. */
function kernelTable({ name, kernel }) {
  const limit = maxMagnitude(kernel.flat()) || 1;
  const cells = [];
  const rows = kernel.map((row) =>
    h("tr", {}, ...row.map((weight) => {
      const cell = h("td", {}, format(weight));
      cells.push([cell, weight]);
      return cell;
    })),
  );
  const caption = h("caption", { class: "lu-visually-hidden" }, `Kernel ${name}`);
  const element = h("table", { class: "steps-kernel" }, caption, h("tbody", {}, ...rows));
  const update = (dark) => {
    for (const [cell, weight] of cells) {
      const { background, ink } = signedColor(weight, limit, dark);
      cell.style.background = background;
      cell.style.color = ink;
    }
  };
  return { element, update };
}

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const edit = editor(model, signal);
  const request = oncePerFrame(draw, signal);
  watch(model, ["source", "position"], request, signal);

  const gallery = unpackGallery(model.get("gallery"), toTyped(model.get("gallery_pixels")));
  const kernels = model.get("kernels");
  const [kh, kw] = [kernels[0].kernel.length, kernels[0].kernel[0].length];
  const picture = () => gallery.find(({ name }) => name === model.get("source"));
  const size = () => [outputSize(picture().rows, kh), outputSize(picture().columns, kw)];

  let visit = null; // Where the pointer or the animation is, as long as it has not settled.
  let band = 1;
  const position = () => {
    const [rows, columns] = size();
    const [row, column] = visit ?? model.get("position");
    return [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)];
  };
  const settle = (to) => {
    visit = null;
    band = 1;
    edit({ position: to });
    request();
  };
  const onKey = (event) => {
    const to = moveByKey(event, position(), ...size());
    if (!to) return;
    event.preventDefault();
    play.stop();
    settle(to);
  };
  const pointer = (offset) => ({ row, column, phase }) => {
    if (phase === "down") play.stop();
    if (play.running || phase === "up") return;
    const [rows, columns] = size();
    const to = [
      clamp(Math.floor(row - offset[0]), 0, rows - 1),
      clamp(Math.floor(column - offset[1]), 0, columns - 1),
    ];
    band = 1;
    visit = phase === "hover" ? to : null;
    if (phase === "down" || phase === "drag") settle(to);
    request();
  };

  // ---- Image, and one column per kernel
  const strip = thumbnails({
    legend: "Image",
    onChoose: (source) => {
      const [rows, columns] = size();
      const [row, column] = position();
      edit({ source });
      // The same part of the new picture, which may have another size.
      const [newRows, newColumns] = size();
      settle([
        Math.floor((row / rows) * newRows),
        Math.min(Math.floor((column / columns) * newColumns), newColumns - 1),
      ]);
    },
  });
  for (const entry of gallery) strip.put(entry.name, { picture: entry });
  const input = plane({ label: "Image", signal, onKey, onPoint: pointer([(kh - 1) / 2, (kw - 1) / 2]) });
  const place = h("p", { class: "lu-label steps-below" });
  const columns = kernels.map((entry) => {
    const table = kernelTable(entry);
    const output = plane({ label: `Output of ${entry.name}`, signal, onKey, onPoint: pointer([0, 0]) });
    const legend = signedLegend();
    const value = h("span", { class: "steps-value" });
    const title = entry.name[0].toUpperCase() + entry.name.slice(1);
    const element = h(
      "div",
      { class: "steps-column" },
      h("p", { class: "lu-title" }, title),
      h("div", { class: "steps-top" }, table.element),
      output.element,
      h("div", { class: "steps-below" }, legend.element, value),
    );
    const weights = Float64Array.from(entry.kernel.flat());
    return { entry, weights, table, output, legend, value, element, result: null };
  });

  // ---- Settings
  const play = scanner({
    size,
    from: position,
    onStep: (row, column, rows) => {
      visit = [row, column];
      band = rows;
      request();
    },
    onEnd: (finished) => settle(finished ? size().map((length) => length - 1) : position()),
    signal,
  });
  const progress = slider({
    label: "Row",
    min: 0,
    max: size()[0] - 1,
    value: 0,
    onInput: (row) => {
      play.stop();
      settle([row, size()[1] - 1]);
    },
  });
  const copy = copyButton({ code: () => stepsCode(picture(), kernels), signal });
  const live = announcer(signal);
  const root = h(
    "div",
    { class: "lu-demo lu-convolution-steps", role: "group", "aria-label": "Convolution, step by step" },
    h(
      "div",
      { class: "steps-columns" },
      h(
        "div",
        { class: "steps-column" },
        h("p", { class: "lu-title" }, "Image"),
        h("div", { class: "steps-top" }, strip.element),
        input.element,
        place,
      ),
      ...columns.map(({ element }) => element),
    ),
    h("div", { class: "steps-settings" }, play.button, progress.element, copy.button),
    copy.panel,
    live.element,
  );

  let computed = null;
  function compute() {
    const { name, values, rows, columns: across } = picture();
    if (computed === name) return;
    for (const column of columns) {
      column.result = correlate2d(values, rows, across, column.weights, kh, kw);
      column.limit = maxMagnitude(column.result) || 1;
    }
    computed = name;
  }

  function draw() {
    compute();
    const shown = picture();
    const fresh = changed(shown, dark);
    const [rows, across] = size();
    const [row, column] = position();
    strip.set(shown.name);
    if (fresh) input.draw(shown.values, shown.rows, shown.columns, grayScale());
    input.mark({ top: row, left: column, rows: kh, columns: kw });
    place.textContent = `Window at row ${row}, column ${column}`;
    const values = columns.map(({ entry, table, output, legend, value, result, limit }) => {
      const number = result[row * across + column];
      const { background, ink } = signedColor(number, limit, dark);
      if (fresh) {
        table.update(dark);
        output.draw(result, rows, across, signedScale(limit, dark));
      }
      output.mark({ top: row, left: column, rows: 1, columns: 1 });
      output.reveal(row, column + 1, band);
      legend.update(limit, dark, number);
      value.textContent = format(number);
      value.style.background = background;
      value.style.color = ink;
      return `${entry.name} ${format(number)}`;
    });
    progress.set(row, rows - 1);
    Object.assign(root.dataset, { row, column, rows, columns: across });
    if (!play.running) live.say(`Row ${row}, column ${column}: ${values.join(", ")}.`);
  }

  const changed = changeDetector();
  let dark = false;
  const followTheme = () => {
    dark = isDark(root);
    request();
  };
  onThemeChange(followTheme, signal);

  el.append(root);
  followTheme();
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };

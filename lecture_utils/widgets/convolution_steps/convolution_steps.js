/** ConvolutionSteps: a few kernels walk over one image, and their outputs grow. See __init__.py. */

import { toTyped } from "../_shared/math/arrays.js";
import { correlate2d, maxMagnitude, outputSize } from "../_shared/math/image.js";
import { format } from "../_shared/math/numbers.js";
import { grayScale, signedScale } from "../_shared/ui/canvas.js";
import { signedColor } from "../_shared/ui/color.js";
import { slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setColor, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { thumbnails, unpackGallery } from "../_shared/ui/gallery.js";
import { signedLegend } from "../_shared/ui/legend.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { plane } from "../_shared/ui/plane.js";
import { kernelTable } from "./kernel_table.js";
import { pythonCode } from "./python_code.js";
import { walkingWindow } from "./walk.js";

/** One kernel and its output. */
function kernelColumn(entry, { signal, walk }) {
  const { name, kernel } = entry;
  const weights = Float64Array.from(kernel.flat());
  const table = kernelTable(entry);
  const output = plane({
    label: `Output of ${name}`,
    signal,
    onKey: walk.onKey,
    onPoint: walk.onPoint([0, 0]),
  });
  const legend = signedLegend();
  const value = h("span", { class: "steps-value" });
  const element = h(
    "div",
    { class: "steps-column" },
    h("p", { class: "lu-title" }, name[0].toUpperCase() + name.slice(1)),
    h("div", { class: "steps-top" }, table.element),
    output.element,
    h("div", { class: "steps-below" }, legend.element, value),
  );
  const newImage = changeDetector();
  const newPaint = changeDetector();
  let result = null;
  let limit = 1;
  /** @returns {string} The output at the window, as a sentence tells it. */
  function draw(image, [row, column], band, dark) {
    const [rows, columns] = [
      outputSize(image.rows, kernel.length),
      outputSize(image.columns, kernel[0].length),
    ];
    if (newImage(image)) {
      result = correlate2d(
        image.values,
        image.rows,
        image.columns,
        weights,
        kernel.length,
        kernel[0].length,
      );
      limit = maxMagnitude(result) || 1;
    }
    if (newPaint(image, dark)) {
      table.update(dark);
      output.draw(result, rows, columns, signedScale(limit, dark));
    }
    output.mark({ top: row, left: column, rows: 1, columns: 1 });
    output.reveal(row, column + 1, band);
    const number = result[row * columns + column];
    legend.update(limit, dark, number);
    setText(value, format(number));
    setColor(value, signedColor(number, limit, dark));
    return `${name} ${format(number)}`;
  }
  return { element, draw };
}

function build(demo) {
  const { model, root, edit, signal } = demo;
  demo.watch(["source", "position"]);
  const gallery = unpackGallery(model.get("gallery"), toTyped(model.get("gallery_pixels")));
  const kernels = model.get("kernels");
  const [kh, kw] = [kernels[0].kernel.length, kernels[0].kernel[0].length];
  const image = () => gallery.find(({ name }) => name === model.get("source"));
  const size = () => [outputSize(image().rows, kh), outputSize(image().columns, kw)];
  const walk = walkingWindow(demo, size);

  const strip = thumbnails({
    legend: "Image",
    onChoose: (source) => {
      const [rows, columns] = size();
      const [row, column] = walk.position();
      edit({ source });
      // The same part of the new image, which may have another size.
      const [newRows, newColumns] = size();
      const newColumn = Math.min(Math.floor((column / columns) * newColumns), newColumns - 1);
      walk.settle([Math.floor((row / rows) * newRows), newColumn]);
    },
  });
  for (const entry of gallery) strip.put(entry.name, { image: entry });
  const input = plane({
    label: "Image",
    signal,
    onKey: walk.onKey,
    onPoint: walk.onPoint([(kh - 1) / 2, (kw - 1) / 2]),
  });
  const place = h("p", { class: "lu-label steps-below" });
  const columns = kernels.map((entry) => kernelColumn(entry, { signal, walk }));
  const progress = slider({
    label: "Row",
    min: 0,
    max: size()[0] - 1,
    value: 0,
    onInput: (row) => {
      walk.play.stop();
      walk.settle([row, size()[1] - 1]);
    },
  });
  const copy = copyButton({ code: () => pythonCode(image(), kernels), signal });

  const newImage = changeDetector();
  function draw() {
    const shown = image();
    const [rows, across] = size();
    const [row, column] = walk.position();
    strip.set(shown.name);
    if (newImage(shown)) input.draw(shown.values, shown.rows, shown.columns, grayScale());
    input.mark({ top: row, left: column, rows: kh, columns: kw });
    setText(place, `Window at row ${row}, column ${column}`);
    const values = columns.map((each) => each.draw(shown, [row, column], walk.band(), demo.dark));
    progress.set(row, rows - 1);
    Object.assign(root.dataset, { row, column, rows, columns: across });
    if (!walk.play.running) {
      demo.tellState(`Row ${row}, column ${column}: ${values.join(", ")}.`);
    }
    return { image: shown.name, position: [row, column], rows, columns: across };
  }

  const parts = [
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
    h("div", { class: "steps-settings" }, walk.play.button, progress.element, copy.button),
    copy.panel,
  ];
  return { parts, draw };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "convolution_steps", label: "Convolution, step by step" }, build),
};

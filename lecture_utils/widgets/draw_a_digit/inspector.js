/**
 * Explains one activation: its receptive field, what it read, the weights, and the sum in words.
 */

/** @import { Layer } from "../_shared/nn/network.js" */
import { grayScale, raster, signedScale } from "../_shared/ui/canvas.js";
import { select, slider } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { format } from "../_shared/math/numbers.js";
import { plane } from "../_shared/ui/plane.js";
import { SIZE } from "./center.js";
import { activationOf, contributions, readWindow, receptiveField } from "./unit.js";

const STRONGEST = 3;
/** Canvas pixels between the patches that a unit read. */
const GAP = 2;

/**
 * @param {{chain: Layer[], names: string[], onChoose: (unit: number[]) => void,
 *   signal: AbortSignal}}
 *   options `chain` is the input and all layers; `onChoose` gets layer (from 0), map, row and
 *   column.
 */
export function inspector({ chain, names, onChoose, signal }) {
  let unit = [0, 0, 0, 0];
  // Kept at once: the next slider may move before this change is drawn.
  const choose = (next) => {
    unit = next;
    onChoose(next);
  };
  const layerMenu = select({
    label: "Layer",
    options: names.map((label, value) => ({ value: String(value), label })),
    value: "0",
    onChange: (value) => choose([Number(value), 0, 0, 0]),
  });
  const sliders = ["Map", "Row", "Column"].map((label, i) =>
    slider({
      label,
      min: 1,
      max: 2,
      value: 1,
      onInput: (value) => choose(unit.with(i + 1, value - 1)),
    }),
  );
  const field = plane({ label: "What the network sees", onPoint() {}, onKey() {}, signal });
  field.element.removeAttribute("tabindex");
  field.element.setAttribute("role", "img");
  const title = h("p", { class: "lu-title" });
  const fieldText = h("p", { class: "lu-label" });
  const inputs = mosaic("What it read");
  const weights = mosaic("Its weights");
  const pair = h("div", { class: "digit-pair" }, inputs.element, weights.element);
  const sum = h("p", { class: "digit-sum" });
  const strongest = h("p", { class: "lu-label" });
  const element = h(
    "div",
    { class: "digit-inspector", role: "group", "aria-label": "One activation explained" },
    h(
      "div",
      { class: "digit-brief" },
      h("div", { class: "digit-field" }, field.element),
      h("div", { class: "digit-words" }, title, fieldText, sum, strongest),
    ),
    h("div", { class: "digit-detail" }, pair, layerMenu.element, ...sliders.map((s) => s.element)),
  );

  return {
    element,
    /**
     * Explain a unit; the numbers are returned for the event.
     * @param {number[]} at Layer, map, row and column.
     * @param {Float32Array} input
     * @param {boolean} dark
     */
    update([index, ...place], input, dark) {
      unit = [index, ...place];
      const layer = chain[index + 1];
      const sizes = [layer.channels, layer.rows, layer.columns];
      layerMenu.set(String(index));
      sliders.forEach((control, i) => {
        control.element.hidden = sizes[i] === 1;
        control.set(place[i] + 1, sizes[i]);
      });
      const sees = receptiveField(chain, index + 1, place);
      field.draw(input, SIZE, SIZE, grayScale());
      field.mark(sees);
      const value = activationOf(layer, place);
      setText(title, `${names[index]}, ${placeName(layer, place)}: ${format(value)}`);
      setText(fieldText, `Its receptive field has ${sees.rows}×${sees.columns} pixels.`);
      const parts = contributions(chain, index + 1, place);
      pair.hidden = !parts;
      if (parts) drawParts(parts, dark);
      else {
        setText(sum, explain(chain, index + 1, place));
        setText(strongest, "");
      }
      return { value, field: sees, parts, read: readWindow(chain, index + 1, place) };
    },
  };

  function drawParts(
    { inputs: values, weights: kernel, shares, bias, channels, rows, columns },
    dark,
  ) {
    inputs.draw(values, channels, rows, columns, dark);
    weights.draw(kernel, channels, rows, columns, dark);
    const total = shares.reduce((a, b) => a + b, 0);
    setText(
      sum,
      `Inputs times weights sum to ${format(total)}. With the bias of ${format(bias)}, that makes ${format(total + bias)}.`,
    );
    const order = Array.from(shares.keys()).sort(
      (a, b) => Math.abs(shares[b]) - Math.abs(shares[a]),
    );
    const most = order.slice(0, STRONGEST).map((c) => `map ${c + 1} (${signed(shares[c])})`);
    setText(strongest, channels > 1 ? `The largest shares come from ${most.join(", ")}.` : "");
  }
}

const signed = (value) => (value > 0 ? `+${format(value)}` : format(value));

/**
 * @param {Layer} layer
 * @param {number[]} unit
 * @returns {string}
 */
function placeName({ rows, columns }, [channel, row, column]) {
  if (rows * columns === 1) return `unit ${channel + 1}`;
  return `map ${channel + 1}, row ${row + 1}, column ${column + 1}`;
}

/** What layers without weights do, with the numbers of this unit. */
function explain(chain, index, place) {
  const before = chain[index - 1];
  const { channels, top, left, rows, columns } = readWindow(chain, index, place);
  const values = [];
  for (let row = top; row < top + rows; row += 1) {
    for (let column = left; column < left + columns; column += 1) {
      values.push(activationOf(before, [channels[0], row, column]));
    }
  }
  const list = values.map((value) => format(value)).join(", ");
  switch (chain[index].kind) {
    case "ReLU":
      return values[0] < 0
        ? `${list} is negative, so it becomes 0.`
        : `${list} is not negative, so it stays.`;
    case "MaxPool2d":
      return `The largest of ${list}.`;
    case "AdaptiveAvgPool2d":
      return `The mean of ${values.length > 9 ? `${values.length} values` : list}.`;
    default:
      return `The value of map ${channels[0] + 1}, row ${top + 1}, column ${left + 1}.`;
  }
}

/** Small images side by side, one per channel, on a scale of their own. */
function mosaic(title) {
  const canvas = h("canvas", { role: "img", "aria-label": title });
  const limits = h("span", { class: "lu-label" });
  const element = h("div", {}, h("p", { class: "lu-label" }, title), canvas, limits);
  const paint = raster(canvas);
  let image = new Float32Array(0);
  return {
    element,
    draw(values, channels, rows, columns, dark) {
      const across = Math.ceil(Math.sqrt(channels));
      const down = Math.ceil(channels / across);
      const scale = Math.max(1, Math.floor(224 / (across * (Math.max(rows, columns) + 1))));
      const gap = channels > 1 ? GAP : 0;
      const [cellRows, cellColumns] = [rows * scale + gap, columns * scale + gap];
      const [height, width] = [down * cellRows, across * cellColumns];
      if (image.length !== height * width) image = new Float32Array(height * width);
      image.fill(0);
      for (let c = 0; c < channels; c += 1) {
        const corner = Math.floor(c / across) * cellRows * width + (c % across) * cellColumns;
        for (let y = 0; y < rows * scale; y += 1) {
          for (let x = 0; x < columns * scale; x += 1) {
            image[corner + y * width + x] =
              values[(c * rows + Math.floor(y / scale)) * columns + Math.floor(x / scale)];
          }
        }
      }
      const limit = maxMagnitude(values) || 1;
      paint(image, height, width, signedScale(limit, dark));
      // The gaps are left open, so that a patch of zeros is still a patch.
      const context = canvas.getContext("2d");
      for (let x = cellColumns; x <= width; x += cellColumns)
        context.clearRect(x - gap, 0, gap, height);
      for (let y = cellRows; y <= height; y += cellRows) context.clearRect(0, y - gap, width, gap);
      setText(limits, `±${format(limit)}`);
    },
  };
}

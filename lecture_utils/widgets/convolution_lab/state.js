/** What the lab shows, read from its model: image, kernel, layer, and whether they fit together. */

/** @import { Model } from "../_shared/ui/model.js" */
import { toBrightness, toTyped } from "../_shared/math/arrays.js";
import { outputSize } from "../_shared/math/image.js";
import { computed } from "../_shared/ui/model.js";
import { MARGIN, responseKeeper } from "./response.js";

/**
 * @typedef {{pixels: Float32Array, h: number, w: number, weights: Float64Array, kh: number,
 *   kw: number, layer: {stride: number, padding: number, dilation: number}, rows: number, columns:
 *   number, output: Float32Array}} Lab
 */

/**
 * Return `read()`, which gives the lab's present state. The output is computed only when something
 * that it depends on has changed since the last call.
 * @param {Model} model
 * @returns {() => Lab}
 */
export function labReader(model) {
  const names = ["image", "kernel", "stride", "padding", "dilation"];
  const respond = responseKeeper();
  return computed(model, names, (values, before, [imageBefore]) => {
    const [image, kernel, stride, padding, dilation] = values;
    const pixels = image === imageBefore ? before.pixels : toBrightness(image);
    const [h, w] = image.shape;
    const [kh, kw] = kernel.shape;
    const layer = { stride, padding, dilation };
    const weights = toTyped(kernel);
    const output = respond(pixels, h, w, weights, kh, kw, layer, before?.output);
    const fits = output.length > 0;
    const rows = fits ? outputSize(h, kh, layer) : 0;
    const columns = fits ? outputSize(w, kw, layer) : 0;
    return { pixels, h, w, weights, kh, kw, layer, rows, columns, output };
  });
}

/**
 * Why there is no output, and what to change; null where there is one.
 * @param {Lab} lab
 * @returns {string}
 */
export function misfit({ h, w, kh, kw, layer: { padding, dilation }, rows }) {
  if (rows) return null;
  const covered = [kh, kw].map((size) => dilation * (size - 1) + 1);
  const room = [h, w].map((size) => size + 2 * padding);
  const spread = dilation > 1 ? ` spread by dilation ${dilation} covers` : " covers";
  const missing = Math.max(covered[0] - room[0], covered[1] - room[1]);
  const remedy = padding + Math.ceil(missing / 2);
  const article = /^(8|1[18]$)/.test(String(kh)) ? "An" : "A";
  return (
    `${article} ${kh}×${kw} kernel${spread} ${covered.join("×")} pixels, but the image` +
    `${padding ? " with its padding" : ""} has only ${room.join("×")}. Use a smaller kernel` +
    `${dilation > 1 ? " or dilation" : ""}` +
    `${remedy <= MARGIN ? `, or a padding of at least ${remedy}` : ""}.`
  );
}

/**
 * The output size with all numbers filled in, as a line to read.
 * @param {Lab} lab
 * @returns {string}
 */
export function sizeFormula({ h, w, kh, kw, layer, rows, columns }) {
  const { stride: s, padding: p, dilation: d } = layer;
  const axis = (size, kernel, result) =>
    `⌊(${size} + 2·${p} − ${d}·(${kernel} − 1) − 1) / ${s}⌋ + 1 = ${result}`;
  const lines = [axis(h, kh, rows)];
  if (h !== w || kh !== kw) lines.push(axis(w, kw, columns));
  const kept = rows === h && columns === w && p > 0 ? " (“same” padding: the size is kept)" : "";
  return `${h}×${w} → ${rows}×${columns}: ${lines.join(" and ")}${kept}`;
}

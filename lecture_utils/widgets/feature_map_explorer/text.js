/** Sentences and numbers of the explorer. */

import { format } from "../_shared/math/numbers.js";

/**
 * How many filters of the layer respond more strongly to an image, as "3rd of 64".
 * @param {import("./data.js").Layer} layer
 * @param {number} filter
 * @param {number} image
 * @returns {string}
 */
export function rank(layer, filter, image) {
  const own = layer.response(filter, image);
  let place = 1;
  for (let f = 0; f < layer.size[0]; f += 1) place += Number(layer.response(f, image) > own);
  const ending =
    { 1: "st", 2: "nd", 3: "rd" }[place % 100 > 10 && place % 100 < 14 ? 0 : place % 10] ?? "th";
  return `${place}${ending} of ${layer.size[0]}`;
}

/**
 * A filter and its responses.
 * @param {import("./data.js").Layer} layer
 * @param {number} filter
 * @param {number[]} sides
 * @param {string[]} names
 * @returns {string}
 */
export function describe(layer, filter, sides, names) {
  const responses = sides
    .map((side) => `“${names[side]}” ${format(layer.response(filter, side), 3)}`)
    .join(", ");
  return `Filter ${filter}: ${responses}${layer.dead.has(filter) ? ", dead" : ""}`;
}

/**
 * A layer and its mean responses.
 * @param {import("./data.js").Layer} layer
 * @param {number[]} sides
 * @param {string[]} names
 * @returns {string}
 */
export function summarize(layer, sides, names) {
  const [filters, rows, columns] = layer.size;
  const means = sides.map((side) => {
    let sum = 0;
    for (let f = 0; f < filters; f += 1) sum += layer.response(f, side);
    return `“${names[side]}” ${format(sum / filters, 3)}`;
  });
  const [drawnRows, drawnColumns] = layer.layout.size;
  const smaller = drawnRows === rows ? "" : ` (shown at ${drawnRows}×${drawnColumns})`;
  const dead = layer.dead.size
    ? ` Dead (silent for all ${names.length} images): ${layer.dead.size}.`
    : layer.signed
      ? ""
      : " None is dead.";
  return `${filters} filters with maps of ${rows}×${columns}${smaller}. Mean response: ${means.join(", ")}.${dead}`;
}

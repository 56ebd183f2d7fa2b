/**
 * What Python measured, layer by layer: numbers, and sprites that are decoded when they are first
 * looked at.
 */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { readFloats } from "../_shared/nn/float16.js";
import { once } from "../_shared/ui/recorded.js";
import { copyTile, decodeGray } from "../_shared/ui/sprites.js";

/**
 * @typedef {{label: string, path: string, size: number[], signed: boolean, limit: number,
 *   place: number[], dead: Set<number>, layout: Record<string, any>, response: (filter: number,
 *   image: number) => number, peak: (filter: number, image: number) => number, sheet: () =>
 *   Promise<Record<string, any>>}} Layer
 */

/**
 * @param {Model} model
 * @returns {Map<string, {name: string, title: string, code: string, said: string[],
 *   layers: Map<string, Layer>}>}
 */
export function readNetworks(model) {
  const images = model.get("image_names").length;
  const sprites = toTyped(model.get("sprites"));
  const numbers = toTyped(model.get("numbers"));
  let [sprite, number] = [0, 0];
  const take = (entry) => {
    const count = images * entry.size[0];
    const bytes = sprites.subarray(sprite, sprite + entry.bytes);
    const values = readFloats(numbers.subarray(number, number + 4 * count), "float16");
    sprite += entry.bytes;
    number += 4 * count;
    return {
      ...entry,
      dead: new Set(entry.dead),
      response: (filter, image) => values[image * entry.size[0] + filter],
      peak: (filter, image) => values[count + image * entry.size[0] + filter],
      sheet: once(() => decodeGray(bytes)),
    };
  };
  return new Map(
    model.get("networks").map((network) => {
      const layers = new Map(network.layers.map((entry) => [entry.label, take(entry)]));
      return [network.name, { ...network, layers }];
    }),
  );
}

/**
 * The filters of a layer in the order in which they are shown.
 * @param {Layer} layer
 * @param {string} sort "number", "response" (the larger of the two) or "difference" (of the two).
 * @param {number} left Index of an image.
 * @param {number} right
 * @returns {number[]}
 */
export function order(layer, sort, left, right) {
  const filters = Array.from({ length: layer.size[0] }, (_, filter) => filter);
  const merit = {
    number: () => 0,
    response: (f) => Math.max(layer.response(f, left), layer.response(f, right)),
    difference: (f) => Math.abs(layer.response(f, left) - layer.response(f, right)),
  }[sort];
  const merits = filters.map(merit);
  return filters.sort((a, b) => merits[b] - merits[a] || a - b);
}

/**
 * The levels of one map, 0 to 255. Of a map that is zero everywhere nothing is left to compression.
 * @param {Layer} layer
 * @param {{levels: Uint8Array, width: number}} sheet
 * @param {number} images How many there are.
 * @returns {Uint8Array}
 */
export function mapLevels(layer, sheet, filter, image, images) {
  const [rows, columns] = layer.layout.size;
  const out = new Uint8Array(rows * columns);
  if (layer.peak(filter, image) === 0) return out.fill(layer.signed ? 128 : 0);
  return copyTile(sheet, layer.layout, filter * images + image, out);
}

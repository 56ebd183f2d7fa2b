/**
 * The recordings: activations as numbers, images as sprites that are decoded when their layer is
 * first shown.
 */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { decodeSprite, tileCorner } from "../_shared/ui/sprites.js";

export const METHODS = ["plain", "strong"];
const KINDS = [...METHODS, "examples"];

/**
 * @param {Model} model
 * @returns {Map<string, Record<string, any>>} Networks by name; the `layers` of each by label.
 */
export function readNetworks(model) {
  const bytes = toTyped(model.get("sprites"));
  let at = 0;
  const take = (entry) => {
    const sources = KINDS.map((kind) => {
      at += entry.bytes[kind];
      return bytes.subarray(at - entry.bytes[kind], at);
    });
    let sheets = null;
    return {
      ...entry,
      name: (i) => (entry.names ? entry.names[i] : `filter ${entry.channels[i]}`),
      /** Bitmaps of the three sprites, by kind. */
      sheets() {
        sheets ??= Promise.all(sources.map(decodeSprite)).then((bitmaps) =>
          Object.fromEntries(bitmaps.map((bitmap, i) => [KINDS[i], bitmap])),
        );
        return sheets;
      },
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
 * Draw one image of a sprite onto a canvas of its size.
 * @param {HTMLCanvasElement} canvas
 * @param {Record<string, any>} layer
 * @param {string} kind
 * @param {ImageBitmap} sheet
 * @param {number} filter Which of the recorded ones.
 * @param {number} number Which frame, or which example.
 */
export function drawTile(canvas, layer, kind, sheet, filter, number) {
  const { layout, activations } = layer[kind];
  const [rows, columns] = layout.size;
  const { top, left } = tileCorner(layout, filter * activations[0].length + number);
  if (canvas.width !== columns || canvas.height !== rows)
    Object.assign(canvas, { width: columns, height: rows });
  canvas.getContext("2d").drawImage(sheet, left, top, columns, rows, 0, 0, columns, rows);
  canvas.classList.toggle("smooth", rows > 48);
}

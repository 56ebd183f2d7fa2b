/**
 * Recorded filters (`interpretation.recordings`): numbers come with the page, images are loaded and
 * decoded when their layer is first shown.
 */

/** @import { Model } from "./model.js" */
import { loadDeferred } from "./deferred.js";
import { decodeSprite, tileCorner } from "./sprites.js";

/**
 * @typedef {object} Sheet
 * @property {ImageBitmap} bitmap
 * @property {Record<string, any>} layout
 */

/**
 * @param {Model} model
 * @returns {Map<string, Record<string, any>>} Networks by name; the `layers` of each by label, with
 *   `sheet()`; the data set's images are behind `pool()`. Both return a promise of a `Sheet`.
 */
export function readNetworks(model) {
  return new Map(
    model.get("networks").map((network) => {
      const layers = new Map(
        network.layers.map((entry, number) => [
          entry.label,
          {
            ...entry,
            name: (i) => (entry.names ? entry.names[i] : `filter ${entry.channels[i]}`),
            sheet: once(() => load(model, `${network.name}/${number}`, entry.sheet)),
          },
        ]),
      );
      const pool = once(() => load(model, `${network.name}/pool`, network.pool.sheet));
      return [network.name, { ...network, layers, images: pool }];
    }),
  );
}

/** @returns {Promise<Sheet>} */
async function load(model, key, layout) {
  return { bitmap: await decodeSprite(await loadDeferred(model, key)), layout };
}

/**
 * Call `start` when first asked; a failure may be tried again.
 * @template T
 * @param {() => Promise<T>} start
 * @returns {() => Promise<T>}
 */
export function once(start) {
  let promise = null;
  return () => {
    promise ??= start().catch((error) => {
      promise = null;
      throw error;
    });
    return promise;
  };
}

/**
 * Draw one image of a sheet, or a square part of it, onto a canvas.
 * @param {HTMLCanvasElement} canvas Gets the size of what it shows.
 * @param {Sheet} sheet
 * @param {number} number Which image.
 * @param {{row: number, column: number, part: number}} [crop] The middle and the side of the part,
 *   as fractions of the image's side; at the edge it moves inwards.
 */
export function drawTile(canvas, { bitmap, layout }, number, crop) {
  const [side] = layout.size;
  const corner = tileCorner(layout, number);
  const shown = crop ? Math.round(crop.part * side) : side;
  const start = (middle) =>
    Math.max(0, Math.min(side - shown, Math.round(middle * side - shown / 2)));
  const top = corner.top + (crop ? start(crop.row) : 0);
  const left = corner.left + (crop ? start(crop.column) : 0);
  if (canvas.width !== shown || canvas.height !== shown)
    Object.assign(canvas, { width: shown, height: shown });
  canvas.getContext("2d").drawImage(bitmap, left, top, shown, shown, 0, 0, shown, shown);
}

/** Image files that a reader opens. They are read in the browser and go nowhere else. */

import { resize, toGray } from "../math/image.js";
import { h } from "./dom.js";

/**
 * Read an image file as brightness, made smaller if it is larger than `side` pixels.
 * @param {File} file
 * @param {number} side
 * @returns {Promise<{values: Float32Array, rows: number, columns: number}>}
 * @throws {Error} With a sentence for the reader if the file is not an image.
 */
export async function readImage(file, side = 256) {
  const bitmap = await decode(file);
  // The canvas brings a huge photo down to four times the size, our area average does the rest.
  const rough = Math.min(1, (4 * side) / Math.max(bitmap.width, bitmap.height));
  const columns = Math.max(1, Math.round(bitmap.width * rough));
  const rows = Math.max(1, Math.round(bitmap.height * rough));
  const context = smoothContext(columns, rows);
  context.drawImage(bitmap, 0, 0, columns, rows);
  bitmap.close();
  const gray = toGray(context.getImageData(0, 0, columns, rows).data);
  const scale = Math.min(1, side / Math.max(rows, columns));
  const toRows = Math.max(1, Math.round(rows * scale));
  const toColumns = Math.max(1, Math.round(columns * scale));
  return {
    values: resize(gray, rows, columns, toRows, toColumns),
    rows: toRows,
    columns: toColumns,
  };
}

/**
 * Read an image file in color, cut to a square and made small.
 * @param {File} file
 * @param {number} side
 * @returns {Promise<Uint8Array>} side * side * 3 bytes.
 * @throws {Error} With a sentence for the reader if the file is not an image.
 */
export async function readPhoto(file, side) {
  const bitmap = await decode(file);
  const square = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - square) / 2, (bitmap.height - square) / 2];
  const context = smoothContext(side, side);
  context.fillRect(0, 0, side, side); // what is transparent becomes black
  context.drawImage(bitmap, left, top, square, square, 0, 0, side, side);
  bitmap.close();
  const { data } = context.getImageData(0, 0, side, side);
  return Uint8Array.from(
    { length: side * side * 3 },
    (_, i) => data[4 * Math.floor(i / 3) + (i % 3)],
  );
}

/** A canvas that is read and never shown. */
function smoothContext(width, height) {
  const context = h("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  return context;
}

async function decode(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Error(
      `“${file.name}” is not an image that this browser can read. Try a PNG, JPEG, GIF or WebP file.`,
    );
  }
}

/**
 * Read the files that a reader opens. What comes of an earlier file is dropped: a later file, or
 * another choice, has taken its place.
 * @template T
 * @param {(file: File) => Promise<T>} read
 * @param {{onRead: (result: T, file: File) => void, onError: (text: string) => void}} then
 * @returns {{open: (file: File) => Promise<void>, cancel: () => void}} `cancel` says that something
 *   else was chosen.
 */
export function latestFile(read, { onRead, onError }) {
  let latest = null;
  async function open(file) {
    const asked = {};
    latest = asked;
    let result;
    try {
      result = await read(file);
    } catch (error) {
      if (asked === latest) onError(error.message);
      return;
    }
    if (asked === latest) onRead(result, file);
  }
  const cancel = () => {
    latest = null;
  };
  return { open, cancel };
}

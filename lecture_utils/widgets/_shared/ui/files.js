/** Image files that a reader opens. They are read in the browser and go nowhere else. */

import { resize, toGray } from "../math/image.js";

/**
 * Read an image file as brightness, made smaller if it is larger than `side` pixels.
 * @param {File} file
 * @param {number} side
 * @returns {Promise<{values: Float32Array, rows: number, columns: number}>}
 * @throws {Error} With a sentence for the reader if the file is no image.
 */
export async function readImage(file, side = 256) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(
      `“${file.name}” is not an image that this browser can read. Try a PNG, JPEG, GIF or WebP file.`,
    );
  }
  // The canvas brings a huge photo down to four times the size, our area average does the rest.
  const rough = Math.min(1, (4 * side) / Math.max(bitmap.width, bitmap.height));
  const columns = Math.max(1, Math.round(bitmap.width * rough));
  const rows = Math.max(1, Math.round(bitmap.height * rough));
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, columns, rows);
  bitmap.close();
  const gray = toGray(context.getImageData(0, 0, columns, rows).data);
  const scale = Math.min(1, side / Math.max(rows, columns));
  const toRows = Math.max(1, Math.round(rows * scale));
  const toColumns = Math.max(1, Math.round(columns * scale));
  return { values: resize(gray, rows, columns, toRows, toColumns), rows: toRows, columns: toColumns };
}

/** A reader's own picture, cut to a square and made small. It stays in the browser. */

/**
 * @param {File} file
 * @param {number} side
 * @returns {Promise<Uint8Array>} side * side * 3 bytes.
 * @throws {Error} With a sentence for the reader if the file is no image.
 */
export async function readPhoto(file, side) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(
      `“${file.name}” is not an image that this browser can read. Try a PNG, JPEG, GIF or WebP file.`,
    );
  }
  const square = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - square) / 2, (bitmap.height - square) / 2];
  const context = new OffscreenCanvas(side, side).getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillRect(0, 0, side, side); // what is transparent becomes black
  context.drawImage(bitmap, left, top, square, square, 0, 0, side, side);
  bitmap.close();
  const { data } = context.getImageData(0, 0, side, side);
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)]);
}

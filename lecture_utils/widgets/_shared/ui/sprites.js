/** Many small images in one compressed image (`widgets/_sprites.py`). */

/**
 * Decode a sprite. The browser does the work; colors stay the numbers that were compressed.
 * @param {Uint8Array<ArrayBuffer>} bytes A WebP or AVIF file.
 * @returns {Promise<ImageBitmap>}
 */
export function decodeSprite(bytes) {
  // An AVIF file has "ftyp" in bytes 4 to 7.
  const isAvif = String.fromCharCode(...bytes.subarray(4, 8)) === "ftyp";
  return createImageBitmap(new Blob([bytes], { type: isAvif ? "image/avif" : "image/webp" }), {
    colorSpaceConversion: "none",
  });
}

/**
 * The brightness, 0 to 255, of all pixels of a gray sprite.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<{levels: Uint8Array, width: number}>}
 */
export async function decodeGray(bytes) {
  const bitmap = await decodeSprite(bytes);
  const { width, height } = bitmap;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const levels = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < levels.length; i += 1, at += 4) levels[i] = data[at];
  return { levels, width };
}

/**
 * Where tile number `index` begins, in pixels of the sprite.
 * @param {Record<string, any>} layout
 * @param {number} index
 * @returns {{top: *, left: *}}
 */
export function tileCorner({ columns, cell: [height, width], margin }, index) {
  return {
    top: Math.floor(index / columns) * height + margin,
    left: (index % columns) * width + margin,
  };
}

/**
 * Copy one tile of a gray sprite into `out`, row by row.
 * @param {{levels: Uint8Array, width: number}} sheet
 * @param {Record<string, any>} layout
 * @param {number} index
 * @param {Uint8Array} out
 * @returns {Uint8Array}
 */
export function copyTile({ levels, width }, layout, index, out) {
  const { top, left } = tileCorner(layout, index);
  const [rows, columns] = layout.size;
  for (let row = 0; row < rows; row += 1) {
    const from = (top + row) * width + left;
    out.set(levels.subarray(from, from + columns), row * columns);
  }
  return out;
}

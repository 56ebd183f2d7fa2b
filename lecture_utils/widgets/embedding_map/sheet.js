/** The thumbnails, cut out of the one file that they travel in. */

/**
 * @typedef {object} Sheet
 * @property {boolean} there
 * @property {(context: CanvasRenderingContext2D, image: number, x: number, y: number, size: number)
 *   => boolean} paint Returns false as long as there is nothing to paint.
 */

/**
 * @param {{mime: string, side: number, columns: number}} layout Empty where there are no images.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {AbortSignal} signal
 * @param {(error?: Error) => void} onReady
 * @returns {Sheet}
 */
export function openSheet(layout, bytes, signal, onReady) {
  const { mime, side, columns } = layout;
  let bitmap = null;
  if (bytes.length) {
    createImageBitmap(new Blob([bytes], { type: mime })).then(
      (decoded) => {
        if (signal.aborted) {
          decoded.close();
          return;
        }
        bitmap = decoded;
        onReady();
      },
      () =>
        signal.aborted ||
        onReady(
          new Error("The browser cannot read the thumbnails; the map shows shapes and names."),
        ),
    );
  }
  signal.addEventListener("abort", () => bitmap?.close());
  return {
    there: bytes.length > 0,
    /** Draw an image into a square; false while there is none. */
    paint(context, image, x, y, size) {
      if (!bitmap) return false;
      const [left, top] = [(image % columns) * side, Math.floor(image / columns) * side];
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, left, top, side, side, x, y, size, size);
      return true;
    },
  };
}

/** What one layer computes, as in layer.py, and which cells are connected. */

/**
 * How many cells along one axis a window covers, the gaps of a dilation included.
 * @param {number} k
 * @param {number} dilation
 * @returns {number}
 */
export const covered = (k, dilation) => dilation * (k - 1) + 1;

/**
 * The number of windows along one axis, in steps as `sizeFormula` tells them; below 1 if none fits.
 * `dropped` is whether ceil mode would have put a last window into the padding behind the image.
 * @param {number} n
 * @param {number} k
 * @param {Record<string, any>} layer
 * @returns {{count: number, dropped: boolean}}
 */
export function windowCount(n, k, { stride, padding, dilation, ceil }) {
  const room = (n + 2 * padding - covered(k, dilation)) / stride;
  const steps = ceil ? Math.ceil(room) : Math.floor(room);
  const dropped = ceil && steps * stride >= n + padding;
  return { count: steps + (dropped ? 0 : 1), dropped };
}

/**
 * The largest padding that an operation allows for a window.
 * @param {string} operation
 * @param {number} kh
 * @param {number} kw
 * @returns {number}
 */
export const mostPadding = (operation, kh, kw) =>
  operation === "convolution" ? 3 : Math.floor(Math.min(kh, kw) / 2);

/**
 * What the window of one output cell reads, row by row.
 * @param {Record<string, any>} lab
 * @param {number} outRow
 * @param {number} outColumn
 * @returns {{row: number, column: number, weight: number, value: number, where: string}[]} `where`
 *   is "image", "padding", or "beyond" for what hangs over the padded image in ceil mode.
 */
export function windowCells(lab, outRow, outColumn) {
  const { pixels, h, w, weights, kh, kw, operation, stride, padding, dilation } = lab;
  const border = operation === "max" ? -Infinity : 0;
  const cells = [];
  for (let i = 0; i < kh; i += 1) {
    const row = outRow * stride - padding + i * dilation;
    for (let j = 0; j < kw; j += 1) {
      const column = outColumn * stride - padding + j * dilation;
      const inside = row >= 0 && row < h && column >= 0 && column < w;
      const beyond = row >= h + padding || column >= w + padding;
      const value = inside ? pixels[row * w + column] : border;
      const where = inside ? "image" : beyond ? "beyond" : "padding";
      cells.push({ row, column, weight: weights[i * kw + j], value, where });
    }
  }
  return cells;
}

/**
 * What a layer makes of the window of one output cell: the same cells as those of `windowCells`,
 * without an object for each.
 * @param {Record<string, any>} lab
 * @param {number} outRow
 * @param {number} outColumn
 * @returns {number}
 */
export function result(lab, outRow, outColumn) {
  const { pixels, h, w, weights, kh, kw, operation, stride, padding, dilation } = lab;
  const convolves = operation === "convolution";
  let [sum, most, count] = [0, -Infinity, 0];
  for (let i = 0; i < kh; i += 1) {
    const row = outRow * stride - padding + i * dilation;
    for (let j = 0; j < kw; j += 1) {
      const column = outColumn * stride - padding + j * dilation;
      // Padding counts in a mean; what hangs over it in ceil mode does not.
      if (row < h + padding && column < w + padding) count += 1;
      if (row < 0 || row >= h || column < 0 || column >= w) continue;
      const value = pixels[row * w + column];
      sum += convolves ? weights[i * kw + j] * value : value;
      most = Math.max(most, value);
    }
  }
  if (operation === "max") return most;
  return convolves ? sum : sum / count;
}

/**
 * The output cells whose windows read one cell of the input or of its padding.
 * @param {Record<string, any>} lab
 * @param {number} row
 * @param {number} column
 * @returns {{row: number, column: number, tap: number, weight: number}[]} `tap` is the place in the
 *   kernel.
 */
export function readers(
  { kh, kw, weights, rows, columns, stride, padding, dilation },
  row,
  column,
) {
  const along = (place, k, count) => {
    const found = [];
    for (let i = k - 1; i >= 0; i -= 1) {
      const at = (place + padding - i * dilation) / stride;
      if (Number.isInteger(at) && at >= 0 && at < count) found.push([at, i]);
    }
    return found;
  };
  const across = along(column, kw, columns);
  return along(row, kh, rows).flatMap(([y, i]) =>
    across.map(([x, j]) => ({ row: y, column: x, tap: i * kw + j, weight: weights[i * kw + j] })),
  );
}

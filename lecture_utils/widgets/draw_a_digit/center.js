/**
 * Make a drawing look like MNIST's digits, and shift and rotate digits. centering.py does the same.
 */

import { resize } from "../_shared/math/image.js";

export const SIZE = 28;
/** MNIST scales the bounding box of the ink to this many pixels. */
const BOX = 20;
/** Halves are rounded up, also those that rounding errors have made a little less. */
const HALF = 0.5 + 1e-5;

/**
 * Scale the ink's bounding box to fit 20x20 pixels, gray at its edges, and move it by whole pixels
 * until the center of mass lies within pixel (14, 14).
 * @param {Float32Array} ink 0 (paper) to 1 (ink), row by row.
 * @returns {Float32Array} 28x28, multiples of 1/255; zeros if there is no ink.
 */
export function center(ink, rows, columns) {
  const digit = new Float32Array(SIZE * SIZE);
  const box = boundingBox(ink, rows, columns);
  if (!box) return digit;
  const [boxRows, boxColumns] = [box.bottom - box.top, box.right - box.left];
  const scale = BOX / Math.max(boxRows, boxColumns);
  const [height, width] = [boxRows, boxColumns].map((side) =>
    Math.max(1, Math.round(scale * side)),
  );
  const small = resize(cut(ink, columns, box), boxRows, boxColumns, height, width);
  let [mass, massRow, massColumn] = [0, 0, 0];
  small.forEach((value, i) => {
    mass += value;
    massRow += value * Math.floor(i / width);
    massColumn += value * (i % width);
  });
  const place = (moment, length) =>
    Math.max(0, Math.min(SIZE - length, SIZE / 2 - Math.floor(moment / mass + HALF)));
  const [top, left] = [place(massRow, height), place(massColumn, width)];
  small.forEach((value, i) => {
    digit[(top + Math.floor(i / width)) * SIZE + left + (i % width)] =
      Math.round(value * 255) / 255;
  });
  return digit;
}

/**
 * The drawing as it stands in its field, 28x28.
 * @param {Float32Array} ink
 * @param {number} rows
 * @param {number} columns
 * @returns {Float32Array}
 */
export function uncentered(ink, rows, columns) {
  return resize(ink, rows, columns, SIZE, SIZE).map((value) => Math.round(value * 255) / 255);
}

function boundingBox(ink, rows, columns) {
  const box = { top: rows, left: columns, bottom: 0, right: 0 };
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      if (ink[y * columns + x] < 0.5) continue;
      if (y < box.top) box.top = y;
      if (x < box.left) box.left = x;
      if (x >= box.right) box.right = x + 1;
      box.bottom = y + 1;
    }
  }
  return box.bottom ? box : null;
}

function cut(ink, columns, { top, left, bottom, right }) {
  const part = new Float32Array((bottom - top) * (right - left));
  for (let y = top; y < bottom; y += 1) {
    part.set(ink.subarray(y * columns + left, y * columns + right), (y - top) * (right - left));
  }
  return part;
}

/**
 * Rotate a digit counterclockwise about its middle, then shift it; outside it is black.
 * @param {Float32Array} image 28x28.
 * @param {{right: number, down: number, degrees: number}} by Pixels, and degrees.
 * @param {Float32Array} moved Receives the digit, interpolated linearly between pixels.
 */
export function move(image, { right, down, degrees }, moved) {
  const middle = (SIZE - 1) / 2;
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const at = (row, column) =>
    row < 0 || column < 0 || row >= SIZE || column >= SIZE ? 0 : image[row * SIZE + column];
  for (let i = 0; i < SIZE; i += 1) {
    for (let j = 0; j < SIZE; j += 1) {
      const [y, x] = [i - middle - down, j - middle - right];
      const [row, column] = [middle + sin * x + cos * y, middle + cos * x - sin * y];
      const [top, left] = [Math.floor(row), Math.floor(column)];
      const [below, beside] = [row - top, column - left];
      const upper = (1 - beside) * at(top, left) + beside * at(top, left + 1);
      const lower = (1 - beside) * at(top + 1, left) + beside * at(top + 1, left + 1);
      moved[i * SIZE + j] = (1 - below) * upper + below * lower;
    }
  }
}

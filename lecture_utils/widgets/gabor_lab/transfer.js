/** The transfer function of a kernel: by how much it multiplies each wave. */

import { outerProducts } from "../_shared/math/separable.js";

/**
 * The magnitude of the transfer function for frequencies from -0.5 to 0.5 along both axes.
 * @param {Float64Array} kernel height * width real weights; both sides are odd.
 * @param {number} height
 * @param {number} width
 * @param {number} size Odd; frequencies per axis, both ends included.
 * @param {Float32Array} out size * size magnitudes, v downwards, u to the right; is filled.
 * @returns {number} The largest of them.
 */
export function transferMagnitude(kernel, height, width, size, out) {
  // Each part of a round Gabor kernel is the sum of at most two products, column times row.
  const products = outerProducts(kernel, height, width, 2);
  if (products) return ofProducts(products, height, width, size, out);
  const across = waves(width, size);
  const down = waves(height, size);
  const [rowRe, rowIm] = [new Float64Array(height), new Float64Array(height)];
  let largest = 0;
  // Real weights respond equally to opposite frequencies, so half of the plane is enough.
  for (let i = 0; i <= size >> 1; i += 1) {
    for (let y = 0; y < height; y += 1) {
      let re = 0,
        im = 0;
      for (let x = 0, k = y * width, t = i * width; x < width; x += 1, k += 1, t += 1) {
        re += kernel[k] * across.cos[t];
        im -= kernel[k] * across.sin[t];
      }
      rowRe[y] = re;
      rowIm[y] = im;
    }
    for (let j = 0; j < size; j += 1) {
      let re = 0,
        im = 0;
      for (let y = 0, t = j * height; y < height; y += 1, t += 1) {
        re += rowRe[y] * down.cos[t] + rowIm[y] * down.sin[t];
        im += rowIm[y] * down.cos[t] - rowRe[y] * down.sin[t];
      }
      const magnitude = Math.sqrt(re * re + im * im);
      if (magnitude > largest) largest = magnitude;
      out[j * size + i] = magnitude;
      out[(size - 1 - j) * size + size - 1 - i] = magnitude;
    }
  }
  return largest;
}

/** The same for a sum of products, each of which has the product of two short transforms. */
function ofProducts(products, height, width, size, out) {
  const rows = products.map(({ row }) => spectrum(row, waves(width, size), size));
  const columns = products.map(({ column }) => spectrum(column, waves(height, size), size));
  let largest = 0;
  for (let j = 0; j <= size >> 1; j += 1) {
    for (let i = 0; i < size; i += 1) {
      let re = 0,
        im = 0;
      for (let n = 0; n < products.length; n += 1) {
        const { re: acrossRe, im: acrossIm } = rows[n];
        const { re: downRe, im: downIm } = columns[n];
        re += acrossRe[i] * downRe[j] - acrossIm[i] * downIm[j];
        im += acrossRe[i] * downIm[j] + acrossIm[i] * downRe[j];
      }
      const magnitude = Math.sqrt(re * re + im * im);
      if (magnitude > largest) largest = magnitude;
      out[j * size + i] = magnitude;
      out[(size - 1 - j) * size + size - 1 - i] = magnitude;
    }
  }
  return largest;
}

/** The Fourier transform of a few weights, at every frequency. */
function spectrum(weights, { cos, sin }, size) {
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  for (let i = 0, t = 0; i < size; i += 1) {
    for (let k = 0; k < weights.length; k += 1, t += 1) {
      re[i] += weights[k] * cos[t];
      im[i] -= weights[k] * sin[t];
    }
  }
  return { re, im };
}

/**
 * Cosines and sines of every frequency at every tap; kept, because kernels keep their size for
 * long.
 */
const tables = new Map();
function waves(taps, size) {
  const key = `${taps} ${size}`;
  if (!tables.has(key)) {
    const angle = (i) => {
      const frequency = Math.floor(i / taps) / (size - 1) - 0.5;
      return 2 * Math.PI * frequency * ((i % taps) - (taps >> 1));
    };
    const length = taps * size;
    const cos = Float64Array.from({ length }, (_, i) => Math.cos(angle(i)));
    const sin = Float64Array.from({ length }, (_, i) => Math.sin(angle(i)));
    tables.set(key, { cos, sin });
  }
  return tables.get(key);
}

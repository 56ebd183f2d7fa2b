/** The magnitudes of a bank's responses to one image, and what the statistics need of them. */

import { makeGaborEngine } from "../_shared/math/gabor.js";
import { correlate2d, maxMagnitude } from "../_shared/math/image.js";

/** @typedef {{values: Float32Array, rows: number, columns: number}} GrayImage */

const engines = new Map();
function engineFor(rows, columns) {
  const key = `${rows}x${columns}`;
  if (!engines.has(key)) engines.set(key, makeGaborEngine(rows, columns));
  return engines.get(key);
}

/**
 * @typedef {{maps: Float32Array[], largest: Float64Array, sums: Float64Array,
 *   products: Float64Array, pixels: number}} Response Magnitudes per filter, the largest of each,
 *   their sums over the pixels, and the sums of products of each two.
 */

/**
 * Run a bank over one image, mirrored at its border ("reflect"). A generator, so that the caller
 * can let the page breathe between two filters.
 * @param {GrayImage} image
 * @param {import("./banks.js").Filter[]} filters
 * @returns {Generator<void, Response>}
 */
export function* respond(image, filters) {
  const maps = [];
  for (const filter of filters) {
    maps.push(filter.gabor ? gaborMagnitude(image, filter) : magnitude(image, filter));
    yield;
  }
  const sums = Float64Array.from(maps, total);
  const largest = Float64Array.from(maps, maxMagnitude);
  return { maps, largest, sums, products: yield* allProducts(maps), pixels: image.values.length };
}

function gaborMagnitude({ values, rows, columns }, { gabor }) {
  const { re, im } = engineFor(rows, columns).respond(values, gabor);
  const map = new Float32Array(re.length);
  for (let i = 0; i < map.length; i += 1) map[i] = Math.sqrt(re[i] * re[i] + im[i] * im[i]);
  return map;
}

/** A convolution: the kernel is turned by 180 degrees, and the image continued on all sides. */
function magnitude(image, { rows, columns, re, im }) {
  const padded = mirrorPad(image, rows, columns);
  const turned = (weights) => Float64Array.from(weights).reverse();
  const slide = (weights) =>
    correlate2d(padded.values, padded.rows, padded.columns, turned(weights), rows, columns);
  const real = slide(re);
  const imaginary = im && slide(im);
  for (let i = 0; i < real.length; i += 1) {
    real[i] = imaginary
      ? Math.sqrt(real[i] * real[i] + imaginary[i] * imaginary[i])
      : Math.abs(real[i]);
  }
  return real;
}

/**
 * Surround an image by its mirror images; an even kernel reaches one pixel further down and right.
 */
function mirrorPad({ values, rows, columns }, kernelRows, kernelColumns) {
  const [top, left] = [(kernelRows - 1) >> 1, (kernelColumns - 1) >> 1];
  const [height, width] = [rows + kernelRows - 1, columns + kernelColumns - 1];
  const fold = (place, length) => {
    const at = ((place % (2 * length)) + 2 * length) % (2 * length);
    return Math.min(at, 2 * length - 1 - at);
  };
  const across = Int32Array.from({ length: width }, (_, x) => fold(x - left, columns));
  const padded = new Float32Array(height * width);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = fold(y - top, rows) * columns;
    for (let x = 0; x < width; x += 1, at += 1) padded[at] = values[row + across[x]];
  }
  return { values: padded, rows: height, columns: width };
}

function total(map) {
  let sum = 0;
  for (let p = 0; p < map.length; p += 1) sum += map[p];
  return sum;
}

/** Sums over the pixels of map i times map j. */
function* allProducts(maps) {
  const n = maps.length;
  const products = new Float64Array(n * n);
  const sums = new Float64Array(4);
  for (let i = 0; i < n; i += 1) {
    for (let j = i; j < n; j += 4) {
      // Past the end the last map is summed again, to be written to the same place.
      const last = n - 1;
      const others = [j, Math.min(j + 1, last), Math.min(j + 2, last), Math.min(j + 3, last)];
      fourProducts(
        maps[i],
        maps[others[0]],
        maps[others[1]],
        maps[others[2]],
        maps[others[3]],
        sums,
      );
      for (let k = 0; k < 4; k += 1) {
        products[i * n + others[k]] = sums[k];
        products[others[k] * n + i] = sums[k];
      }
    }
    yield;
  }
  return products;
}

/** One map times four others, which share its pixels. */
function fourProducts(map, a, b, c, d, sums) {
  let sa = 0,
    sb = 0,
    sc = 0,
    sd = 0;
  for (let p = 0; p < map.length; p += 1) {
    const value = map[p];
    sa += value * a[p];
    sb += value * b[p];
    sc += value * c[p];
    sd += value * d[p];
  }
  sums[0] = sa;
  sums[1] = sb;
  sums[2] = sc;
  sums[3] = sd;
}

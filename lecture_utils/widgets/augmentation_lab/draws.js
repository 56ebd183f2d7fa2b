/** What is drawn for each image, with the distributions of torchvision's random transforms. */

import { normal, uniform } from "../_shared/math/random.js";

const TRIES = 10;
const ERASED = { area: [0.02, 0.33], ratio: [1 / 3.3, 1 / 0.3] };
export const COLORS = ["brightness", "contrast", "saturation", "hue"];
/** Streams of random numbers: three for each of the twelve images and their twelve partners. */
const STREAMS = 3;
const PARTNERS = 100;
export const TILES = 12;

const between = (low, high, part) => low + (high - low) * part;

/** A box with a random part of the area, random sides and a random place; null if none fits. */
function drawBox(rows, columns, { area, ratio }, largest, at, from) {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const [share, shape, down, right] = [0, 1, 2, 3].map((i) => at(from + 4 * attempt + i));
    const pixels = rows * columns * between(...area, share);
    const sides = Math.exp(between(Math.log(ratio[0]), Math.log(ratio[1]), shape));
    const width = Math.round(Math.sqrt(pixels * sides));
    const height = Math.round(Math.sqrt(pixels / sides));
    if (width < 1 || height < 1 || width > columns - largest || height > rows - largest) continue;
    const top = Math.floor(down * (rows - height + 1));
    const left = Math.floor(right * (columns - width + 1));
    return { top, left, height, width };
  }
  return null;
}

/** Whether a draw keeps the whole image, because nothing fitted ten times. */
const WHOLE = (rows, columns) => ({ top: 0, left: 0, height: rows, width: columns, whole: true });

/** Beta(alpha, alpha) with alpha up to 1 (method of Jöhnk). */
function beta(alpha, at) {
  for (let i = 0; i < 100; i += 1) {
    const [x, y] = [at(2 * i) ** (1 / alpha), at(2 * i + 1) ** (1 / alpha)];
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
  return 0.5;
}

/**
 * The parameters of one image. Each has a fixed position in the random stream of the seed, so that
 * a moved slider changes the images gradually instead of drawing new ones.
 * @param {number} seed
 * @param {number} tile
 * @param {Record<string, any>} settings
 * @param {number} rows
 * @param {number} columns
 * @returns {{affine: Record<string, any>|null, crop: Record<string, any>|null, flip: boolean,
 *   colors: [string, number][], noise: number, erase: Record<string, any>|null}}
 */
export function draw(seed, tile, settings, rows, columns) {
  const at = uniform(seed, STREAMS * tile);
  const drawn = {
    affine: null,
    crop: null,
    flip: at(5) < settings.flip,
    colors: [],
    noise: settings.noise,
    erase: null,
  };
  const { degrees, translate, scale, shear, crop, ratio } = settings;
  if (degrees || translate || shear || scale[0] !== 1 || scale[1] !== 1) {
    drawn.affine = {
      angle: between(-degrees, degrees, at(0)),
      // Whole pixels, as in torchvision; "|| 0" for a zero without sign.
      dx: Math.round(between(-translate * columns, translate * columns, at(1))) || 0,
      dy: Math.round(between(-translate * rows, translate * rows, at(2))) || 0,
      scale: between(...scale, at(3)),
      shear: between(-shear, shear, at(4)),
    };
  }
  if (crop[0] !== 1 || crop[1] !== 1) {
    const box = drawBox(rows, columns, { area: crop, ratio: [1 / ratio, ratio] }, 0, at, 20);
    drawn.crop = box ?? WHOLE(rows, columns);
  }
  const order = [...COLORS];
  for (let i = 3; i > 0; i -= 1) {
    const j = Math.floor(at(9 + i) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  for (const name of order) {
    const bound = settings[name];
    if (!bound) continue;
    const part = at(6 + COLORS.indexOf(name) + 100);
    const range = name === "hue" ? [-bound, bound] : [Math.max(0, 1 - bound), 1 + bound];
    drawn.colors.push([name, between(...range, part)]);
  }
  if (at(13) < settings.erase) drawn.erase = drawBox(rows, columns, ERASED, 1, at, 200);
  return drawn;
}

/**
 * The share of the first image in a mixture; 1 without mixup.
 * @param {number} seed
 * @param {number} tile
 * @param {number} alpha
 * @returns {number}
 */
export const drawShare = (seed, tile, alpha) =>
  alpha ? beta(alpha, uniform(seed, STREAMS * tile + 1)) : 1;

/**
 * Standard normal numbers for one image's noise: a random part of one long table, because making
 * new ones for twelve images takes longer than a frame.
 * @param {number} seed
 * @param {number} tile
 * @param {number} count
 */
export function drawNormals(seed, tile, count) {
  if (!table) {
    const at = normal(0, 0);
    table = Float32Array.from({ length: TABLE }, (_, i) => at(i));
  }
  const start = Math.floor(uniform(seed, STREAMS * tile + 2)(0) * (TABLE - count));
  return table.subarray(start, start + count);
}
const TABLE = 2 ** 17;
let table = null;

/**
 * The other image of a mixture is changed by numbers of its own.
 * @param {number} tile
 * @returns {number}
 */
export const partnerOf = (tile) => tile + PARTNERS;

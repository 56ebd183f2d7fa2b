/**
 * torchvision's transforms of a color image: bytes, row by row, red, green and blue beside each
 * other. Each returns a new image, or changes one in place where its name begins with "adjust".
 */

/**
 * What takes a pixel of the result, measured from the middle, to where it comes from.
 * @param {Record<string, any>} parameters
 * @returns {number[]}
 */
function inverseAffine({ angle, dx, dy, scale, shear }) {
  const [turn, slant] = [angle, shear].map((degrees) => (degrees * Math.PI) / 180);
  const [cos, sin, tan] = [Math.cos(turn), Math.sin(turn), Math.tan(slant)];
  const [a, b] = [(cos - sin * tan) / scale, (cos * tan + sin) / scale];
  const [c, d] = [-sin / scale, cos / scale];
  return [a, b, -a * dx - b * dy, c, d, -c * dx - d * dy];
}

/** The image with a black border of one pixel, so that every pixel of it has four neighbors. */
function bordered(image, rows, columns) {
  const row = 3 * columns;
  const wide = row + 6;
  const result = new Uint8Array((rows + 2) * wide);
  for (let y = 0; y < rows; y += 1) {
    result.set(image.subarray(y * row, (y + 1) * row), (y + 1) * wide + 3);
  }
  return result;
}

/**
 * Resample once, bilinearly; pixels outside the image are black.
 * @param {Uint8Array} image
 * @param {number} rows
 * @param {number} columns
 * @param {Record<string, any>} parameters
 * @returns {Uint8Array}
 */
export function affine(image, rows, columns, parameters) {
  const [a, b, right, c, d, down] = inverseAffine(parameters);
  const source = bordered(image, rows, columns);
  const result = new Uint8Array(image.length);
  const row = 3 * (columns + 2);
  for (let y = 0, to = 0; y < rows; y += 1) {
    const v = y + 0.5 - rows / 2;
    // In the bordered image, the center of the first pixel of `image` is at 1.
    const startX = b * v + right + columns / 2 + 0.5;
    const startY = d * v + down + rows / 2 + 0.5;
    for (let x = 0; x < columns; x += 1, to += 3) {
      const u = x + 0.5 - columns / 2;
      const fromX = startX + a * u;
      const fromY = startY + c * u;
      if (!(fromX > 0 && fromY > 0 && fromX < columns + 1 && fromY < rows + 1)) continue;
      const left = Math.floor(fromX);
      const top = Math.floor(fromY);
      const wx = fromX - left;
      const wy = fromY - top;
      const w3 = wx * wy;
      const w2 = wy - w3;
      const w1 = wx - w3;
      const w0 = 1 - wx - w2;
      const p = top * row + 3 * left;
      const q = p + row;
      // Plus 0.5, to round.
      result[to] = w0 * source[p] + w1 * source[p + 3] + w2 * source[q] + w3 * source[q + 3] + 0.5;
      result[to + 1] =
        w0 * source[p + 1] + w1 * source[p + 4] + w2 * source[q + 1] + w3 * source[q + 4] + 0.5;
      result[to + 2] =
        w0 * source[p + 2] + w1 * source[p + 5] + w2 * source[q + 2] + w3 * source[q + 5] + 0.5;
    }
  }
  return result;
}

/**
 * For each of `toLength` pixels along a side, the two of `length` that it lies between, and where.
 */
function taps(length, toLength) {
  const first = new Int32Array(toLength);
  const second = new Int32Array(toLength);
  const weight = new Float32Array(toLength);
  for (let i = 0; i < toLength; i += 1) {
    const from = Math.max(0, ((i + 0.5) * length) / toLength - 0.5);
    first[i] = Math.min(Math.floor(from), length - 1);
    second[i] = Math.min(first[i] + 1, length - 1);
    weight[i] = from - first[i];
  }
  return { first, second, weight };
}

/**
 * Cut out a box and enlarge it bilinearly to the size of the image.
 * @param {Uint8Array} image
 * @param {number} rows
 * @param {number} columns
 * @param {{top: number, left: number, height: number, width: number}} box
 * @returns {Uint8Array}
 */
function resizedCrop(image, rows, columns, { top, left, height, width }) {
  const row = 3 * columns;
  const across = new Uint8Array(height * row);
  const { first, second, weight } = taps(width, columns);
  for (let i = 0, to = 0; i < height; i += 1) {
    const from = (top + i) * row + 3 * left;
    for (let j = 0; j < columns; j += 1, to += 3) {
      const p = from + 3 * first[j];
      const q = from + 3 * second[j];
      const w = weight[j];
      across[to] = image[p] + w * (image[q] - image[p]) + 0.5;
      across[to + 1] = image[p + 1] + w * (image[q + 1] - image[p + 1]) + 0.5;
      across[to + 2] = image[p + 2] + w * (image[q + 2] - image[p + 2]) + 0.5;
    }
  }
  const result = new Uint8Array(image.length);
  const y = taps(height, rows);
  for (let i = 0, to = 0; i < rows; i += 1) {
    let a = y.first[i] * row;
    let b = y.second[i] * row;
    const w = y.weight[i];
    for (const end = to + row; to < end; to += 1, a += 1, b += 1) {
      result[to] = across[a] + w * (across[b] - across[a]) + 0.5;
    }
  }
  return result;
}

/**
 * Mirror left and right.
 * @param {Uint8Array} image
 * @param {number} rows
 * @param {number} columns
 * @returns {Uint8Array}
 */
export function mirrored(image, rows, columns) {
  const result = new Uint8Array(image.length);
  for (let y = 0, to = 0; y < rows; y += 1) {
    for (let x = columns - 1; x >= 0; x -= 1, to += 3) {
      const at = 3 * (y * columns + x);
      result[to] = image[at];
      result[to + 1] = image[at + 1];
      result[to + 2] = image[at + 2];
    }
  }
  return result;
}

// A byte array cuts off the digits after the point, as torchvision does in all of these.
const clip = (value) => (value < 0 ? 0 : value > 255 ? 255 : value | 0);
const gray = (red, green, blue) => (0.2989 * red + 0.587 * green + 0.114 * blue) | 0;

const table = new Uint8Array(256);
/** Replace every value by what a table of 256 says; three at a time, which takes half as long. */
function lookUp(image, change) {
  for (let value = 0; value < 256; value += 1) table[value] = clip(change(value));
  for (let at = 0; at < image.length; at += 3) {
    image[at] = table[image[at]];
    image[at + 1] = table[image[at + 1]];
    image[at + 2] = table[image[at + 2]];
  }
}

function brightness(image, factor) {
  lookUp(image, (value) => value * factor);
}

/** Away from, or toward, the mean brightness of the image. */
function contrast(image, factor) {
  let sum = 0;
  for (let at = 0; at < image.length; at += 3) sum += gray(image[at], image[at + 1], image[at + 2]);
  const rest = (1 - factor) * (sum / (image.length / 3));
  lookUp(image, (value) => value * factor + rest);
}

/** Away from, or toward, each pixel's own gray. */
function saturation(image, factor) {
  for (let at = 0; at < image.length; at += 3) {
    const rest = (1 - factor) * gray(image[at], image[at + 1], image[at + 2]);
    image[at] = clip(image[at] * factor + rest);
    image[at + 1] = clip(image[at + 1] * factor + rest);
    image[at + 2] = clip(image[at + 2] * factor + rest);
  }
}

/**
 * Around the circle of hues: 0.5 is the opposite color. Brightest and palest of a pixel's values
 * stay.
 */
function hue(image, turn) {
  const sixthsAhead = 6 * (turn + 1);
  for (let at = 0; at < image.length; at += 3) {
    const red = image[at];
    const green = image[at + 1];
    const blue = image[at + 2];
    const high = Math.max(red, green, blue);
    const low = Math.min(red, green, blue);
    const range = high - low;
    if (range === 0) continue;
    // 0 is red, 2 green, 4 blue.
    let sixths = sixthsAhead;
    if (high === red) sixths += (green - blue) / range;
    else if (high === green) sixths += 2 + (blue - red) / range;
    else sixths += 4 + (red - green) / range;
    const whole = Math.floor(sixths);
    const part = sixths - whole;
    // torchvision goes from bytes to 0..1 and back with a little more than 255.
    const top = high * BACK;
    const bottom = low * BACK;
    const falling = (high - range * part) * BACK;
    const rising = (low + range * part) * BACK;
    let r = top;
    let g = rising;
    let b = bottom;
    switch (whole % 6) {
      case 1:
        r = falling;
        g = top;
        break;
      case 2:
        r = bottom;
        g = top;
        b = rising;
        break;
      case 3:
        r = bottom;
        g = falling;
        b = top;
        break;
      case 4:
        r = rising;
        g = bottom;
        b = top;
        break;
      case 5:
        g = bottom;
        b = falling;
        break;
    }
    image[at] = r;
    image[at + 1] = g;
    image[at + 2] = b;
  }
}
const BACK = 255.999 / 255;

const ADJUST = { brightness, contrast, saturation, hue };

/**
 * Add Gaussian noise; `normals` has one standard normal number per value.
 * @param {Uint8Array} image
 * @param {number} sigma
 * @param {Float32Array} normals
 */
function adjustNoise(image, sigma, normals) {
  for (let at = 0; at < image.length; at += 1) {
    image[at] = clip(image[at] + ((255 * sigma * normals[at]) | 0));
  }
}

/**
 * Blacken a box: erasing.
 * @param {Uint8Array} image
 * @param {number} columns
 * @param {{top: number, left: number, height: number, width: number}} box
 */
function adjustErase(image, columns, { top, left, height, width }) {
  for (let y = top; y < top + height; y += 1) {
    image.fill(0, 3 * (y * columns + left), 3 * (y * columns + left + width));
  }
}

/**
 * Geometry only; the image itself where there is none.
 * @param {Uint8Array} image
 * @param {number} rows
 * @param {number} columns
 * @param {Record<string, any>} drawn
 * @returns {Uint8Array}
 */
export function place(image, rows, columns, { affine: map, crop, flip }) {
  let result = image;
  if (map) result = affine(result, rows, columns, map);
  if (crop && !crop.whole) result = resizedCrop(result, rows, columns, crop);
  return flip ? mirrored(result, rows, columns) : result;
}

/**
 * Colors in the order in which they were drawn, then noise and the hole; leaves `image` as it is.
 * @param {Uint8Array} image
 * @param {number} columns
 * @param {Record<string, any>} drawn
 * @param {Float32Array} normals
 * @returns {Uint8Array}
 */
export function paint(image, columns, { colors, noise, erase }, normals) {
  const result = image.slice();
  for (const [name, value] of colors) ADJUST[name](result, value);
  if (noise) adjustNoise(result, noise, normals);
  if (erase) adjustErase(result, columns, erase);
  return result;
}

/**
 * The first image with weight `share`, the second with the rest.
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 * @param {number} share
 * @returns {Uint8Array}
 */
export function mixup(first, second, share) {
  const result = new Uint8Array(first.length);
  const rest = 1 - share;
  for (let at = 0; at < result.length; at += 1) {
    result[at] = share * first[at] + rest * second[at] + 0.5;
  }
  return result;
}

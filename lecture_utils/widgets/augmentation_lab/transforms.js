/**
 * torchvision's transforms of a color image: bytes, row by row, red, green and blue beside each other.
 * Each returns a new image, or changes one in place where its name begins with "adjust".
 */

/** What takes a pixel of the result, measured from the middle, to where it comes from. */
export function inverseAffine({ angle, dx, dy, zoom, shear }) {
  const [turn, slant] = [angle, shear].map((degrees) => (degrees * Math.PI) / 180);
  const [cos, sin, tan] = [Math.cos(turn), Math.sin(turn), Math.tan(slant)];
  const [a, b] = [(cos - sin * tan) / zoom, (cos * tan + sin) / zoom];
  const [c, d] = [-sin / zoom, cos / zoom];
  return [a, b, -a * dx - b * dy, c, d, -c * dx - d * dy];
}

/** Resample once, bilinearly; what comes in from outside is black. */
export function affine(image, rows, columns, parameters) {
  const [a, b, right, c, d, down] = inverseAffine(parameters);
  const result = new Uint8Array(image.length);
  for (let y = 0, to = 0; y < rows; y += 1) {
    const v = y + 0.5 - rows / 2;
    for (let x = 0; x < columns; x += 1, to += 3) {
      const u = x + 0.5 - columns / 2;
      const fromX = a * u + b * v + right + columns / 2 - 0.5;
      const fromY = c * u + d * v + down + rows / 2 - 0.5;
      if (fromX <= -1 || fromY <= -1 || fromX >= columns || fromY >= rows) continue;
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [wx, wy] = [fromX - left, fromY - top];
      let [red, green, blue] = [0.5, 0.5, 0.5]; // to round
      for (let i = 0; i < 4; i += 1) {
        const [px, py] = [left + (i & 1), top + (i >> 1)];
        if (px < 0 || py < 0 || px >= columns || py >= rows) continue;
        const weight = (i & 1 ? wx : 1 - wx) * (i >> 1 ? wy : 1 - wy);
        const at = 3 * (py * columns + px);
        red += weight * image[at];
        green += weight * image[at + 1];
        blue += weight * image[at + 2];
      }
      result[to] = red;
      result[to + 1] = green;
      result[to + 2] = blue;
    }
  }
  return result;
}

/** Where each pixel along a side comes from: {first, weights}, bilinear, averaging where it shrinks. */
function taps(length, toLength) {
  const scale = length / toLength;
  const reach = Math.max(scale, 1);
  return Array.from({ length: toLength }, (_, i) => {
    const middle = scale * (i + 0.5);
    const first = Math.max(0, Math.trunc(middle - reach + 0.5));
    const end = Math.min(length, Math.trunc(middle + reach + 0.5));
    const weights = [];
    for (let at = first; at < end; at += 1) weights.push(Math.max(0, 1 - Math.abs(at - middle + 0.5) / reach));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Cut out a box and bring it to a size. */
export function resizedCrop(image, columns, { top, left, height, width }, toRows, toColumns) {
  const across = new Float32Array(height * toColumns * 3);
  taps(width, toColumns).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y += 1) {
      let [red, green, blue] = [0, 0, 0];
      let at = 3 * ((top + y) * columns + left + first);
      for (const weight of weights) {
        red += weight * image[at];
        green += weight * image[at + 1];
        blue += weight * image[at + 2];
        at += 3;
      }
      const to = 3 * (y * toColumns + x);
      across[to] = red;
      across[to + 1] = green;
      across[to + 2] = blue;
    }
  });
  const result = new Uint8Array(toRows * toColumns * 3);
  const row = 3 * toColumns;
  taps(height, toRows).forEach(({ first, weights }, y) => {
    for (let x = 0; x < row; x += 1) {
      let sum = 0.5; // to round
      for (let i = 0; i < weights.length; i += 1) sum += weights[i] * across[(first + i) * row + x];
      result[y * row + x] = sum;
    }
  });
  return result;
}

/** Mirror left and right. */
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

// A byte array cuts off the digits behind the point, as torchvision does in all of these.
const clip = (value) => (value < 0 ? 0 : value > 255 ? 255 : value);
const grayAt = (image, at) =>
  Math.floor(0.2989 * image[at] + 0.587 * image[at + 1] + 0.114 * image[at + 2]);

function brightness(image, factor) {
  for (let at = 0; at < image.length; at += 1) image[at] = clip(image[at] * factor);
}

/** Away from, or towards, the mean brightness of the picture. */
function contrast(image, factor) {
  let sum = 0;
  for (let at = 0; at < image.length; at += 3) sum += grayAt(image, at);
  const rest = (1 - factor) * (sum / (image.length / 3));
  for (let at = 0; at < image.length; at += 1) image[at] = clip(image[at] * factor + rest);
}

/** Away from, or towards, each pixel's own gray. */
function saturation(image, factor) {
  for (let at = 0; at < image.length; at += 3) {
    const rest = (1 - factor) * grayAt(image, at);
    image[at] = clip(image[at] * factor + rest);
    image[at + 1] = clip(image[at + 1] * factor + rest);
    image[at + 2] = clip(image[at + 2] * factor + rest);
  }
}

/** Around the circle of hues: 0.5 is the opposite color. Brightest and palest of a pixel's values stay. */
function hue(image, turn) {
  for (let at = 0; at < image.length; at += 3) {
    const [red, green, blue] = [image[at], image[at + 1], image[at + 2]];
    const high = Math.max(red, green, blue);
    const range = high - Math.min(red, green, blue);
    if (range === 0) continue;
    let sixths = high === red ? (green - blue) / range : high === green ? 2 + (blue - red) / range : 4 + (red - green) / range;
    sixths = (sixths + 6 * turn + 12) % 6;
    for (let channel = 0; channel < 3; channel += 1) {
      // Red is full around 0, green around 2, blue around 4, and each falls off on both sides.
      const away = Math.abs(((sixths - 2 * channel + 9) % 6) - 3);
      const value = high - range * Math.min(1, Math.max(0, away - 1));
      image[at + channel] = (value / 255) * 255.999;
    }
  }
}

const ADJUST = { brightness, contrast, saturation, hue };

/** Add Gaussian noise; `normals` has one standard normal number per value. */
export function adjustNoise(image, sigma, normals) {
  for (let at = 0; at < image.length; at += 1) {
    image[at] = clip(image[at] + Math.trunc(255 * sigma * normals[at]));
  }
}

/** Blacken a box: cutout. */
export function adjustErase(image, columns, { top, left, height, width }) {
  for (let y = top; y < top + height; y += 1) {
    image.fill(0, 3 * (y * columns + left), 3 * (y * columns + left + width));
  }
}

/** Geometry only; the image itself where there is none. */
export function place(image, rows, columns, { affine: map, crop, flip }) {
  let result = image;
  if (map) result = affine(result, rows, columns, map);
  if (crop) result = resizedCrop(result, columns, crop, rows, columns);
  return flip ? mirrored(result, rows, columns) : result;
}

/** Colors, in the order in which they were drawn, then noise and the hole; leaves `image` as it is. */
export function paint(image, columns, { colors, noise, erase }, normals) {
  const result = image.slice();
  for (const [name, value] of colors) ADJUST[name](result, value);
  if (noise) adjustNoise(result, noise, normals());
  if (erase) adjustErase(result, columns, erase);
  return result;
}

/** The first picture with weight `share`, the second with the rest. */
export function mixup(first, second, share) {
  return first.map((value, at) => share * value + (1 - share) * second[at] + 0.5);
}

/**
 * Gabor filters in the browser: the arithmetic of `lecture_utils.filter_banks`, at the pace of a
 * slider.
 */

import { fastLength, imageTransform } from "./fourier.js";

/** Kernels reach this many standard deviations, as in scikit-image. */
const REACH = 3;

/**
 * @typedef {{frequency: number, theta: number, sigma: number, sigmaY?: number, phase?: number}}
 *   Gabor
 */

/** Half the height and half the width, without the middle, of the box that a kernel fills. */
function reach(theta, sigma, sigmaY) {
  const cos = Math.abs(REACH * Math.cos(theta));
  const sin = Math.abs(REACH * Math.sin(theta));
  return [
    Math.ceil(Math.max(sigmaY * cos, sigma * sin, 1)),
    Math.ceil(Math.max(sigma * cos, sigmaY * sin, 1)),
  ];
}

/**
 * A Gabor kernel, exactly that of `lecture_utils.filter_banks.gabor_kernel`.
 * @param {number} frequency Cycles per pixel.
 * @param {number} theta Where the wave travels, in radians; 0 is along x, y points down.
 * @param {number} sigma Standard deviation of the envelope, in pixels, along the wave.
 * @param {{sigmaY?: number, phase?: number}} [options] Standard deviation along the crests, by
 *   default the same; phase of the wave in the middle, in radians.
 * @returns {{re: Float64Array, im: Float64Array, envelope: Float64Array, height: number,
 *   width: number}}
 */
export function gaborKernel(frequency, theta, sigma, { sigmaY = sigma, phase = 0 } = {}) {
  const [down, right] = reach(theta, sigma, sigmaY);
  const [height, width] = [2 * down + 1, 2 * right + 1];
  const [re, im, envelope] = Array.from({ length: 3 }, () => new Float64Array(height * width));
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  for (let y = -down, i = 0; y <= down; y += 1) {
    for (let x = -right; x <= right; x += 1, i += 1) {
      const along = x * cos + y * sin;
      const across = y * cos - x * sin;
      const distance = (along / sigma) ** 2 + (across / sigmaY) ** 2;
      envelope[i] = Math.exp(-distance / 2) / (2 * Math.PI * sigma * sigmaY);
      const angle = 2 * Math.PI * frequency * along + phase;
      re[i] = envelope[i] * Math.cos(angle);
      im[i] = envelope[i] * Math.sin(angle);
    }
  }
  return { re, im, envelope, height, width };
}

/**
 * A filter for images of one size. Its arrays are made once and filled again by every call.
 *
 * A round envelope is the product of two one-dimensional ones, and a wave that slides over the
 * image only turns its phase. So the image is multiplied by the wave, blurred along rows and along
 * columns, and multiplied back: work in proportion to sigma, where the sum over the whole kernel
 * needs its square. An elongated envelope has no such product; it goes through the Fourier
 * transform.
 * @param {number} height
 * @param {number} width
 * @returns {{respond(image: Float32Array, settings: Gabor): {re: Float32Array, im: Float32Array}}}
 */
export function makeGaborEngine(height, width) {
  const length = height * width;
  const [re, im] = [new Float32Array(length), new Float32Array(length)];
  // The blurred rows, written as columns, so that the second pass again reads lines. A distance of
  // exactly 2 KiB between neighbors would crowd them into a few lines of the processor's cache.
  const stride = height + 3;
  const [columnsRe, columnsIm] = [
    new Float64Array(width * stride),
    new Float64Array(width * stride),
  ];
  const along = makeAxis(width);
  const down = makeAxis(height);
  let elongated = null;

  function blurRows(image) {
    const { radius, pixel, weights, cos, sin, lineRe, lineIm, blurredRe, blurredIm } = along;
    for (let y = 0; y < height; y += 1) {
      const from = y * width;
      for (let i = 0; i < pixel.length; i += 1) {
        const value = image[from + pixel[i]];
        lineRe[i] = value * cos[i];
        lineIm[i] = -value * sin[i];
      }
      blur(lineRe, width, weights, radius, blurredRe);
      blur(lineIm, width, weights, radius, blurredIm);
      for (let x = 0, at = y; x < width; x += 1, at += stride) {
        columnsRe[at] = blurredRe[x];
        columnsIm[at] = blurredIm[x];
      }
    }
  }
  function blurColumns(phase) {
    const { radius, pixel, weights, cos, sin, lineRe, lineIm, blurredRe, blurredIm } = down;
    const [startRe, startIm] = [Math.cos(phase), Math.sin(phase)];
    for (let x = 0; x < width; x += 1) {
      const from = x * stride;
      for (let i = 0; i < pixel.length; i += 1) {
        const a = columnsRe[from + pixel[i]],
          b = columnsIm[from + pixel[i]];
        lineRe[i] = a * cos[i] + b * sin[i];
        lineIm[i] = b * cos[i] - a * sin[i];
      }
      blur(lineRe, height, weights, radius, blurredRe);
      blur(lineIm, height, weights, radius, blurredIm);
      // Back along both axes: the wave along x has one value in the whole column.
      const [waveRe, waveIm] = [along.cos[x + along.radius], along.sin[x + along.radius]];
      const turnRe = waveRe * startRe - waveIm * startIm;
      const turnIm = waveRe * startIm + waveIm * startRe;
      for (let y = 0, at = x, i = radius; y < height; y += 1, at += width, i += 1) {
        const c = cos[i] * turnRe - sin[i] * turnIm;
        const s = cos[i] * turnIm + sin[i] * turnRe;
        re[at] = blurredRe[y] * c - blurredIm[y] * s;
        im[at] = blurredRe[y] * s + blurredIm[y] * c;
      }
    }
  }

  return {
    /**
     * Convolve an image with a Gabor kernel; behind its border the image is mirrored ("reflect").
     * @param {Float32Array} image height * width pixels. Give the same array again only if its
     *   pixels are the same.
     * @param {Gabor} settings
     * @returns {{re: Float32Array, im: Float32Array}} Overwritten by the next call.
     */
    respond(image, settings) {
      const { frequency, theta, sigma, sigmaY = sigma, phase = 0 } = settings;
      if (sigma === sigmaY) {
        along.tune(frequency * Math.cos(theta), theta, sigma);
        down.tune(frequency * Math.sin(theta), theta, sigma);
        blurRows(image);
        blurColumns(phase);
      } else {
        elongated ??= elongatedFilter(height, width);
        elongated(image, settings, re, im);
      }
      return { re, im };
    },
  };
}

/** Which pixel a position before or after a line shows in its mirrored continuation. */
function mirrored(place, length) {
  const folded = ((place % (2 * length)) + 2 * length) % (2 * length);
  return Math.min(folded, 2 * length - 1 - folded);
}

/**
 * What one axis of an image needs: mirrored positions, the wave along it, weights, working lines.
 */
function makeAxis(length) {
  const axis = {
    radius: -1,
    // Blurred four at a time, so there is room for three more than the line has.
    blurredRe: new Float64Array(length + 3),
    blurredIm: new Float64Array(length + 3),
    tune(frequency, theta, sigma) {
      const [radius] = reach(theta, sigma, sigma);
      if (axis.radius !== radius) {
        const padded = length + 2 * radius;
        axis.radius = radius;
        axis.pixel = Int32Array.from({ length: padded }, (_, i) => mirrored(i - radius, length));
        axis.weights = new Float64Array(radius + 1);
        for (const name of ["cos", "sin", "lineRe", "lineIm"])
          axis[name] = new Float64Array(padded + 3);
      }
      for (let i = 0; i < axis.pixel.length; i += 1) {
        const angle = 2 * Math.PI * frequency * (i - radius);
        axis.cos[i] = Math.cos(angle);
        axis.sin[i] = Math.sin(angle);
      }
      for (let k = 0; k <= radius; k += 1) {
        axis.weights[k] = Math.exp(-((k / sigma) ** 2) / 2) / (Math.sqrt(2 * Math.PI) * sigma);
      }
    },
  };
  return axis;
}

/**
 * Blur a line with symmetric weights. Pixels at the same distance to the left and to the right
 * share a weight; four neighbors are summed at a time, because they share all pixels but one per
 * step.
 */
// biome-ignore format: the running sums side by side.
function blur(line, length, weights, radius, out) {
  for (let x = 0; x < length; x += 4) {
    const middle = x + radius;
    let l0 = line[middle], l1 = line[middle + 1], l2 = line[middle + 2], l3 = line[middle + 3];
    let r0 = l0, r1 = l1, r2 = l2, r3 = l3;
    const center = weights[0];
    let s0 = center * l0, s1 = center * l1, s2 = center * l2, s3 = center * l3;
    let left = middle - 1, right = middle + 4;
    for (let k = 1; k <= radius; k += 1, left -= 1, right += 1) {
      const weight = weights[k];
      l3 = l2;
      l2 = l1;
      l1 = l0;
      l0 = line[left];
      r0 = r1;
      r1 = r2;
      r2 = r3;
      r3 = line[right];
      s0 += weight * (l0 + r0);
      s1 += weight * (l1 + r1);
      s2 += weight * (l2 + r2);
      s3 += weight * (l3 + r3);
    }
    out[x] = s0;
    out[x + 1] = s1;
    out[x + 2] = s2;
    out[x + 3] = s3;
  }
}

/** Any kernel by Fourier transforms; the spectrum of the image is kept as long as it fits. */
function elongatedFilter(height, width) {
  let transform = null;
  let seen = null;
  let imageRe, imageIm, workRe, workIm;
  let [top, left] = [0, 0];

  /** Surround the image by its mirror images: a circular convolution then spoils nothing inside. */
  function prepare(image, down, right) {
    const fits =
      transform && top >= down && left >= right && top <= 2 * down + 16 && left <= 2 * right + 16;
    if (fits && seen === image) return;
    if (!fits) {
      const [rows, columns] = [fastLength(height + 2 * down), fastLength(width + 2 * right)];
      if (transform?.rows !== rows || transform.columns !== columns) {
        transform = imageTransform(rows, columns);
        const size = rows * columns;
        [imageRe, imageIm, workRe, workIm] = Array.from(
          { length: 4 },
          () => new Float64Array(size),
        );
      }
      [top, left] = [(rows - height) >> 1, (columns - width) >> 1];
    }
    seen = image;
    imageIm.fill(0);
    for (let y = 0, at = 0; y < transform.rows; y += 1) {
      const row = mirrored(y - top, height) * width;
      for (let x = 0; x < transform.columns; x += 1, at += 1) {
        imageRe[at] = image[row + mirrored(x - left, width)];
      }
    }
    transform.forward(imageRe, imageIm);
  }

  return (image, { frequency, theta, sigma, sigmaY, phase }, re, im) => {
    const kernel = gaborKernel(frequency, theta, sigma, { sigmaY, phase });
    const [down, right] = [(kernel.height - 1) / 2, (kernel.width - 1) / 2];
    prepare(image, down, right);
    const { rows, columns } = transform;
    workRe.fill(0);
    workIm.fill(0);
    for (let y = 0; y < kernel.height; y += 1) {
      const part = [y * kernel.width, (y + 1) * kernel.width];
      workRe.set(kernel.re.subarray(...part), y * columns);
      workIm.set(kernel.im.subarray(...part), y * columns);
    }
    transform.forward(workRe, workIm, kernel.height);
    for (let i = 0; i < workRe.length; i += 1) {
      const product = workRe[i] * imageRe[i] - workIm[i] * imageIm[i];
      workIm[i] = workRe[i] * imageIm[i] + workIm[i] * imageRe[i];
      workRe[i] = product;
    }
    // The kernel's middle was not at the origin, so the result has moved down and right.
    const [firstRow, firstColumn] = [top + down, left + right];
    transform.inverse(workRe, workIm, firstRow, Math.min(firstRow + height, rows));
    for (let y = 0; y < height; y += 1) {
      const from = (firstRow + y) * columns + firstColumn;
      re.set(workRe.subarray(from, from + width), y * width);
      im.set(workIm.subarray(from, from + width), y * width);
    }
  };
}

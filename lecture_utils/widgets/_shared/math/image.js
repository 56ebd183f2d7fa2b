/** The arithmetic of images: plain functions on typed arrays, row by row, no page elements. */

/** @typedef {{stride?: number, padding?: number, dilation?: number}} Layer */

/**
 * How many windows fit along one axis: floor((n + 2p - d(k - 1) - 1) / s) + 1; 0 when none does.
 * @param {number} size Input size n.
 * @param {number} kernel Kernel size k.
 * @param {Layer} [layer]
 * @returns {number}
 */
export function outputSize(size, kernel, { stride = 1, padding = 0, dilation = 1 } = {}) {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

// The padded image, kept between calls so that a moving slider does not allocate.
let padded = new Float64Array(0);

function pad(input, h, w, padding) {
  const width = w + 2 * padding;
  const length = (h + 2 * padding) * width;
  if (padded.length < length) padded = new Float64Array(length);
  if (padding) padded.fill(0, 0, length);
  for (let y = 0; y < h; y += 1) {
    const from = y * w;
    const to = (y + padding) * width + padding;
    for (let x = 0; x < w; x += 1) padded[to + x] = input[from + x];
  }
  return padded;
}

/**
 * Slide a kernel over an image and sum the products: what CNNs call a convolution.
 * Sums are made in double precision. Zeros surround the image where there is padding.
 * @template {Float32Array|Float64Array} [T=Float32Array<ArrayBuffer>]
 * @param {Float32Array|Float64Array} input h * w pixels.
 * @param {number} h
 * @param {number} w
 * @param {Float32Array|Float64Array} kernel kh * kw weights.
 * @param {number} kh
 * @param {number} kw
 * @param {Layer} [layer]
 * @param {T} [out] Is filled and returned if it has the right length.
 * @returns {T} Output, `outputSize` rows and columns; empty when no window fits.
 */
export function correlate2d(input, h, w, kernel, kh, kw, layer = {}, out = undefined) {
  const { stride = 1, padding = 0, dilation = 1 } = layer;
  const rows = outputSize(h, kh, layer);
  const columns = outputSize(w, kw, layer);
  const length = rows && columns ? rows * columns : 0;
  const result = out && out.length === length ? out : /** @type {T} */ (new Float32Array(length));
  if (!length) return result;
  const image = pad(input, h, w, padding);
  const width = w + 2 * padding;
  if (stride > 1) strided(image, width, kernel, kh, kw, result, rows, columns, stride, dilation);
  else if (dilation > 1) dilated(image, width, kernel, kh, kw, result, rows, columns, dilation);
  else dense(image, width, kernel, kh, kw, result, rows, columns);
  return result;
}

/**
 * Stride and dilation 1. Six neighbors at a time, because they share all pixels but one per step.
 */
// biome-ignore format: the running sums side by side.
function dense(image, width, kernel, kh, kw, out, rows, columns) {
  for (let y = 0; y < rows; y += 1) {
    let x = 0;
    for (; x + 6 <= columns; x += 6) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0;
      for (let i = 0, k = 0; i < kh; i += 1) {
        let at = (y + i) * width + x;
        let p0 = image[at], p1 = image[at + 1], p2 = image[at + 2];
        let p3 = image[at + 3], p4 = image[at + 4];
        at += 5;
        for (let j = 0; j < kw; j += 1, k += 1, at += 1) {
          const weight = kernel[k];
          const p5 = image[at];
          s0 += weight * p0;
          s1 += weight * p1;
          s2 += weight * p2;
          s3 += weight * p3;
          s4 += weight * p4;
          s5 += weight * p5;
          p0 = p1;
          p1 = p2;
          p2 = p3;
          p3 = p4;
          p4 = p5;
        }
      }
      const to = y * columns + x;
      out[to] = s0;
      out[to + 1] = s1;
      out[to + 2] = s2;
      out[to + 3] = s3;
      out[to + 4] = s4;
      out[to + 5] = s5;
    }
    for (; x < columns; x += 1) {
      out[y * columns + x] = windowSum(image, width, kernel, kh, kw, y, x, 1);
    }
  }
}

/**
 * Stride 1 with holes in the kernel: neighbors share no pixels, only the weight. Kernels that
 * were made larger are mostly zeros.
 */
// biome-ignore format: the running sums side by side.
function dilated(image, width, kernel, kh, kw, out, rows, columns, dilation) {
  for (let y = 0; y < rows; y += 1) {
    let x = 0;
    for (; x + 8 <= columns; x += 8) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
      for (let i = 0, k = 0; i < kh; i += 1) {
        let at = (y + i * dilation) * width + x;
        for (let j = 0; j < kw; j += 1, k += 1, at += dilation) {
          const weight = kernel[k];
          if (weight === 0) continue;
          s0 += weight * image[at];
          s1 += weight * image[at + 1];
          s2 += weight * image[at + 2];
          s3 += weight * image[at + 3];
          s4 += weight * image[at + 4];
          s5 += weight * image[at + 5];
          s6 += weight * image[at + 6];
          s7 += weight * image[at + 7];
        }
      }
      const to = y * columns + x;
      out[to] = s0;
      out[to + 1] = s1;
      out[to + 2] = s2;
      out[to + 3] = s3;
      out[to + 4] = s4;
      out[to + 5] = s5;
      out[to + 6] = s6;
      out[to + 7] = s7;
    }
    for (; x < columns; x += 1) {
      out[y * columns + x] = windowSum(image, width, kernel, kh, kw, y, x, dilation);
    }
  }
}

function strided(image, width, kernel, kh, kw, out, rows, columns, stride, dilation) {
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const sum = windowSum(image, width, kernel, kh, kw, y * stride, x * stride, dilation);
      out[y * columns + x] = sum;
    }
  }
}

function windowSum(image, width, kernel, kh, kw, top, left, dilation) {
  let sum = 0;
  for (let i = 0, k = 0; i < kh; i += 1) {
    let at = (top + i * dilation) * width + left;
    for (let j = 0; j < kw; j += 1, k += 1, at += dilation) sum += kernel[k] * image[at];
  }
  return sum;
}

/**
 * The pixels under one window, zeros where it lies over the padding.
 * @param {number} top Row of the window's first pixel in the image; negative inside the padding.
 * @param {number} left
 * @returns {Float32Array} kh * kw pixels.
 */
export function patchAt(input, h, w, top, left, kh, kw, dilation = 1) {
  const patch = new Float32Array(kh * kw);
  for (let i = 0; i < kh; i += 1) {
    const y = top + i * dilation;
    if (y < 0 || y >= h) continue;
    for (let j = 0; j < kw; j += 1) {
      const x = left + j * dilation;
      if (x >= 0 && x < w) patch[i * kw + j] = input[y * w + x];
    }
  }
  return patch;
}

/**
 * The largest magnitude of an array; 0 for an empty one.
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function maxMagnitude(values) {
  let largest = 0;
  for (let i = 0; i < values.length; i += 1) {
    const size = Math.abs(values[i]);
    if (size > largest) largest = size;
  }
  return largest;
}

/**
 * Brightness, 0 to 1, of pixels as a canvas stores them; transparency shows white paper.
 * @param {Uint8ClampedArray} rgba
 * @returns {Float32Array}
 */
export function toGray(rgba) {
  const gray = new Float32Array(rgba.length / 4);
  for (let i = 0, at = 0; i < gray.length; i += 1, at += 4) {
    const light = 0.2125 * rgba[at] + 0.7154 * rgba[at + 1] + 0.0721 * rgba[at + 2];
    const alpha = rgba[at + 3] / 255;
    gray[i] = (light / 255) * alpha + (1 - alpha);
  }
  return gray;
}

/**
 * Resize by averaging the area that each new pixel covers; enlarging repeats pixels.
 * @param {Float32Array} input
 * @param {number} h
 * @param {number} w
 * @param {number} toH
 * @param {number} toW
 * @returns {Float32Array} toH * toW values.
 */
export function resize(input, h, w, toH, toW) {
  const narrow = resizeRows(transpose(input, h, w), w, h, toW);
  return resizeRows(transpose(narrow, toW, h), h, toW, toH);
}

function transpose(input, h, w) {
  const result = new Float32Array(input.length);
  for (let y = 0; y < h; y += 1) {
    for (let x = 0; x < w; x += 1) result[x * h + y] = input[y * w + x];
  }
  return result;
}

function resizeRows(input, h, w, toH) {
  const result = new Float32Array(toH * w);
  const scale = h / toH;
  for (let y = 0; y < toH; y += 1) {
    const from = y * scale;
    const to = Math.min((y + 1) * scale, h);
    for (let row = Math.floor(from); row < to; row += 1) {
      const share = (Math.min(row + 1, to) - Math.max(row, from)) / (to - from);
      for (let x = 0; x < w; x += 1) result[y * w + x] += share * input[row * w + x];
    }
  }
  return result;
}

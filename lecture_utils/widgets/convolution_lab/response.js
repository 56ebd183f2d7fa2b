/** The output of the lab, kept between changes so that most of them cost little. */

import { outputSize } from "../_shared/math/image.js";
import { correlateSeparably } from "../_shared/math/separable.js";

/** As far as the lab's padding slider goes: a response with this border holds all smaller ones. */
export const MARGIN = 5;
/** Beyond this many changed weights, or for huge ones, starting anew is cheaper or more exact. */
const MOST_CHANGES = 4;
const LARGE = 1000;
/** Below this part of the largest weights so far, what these left behind would be seen. */
const SMALL = 1e-3;

/**
 * Return `respond(pixels, h, w, weights, kh, kw, layer, out)`: what `correlate2d` gives, by two of
 * its properties. It is linear: a weight that changes by d adds d times the shifted image. And
 * every stride and padding picks its output from the same response, the one with stride 1 and a
 * wide border.
 * @returns {(pixels: *, h: *, w: *, weights: *, kh: *, kw: *, layer: *, out: *) => *}
 */
export function responseKeeper() {
  let kept = null;

  return function respond(pixels, h, w, weights, kh, kw, layer, out) {
    const [rows, columns] = [outputSize(h, kh, layer), outputSize(w, kw, layer)];
    const length = rows && columns ? rows * columns : 0;
    const result = out?.length === length ? out : new Float32Array(length);
    if (!length) return result;
    const changes = kept && changedWeights(kept, { pixels, weights, kh, kw, layer });
    if (changes) {
      for (const k of changes) add(kept, pixels, h, w, k, weights[k] - kept.weights[k]);
      kept.weights = weights.slice();
      kept.largest = Math.max(kept.largest, total(weights));
    } else kept = start(pixels, h, w, weights, kh, kw, layer);
    pick(kept, layer, result, rows, columns);
    return result;
  };
}

function start(pixels, h, w, weights, kh, kw, { padding, dilation }) {
  const margin = Math.max(MARGIN, padding);
  const wide = { padding: margin, dilation };
  const [rows, columns] = [outputSize(h, kh, wide), outputSize(w, kw, wide)];
  const values = correlateSeparably(pixels, h, w, weights, kh, kw, wide);
  const largest = total(weights);
  return {
    ...{ pixels, weights: weights.slice(), kh, kw, dilation, margin, rows, columns, values },
    largest,
  };
}

/** @returns {number} What no value exceeds for an image between 0 and 1. */
const total = (weights) => weights.reduce((sum, weight) => sum + Math.abs(weight), 0);

/**
 * Indices of the weights that differ from those of the cached response; null if it is of no use.
 */
function changedWeights(kept, { pixels, weights, kh, kw, layer }) {
  if (kept.pixels !== pixels || kept.kh !== kh || kept.kw !== kw) return null;
  if (kept.dilation !== layer.dilation || kept.margin < layer.padding) return null;
  if (total(weights) < SMALL * kept.largest) return null;
  const changes = [];
  for (let k = 0; k < weights.length; k += 1) {
    if (weights[k] === kept.weights[k]) continue;
    if (Math.max(Math.abs(weights[k]), Math.abs(kept.weights[k])) > LARGE) return null;
    if (changes.push(k) > MOST_CHANGES) return null;
  }
  return changes;
}

/** Add `change` times the image, shifted to where weight `k` sees it. */
function add({ kw, dilation, margin, rows, columns, values }, pixels, h, w, k, change) {
  const down = margin - Math.floor(k / kw) * dilation;
  const right = margin - (k % kw) * dilation;
  const [left, end] = [Math.max(0, -right), Math.min(w, columns - right)];
  for (let y = Math.max(0, -down); y < Math.min(h, rows - down); y += 1) {
    const [from, to] = [y * w, (y + down) * columns + right];
    for (let x = left; x < end; x += 1) values[to + x] += change * pixels[from + x];
  }
}

/**
 * Copy the part that a layer's stride and padding leave, without rounding errors around zero.
 */
function pick(
  { margin, columns: width, values, largest },
  { stride, padding },
  out,
  rows,
  columns,
) {
  const crumbs = 1e-12 * largest;
  const border = margin - padding;
  for (let y = 0; y < rows; y += 1) {
    let from = (y * stride + border) * width + border;
    for (let x = 0, to = y * columns; x < columns; x += 1, to += 1, from += stride) {
      const value = values[from];
      out[to] = value > crumbs || value < -crumbs ? value : 0;
    }
  }
}

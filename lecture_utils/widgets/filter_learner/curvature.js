/** How much an image teaches along each direction of the kernel. */

/** Directions with less than this share of the largest eigenvalue count as not taught at all. */
export const UNSEEN = 1e-9;

/**
 * The mean of p pᵀ over all windows p of an image, a symmetric k²×k² matrix.
 * @param {Float64Array} pixels
 * @param {Int32Array} corners Where each window begins.
 * @param {Int32Array} offsets From there to each of its pixels.
 */
function secondMoment(pixels, corners, offsets) {
  const n = offsets.length;
  const matrix = Array.from({ length: n }, () => new Float64Array(n));
  for (const corner of corners) {
    for (let i = 0; i < n; i += 1) {
      const pixel = pixels[corner + offsets[i]] / corners.length;
      for (let j = 0; j <= i; j += 1) matrix[i][j] += pixel * pixels[corner + offsets[j]];
    }
  }
  for (let i = 0; i < n; i += 1) for (let j = 0; j < i; j += 1) matrix[j][i] = matrix[i][j];
  return matrix;
}

/**
 * Eigenvalues of a symmetric matrix, the smallest first: Jacobi's rotations until nothing is left.
 * @param {Float64Array[]} matrix
 * @returns {Float64Array}
 */
export function symmetricEigenvalues(matrix) {
  const a = matrix.map((row) => Float64Array.from(row));
  const n = a.length;
  for (let sweep = 0; sweep < 30; sweep += 1) {
    let rest = 0,
      total = 0;
    for (let i = 0; i < n; i += 1) {
      for (let j = 0; j < n; j += 1) {
        total += a[i][j] ** 2;
        if (i !== j) rest += a[i][j] ** 2;
      }
    }
    if (rest <= 1e-30 * total) break;
    for (let p = 0; p < n; p += 1) for (let q = p + 1; q < n; q += 1) rotate(a, p, q);
  }
  return Float64Array.from(a, (row, i) => Math.max(row[i], 0)).sort();
}

/** Turn rows and columns p and q so that a[p][q] becomes zero. */
function rotate(a, p, q) {
  if (a[p][q] === 0) return;
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < a.length; k += 1) {
    const [x, y] = [a[k][p], a[k][q]];
    a[k][p] = c * x - s * y;
    a[k][q] = s * x + c * y;
  }
  for (let k = 0; k < a.length; k += 1) {
    const [x, y] = [a[p][k], a[q][k]];
    a[p][k] = c * x - s * y;
    a[q][k] = s * x + c * y;
  }
}

/**
 * @param {Float64Array} pixels
 * @param {Int32Array} corners
 * @param {Int32Array} offsets
 * @returns {{eigenvalues: Float64Array, largest: number, smallest: number, condition: number,
 *   taught: number}} `taught` is how many directions get a gradient at all.
 */
export function curvature(pixels, corners, offsets) {
  const eigenvalues = symmetricEigenvalues(secondMoment(pixels, corners, offsets));
  const largest = eigenvalues.at(-1);
  const blank = largest <= 1e-12;
  const taught = blank ? 0 : eigenvalues.filter((value) => value > UNSEEN * largest).length;
  const smallest = eigenvalues[0];
  return {
    eigenvalues,
    largest,
    smallest,
    taught,
    condition: taught < eigenvalues.length ? Infinity : largest / smallest,
  };
}

/**
 * The learning rate above which descent on all windows diverges; see training.py.
 * @param {{largest: number, taught: number}} curvature
 * @param {number} momentum
 * @returns {number}
 */
export function largestStableRate({ largest, taught }, momentum) {
  return taught ? (1 + momentum) / largest : Infinity;
}

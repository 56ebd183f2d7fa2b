/** The transfer function of a kernel: by how much it multiplies each wave. */

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

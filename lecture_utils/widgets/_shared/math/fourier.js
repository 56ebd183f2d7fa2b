/**
 * Fast Fourier transforms of complex images, in place, for sides that are products of 2 and 3.
 */

const SIN_OF_A_THIRD = Math.sqrt(3) / 2;

/**
 * The smallest product of twos and threes that is not below `size`.
 * @param {number} size
 * @returns {number}
 */
export function fastLength(size) {
  for (let length = size; ; length += 1) {
    let rest = length;
    for (const factor of [2, 3]) while (rest % factor === 0) rest /= factor;
    if (rest === 1) return length;
  }
}

function factorize(length) {
  const factors = [];
  for (const factor of [4, 2, 3]) {
    while (length % factor === 0) {
      factors.push(factor);
      length /= factor;
    }
  }
  return factors;
}

/**
 * The transform of lines of one length (Stockham's order: no reshuffling at the end).
 * @returns {{re: Float64Array, im: Float64Array, run: (inverse: boolean) => void}} Fill `re` and
 *   `im`, call `run`, read them; the inverse divides by the length.
 */
function lineTransform(length) {
  const factors = factorize(length);
  const cos = Float64Array.from({ length }, (_, i) => Math.cos((2 * Math.PI * i) / length));
  const sin = Float64Array.from({ length }, (_, i) => -Math.sin((2 * Math.PI * i) / length));
  const [re, im, otherRe, otherIm] = Array.from({ length: 4 }, () => new Float64Array(length));

  // biome-ignore format: a line for each step of the butterfly.
  function stage4(xr, xi, yr, yi, groups, stride) {
    for (let p = 0; p < groups; p += 1) {
      const [at, far] = [p * stride, stride * groups];
      const c1 = cos[at], s1 = sin[at], c2 = cos[2 * at], s2 = sin[2 * at];
      const c3 = cos[3 * at], s3 = sin[3 * at];
      for (let q = 0, from = at, to = 4 * at; q < stride; q += 1, from += 1, to += 1) {
        const ar = xr[from], ai = xi[from], br = xr[from + far], bi = xi[from + far];
        const cr = xr[from + 2 * far], ci = xi[from + 2 * far];
        const dr = xr[from + 3 * far], di = xi[from + 3 * far];
        const acr = ar + cr, aci = ai + ci, bdr = br + dr, bdi = bi + di;
        const er = ar - cr, ei = ai - ci, fr = bi - di, fi = dr - br;
        yr[to] = acr + bdr;
        yi[to] = aci + bdi;
        const gr = er + fr, gi = ei + fi, hr = acr - bdr;
        const hi = aci - bdi, kr = er - fr, ki = ei - fi;
        yr[to + stride] = gr * c1 - gi * s1;
        yi[to + stride] = gr * s1 + gi * c1;
        yr[to + 2 * stride] = hr * c2 - hi * s2;
        yi[to + 2 * stride] = hr * s2 + hi * c2;
        yr[to + 3 * stride] = kr * c3 - ki * s3;
        yi[to + 3 * stride] = kr * s3 + ki * c3;
      }
    }
  }
  function stage2(xr, xi, yr, yi, groups, stride) {
    for (let p = 0; p < groups; p += 1) {
      const [at, far] = [p * stride, stride * groups];
      const [c, s] = [cos[at], sin[at]];
      for (let q = 0, from = at, to = 2 * at; q < stride; q += 1, from += 1, to += 1) {
        const [dr, di] = [xr[from] - xr[from + far], xi[from] - xi[from + far]];
        yr[to] = xr[from] + xr[from + far];
        yi[to] = xi[from] + xi[from + far];
        yr[to + stride] = dr * c - di * s;
        yi[to + stride] = dr * s + di * c;
      }
    }
  }
  // biome-ignore format: a line for each step of the butterfly.
  function stage3(xr, xi, yr, yi, groups, stride) {
    for (let p = 0; p < groups; p += 1) {
      const [at, far] = [p * stride, stride * groups];
      const c1 = cos[at], s1 = sin[at], c2 = cos[2 * at], s2 = sin[2 * at];
      for (let q = 0, from = at, to = 3 * at; q < stride; q += 1, from += 1, to += 1) {
        const ar = xr[from], ai = xi[from], br = xr[from + far], bi = xi[from + far];
        const cr = xr[from + 2 * far], ci = xi[from + 2 * far];
        const sr = br + cr, si = bi + ci;
        const er = ar - sr / 2, ei = ai - si / 2;
        const fr = SIN_OF_A_THIRD * (bi - ci), fi = SIN_OF_A_THIRD * (cr - br);
        yr[to] = ar + sr;
        yi[to] = ai + si;
        const gr = er + fr, gi = ei + fi, hr = er - fr, hi = ei - fi;
        yr[to + stride] = gr * c1 - gi * s1;
        yi[to + stride] = gr * s1 + gi * c1;
        yr[to + 2 * stride] = hr * c2 - hi * s2;
        yi[to + 2 * stride] = hr * s2 + hi * c2;
      }
    }
  }
  const stages = { 2: stage2, 3: stage3, 4: stage4 };
  function run(inverse) {
    // The inverse is the same sum with real and imaginary parts swapped, divided by the length.
    let [xr, xi, yr, yi] = inverse ? [im, re, otherIm, otherRe] : [re, im, otherRe, otherIm];
    let groups = length;
    let stride = 1;
    for (const radix of factors) {
      groups /= radix;
      stages[radix](xr, xi, yr, yi, groups, stride);
      stride *= radix;
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
    }
    if (factors.length % 2) {
      re.set(otherRe);
      im.set(otherIm);
    }
    if (!inverse) return;
    for (let i = 0; i < length; i += 1) {
      re[i] /= length;
      im[i] /= length;
    }
  }
  return { re, im, run };
}

/**
 * Transforms of images of one size, rows times columns, row by row in typed arrays.
 * @param {number} rows
 * @param {number} columns See `fastLength` for both.
 * @returns {{rows: number, columns: number, forward(re: *, im: *, filled?: number): void,
 *   inverse(re: *, im: *, first?: number, end?: number): void}}
 */
export function imageTransform(rows, columns) {
  const along = lineTransform(columns);
  const down = rows === columns ? along : lineTransform(rows);

  function eachRow(re, im, inverse, first, end) {
    for (let y = first; y < end; y += 1) {
      const row = y * columns;
      along.re.set(re.subarray(row, row + columns));
      along.im.set(im.subarray(row, row + columns));
      along.run(inverse);
      re.set(along.re, row);
      im.set(along.im, row);
    }
  }
  function eachColumn(re, im, inverse) {
    for (let x = 0; x < columns; x += 1) {
      for (let y = 0, at = x; y < rows; y += 1, at += columns) {
        down.re[y] = re[at];
        down.im[y] = im[at];
      }
      down.run(inverse);
      for (let y = 0, at = x; y < rows; y += 1, at += columns) {
        re[at] = down.re[y];
        im[at] = down.im[y];
      }
    }
  }
  return {
    rows,
    columns,
    /** Transform in place. Rows from `filled` on are zero, so they need no work. */
    forward(re, im, filled = rows) {
      eachRow(re, im, false, 0, filled);
      eachColumn(re, im, false);
    },
    /** Transform back in place; only rows `first` to `end` (exclusive) are completed. */
    inverse(re, im, first = 0, end = rows) {
      eachColumn(re, im, true);
      eachRow(re, im, true, first, end);
    },
  };
}

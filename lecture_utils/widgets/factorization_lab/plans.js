/** The layers before and after, as in plans.py, and their costs. */

/**
 * @param {Record<string, any>} settings
 * @returns {number[][][]} Before and after: [inputs, outputs, height, width, groups] per layer.
 */
export function layers({ kind, kernel: n, inputs, outputs, middle }) {
  const full = [[inputs, outputs, n, n, 1]];
  if (kind === "asymmetric")
    return [
      full,
      [
        [inputs, outputs, 1, n, 1],
        [outputs, outputs, n, 1, 1],
      ],
    ];
  if (kind === "stacked") {
    const count = (n - 1) / 2;
    return [
      full,
      Array.from({ length: count }, (_, i) => [i ? outputs : inputs, outputs, 3, 3, 1]),
    ];
  }
  if (kind === "bottleneck")
    return [
      full,
      [
        [inputs, middle, 1, 1, 1],
        [middle, middle, n, n, 1],
        [middle, outputs, 1, 1, 1],
      ],
    ];
  return [
    full,
    [
      [inputs, inputs, n, n, inputs],
      [inputs, outputs, 1, 1, 1],
    ],
  ];
}

/** @param {number[]} layer */
const weights = ([inputs, outputs, height, width, groups]) =>
  (inputs / groups) * outputs * height * width;

/**
 * @param {any[][]} stack
 * @param {number} size
 * @returns {{layers: *[][], parts: number[], parameters: number, macs: number, field: number[]}}
 */
export function cost(stack, size) {
  const parameters = stack.reduce((sum, layer) => sum + weights(layer), 0);
  const field = [2, 3].map((axis) => stack.reduce((sum, layer) => sum + layer[axis] - 1, 1));
  return {
    layers: stack,
    parts: stack.map(weights),
    parameters,
    macs: parameters * size ** 2,
    field,
  };
}

/**
 * The measured case that is nearest in kernel, channels and size, each as a ratio.
 * @param {number[][]} rows
 * @param {Record<string, any>} settings
 * @returns {number[]}
 */
export function nearest(rows, { kind, kernel, inputs, outputs, size }) {
  const channels = Math.sqrt(inputs * outputs);
  /** @param {number[]} row */
  const far = ([, k, c, s]) =>
    Math.hypot(Math.log(k / kernel), Math.log(c / channels), Math.log(s / size));
  const same = rows.filter((row) => row[0] === kind);
  return same.length ? same.reduce((best, row) => (far(row) < far(best) ? row : best)) : null;
}

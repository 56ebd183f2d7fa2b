/**
 * Axes with round numbers. An axis is {ticks: number[], place: value => 0 (low end) to 1,
 * decimals}.
 */

/**
 * The round step (1, 2 or 5 times a power of ten) that cuts `length` into at most `most` parts.
 * @param {number} length
 * @param {number} most
 * @returns {number}
 */
function roundStep(length, most) {
  const power = 10 ** Math.floor(Math.log10(length / most));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step * most >= length * (1 - 1e-9));
}

/**
 * From a round number below `low` to one above `high`; the ends stay within `least` and `most`.
 * @param {number} low
 * @param {number} high
 * @param {{least?: number, most?: number, parts?: number}} [settings]
 * @returns {{ticks: number[], place: (value: *) => number, decimals: number}}
 */
export function linearAxis(low, high, { least = -Infinity, most = Infinity, parts = 5 } = {}) {
  if (high - low < 1e-9 * Math.max(Math.abs(high), 1e-6)) {
    const margin = Math.abs(high) * 0.05 || 0.05;
    [low, high] = [Math.max(low - margin, least), Math.min(high + margin, most)];
  }
  // A loss that comes near zero is shown down to zero.
  if (low > 0 && low < 0.35 * high) low = 0;
  const step = roundStep(high - low, parts);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = [];
  for (let i = first; i <= last; i += 1) ticks.push(i * step);
  const bottom = Math.max(ticks[0], least);
  const top = Math.min(ticks.at(-1), most);
  return {
    ticks: ticks.filter((tick) => tick >= bottom - 1e-12 && tick <= top + 1e-12),
    place: (value) => (value - bottom) / (top - bottom),
    decimals: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)),
  };
}

/**
 * From a power of ten, or 2 or 5 times one, to another.
 * @param {number} low
 * @param {number} high
 * @returns {{ticks: number[], place: (value: *) => number, decimals: *}}
 */
export function logAxis(low, high) {
  const bottom = near(low, -1);
  const top = near(high, 1);
  const ticks = [];
  const few = Math.log10(top / bottom) <= 2.5;
  for (let power = Math.floor(Math.log10(bottom)); power <= Math.log10(top) + 1e-9; power += 1) {
    for (const digit of few ? [1, 2, 5] : [1]) {
      const tick = digit * 10 ** power;
      if (tick >= bottom * (1 - 1e-9) && tick <= top * (1 + 1e-9)) ticks.push(tick);
    }
  }
  const span = Math.log(top / bottom);
  return { ticks, place: (value) => Math.log(value / bottom) / span, decimals: null };
}

/** The next of 1, 2, 5, 10, ... strictly below or above, so that no curve lies on the frame. */
function near(value, direction) {
  const power = Math.floor(Math.log10(value));
  const steps = [0.5, 1, 2, 5, 10, 20].map((n) => n * 10 ** power);
  if (direction > 0) return steps.find((step) => step > value * (1 + 1e-9));
  return steps.reverse().find((step) => step < value * (1 - 1e-9));
}

/**
 * Epochs to write below the axis: all of them, or every 2nd, 5th, 10th ...
 * @param {number} epochs
 * @param {number} most
 * @returns {number[]}
 */
export function epochTicks(epochs, most) {
  const step = Math.max(1, roundStep(epochs, most));
  const ticks = step > 1 ? [1] : [];
  for (let epoch = step; epoch <= epochs; epoch += step) ticks.push(epoch);
  // The first number would run into the second one.
  return ticks.filter((_, i) => !(i === 0 && step > 1 && step < 3 && epochs > 12));
}

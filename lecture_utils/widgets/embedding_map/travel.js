/** From point to point: the nearest in a direction, the nearest to a finger, and the neighbors. */

const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/**
 * @param {string} key
 * @returns {boolean}
 */
export const isDirection = (key) => key in DIRECTIONS;

/**
 * The nearest point in the quarter that an arrow key points into.
 * @param {Float32Array} positions x, y, x, y, ... in pixels
 * @param {number[]} visible Points that count.
 * @returns {number} Its index, or -1.
 */
export function nearestInDirection(positions, visible, from, key) {
  const [ax, ay] = DIRECTIONS[key];
  let [best, found] = [Infinity, -1];
  for (const i of visible) {
    const [dx, dy] = [
      positions[2 * i] - positions[2 * from],
      positions[2 * i + 1] - positions[2 * from + 1],
    ];
    const along = dx * ax + dy * ay;
    const across = Math.abs(dx * ay - dy * ax);
    const distance = dx * dx + dy * dy;
    if (i !== from && along > 0 && across <= along && distance < best)
      [best, found] = [distance, i];
  }
  return found;
}

/**
 * The nearest point to a place, within `reach` pixels; -1 if there is none.
 * @param {Float32Array} positions
 * @param {number[]} visible
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 * @returns {number}
 */
export function nearestTo(positions, visible, x, y, reach) {
  let [best, found] = [reach * reach, -1];
  for (const i of visible) {
    const distance = (positions[2 * i] - x) ** 2 + (positions[2 * i + 1] - y) ** 2;
    // Of points on top of each other the last one is on top.
    if (distance <= best) [best, found] = [distance, i];
  }
  return found;
}

/**
 * How many of the `count` nearest on a map are of the same class, from 0 to 1, on average.
 * @param {Float32Array} points
 * @param {Uint8Array} labels
 * @returns {number}
 */
export function mapAgreement(points, labels, count) {
  const total = labels.length;
  const near = new Float64Array(count);
  const who = new Int32Array(count);
  let same = 0;
  for (let i = 0; i < total; i += 1) {
    near.fill(Infinity);
    for (let j = 0; j < total; j += 1) {
      if (j === i) continue;
      const distance =
        (points[2 * i] - points[2 * j]) ** 2 + (points[2 * i + 1] - points[2 * j + 1]) ** 2;
      if (distance >= near[count - 1]) continue;
      let place = count - 1;
      for (; place > 0 && near[place - 1] > distance; place -= 1) {
        near[place] = near[place - 1];
        who[place] = who[place - 1];
      }
      near[place] = distance;
      who[place] = j;
    }
    for (const j of who) same += Number(labels[j] === labels[i]);
  }
  return same / (total * count);
}

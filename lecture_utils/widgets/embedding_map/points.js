/** The points on their canvas: shapes or images, lines to neighbors, marks of errors. */

/** @import { Sheet } from "./sheet.js" */
import { h } from "../_shared/ui/dom.js";

/** The colors of the book's figures (plotting.CYCLE); legible on light and dark. */
export const COLORS = ["#128c93", "#d9622b", "#7d6bd0", "#b0892a", "#c2417c", "#5b8a3c"];
/** Shapes of radius r around (x, y), by class; figure.py has the same order. */
const SHAPES = [
  (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (x, y, r) => `M${x} ${y - 1.25 * r}l${1.25 * r} ${2.15 * r}h${-2.5 * r}z`,
  (x, y, r) => `M${x - 0.9 * r} ${y - 0.9 * r}h${1.8 * r}v${1.8 * r}h${-1.8 * r}z`,
  (x, y, r) =>
    `M${x} ${y - 1.35 * r}l${1.35 * r} ${1.35 * r}l${-1.35 * r} ${1.35 * r}l${-1.35 * r} ${-1.35 * r}z`,
  (x, y, r) => `M${x} ${y + 1.25 * r}l${1.25 * r} ${-2.15 * r}h${-2.5 * r}z`,
  (x, y, r) => `M${x + 1.25 * r} ${y}l${-2.15 * r} ${1.25 * r}v${-2.5 * r}z`,
  (x, y, r) => `M${x - r / 2} ${y - 1.3 * r}h${r}v${2.6 * r}h${-r}z`,
  (x, y, r) => `M${x - 1.25 * r} ${y}l${2.15 * r} ${1.25 * r}v${-2.5 * r}z`,
];
/**
 * @param {number} place
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @returns {string}
 */
export const shape = (place, x, y, r) => SHAPES[place % SHAPES.length](x, y, r);
/**
 * @param {number} place
 * @returns {string}
 */
export const color = (place) => COLORS[place % COLORS.length];

/**
 * @param {Sheet} sheet
 * @returns {{element: HTMLCanvasElement, draw: (scene: Record<string, any>) => void}}
 */
export function pointCanvas(sheet) {
  const element = h("canvas", { "aria-hidden": "true" });
  const context = element.getContext("2d");
  const marks = new Map();
  const stamps = new Map();
  let stamped = null;
  const mark = (place, radius) => {
    const key = `${place} ${radius}`;
    if (!marks.has(key)) marks.set(key, new Path2D(shape(place, 0, 0, radius)));
    return marks.get(key);
  };

  /** A shape drawn once: a thousand copies are quicker than a thousand outlines. */
  function stampOf(place, isWrong, radius, sharp, paper) {
    const look = [radius, sharp, paper].join(" ");
    if (look !== stamped) stamps.clear();
    stamped = look;
    const key = 2 * place + Number(isWrong);
    if (!stamps.has(key)) {
      const side = Math.ceil((4 * radius + 4) * sharp);
      const stamp = h("canvas", { width: side, height: side });
      const pen = stamp.getContext("2d");
      pen.setTransform(sharp, 0, 0, sharp, side / 2, side / 2);
      pen.fillStyle = isWrong ? paper : color(place);
      pen.strokeStyle = isWrong ? color(place) : paper;
      pen.lineWidth = isWrong ? 1.75 : 0.75;
      pen.fill(mark(place, radius));
      pen.stroke(mark(place, radius));
      stamps.set(key, stamp);
    }
    return stamps.get(key);
  }

  function draw({
    width,
    height,
    positions,
    visible,
    labels,
    wrong,
    shown,
    selected,
    neighbors,
    zoom,
    images,
    ink,
    paper,
  }) {
    const sharp = window.devicePixelRatio || 1;
    const [columns, rows] = [Math.round(width * sharp), Math.round(height * sharp)];
    if (element.width !== columns || element.height !== rows)
      [element.width, element.height] = [columns, rows];
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.clearRect(0, 0, width, height);
    const radius = Math.min(7, (visible.length > 500 ? 3.2 : 4) * zoom ** 0.3);
    const side = images ? Math.min(64, 18 * zoom ** 0.6) : 0;
    /** @returns {[number, number]} */
    const at = (i) => [positions[2 * i], positions[2 * i + 1]];
    const inside = ([x, y]) => x > -40 && y > -40 && x < width + 40 && y < height + 40;

    if (shown >= 0) {
      context.strokeStyle = ink;
      context.lineWidth = 1;
      context.beginPath();
      for (const other of neighbors) {
        context.moveTo(...at(shown));
        context.lineTo(...at(other));
      }
      context.stroke();
    }
    const one = (i) => {
      const [x, y] = at(i);
      if (!inside([x, y])) return;
      const place = labels[i];
      if (!(side && paintImage(i, x, y, place))) paintShape(x, y, place, wrong[i]);
      if (wrong[i])
        cross(x + (side ? side / 2 : 0), y - (side ? side / 2 : 0), side ? 5 : radius + 2);
    };
    function paintImage(i, x, y, place) {
      if (!sheet.paint(context, i, x - side / 2, y - side / 2, side)) return false;
      context.strokeStyle = color(place);
      context.lineWidth = 2;
      context.strokeRect(x - side / 2, y - side / 2, side, side);
      // Its class by shape, too.
      context.save();
      context.translate(x - side / 2, y + side / 2);
      context.fillStyle = color(place);
      context.strokeStyle = paper;
      context.lineWidth = 1.5;
      context.stroke(mark(place, 4));
      context.fill(mark(place, 4));
      context.restore();
      return true;
    }
    function paintShape(x, y, place, isWrong) {
      const stamp = stampOf(place, isWrong, radius, sharp, paper);
      const size = stamp.width / sharp;
      context.drawImage(stamp, x - size / 2, y - size / 2, size, size);
    }
    function cross(x, y, r) {
      for (const [style, thickness] of [
        [paper, 4],
        [ink, 1.75],
      ]) {
        context.strokeStyle = style;
        context.lineWidth = thickness;
        context.beginPath();
        context.moveTo(x - r, y - r);
        context.lineTo(x + r, y + r);
        context.moveTo(x - r, y + r);
        context.lineTo(x + r, y - r);
        context.stroke();
      }
    }
    function ring(i, thickness, extra) {
      context.beginPath();
      context.arc(...at(i), (side ? side * 0.75 : radius) + extra, 0, 2 * Math.PI);
      for (const [style, more] of [
        [paper, 2],
        [ink, 0],
      ]) {
        context.strokeStyle = style;
        context.lineWidth = thickness + more;
        context.stroke();
      }
    }
    // Errors lie on top, or they would drown where they are rare.
    for (const i of visible) if (!wrong[i]) one(i);
    for (const i of visible) if (wrong[i]) one(i);
    if (shown >= 0) {
      for (const i of neighbors) ring(i, 1, 2.5);
      one(shown);
      ring(shown, 2.5, 5);
    }
    if (selected >= 0 && selected !== shown) ring(selected, 1.5, 5);
  }
  return { element, draw };
}

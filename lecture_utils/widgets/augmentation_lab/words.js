/** Sentences and names of AugmentationLab. */

import { format } from "../_shared/numbers.js";

const signed = (value, unit = "") => `${value > 0 ? "+" : ""}${format(value)}${unit}`;
const percent = (part) => `${format(100 * part, 0)}%`;

/** What was drawn for a picture, as [name, value] pairs. */
export function describe({ affine, crop, flip, colors, noise, erase, share }, side, partner) {
  const rows = [];
  if (affine) {
    if (affine.angle) rows.push(["rotation", signed(affine.angle, "°")]);
    if (affine.dx || affine.dy) rows.push(["shift", `${signed(affine.dx)}, ${signed(affine.dy)} pixels`]);
    if (affine.zoom !== 1) rows.push(["zoom", `× ${format(affine.zoom)}`]);
    if (affine.shear) rows.push(["shear", signed(affine.shear, "°")]);
  }
  if (crop) {
    const { height, width, whole } = crop;
    const size = `${width}×${height} pixels, ${percent((height * width) / side ** 2)} of the area`;
    rows.push(["crop", whole ? "the whole: nothing fitted" : size]);
  }
  rows.push(["mirrored", flip ? "yes" : "no"]);
  for (const [name, value] of colors) {
    rows.push([name, name === "hue" ? signed(value * 360, "°") : `× ${format(value)}`]);
  }
  if (noise) rows.push(["noise", `σ = ${format(noise)}`]);
  if (erase) rows.push(["cutout", `${erase.width}×${erase.height} pixels`]);
  if (share !== 1) rows.push(["mixup", `${percent(share)}, and ${percent(1 - share)} ${partner}`]);
  return rows;
}

/** What readers should know about the settings on screen; "" if nothing. */
export function remark({ crop }, tiles, preset) {
  if (preset === "digits") {
    return "Digits are not mirrored: a 2 in the mirror is no digit at all. Nor may they turn far, or a 6 becomes a 9.";
  }
  if (crop[1] <= 1) return "";
  const whole = tiles.filter((tile) => tile.crop?.whole).length;
  const side = format(Math.sqrt(Math.min(1, crop[0])));
  return (
    `RandomResizedCrop's scale (${format(crop[0])} to ${format(crop[1])}) is a part of the area, no zoom. A part above 1 ` +
    "fits nowhere and is drawn again; after ten failures the largest crop around the middle is taken, " +
    `here the whole picture (${whole} of these ${tiles.length}). So nothing ever gets smaller, and a square crop ` +
    `keeps at least ${side} of each side. For a zoom both ways use the sliders “Zoom”: RandomAffine's scale.`
  );
}

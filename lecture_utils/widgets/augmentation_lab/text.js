/** Sentences and names of AugmentationLab. */

import { format } from "../_shared/math/numbers.js";
import { percent } from "../_shared/math/percent.js";

const signed = (value, unit = "") => `${value > 0 ? "+" : ""}${format(value)}${unit}`;
/** The rest of what makes up a whole; of a tiny share, `1 - share` would be all. */
const rest = (share) => Math.min(1 - share, share > 0 ? 1 - Number.EPSILON : 1);

/**
 * What was drawn for a version, as [name, value] pairs.
 * @param {Record<string, any>} version
 * @param {number} side
 * @param {string} partner
 * @returns {string[][]}
 */
export function describe({ affine, crop, flip, colors, noise, erase, share }, side, partner) {
  const rows = [];
  if (affine) {
    if (affine.angle) rows.push(["rotation", signed(affine.angle, "°")]);
    if (affine.dx || affine.dy) {
      rows.push([
        "translation",
        `${Math.abs(affine.dx)} px ${affine.dx < 0 ? "left" : "right"}, ${Math.abs(affine.dy)} px ${affine.dy < 0 ? "up" : "down"}`,
      ]);
    }
    if (affine.scale !== 1) rows.push(["scale", `× ${format(affine.scale)}`]);
    if (affine.shear) rows.push(["shear", signed(affine.shear, "°")]);
  }
  if (crop) {
    const { top, left, height, width, whole } = crop;
    const size = `${width}×${height} at (${left}, ${top}), ${percent((height * width) / side ** 2, 0)} of the area`;
    rows.push(["crop", whole ? "the whole image, because no box fit" : size]);
  }
  if (flip) rows.push(["mirrored", "yes"]);
  for (const [name, value] of colors) {
    rows.push([name, name === "hue" ? signed(360 * value, "°") : `× ${format(value)}`]);
  }
  if (noise) rows.push(["noise", `σ = ${format(noise)}`]);
  if (erase)
    rows.push(["erased", `${erase.width}×${erase.height} at (${erase.left}, ${erase.top})`]);
  if (share !== 1) {
    const mixed = `${percent(share, 0)} of this image, ${percent(rest(share), 0)} of “${partner}”`;
    rows.push(["mixup", mixed]);
  }
  return rows.length ? rows : [["unchanged", "no random change applies to this version"]];
}

/**
 * What readers should know about the settings on screen; "" if nothing.
 * @param {Record<string, any>} settings
 * @param {Record<string, any>[]} versions
 * @param {string|null} preset
 * @returns {string}
 */
export function remark({ crop }, versions, preset) {
  if (preset === "digits")
    return (
      "Digits are not mirrored, and they are rotated only slightly: a mirrored 2 is not a digit, " +
      "and a 6 rotated by 180° is a 9."
    );
  if (crop[1] <= 1) return "";
  const whole = versions.filter((version) => version.crop?.whole).length;
  const meaning = `scale=(${crop[0]}, ${crop[1]}) of RandomResizedCrop is a fraction of the area, not a factor of the size. `;
  const result =
    crop[0] > 1
      ? "Above 1, no box fits into the image, so you get the whole image every time. "
      : "A fraction above 1 never fits and is drawn again; after ten such draws, the whole image is used " +
        `(here for ${whole} of ${versions.length} versions). The image never shrinks, and at most ${percent(1 - crop[0], 0)} of the area is lost. `;
  return `${meaning}${result}To shrink and enlarge, use Scale under Geometry, which is the scale of RandomAffine.`;
}

/** The twelve versions of an epoch. Only what has changed since the last frame is computed anew. */

import { draw, drawNormals, drawShare, partnerOf, TILES } from "./draws.js";
import { mixup, paint, place } from "./transforms.js";

/**
 * @param {number} side Of all images, in pixels.
 * @returns {(image: *, other: *, settings: *, seed: *) => Record<string, any>[]}
 */
export function versions(side) {
  const kept = new Map();
  const cell = (tile) => kept.get(tile) ?? kept.set(tile, {}).get(tile);

  function change(tile, image, drawn, seed) {
    const memory = cell(tile);
    const geometry = JSON.stringify([drawn.affine, drawn.crop, drawn.flip]);
    const placed = memory.image === image && memory.geometry === geometry;
    if (!placed) memory.placed = place(image, side, side, drawn);
    const look = JSON.stringify([drawn.colors, drawn.noise, drawn.erase, drawn.noise && seed]);
    if (!placed || memory.look !== look) {
      const normals = drawn.noise ? drawNormals(seed, tile, image.length) : null;
      memory.painted = paint(memory.placed, side, drawn, normals);
    }
    Object.assign(memory, { image, geometry, look });
    return memory.painted;
  }

  function mix(tile, first, second, share) {
    const memory = cell(tile);
    if (memory.first !== first || memory.second !== second || memory.share !== share) {
      Object.assign(memory, { first, second, share, mixed: mixup(first, second, share) });
    }
    return memory.mixed;
  }

  /**
   * @returns {Record<string, any>[]} Per tile what was drawn, also for its `partner`, and the
   *   `pixels`.
   */
  return (image, other, settings, seed) =>
    Array.from({ length: TILES }, (_, tile) => {
      const drawn = draw(seed, tile, settings, side, side);
      const share = drawShare(seed, tile, settings.mixup);
      const first = change(tile, image, drawn, seed);
      if (share === 1) return { ...drawn, share, partner: null, pixels: first };
      const partner = draw(seed, partnerOf(tile), settings, side, side);
      const second = change(partnerOf(tile), other, partner, seed);
      return { ...drawn, share, partner, pixels: mix(tile, first, second, share) };
    });
}

/**
 * What a test may ask for: an image changed by given numbers.
 * @param {Uint8Array} image
 * @param {number} side
 * @param {Record<string, any>} drawn
 * @param {Float32Array} normals
 * @returns {Uint8Array}
 */
export function changed(image, side, drawn, normals) {
  return paint(place(image, side, side, drawn), side, drawn, normals);
}

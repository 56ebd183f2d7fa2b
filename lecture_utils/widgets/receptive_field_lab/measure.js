/** How much each pixel of a receptive field weighs, measured as asked. */

import { changeDetector } from "../_shared/ui/frame.js";
import {
  generator,
  gradient,
  outer,
  profile,
  randomKernels,
  reached,
  sideHolding,
} from "./field.js";

/** Beyond this size, drawing random kernels takes longer than a reader waits. */
export const LARGEST_RANDOM = 300;
export const DRAWS = 8;

/** Averaging kernels, or the mean of some draws of random ones; pooling counts as an average. */
function weigh(layers, size, random) {
  if (!random) return { map: outer(profile(layers)), kernels: null };
  const draws = Array.from({ length: DRAWS }, (_, seed) =>
    randomKernels(layers, generator(seed + 1)),
  );
  const map = new Float32Array(size * size);
  for (const kernels of draws) {
    const values = gradient(layers, kernels);
    const total = values.reduce((sum, value) => sum + Math.abs(value), 0) || 1;
    for (let i = 0; i < map.length; i += 1) map[i] += Math.abs(values[i]) / total / DRAWS;
  }
  return { map, kernels: draws };
}

/**
 * Return `measure(layers, size, random)`: the weights of all pixels, the kernels that were drawn,
 * how many pixels along an axis are read at all (`seen`), and the `side` of the middle square that
 * holds 95% of the weight. The object is another one only when something has changed.
 * @returns {(layers: *, size: *, random: *) => *}
 */
export function fieldMeasure() {
  const changed = changeDetector();
  let measured = null;
  return (layers, size, random) => {
    if (changed(layers, random)) {
      const { map, kernels } = weigh(layers, size, random);
      const seen = reached(layers, 0)[0].size;
      measured = { map, kernels, seen, side: sideHolding(0.95, map, size) };
    }
    return measured;
  };
}

/**
 * The inner loops of a network in WebAssembly: four numbers per instruction. plain.js has the same.
 */

import { fromBase64 } from "../math/base64.js";
import { PLAIN, RELAXED } from "./kernels.js";

/** Output channels per block, and pixels per block: what kernels.wat keeps in registers. */
export const CHANNELS = 8;
export const PIXELS = 4;
/** Taps per turn of the innermost loop; a row of weights is filled up with zeros to a multiple. */
export const UNROLL = 4;

/**
 * Load the functions of kernels.wat, where their arguments are described.
 * @param {number} bytes How much memory they can address.
 * @returns {{name: string, memory: ArrayBuffer, convolve: Function, relu: Function,
 *   maxPool: Function}|null} null where the browser has no SIMD, or where the page's policy forbids
 *   WebAssembly.
 */
export function simdKernels(bytes) {
  try {
    const code = [RELAXED, PLAIN].map(fromBase64).find((module) => WebAssembly.validate(module));
    if (!code) return null;
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), {
      page: { memory },
    });
    const { convolve, relu, maxPool } = /** @type {Record<string, Function>} */ (exports);
    return { name: "WebAssembly", memory: memory.buffer, convolve, relu, maxPool };
  } catch {
    return null;
  }
}

/** The inner loops of a network in WebAssembly: four numbers per instruction. plain.js has the same. */

import {
  add, addVectors, assemble, choose, isLess, loadInteger, loadSplat, loadVector, loop, maxVectors,
  multiply, multiplyAddVectors, multiplyVectors, number, storeVector, zeroVector,
} from "./wasm.js";

/** Output channels per block, and pixels per block. */
export const CHANNELS = 8;
export const PIXELS = 4;
/** Taps per turn of the innermost loop; a row of weights is filled up with zeros to a multiple. */
export const UNROLL = 4;

const BLOCK = [0, 1, 2, 3];

/**
 * Convolve blocks of 4 pixels x 8 output channels, whose 32 sums stay in registers. Inputs lie channels
 * last, so that one row of a kernel's window is one stretch of memory:
 *
 *   for block of 8 channels
 *     for 4 pixels                       sums = bias
 *       for row of the window
 *         for tap in the row             sums[pixel] += input[pixel][tap] * weights[tap]
 *
 * `relaxed` uses one instruction, with one rounding, for multiplying and adding.
 */
const convolve = (relaxed) => ({
  name: "convolve",
  parameters: ["offsets", "count", "weights", "bias", "output", "pixelBytes", "rows", "taps", "skip", "blocks"],
  integers: ["pixel", "start", "row", "tap", "first", "weight", "target", "p0", "p1", "p2", "p3"],
  vectors: [...Array.from({ length: 8 }, (_, i) => `sum${i}`), "w0", "w1", "x"],
  body({ get, set, increase }) {
    const accumulate = (sum, weight) =>
      relaxed
        ? [get("x"), get(weight), get(sum), multiplyAddVectors, set(sum)]
        : [get(sum), get("x"), get(weight), multiplyVectors, addVectors, set(sum)];
    const tap = (n) => [
      [get("weight"), loadVector(32 * n), set("w0"), get("weight"), loadVector(32 * n + 16), set("w1")],
      BLOCK.map((p) => [
        [get(`p${p}`), loadSplat(4 * n), set("x")],
        accumulate(`sum${2 * p}`, "w0"),
        accumulate(`sum${2 * p + 1}`, "w1"),
      ]),
    ];
    const rowOfWindow = [
      [get("taps"), set("tap")],
      loop(
        Array.from({ length: UNROLL }, (_, n) => tap(n)),
        increase("weight", number(32 * UNROLL)),
        BLOCK.map((p) => increase(`p${p}`, number(4 * UNROLL))),
        [increase("tap", number(-UNROLL)), get("tap")],
      ),
      BLOCK.map((p) => increase(`p${p}`, get("skip"))),
    ];
    const lastBlock = [get("count"), number(-PIXELS), add];
    const fourPixels = [
      // The last four pixels may overlap the four before, which costs less than a loop of its own.
      [get("pixel"), lastBlock, get("pixel"), lastBlock, isLess, choose, set("start")],
      BLOCK.map((p) => [
        [get("offsets"), get("start"), number(4), multiply, add, loadInteger(4 * p), set(`p${p}`)],
        [get("bias"), loadVector(), set(`sum${2 * p}`), get("bias"), loadVector(16), set(`sum${2 * p + 1}`)],
      ]),
      [get("first"), set("weight"), get("rows"), set("row")],
      loop(rowOfWindow, increase("row", number(-1)), get("row")),
      [get("output"), get("start"), get("pixelBytes"), multiply, add, set("target")],
      BLOCK.map((p) => [
        [get("target"), get(`sum${2 * p}`), storeVector(), get("target"), get(`sum${2 * p + 1}`), storeVector(16)],
        increase("target", get("pixelBytes")),
      ]),
    ];
    return [
      [get("weights"), set("first")],
      loop(
        [number(0), set("pixel")],
        loop(fourPixels, increase("pixel", number(PIXELS)), get("pixel"), get("count"), isLess),
        [get("weight"), set("first"), increase("bias", number(32)), increase("output", number(32))],
        [increase("blocks", number(-1)), get("blocks")],
      ),
    ];
  },
});

/** Zero instead of what is negative. */
const relu = {
  name: "relu",
  parameters: ["from", "to", "bytes"],
  integers: [],
  vectors: [],
  body: ({ get, increase }) => [
    loop(
      [0, 16].map((half) => [get("to"), get("from"), loadVector(half), zeroVector, maxVectors, storeVector(half)]),
      [increase("from", number(32)), increase("to", number(32))],
      [increase("bytes", number(-32)), get("bytes")],
    ),
  ],
};

/** The largest number of each channel in a window per pixel. */
const maxPool = {
  name: "maxPool",
  parameters: ["offsets", "count", "output", "pixelBytes", "rows", "columns", "skip"],
  integers: ["channel", "position", "row", "column"],
  vectors: ["m0", "m1"],
  body: ({ get, set, increase }) => [
    loop(
      [number(0), set("channel")],
      loop(
        [get("offsets"), loadInteger(), get("channel"), add, set("position")],
        [get("position"), loadVector(), set("m0"), get("position"), loadVector(16), set("m1")],
        [get("rows"), set("row")],
        loop(
          [get("columns"), set("column")],
          loop(
            [0, 1].map((half) => [get(`m${half}`), get("position"), loadVector(16 * half), maxVectors, set(`m${half}`)]),
            increase("position", get("pixelBytes")),
            [increase("column", number(-1)), get("column")],
          ),
          [increase("position", get("skip")), increase("row", number(-1)), get("row")],
        ),
        [get("output"), get("m0"), storeVector(), get("output"), get("m1"), storeVector(16)],
        [increase("output", number(32)), increase("channel", number(32))],
        [get("channel"), get("pixelBytes"), isLess],
      ),
      [increase("offsets", number(4)), increase("count", number(-1)), get("count")],
    ),
  ],
};

/**
 * @param {number} bytes How much memory the kernels shall reach.
 * @returns {{name: string, memory: ArrayBuffer, convolve: Function, relu: Function,
 *   maxPool: Function}|null} null where the browser has no SIMD, or where the page's policy forbids
 *   WebAssembly.
 */
export function simdKernels(bytes) {
  try {
    const modules = [true, false].map((relaxed) => assemble([convolve(relaxed), relu, maxPool]));
    const code = modules.find((module) => WebAssembly.validate(module));
    if (!code) return null;
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { page: { memory } });
    return { name: "WebAssembly", memory: memory.buffer, ...exports };
  } catch {
    return null;
  }
}

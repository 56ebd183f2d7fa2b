/**
 * The inner loop of a convolution in WebAssembly, assembled here: four numbers per instruction.
 *
 * The kernel computes blocks of 4 pixels x 8 output channels, whose 32 sums stay in registers. Inputs
 * lie channels last, so that one row of a kernel's window is one stretch of memory:
 *
 *   for block of 8 channels
 *     for 4 pixels                       sums = bias
 *       for row of the window
 *         for tap in the row             sums[pixel] += input[pixel][tap] * weights[tap]
 *
 * Opcodes: https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

/** Output channels per block, and pixels per block. */
export const CHANNELS = 8;
export const PIXELS = 4;
/** Taps per turn of the innermost loop; a row of weights is filled up with zeros to a multiple. */
export const UNROLL = 4;

const [I32, V128] = [0x7f, 0x7b];
const [EMPTY, END] = [0x40, 0x0b];
const PARAMETERS = ["offsets", "count", "weights", "bias", "output", "pixelBytes", "rows", "taps", "rowBytes", "blocks"];
const COUNTERS = ["pixel", "start", "row", "tap", "weight", "target", "p0", "p1", "p2", "p3", "firstWeight"];

/** Numbers in WebAssembly's variable length, LEB128: seven bits per byte. */
function unsigned(value) {
  const bytes = [];
  do {
    const rest = value >>> 7;
    bytes.push((value & 127) | (rest ? 128 : 0));
    value = rest;
  } while (value);
  return bytes;
}
function signed(value) {
  const bytes = [];
  for (;;) {
    const low = value & 127;
    value >>= 7;
    if ((value === 0 && !(low & 64)) || (value === -1 && low & 64)) return [...bytes, low];
    bytes.push(low | 128);
  }
}
const vector = (items) => [...unsigned(items.length), ...items.flat()];
const section = (id, bytes) => [id, ...unsigned(bytes.length), ...bytes];

const number = (value) => [0x41, ...signed(value)];
const add = [0x6a];
const loop = (...body) => [0x03, EMPTY, ...body.flat(), END];
const again = [0x0d, 0];

function assemble(relaxed) {
  const names = [...PARAMETERS, ...COUNTERS, ...Array.from({ length: 8 }, (_, i) => `sum${i}`), "w0", "w1", "x"];
  const local = (name) => unsigned(names.indexOf(name));
  const get = (name) => [0x20, ...local(name)];
  const set = (name) => [0x21, ...local(name)];
  const increase = (name, amount) => [...get(name), ...amount, ...add, ...set(name)];
  const loadInteger = (offset) => [0x28, 2, ...unsigned(offset)];
  const loadVector = (offset) => [0xfd, 0x00, 2, ...unsigned(offset)];
  const splat = (offset) => [0xfd, 0x09, 2, ...unsigned(offset)];
  const storeVector = (offset) => [0xfd, 0x0b, 2, ...unsigned(offset)];
  const multiply = [0xfd, ...unsigned(0xe6)];
  const plus = [0xfd, ...unsigned(0xe4)];
  // One rounding instead of two, and one instruction instead of two, where the processor has it.
  const multiplyAdd = [0xfd, ...unsigned(0x105)];

  const accumulate = (sum, weight) =>
    relaxed
      ? [get("x"), get(weight), get(sum), multiplyAdd, set(sum)]
      : [get(sum), get("x"), get(weight), multiply, plus, set(sum)];
  const tap = (n) => [
    ...[get("weight"), loadVector(32 * n), set("w0"), get("weight"), loadVector(32 * n + 16), set("w1")],
    ...[0, 1, 2, 3].flatMap((p) => [
      ...[get(`p${p}`), splat(4 * n), set("x")],
      ...accumulate(`sum${2 * p}`, "w0"),
      ...accumulate(`sum${2 * p + 1}`, "w1"),
    ]),
  ];
  const rowOfWindow = [
    ...[get("taps"), set("tap")],
    loop(
      ...Array.from({ length: UNROLL }, (_, n) => tap(n)).flat(),
      increase("weight", number(32 * UNROLL)),
      ...[0, 1, 2, 3].map((p) => increase(`p${p}`, number(4 * UNROLL))),
      ...[increase("tap", number(-UNROLL)), get("tap"), again],
    ),
    // To the window's next row: `rowBytes` is what is between the end of this one and its start.
    ...[0, 1, 2, 3].map((p) => increase(`p${p}`, get("rowBytes"))),
  ];
  const fourPixels = [
    // The last four pixels may overlap the four before, which costs less than a loop of its own.
    ...[get("pixel"), get("count"), number(-PIXELS), add],
    ...[get("pixel"), get("count"), number(-PIXELS), add, [0x48], [0x1b], set("start")],
    ...[0, 1, 2, 3].flatMap((p) => [
      ...[get("offsets"), get("start"), number(4), [0x6c], add, loadInteger(4 * p), set(`p${p}`)],
      ...[get("bias"), loadVector(0), set(`sum${2 * p}`), get("bias"), loadVector(16), set(`sum${2 * p + 1}`)],
    ]),
    ...[get("firstWeight"), set("weight"), get("rows"), set("row")],
    loop(...rowOfWindow, increase("row", number(-1)), get("row"), again),
    ...[get("output"), get("start"), get("pixelBytes"), [0x6c], add, set("target")],
    ...[0, 1, 2, 3].flatMap((p) => [
      ...[get("target"), get(`sum${2 * p}`), storeVector(0), get("target"), get(`sum${2 * p + 1}`), storeVector(16)],
      increase("target", get("pixelBytes")),
    ]),
    ...[increase("pixel", number(PIXELS)), get("pixel"), get("count"), [0x48], again],
  ];
  const body = [
    ...[get("weights"), set("firstWeight")],
    loop(
      ...[number(0), set("pixel"), loop(...fourPixels)],
      ...[get("weight"), set("firstWeight")],
      ...[increase("bias", number(32)), increase("output", number(32))],
      ...[increase("blocks", number(-1)), get("blocks"), again],
    ),
  ].flat();
  const locals = vector([
    [...unsigned(COUNTERS.length), I32],
    [...unsigned(11), V128],
  ]);
  const code = [...locals, ...body, END];
  const text = (string) => vector([...string].map((letter) => letter.charCodeAt(0)));
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, ...vector(PARAMETERS.map(() => I32)), 0]])),
    ...section(2, vector([[...text("page"), ...text("memory"), 2, 0, 1]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text("convolve"), 0, 0]])),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  ]);
}

/**
 * @param {number} bytes How much memory the kernel shall reach.
 * @returns {{memory: ArrayBuffer, convolve: Function}|null} null where the browser has no SIMD, or
 *   where the page's policy forbids WebAssembly; then plain JavaScript does the same (network.js).
 */
export function simdKernel(bytes) {
  try {
    const code = [true, false].map(assemble).find((module) => WebAssembly.validate(module));
    if (!code) return null;
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { page: { memory } });
    return { memory: memory.buffer, convolve: exports.convolve };
  } catch {
    return null;
  }
}

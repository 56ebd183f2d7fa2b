/**
 * An assembler for small WebAssembly modules: just the instructions that simd.js needs.
 *
 * Functions are written as lists of instructions in the order of the stack machine: first the operands,
 * then what is done with them. Opcodes: https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

const [I32, V128, NOTHING, END] = [0x7f, 0x7b, 0x40, 0x0b];

/** Numbers in variable length, LEB128: seven bits per byte, the lowest first. */
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
const text = (string) => vector([...string].map((letter) => letter.charCodeAt(0)));
const simd = (opcode) => [0xfd, ...unsigned(opcode)];

/**
 * @param {number} value
 * @returns {number[]}
 */
export const number = (value) => [0x41, ...signed(value)];
export const add = [0x6a];
export const multiply = [0x6c];
export const isLess = [0x48];
/** Takes two values and a condition, and leaves the first value if the condition holds. */
export const choose = [0x1b];
/**
 * Loads take an address; `offset` bytes are added to it.
 * @param {number} [offset]
 * @returns {number[]}
 */
export const loadInteger = (offset = 0) => [0x28, 2, ...unsigned(offset)];
/**
 * @param {number} [offset]
 * @returns {number[]}
 */
export const loadVector = (offset = 0) => [...simd(0x00), 2, ...unsigned(offset)];
/**
 * One number of memory in all four lanes.
 * @param {number} [offset]
 * @returns {number[]}
 */
export const loadSplat = (offset = 0) => [...simd(0x09), 2, ...unsigned(offset)];
/**
 * Takes an address and a vector.
 * @param {number} [offset]
 * @returns {number[]}
 */
export const storeVector = (offset = 0) => [...simd(0x0b), 2, ...unsigned(offset)];
export const addVectors = simd(0xe4);
export const multiplyVectors = simd(0xe6);
/** The larger of two numbers in each lane; NaN if one of them is. */
export const maxVectors = simd(0xe9);
/** Takes a, b and c, and leaves a b + c: rounded once or twice, as the processor likes. */
export const multiplyAddVectors = simd(0x105);
export const zeroVector = [...simd(0x0c), ...new Array(16).fill(0)];

/**
 * Repeat while the last instructions of the body leave a number other than zero.
 * @param {...any} body
 * @returns {*[]}
 */
export const loop = (...body) => [0x03, NOTHING, ...body.flat(Infinity), 0x0d, 0, END];

/**
 * @param {{name: string, parameters: string[], integers: string[], vectors: string[],
 *   body: (variables: {get: Function, set: Function, increase: Function}) => Array}[]} functions
 *   All parameters are integers. `get` and `set` name a parameter or a variable, and
 *   `increase(name, amount)` adds what the instructions `amount` leave.
 * @returns {Uint8Array} A module that imports "page"."memory" and exports the functions.
 */
export function assemble(functions) {
  const code = functions.map(({ parameters, integers, vectors, body }) => {
    const names = [...parameters, ...integers, ...vectors];
    const place = (name) => {
      if (!names.includes(name)) throw new RangeError(`no variable is called ${name}`);
      return unsigned(names.indexOf(name));
    };
    const get = (name) => [0x20, ...place(name)];
    const set = (name) => [0x21, ...place(name)];
    const increase = (name, amount) => [...get(name), ...amount, ...add, ...set(name)];
    const locals = vector([
      [...unsigned(integers.length), I32],
      [...unsigned(vectors.length), V128],
    ]);
    const bytes = [...locals, ...body({ get, set, increase }).flat(Infinity), END];
    return [...unsigned(bytes.length), ...bytes];
  });
  const type = ({ parameters }) => [0x60, ...vector(parameters.map(() => I32)), 0];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(functions.map(type))),
    ...section(2, vector([[...text("page"), ...text("memory"), 2, 0, 1]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]))),
    ...section(10, vector(code)),
  ]);
}

/** Half-precision numbers, in which trained weights travel: half the bytes of float32. */

/**
 * @param {Uint8Array} bytes Little-endian.
 * @param {string} precision "float16" or "float32".
 * @returns {Float32Array}
 */
export function readFloats(bytes, precision) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (precision === "float32") {
    return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  }
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) =>
    fromHalf(view.getUint16(2 * i, true)),
  );
}

/** 1 bit of sign, 5 bits of exponent, 10 bits of fraction (IEEE 754 binary16). */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * NumPy arrays on their way between Python and the browser (`ArrayTrait` in `widgets/_demo.py`).
 */

/** @typedef {Uint8Array|Int32Array|Float32Array|Float64Array} TypedArray */

/**
 * @typedef {{shape: number[], dtype: string, data: DataView}} PackedArray An array as it travels.
 */

const TYPES = {
  uint8: Uint8Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/**
 * The numbers of an array that Python sent, without copying where that is possible.
 * @template {TypedArray} [T=any]
 * @param {PackedArray} value
 * @returns {T} Row by row; treat it as read-only. Its kind follows from `dtype`, so the caller says
 *   it.
 */
export function toTyped({ shape, dtype, data }) {
  const Type = TYPES[dtype];
  if (!Type) throw new TypeError(`cannot read an array of dtype ${dtype}`);
  const length = shape.reduce((product, size) => product * size, 1);
  if (data.byteLength !== length * Type.BYTES_PER_ELEMENT) {
    throw new RangeError(
      `an array of shape ${shape.join("x")} does not fit ${data.byteLength} bytes`,
    );
  }
  const aligned = data.byteOffset % Type.BYTES_PER_ELEMENT === 0;
  if (aligned) return new Type(data.buffer, data.byteOffset, length);
  return new Type(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}

/**
 * The brightness, from 0 to 1, of an image that Python sent as floats or, to save space, as bytes.
 * @param {PackedArray} image
 * @returns {Float32Array}
 */
export function toBrightness(image) {
  const values = toTyped(image);
  return image.dtype === "uint8" ? new Float32Array(values).map((byte) => byte / 255) : values;
}

/**
 * An array in the form in which it goes to Python. The numbers are copied, so that the array may be
 * written to afterwards.
 * @param {TypedArray} array
 * @param {number[]} shape
 * @returns {PackedArray}
 */
export function fromTyped(array, shape) {
  const dtype = Object.keys(TYPES).find((name) => array instanceof TYPES[name]);
  if (!dtype) throw new TypeError("only uint8, int32, float32 and float64 arrays travel to Python");
  const bytes = array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength);
  return { shape: [...shape], dtype, data: new DataView(bytes) };
}

/** Counts and memory as readers read them. */

import { format, grouped } from "../_shared/math/numbers.js";

/**
 * 39160320 as "39.2 M"; below ten thousand every digit.
 * @param {number} value
 * @returns {string}
 */
export function short(value) {
  /** @type {[number, string][]} */
  const units = [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e4, "k"],
  ];
  const [size, name] = units.find(([limit]) => value >= limit) ?? [1, ""];
  return name ? `${format(value / (name === "k" ? 1e3 : size), 1)} ${name}` : grouped(value);
}

/**
 * Bytes as "84.5 KiB".
 * @param {number} bytes
 * @returns {string}
 */
export function memory(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit += 1) bytes /= 1024;
  return `${format(bytes, 1)} ${units[unit]}`;
}

/** Shares as a reader writes them. */

import { format } from "./numbers.js";

/**
 * Write a share in percent: "75.3%", "<0.1%", ">99.9%". "0%" is only for nothing, "100%" for all.
 * @param {number} share 1 is all.
 * @param {number} [decimals]
 * @returns {string}
 */
export function percent(share, decimals = 1) {
  if (Number.isNaN(share)) return "NaN";
  const step = 10 ** -decimals;
  if (share > 0 && 100 * share < step / 2) return `<${format(step, decimals)}%`;
  const text = format(100 * share, decimals);
  return share < 1 && text === "100" ? `>${format(100 - step, decimals)}%` : `${text}%`;
}

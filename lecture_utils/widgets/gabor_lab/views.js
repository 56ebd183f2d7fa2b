/** How complex responses become images: which number of each pixel, on which scale. */

import { sequentialScale, signedScale } from "../_shared/ui/canvas.js";
import { cyclicLut, sequentialLut } from "../_shared/ui/color.js";
import { precise } from "../_shared/math/numbers.js";

/**
 * @typedef {{lut: Uint32Array, low: string, high: string, mark?: number}} Legend What a
 *   `scaleLegend` shows.
 */

/**
 * A scale's legend; `value` gets a mark.
 * @param {{low: number, high: number, lut: Uint32Array}} scale
 * @param {number} [value]
 * @returns {Legend}
 */
export function legendOf({ low, high, lut }, value) {
  const mark = value === undefined ? undefined : (value - low) / (high - low);
  return { lut, low: precise(low, 3), high: precise(high, 3), mark };
}

const FADES = 64;
/** Responses below this share of the largest one lose their color: their phase means little. */
const FADE_BELOW = 0.3;

/**
 * All phases, from the color of the paper (response 0) to full color: `FADES` tables end to end.
 */
const faded = new Map();
function fadedPhases(dark) {
  if (!faded.has(dark)) {
    const full = cyclicLut();
    const paper = sequentialLut(dark)[0];
    const mix = (color, part) => {
      let mixed = 255 << 24;
      for (const shift of [0, 8, 16]) {
        const [from, to] = [(paper >> shift) & 255, (color >> shift) & 255];
        mixed |= Math.round(from + (to - from) * part) << shift;
      }
      return mixed >>> 0;
    };
    const length = FADES * full.length;
    const at = (i) => mix(full[i % full.length], Math.floor(i / full.length) / (FADES - 1));
    faded.set(
      dark,
      Uint32Array.from({ length }, (_, i) => at(i)),
    );
  }
  return faded.get(dark);
}

/**
 * Return `show(lab, part, dark)`: the values to draw, their scale and its legend. Values live in
 * one array.
 * @returns {(lab: Record<string, any>, part: string, dark: boolean) => {values: Float32Array,
 *   scale: {low: number, high: number, lut: Uint32Array}, legend: Legend}}
 */
export function responseView() {
  let values = new Float32Array(0);
  const phaseLegend = () => ({ lut: cyclicLut(), low: "−π", high: "π" });
  return ({ re, im, largest }, part, dark) => {
    if (values.length !== re.length) values = new Float32Array(re.length);
    const limit = largest || 1;
    const scaled = (shown, scale) => ({ values: shown, scale, legend: legendOf(scale) });
    if (part === "real") return scaled(re, signedScale(limit, dark));
    if (part === "magnitude") {
      for (let i = 0; i < re.length; i += 1) values[i] = Math.sqrt(re[i] * re[i] + im[i] * im[i]);
      return scaled(values, sequentialScale(limit, dark));
    }
    const lut = fadedPhases(dark);
    const phases = lut.length / FADES;
    const turn = (phases - 1) / (2 * Math.PI);
    const strength = (FADES - 1) / (FADE_BELOW * limit) ** 2;
    for (let i = 0; i < re.length; i += 1) {
      const fade = Math.min(FADES - 1, Math.round((re[i] * re[i] + im[i] * im[i]) * strength));
      values[i] = fade * phases + Math.round((Math.atan2(im[i], re[i]) + Math.PI) * turn);
    }
    return { values, scale: { low: 0, high: lut.length - 1, lut }, legend: phaseLegend() };
  };
}

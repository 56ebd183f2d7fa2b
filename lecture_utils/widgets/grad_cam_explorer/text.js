/** What the demo says about what it shows. */

import { format, grouped } from "../_shared/math/numbers.js";
import { total } from "./evidence.js";

/** Below this share of the image's scale a map counts as empty. */
export const FAINT = 0.03;

/**
 * How the cells of a map are related to the logit.
 * @param {Record<string, any>} state
 * @returns {string}
 */
export function sumSentence({ map, isLast, logit, bias }) {
  const sum = format(total(map), 2);
  if (isLast) {
    return `All ${map.length} cells, with their signs, sum to ${sum}; with the bias of ${format(bias, 2)}, that makes the logit, ${format(total(map) + bias, 2)}.`;
  }
  return `All ${grouped(map.length)} cells, with their signs, sum to ${sum}; the logit is ${format(logit, 2)}. Inside the network, Grad-CAM is an approximation, so the two need not agree.`;
}

/**
 * What to tell a reader who sees next to nothing; empty if there is something to see.
 * @param {Record<string, any>} state
 * @returns {string}
 */
export function emptySentence({ shown, sign, limit, name }) {
  const strongest = shown.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (strongest > FAINT * limit) return "";
  const share = strongest
    ? ` The strongest cell is ${format(strongest, 4)}, ${format((100 * strongest) / limit, 1)}% of this image’s scale.`
    : "";
  if (sign === "negative") return `There is almost no evidence against “${name}” here.${share}`;
  const look = sign === "positive" ? " “Against” shows what Grad-CAM leaves out." : "";
  return `There is almost no evidence for “${name}” in this image at this layer, so the map stays empty. If it were scaled to its own maximum, it would still look like strong evidence.${share}${look}`;
}

/**
 * What the second image shows.
 * @param {Record<string, any>} state
 * @returns {string}
 */
export function besideSentence({ beside, name, other, gap, hasFalls, count, isLast }) {
  if (beside === "occlusion") {
    return hasFalls
      ? `A gray square of 64×64 pixels moves over the image. Red: covering the position lowers the logit of “${name}”; blue: covering it raises the logit. Occlusion measures what the network itself does, so it may contradict Grad-CAM. However, the network has never seen images with gray squares, and the logit may change for that reason alone.`
      : `Occlusion was computed for only ${count} classes, those that are among the 12 most likely for at least one image; “${name}” is not one of them.`;
  }
  if (beside === "class")
    return "The same image, the same layer, and the same scale: only the class differs.";
  const meaning = isLast
    ? `, which is the difference between the two logits without their biases`
    : "";
  return `Red: more evidence for “${name}”; blue: more for “${other}”. The cells sum to ${format(gap, 2)}${meaning}.`;
}

/**
 * What is exact and what is rounded.
 * @param {Record<string, any>} state
 * @returns {string}
 */
export function honestSentence({ title, origin, layer, isLast, classes, listed }) {
  const error = format(100 * layer.error, 1);
  return (
    `${title} on 224×224 pixels. The maps are stored with 8 bits: at this layer, no cell differs from PyTorch’s by more than ${error}% of the scale. ` +
    (isLast ? `At the last layer, all ${grouped(classes)} classes are available. ` : "") +
    `For earlier layers and for occlusion, ${listed} classes are available: those that are among the 12 most likely for at least one image. ${origin}.`
  );
}

/** What is on screen as a Python program. */

/**
 * @param {{code: string, network: string, layer: string, classIndex: number, other: number,
 *   names: string[], beside: string, evidence: string}} state `code` is Python that gives the
 *   image, or empty.
 * @returns {string}
 */
export function pythonCode({ code, network, layer, classIndex, other, names, beside, evidence }) {
  const cam = (c, signed) =>
    `interpretation.grad_cam(net.model, layer, images, ${c}${signed ? ", signed=True" : ""})[0]`;
  const signed = evidence !== "positive";
  const second = {
    occlusion: [
      "falls = interpretation.occlusion(net.model, images, class_index, window=64, stride=32)[0]",
    ],
    class: [`other = ${cam(other, signed)}  # ${names[other]}`],
    difference: [
      `other = ${cam(other, true)}  # ${names[other]}`,
      `difference = ${cam("class_index", true)} - other`,
    ],
  }[beside];
  if (beside === "class" && evidence === "negative") second.push("other = other.clamp(max=0)");
  return [
    ...(code.startsWith("np.") ? ["import numpy as np", ""] : []),
    "from lecture_utils import datasets, interpretation, pretrained",
    "",
    `net = pretrained.load("${network}")`,
    code ? `photo = ${code}` : "photo = ...  # your image: uint8, (H, W, 3)",
    "images = net.preprocess(photo)",
    `layer, class_index = "${layer}", ${classIndex}  # ${names[classIndex]}`,
    "",
    `cam = ${cam("class_index", signed)}`,
    ...(evidence === "negative"
      ? ["cam = cam.clamp(max=0)  # the evidence against the class"]
      : []),
    ...second,
    "channels = interpretation.grad_cam_channels(net.model, layer, images, class_index)",
    "print(cam)",
    'print("largest weights:", channels.top(8)[0].tolist())',
    "",
  ].join("\n");
}

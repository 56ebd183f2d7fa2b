/** The layer on screen as a Python program that runs as it is. */

import { pythonNumber } from "../_shared/math/numbers.js";

function literal(name, values, rows, columns) {
  const lines = Array.from({ length: rows }, (_, i) =>
    Array.from(values.subarray(i * columns, (i + 1) * columns), pythonNumber).join(", "),
  );
  const indent = " ".repeat(name.length + " = torch.tensor([".length);
  return `${name} = torch.tensor([[${lines.join(`],\n${indent}[`)}]], dtype=torch.float64)`;
}

/**
 * @param {Record<string, any>} lab
 * @returns {string}
 */
export function pythonCode({
  pixels,
  h,
  w,
  weights,
  kh,
  kw,
  operation,
  stride,
  padding,
  dilation,
  ceil,
}) {
  const image = literal("image", pixels, h, w);
  const head = `import torch\nimport torch.nn.functional as F\n\n${image}\n`;
  const batch = "image[None, None]"; // one image, one channel
  const settings = `stride=${stride}, padding=${padding}`;
  const spread = operation === "average" ? "" : `, dilation=${dilation}`;
  if (operation === "convolution") {
    return `${head}${literal("kernel", weights, kh, kw)}
# A batch of one image with one channel, and one kernel for it.
output = F.conv2d(${batch}, kernel[None, None], ${settings}${spread})[0, 0]
print(output)
`;
  }
  const call = `${operation === "max" ? "max" : "avg"}_pool2d`;
  return `${head}# A batch of one image with one channel.
output = F.${call}(
    ${batch}, (${kh}, ${kw}), ${settings}${spread}, ceil_mode=${ceil ? "True" : "False"}
)[0, 0]
print(output)
`;
}

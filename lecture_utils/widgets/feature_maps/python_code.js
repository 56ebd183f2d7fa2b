/** The layer on screen as a PyTorch program. */

import { pythonNumber } from "../_shared/math/numbers.js";

/**
 * @param {{source: string, known: boolean, weights: Float32Array, shape: number[],
 *   settings: Record<string, any>, shift: number[]}} state `known`: the package has a photo of this
 *   name.
 * @returns {string}
 */
export function pythonCode({ source, known, weights, shape, settings, shift }) {
  const [d, , k] = shape;
  const { stride, padding, relu, pool } = settings;
  const rows = Array.from({ length: 3 * d * k }, (_, i) => {
    return `    ${[...weights.subarray(i * k, (i + 1) * k)].map(pythonNumber).join(", ")},`;
  });
  const image = known
    ? `image = datasets.photo("${source}", size=64) / 255  # (64, 64, 3)`
    : "image = ...  # your image: (64, 64, 3), values from 0 to 1";
  const margin = k >> 1;
  const pad = {
    valid: "",
    zeros: `x = F.pad(x, (${margin},) * 4)\n`,
    wrap: `x = F.pad(x, (${margin},) * 4, mode="circular")\n`,
  }[padding];
  const imports = ["import numpy as np", "import torch", "import torch.nn.functional as F"];
  return `${imports.join("\n")}

from lecture_utils import datasets

${image}
weights = np.array([
${rows.join("\n")}
]).reshape(${shape.join(", ")})

x = torch.tensor(image).permute(2, 0, 1)[None]
x = torch.roll(x, (${shift.join(", ")}), dims=(2, 3))
${pad}maps = F.conv2d(x, torch.tensor(weights), stride=${stride})
${relu ? "maps = F.relu(maps)\n" : ""}${pool ? "maps = F.max_pool2d(maps, 2)\n" : ""}pooled = maps.mean(dim=(2, 3))
print(tuple(x.shape), "to", tuple(maps.shape))
`;
}

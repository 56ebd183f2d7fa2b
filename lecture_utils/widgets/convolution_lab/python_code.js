/** The computation on screen as a Python program that runs as it is. */

import { pythonNumber } from "../_shared/math/numbers.js";

/**
 * @param {Record<string, any>} lab As `labReader` gives it.
 * @param {{name: string, imports?: string, code?: string}} source Where the image comes from;
 *   without code a line of noise stands in its place, to be replaced.
 * @returns {string}
 */
export function pythonCode({ h, w, weights, kh, kw, layer }, { name, imports = "", code = "" }) {
  const rows = Array.from({ length: kh }, (_, i) =>
    Array.from(weights.subarray(i * kw, (i + 1) * kw), pythonNumber).join(", "),
  );
  const image = code
    ? `image = ${code}  # ${name}`
    : `# Put ${name} here: a float array from 0 to 1.\n` +
      `image = np.random.default_rng(0).random((${h}, ${w}))`;
  const head = ["import numpy as np", "import torch", "import torch.nn.functional as F", imports];
  return `${head.filter(Boolean).join("\n")}

${image}
kernel = np.array([[${rows.join("],\n                   [")}]], dtype=float)
stride, padding, dilation = ${layer.stride}, ${layer.padding}, ${layer.dilation}

# NumPy: look at every window of the padded image, multiply by the kernel, sum up.
padded = np.pad(image, padding)
covered = [dilation * (size - 1) + 1 for size in kernel.shape]
windows = np.lib.stride_tricks.sliding_window_view(padded, covered)
windows = windows[::stride, ::stride, ::dilation, ::dilation]
output = np.einsum("yxij,ij->yx", windows, kernel)

# PyTorch does the same for a batch of images with several channels.
batch = torch.from_numpy(image)[None, None]
weight = torch.from_numpy(kernel)[None, None]
same = F.conv2d(batch, weight, stride=stride, padding=padding, dilation=dilation)[0, 0]
print(output.shape, np.allclose(output, same.numpy()))
`;
}

/** What the steps compute, as a Python program. */

import { pythonNumber } from "../_shared/math/numbers.js";

/**
 * @param {{name: string, imports: string, code: string}} image
 * @returns {string}
 */
export function pythonCode(image, kernels) {
  const lines = kernels.map(({ name, kernel }) => {
    const rows = kernel.map((row) => `[${row.map(pythonNumber).join(", ")}]`);
    return `    "${name}": [${rows.join(", ")}],`;
  });
  const imports = [
    "import numpy as np",
    "import torch",
    "import torch.nn.functional as F",
    image.imports,
  ];
  return `${imports.join("\n")}

image = ${image.code}  # ${image.name}
kernels = {
${lines.join("\n")}
}
outputs = {}
for name, kernel in kernels.items():
    kernel = np.array(kernel, dtype=float)
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    outputs[name] = np.einsum("yxij,ij->yx", windows, kernel)

# PyTorch computes all of them in one call: one image, one channel, several kernels.
weights = torch.tensor(list(kernels.values()), dtype=torch.float64)[:, None]
same = F.conv2d(torch.from_numpy(image)[None, None], weights)[0]
print(np.allclose(np.stack(list(outputs.values())), same.numpy()))
`;
}

/** The matrix on screen as a Python program that runs as it is. */

/** @import { Lab } from "./state.js" */
import { pythonNumber } from "../_shared/math/numbers.js";

const IMPORTS = [
  "import numpy as np",
  "import torch",
  "import torch.nn.functional as F",
  "from scipy.sparse import csr_array",
];

function literal(name, values, columns) {
  const rows = [];
  for (let i = 0; i < values.length; i += columns) {
    rows.push(Array.from(values.subarray(i, i + columns), pythonNumber).join(", "));
  }
  return `${name} = np.array([\n    [${rows.join("],\n    [")}],\n], dtype=float)`;
}

/**
 * @param {Lab} lab
 * @returns {string}
 */
export function pythonCode({ pixels, w, weights, kw, error, columns, stride, padding }) {
  return `${IMPORTS.join("\n")}

${literal("image", pixels, w)}
${literal("kernel", weights, kw)}
${literal("error", error, columns)}
stride, padding = ${stride}, ${padding}

# One row per output, one column per pixel. Each row holds the same weights, further to the right.
(height, width), (rows, columns) = image.shape, error.shape
matrix = np.zeros((rows * columns, height * width))
for y, x in np.ndindex(rows, columns):
    for i, j in np.ndindex(kernel.shape):
        row, column = y * stride - padding + i, x * stride - padding + j
        if 0 <= row < height and 0 <= column < width:
            matrix[y * columns + x, row * width + column] = kernel[i, j]
matrix = csr_array(matrix)  # stores nothing but the weights

output = (matrix @ image.ravel()).reshape(rows, columns)
gradient = (matrix.T @ error.ravel()).reshape(height, width)

# PyTorch computes the same, without a matrix.
pixels = torch.tensor(image, requires_grad=True)
same = F.conv2d(
    pixels[None, None], torch.tensor(kernel)[None, None], stride=stride, padding=padding
)[0, 0]
same.backward(torch.tensor(error))
print("matrix times pixels is conv2d:", np.allclose(output, same.detach().numpy()))
print("transpose times error is the gradient:", np.allclose(gradient, pixels.grad.numpy()))
print(matrix.shape, "entries:", np.prod(matrix.shape), "nonzero:", matrix.count_nonzero())
`;
}
